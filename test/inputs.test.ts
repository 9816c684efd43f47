import t, { type Test } from 'tap'
import { defineState, fixed, table } from '../protocol/state.ts'
import { Bank } from '../server/core/state/bank.ts'
import { defineRoom, type HubOptions } from '../server/server.ts'
import { createRandom, seedOf } from './support/clock.ts'
import { arena, playing, say, type Walked, walk } from './support/state-inputs.ts'
import { create, staging } from './support/state-stage.ts'

const SEED = seedOf()

t.test('each input of a player is done once, in order, one a tick, and acknowledged', async (t) => {
  const { ada, done, row, tick } = await playing(t)

  await say(ada, 1, [{ x: 1 }, { x: -1, y: 0.5, fire: true }])
  await say(ada, 2, [{ x: 9 }])
  t.equal(done.length, 0, 'not before its tick')
  await tick(3)

  t.strictSame(
    done.map(({ input }) => input),
    [
      { x: 1, y: 0, fire: false },
      { x: -1, y: 0.5, fire: true },
    ],
  )
  t.equal(done[1]?.tick, (done[0]?.tick ?? 0) + 1)
  t.match(row(1), { x: 0, y: 5, ack: 2 })
  t.match(row(2), { x: 0, y: 0, ack: 0 }, 'who does nothing has no step')
})

t.test('a player who was held up is made up for, two steps a tick', async (t) => {
  const { ada, done, row, tick } = await playing(t)
  await say(
    ada,
    1,
    Array.from({ length: 8 }, () => ({ x: 1 })),
  )

  await tick(5)

  t.equal(done.length, 8)
  const ticks = new Map<number, number>()
  for (const one of done) ticks.set(one.tick, (ticks.get(one.tick) ?? 0) + 1)
  t.strictSame([...ticks.values()], [2, 2, 2, 1, 1])
  t.match(row(1), { x: 80, ack: 8 })
})

t.test('a player three times too fast gains nothing, and the room is told', async (t) => {
  const TICKS = 100
  const { ada, done, excess, tick } = await playing(t)

  for (let count = 0; count < TICKS; count++) {
    await say(ada, count * 3 + 1, [{ x: 1 }, { x: 1 }, { x: 1 }])
    await tick()
  }

  t.ok(done.length <= 10 + TICKS * 1.01, `${done.length} steps in ${TICKS} ticks`)
  t.ok(done.length >= TICKS, 'what there is time for is done')
  const last = excess.at(-1)
  t.equal(last?.member, 1)
  t.ok((last?.total ?? 0) > TICKS, `${last?.total} were left out`)
  t.equal(
    excess.reduce((sum, { inputs }) => sum + inputs, 0),
    last?.total,
  )
})

t.test('over 2,000 ticks that is at most 1.02 steps a tick', (t) => {
  const TICKS = 2_000
  const bank = new Bank(20, 20)
  let steps = 0

  for (let number = 1; number < TICKS * 3; number += 3) {
    for (const more of [0, 1, 2]) bank.add({ number: number + more, seen: 0, values: [] })
    steps += bank.take().length
  }

  t.ok(steps / TICKS <= 1.02, `${steps / TICKS} steps a tick`)
  t.ok(steps >= TICKS, 'what there is time for is done')
  t.end()
})

t.test('state_inputs_ms: inputs that wait for longer are left out, the oldest first', async (t) => {
  const { ada, done, excess, row, tick } = await playing(
    t,
    {},
    { limits: { state_inputs_ms: 250 } },
  )
  await say(
    ada,
    1,
    Array.from({ length: 20 }, (_, index) => ({ x: index })),
  )

  await tick(5)

  t.strictSame(
    done.map(({ input }) => input.x),
    [15, 16, 17, 18, 19],
  )
  t.strictSame(excess, [{ member: 1, inputs: 15, total: 15 }])
  t.match(row(1), { ack: 20 })
})

