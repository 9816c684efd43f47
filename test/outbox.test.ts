import t from 'tap'
import { LIMITS } from '../protocol/limits.ts'
import { createFlusher } from '../server/core/delivery/flusher.ts'
import { Outbox, type Reader, type Wire } from '../server/core/delivery/outbox.ts'
import { Connection } from '../server/core/session/connection.ts'
import { Session } from '../server/core/session/session.ts'
import { encode, type Outgoing, payloadOf } from '../server/core/wire/frame.ts'
import { type Limits, limitsOf } from '../server/core/wire/limits.ts'
import { createClock, createTestWorld } from './support/clock.ts'
import { framesOf } from './support/frames.ts'
import { world } from './support/world.ts'

/** Room for a few messages of 100 bytes. */
const SMALL = { soft_bytes: 1_000, hard_bytes: 2_000 }

t.test('what one turn produces leaves in one write', async (t) => {
  const { outbox, wire, turn } = attached()
  const messages = [said('one'), said('two'), rows(1)]

  for (const message of messages) outbox.push(message)
  t.same(wire.writes, [], 'nothing leaves before the turn is over')
  turn()

  t.same(wire.writes, [messages.map(({ frame }) => frame)])
})

t.test('what one turn produces for many leaves in one write each, by one callback', async (t) => {
  const { limits, flusher, turns, turn } = desk()
  const wires = [createWire(), createWire(), createWire()]
  const outboxes = wires.map((wire) => attach(new Outbox(limits, flusher, readerOf()), wire))

  for (const outbox of outboxes) for (const text of ['one', 'two']) outbox.push(said(text))

  t.equal(turns.length, 1)
  turn()
  t.same(
    wires.map(({ writes }) => writes.length),
    [1, 1, 1],
  )
})

t.test(
  'a broadcast is one buffer for every receiver and for what each may need again',
  async (t) => {
    const { limits, flusher, turn } = desk()
    const wires = [createWire(), createWire(), createWire()]
    const outboxes = wires.map((wire) => attach(new Outbox(limits, flusher, readerOf()), wire))
    const message = said('hello')

    for (const outbox of outboxes) outbox.push(message)
    turn()

    for (const { buffers } of wires) t.equal(buffers[0], message.frame)
    for (const { ledger } of outboxes) t.equal(ledger.after(0)[0], message.frame)
  },
)

t.test('a newer latest message takes the place of an older of its key, at the tail', async (t) => {
  const { outbox, wire, turn } = attached()
  const event = said('between')

  outbox.push(rows(1))
  outbox.push(rows(1, 'OTHER2'))
  outbox.push(event)
  outbox.push(rows(2))
  turn()

  t.same(wire.writes, [[rows(1, 'OTHER2').frame, event.frame, rows(2).frame]])
  t.equal(outbox.unwritten, 0)
})

t.test('what has been written is not replaced', async (t) => {
  const { outbox, wire, turn } = attached()

  outbox.push(rows(1))
  turn()
  outbox.push(rows(2))
  turn()

  t.same(wire.writes, [[rows(1).frame], [rows(2).frame]])
})

t.test(
  'soft_bytes: above the soft mark latest messages wait and only the newest survives',
  async (t) => {
    const { outbox, wire, turn } = attached(SMALL)
    wire.unwritten = SMALL.soft_bytes

    for (const x of [1, 2, 3]) outbox.push(rows(x))
    turn()
    t.same(wire.writes, [], 'all of them wait')
    wire.unwritten = SMALL.soft_bytes - 1
    outbox.flush()
    turn()

    t.same(wire.writes, [[rows(3).frame]])
  },
)

t.test(
  'of those that wait a newer one goes behind what was said since the older one',
  async (t) => {
    const { outbox, wire, turn } = attached(SMALL)
    wire.unwritten = SMALL.soft_bytes

    outbox.push(rows(1))
    outbox.push(rows(2, 'OTHER2'))
    outbox.push(rows(3))
    turn()
    wire.unwritten = 0
    outbox.flush()
    turn()

    t.same(wire.writes, [[rows(2, 'OTHER2').frame, rows(3).frame]])
  },
)

