import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hashSync } from '@node-rs/bcrypt'
import pino from 'pino'
import t, { type Test } from 'tap'
import { type BackendOptions, createBackend, type Verdict } from '../server/backend/client.ts'
import { readSettings } from '../server/backend/settings.ts'
import type { RawClient } from './support/client.ts'
import { createClock, type LogLine } from './support/clock.ts'
import { connected, openJssocket, settled } from './support/jssocket.ts'
import { until } from './support/promise.ts'
import { service } from './support/service.ts'

const SECRET = 'open sesame'
const backendSecret = hashSync(SECRET, 4)

t.test('it looks at the server’s health, then connects to /ws', async (t) => {
  const house = await watched(t)

  client(t, house.port)
  await until(() => house.seen.length === 2, 'two requests')

  t.strictSame(house.seen, ['GET /healthz', 'upgrade /ws'])
})

t.test('enabled: false does not connect', async (t) => {
  const house = await watched(t)
  const { backend, clock, lines } = client(t, house.port, { enabled: false })

  clock.advance(60_000)
  const { backend: other } = client(t, house.port)
  await until(() => house.seen.length === 2, 'the one that is enabled')

  t.strictSame(house.seen, ['GET /healthz', 'upgrade /ws'], 'only the other')
  t.equal(backend.state, 'disabled')
  t.equal(other.state, 'connecting')
  await t.rejects(backend.ready(), { message: /disabled/ })
  await t.rejects(backend.notifyAll(1), { message: /disabled/ })
  t.strictSame(lines, [])
  backend.close()
})

t.test('a server that is not well is not knocked at, but looked at again after 5 s', async (t) => {
  const house = await watched(t, 503)
  const { backend, clock, lines } = client(t, house.port)

  await until(() => backend.state === 'away', 'the first look')
  clock.advance(4_999)
  t.equal(backend.state, 'away')
  house.status = 200
  clock.advance(1)
  await until(() => house.seen.length === 3, 'the second look')

  t.strictSame(house.seen, ['GET /healthz', 'GET /healthz', 'upgrade /ws'])
  t.match(lines, [{ msg: 'not connected', reason: /answered 503/, retry_ms: 5_000 }])
})

t.test('it comes back 5 s after the connection ended', async (t) => {
  const s = await service(t, { backendSecret })
  const { backend, clock, lines } = client(t, s.port, { auth: SECRET })
  await backend.ready()
  await s.close()
  await until(() => backend.state === 'away', 'the server gone')

  await t.rejects(backend.notifyClient('anybody', 1), { message: /not connected/ })
  const again = await service(t, { backendSecret, port: s.port })
  clock.advance(4_999)
  t.equal(backend.state, 'away')
  clock.advance(1)
  await backend.ready()

  t.equal(backend.state, 'open')
  t.ok(again.lines.some(({ msg }) => msg === 'backend connected'))
  t.strictSame(
    lines.map(({ msg }) => msg),
    ['connected', 'not connected', 'connected'],
  )
})

t.test('a server that is not there at all is tried again every 5 s', async (t) => {
  const house = await watched(t)
  await house.close()
  const { backend, clock, lines } = client(t, house.port)

  for (let tries = 1; tries <= 3; tries++) {
    await until(() => lines.length === tries, `try ${tries}`)
    clock.advance(5_000)
  }

  t.match(lines[0], { msg: 'not connected', reason: /not healthy: .*ECONNREFUSED/ })
  t.not(backend.state, 'open')
})

t.test('a server that falls silent is left, and connected to again', async (t) => {
  const house = await watched(t, 200, '{"type":"server_connect","data":true}')
  const { backend, clock, lines } = client(t, house.port)
  await backend.ready()

  clock.advance(60_000)
  await until(() => lines.length === 2, 'the connection given up')
  clock.advance(5_000)
  await until(() => house.seen.length === 4, 'another try')

  t.strictSame(house.seen.slice(2), ['GET /healthz', 'upgrade /ws'])
})

