import t, { type Test } from 'tap'
import { MESSAGES } from '../protocol/index.ts'
import { isCounted } from '../protocol/message.ts'
import { createFlusher } from '../server/core/delivery/flusher.ts'
import { Session } from '../server/core/session/session.ts'
import { limitsOf } from '../server/core/wire/limits.ts'
import { defineRoom, type GameRoom, type RoomMember } from '../server/server.ts'
import type { Seen } from './support/client.ts'
import { createClock } from './support/clock.ts'
import { claim, drop, emit, type Player, types } from './support/player.ts'
import { both, within } from './support/promise.ts'
import type { TestWorld } from './support/world.ts'

/* What a room says about and to who is back. */

type Speak = (room: GameRoom<unknown>, member: RoomMember) => void

const speaking = (onBack: Speak, limits = {}) => ({
  limits,
  rooms: { duel: defineRoom({ namespaces: ['plaza', 'duel'], onBack }) },
})

/** Two who sit in a room; both have sent one counted frame. */
async function duel(w: TestWorld): Promise<{ ada: Player; bob: Player }> {
  const ada = await w.raw()
  const { data } = await ada.ask('room.create', { kind: 'duel', name: 'ada' })
  const bob = await w.raw()
  const { code } = data.room
  await bob.ask('room.join', { code, name: 'bob' })
  const seated = { token: ada.welcome.token, room: code, number: 1 }
  return { ada: Object.assign(ada, seated) as Player, bob: bob as Player }
}

/** The server counted as many frames as came over this connection, after those `before`. */
async function agrees(t: Test, raw: Player, sent: number, before: number): Promise<void> {
  const arrived = raw.seen.filter((message) => isCounted(MESSAGES, message)).length
  const received = before + arrived
  raw.send({ type: 'session.ack', data: { sent, received } })
  await raw.settled()
  t.notOk(types(raw.seen).includes('session.reset'), 'the counts agree')
}

const said = ({ seen }: { seen: readonly Seen[] }) =>
  types(seen.slice(1)).filter((type) => type !== 'ping reply')

const GREETINGS: readonly [what: string, greet: Speak][] = [
  ['all', (room) => room.emit('duel.hello', ['back'])],
  ['who is back', (room, member) => room.emit('duel.hello', ['back'], [member])],
]

for (const [whom, greet] of GREETINGS) {
  both(
    `what a room says to ${whom} during a claim comes once, after the snapshot`,
    speaking(greet),
    async (t, w) => {
      const { ada, bob } = await duel(w)
      await ada.settled()
      await drop(w, ada)
      await bob.ask('event.emit', emit(1).data)

      // Its reply and who joined.
      const back = (await claim(w, ada.token, { sent: 1, received: 2 })) as unknown as Player
      await back.settled()

      t.strictSame(said(back), ['session.resume reply', 'event', 'session.snapshot', 'event'])
      t.match(back.seen[4]?.data, { name: 'duel.hello', args: ['back'] })
      await agrees(t, back, 1, 2)
    },
  )

  both(
    `it comes after the snapshot of a claim that begins anew (to ${whom})`,
    speaking(greet, { resume_frames: 4 }),
    async (t, w) => {
      const { ada, bob } = await duel(w)
      await drop(w, ada)
      for (let n = 0; n < 5; n++) await bob.ask('event.emit', emit(n).data)

      const back = (await claim(w, ada.token, { sent: 1, received: 2 })) as unknown as Player
      await back.settled()

      t.strictSame(said(back), ['session.resume reply', 'session.snapshot', 'event'])
      t.match(back.seen[1]?.data, { resumed: false, kept: true, reason: 'BUDGET' })
      await agrees(t, back, 0, 0)
    },
  )
}

both(
  'others hear that a player is back before what the room says about it',
  speaking((room) => room.emit('duel.hello')),
  async (t, w) => {
    const { ada, bob } = await duel(w)
    await drop(w, ada)
    await bob.settled()
    const before = bob.seen.length

    await claim(w, ada.token, { sent: 1, received: 2 })
    await bob.settled()

    t.strictSame(types(bob.seen.slice(before)), ['room.member_back', 'event', 'ping reply'])
  },
)

const CUTTING: readonly [what: string, onBack: Speak, told: readonly string[]][] = [
  [
    'throws',
    () => {
      throw new Error('on purpose')
    },
    [],
  ],
  ['takes the seat away', (room, member) => room.kick(member), ['room.kicked']],
  [
    'gives another role',
    (room, member) => room.assign(member, 'player'),
    // The next in line is host then.
    ['room.role_changed', 'room.role_changed', 'room.host_changed'],
  ],
  [
    'speaks later',
    async (room) => {
      await null
      room.emit('duel.hello')
    },
    ['event'],
  ],
]

for (const [what, onBack, told] of CUTTING)
  both(
    `a room that ${what} when a player is back leaves its counts as they are`,
    speaking(onBack),
    async (t, w) => {
      const { ada } = await duel(w)
      await ada.settled()
      await drop(w, ada)

      const back = (await claim(w, ada.token, { sent: 1, received: 2 })) as unknown as Player
      await back.settled()

      t.strictSame(said(back), ['session.resume reply', 'session.snapshot', ...told])
      t.match(back.seen[2]?.data.rooms, [{ you: 1 }], 'the snapshot is of before')
      await agrees(t, back, 1, 2)
    },
  )

both(
  'a player whose connection is taken was never away, and no room says it is back',
  speaking((room) => room.emit('duel.hello')),
  async (t, w) => {
    const { ada } = await duel(w)
    await ada.settled()

    const back = (await claim(w, ada.token, { sent: 1, received: 2 })) as unknown as Player
    await back.settled()

    t.strictSame(said(back), ['session.resume reply', 'session.snapshot'])
    await agrees(t, back, 1, 2)
  },
)

t.test('who is asked after its session is over has left, which is said at once', async (t) => {
  const clock = createClock()
  const outside = { rates: false as const, flusher: createFlusher(() => {}), onSlow: () => {} }
  const house = { ...outside, limits: limitsOf(), now: clock.now, after: clock.after }
  const [gone, asker] = ['gone', 'asker'].map((id) => new Session(id, id, 'memory', house))
  const question = { type: 'query', data: {}, origin: {}, timeout: 30_000, cause: null }
  gone?.end()

  const fates = [
    async () => gone?.ask(question),
    async () => asker?.ask({ ...question, ...(gone && { asker: gone }) }),
  ]

  for (const ask of fates) await t.rejects(within(ask()), { code: 'TARGET_LEFT' })
  t.equal(clock.pending, 0, 'no timer waits for an answer')
})
