import t from 'tap'
import { createFlusher } from '../server/core/delivery/flusher.ts'
import type { Wire } from '../server/core/delivery/outbox.ts'
import type { Member } from '../server/core/room/member.ts'
import { Room } from '../server/core/room/room.ts'
import { Connection } from '../server/core/session/connection.ts'
import { Session } from '../server/core/session/session.ts'
import { encode, type Outgoing, payloadOf } from '../server/core/wire/frame.ts'
import { type Limits, limitsOf } from '../server/core/wire/limits.ts'
import { createClock, createRandom, createTestWorld, seedOf } from './support/clock.ts'
import { framesOf } from './support/frames.ts'
import { collect } from './support/heap.ts'
import { sized } from './support/soak.ts'

const WALKS = sized(30, 500)

const KIND = {
  name: 'test',
  capacity: 100,
  namespaces: ['game'],
  linger_ms: 0,
  open: () => ({}),
}
const EVENTS = { received() {}, dropped() {}, slow() {} }
const SILENT = { address: 'memory', ping() {}, close() {}, reset() {} }

t.test('what a room says in one turn is one buffer, written to each member once', async (t) => {
  const { enter, room, turn } = stage()
  const members = [enter(), enter(), enter()]

  for (const text of ['one', 'two', 'three']) room.broadcast(said(text))
  turn()

  for (const { writes } of members) t.equal(writes.length, 1)
  for (const { writes } of members) t.equal(writes[0], members[0]?.writes[0], 'the same buffer')
  t.same(members.map(heard), Array(3).fill(['one', 'two', 'three']))
})

t.test('its sender gets what was said before and after', async (t) => {
  const { enter, room, turn } = stage()
  const members = [enter(), enter()]

  room.broadcast(said('one'))
  t.equal(room.broadcast(said('two'), members[0]?.session), 1, 'to one of them')
  room.broadcast(said('three'))
  turn()

  t.same(members.map(heard), [
    ['one', 'three'],
    ['one', 'two', 'three'],
  ])
})

t.test('what is said to one alone keeps its place among what is said to all', async (t) => {
  const { enter, room, turn } = stage()
  const [ada, ben] = [enter(), enter()]

  room.broadcast(said('one'))
  ada.session.send(said('to ada'))
  room.broadcast(said('two'))
  turn()

  t.same(heard(ada), ['one', 'to ada', 'two'])
  t.same(heard(ben), ['one', 'two'])
  t.equal(ada.writes.length, 1)
})

t.test('who comes or goes within the turn hears what was said meanwhile', async (t) => {
  const { enter, room, turn } = stage()
  const ada = enter()

  room.broadcast(said('one'))
  const ben = enter()
  room.broadcast(said('two'))
  room.remove(room.memberOf(ada.session) as Member)
  room.broadcast(said('three'))
  turn()

  t.same(heard(ada), ['one', 'two'])
  t.same(heard(ben), ['two', 'three'])
})

t.test('who loses the connection within the turn may need again all that was said', async (t) => {
  const { enter, room, turn } = stage()
  const ada = enter()

  room.broadcast(said('one'))
  ada.session.connection = null
  ada.session.outbox.detach()
  room.broadcast(said('two'))
  turn()

  t.same(ada.writes, [])
  t.same(ada.session.outbox.ledger.after(0).map(textOf), ['one', 'two'])
  t.same(ada.session.outbox.ledger.after(1).map(textOf), ['two'])
})

t.test('what is large, or for a client that takes little, is sent by itself', async (t) => {
  const { enter, room, turn } = stage()
  const [ada, ben] = [enter(), enter()]
  ben.session.receiveBytes = 1_024

  for (const text of ['one', 'x'.repeat(2_000), 'y'.repeat(9_000)]) room.broadcast(said(text))
  turn()

  t.same(heard(ada), ['one', 'x'.repeat(2_000), 'y'.repeat(9_000)])
  t.same(heard(ben), ['one', 'TOO_LARGE', 'TOO_LARGE'])
})

t.test('who says meanwhile that it takes little is told what does not fit', async (t) => {
  const { enter, createRoom, pass } = stage()
  const room = createRoom(50)
  const [ada, ben] = [enter(room), enter(room)]
  const long = 'x'.repeat(2_000)

  room.broadcast(said(long))
  ben.session.receiveBytes = 1_024
  room.broadcast(said(long))
  room.broadcast(said('two'))
  pass(50)

  t.same(heard(ada), [long, long, 'two'])
  t.same(heard(ben), [long, 'TOO_LARGE', 'two'])
})

