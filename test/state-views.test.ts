import t from 'tap'
import { defineState, fixed, group, near, table } from '../protocol/state.ts'
import { readStateFrame } from '../protocol/state-frame.ts'
import type { Member } from '../server/core/room/member.ts'
import type { Room } from '../server/core/room/room.ts'
import type { Rows } from '../server/core/state/row.ts'
import { State } from '../server/core/state/state.ts'
import { type Outgoing, payloadOf } from '../server/core/wire/frame.ts'
import { limitsOf } from '../server/core/wire/limits.ts'
import { defineRoom, type GameRoom } from '../server/server.ts'
import { create, staging } from './support/state-stage.ts'

/** The bytes of all frames that came, as text in which a text would be found. */
const textIn = (frames: readonly Uint8Array[]) =>
  Buffer.concat(frames.map((frame) => Buffer.from(frame))).toString('latin1')

const cards = defineState({
  hands: table({ card: 'string' }, { sees: 'owner' }),
  pile: table({ card: 'string' }),
})

t.test('the cards in another’s hand are in nothing that one is sent', async (t) => {
  let room = undefined as unknown as GameRoom<undefined, typeof cards>
  const { raw, tick, mirrored } = staging(t, {
    rooms: {
      game: defineRoom({
        state: cards,
        onCreate: (made) => {
          room = made
        },
        onJoined({ state }, member) {
          state.hands.add({ card: `secret of ${member.number}` }, member)
        },
      }),
    },
  })
  const [ada, bob] = [await mirrored(), await mirrored()]
  const code = await create(ada.client, 'game')
  await bob.client.ask('room.join', { code })
  await tick(3)

  const [own] = room.state.hands.ownedBy(room.members[0] as never)
  if (own) own.card = 'another secret of 1'
  await tick()
  bob.client.drop()
  await tick()
  const back = await raw()
  const again = mirrored.of(back)
  const counts = { attempt: 1, sent: 1, received: bob.client.seen.length - 1, forgotten: 0 }
  again.goOn(bob.held)
  await back.ask('session.resume', { token: bob.client.welcome.token, ...counts })
  await tick()
  own?.remove()
  await tick()

  t.match(Object.values(bob.room().told('hands')), [{ owner: 2, card: 'secret of 2' }])
  t.match(Object.values(again.room().told('hands')), [{ owner: 2, card: 'secret of 2' }])
  for (const { raw: frames } of [bob.room(), again.room()])
    t.notMatch(textIn(frames), /secret of 1/)
  t.match(textIn(ada.room().raw), /another secret of 1/)
  t.notMatch(ada.room().events, ['hands -1'], 'nor is it told that there was a row')
})

const field = defineState({
  players: table({ x: fixed(-1000, 1000, 0.1), y: fixed(-1000, 1000, 0.1) }, { rows: 'members' }),
  coins: table(
    { x: fixed(-1000, 1000, 0.1), y: fixed(-1000, 1000, 0.1), worth: 'uint8' },
    { sees: near(100, 'players') },
  ),
  posts: table(
    { y: fixed(-1000, 1000, 0.1), x: fixed(-1000, 1000, 0.1) },
    { sees: near(100, 'players') },
  ),
  plans: table({ what: 'string' }, { sees: group('red') }),
  marks: table({ of: 'uint8' }, { sees: ({ of }, { number }) => of === number }),
})

async function afield(t: Parameters<typeof staging>[0]) {
  let room = undefined as unknown as GameRoom<undefined, typeof field>
  const here = staging(t, {
    rooms: {
      field: defineRoom({
        state: field,
        onCreate: (made) => {
          room = made
        },
      }),
    },
  })
  const ada = await here.mirrored()
  await create(ada.client, 'field')
  await here.tick()
  const row = room.state.players.of(room.members[0] as never) as { x: number; y: number }
  return { ...here, room, ada, row }
}

t.test('who is near is seen, and goes out of sight only further away', async (t) => {
  const { room, ada, row, tick } = await afield(t)
  const coin = room.state.coins.add({ x: 99, worth: 5 })
  const far = room.state.coins.add({ x: 101, worth: 6 })
  await tick()
  t.strictSame(Object.keys(ada.room().told('coins')), ['0'])
  const { events } = ada.room()
  events.length = 0

  const steps: [number, string[]][] = [
    [-18, ['players ~0']],
    [-22, ['coins <0', 'players ~0']],
    [-2, ['players ~0']],
    [0, ['coins +0', 'players ~0']],
    [5, ['coins +1', 'players ~0']],
  ]
  for (const [x, told] of steps) {
    row.x = x
    await tick()
    t.strictSame([...events].sort(), told, `at ${x}`)
    events.length = 0
  }
  far.worth = 7
  coin.remove()
  await tick()

  t.strictSame(events, ['coins -0', 'coins ~1'])
  t.match(ada.room().told('coins'), { 1: { worth: 7 } })
})

t.test('who is near is so by x and y, in whichever order a table has them', async (t) => {
  const { room, ada, row, tick } = await afield(t)
  row.x = 500
  room.state.posts.add({ x: 500 })
  room.state.posts.add({ y: 500 })

  await tick()

  t.strictSame(Object.keys(ada.room().told('posts')), ['0'])
})

