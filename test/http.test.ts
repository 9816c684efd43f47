import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer as createHttpServer, type IncomingHttpHeaders, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { createServer, type ServerOptions } from '../server/server.ts'
import { createHttp } from '../server/transport/http.ts'
import { createPage } from '../server/transport/page.ts'
import { createWorld } from '../server/world.ts'
import { openRaw } from './support/client.ts'
import { createRandom } from './support/clock.ts'
import { sayRaw } from './support/talo.ts'
import { NodeSocket } from './support/world.ts'

const PAGE = {
  'index.html': '<!doctype html><title>A page</title>',
  'page.js': 'export {}',
  'page.css': 'body {}',
  'favicon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
}

t.test('GET /healthz is 200 OK', async (t) => {
  const { get } = await listening(t)

  t.match(await get('/healthz'), { status: 200, body: 'OK', headers: { 'content-length': '2' } })
  t.match(await get('/healthz?from=a-balancer'), { status: 200, body: 'OK' })
  t.match(await get('/healthz', { method: 'HEAD' }), { status: 200, body: '' })
})

t.test('the page and its files are served with their types', async (t) => {
  const { get } = await listening(t)

  for (const [path, name, type] of [
    ['/', 'index.html', 'text/html; charset=utf-8'],
    ['/?name=Ada', 'index.html', 'text/html; charset=utf-8'],
    ['/index.html', 'index.html', 'text/html; charset=utf-8'],
    ['/page.js', 'page.js', 'text/javascript; charset=utf-8'],
    ['/page.css', 'page.css', 'text/css; charset=utf-8'],
    ['/favicon.svg', 'favicon.svg', 'image/svg+xml'],
  ] as const)
    t.match(
      await get(path),
      { status: 200, body: PAGE[name], headers: { 'content-type': type } },
      path,
    )
})

t.test('every answer carries the headers that keep a browser safe', async (t) => {
  const server = await createServer({ port: 0, host: '127.0.0.1', built: t.testdir(PAGE) })
  t.teardown(server.close)
  const get = (path: string) => ask(server.port, path, {})

  for (const path of ['/', '/page.js', '/healthz', '/nothing']) {
    const { headers } = await get(path)
    const policy = `${headers['content-security-policy']}`
    t.match(policy, /default-src 'none'/, path)
    t.match(policy, /script-src 'self'/, path)
    t.match(policy, /frame-ancestors 'none'/, path)
    t.notMatch(policy, /unsafe|\*|https?:/, path)
    t.equal(headers['x-content-type-options'], 'nosniff', path)
    t.equal(headers['referrer-policy'], 'no-referrer', path)
    t.equal(headers['x-powered-by'], undefined, path)
  }
})

t.test('HEAD answers as GET does, without the body', async (t) => {
  const { get } = await listening(t)
  const whole = await get('/')

  const { status, body, headers } = await get('/', { method: 'HEAD' })

  t.equal(status, 200)
  t.equal(body, '')
  t.equal(headers['content-length'], `${PAGE['index.html'].length}`)
  t.equal(headers.etag, whole.headers.etag)
})

t.test('a page the browser has already is not sent again', async (t) => {
  const { get } = await listening(t)
  const { headers } = await get('/')
  const etag = `${headers.etag}`

  t.match(etag, /^"[\w-]+"$/)
  const again = await get('/', { headers: { 'if-none-match': etag } })
  t.match(again, { status: 304, body: '', headers: { etag } })
  t.match(await get('/', { headers: { 'if-none-match': '"other"' } }), { status: 200 })
  t.not((await get('/page.js')).headers.etag, etag)
})

for (const path of [
  '/nothing',
  '/index.html/',
  '//',
  '/../package.json',
  '/..%2fpackage.json',
  '/%2e%2e/package.json',
  '/..\\package.json',
  '/%2e%2e%5cpackage.json',
  '/./index.html',
  '/index.html%00.js',
  '/__proto__',
  '/%',
  'http://elsewhere.invalid/package.json',
])
  t.test(`there is nothing at ${path}`, async (t) => {
    const { get } = await listening(t)

    t.match(await get(path), { status: 404, body: 'Not Found' })
  })

for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])
  t.test(`${method} is not allowed, and the answer says what is`, async (t) => {
    const { get } = await listening(t)

    for (const path of ['/', '/healthz', '/nothing'])
      t.match(await get(path, { method }), { status: 405, headers: { allow: 'GET, HEAD' } }, path)
  })

t.test('a page that is not built says what to run, and the rest works', async (t) => {
  const page = createPage({
    ...{ page: undefined, built: t.testdir({}), hasPlaza: true, isIsolated: false },
    addresses: () => ({ local: undefined, network: [] }),
    downloads: () => () => {},
  })
  const http = createHttpServer(
    createHttp({
      ...{ ...createWorld(), isWell: () => true },
      ...{ api: () => {}, isCall: () => false, page },
    }),
  )
  t.teardown(() => void http.close())
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo

  t.match(await ask(port, '/', {}), { status: 503, body: /npm run build/ })
  t.match(await ask(port, '/other', {}), { status: 404 })
  t.match(await ask(port, '/healthz', {}), { status: 200 })
})

t.test('a WebSocket to another path is told so in the close', async (t) => {
  const { url } = await listening(t)

  for (const path of ['/nowhere', '/ws/x', '/healthz', `/${'long'.repeat(100)}`]) {
    const socket = new WebSocket(url + path)
    const [code, reason] = await once(socket, 'close')
    t.equal(code, 4100, path)
    t.match(`${reason}`, `no endpoint at ${path.slice(0, 64)}`)
    t.match(`${reason}`, /connect to \/$/)
  }
})