t.test('latest messages of ever new keys do not wait without bound', async (t) => {
  const { outbox, wire, turn, fates } = attached({ ...SMALL, queue_bytes: 4_000 })
  wire.unwritten = SMALL.soft_bytes

  for (let x = 0; x < 200; x++) outbox.push(rows(x))
  turn()
  t.same(fates, [], 'what is replaced does not count')
  for (let x = 0; x < 200; x++) outbox.push(rows(x, `ROOM${x}`))
  turn()

  t.same(fates, ['slow'])
})

t.test('a latest message is never followed by an older one that waited', async (t) => {
  const { outbox, wire, turn } = attached(SMALL)
  wire.unwritten = SMALL.soft_bytes

  outbox.push(rows(1))
  outbox.push(rows(2, 'OTHER2'))
  turn()
  wire.unwritten = 0
  outbox.push(rows(3, 'THIRD2'))
  turn()
  turn()

  t.same(
    wire.writes.flat(),
    [rows(1), rows(2, 'OTHER2'), rows(3, 'THIRD2')].map(({ frame }) => frame),
  )
})

t.test('what an old connection did not take says nothing of the next one', async (t) => {
  const { outbox, wire, turn, fates } = attached(SMALL)
  wire.unwritten = 100_000
  outbox.push(said('one'))
  const next = createWire()

  outbox.attach(next)
  outbox.push(rows(1))
  outbox.push(said('two'))
  turn()

  t.same(next.writes, [[rows(1).frame, said('two').frame]])
  t.same(fates, [])
})

t.test('above the soft mark counted messages are queued all the same', async (t) => {
  const { outbox, wire, turn } = attached(SMALL)
  wire.unwritten = SMALL.soft_bytes
  const event = said('heard')

  outbox.push(rows(1))
  outbox.push(event)
  turn()

  t.same(wire.writes, [[event.frame]])
})

t.test('a replay leaves before what is sent after it', async (t) => {
  const { outbox, wire, turn } = attached()
  outbox.detach()
  const [first, second, third] = ['one', 'two', 'three'].map(said) as [Said, Said, Said]
  outbox.push(first)
  outbox.push(second)

  outbox.attach(wire)
  outbox.replayAfter(1)
  outbox.push(third)
  turn()

  t.same(wire.writes, [[second.frame, third.frame]])
})

t.test('no more than a chunk is handed over before the socket has taken it', async (t) => {
  const { outbox, wire, turn } = attached()
  const event = said('x'.repeat(20_000))
  wire.stuck = true

  for (let count = 0; count < 8; count++) outbox.push(event)
  turn()
  t.equal(wire.writes.length, 1)
  t.equal(wire.writes[0]?.length, 4)
  wire.unwritten = 0
  outbox.flush()

  t.equal(wire.writes.flat().length, 8)
})

t.test('without a connection the queue is empty and the ledger stays', async (t) => {
  const { outbox, wire, turn } = attached()
  outbox.push(said('one'))
  outbox.push(rows(1))

  outbox.detach()
  turn()

  t.same(wire.writes, [])
  t.equal(outbox.unwritten, 0)
  t.equal(outbox.ledger.sent, 1)
  t.same(outbox.ledger.after(0), [said('one').frame])
})

t.test('away, counted messages are kept and latest ones are not', async (t) => {
  const { outbox, wire, turn } = attached()
  outbox.detach()

  outbox.push(said('kept'))
  outbox.push(rows(1))
  outbox.attach(wire)
  turn()

  t.same(wire.writes, [])
  t.same(outbox.ledger.after(0), [said('kept').frame])
})

t.test('stall_ms: a reader without any progress for so long is slow', async (t) => {
  const { connection, clock, wire, slow } = connected()
  wire.unwritten = 1

  clock.advance(LIMITS.stall_ms.value)
  connection.sweep()
  t.equal(slow(), 0)
  clock.advance(1)
  connection.sweep()

  t.equal(slow(), 1)
})

