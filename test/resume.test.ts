import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import pino from 'pino'
import t, { type Test } from 'tap'
import { RESUME_REASONS } from '../protocol/errors.ts'
import { MESSAGES } from '../protocol/index.ts'
import { isCounted } from '../protocol/message.ts'
import { Connection, type Transport } from '../server/core/connection.ts'
import { type AllHandlers, createDispatch } from '../server/core/dispatch.ts'
import { limitsOf } from '../server/core/limits.ts'
import { createFlusher } from '../server/core/outbox.ts'
import { createSessions } from '../server/core/sessions.ts'
import { createConnections } from '../server/features/connection.ts'
import { createServer, type GameServer, type HubOptions } from '../server/server.ts'
import { createWorld, type World } from '../server/world.ts'
import { connect, type Network, type NetworkError, type Room } from '../web-client/client.ts'
import { type Any, openRaw, type RawClient, type Seen } from './support/client.ts'
import {
  createClock,
  createRandom,
  createTestWorld,
  type LogLine,
  seedOf,
} from './support/clock.ts'
import { memoryWebSocket } from './support/memory.ts'
import {
  CUTS,
  type CuttingProxy,
  createProxy,
  type Line,
  type Tap,
  tapped,
} from './support/proxy.ts'
import { NodeSocket, OVERS, type Over, type TestWorld, world } from './support/world.ts'

/* A client without a library that counts as one with it does. */

interface Player extends RawClient {
  /** Counted frames that arrived over this connection. */
  readonly arrived: number
  readonly token: string
  readonly room: string
  readonly number: number
}

/** Sits in the plaza; has sent one counted frame. */
async function seat(w: TestWorld, name: string): Promise<Player> {
  const raw = await w.raw()
  const { data } = await raw.ask('room.join_or_create', { kind: 'plaza', name })
  return Object.assign(Object.defineProperty(raw, 'arrived', { get: () => counted(raw).length }), {
    token: raw.welcome.token,
    room: data.room.code,
    number: data.you,
  }) as Player
}

const counted = ({ seen }: RawClient) => seen.filter((message) => isCounted(MESSAGES, message))

interface Claim {
  readonly token: string
  readonly attempt: number
  readonly sent: number
  readonly received: number
  readonly forgotten: number
  readonly fingerprint: string
}

async function claim(w: TestWorld, token: string, rest: Partial<Claim> = {}) {
  const raw = await w.raw()
  const answer = await raw.ask('session.resume', {
    ...{ token, attempt: 1, sent: 0, received: 0, forgotten: 0 },
    ...rest,
  })
  return Object.assign(raw, { answer, reply: answer.data })
}

/** Drops a player; resolves when the server has noticed. */
async function drop(w: TestWorld, raw: RawClient): Promise<void> {
  const { away, connections } = w.stats()
  raw.drop()
  await until(() => w.stats().away === away + 1, 'a session away')
  await until(() => w.stats().connections === connections - 1, 'a connection less')
}

const BOUND_MS = 20_000

async function until(fits: () => boolean, wanted: string, bound_ms = BOUND_MS): Promise<void> {
  const end = performance.now() + bound_ms
  while (!fits()) {
    if (performance.now() > end) throw new Error(`not within ${bound_ms} ms: ${wanted}`)
    await turn()
  }
}

const emit = (n: number, id?: string) => ({
  type: 'event.emit',
  ...(id && { id }),
  to: 'all',
  data: { name: 'plaza.number', args: [n] },
})

/* What a tap may do: lose a message, or take note of something. */

const lose = (yes: boolean) => yes || undefined

function note<T>(yes: boolean, list: T[], item: T): undefined {
  if (yes) list.push(item)
}

/** The numbers of the events a client saw. */
const numbers = ({ seen }: RawClient) => seen.filter(isEvent).map(({ data }) => data.args[0])
const isEvent = ({ type }: { readonly type: unknown }) => type === 'event'
const types = (seen: readonly Seen[]) => seen.map(({ type, re }) => (re ? `${type} reply` : type))

/** The same promise in memory and over sockets. */
function both(
  name: string,
  options: HubOptions,
  run: (t: Test, w: TestWorld, over: Over) => Promise<void>,
): void {
  for (const over of OVERS)
    t.test(`${name} (${over})`, async (t) => {
      await within(run(t, await world(t, { over, ...options }), over))
    })
}