t.test('what is out of sight is not sent, however often it changes', async (t) => {
  const { room, ada, tick } = await afield(t)
  const far = room.state.coins.add({ x: 500, worth: 1 })
  await tick()
  const { frames } = ada.room()

  for (let worth = 2; worth < 50; worth++) {
    far.worth = worth
    await tick()
  }

  t.equal(ada.room().frames, frames)
  far.x = 50
  await tick()
  t.match(Object.values(ada.room().told('coins')), [{ x: 50, worth: 49 }])
  t.equal(ada.room().gaps, 0)
})

t.test('a row that took the slot of one in sight is another row', async (t) => {
  const { room, ada, tick } = await afield(t)
  room.state.coins.add({ x: 5 }).remove()
  const coin = room.state.coins.add({ x: 1 })
  await tick()
  const { slot } = coin
  coin.remove()
  await tick()
  const { events } = ada.room()
  events.length = 0
  const [next] = [room.state.coins.add({ x: 1 }), room.state.coins.add({ x: 900 })]
  await tick()

  t.equal(next.slot, slot)
  t.strictSame(events, [`coins +${slot}`])
})

t.test('a group sees what is its own from when one is in it, until one is not', async (t) => {
  const { room, ada, tick } = await afield(t)
  const [member] = room.members
  const plan = room.state.plans.add({ what: 'left flank' })
  await tick()
  t.strictSame(ada.room().told('plans'), {})

  if (member) room.group('red').add(member)
  await tick()
  t.match(ada.room().told('plans'), { 0: { what: 'left flank' } })
  if (member) room.group('red').delete(member)
  plan.what = 'right flank'
  await tick()

  t.strictSame(ada.room().told('plans'), {})
  t.notMatch(textIn(ada.room().raw), /right flank/)
  t.strictSame(
    ada.room().events.filter((one) => one.startsWith('plans')),
    ['plans +0', 'plans <0'],
  )
})

t.test('a predicate says who sees a row; one that throws hides it', async (t) => {
  const { room, ada, tick, lines } = await afield(t)
  const mark = room.state.marks.add({ of: 2 })
  await tick()
  t.strictSame(ada.room().told('marks'), {})

  mark.of = 1
  await tick()
  t.match(ada.room().told('marks'), { 0: { of: 1 } })
  t.strictSame(
    lines.filter(({ level }) => Number(level) >= 50),
    [],
  )
})

/** A state without a room or sockets, whose members each see the marks of one number. */
function marked(sees: (member: number) => number) {
  const state = new State({
    room: { serial: 1, groups: new Map() } as unknown as Room,
    columns: field.columns,
    tick_hz: 20,
    now: () => 0,
    limits: limitsOf(),
    predicates: field.columns.tables.map(({ table }) =>
      table.name === 'marks' ? ({ of }, { number }) => of === sees(number) : undefined,
    ),
  })
  const at = field.columns.tables.findIndex(({ table }) => table.name === 'marks')
  const shown = (number: number) => state.show({ number, receiver: {} } as unknown as Member)
  return { state, shown, marks: state.rows[at] as Rows }
}

const ALL = { receiveBytes: 65_535 }

t.test('who sees and has the same is sent the same frame, made once for all of them', async (t) => {
  const { state, shown, marks } = marked((number) => number % 3)
  const viewers = Array.from({ length: 12 }, (_, number) => shown(number))
  const rows = [0, 1, 2].map((of) => marks.add({ of }))
  const late = 9
  const frames = (tick: number) => {
    state.commit(tick)
    const all = viewers.map((viewer) => viewer.make(ALL))
    for (const viewer of viewers) viewer.make(ALL)
    for (const row of rows) row.of = ((row.of as number) + 1) % 3
    return all
  }

  for (const tick of [1, 2]) {
    const all = frames(tick)
    t.equal(new Set(all).size, 3, `at tick ${tick}`)
    t.equal(all[0], all[3])
  }
  viewers[late]?.reset()
  const then = frames(3)

  t.equal(new Set(then).size, 4)
  t.not(then[late], then[0], 'who needs all anew is sent what is its own')
})

t.test(
  'who asks for all anew twice in a tick has what it sees, and others what they do',
  async (t) => {
    const { state, shown, marks } = marked((number) => number)
    const rows = [0, 1, 2].map((of) => marks.add({ of }))
    const first = shown(0)
    const sections = ({ frame }: { frame: Buffer }) =>
      readStateFrame(payloadOf(frame), field.columns).sections.map(({ op }) => op)
    state.commit(1)
    for (let times = 0; times < 3; times++) {
      first.make(ALL)
      first.reset()
    }

    const others = [shown(1), shown(2)]
    state.commit(2)
    for (const viewer of [...others, ...others]) viewer.make(ALL)
    state.commit(3)
    const told = others.map((viewer) => viewer.make(ALL))
    t.strictSame(told, [undefined, undefined], 'nothing is new')
    for (const row of rows) row.remove()
    state.commit(4)

    for (const viewer of others) t.strictSame(sections(viewer.make(ALL) as Outgoing), ['remove'])
  },
)