t.test('a WebSocket to / may carry a query', async (t) => {
  const { url } = await listening(t)

  const client = await openRaw(NodeSocket, `${url}/?from=a-link`)

  t.equal(client.welcome.protocol, 1)
  client.drop()
})

for (const [offered, picked] of [
  ['estragon.v1', 'estragon.v1'],
  ['other, estragon.v1, estragon.v9', 'estragon.v1'],
  ['other', undefined],
  [undefined, undefined],
] as const)
  t.test(`of the subprotocols ${offered ?? '(none)'} it picks ${picked ?? 'none'}`, async (t) => {
    const { port } = await listening(t)

    const headers = offered === undefined ? {} : { 'sec-websocket-protocol': offered }
    const { status, headers: answer } = await upgrade(port, headers)

    t.equal(status, 101)
    t.equal(answer['sec-websocket-protocol'], picked)
    t.equal(answer['sec-websocket-extensions'], undefined)
  })

t.test('a request that is no HTTP is answered with JSON, and closed', async (t) => {
  const server = await createServer({ port: 0, host: '127.0.0.1', page: 'none' })
  t.teardown(server.close)

  for (const [bytes, status] of [
    ['nonsense\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: x\r\ncontent-length: 1\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
    ['POST /v1/notify/all HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nx', 400],
  ] as const) {
    const { body, head, ...answer } = await sayRaw(server.port, bytes)
    t.match(answer, { status }, bytes.slice(0, 40))
    t.match(body, { code: 'INVALID_MESSAGE', status, message: String })
    t.match(head, /^connection: close$/m)
    t.match(head, /^x-content-type-options: nosniff$/m)
  }
})

t.test('into an answer that is under way no other is written', async (t) => {
  const begun = 'half'
  const server = await createServer({
    ...{ port: 0, host: '127.0.0.1' },
    onRequest(_, response) {
      response.writeHead(200)
      response.write(begun)
      return true
    },
  })
  t.teardown(server.close)

  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  let heard = ''
  socket.write('GET /held HTTP/1.1\r\nhost: a\r\n\r\n')
  socket.on('data', (bytes) => {
    if (!heard.includes(begun)) socket.write('GET /ë HTTP/1.1\r\n\r\n')
    heard += bytes
  })
  await closed

  t.equal(heard.match(/HTTP\/1\.1/g)?.length, 1)
  t.match(heard, begun)
})

t.test('whatever bytes come to the port, nobody else is harmed', async (t) => {
  const { port, get, url } = await listening(t)
  const client = await openRaw(NodeSocket, url)
  const random = createRandom(4)
  const noise = Array.from({ length: 20 }, (_, index) =>
    Buffer.from(Array.from({ length: 1 + index * 50 }, () => random.below(256))),
  )

  for (const bytes of [
    ...noise,
    'GET\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: a\r\n\r\n`,
    `GET / HTTP/1.1\r\nhost: a\r\n${'x: y\r\n'.repeat(5_000)}\r\n`,
    'GET / HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
    'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\nzz\r\n',
    '\u0016\u0003\u0001 a TLS hello',
    '{"type":0,"text":"hello"}\n',
  ])
    await sendAndEnd(port, bytes)

  t.match(await get('/healthz'), { status: 200, body: 'OK' })
  await client.settled()
  t.pass('the client that was there is answered')
  client.drop()
})

t.test('the page that `npm run build` makes is what the server serves', async (t) => {
  const { buildPage } = await import('../web-client/build.ts')
  const page = t.testdir()
  await buildPage(page)
  const { get } = await listening(t, { page })

  const { body } = await get('/')

  for (const [, path = ''] of body.matchAll(/(?:src|href)="([^"]+)"/g)) {
    t.ok(existsSync(`${page}/${path}`), path)
    t.match(await get(`/${path}`), { status: 200 })
  }
  t.notMatch(body, /<script>|<style|style=|onclick=|https?:/, 'nothing the policy forbids')
  t.notMatch((await get('/page.js')).body, /\bnode:|\brequire\(|\bprocess\.|\bBuffer\./, 'no Node')
})

/** A server whose page is a few small files, ended with the test. */
async function listening(t: Test, options: ServerOptions = {}) {
  const page = options.page ?? t.testdir(PAGE)
  const server = await createServer({ host: '127.0.0.1', ...options, page, port: 0 })
  t.teardown(server.close)
  const { port } = server
  return {
    port,
    url: `ws://127.0.0.1:${port}`,
    get: (path: string, asked: Asked = {}) => ask(port, path, asked),
  }
}

interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Asks for exactly this path: `fetch` would tidy it up first. */
async function ask(port: number, path: string, { method = 'GET', headers = {} }: Asked) {
  const asking = request({ host: '127.0.0.1', port, path, method, headers, agent: false }).end()
  const [response] = await once(asking, 'response')
  let body = ''
  for await (const chunk of response.setEncoding('utf8')) body += chunk
  const answer: Answer = { status: response.statusCode, headers: response.headers, body }
  return answer
}

/** A WebSocket handshake by hand, since ws refuses answers that it does not like. */
async function upgrade(port: number, headers: Readonly<Record<string, string>>) {
  const asking = request({
    host: '127.0.0.1',
    port,
    agent: false,
    headers: {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      ...headers,
    },
  }).end()
  const [response, socket] = await once(asking, 'upgrade')
  socket.destroy()
  return { status: response.statusCode, headers: response.headers }
}

/** Sends bytes and waits until the server has ended the connection. */
function sendAndEnd(port: number, bytes: Buffer | string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    socket.resume()
    socket.end(bytes)
  })
}