t.test('what a player said before it dropped is done, and what it says again is not', async (t) => {
  const { ada, bob, done, row, tick, mirrored, raw } = await playing(t)
  const { token } = ada.client.welcome
  await say(ada, 1, [{ x: 1 }, { x: 1 }, { x: 1 }])
  ada.client.drop()
  await bob.client.next('room.member_away')
  await tick(4)
  t.match(row(1), { x: 30, ack: 3 }, 'while it is away')

  const client = await raw()
  const again = mirrored.of(client)
  again.goOn(ada.held)
  await client.ask('session.resume', { token, attempt: 1, sent: 1, received: 1, forgotten: 0 })
  await say(again, 2, [{ x: 1 }, { x: 1 }, { x: 1 }])
  await tick(4)

  t.equal(done.length, 4)
  t.match(row(1), { x: 40, ack: 4 })
})

t.test('another session of a player’s goes on from what was done', async (t) => {
  const { ada, bob, code, done, row, tick, mirrored } = await playing(t)
  const { data } = await ada.client.ask('player.identify', {})
  await say(ada, 1, [{ x: 1 }, { x: 1 }, { x: 1 }, { x: 1 }])
  await tick()
  const second = await mirrored()
  await second.client.ask('player.identify', { guest_key: data.guest_key })
  await second.client.ask('room.join', { code })
  await bob.client.next('room.member_back')
  await tick()
  const before = row(1)?.ack

  await say(second, before + 1, [{ x: -1 }])
  await tick(4)

  t.equal(done.at(-1)?.input.x, -1, 'what the session before had said is not done any more')
  t.match(row(1), { ack: before + 1 })
})

t.test('an input that cannot be is refused, and nothing of its frame is done', async (t) => {
  const { ada, done, tick } = await playing(t)
  const { number, have } = ada.room()
  // y of 2.5, in steps of a hundredth from −1 on.
  ada.client.sendBytes(Uint8Array.of(0xb1, number, have, 1, 1, 0, 0x80, 0xbc, 0x05, 0))
  const wrong = await ada.client.next('error')
  await tick()

  t.match(wrong.data, { code: 'INVALID_MESSAGE_DATA', request: 'state_up' })
  t.match(wrong.data.message, /inputs\.y: expected 0 to 200, got 350/)
  t.equal(done.length, 0)
})

t.test(`bytes that are nearly inputs end nothing, and others play on (seed ${SEED})`, async (t) => {
  const { below } = createRandom(SEED)
  const { ada, bob, done, row, tick, lines } = await playing(t, {}, { rates: false })
  const { number, have } = ada.room()
  const whole = [0xb5, number, have, 60, 1, 2, 0x81, 2, 0x80, 0x64, 0x40, 1, 0, 1]

  for (let count = 0; count < 3_000; count++) {
    const bytes = Uint8Array.from(whole)
    for (let wrongs = 1 + below(3); wrongs > 0; wrongs--) bytes[3 + below(11)] = below(256)
    ada.client.sendBytes(bytes.subarray(0, 4 + below(bytes.length - 3)))
    if (count % 100 === 0) await tick()
  }
  const before = done.filter(({ member }) => member === 2).length
  await say(bob, 1, [{ x: 1 }])
  await tick(2)

  t.equal(done.filter(({ member }) => member === 2).length, before + 1)
  t.match(row(2), { x: 10 })
  t.ok(done.every(({ input: { y } }) => Number.isFinite(y) && Math.abs(y) <= 1))
  t.notOk(
    lines.some(({ level }) => Number(level) >= 50),
    'nothing of it is a bug',
  )
})

t.test('what a room’s own logic fails with at one input harms no other', async (t) => {
  const { ada, bob, row, tick, lines } = await playing(t, {
    onInput(_: unknown, player: { x: number }, input: Walked) {
      if (input.fire) throw new Error('jammed')
      player.x += 1
    },
  })
  await say(ada, 1, [{ fire: true }, { x: 1 }])
  await say(bob, 1, [{ x: 1 }])

  await tick(2)

  t.match(row(1), { x: 1, ack: 2 })
  t.match(row(2), { x: 1, ack: 1 })
  t.ok(lines.some((line) => JSON.stringify(line).includes('jammed')))
})