t.test('what is said while others are written to comes after it', async (t) => {
  const { enter, room, turn } = stage()
  const members = [enter(), enter(), enter()]
  const [first] = members
  if (!first) throw new Error('expected a member')
  first.onWrite = () => {
    first.onWrite = () => {}
    room.broadcast(said('meanwhile'))
  }

  room.broadcast(said('one'))
  turn()
  turn()

  t.same(members.map(heard), Array(3).fill(['one', 'meanwhile']))
})

t.test('gather_ms: what is said to all waits, so that it is written together', async (t) => {
  const { enter, createRoom, turn, pass } = stage()
  const room = createRoom(50)
  const members = [enter(room), enter(room)]

  for (const text of ['one', 'two']) {
    room.broadcast(said(text))
    turn()
    pass(20)
  }
  t.same(members.map(heard), [[], []], 'nothing yet')
  pass(10)

  t.same(members.map(heard), Array(2).fill(['one', 'two']))
  for (const { writes } of members) t.equal(writes.length, 1)
  room.broadcast(said('three'))
  pass(50)
  t.same(members.map(heard), Array(2).fill(['one', 'two', 'three']))
})

t.test(
  'gather_ms: what is said to one alone does not wait, nor what comes before it',
  async (t) => {
    const { enter, createRoom, turn, pass } = stage()
    const room = createRoom(50)
    const [ada, ben] = [enter(room), enter(room)]

    room.broadcast(said('one'))
    ada.session.send(said('to ada'))
    turn()
    t.same([heard(ada), heard(ben)], [['one', 'to ada'], []])
    room.broadcast(said('two'))
    turn()
    pass(50)

    t.same(heard(ada), ['one', 'to ada', 'two'])
    t.same(heard(ben), ['one', 'two'])
    t.equal(ben.writes.length, 1)
  },
)

t.test('gather_ms: much does not wait', async (t) => {
  const { enter, createRoom, turn } = stage()
  const room = createRoom(50)
  const ada = enter(room)
  const texts = Array.from({ length: 12 }, (_, index) => `${index}${'.'.repeat(4_000)}`)

  for (const text of texts) room.broadcast(said(text))
  turn()

  t.same(heard(ada), texts)
})

t.test('who needs little again of what a room said keeps little in memory', async (t) => {
  const { enter, room, turn } = stage({ resume_frames: 4_096, resume_bytes: 1_048_576 })
  const [ada, ben] = [enter(), enter()]
  const heap = () => {
    collect()
    return process.memoryUsage().arrayBuffers
  }
  const texts: string[] = []

  const before = heap()
  for (let round = 0; round < 2_000; round++) {
    room.broadcast(said(`${round}`))
    texts.push(`${round}`)
    for (let count = 0; count < 9; count++) room.broadcast(said('.'.repeat(3_500)), ada.session)
    turn()
    ben.session.outbox.ledger.acknowledge(ben.session.resume.sent)
    for (const { writes } of [ada, ben]) writes.length = 0
  }
  const grown = heap() - before
  const { ledger } = ada.session.outbox

  t.equal(ledger.held, 2_000)
  t.same(ledger.after(0).map(textOf), texts)
  t.ok(grown < 4_000_000, `${grown} bytes are held for ${ledger.bytes}`)
  t.ok(ledger.pinned < 2_100_000, `${ledger.pinned} by its own count`)
})

t.test('rooms say what sending it to one after the other would', async (t) => {
  const seed = seedOf()
  t.comment(`SEED=${seed}`)
  const random = createRandom(seed).below
  for (let walk = 0; walk < WALKS; walk++) {
    const wrong = walkOf(random, 400)
    if (wrong) return t.fail(`walk ${walk}: ${wrong}`)
  }
  t.pass(`${WALKS} walks of 400 steps`)
})

