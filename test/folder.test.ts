import { type EventEmitter, once } from 'node:events'
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createServer, type ServerOptions } from '../server/server.ts'

/** What Godot's web export writes, and what lies beside it. */
const EXPORT = {
  'index.html': '<!doctype html><script>startGame()</script>',
  'index.js': 'const GODOT = 1',
  'index.wasm': '\0asm',
  'index.pck': 'GDPC',
  'index.audio.worklet.js': 'registerProcessor()',
  'index.icon.png': 'PNG',
  'Grüße an alle.txt': 'Hallo',
  empty: '',
  '.env': 'SECRET=1',
  '.git': { config: 'secret' },
  levels: { 'one.json': '{}', deeper: { 'two.json': '[]', 'index.html': '<p>deeper' } },
}

const TYPES = [
  ['/', 'text/html; charset=utf-8', EXPORT['index.html']],
  ['/index.js', 'text/javascript; charset=utf-8', EXPORT['index.js']],
  ['/index.wasm', 'application/wasm', EXPORT['index.wasm']],
  ['/index.pck', 'application/octet-stream', EXPORT['index.pck']],
  ['/index.audio.worklet.js', 'text/javascript; charset=utf-8', 'registerProcessor()'],
  ['/index.icon.png', 'image/png', 'PNG'],
  ['/index.js?v=2', 'text/javascript; charset=utf-8', EXPORT['index.js']],
  ['/Gr%C3%BC%C3%9Fe%20an%20alle.txt', 'text/plain; charset=utf-8', 'Hallo'],
  ['/empty', 'application/octet-stream', ''],
  ['/levels/one.json', 'application/json', '{}'],
  ['/levels/deeper/', 'text/html; charset=utf-8', '<p>deeper'],
  ['/levels/deeper/two.json', 'application/json', '[]'],
] as const

t.test('a Godot web export is served as it is, with its types and folders', async (t) => {
  const { get } = await serving(t, { page: t.testdir(EXPORT) })

  for (const [path, type, body] of TYPES) {
    t.match(await get(path), { status: 200, body, headers: { 'content-type': type } }, path)
    const head = await get(path, { method: 'HEAD' })
    const length = `${Buffer.byteLength(body)}`
    t.match(head, { status: 200, body: '', headers: { 'content-length': length } }, path)
  }
  const moved = await get('/levels/deeper?x=1')
  t.match(moved, { status: 302, headers: { location: '/levels/deeper/?x=1' } })
  t.match(await get('/levels'), { status: 302, headers: { location: '/levels/' } })
  t.match(await get('/levels/'), { status: 404 }, 'no list of what is in a folder')
})

t.test('nothing outside of the folder is served, and nothing hidden', async (t) => {
  const folder = t.testdir({ page: EXPORT, 'secret.txt': 'secret', page2: { 'a.txt': 'secret' } })
  const page = join(folder, 'page')
  symlinkSync(join(folder, 'secret.txt'), join(page, 'linked.txt'))
  symlinkSync(folder, join(page, 'up'))
  symlinkSync(join(page, '.env'), join(page, 'env.txt'))
  symlinkSync(join(page, 'index.js'), join(page, 'same.js'))
  const { get } = await serving(t, { page })

  for (const path of [
    ...['/../secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt', '/..\\secret.txt'],
    ...['/%2e%2e%5csecret.txt', '/levels/../../secret.txt', '/levels/%2e%2e/%2e%2e/secret.txt'],
    ...['/../page2/a.txt', '/linked.txt', '/up/secret.txt', '/up/page2/a.txt', '/env.txt'],
    ...['/.env', '/.git/config', '/%2eenv', '/levels/../.env', '/.', '/..', '/./index.html'],
    ...['//index.html', '//', '/index.html/', '/index.js%00.html', '/C:/secret.txt', '/%', '/%ff'],
    ...['/index.html::$DATA', '/__proto__', '/nothing', 'http://elsewhere.invalid/secret.txt'],
  ]) {
    const { status, body } = await get(path)
    t.match({ status, body }, { status: 404, body: 'Not Found' }, path)
  }
  t.match(await get('/same.js'), { status: 200 }, 'a link that stays inside is followed')
})