/** A promise that is never kept would end the whole file, not its own test. */
async function within<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${BOUND_MS} ms`)), BOUND_MS)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/* The window. */

both('a player who drops keeps the seat for thirty seconds, and no longer', {}, async (t, w) => {
  const bob = await seat(w, 'bob')
  const ada = await seat(w, 'ada')

  await drop(w, ada)
  w.clock.advance(29_999)
  const back = await claim(w, ada.token, { sent: 1, received: ada.arrived })
  const snapshot = await back.next('session.snapshot')
  await drop(w, back)
  w.clock.advance(15_000)
  await bob.settled()
  w.clock.advance(15_001)
  const late = await claim(w, ada.token, { attempt: 2, sent: 1, received: ada.arrived })

  t.match(back.reply, { resumed: true, session: ada.welcome.session, sent: 1, received: 1 })
  t.equal(snapshot.data.rooms[0].you, ada.number)
  t.match(late.reply, { resumed: false, kept: false, reason: 'EXPIRED', sent: 0, received: 0 })
  t.equal(late.reply.session, late.welcome.session, 'the session of this welcome')
  t.match(await late.ask('room.leave'), { type: 'error', data: { code: 'NOT_IN_ROOM' } })
  await bob.settled()
  t.strictSame(
    types(bob.seen).filter((type) => String(type).startsWith('room.member_')),
    ['joined', 'away', 'back', 'away', 'left'].map((what) => `room.member_${what}`),
  )
})

both('a token that no session has is UNKNOWN', {}, async (t, w) => {
  const raw = await claim(w, 'nobodys-token')

  t.match(raw.reply, { resumed: false, kept: false, reason: 'UNKNOWN' })
  t.equal(raw.reply.session, raw.welcome.session)
  t.match(await raw.ask('room.join_or_create', { kind: 'plaza' }), { data: { you: 1 } })
})

both('a client whose session is over begins a new one, in no room', {}, async (t, w) => {
  const backoff = () => 40_000
  const ada = await w.connect({ backoff })
  const room = await ada.rooms.joinOrCreate('plaza')
  const old = ada.session
  const lost = heard(ada, 'lost')
  const closed = new Promise<void>((resolve) => room.on('closed', resolve))

  ada.cut()
  await until(() => w.stats().away === 1, 'ada away')
  const unsent = t.rejects(ada.events.emit('plaza.number', [1], { timeout: 60_000 }), {
    code: 'SESSION_LOST',
  })
  w.clock.advance(40_000)

  t.strictSame(await lost, ['EXPIRED'])
  await closed
  await unsent
  t.not(ada.session, old)
  t.equal(ada.rooms.all.size, 0)
  t.ok(await ada.rooms.joinOrCreate('plaza'))
})

const heard = <K extends 'reset' | 'lost' | 'warning' | 'state'>(network: Network, name: K) =>
  new Promise<unknown[]>((resolve) => network.on(name, (...args: unknown[]) => resolve(args)))

both('a session that never sent anything ends with its socket', {}, async (t, w) => {
  const raw = await w.raw()
  t.equal(w.stats().sessions, 1)

  raw.drop()
  await until(() => w.stats().connections === 0, 'no connection')

  t.match(w.stats(), { sessions: 0, away: 0 })
  t.match((await claim(w, raw.welcome.token)).reply, { kept: false, reason: 'UNKNOWN' })
})

/* What was missed. */

both(
  'after a claim come the reply, the replay, the snapshot, then what is new',
  {},
  async (t, w) => {
    const bob = await seat(w, 'bob')
    const ada = await seat(w, 'ada')
    const before = ada.arrived
    await drop(w, ada)
    for (const n of [1, 2, 3]) await bob.ask('event.emit', emit(n).data, { to: 'all' })

    const back = await w.raw()
    const data = { token: ada.token, attempt: 1, sent: 1, received: before, forgotten: 0 }
    back.send({ type: 'session.resume', id: 'claim', data })
    back.send(emit(4, 'four'))
    await until(() => numbers(back).includes(4), 'the fourth')
    await back.settled()

    t.strictSame(types(back.seen).slice(0, 8), [
      'welcome',
      'session.resume reply',
      ...['event', 'event', 'event'],
      'session.snapshot',
      'plaza.rows',
      'event',
    ])
    t.strictSame(numbers(back), [1, 2, 3, 4])
    t.match(back.seen[1]?.data, { resumed: true, sent: before + 3, received: 1 })
    const members = back.seen[5]?.data.rooms[0].members
    t.strictSame(
      members.map(({ number, away }: Any) => [number, away]),
      [
        [1, false],
        [2, false],
      ],
      'whoever is back is not away',
    )
  },
)

both('what a client knows already is not sent again', {}, async (t, w) => {
  const bob = await seat(w, 'bob')
  const ada = await seat(w, 'ada')
  await bob.ask('event.emit', emit(1).data)
  await ada.settled()
  await drop(w, ada)
  await bob.ask('event.emit', emit(2).data)

  const back = await claim(w, ada.token, { sent: 1, received: ada.arrived })
  await back.settled()
  await drop(w, back)
  const again = await claim(w, ada.token, { attempt: 2, sent: 1, received: ada.arrived })
  await again.settled()

  t.strictSame([numbers(ada), numbers(back), numbers(again)], [[1], [2], [2]])
})

both('of what is latest, one message makes up for all that were missed', {}, async (t, w) => {
  const bob = await seat(w, 'bob')
  const ada = await seat(w, 'ada')
  await drop(w, ada)
  for (const x of [1, 2, 3]) {
    bob.send({ type: 'plaza.move', data: { x, y: x } })
    await bob.settled()
    w.clock.advance(50)
  }

  const back = await claim(w, ada.token, { sent: 1, received: ada.arrived })
  await back.settled()

  const rows = back.seen.filter(({ type }) => type === 'plaza.rows')
  t.equal(rows.length, 1)
  t.strictSame(rows[0]?.data.rows[0], [bob.number, 3, 3])
})

both('of the moves made while away only the newest is sent', {}, async (t, w) => {
  const moves: Any[] = []
  const Socket = tapped(w.Socket, {
    onSend: ({ type, data }) => note(type === 'plaza.move', moves, data),
  })
  const ada = await w.connect({ WebSocket: Socket, backoff: () => 1_000 })
  await ada.rooms.joinOrCreate('plaza')
  ada.cut()
  for (const x of [1, 2, 3]) ada.plaza.move(x, x)
  await cameBack(w, ada)

  await ada.events.emit('plaza.number', [1])

  t.strictSame(moves, [{ x: 3, y: 3 }])
})

/** Lets a client come back that waits a second before it tries. */
async function cameBack(w: TestWorld, network: Network): Promise<void> {
  w.clock.advance(1_000)
  await until(() => network.state === 'open', 'the client back')
}

t.test(
  'what a slow handler answers while its player is away arrives after the resume',
  async (t) => {
    const { Socket, answer, stats } = slowServer(t)
    const ada = await openRaw(Socket, 'memory:')
    ada.send(emit(1, 'slow'))
    await until(() => answer.length === 1, 'the handler')
    ada.drop()
    await until(() => stats().away === 1, 'ada away')

    answer[0]?.({ name: 'plaza.number', args: [1], delivered: 7 })
    await turn()
    const back = await openRaw(Socket, 'memory:')
    const { token } = ada.welcome
    const data = { token, attempt: 1, sent: 1, received: 0, forgotten: 0 }
    const reply = await back.ask('session.resume', data)
    back.send(emit(1, 'slow'))
    await back.settled()

    t.match(reply.data, { resumed: true, sent: 1, received: 1 })
    t.match(back.seen[2], { type: 'event.emit', re: 'slow', data: { delivered: 7 } })
    t.equal(answer.length, 2, 'the answered id is free again')
  },
)

t.test('what was asked before a reset is never answered after it', async (t) => {
  const { Socket, answer } = slowServer(t)
  const ada = await openRaw(Socket, 'memory:')
  ada.send(emit(1, 'slow'))
  await until(() => answer.length === 1, 'the handler')

  ada.send({ type: 'session.desync', data: { sent: 1, received: 0 } })
  const reset = await ada.next('session.reset')
  ada.send({ type: 'session.reset', re: reset.id, data: {} })
  answer[0]?.({ name: 'plaza.number', args: [1], delivered: 7 })
  await ada.settled()

  t.notOk(ada.seen.some(({ re }) => re === 'slow'))
})

/** The server's core with an `event.emit` that is answered when the test says so. */
function slowServer(t: Test) {
  const clock = createClock()
  const own = createTestWorld(clock)
  const limits = limitsOf()
  const sessions = createSessions(own, createFlusher(own.soon), limits, false, [])
  const snapshot = () => [{ player: null, rooms: [], more: false }]
  const connections = createConnections({ world: own, limits, sessions, snapshot })
  const answer: ((reply: object) => void)[] = []
  const receive = createDispatch({
    world: own,
    limits,
    // Only what this test sends has a handler.
    handlers: {
      ...connections.handlers,
      'event.emit': () => new Promise((resolve) => answer.push(resolve as () => void)),
    } as unknown as AllHandlers,
    numeric: () => ({ type: 1 }),
    confirmReset: connections.confirmReset,
    acknowledge: connections.acknowledge,
    checkReplies: true,
  })
  const events = { received: receive, dropped: sessions.drop, slow: sessions.dropSlow }
  const accept = (transport: Transport) => {
    const connection = new Connection(transport, own, limits, events)
    const opened = sessions.open(connection)
    if (opened) connections.welcome(connection, opened.token)
    return connection
  }
  t.teardown(sessions.close)
  const Socket = memoryWebSocket({ accept, forget: () => {} })
  return { Socket, answer, stats: () => ({ away: sessions.away }) }
}

/* Acknowledgements. */

both('both sides acknowledge every 64 frames and every second', {}, async (t, w) => {
  const ada = await seat(w, 'ada')
  await ada.ask('session.hello', {})
  for (let n = 0; n < 62; n++) ada.send(emit(n))
  await ada.settled()
  const early = acks(ada)
  ada.send(emit(63))
  await ada.settled()
  const full = acks(ada)
  ada.send(emit(64))
  await ada.settled()
  w.clock.advance(1_000)
  await ada.settled()
  w.clock.advance(1_000)
  await ada.settled()

  t.strictSame(early, [])
  t.strictSame(
    full.map(({ received }) => received),
    [64],
  )
  t.strictSame(acks(ada).slice(1), [{ sent: ada.arrived, received: 65 }], 'and not when idle')
})

const acks = ({ seen }: RawClient) =>
  seen.filter(({ type }) => type === 'session.ack').map(({ data }) => data)

both('the web client acknowledges every 64 frames and every second', {}, async (t, w) => {
  const acked: Any[] = []
  const Socket = tapped(w.Socket, {
    onSend: ({ type, data }) => note(type === 'session.ack', acked, data.received),
  })
  const ada = await w.connect({ WebSocket: Socket })
  await ada.rooms.joinOrCreate('plaza')
  const bob = await seat(w, 'bob')
  const before = acked.length
  let heardOf = 0
  ada.events.on('plaza.number', () => heardOf++)
  for (let n = 0; n < 64; n++) await bob.ask('event.emit', emit(n).data)
  await until(() => heardOf === 64, 'all events')
  const full = acked.slice(before)
  w.clock.advance(1_000)
  await until(() => acked.length === before + full.length + 1, 'an acknowledgement')

  t.strictSame(full, [64], 'the reply to the join, bob, and 62 events')
  t.equal(acked.at(-1), 66)
})

both('what is acknowledged is forgotten', {}, async (t, w) => {
  const bob = await seat(w, 'bob')
  const ada = await seat(w, 'ada')
  for (const n of [1, 2, 3]) await bob.ask('event.emit', emit(n).data)
  await ada.settled()
  ada.send({ type: 'session.ack', data: { sent: 1, received: ada.arrived } })
  await ada.settled()
  await drop(w, ada)

  const back = await claim(w, ada.token, { sent: 1, received: ada.arrived - 1 })

  t.match(back.reply, { resumed: false, kept: true, reason: 'BUDGET' })
})

both('the web client forgets what the server has', {}, async (t, w) => {
  const claims: Any[] = []
  const Socket = tapped(w.Socket, {
    onSend: ({ type, data }) => note(type === 'session.resume', claims, data),
  })
  const ada = await w.connect({ WebSocket: Socket })
  await ada.rooms.joinOrCreate('plaza')
  for (let n = 0; n < 70; n++) await ada.events.emit('plaza.number', [n])

  ada.cut()
  await until(() => claims.length === 1 && ada.state === 'open', 'ada back')

  t.match(claims, [{ sent: 71, received: 71, forgotten: 64 }])
})

/* Beyond the budget. */

const FEW = { limits: { resume_frames: 8 } }

both('as many missed frames as the budget holds are made up for', FEW, async (t, w) => {
  const bob = await seat(w, 'bob')
  const ada = await seat(w, 'ada')
  await drop(w, ada)
  for (let n = 1; n <= 8; n++) await bob.ask('event.emit', emit(n).data)

  const back = await claim(w, ada.token, { sent: 1, received: ada.arrived })
  await back.settled()

  t.match(back.reply, { resumed: true })
  t.strictSame(numbers(back), [1, 2, 3, 4, 5, 6, 7, 8])
})

both('one missed frame more than the budget holds, and the client is told', FEW, async (t, w) => {
  const bob = await seat(w, 'bob')
  const ada = await seat(w, 'ada')
  await drop(w, ada)
  for (let n = 1; n <= 9; n++) await bob.ask('event.emit', emit(n).data)
  const cleo = await seat(w, 'cleo')

  const back = await claim(w, ada.token, { sent: 1, received: ada.arrived })
  const snapshot = await back.next('session.snapshot')
  await bob.ask('event.emit', emit(10).data)
  await back.settled()
  const ten = numbers(back)
  await drop(w, back)
  await bob.ask('event.emit', emit(11).data)
  const again = await claim(w, ada.token, { attempt: 2, sent: 0, received: 1 })
  await again.settled()

  t.match(back.reply, {
    ...{ resumed: false, session: ada.welcome.session, kept: true, reason: 'BUDGET' },
    ...{ message: RESUME_REASONS.BUDGET.doc, sent: 0, received: 0 },
  })
  t.strictSame(
    snapshot.data.rooms[0].members.map(({ number }: Any) => number),
    [bob.number, ada.number, cleo.number],
  )
  t.strictSame(ten, [10], 'nothing from before')
  t.match(again.reply, { resumed: true, sent: 2, received: 0 })
  t.strictSame(numbers(again), [11])
})

both(
  'more missed bytes than the budget holds, and the client is told',
  { limits: { resume_bytes: 4_096 } },
  async (t, w) => {
    const bob = await seat(w, 'bob')
    const ada = await seat(w, 'ada')
    const say = (text: string) => bob.ask('event.emit', { name: 'plaza.text', args: [text] })
    await drop(w, ada)
    for (let n = 0; n < 3; n++) await say('x'.repeat(1_000))
    const back = await claim(w, ada.token, { sent: 1, received: ada.arrived })
    await back.settled()
    const missed = back.seen.filter(isEvent).length
    await drop(w, back)
    for (let n = 0; n < 4; n++) await say('x'.repeat(1_000))

    const again = await claim(w, ada.token, {
      ...{ attempt: 2, sent: 1, received: ada.arrived + missed },
    })

    t.match(back.reply, { resumed: true })
    t.equal(missed, 3)
    t.match(again.reply, { resumed: false, kept: true, reason: 'BUDGET' })
  },
)

both('a client that can no longer send what the server lacks is told BUDGET', {}, async (t, w) => {
  const ada = await seat(w, 'ada')
  await drop(w, ada)

  const back = await claim(w, ada.token, { sent: 9, received: ada.arrived, forgotten: 2 })

  t.match(back.reply, { resumed: false, kept: true, reason: 'BUDGET' })
})

for (const [what, limits, size] of [
  ['frames', { resume_frames: 8 }, 1],
  ['bytes', { resume_bytes: 4_096 }, 500],
] as const)
  both(
    `a web client whose ${what} outgrew the server’s budget is told`,
    { limits },
    async (t, w) => {
      const hole: Tap = {}
      const ada = await w.connect({ WebSocket: tapped(w.Socket, hole) })
      await ada.rooms.joinOrCreate('plaza')
      hole.onSend = ({ type }) => lose(type === 'event.emit')
      const lost = Array.from({ length: 9 }, (_, n) =>
        t.rejects(ada.events.emit('plaza.text', ['x'.repeat(size), n]), {
          code: 'OUTCOME_UNKNOWN',
        }),
      )
      const reset = heard(ada, 'reset')
      delete hole.onSend

      ada.cut()

      t.strictSame(await reset, ['BUDGET'])
      await Promise.all(lost)
      t.match(await ada.events.emit('plaza.number', [1], { to: 'all' }), { delivered: 1 })
    },
  )

both(
  'the client’s buffer is as large as the server’s budget, and says when it is full',
  FEW,
  async (t, w) => {
    const bob = await seat(w, 'bob')
    const ada = await w.connect({ backoff: () => 1_000 })
    await ada.rooms.joinOrCreate('plaza')
    w.clock.advance(1_000)
    await bob.settled()
    ada.cut()

    const waiting = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => ada.events.emit('plaza.number', [n]))
    await t.rejects(ada.events.emit('plaza.number', [9]), { code: 'BUFFER_FULL' })
    await t.rejects(ada.events.emit('plaza.number', [10]), { code: 'BUFFER_FULL' })
    await cameBack(w, ada)
    await Promise.all(waiting)
    await ada.events.emit('plaza.number', [11])
    await bob.settled()

    t.strictSame(numbers(bob), [1, 2, 3, 4, 5, 6, 7, 8, 11])
  },
)

both('a reset rejects what was written and sends what was not', FEW, async (t, w) => {
  const bob = await seat(w, 'bob')
  const hole: Tap = {}
  const ada = await w.connect({ WebSocket: tapped(w.Socket, hole), backoff: () => 1_000 })
  const room = await ada.rooms.joinOrCreate('plaza')
  const snapshot = new Promise<void>((resolve) => room.on('members', resolve))
  hole.onSend = ({ type }) => lose(type === 'event.emit')
  const written = ada.events.emit('plaza.number', [1])
  delete hole.onSend
  ada.cut()
  const unwritten = [2, 3].map((n) => ada.events.emit('plaza.number', [n]))
  await until(() => w.stats().away === 1, 'ada away')
  for (let n = 0; n < 9; n++) await bob.ask('event.emit', emit(n).data)
  const cleo = await seat(w, 'cleo')
  const reset = heard(ada, 'reset')

  await Promise.all([
    t.rejects(written, { code: 'OUTCOME_UNKNOWN' }),
    cameBack(w, ada),
    ...unwritten.map((one) => t.resolveMatch(one, { delivered: 2 })),
  ])
  await snapshot
  await bob.settled()

  t.strictSame(await reset, ['BUDGET'])
  t.strictSame([...room.members.keys()], [bob.number, room.you, cleo.number])
  t.strictSame(
    bob.seen.filter((seen) => isEvent(seen) && seen.from.member === room.you).map(arg),
    [2, 3],
  )
  t.match(await ada.events.emit('plaza.number', [4]), { delivered: 2 })
})

const arg = ({ data }: Seen) => data.args[0]

both('a reset whose answer never arrived is told again', FEW, async (t, w) => {
  const bob = await seat(w, 'bob')
  const ada = await seat(w, 'ada')
  await drop(w, ada)
  for (let n = 1; n <= 9; n++) await bob.ask('event.emit', emit(n).data)
  const unheard = await claim(w, ada.token, { sent: 1, received: ada.arrived })
  await drop(w, unheard)
  for (let n = 10; n <= 14; n++) await bob.ask('event.emit', emit(n).data)

  const back = await claim(w, ada.token, { attempt: 2, sent: 1, received: ada.arrived })
  await back.settled()
  await drop(w, back)
  const again = await claim(w, ada.token, { attempt: 3, sent: 0, received: 0 })

  t.match(unheard.reply, { resumed: false, kept: true, reason: 'BUDGET' })
  t.match(back.reply, { resumed: false, kept: true, reason: 'BUDGET', sent: 0, received: 0 })
  t.strictSame(numbers(back), [])
  t.match(again.reply, { resumed: true }, 'what follows the answer shows that it arrived')
})

/* Counts that contradict each other. */

for (const [what, counts] of [
  ['received more than was sent', { sent: 1, received: 99 }],
  ['sent less than was received', { sent: 0, received: 1 }],
] as const)
  both(`a claim that says it ${what} is a DESYNC`, {}, async (t, w) => {
    const ada = await seat(w, 'ada')
    await drop(w, ada)

    const back = await claim(w, ada.token, counts)
    const snapshot = await back.next('session.snapshot')

    t.match(back.reply, { resumed: false, kept: true, reason: 'DESYNC', sent: 0, received: 0 })
    t.equal(snapshot.data.rooms[0].you, ada.number)
    t.match(await back.ask('event.emit', emit(1).data, { to: 'all' }), { data: { delivered: 1 } })
  })

for (const [what, type, data] of [
  ['an acknowledgement that does not match', 'session.ack', { sent: 5, received: 0 }],
  ['an acknowledgement of what was never sent', 'session.ack', { sent: 1, received: 99 }],
  ['a client that misses something', 'session.desync', { sent: 1, received: 0 }],
] as const)
  both(`${what} begins both counts anew on the living connection`, {}, async (t, w) => {
    const bob = await seat(w, 'bob')
    const ada = await seat(w, 'ada')

    ada.send({ type, data })
    ada.send(emit(1, 'one'))
    const reset = await ada.next('session.reset')
    ada.send(emit(2, 'two'))
    ada.send('not JSON')
    ada.send({ type: 'session.reset', re: reset.id, data: {} })
    const three = await ada.ask('event.emit', emit(3).data)
    await bob.settled()
    const at = ada.seen.findIndex((seen) => seen.type === 'session.reset')
    const since = ada.seen.slice(at + 1)
    await drop(w, ada)
    const received = since.filter((message) => isCounted(MESSAGES, message)).length
    const back = await claim(w, ada.token, { sent: 1, received })

    t.match(reset.data, { session: ada.welcome.session, kept: true, reason: 'DESYNC' })
    t.match(reset.data, { sent: 0, received: 0, message: RESUME_REASONS.DESYNC.doc })
    t.strictSame(types(since).slice(0, 2), ['session.snapshot', 'plaza.rows'])
    t.match(three.data, { delivered: 1 })
    t.strictSame(numbers(bob), [3], 'what came before the reply is not handled')
    t.strictSame([...new Set(since.map(({ re }) => re))].includes('one'), false, 'nor answered')
    t.match(back.reply, { resumed: true, sent: 1, received: 1 }, 'nor counted')
  })

both('a drop in the middle of a reset leaves no doubt about the counts', {}, async (t, w) => {
  const bob = await seat(w, 'bob')
  const ada = await seat(w, 'ada')
  await bob.ask('event.emit', emit(0).data)
  await ada.settled()
  ada.send({ type: 'session.desync', data: { sent: 1, received: ada.arrived } })
  await ada.next('session.reset')
  await drop(w, ada)
  for (let n = 1; n <= 5; n++) await bob.ask('event.emit', emit(n).data)

  const back = await claim(w, ada.token, { sent: 1, received: 2 })
  await back.settled()

  t.match(back.reply, { resumed: false, kept: true, reason: 'DESYNC' })
  t.strictSame(numbers(back), [])
})

for (const [what, hook] of [
  ['to the server', { onSend: ({ type }: Any) => lose(type === 'event.emit') }],
  ['to the client', { onReceive: ({ type }: Any) => lose(type === 'event') }],
] as const)
  both(`a web client that loses a frame ${what} is reset, and works on`, {}, async (t, w) => {
    const hole: Tap = {}
    const bob = await seat(w, 'bob')
    const ada = await w.connect({ WebSocket: tapped(w.Socket, hole) })
    const room = await ada.rooms.joinOrCreate('plaza')
    const reset = heard(ada, 'reset')
    let snapshots = 0
    room.on('members', () => snapshots++)
    Object.assign(hole, hook)
    const lost = ada.events.emit('plaza.number', [1], { to: 'all' })
    const outcome = lost.then(
      () => 'answered',
      ({ code }) => code,
    )
    await until(() => numbers(bob).length === 1 || 'onSend' in hole, 'the event')
    await bob.settled()
    for (const name of Object.keys(hole)) delete hole[name as keyof Tap]
    w.clock.advance(1_000)

    t.strictSame(await reset, ['DESYNC'])
    await until(() => snapshots === 1, 'a snapshot')
    t.equal(await outcome, 'onSend' in hook ? 'OUTCOME_UNKNOWN' : 'answered')
    t.match(await ada.events.emit('plaza.number', [2], { to: 'all' }), { delivered: 2 })
    ada.cut()
    t.match(await ada.events.emit('plaza.number', [3], { to: 'all' }), { delivered: 2 })
    w.clock.advance(1_000)
    t.match(await ada.events.emit('plaza.number', [4], { to: 'all' }), { delivered: 2 })
    await bob.settled()
    t.equal(ada.state, 'open')
    t.strictSame(numbers(bob).slice(-3), [2, 3, 4])
  })

/* Two claims. */

both('a claim that is not the newest is refused on its socket only', {}, async (t, w) => {
  const ada = await seat(w, 'ada')
  await drop(w, ada)
  const counts = { sent: 1, received: ada.arrived }
  const winner = await claim(w, ada.token, { attempt: 5, ...counts })

  const same = await claim(w, ada.token, { attempt: 5, ...counts })
  const older = await claim(w, ada.token, { attempt: 4, ...counts })

  for (const loser of [same, older]) {
    t.match(loser.answer, {
      type: 'error',
      data: { code: 'STALE_ATTEMPT', request: 'session.resume' },
    })
    t.match(loser.reply.cause, { attempt: 5 }, 'which attempt came first')
    t.match(await loser.ask('event.emit', emit(1).data), { data: { code: 'NOT_IN_ROOM' } })
  }
  t.match(await winner.ask('event.emit', emit(1).data, { to: 'all' }), { data: { delivered: 1 } })
  t.match(w.stats(), { connections: 3, sessions: 3 })
})

both('a refused claim leaves nothing behind', {}, async (t, w) => {
  const ada = await seat(w, 'ada')
  await drop(w, ada)
  await claim(w, ada.token, { attempt: 5, sent: 1, received: ada.arrived })
  const loser = await claim(w, ada.token, { attempt: 5, sent: 1, received: ada.arrived })

  loser.drop()
  await until(() => w.stats().connections === 1, 'the loser gone')

  t.match(w.stats(), { sessions: 1, away: 0 })
})

both('a web client outbids a claim that came before its own', {}, async (t, w) => {
  const tokens: string[] = []
  const Socket = tapped(w.Socket, {
    onReceive: ({ type, data }) => note(type === 'welcome', tokens, data.token),
  })
  const ada = await w.connect({ WebSocket: Socket, backoff: () => 1_000 })
  await ada.rooms.joinOrCreate('plaza')
  ada.cut()
  await until(() => w.stats().away === 1, 'ada away')
  const waiting = ada.events.emit('plaza.number', [1], { to: 'all' })
  const rival = await claim(w, tokens[0] ?? '', { attempt: 1_000, sent: 1, received: 1 })

  w.clock.advance(1_000)
  await until(() => tokens.length === 2, 'a claim')
  await until(() => ada.state === 'open' || w.stats().connections === 1, 'the claim refused')
  await cameBack(w, ada)

  t.match(rival.reply, { resumed: true })
  t.match(await rival.closed, { code: 4103 })
  t.match(await waiting, { delivered: 1 })
})

both('a connection whose session is claimed by another is closed with 4103', {}, async (t, w) => {
  const ada = await seat(w, 'ada')
  const bob = await seat(w, 'bob')

  const taker = await claim(w, ada.token, { sent: 1, received: ada.arrived })

  t.match(taker.reply, { resumed: true })
  t.match(await ada.closed, { code: 4103 })
  t.match(await taker.ask('event.emit', emit(1).data), { data: { delivered: 1 } })
  await bob.settled()
  t.notOk(types(bob.seen).includes('room.member_away'), 'nobody was away')
  t.match(w.stats(), { connections: 2, sessions: 2 })
})

t.test('what still arrives on the old connection is neither counted nor handled', async (t) => {
  const w = await world(t)
  const bob = await seat(w, 'bob')
  const ada = await seat(w, 'ada')
  const taker = await w.raw()
  const data = { token: ada.token, attempt: 1, sent: 1, received: ada.arrived, forgotten: 0 }

  taker.send({ type: 'session.resume', id: 'claim', data })
  ada.send(emit(1))
  taker.send(emit(2))
  await ada.closed
  await taker.settled()
  await bob.settled()
  taker.send({ type: 'session.ack', data: { sent: 2, received: data.received + 1 } })
  await taker.settled()

  t.strictSame(numbers(bob), [2])
  t.notOk(types(taker.seen).includes('session.reset'), 'the counts agree')
})

both('a claim that is not the first message of its connection is too late', {}, async (t, w) => {
  const ada = await seat(w, 'ada')
  await drop(w, ada)
  const late = await w.raw()
  await late.ask('session.hello', {})

  const data = { token: ada.token, attempt: 1, sent: 1, received: ada.arrived, forgotten: 0 }
  const answer = await late.ask('session.resume', data)

  t.match(answer, { type: 'error', data: { code: 'RESUME_TOO_LATE' } })
  t.match((await claim(w, ada.token, data)).reply, { resumed: true }, 'in time it works')
})

/* Other tables. */

both('a client of other tables is warned, works, and cannot resume', {}, async (t, w) => {
  const raw = await w.raw()
  const hello = await raw.ask('session.hello', { fingerprint: 'another' })
  const joined = await raw.ask('room.join_or_create', { kind: 'plaza' })

  raw.drop()
  await until(() => w.stats().connections === 0, 'no connection')

  t.match(hello.data, { resume: false, warning: /other protocol tables/ })
  t.match(joined.data, { you: 1 })
  t.match(w.stats(), { sessions: 0, away: 0 })
})

both('a claim by a client of other tables is not resumed', {}, async (t, w) => {
  const ada = await seat(w, 'ada')
  await drop(w, ada)

  const raw = await claim(w, ada.token, { sent: 1, received: ada.arrived, fingerprint: 'another' })

  t.match(raw.reply, { resumed: false, kept: false, reason: 'FINGERPRINT' })
  t.equal(raw.reply.session, raw.welcome.session)
  t.match(await raw.ask('room.join_or_create', { kind: 'plaza' }), { data: { you: 2 } })
})

both('a web client of other tables says so and begins anew after a drop', {}, async (t, w) => {
  const disguise = (message: Any) => {
    if (message.data.fingerprint) message.data.fingerprint = 'another'
    return message
  }
  const Socket = tapped(w.Socket, { onSend: disguise, onReceive: disguise })
  const ada = await w.connect({ WebSocket: Socket })
  const warning = heard(ada, 'warning')
  await ada.rooms.joinOrCreate('plaza')
  t.match(await warning, [/other protocol tables/])
  const lost = heard(ada, 'lost')

  ada.cut()

  t.strictSame(await lost, ['FINGERPRINT'])
  t.ok(await ada.rooms.joinOrCreate('plaza'))
})

/* How a connection ends. */

const ENDS: readonly [what: string, end: (raw: RawClient) => void, code: number][] = [
  ['a goodbye', (raw) => raw.close(1000), 1000],
  ['text that is not UTF-8', (raw) => wsOf(raw).send(Buffer.from([0xff]), { binary: false }), 1007],
  ['a frame larger than the socket takes', (raw) => raw.send('x'.repeat(70_000)), 1009],
]

/** The class of package ws says more than the standard one. */
const wsOf = ({ socket }: RawClient) =>
  socket as unknown as { send(data: Buffer, options: { binary: boolean }): void }

for (const [what, end, code] of ENDS)
  t.test(`${what} (${code}) ends the session`, async (t) => {
    const w = await world(t, { over: 'socket' })
    const bob = await seat(w, 'bob')
    const ada = await seat(w, 'ada')

    end(ada)

    t.match(await ada.closed, { code })
    await bob.next('room.member_left')
    t.match(w.stats(), { sessions: 1, away: 0 })
    t.match((await claim(w, ada.token)).reply, { kept: false, reason: 'UNKNOWN' })
  })

t.test('a broken WebSocket frame (1002) ends the session', async (t) => {
  const w = await world(t, { over: 'socket' })
  const bob = await seat(w, 'bob')
  const socket = connectSocket(Number(new URL(w.url).port), '127.0.0.1')
  const head = `GET / HTTP/1.1\r\nHost: ${new URL(w.url).host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`
  socket.write(head)
  const join = JSON.stringify({ type: 'room.join_or_create', data: { kind: 'plaza' } })
  socket.write(
    Buffer.concat([Buffer.from([0x81, 0x80 | join.length, 0, 0, 0, 0]), Buffer.from(join)]),
  )
  await bob.next('room.member_joined')

  socket.write(Buffer.from([0x81, 0x02, 0x7b, 0x7d]))

  await bob.next('room.member_left')
  t.match(w.stats(), { sessions: 1, away: 0 })
  socket.destroy()
  await once(socket, 'close')
})

for (const code of [1001, 1006] as const)
  both(
    `${code === 1001 ? 'going away' : 'a lost connection'} (${code}) leaves the session away`,
    {},
    async (t, w) => {
      const bob = await seat(w, 'bob')
      const ada = await seat(w, 'ada')

      if (code === 1001) ada.close(code)
      else ada.drop()

      await bob.next('room.member_away')
      t.match(w.stats(), { sessions: 2, away: 1 })
      t.match((await claim(w, ada.token, { sent: 1, received: ada.arrived })).reply, {
        resumed: true,
      })
    },
  )

/* Rates. */

const SLOWLY = { rates: { event: { per_second: 0.001, burst: 1 } }, ...FEW }

both('re-sent frames are free of charge, once', SLOWLY, async (t, w) => {
  const ada = await seat(w, 'ada')
  const codes = async (raw: RawClient, count: number) => {
    const asked = Array.from({ length: count }, (_, n) =>
      raw.ask('event.emit', emit(n).data, { to: 'all' }),
    )
    return (await Promise.all(asked)).map(({ data }) => data.code ?? 'ok')
  }
  const first = await codes(ada, 2)
  await drop(w, ada)

  const back = await claim(w, ada.token, { sent: 6, received: ada.arrived })
  const resent = await codes(back, 4)

  t.strictSame(first, ['ok', 'RATE_LIMITED'])
  t.strictSame(resent, ['ok', 'ok', 'ok', 'RATE_LIMITED'])
})

both(
  'a claim that lies about what it sent gets no more than the budget for it',
  SLOWLY,
  async (t, w) => {
    const ada = await seat(w, 'ada')
    await ada.ask('event.emit', emit(0).data, { to: 'all' })
    await drop(w, ada)

    const back = await claim(w, ada.token, { sent: 4_000_000_000, received: ada.arrived })
    const asked = Array.from({ length: 10 }, (_, n) =>
      back.ask('event.emit', emit(n).data, { to: 'all' }),
    )
    const codes = (await Promise.all(asked)).map(({ data }) => data.code ?? 'ok')

    t.match(back.reply, { resumed: true })
    t.strictSame(codes, [...Array(8).fill('ok'), 'RATE_LIMITED', 'RATE_LIMITED'])
  },
)

/* The web client. */

both('a web client knows who joined right behind it', {}, async (t, w) => {
  const ada = await w.connect()
  const bob = await w.raw()
  await bob.settled()

  const joining = ada.rooms.joinOrCreate('plaza')
  bob.send({ type: 'room.join_or_create', data: { kind: 'plaza' } })
  const room = await joining
  await bob.settled()
  await ada.events.emit('plaza.number', [1])

  t.strictSame([...room.members.keys()], [1, 2])
})

both('a request that only concerns the connection does not upset the counts', {}, async (t, w) => {
  const ada = await w.connect()
  await ada.rooms.joinOrCreate('plaza')
  let resets = 0
  ada.on('reset', () => resets++)

  t.match(
    await ada.request('ping' as never, {} as never).catch(({ code }) => code),
    'INVALID_MESSAGE_DATA',
  )
  w.clock.advance(1_000)
  await ada.events.emit('plaza.number', [1])
  w.clock.advance(1_000)
  await ada.events.emit('plaza.number', [2])

  t.equal(resets, 0)
})

both('a web client whose claim is never answered tries again', {}, async (t, w) => {
  const hole: Tap = {}
  const ada = await w.connect({ WebSocket: tapped(w.Socket, hole) })
  await ada.rooms.joinOrCreate('plaza')
  let claims = 0
  hole.onSend = ({ type }) => lose(type === 'session.resume' && ++claims === 1)

  ada.cut()
  await until(() => claims === 1, 'a claim')
  w.clock.advance(10_000)
  await until(() => ada.state === 'open', 'ada back')

  t.equal(claims, 2)
  t.match(await ada.events.emit('plaza.number', [1], { to: 'all' }), { delivered: 1 })
})

both('a web client that is never welcomed gives up', {}, async (t, w) => {
  const Socket = tapped(w.Socket, { onReceive: ({ type }) => lose(type === 'welcome') })
  const sent: Any[] = []
  const connecting = w.connect({
    WebSocket: tapped(Socket, { onSend: (message) => note(true, sent, message) }),
  })
  const failed = t.rejects(connecting, { code: 'CONNECT_FAILED' })
  await until(() => sent.length > 0, 'a hello')

  w.clock.advance(10_000)

  await failed
})

/* Two thousand cuts. */

const TOTAL = 2_000
const EACH = 200
const ACTORS = 6
/** How many requests of one actor are on their way at a time. */
const LANES = 6
const BUDGET = 128
/** How many more an actor asks for while it is kept away. */
const BURST = 5
const MARK_EVERY = 50
const OVERFLOW_EVERY = 200
const RESET = -1
const NEVER = 3_600_000

/** A client behind the proxy, and what it was told. */
interface Actor {
  readonly index: number
  readonly line: Line
  readonly network: Network
  readonly room: Room
  /** The numbers it heard in order, each with its sender; RESET where its counts began again. */
  readonly heard: number[]
  readonly resets: unknown[]
  /** The members it knew of at each marker. */
  readonly markers: Map<number, Seated[]>
  /** The ids of the answers it read, in order. */
  readonly answers: number[]
  /** How many numbers it emitted. */
  said: number
  readonly wrongs: string[]
}

/** What was asked, and how it ended. */
interface Asked {
  readonly index: number
  readonly what: string
  readonly key: number
  readonly outcome: string
  readonly incident?: string | undefined
}

/** A busy machine takes its time; what fails says so long before. */
t.setTimeout(120_000)

const keyOf = (index: number, n: number) => index * 1_000_000 + n
const senderOf = (key: number) => Math.floor(key / 1_000_000)

t.test('messages survive two thousand cuts, once each and in order', async (t) => {
  const seed = seedOf()
  t.comment(`SEED=${seed}`)
  const began = performance.now()
  const stage = await setStage(t, seed)
  const { server, proxy, actors, watcher, asked, errors } = stage

  const overflows = await perform(stage, seed).catch((error: unknown) => {
    const odd = [proxy, ...actors].flatMap((one) => one.wrongs)
    t.comment(JSON.stringify({ tally: proxy.tally, odd }))
    throw error
  })

  const { tally, total, races, wrongs } = proxy
  t.comment(`${total} cuts: ${CUTS.map((cut) => `${cut} ${tally[cut]}`).join(', ')}`)
  for (const cut of CUTS) t.ok(tally[cut] >= EACH, `${cut}: ${tally[cut]} times`)
  t.strictSame(wrongs, [], 'the server disturbs no winner and refuses every late claim')
  t.ok(races.length >= EACH, `${races.length} races ran to their end`)
  const won = races.filter((race) => race.startsWith('one was '))
  t.equal(won.length, races.length, 'one claim wins, the other is refused or replaced')
  checkAnswers(t, asked, actors)
  checkFailures(t, asked, errors)
  checkWatcher(t, asked, watcher)
  checkActors(t, asked, actors, watcher, overflows)
  checkMembers(t, actors, watcher)
  await checkPositions(t, actors)

  for (const { network } of [...actors, watcher]) network.close()
  await until(() => server.stats().connections === 0, 'every connection gone')
  t.match(server.stats(), { connections: 0, sessions: 0, away: 0 }, 'nothing is left behind')
  const seconds = (performance.now() - began) / 1000
  const told = `${asked.length} requests, ${watcher.heard.length} numbers to each of ${ACTORS}`
  t.comment(`${told}, ${seconds.toFixed(1)} s`)
  t.ok(seconds < 60, 'in under a minute')
})

interface Stage {
  readonly server: GameServer
  readonly proxy: CuttingProxy
  readonly actors: readonly Actor[]
  /** Sits in the same room without a proxy: hears everything. */
  readonly watcher: Actor
  readonly asked: Asked[]
  /** What the server logged as a warning or worse. */
  readonly errors: LogLine[]
  isOver: boolean
}

async function setStage(t: Test, seed: number): Promise<Stage> {
  const errors: LogLine[] = []
  const limits = { resume_frames: BUDGET }
  const options = { port: 0, host: '127.0.0.1', rates: false, limits } as const
  const server = await createServer({ ...options, world: clumsyWorld(errors) })
  const proxy = await createProxy(server.port, Math.ceil(TOTAL / CUTS.length))
  const watcher = await createActor(-1, `ws://127.0.0.1:${server.port}`)
  const actors: Actor[] = []
  for (let index = 0; index < ACTORS; index++) {
    const line = await proxy.line(seed + index)
    actors.push(await createActor(index, line.url, line))
  }
  const stage = { server, proxy, actors, watcher, asked: [], errors, isOver: false }
  t.teardown(async () => {
    stage.isOver = true
    for (const { network } of [...actors, watcher]) network.close()
    await proxy.close()
    await server.close()
  })
  return stage
}