t.test('a reader that takes something now and then is not slow', async (t) => {
  const { connection, clock, wire, slow } = connected()
  wire.unwritten = 1

  for (let turn = 0; turn < 5; turn++) {
    clock.advance(LIMITS.stall_ms.value)
    connection.written()
    connection.sweep()
  }

  t.equal(slow(), 0)
})

t.test('a reader that takes a little at a time is not slow until it stops', async (t) => {
  const { connection, clock, wire, slow } = connected()
  wire.unwritten = 1

  for (let turn = 0; turn < 5; turn++) {
    clock.advance(LIMITS.stall_ms.value + 1)
    wire.taken++
    connection.sweep()
  }
  const whileTaking = slow()
  clock.advance(LIMITS.stall_ms.value + 1)
  connection.sweep()

  t.equal(whileTaking, 0)
  t.equal(slow(), 1)
})

t.test('a reader that answers pings is not slow, however little the kernel says', async (t) => {
  const { connection, clock, wire, slow } = connected()
  wire.unwritten = 1

  for (let turn = 0; turn < 5; turn++) {
    clock.advance(LIMITS.stall_ms.value)
    connection.ponged()
    connection.sweep()
  }

  t.equal(slow(), 0)
})

t.test('a reader that acknowledges is not slow until it stops', async (t) => {
  const { clock, raw, sockets, lines, stats } = await world(t)
  const slow = await raw()
  await slow.ask('session.hello')
  await slow.ask('room.join_or_create', { kind: 'plaza' })
  const talker = await raw()
  await talker.ask('room.join_or_create', { kind: 'plaza' })
  const [socket] = sockets
  if (!socket) throw new Error('expected a socket in memory')
  socket.stalled = true
  const isReset = () => lines.some(({ msg }) => msg === 'slow reader reset')

  for (let received = 1; received <= 5; received++) {
    await talker.ask('event.emit', { name: 'plaza.wave', args: [] })
    clock.advance(9_000)
    slow.send({ type: 'session.ack', data: { sent: 1, received } })
    await talker.settled()
  }
  t.notOk(isReset())
  clock.advance(12_000)

  t.ok(isReset())
  t.equal(stats().away, 1)
})

t.test('a reader with nothing to read is not slow', async (t) => {
  const { connection, clock, wire, slow } = connected()

  clock.advance(LIMITS.stall_ms.value * 2)
  connection.sweep()
  wire.unwritten = 1
  clock.advance(LIMITS.stall_ms.value)
  connection.sweep()

  t.equal(slow(), 0)
})

t.test('a push that does not fit its receiver becomes a counted TOO_LARGE', async (t) => {
  const { session, wire, turn } = carried()
  session.receiveBytes = 1_024

  session.send(said('x'.repeat(2_000)))
  turn()

  t.match(textsOf(wire), [{ type: 'error', data: { code: 'TOO_LARGE', request: 'event' } }])
  t.equal(session.resume.sent, 1)
})

t.test('an answer that does not fit becomes a TOO_LARGE that answers its request', async (t) => {
  const { session, wire, turn } = carried()
  session.receiveBytes = 1_024

  session.send(said('x'.repeat(2_000)), '7')
  turn()

  t.match(textsOf(wire), [{ type: 'error', re: '7', data: { code: 'TOO_LARGE' } }])
})

t.test('a latest push that does not fit is refused once, until it fits again', async (t) => {
  const { session, wire, turn } = carried()
  session.receiveBytes = 1_024
  const [large, small] = [rows(1, 'x'.repeat(2_000)), rows(1)]
  const big = { ...large, key: small.key }

  for (const message of [big, big, big, small, big, big]) session.send(message)
  turn()

  t.same(
    textsOf(wire).map(({ type }) => type),
    ['error', 'event.latest', 'error'],
  )
  t.equal(session.resume.sent, 2)
})

