import { once } from 'node:events'
import { createServer as createTcpServer, type Server } from 'node:net'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { buildSync } from 'esbuild'
import t, { type Test } from 'tap'
import { createServer, type GameServer } from '../server/server.ts'
import { connect } from '../web-client/client.ts'
import type { WebSocketConstructor } from '../web-client/link.ts'
import { createClock } from './support/clock.ts'
import { startProgram } from './support/program.ts'
import { failing, until, within } from './support/promise.ts'
import { NodeSocket, world } from './support/world.ts'

/* Getting in, or not. */

t.test('where nothing listens, connecting fails and says where', async (t) => {
  const { port, server } = await tcp(t)
  server.close()
  await once(server, 'close')

  await t.rejects(connect(`ws://127.0.0.1:${port}`, { WebSocket: NodeSocket }), {
    code: 'CONNECT_FAILED',
    status: 503,
    message: new RegExp(`^ws://127\\.0\\.0\\.1:${port}`),
  })
})

t.test('an impossible address fails as well', async (t) => {
  await t.rejects(connect('http//nowhere', { WebSocket: NodeSocket }), { code: 'CONNECT_FAILED' })
})

t.test('without a WebSocket it says what to do', async (t) => {
  if ('WebSocket' in globalThis) return t.pass('this Node has one')
  await t.rejects(connect('ws://127.0.0.1:1'), {
    code: 'CONNECT_FAILED',
    message: /options\.WebSocket/,
  })
})

t.test('a server that never answers is given up after the timeout', async (t) => {
  const { port, server } = await tcp(t)
  const clock = createClock()
  const reached = once(server, 'connection')
  const options = { WebSocket: NodeSocket, timers: clock, connectTimeout: 10_000 }
  const connecting = failing(connect(`ws://127.0.0.1:${port}`, options))
  const [socket] = await reached

  clock.advance(9_999)
  await turn()
  const early = socket.destroyed
  clock.advance(1)

  t.notOk(early)
  t.match(await connecting, { code: 'CONNECT_FAILED', message: /within 10000 ms/ })
  if (!socket.destroyed) await once(socket, 'close')
  t.equal(clock.pending, 0, 'nothing is left behind')
})

t.test('a server that opens and then says nothing is given up as well', async (t) => {
  const clock = createClock()
  const connecting = failing(
    connect('silent:', { WebSocket: silentSocket(), timers: clock, connectTimeout: 5_000 }),
  )
  for (let count = 0; count < 5; count++) await turn()

  clock.advance(5_000)

  t.match(await connecting, { code: 'CONNECT_FAILED' })
  t.equal(clock.pending, 0)
})

t.test('a connect that is given up on the way leaves nothing behind', async (t) => {
  const { port, server } = await tcp(t)
  const clock = createClock()
  const abort = new AbortController()
  const reached = once(server, 'connection')
  const options = { WebSocket: NodeSocket, timers: clock, signal: abort.signal }
  const connecting = failing(connect(`ws://127.0.0.1:${port}`, options))
  const [socket] = await reached

  abort.abort()

  t.match(await connecting, { code: 'ABORTED' })
  if (!socket.destroyed) await once(socket, 'close')
  t.equal(clock.pending, 0)
})

/* A WebSocket that tells of a failure by an error alone, as Node 22's own does. */

t.test('where a failed connection is told by an error alone, no time is lost', async (t) => {
  const { clock, Socket, connect: join } = await world(t)
  let isDown = false
  const WebSocket = faltering(Socket, () => isDown)
  const ada = await join({ WebSocket, backoff: () => RETRY })
  const tries: unknown[] = []
  ada.on('returning', (ms) => void tries.push(ms))

  isDown = true
  const late = within(join({ WebSocket }))
  await t.rejects(late, { code: 'CONNECT_FAILED', message: /no server answered \(1006\)/ })
  ada.cut()
  clock.advance(RETRY)
  await until(() => tries.length === 2, 'another try, at its time')
  isDown = false
  clock.advance(RETRY)

  await until(() => ada.state === 'open', 'back')
})

t.test('an error of a connection that is open ends nothing by itself', async (t) => {
  const { Socket, connect: join } = await world(t)
  const opened: { onerror: ((event: never) => void) | null }[] = []
  const WebSocket = new Proxy(Socket, {
    construct(target, [url]) {
      const socket = new target(url)
      opened.push(socket)
      return socket
    },
  })
  const ada = await join({ WebSocket })

  opened[0]?.onerror?.({ type: 'error' } as never)

  t.equal(ada.state, 'open')
  t.match(await ada.rooms.joinOrCreate('plaza'), { you: 1 })
})