/** Talks and cuts until all cuts were made, and everything said has arrived; how many overflows. */
async function perform(stage: Stage, seed: number): Promise<number> {
  const { proxy, actors, watcher } = stage
  let overflows = 0
  proxy.isCutting = true
  const talk = actors.map((actor) => play(actor, createRandom(seed ^ (actor.index + 1)), stage))
  for (let cuts = MARK_EVERY; cuts < TOTAL; cuts += MARK_EVERY) {
    await within(proxy.reached(cuts))
    mark(watcher, cuts)
    const actor = actors[overflows % ACTORS]
    if (cuts % OVERFLOW_EVERY !== 0 || !actor) continue
    await overflow(actor, stage)
    overflows++
  }
  await within(proxy.reached(TOTAL, EACH))
  proxy.isCutting = false
  stage.isOver = true
  await Promise.all(talk)
  await until(() => actors.every(({ network }) => network.state === 'open'), 'all back')
  mark(watcher, TOTAL)
  await until(() => actors.every(({ markers }) => markers.has(TOTAL)), 'the last marker')
  return overflows
}

/** The real world, but for a dice that throws where a guest's name is drawn. */
function clumsyWorld(errors: LogLine[]): World {
  const write = (line: string) => void errors.push(JSON.parse(line))
  const real = createWorld({ log: pino({ level: 'warn' }, { write }) })
  const below = (limit: number) => {
    if (limit === 9_999) throw new Error('the dice fell under the table')
    return real.random.below(limit)
  }
  return { ...real, random: { ...real.random, below } }
}