t.test(
  'fifty rooms do their players’ inputs, and one that fails at each holds up no other',
  async (t) => {
    const field = defineRoom({
      state: arena,
      onInput(room, player, input) {
        if (room.properties.bad) throw new Error('boom')
        walk(player, input, room.step)
      },
    })
    const { mirrored, make, tick } = staging(t, {
      rooms: { field },
      limits: { rooms_total: 60, connections: 60 },
    })
    const players = await Promise.all(
      Array.from({ length: 50 }, async (_, at) => {
        const player = await mirrored()
        const code = make('field', at === 7 ? { properties: { bad: true } } : {})
        await player.client.ask('room.join', { code })
        return player
      }),
    )
    await tick()

    for (let count = 1; count <= 10; count++) {
      for (const player of players) void say(player, count, [{ x: 1 }])
      await tick()
    }
    await tick()

    const places = players.map(({ room }) => Object.values(room().told('players'))[0])
    for (const [at, { x, ack }] of places.entries())
      t.match({ x, ack }, { x: at === 7 ? 0 : 100, ack: 10 })
  },
)

t.test('who may say nothing in a room does nothing there', async (t) => {
  const { ada, bob, done, tick } = await playing(t)
  await ada.client.ask('room.assign', { number: 2, role: 'none' })
  await say(bob, 1, [{ x: 1 }])
  const { data } = await bob.client.next('error')
  await tick()

  t.match(data, { code: 'PERMISSION_DENIED', request: 'state_up' })
  t.equal(done.length, 0)
})

/** What a bank does, said again without a thought to what it costs. */
function bankModel(ticks: number, most: number) {
  let waiting: number[] = []
  let credit = most / 2
  let [poor, done, leftOut] = [0, 0, 0]
  const leave = (count: number) => {
    leftOut += count
    done = Math.max(done, waiting[count - 1] ?? 0)
    waiting = waiting.slice(count)
  }
  return {
    add(number: number) {
      if (number > Math.max(done, ...waiting)) waiting = [...waiting, number]
      if (waiting.length > most) leave(1)
    },
    take(): number[] {
      credit = Math.min(most / 2, credit + 1.01)
      const mayTwo = waiting.length > 2 && credit >= 2
      poor = waiting.length > 2 && !mayTwo ? poor + 1 : 0
      if (poor >= ticks) {
        poor = 0
        leave(waiting.length - 2)
      }
      const taken = waiting.slice(0, mayTwo ? 2 : 1)
      waiting = waiting.slice(taken.length)
      credit -= taken.length
      done = taken.at(-1) ?? done
      return taken
    },
    said: () => ({ done, leftOut, size: waiting.length }),
  }
}

t.test(`whatever comes when, a bank does what its rule says (seed ${SEED})`, (t) => {
  const { below: random } = createRandom(SEED)
  for (let walk = 0; walk < 40; walk++) {
    const [ticks, most] = [5 + random(60), 4 + random(60)]
    const [bank, model] = [new Bank(ticks, most), bankModel(ticks, most)]
    const pace = random(4)
    let number = 1
    for (let tick = 0; tick < 300; tick++) {
      const isStalled = Math.floor(tick / 30) % 4 === 1
      for (
        let count = isStalled ? 0 : random(pace + 2) + (tick % 30 === 0 ? random(20) : 0);
        count > 0;
        count--
      ) {
        // Now and then one is said again, or some were never said.
        number += random(20) === 0 ? random(4) - 2 : 1
        const one = Math.max(1, number)
        bank.add({ number: one, seen: 0, values: [] })
        model.add(one)
      }
      const taken = bank.take().map((one) => one.number)
      const { done, leftOut, size } = bank
      const same = JSON.stringify([taken, { done, leftOut, size }])
      const wanted = JSON.stringify([model.take(), model.said()])
      if (same !== wanted) return t.equal(same, wanted, `walk ${walk}, tick ${tick}`)
    }
  }
  t.pass('at every step')
  t.end()
})