/** Says, moves, drops and acknowledges at random; what is not as it should be, or undefined. */
function walkOf(random: (below: number) => number, steps: number): string | undefined {
  const { enter, createRoom, room, turn, pass } = stage()
  const rooms = [room, createRoom(), createRoom(50)]
  const actors = Array.from({ length: 6 }, () => ({
    ...watched(enter(room)),
    rooms: new Set([room]),
  }))
  const pick = <T>(items: readonly T[]) => items[random(items.length)] as T
  for (let step = 0; step < steps; step++) {
    const actor = pick(actors)
    const place = pick(rooms)
    const { session, sent } = actor
    const text = `${step}${'.'.repeat(pick([0, 50, 3_000, 9_000]))}`
    switch (random(10)) {
      case 0:
      case 1:
      case 2: {
        const except = random(2) > 0 ? session : undefined
        place.broadcast(said(text), except)
        for (const one of actors)
          if (one.rooms.has(place) && one.session !== except) one.sent.push(text)
        break
      }
      case 3:
        session.send(said(text))
        sent.push(text)
        break
      case 4:
        if (actor.rooms.delete(place)) place.remove(place.memberOf(session) as Member)
        else {
          place.add(place.propose(session, 'somebody', 'player', null))
          actor.rooms.add(place)
        }
        break
      case 5:
        actor.toggle()
        break
      case 6:
        session.outbox.flush()
        break
      case 7:
        session.outbox.ledger.acknowledge(random(sent.length + 1))
        break
      case 8:
        pass(random(60))
        break
      default:
        turn()
    }
  }
  pass(50)
  for (const { session, sent, wrong } of actors) {
    const { ledger } = session.outbox
    const kept = ledger.after(ledger.forgotten).map(textOf)
    if (ledger.sent !== sent.length) return `${ledger.sent} counted, not ${sent.length}`
    if (`${kept}` !== `${sent.slice(ledger.forgotten)}`) return 'other frames are kept'
    const difference = wrong()
    if (difference) return difference
  }
  return undefined
}

/** An actor whose connection comes and goes, beside what it should have been sent. */
function watched(actor: Actor) {
  const sent: string[] = []
  const from: number[] = [0]
  const { session } = actor
  const wrong = () => {
    const connected = session.connection ? from.at(-1) : undefined
    if (connected === undefined) return undefined
    return `${heard(actor)}` === `${sent.slice(connected)}`
      ? undefined
      : 'other frames were written'
  }
  return {
    session,
    sent,
    wrong,
    /** Loses the connection, or gets another one. */
    toggle() {
      if (session.connection) {
        session.connection = null
        session.outbox.detach()
        return
      }
      actor.writes.length = 0
      actor.connect()
      from.push(sent.length)
    },
  }
}

interface Actor {
  readonly session: Session
  readonly writes: Buffer[]
  /** Called after each write. */
  onWrite: () => void
  connect(): void
}

/** A room whose members are written to where the test can see it. */
function stage(chosen: Partial<Limits> = {}) {
  const turns: (() => void)[] = []
  const flusher = createFlusher((callback) => void turns.push(callback))
  const limits = limitsOf({ resume_frames: 10_000, resume_bytes: 10_000_000, ...chosen })
  const outside = { now: () => 0, after: () => () => {}, rates: false as const, onSlow() {} }
  const clock = createClock()
  const world = createTestWorld(clock)
  let numbered = 0
  const createRoom = (gather_ms = 0) => {
    const kind = { ...KIND, gather_ms }
    return new Room(`ROOM${++numbered}`, numbered, kind, {}, clock.after)
  }
  const room = createRoom()

  function enter(into = room): Actor {
    const id = `${++numbered}`
    const session = new Session(id, id, 'memory', { limits, flusher, ...outside })
    const writes: Buffer[] = []
    const wire: Wire = {
      unwritten: 0,
      write(frames) {
        writes.push(frames)
        actor.onWrite()
        // Kept, so that it must not be used again.
        return false
      },
    }
    const transport = { ...SILENT, ...wire, taken: 0 }
    const actor: Actor = {
      session,
      writes,
      onWrite() {},
      connect() {
        session.connection = new Connection(transport, world, limits, EVENTS)
        session.outbox.attach(wire)
      },
    }
    actor.connect()
    into.add(into.propose(session, 'somebody', 'player', null))
    return actor
  }

  const turn = () => {
    for (const callback of turns.splice(0)) callback()
  }
  const pass = (ms: number) => {
    clock.advance(ms)
    turn()
  }
  return { enter, createRoom, room, turn, pass }
}

function said(text: string): Outgoing {
  return encode({ type: 'event', data: { name: 'game.said', args: [text] } }, 'counted')
}

function heard({ writes }: Pick<Actor, 'writes'>): string[] {
  return writes.flatMap(framesOf).map(textOf)
}

/** What an event says, or the code of an error. */
function textOf(frame: Buffer): string {
  const { data } = JSON.parse(payloadOf(frame).toString())
  return data.args?.[0] ?? data.code
}