t.test('quiet: true silences all of it', async (t) => {
  const s = await service(t, { backendSecret })
  const quiet = client(t, s.port, {
    auth: SECRET,
    quiet: true,
    onAuthenticate: () => {
      throw new Error('not told either')
    },
  })
  const loud = client(t, s.port, { auth: SECRET })
  const wrong = client(t, s.port, { auth: 'wrong', quiet: true })
  await quiet.backend.ready()
  await loud.backend.ready()

  await connected(t, s.port, 'a token')
  await connected(t, s.port, 'a token')
  await until(() => wrong.backend.state === 'away', 'the wrong one refused')
  await s.close()
  await until(() => quiet.backend.state === 'away', 'the server gone')
  await until(() => loud.backend.state === 'away', 'the server gone')

  t.strictSame([quiet.lines, wrong.lines], [[], []])
  t.strictSame(
    loud.lines.map(({ msg }) => msg),
    ['connected', 'not connected'],
  )
})

t.test('a wrong secret is said in the log, without the secret, and tried again', async (t) => {
  const s = await service(t, { backendSecret })
  const { backend, clock, lines } = client(t, s.port, { auth: 'a wrong guess' })

  await until(() => backend.state === 'away', 'refused')
  clock.advance(5_000)
  await until(() => lines.length === 4, 'refused again')

  t.match(
    lines.map(({ msg }) => msg),
    ['misconfigured', 'not connected', 'misconfigured', 'not connected'],
  )
  t.match(lines[0], { reason: /refused the secret/ })
  t.notOk(JSON.stringify(lines).includes('a wrong guess'))
  t.not(backend.state, 'open')
})

t.test('it notifies a client, a group and all, and knows when that is done', async (t) => {
  const s = await service(t, { backendSecret })
  const { backend } = client(t, s.port, { auth: SECRET, onAuthenticate: (token) => token })
  await backend.ready()
  const [A, B] = [await connected(t, s.port), await connected(t, s.port, 'bob')]
  const native = await s.raw()

  await backend.notifyClient(A.id, { test: 1 })
  await backend.notifyGroup('bob', { test: 2 })
  await backend.notifyGroup('public', { test: 3 })
  await backend.notifyClient('nobody', { test: 4 })
  await backend.notifyAll({ test: 5 })

  t.strictSame(
    [await A.next(), await A.next(), await A.next()],
    [{ test: 1 }, { test: 3 }, { test: 5 }],
  )
  t.strictSame([await B.next(), await B.next()], [{ test: 2 }, { test: 5 }])
  t.strictSame(await notified(native, 2), [{ test: 3 }, { test: 5 }])
  for (const one of [A, B]) await settled(one)
})

const VERDICTS: readonly [
  what: string,
  verdict: Verdict | Error,
  authenticated: boolean,
  to: string,
][] = [
  ['the user', 'ada', true, 'ada'],
  ['true', true, true, 'public'],
  ['false', false, false, 'public'],
  ['nothing', undefined, false, 'public'],
  ['an error', new Error('the database is down'), false, 'public'],
]

for (const [what, verdict, authenticated, group] of VERDICTS)
  t.test(`a service that says ${what} of a token`, async (t) => {
    const s = await service(t, { backendSecret })
    const asked: unknown[] = []
    const { backend } = client(t, s.port, {
      auth: SECRET,
      async onAuthenticate(token, id) {
        asked.push(token, id)
        if (verdict instanceof Error) throw verdict
        return verdict
      },
    })
    await backend.ready()

    const A = await connected(t, s.port, 'a token')
    await backend.notifyGroup(group, { n: 1 })

    t.strictSame(asked, ['a token', A.id])
    t.equal(A.authenticated, authenticated)
    t.strictSame(await A.next(), { n: 1 })
  })

t.test('a service without onAuthenticate leaves it to the server', async (t) => {
  const s = await service(t, { backendSecret })
  const { backend } = client(t, s.port, { auth: SECRET })
  await backend.ready()
  const { alias, token } = await s.player('ada')

  const A = await connected(t, s.port, `${alias.id}:${token}`)
  const B = await connected(t, s.port, 'no token')
  const C = await connected(t, s.port)

  t.strictSame([A.authenticated, B.authenticated, C.authenticated], [true, false, false])
})

t.test('what waits when the connection ends, or is closed, is told so', async (t) => {
  const house = await watched(t)
  const { backend } = client(t, house.port)
  const ready = backend.ready()
  await until(() => house.seen.length === 2, 'on its way')

  backend.close()

  await t.rejects(ready, { message: /closed/ })
  await t.rejects(backend.ready(), { message: /closed/ })
  t.equal(backend.state, 'closed')
})