t.test('the WebSocket of Node 22 itself loses no time', async (t) => {
  const node = process.env.NODE22
  if (!node) return t.pass('NODE22 names no Node 22', { skip: true })
  const first = await server(t)
  const URL = `ws://127.0.0.1:${first.port}`
  const { lines } = startProgram(t, node, [builtVisit(t)], { env: { URL } })
  const says = (line: string) => lines.until((one) => one === line, line)

  await lines.until((line) => /^v22\./.test(line), 'its version')
  await says('nowhere: CONNECT_FAILED')
  await says('open 1')
  await first.close()
  await says('try 2')
  await server(t, first.port)
  await says('open 2')
})

t.test('after a restart of the server the client comes back, to a new session', async (t) => {
  const first = await server(t)
  const told: unknown[] = []
  let wake = () => {}
  const timers = {
    now: () => performance.now(),
    after(ms: number, callback: () => void) {
      if (ms === RETRY) wake = callback
      return () => {}
    },
  }
  const url = `ws://127.0.0.1:${first.port}`
  const ada = await connect(url, { WebSocket: NodeSocket, timers, backoff: () => RETRY })
  t.teardown(ada.close)
  const { guest_key = '' } = await ada.players.identify({ name: 'Ada' })
  const room = await ada.rooms.joinOrCreate('plaza')
  ada.on('state', (state, code) => void told.push([state, code]))
  ada.on('lost', (reason) => void told.push(['lost', reason]))
  room.on('closed', () => void told.push(['closed']))
  const session = ada.session

  await first.close()
  await until(() => ada.state === 'away', 'away')
  await server(t, first.port)
  wake()
  await until(() => ada.state === 'open', 'back')

  t.strictSame(told, [['away', 4000], ['closed'], ['lost', 'UNKNOWN'], ['open', 0]])
  t.not(ada.session, session)
  t.equal(ada.players.me, undefined)
  t.equal(ada.rooms.all.size, 0)
  await t.rejects(ada.players.identify({ guest_key }), { code: 'INVALID_GUEST_KEY' })
  await ada.players.identify({ name: 'Ada' })
  t.match(await ada.rooms.joinOrCreate('plaza'), { you: 1 })
})

/* What the tests share. */

const RETRY = 777

/** Far beyond what a test takes: who waits for it hangs. */
const NEVER_MS = 3_600_000

/** A player in Node without any package, who says what becomes of its connections. */
const VISIT = `import { connect } from './client.ts'
console.log(process.version)
const options = { connectTimeout: ${NEVER_MS}, backoff: () => 10 }
await connect('ws://127.0.0.1:1', options).catch(({ code }) => console.log('nowhere: ' + code))
const network = await connect(process.env.URL, options)
let tries = 0
let opened = 1
console.log('open 1')
network.on('returning', () => console.log('try ' + ++tries))
network.on('state', (state) => state === 'open' && console.log('open ' + ++opened))`

function builtVisit(t: Test): string {
  const outfile = join(t.testdir(), 'visit.mjs')
  const resolveDir = join(import.meta.dirname, '../web-client')
  const stdin = { contents: VISIT, resolveDir, loader: 'ts' as const }
  buildSync({ stdin, outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' })
  return outfile
}

async function server(t: Test, port = 0): Promise<GameServer> {
  const one = await createServer({ port, host: '127.0.0.1' })
  t.teardown(one.close)
  return one
}

async function tcp(t: Test): Promise<{ port: number; server: Server }> {
  const server = createTcpServer((socket) => socket.on('error', () => {}).resume())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => void server.close())
  const { port } = server.address() as { port: number }
  return { port, server }
}

/** Opens, and that is all it does. */
function silentSocket(): WebSocketConstructor {
  return class {
    onopen: ((event: never) => void) | null = null
    onmessage = null
    onclose = null
    onerror = null
    constructor() {
      setImmediate(() => this.onopen?.({} as never))
    }
    send(): void {}
    close(): void {}
  }
}

/** While `isDown`, its connections fail and tell so by an error, and by nothing after it. */
const faltering = (Socket: WebSocketConstructor, isDown: () => boolean): WebSocketConstructor =>
  new Proxy(Socket, {
    construct(target, [url]) {
      if (!isDown()) return new target(url)
      const failed = { onerror: undefined as undefined | ((event: object) => void), close() {} }
      setImmediate(() => failed.onerror?.({ type: 'error' }))
      return failed
    },
  })