async function createActor(index: number, url: string, line?: Line): Promise<Actor> {
  const answers: number[] = []
  const tap: Tap = {
    onReceive: ({ re }) => note(/^\d+$/.test(re), answers, Number(re)),
  }
  const network = await connect(url, {
    WebSocket: tapped(NodeSocket, tap),
    backoff: () => 0,
    pingEvery: NEVER,
  })
  const room = await network.rooms.joinOrCreate('plaza', { name: `actor ${index}` })
  const actor: Actor = {
    ...{
      index,
      network,
      room,
      answers,
      heard: [],
      resets: [],
      markers: new Map(),
      wrongs: [],
      said: 0,
    },
    line: line ?? { url, hold() {}, release() {} },
  }
  const { heard, resets, markers, wrongs } = actor
  network.events.on('plaza.number', ([sender, n], from) => {
    if (from.name !== `actor ${sender}`) wrongs.push(`${sender} as ${from.name}`)
    heard.push(keyOf(Number(sender), Number(n)))
  })
  network.events.on('plaza.marker', ([marker]) => void markers.set(Number(marker), membersOf(room)))
  network.on('reset', (reason) => {
    resets.push(reason)
    heard.push(RESET)
  })
  network.on('lost', (reason) => void wrongs.push(`lost: ${reason}`))
  network.on('state', (state, code, reason) => {
    if (state === 'closed' && code !== 1000) wrongs.push(`closed with ${code} ${reason}`)
  })
  network.on('error', ({ code }) => void wrongs.push(`error: ${code}`))
  let time = 0
  network.plaza.on('rows', (_, at) => {
    if (at < time) wrongs.push(`rows of ${at} after those of ${time}`)
    time = at
  })
  return actor
}