t.test('a server that never calls back is given up on', async (t) => {
  const house = await watched(t, 200, '{"type":"server_connect","data":true}')
  const { backend, clock } = client(t, house.port)
  await backend.ready()

  const stuck = backend.notifyClient('nobody', 1)
  stuck.catch(() => {})
  clock.advance(10_000)

  await t.rejects(stuck, { message: /no callback within 10000 ms/ })
})

t.test('what is over a limit of the server’s is told to who notifies', async (t) => {
  const s = await service(t, { backendSecret })
  const { backend } = client(t, s.port, { auth: SECRET })
  await backend.ready()

  const deep = JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`)
  const large = backend.notifyClient('nobody', deep)

  await t.rejects(large, { message: /INVALID_MESSAGE: .* 32 levels/ })
})

const WRONG: readonly [what: string, options: (port: number) => BackendOptions, reason: RegExp][] =
  [
    ['a wrong secret', () => ({ auth: 'wrong' }), /refused the secret/],
    ['a wrong path', (port) => ({ url: `ws://127.0.0.1:${port}/wsss` }), /no endpoint at \/wsss/],
    ['no path', (port) => ({ url: `ws://127.0.0.1:${port}` }), /is no \/ws: it says welcome/],
    [
      'a wrong path to ping',
      (port) => ({ pingUrl: `http://127.0.0.1:${port}/health` }),
      /health answered 404/,
    ],
  ]

for (const [what, options, reason] of WRONG)
  t.test(`ready() rejects on ${what}`, async (t) => {
    const s = await service(t, { backendSecret })
    const { backend } = client(t, s.port, { auth: SECRET, ...options(s.port) })

    await t.rejects(backend.ready(), { message: reason })
  })

t.test('ready() rejects on silence, and what is silent is left', async (t) => {
  const house = await watched(t)
  const { backend, clock } = client(t, house.port)
  const ready = backend.ready()
  ready.catch(() => {})
  await until(() => house.seen.length === 2, 'knocked')

  clock.advance(10_000)

  await t.rejects(ready, { message: /said nothing for 10000 ms/ })
  await until(() => backend.state === 'away', 'left')
})

t.test('ready() rejects where health is never told', async (t) => {
  const house = await watched(t)
  house.status = undefined
  const { backend, clock } = client(t, house.port)
  const ready = backend.ready()
  ready.catch(() => {})
  await until(() => house.seen.length === 1, 'its health asked for')

  clock.advance(5_000)

  await t.rejects(ready, { message: /healthz said nothing for 5000 ms/ })
  await until(() => backend.state === 'away', 'left')
})

t.test('a backend that is closed while it asks for health leaves nothing waiting', async (t) => {
  const house = await watched(t)
  house.status = undefined
  const { backend, clock } = client(t, house.port)
  await until(() => house.seen.length === 1, 'its health asked for')

  backend.close()

  await until(() => clock.pending === 0, 'no timer')
})

t.test('ready() rejects where what is healthy takes no sockets', async (t) => {
  const house = await watched(t)
  house.refuses = true
  const { backend } = client(t, house.port)

  await t.rejects(backend.ready(), { message: /ws answered 404/ })
})

t.test(
  'a service that takes its time still says who it was, and hears all that was said',
  async (t) => {
    const s = await service(t, { backendSecret })
    const heard: unknown[] = []
    let decide = (_: string) => {}
    const { backend } = client(t, s.port, {
      auth: SECRET,
      onAuthenticate(_token, _client, said) {
        heard.push(said)
        return new Promise<string>((resolve) => {
          decide = resolve
        })
      },
    })
    await backend.ready()
    const A = await openJssocket(t, s.port)

    A.send({ type: 'client_connect', data: { token: 'a token', level: 7 } })
    await until(() => heard.length === 1, 'asked')
    s.clock.advance(1_500)
    const first = await A.next()
    decide('ada')

    t.equal(first.data.authenticated, false)
    t.match(await A.next(), { type: 'client_connected', data: { authenticated: true, level: 7 } })
    t.strictSame(heard, [{ level: 7 }])
  },
)

t.test('whatever the server sends, the service lives', async (t) => {
  const s = await service(t, { backendSecret })
  const { backend } = client(t, s.port, { auth: SECRET })
  await backend.ready()
  const J = await openJssocket(t, s.port, { auth: SECRET })

  for (const data of [
    null,
    7,
    'text',
    { type: 'callback', data: 'n99' },
    { type: 'client_connect' },
  ])
    for (const id of s.lines.filter(({ msg }) => msg === 'backend connected'))
      J.send({ type: 'notify_client', data: { target: id.session, data } })
  await backend.notifyClient('nobody', 1)

  t.equal(backend.state, 'open')
})

/* Settings. */

const NAMED = {
  SOCKET_URL: 'wss://game.example/ws',
  SOCKET_PING_URL: 'https://game.example/healthz',
  SOCKET_AUTH: 'the secret',
}
const SETTINGS: readonly [what: string, said: object, env: object, read: object][] = [
  [
    'nothing: a server on this machine, in development',
    {},
    {},
    {
      url: 'ws://127.0.0.1:1234/ws',
      pingUrl: 'http://127.0.0.1:1234/healthz',
      auth: '12345678',
    },
  ],
  [
    'the document’s names in the environment',
    {},
    NAMED,
    {
      url: 'wss://game.example/ws',
      pingUrl: 'https://game.example/healthz',
      auth: 'the secret',
    },
  ],
  [
    'options before the environment',
    { url: 'ws://other:1/ws', pingUrl: 'http://other:2/healthz', auth: 'other' },
    NAMED,
    { url: 'ws://other:1/ws', pingUrl: 'http://other:2/healthz', auth: 'other' },
  ],
  [
    'an address alone: health is asked of the same server',
    { url: 'wss://game.example:444/ws' },
    {},
    {
      url: 'wss://game.example:444/ws',
      pingUrl: 'https://game.example:444/healthz',
      auth: '12345678',
    },
  ],
]

for (const [what, said, env, read] of SETTINGS)
  t.test(`settings: ${what}`, async (t) => {
    t.strictSame(readSettings(said, env as Record<string, string>), read)
  })

for (const [name, value] of [
  ['SOCKET_URL', 'game.example'],
  ['SOCKET_URL', 'http://game.example/ws'],
  ['SOCKET_PING_URL', 'ws://game.example/healthz'],
] as const)
  t.test(`${name}=${value} is named as no address`, async (t) => {
    t.throws(() => readSettings({}, { [name]: value }), {
      message: `${name}): expected an address`,
    })
  })

/** A service's client with a clock and a log of its own, closed with the test. */
function client(t: Test, port: number, options: BackendOptions = {}) {
  const clock = createClock()
  const lines: LogLine[] = []
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const backend = createBackend({
    url: `ws://127.0.0.1:${port}/ws`,
    log,
    after: clock.after,
    ...options,
  })
  t.teardown(backend.close)
  return { backend, clock, lines }
}

/** A house that says how it is, takes whoever comes, and says one thing to each or never speaks. */
async function watched(t: Test, status = 200, word?: string) {
  const seen: string[] = []
  const { WebSocketServer } = await import('ws')
  const sockets = new WebSocketServer({ noServer: true })
  const server = createHttpServer((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    if (own.status !== undefined) response.writeHead(own.status).end('OK')
  })
  server.on('upgrade', (request, socket, head) => {
    seen.push(`upgrade ${request.url}`)
    if (own.refuses) return socket.end('HTTP/1.1 404 Not Found\r\n\r\n')
    sockets.handleUpgrade(request, socket, head, (one) => word !== undefined && one.send(word))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  let isClosed = false
  const own = {
    /** Undefined where it says nothing. */
    status: status as number | undefined,
    /** Whether it has no socket for anybody. */
    refuses: false,
    seen,
    port: (server.address() as AddressInfo).port,
    async close() {
      if (isClosed) return
      isClosed = true
      for (const socket of sockets.clients) socket.terminate()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
  t.teardown(own.close)
  return own
}

async function notified(client: RawClient, count: number): Promise<unknown[]> {
  const said = []
  while (said.length < count) said.push((await client.next('notify')).data.data)
  return said
}