t.test(
  'of latest pushes that do not fit so many are remembered as a member may have',
  async (t) => {
    const { session, wire, turn } = carried()
    session.receiveBytes = 1_024
    const most = LIMITS.latest_keys.value
    const large = (key: number) => rows(1, `${key} ${'x'.repeat(2_000)}`)
    const told = () => textsOf(wire).length

    for (let key = 0; key <= most; key++) session.send(large(key))
    turn()
    const before = told()
    session.send(large(most))
    turn()
    const known = told()
    session.send(large(0))
    turn()

    t.same([before, known, told()], [most + 1, most + 1, most + 2])
  },
)

type Said = Outgoing

function said(text: string): Outgoing {
  return encode({ type: 'event', data: { name: 'game.said', args: [text] } }, 'counted')
}

function rows(x: number, room = 'PLAZA2'): Outgoing {
  return encode({ type: 'event.latest', room, data: { name: 'plaza.at', args: [x] } }, 'latest')
}

interface FakeWire extends Wire {
  /** The frames of each write. */
  readonly writes: Buffer[][]
  /** What was written, as it was. */
  readonly buffers: Buffer[]
  unwritten: number
  taken: number
  /** Takes nothing more: what is written stays unwritten. */
  stuck: boolean
}

function createWire(): FakeWire {
  const wire: FakeWire = {
    writes: [],
    buffers: [],
    unwritten: 0,
    taken: 0,
    stuck: false,
    write(frames) {
      wire.buffers.push(frames)
      wire.writes.push(framesOf(Buffer.from(frames)))
      if (wire.stuck) wire.unwritten += frames.length
      return !wire.stuck
    },
  }
  return wire
}

/** A flusher whose turns end when the test says so. */
function desk(chosen: Partial<Limits> = {}) {
  const turns: (() => void)[] = []
  const flusher = createFlusher((callback) => void turns.push(callback))
  const turn = () => {
    for (const callback of turns.splice(0)) callback()
  }
  return { limits: limitsOf(chosen), flusher, turns, turn }
}

function attach(outbox: Outbox<Reader>, wire: Wire): Outbox<Reader> {
  outbox.attach(wire)
  return outbox
}

function attached(chosen: Partial<Limits> = {}) {
  const { limits, flusher, turn } = desk(chosen)
  const wire = createWire()
  const fates: string[] = []
  const outbox = new Outbox(limits, flusher, readerOf(fates))
  outbox.attach(wire)
  return { outbox, wire, turn, fates }
}

/** Takes anything, and notes what is found of it. */
function readerOf(fates: string[] = []): Reader {
  const note = (fate: string) => () => void fates.push(fate)
  return { takes: () => true, behind: note('behind'), slow: note('slow'), failed: note('failed') }
}

function carried() {
  const { limits, flusher, turn } = desk()
  const wire = createWire()
  const now = () => 0
  const after = () => () => {}
  const world = { limits, flusher, now, after, rates: false as const, onSlow: () => {} }
  const session = new Session('id', 'hash', 'memory', world)
  const transport = { ...silent, write: wire.write, unwritten: 0, taken: 0 }
  const events = { received() {}, dropped() {}, slow() {} }
  session.connection = new Connection(transport, createTestWorld(createClock()), limits, events)
  session.outbox.attach(wire)
  return { session, wire, turn }
}

/** A connection with a session of its own, on a clock that stands still. */
function connected() {
  const clock = createClock()
  const wire = createWire()
  const { session } = carried()
  let count = 0
  const events = { received() {}, dropped() {}, slow: () => void count++ }
  const transport = Object.assign(wire, silent)
  const connection = new Connection(transport, createTestWorld(clock), limitsOf(), events)
  connection.session = session
  return { connection, clock, wire, slow: () => count }
}

const silent = { address: 'memory', ping() {}, close() {}, reset() {} }

const textsOf = ({ writes }: FakeWire) =>
  writes.flat().map((frame) => JSON.parse(payloadOf(frame).toString()) as { type: string })