const meadow = defineState(
  {
    players: table({ x: fixed(-2_000, 2_000, 0.01) }, { rows: 'members', history_ms: 500 }),
    hares: table({ x: fixed(-2_000, 2_000, 0.01), kind: 'uint8' }, { history_ms: 500 }),
    stones: table({ x: 'uint8' }),
  },
  { inputs: { at: fixed(-2_000, 2_000, 0.01) } },
)

/** A meadow in which a hare runs 10 units a tick, and who aims within one unit of it hits. */
async function hunting(t: Test, options: HubOptions = {}) {
  const shots: { readonly isHit: boolean; readonly x: number | undefined; readonly now: number }[] =
    []
  const field = defineRoom({
    state: meadow,
    onCreate(room) {
      room.state.hares.add({ x: 0, kind: 3 })
      room.state.stones.add({ x: 7 })
    },
    onInput(room, player, { at }, member) {
      player.x = at
      const hare = room.rewind(member, ({ hares, stones, players }) => {
        t.match([...stones], [{ x: 7 }], 'what is not remembered is as it is')
        t.equal(players.of(member)?.x, at, 'one’s own is as it is')
        return [...hares][0]
      })
      const isHit = hare !== undefined && Math.abs(hare.x - at) <= 1
      shots.push({ isHit, x: hare?.x, now: hare?.now?.x ?? Number.NaN })
    },
    onTick(room) {
      for (const hare of room.state.hares) hare.x += 10
    },
  })
  const here = staging(t, { rooms: { field }, ...options })
  const ada = await here.mirrored()
  await create(ada.client, 'field')
  const stall = () => ada.room().have
  return { ...here, ada, shots, have: stall }
}

const aim = (at: number) => [{ at }] as object[]

t.test('a hit on what the shooter saw counts, though the hare has run on', async (t) => {
  const { ada, shots, tick, have } = await hunting(t)
  await tick(20)

  // It has tick 20, in which the hare is at 200, and shows what was 150 ms before.
  await say(ada, 1, aim(170), { have: have(), behind: 150 })
  await tick()
  await say(ada, 2, aim(185), { have: have(), behind: 125 })
  await tick()

  t.match(shots[0], { isHit: true, x: 170, now: 200 })
  t.match(shots[1], { isHit: true, x: 185, now: 210 }, 'between two ticks')
})

t.test('a hit on what the shooter could not have seen does not count', async (t) => {
  const { ada, shots, tick, have } = await hunting(t)
  await tick(20)

  await say(ada, 1, aim(200), { have: have(), behind: 150 })
  await tick()

  t.match(shots[0], { isHit: false, x: 170 })
})

t.test('who claims to be later than may be gains nothing', async (t) => {
  const { ada, shots, tick, have } = await hunting(t)
  await tick(40)

  await say(ada, 1, aim(100), { have: have(), behind: 4_000_000 })
  await tick()
  await say(ada, 2, aim(100), { have: 12 })
  await tick()
  await say(ada, 3, aim(100), { have: have() + 1_000, behind: 0 })
  await tick()

  t.strictSame(
    shots.map(({ isHit, x }) => [isHit, x]),
    [
      [false, 340],
      [false, 389],
      [false, 420],
    ],
    'behind is 300 ms at most, what it has had it has, and what is to come it has not',
  )
})

t.test(
  'state_history_ms: a table is remembered no longer than it says, and its server lets it',
  async (t) => {
    const { ada, shots, tick } = await hunting(t, { limits: { state_history_ms: 200 } })
    await tick(20)
    const have = ada.room().have
    await tick(20)

    await say(ada, 1, aim(100), { have, behind: 150 })
    await tick()

    t.match(shots[0], { isHit: false, x: 360, now: 400 })
  },
)

