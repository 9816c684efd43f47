import { once } from 'node:events'
import { createServer as createTcpServer } from 'node:net'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { createServer } from '../server/server.ts'
import { type BotsOptions, createBots } from '../web-client/bots.ts'
import type { Network, Room } from '../web-client/client.ts'
import type { WebSocketConstructor } from '../web-client/link.ts'
import { createClock, createRandom, seedOf } from './support/clock.ts'
import { plazaOf } from './support/ground.ts'
import { startProgram } from './support/program.ts'
import { NodeSocket, type TestWorld, world } from './support/world.ts'

const SEED = seedOf()
const STEP_MS = 50
/** Nobody rests for longer than 4 s, and the plaza is crossed in 9. */
const STEPS = 60_000 / STEP_MS

t.test(`ten bots walk about the plaza, wave and chat (SEED=${SEED})`, async (t) => {
  const server = await world(t, { over: 'socket' })
  const { watcher, settled } = await watch(server)
  const walked = new Map<number, Set<string>>()
  const heard = new Set<string>()
  plazaOf(watcher).state.players.on('changed', ({ owner, x, y }) => {
    walked.set(owner, (walked.get(owner) ?? new Set()).add(`${x} ${y}`))
  })
  watcher.events.on('plaza.wave', () => heard.add('wave'))
  watcher.events.on('plaza.chat', ([text]) => heard.add(typeof text === 'string' ? 'chat' : '?'))

  const bots = begin(t, server, { count: 10 })
  await bots.joined
  const walkers = () => [...walked.values()].filter((places) => places.size > 5).length
  await pass(server, settled, () => walkers() === 10 && heard.size === 2)

  t.equal(bots.present, 10)
  t.equal(walkers(), 10)
  t.strictSame([...heard].sort(), ['chat', 'wave'])
  t.equal(bots.roundTrips.length, 10)
})

t.test('bots that are closed leave no session behind', async (t) => {
  const server = await world(t, { over: 'socket' })
  const { room, settled } = await watch(server)
  const { sessions } = server.stats()
  const bots = begin(t, server, { count: 10 })
  await bots.joined

  bots.close()
  await pass(server, settled, () => room.members.size === 1)

  t.match(server.stats(), { sessions, away: 0 })
  t.equal(bots.present, 0)
})

t.test('a bot whose cable is cut comes back to its seat', async (t) => {
  const server = await world(t, { over: 'socket' })
  const { room, settled } = await watch(server)
  const { WebSocket, sockets } = recording()
  await begin(t, server, { count: 1, WebSocket }).joined
  const [bot] = others(room)

  sockets[0]?.terminate()
  await seen(room, 'away')
  await pass(server, settled, () => bot?.away === false)

  t.strictSame(others(room), [bot])
  t.equal(server.stats().away, 0)
})

t.test('a bot whose session was lost takes a seat again', async (t) => {
  const server = await world(t, { over: 'socket', limits: { heartbeat_ms: 120_000 } })
  const { room, settled } = await watch(server)
  const { WebSocket, sockets } = recording()
  const clock = createClock()
  const bots = begin(t, server, { count: 1, WebSocket, timers: clock })
  await bots.joined
  const [first] = others(room)

  sockets[0]?.terminate()
  await seen(room, 'away')
  await pass(server, settled, () => room.members.size === 1)
  await pass({ clock }, settled, () => room.members.size === 2 && bots.present === 1)

  const [second] = others(room)
  t.equal(second?.name, first?.name)
  t.not(second?.number, first?.number)
})

t.test('the program brings them in, and takes them out when it is told to end', async (t) => {
  const server = await createServer({ port: 0, host: '127.0.0.1' })
  t.teardown(server.close)
  const program = bots(t, ['20', '--url', `ws://127.0.0.1:${server.port}`])

  await program.lines.until((line) => line.startsWith('20 in the plaza'), 'all to be in')
  const { sessions } = server.stats()
  const ending = await program.close()

  t.match(ending, { code: 0, signal: null })
  t.match(program.lines.items.at(-1), /^20 of 20 in, round trip .* median, .* p99$/)
  t.strictSame(program.complaints.items, [])
  t.equal(sessions, 20)
  t.equal(server.stats().sessions, 0)
})

t.test('a count that is not 1 to 500 is one line on stderr and exit code 1', async (t) => {
  const counts = ['0', '501', '-1', 'many', '1.5']

  const programs = counts.map((count) => ({ count, ...bots(t, [count]) }))

  for (const { count, ended, lines, complaints } of programs) {
    t.match(await ended, { code: 1 }, count)
    t.strictSame(lines.items, [], count)
    t.equal(complaints.items.length, 1, count)
    t.match(complaints.items[0], /^bots: /, count)
  }
})

t.test('a server that is not there is one line on stderr and exit code 1', async (t) => {
  const program = bots(t, ['3', '--url', `ws://127.0.0.1:${await freePort()}`])

  t.match(await program.ended, { code: 1 })
  t.strictSame(program.lines.items, [])
  t.equal(program.complaints.items.length, 1)
  t.match(program.complaints.items[0], /^bots: ws:.*\(CONNECT_FAILED\)$/)
})

type Server = Pick<TestWorld, 'clock' | 'url' | 'connect' | 'raw'>

function begin(
  t: Test,
  { url, clock }: Server,
  options: Pick<BotsOptions, 'count'> & Partial<BotsOptions>,
) {
  const random = createRandom(SEED).float
  const bots = createBots({ url, WebSocket: NodeSocket, random, timers: clock, ...options })
  t.teardown(bots.close)
  return bots
}

interface Watch {
  readonly watcher: Network
  readonly room: Room
  /** Resolves when the server has handled all that reached it before. */
  settled(): Promise<void>
}

/** Somebody who sits in the plaza and looks. */
async function watch({ connect, raw }: Server): Promise<Watch> {
  const watcher = await connect()
  const room = await watcher.rooms.joinOrCreate('plaza', { name: 'Watcher' })
  const { settled } = await raw()
  return { watcher, room, settled }
}

const others = ({ members, you }: Room) =>
  [...members.values()].filter(({ number }) => number !== you)

const seen = (room: Room, what: 'away') =>
  new Promise<void>((resolve) => void room.on(what, () => resolve()))

/** Lets time pass, step by step, until something is so; what was sent arrives between two steps. */
async function pass(
  { clock }: Pick<Server, 'clock'>,
  settled: () => Promise<void>,
  isSo: () => boolean,
): Promise<void> {
  for (let step = 0; step < STEPS && !isSo(); step++) {
    clock.advance(STEP_MS)
    await settled()
  }
  if (!isSo()) throw new Error(`not within ${STEPS * STEP_MS} ms (SEED=${SEED})`)
}

/** A WebSocket whose sockets can be dropped. */
function recording() {
  const sockets: WebSocket[] = []
  class Recorded extends WebSocket {
    constructor(url: string) {
      super(url)
      sockets.push(this)
    }
  }
  return { WebSocket: Recorded as unknown as WebSocketConstructor, sockets }
}

const bots = (t: Test, args: readonly string[]) =>
  startProgram(t, process.execPath, ['--import', 'ts-node/import', 'web-client/bots.ts', ...args])

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