t.test(
  'a page may run what a web export needs, and be isolated where that is asked for',
  async (t) => {
    const page = t.testdir(EXPORT)
    const plain = await serving(t, { page })
    const isolated = await serving(t, { page, isolation: true })

    const { headers } = await plain.get('/')
    const alone = (await isolated.get('/index.wasm')).headers

    const policy = `${headers['content-security-policy']}`
    t.match(policy, /script-src 'self' [^;]*'wasm-unsafe-eval'[^;]* blob:/)
    t.match(policy, /worker-src 'self' blob:/)
    t.match(policy, /connect-src 'self' ws: wss:/)
    t.equal(headers['x-content-type-options'], 'nosniff')
    t.equal(headers['cross-origin-opener-policy'], undefined)
    t.match(alone, {
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
    })
  },
)

t.test('a game that is exported anew is served anew, and else not sent again', async (t) => {
  const page = t.testdir(EXPORT)
  const { get } = await serving(t, { page })
  const first = await get('/index.pck')
  const etag = `${first.headers.etag}`

  const again = await get('/index.pck', { headers: { 'if-none-match': `"x", ${etag}` } })
  writeFileSync(join(page, 'index.pck'), 'GDPD')
  utimesSync(join(page, 'index.pck'), 1, 1)
  const anew = await get('/index.pck', { headers: { 'if-none-match': etag } })

  t.match(first.headers, { 'cache-control': 'no-cache', etag: /^"[\w-]+"$/ })
  t.match(again, { status: 304, body: '' })
  t.match(anew, { status: 200, body: 'GDPD' })
})

t.test('a large file arrives whole, and who leaves in the middle harms nobody', async (t) => {
  const page = t.testdir({})
  mkdirSync(join(page, 'big'))
  const bytes = Buffer.alloc(8_000_000, 'estragon')
  writeFileSync(join(page, 'big/index.pck'), bytes)
  const { get, port } = await serving(t, { page })

  const leaving = request({ host: '127.0.0.1', port, path: '/big/index.pck', agent: false }).end()
  const [response] = await once(leaving, 'response')
  await once(response, 'data')
  leaving.destroy()
  const { body } = await get('/big/index.pck')

  t.equal(body.length, bytes.length)
})

t.test('a file that cannot be looked at is closed, and takes nobody’s place', async (t) => {
  const page = t.testdir(EXPORT)
  const { get } = await serving(t, { page, limits: { downloads: 1 } })
  const known = await open(join(page, 'index.pck'))
  const handle: { stat(): Promise<unknown> } = Object.getPrototypeOf(known)
  await known.close()
  let closes = 0
  const looked = t.capture(handle, 'stat', async function (this: unknown) {
    const opened = this as EventEmitter
    opened.once('close', () => closes++)
    throw new Error('EIO')
  })

  const failed = await get('/index.pck')
  looked.restore()
  const again = await get('/index.pck')

  t.match([failed.status, closes], [500, 1])
  t.match(again, { status: 200, body: EXPORT['index.pck'] })
})

t.test('without a page there is none, and without a plaza not the plaza’s', async (t) => {
  for (const options of [{ page: 'none' }, { plaza: false }, { page: 'none', plaza: false }]) {
    const { get } = await serving(t, options)
    t.match(await get('/'), { status: 404, body: 'Not Found' }, JSON.stringify(options))
    t.match(await get('/page.js'), { status: 404 })
    t.match(await get('/addresses.json'), { status: 404 })
    t.match(await get('/healthz'), { status: 200 })
  }
  await t.rejects(createServer({ port: 0, page: 'none', isolation: true }), {
    message: 'isolation: expected a page as well: there is nothing else that it is about',
  })
  const own = await serving(t, { plaza: false, page: t.testdir(EXPORT) })
  t.match(await own.get('/'), { status: 200, body: EXPORT['index.html'] })
  t.match(await own.get('/addresses.json'), { status: 404 })
})

t.test('a page that is no folder is refused at the start', async (t) => {
  const folder = t.testdir(EXPORT)
  for (const page of [join(folder, 'nowhere'), join(folder, 'index.html')])
    await t.rejects(createServer({ port: 0, page }), {
      message: `page: expected a folder, or none, got "${page}"`,
    })
})

async function serving(t: Test, options: ServerOptions) {
  const server = await createServer({ host: '127.0.0.1', ...options, port: 0 })
  t.teardown(server.close)
  const { port } = server
  return {
    port,
    /** Asks for exactly this path: `fetch` would tidy it up first. */
    async get(path: string, { method = 'GET', headers = {} } = {}) {
      const asking = request({ host: '127.0.0.1', port, path, method, headers, agent: false }).end()
      const [response] = await once(asking, 'response')
      let body = ''
      for await (const chunk of response.setEncoding('utf8')) body += chunk
      return { status: response.statusCode, headers: response.headers, body }
    },
  }
}