t.test('a row that is gone, or another’s slot now, is seen as it was', async (t) => {
  const seen: { readonly kind: number; readonly x: number; readonly now: unknown }[] = []
  const field = defineRoom({
    state: meadow,
    onTick(room) {
      if (room.tick === 1) room.state.hares.add({ x: 1, kind: 1 })
      if (room.tick === 10) room.state.hares.at(0)?.remove()
      if (room.tick === 12) room.state.hares.add({ x: 2, kind: 2 })
    },
    onInput(room, _player, _input, member) {
      const hares = room.rewind(member, (past) => [...past.hares])
      seen.push(...hares.map(({ kind, x, now }) => ({ kind, x, now })))
    },
  })
  const { mirrored, tick } = staging(t, { rooms: { field } })
  const ada = await mirrored()
  await create(ada.client, 'field')
  await tick(9)
  const { have } = ada.room()
  await tick(5)

  await say(ada, 1, [{}], { have, behind: 0 })
  await tick()

  t.strictSame(seen, [{ kind: 1, x: 1, now: undefined }])
})

t.test('who takes the slot of a row that has just gone is not that row', async (t) => {
  const seen: { readonly kind: number; readonly slot: number; readonly now: unknown }[] = []
  const field = defineRoom({
    state: meadow,
    onCreate: (room) => void room.state.hares.add({ kind: 1 }),
    onTick(room) {
      if (room.tick === 10) room.state.hares.at(0)?.remove()
    },
    onInput(room, _player, _input, member) {
      room.state.hares.add({ kind: 2 })
      const hares = room.rewind(member, (past) => [...past.hares])
      seen.push(...hares.map(({ kind, slot, now }) => ({ kind, slot, now })))
      seen.push(...[...room.state.hares].map(({ kind, slot }) => ({ kind, slot, now: 'now' })))
    },
  })
  const { mirrored, tick } = staging(t, { rooms: { field } })
  const ada = await mirrored()
  await create(ada.client, 'field')
  await tick(9)
  const { have } = ada.room()
  await tick()

  await say(ada, 1, [{}], { have, behind: 0 })
  await tick()

  t.strictSame(seen, [
    { kind: 1, slot: 0, now: undefined },
    { kind: 2, slot: 0, now: 'now' },
  ])
})

t.test('a member who says nothing of it is rewound by its round trip alone', async (t) => {
  let seen: readonly number[] = []
  const field = defineRoom({
    state: defineState({ hares: table({ x: 'uint16' }, { history_ms: 500 }) }),
    onCreate: (room) => void room.state.hares.add(),
    onTick(room) {
      for (const hare of room.state.hares) hare.x += 10
    },
    onEvent(room, { from }) {
      seen = room.rewind(from, ({ hares }) => [...hares].map(({ x }) => x))
    },
    namespaces: ['hunt'],
  })
  const { raw, tick } = staging(t, { rooms: { field } })
  const ada = await raw()
  await create(ada, 'field')
  await tick(20)

  await ada.ask('event.emit', { name: 'hunt.shoot', args: [] }, { to: ['server'] })

  t.strictSame(seen, [189], 'a tick and 5 ms ago')
})

t.test('what cannot be said of inputs and of what is remembered is said at its place', (t) => {
  const rows = table({ x: 'uint8' }, { rows: 'members' })
  t.throws(() => defineState({ all: table({ x: 'uint8' }) }, { inputs: { x: 'bool' } }), {
    message: /state\.inputs: expected a table with rows: "members"/,
  })
  t.throws(() => defineState({ rows, old: table({ now: 'uint8' }, { history_ms: 100 }) }), {
    message: /state\.old\.now: expected another name/,
  })
  t.throws(() => defineState({ rows: table({ x: 'uint8' }, { history_ms: -1 }) }), {
    message: /state\.rows\.history_ms: expected a number of ms, got -1/,
  })
  t.throws(() => defineState({ rows: table({ predicted: 'uint8' }) }), { message: /predicted/ })
  t.throws(() => staging(t, { rooms: { deaf: { state: defineState({ rows }), onInput() {} } } }), {
    message: /rooms\.deaf\.onInput: expected a state that has inputs/,
  })
  t.end()
})