interface Seated {
  readonly number: number
  readonly name: string
  readonly away: boolean
}

const membersOf = ({ members }: Room): Seated[] =>
  [...members.values()].map(({ number, name, away }) => ({ number, name, away }))

const mark = ({ network }: Actor, marker: number): void =>
  void network.events.emit('plaza.marker', [marker], { to: 'all' })

/** Requests of all sorts, a few at a time, until it is over. */
async function play(
  actor: Actor,
  random: ReturnType<typeof createRandom>,
  stage: Stage,
): Promise<void> {
  const { network, wrongs } = actor
  const lane = async () => {
    while (!stage.isOver && wrongs.length === 0) {
      const dice = random.below(100)
      if (dice < 10) network.plaza.move(random.below(1_600), random.below(900))
      else if (dice < 80) await number(actor, stage.asked, 'all')
      else if (dice < 88) await number(actor, stage.asked, 'others')
      else await ask(actor, stage.asked, random.pick(FAILURES))
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}

const FAILURES: readonly [what: string, run: (network: Network) => Promise<unknown>][] = [
  ['NAMESPACE_NOT_DECLARED', ({ events }) => events.emit('other.name')],
  ['ROOM_NOT_FOUND', ({ rooms }) => rooms.join('AAAAAA')],
  ['INTERNAL', ({ players }) => players.identify()],
]

/** Emits the next number of this actor. */
function number(actor: Actor, asked: Asked[], to: 'all' | 'others'): Promise<void> {
  const n = ++actor.said
  const emitting = ({ events }: Network) => events.emit('plaza.number', [actor.index, n], { to })
  return ask(actor, asked, [to, emitting], keyOf(actor.index, n))
}

async function ask(
  { index, network }: Actor,
  asked: Asked[],
  [what, run]: (typeof FAILURES)[number],
  key = 0,
): Promise<void> {
  const { outcome, incident } = await run(network).then(
    () => ({ outcome: 'ok', incident: undefined }),
    ({ code, data }: NetworkError) => ({ outcome: code, incident: data?.incident }),
  )
  asked.push({ index, what, key, outcome, incident })
}

/** Keeps an actor away until more was missed than the budget holds, while who is there changes. */
async function overflow(actor: Actor, { server, watcher, asked }: Stage): Promise<void> {
  const { network, line, resets } = actor
  const { length } = resets
  line.hold()
  await until(() => network.state === 'away', 'an actor away')
  const missed = watcher.heard.length + BUDGET
  const sent = Array.from({ length: BURST }, () => number(actor, asked, 'all'))
  const direct = `ws://127.0.0.1:${server.port}`
  const visitor = await connect(direct, { WebSocket: NodeSocket, pingEvery: NEVER })
  await visitor.rooms.joinOrCreate('plaza', { name: 'visitor' })
  await until(() => watcher.heard.length > missed, 'more than the budget')
  line.release()
  await until(() => resets.length > length, 'a reset')
  await Promise.all(sent)
  visitor.close()
}

/** Every request is answered once, as it should be, unless a reset came between. */
function checkAnswers(t: Test, asked: readonly Asked[], actors: readonly Actor[]): void {
  const isUnknown = ({ outcome }: Asked) => outcome === 'OUTCOME_UNKNOWN'
  const odd = asked.filter(
    (one) => !isUnknown(one) && one.outcome !== (RIGHT[one.what] ?? one.what),
  )
  t.strictSame(odd, [], 'every request has the outcome it should have')
  for (const { index, answers, resets, wrongs } of actors) {
    t.strictSame(wrongs, [], `actor ${index} saw nothing odd`)
    const isAscending = answers.every((id, at) => at === 0 || id > (answers[at - 1] ?? 0))
    t.ok(isAscending, `${answers.length} answers for actor ${index}, each once and in order`)
    const own = asked.filter((one) => one.index === index)
    const unknown = own.filter(isUnknown).length
    t.equal(answers.length, own.length - unknown + 1, 'one for each request, and for the join')
    t.ok(
      unknown <= resets.length * (LANES + BURST),
      `${unknown} unknown in ${resets.length} resets`,
    )
  }
}

/** How requests end that are not named after their error. */
const RIGHT: Readonly<Record<string, string>> = { all: 'ok', others: 'ok' }

/** The handler that fails does so once for each request, and nothing else does. */
function checkFailures(t: Test, asked: readonly Asked[], errors: readonly LogLine[]): void {
  const failing = asked.filter(({ what }) => what === 'INTERNAL')
  const logged = errors.map(({ incident }) => incident)
  const told = failing.flatMap(({ incident }) => incident ?? [])
  t.strictSame(new Set(errors.map(({ msg }) => msg)), new Set(['handler failed']))
  t.equal(new Set(told).size, told.length, `${told.length} failures, each told once`)
  t.strictSame(new Set([...logged, ...told]).size, logged.length, 'under the number in the log')
  t.ok(logged.length <= failing.length, 'no failing handler runs twice')
}

/** Whoever was there all the time heard every number once, and those of each sender in order. */
function checkWatcher(t: Test, asked: readonly Asked[], { heard }: Actor): void {
  const seen = new Set(heard)
  const latest = new Map<number, number>()
  const disordered = heard.filter((key) => {
    const isLate = key < (latest.get(senderOf(key)) ?? 0)
    latest.set(senderOf(key), key)
    return isLate
  })
  const lost = asked.filter(({ key, outcome }) => outcome === 'ok' && !seen.has(key))
  const keys = new Set(asked.map(({ key }) => key))
  t.equal(seen.size, heard.length, 'no handler runs twice')
  t.strictSame(disordered, [], 'the numbers of each sender come in order')
  t.strictSame(lost, [], 'what was answered was done')
  t.ok(
    heard.every((key) => keys.has(key)),
    'what was done was asked',
  )
}

/** The others heard the same, but for what they were told they would not. */
function checkActors(
  t: Test,
  asked: readonly Asked[],
  actors: readonly Actor[],
  { heard }: Actor,
  overflows: number,
): void {
  const notToSelf = new Set(asked.flatMap(({ what, key }) => (what === 'others' ? key : [])))
  const gaps = actors.map((actor) => {
    const isFor = (key: number) => senderOf(key) !== actor.index || !notToSelf.has(key)
    const found = gapsIn(actor.heard, heard.filter(isFor))
    t.type(found, Array, `actor ${actor.index} heard every number once and in order`)
    return found
  })
  const resets = actors.flatMap((actor) => actor.resets)
  t.strictSame(new Set(resets), new Set(['BUDGET']), 'and was told why it missed some')
  const wide = gaps.flat().filter((gap) => Number(gap) >= BUDGET)
  t.ok(wide.length >= overflows, `${overflows} overflows`)
  t.comment(
    `${resets.length} resets, in which so many numbers were missed: ${gaps.flat().join(' ')}`,
  )
}

/** Where nothing was missed, and after everything that was, everyone knows who is there. */
function checkMembers(t: Test, actors: readonly Actor[], watcher: Actor): void {
  for (const { index, markers, room } of actors) {
    // Nobody is told that it was away itself.
    const present = (one: Seated) => (one.number === room.you ? { ...one, away: false } : one)
    const wrong = [...markers].flatMap(([marker, members]) => {
      const seen = watcher.markers.get(marker)?.map(present)
      return isDeepStrictEqual(members, seen) ? [] : { marker, members, seen }
    })
    t.strictSame(wrong, [], `actor ${index} knew ${markers.size} times who was there`)
  }
}

/** How many were missed at each reset; or what should not be where it is. */
function gapsIn(own: readonly number[], expected: readonly number[]): number[] | string {
  const gaps: number[] = []
  const places = new Map(expected.map((key, place) => [key, place]))
  let next = 0
  let isReset = false
  for (const key of own) {
    if (key === RESET) {
      isReset = true
      continue
    }
    const place = places.get(key)
    if (place === undefined) return `${key} was never said`
    if (place < next || (place > next && !isReset))
      return `number ${place} came in place of ${next}`
    if (isReset) gaps.push(place - next)
    isReset = false
    next = place + 1
  }
  return next === expected.length || isReset ? gaps : `ends at ${next} of ${expected.length}`
}

/** What is latest arrives too: in the end everyone knows where everybody stands. */
async function checkPositions(t: Test, actors: readonly Actor[]): Promise<void> {
  const wanted = actors.map(({ room }, at) => [room.you, 100 + at, 200 + at])
  const seen = actors.map(
    ({ network }) =>
      new Promise<void>((resolve) => {
        network.plaza.on('rows', (rows) => {
          const isThere = (row: unknown) => rows.some((one) => isDeepStrictEqual(one, row))
          if (wanted.every(isThere)) resolve()
        })
      }),
  )
  for (const [at, { network }] of actors.entries()) network.plaza.move(100 + at, 200 + at)
  await within(Promise.all(seen))
  t.pass('everyone knows where everybody stands')
}
