import t, { type Test } from 'tap'
import {
  angle,
  choice,
  defineState,
  fixed,
  quaternion,
  ref,
  single,
  table,
  vec2,
  vec3,
} from '../protocol/state.ts'
import { defineRoom, type GameRoom, type HubOptions } from '../server/server.ts'
import type { Any } from './support/client.ts'
import type { MemorySocket } from './support/memory.ts'
import { sized } from './support/soak.ts'
import { stage } from './support/stage.ts'
import { mirrorOf } from './support/state-mirror.ts'
import { create, quiet, TICK_MS } from './support/state-stage.ts'

const everything = defineState({
  things: table({
    ...{ yes: 'bool', tiny: 'int8', byte: 'uint8', short: 'int16', word: 'uint16' },
    ...{ int: 'int32', uint: 'uint32', count: 'varuint', sum: 'varint' },
    far: fixed(-2000, 2000, 0.01),
    ...{ turned: angle(10), at: vec2(-10, 10, 0.5), up: vec3(0, 1, 0.1), spin: quaternion(12) },
    ...{ mood: choice('glad', 'sad'), other: ref('things') },
    ...{ half: 'float32', whole: 'float64', name: 'string', more: 'json' },
  }),
})

t.test('a row of every type arrives as it is, at the bounds of each', async (t) => {
  let add = (_: Any): Any => undefined
  const hall = defineRoom({
    state: everything,
    onCreate(room) {
      add = (values) => room.state.things.add(values)
    },
  })
  const { raw, clock } = stage(t, { rooms: { hall } })
  const ada = await raw()
  const mirror = mirrorOf(ada)
  await create(ada, 'hall')
  const least = {
    ...{ yes: false, tiny: -128, byte: 0, short: -32_768, word: 0, int: -2_147_483_648, uint: 0 },
    ...{ count: 0, sum: -1_073_741_824, far: -2000, turned: -Math.PI, at: { x: -10, y: -10 } },
    ...{ up: { x: 0, y: 0, z: 0 }, spin: { x: -1, y: -1, z: -1, w: -1 }, mood: 'glad', other: -1 },
    ...{ half: -1.5, whole: -Number.MAX_VALUE, name: '', more: null },
  }
  const most = {
    ...{ yes: true, tiny: 127, byte: 255, short: 32_767, word: 65_535, int: 2_147_483_647 },
    ...{ uint: 4_294_967_295, count: 2_147_483_647, sum: 1_073_741_823, far: 2000 },
    ...{ turned: Math.PI / 2, at: { x: 10, y: 10 }, up: { x: 1, y: 1, z: 1 } },
    ...{ spin: { x: 1, y: 1, z: 1, w: 1 }, mood: 'sad', other: 1, half: 1.5, whole: 0.1 },
    ...{ name: 'Gödel', more: { a: [1, 'b', null] } },
  }
  const row = add(least)
  add(most)

  clock.advance(TICK_MS)
  await quiet()
  const first = mirror.room().told('things')
  Object.assign(row, most)
  clock.advance(TICK_MS)
  await quiet()

  const flat = (values: Any) =>
    Object.fromEntries(
      Object.entries(values).flatMap(([name, value]: [string, Any]) =>
        name !== 'more' && value && typeof value === 'object'
          ? Object.entries(value).map(([part, one]) => [`${name}.${part}`, one])
          : [[name, value]],
      ),
    )
  const numbers = { yes: Number, mood: (word: string) => ['glad', 'sad'].indexOf(word) } as Any
  const sent = (values: Any) =>
    Object.fromEntries(
      Object.entries(flat(values)).map(([name, value]) => [name, numbers[name]?.(value) ?? value]),
    )
  t.strictSame(first[0], sent(least))
  t.strictSame(first[1], sent(most))
  t.strictSame(mirror.room().told('things')[0], sent(most))
})

const arena = defineState({
  players: table({ x: fixed(-2000, 2000, 0.01), hp: 'uint8' }, { rows: 'members' }),
  shots: table({ x: fixed(-2000, 2000, 0.01), name: 'string' }),
  round: single({ phase: choice('waiting', 'playing', 'over'), ends: 'uint32' }),
})

/** A room whose logic is in the test's hands, and who sits there. */
async function playing(t: Test, options: HubOptions = {}) {
  let room = undefined as unknown as GameRoom<undefined, typeof arena>
  const hall = defineRoom({
    state: arena,
    onCreate(made) {
      room = made
    },
  })
  const here = stage(t, { rooms: { hall }, ...options })
  const ada = await here.raw()
  const seen = mirrorOf(ada)
  const code = await create(ada, 'hall')
  const tick = async (count = 1) => {
    for (; count > 0; count--) {
      here.clock.advance(TICK_MS)
      await quiet()
    }
  }
  await tick()
  return { ...here, ada, seen, code, room, tick }
}

t.test('what is added, changed and removed is told once each, in order', async (t) => {
  const { room, seen, tick } = await playing(t)
  const { events } = seen.room()
  events.length = 0

  const [one, two] = [room.state.shots.add({ name: 'one' }), room.state.shots.add({ x: 5 })]
  await tick()
  one.x = 1.5
  one.x = 2.5
  two.remove()
  await tick()
  const three = room.state.shots.add({ name: 'three' })
  room.state.shots.add().remove()
  await tick()
  three.x = 0.001
  one.x = 2.5
  await tick(5)

  t.strictSame(events, ['shots +0', 'shots +1', 'shots -1', 'shots ~0', 'shots +1'])
  t.match(seen.room().told('shots'), { 0: { x: 2.5, name: 'one' }, 1: { x: 0, name: 'three' } })
  t.equal(three.x, 0.001, 'its own logic reads what it wrote')
})

t.test('that what moved stands is told once, in the first step without a change', async (t) => {
  const { room, seen, tick } = await playing(t)
  const shot = room.state.shots.add()
  await tick()
  const came = () => seen.room().frames
  const [before, have] = [came(), seen.room().have]

  for (const x of [1, 2, 3]) {
    shot.x = x
    await tick()
  }
  t.equal(came() - before, 3)
  await tick()
  t.equal(came() - before, 4)
  t.equal(seen.room().have, have + 4, 'as late as it is, where all stands')
  await tick(5)

  t.equal(came() - before, 4, 'and nothing more')
  shot.x = 4
  await tick()
  t.equal(came() - before, 5)
  t.equal(seen.room().gaps, 0)
  t.match(seen.room().told('shots'), { 0: { x: 4 } })
})

t.test('a row that replaces another in its slot within one step is another row', async (t) => {
  const { room, seen, tick } = await playing(t)
  const shots = Array.from({ length: 4 }, (_, at) => room.state.shots.add({ x: at }))
  await tick()
  const { events } = seen.room()
  events.length = 0

  shots[2]?.remove()
  await tick()
  room.state.shots.add({ x: 9 })
  await tick()

  t.strictSame(events, ['shots -2', 'shots +2'])
  t.throws(() => shots[2]?.x, new TypeError('state.shots: this row was removed'))
})

t.test(
  'members have a row each, which goes with their seat and stays while they are away',
  async (t) => {
    const { raw, room, ada, seen, code, tick } = await playing(t)
    const bob = await raw()
    await bob.ask('room.join', { code })
    for (const row of room.state.players) row.hp = row.owner * 10
    await tick()
    t.match(seen.room().told('players'), { 0: { owner: 1, hp: 10 }, 1: { owner: 2, hp: 20 } })

    bob.drop()
    await ada.next('room.member_away')
    await tick()
    t.equal(seen.room().rows('players').size, 2)
    await ada.ask('room.kick', { number: 2 })
    await tick()

    t.strictSame([...seen.room().rows('players').keys()], [0])
  },
)

t.test('who joins has all there is with the next step, and the tables before that', async (t) => {
  const { raw, room, seen, code, tick } = await playing(t)
  for (let at = 0; at < 100; at++) room.state.shots.add({ x: at, name: `shot ${at}` })
  room.state.round.phase = 'playing'
  await tick()

  const bob = await raw()
  const late = mirrorOf(bob)
  await bob.ask('room.join', { code })
  await bob.next('state.schema')
  t.equal(late.room(code).have, 0)
  await tick()

  for (const name of ['players', 'shots', 'round'])
    t.strictSame(late.room().told(name), seen.room().told(name), name)
  t.match(late.room().told('round'), { 0: { phase: 1 } })
  t.equal(late.room().resets, 1)
  t.equal(seen.room().resets, 1, 'the others are not told again')
})

t.test('what does not fit one message comes in several, and counts with the last', async (t) => {
  const { raw, room, seen, code, tick } = await playing(t)
  for (let at = 0; at < 300; at++) room.state.shots.add({ x: at, name: `shot ${at}` })
  const bob = await raw()
  const late = mirrorOf(bob)
  await bob.ask('session.hello', { receive_bytes: 1_024 })
  await bob.ask('room.join', { code })

  await tick()
  for (const row of room.state.shots) row.name = `changed ${row.slot}`
  await tick()

  const { raw: frames, gaps } = late.room()
  t.ok(frames.length > 4, `${frames.length} frames`)
  t.ok(frames.every(({ length }) => length <= 1_024))
  t.equal(gaps, 0)
  t.strictSame(late.room().told('shots'), seen.room().told('shots'))
})

t.test('who comes back goes on from the tick it has, or has all anew', async (t) => {
  for (const has of ['its tick', 'no tick', 'a tick that never was']) {
    const { raw, room, seen, code, tick } = await playing(t)
    const bob = await raw()
    const before = mirrorOf(bob)
    await bob.ask('room.join', { code })
    const shots = Array.from({ length: 50 }, (_, at) => room.state.shots.add({ x: at }))
    await tick()

    bob.drop()
    await tick()
    shots[7]?.remove()
    Object.assign(shots[8] ?? {}, { x: 99 })
    room.state.shots.add({ x: 77 })
    await tick()
    const back = await raw()
    const after = mirrorOf(back)
    after.goOn(before.held)
    const [[number = 0, have = 0] = []] = before.states
    const states =
      has === 'its tick' ? [[number, have]] : has === 'no tick' ? [] : [[number, 9_999]]
    const { token } = bob.welcome
    const counts = { sent: 1, received: bob.seen.length - 1, forgotten: 0 }
    await back.ask('session.resume', { token, attempt: 1, ...counts, states })
    await tick()

    t.strictSame(after.room().told('shots'), seen.room().told('shots'), has)
    t.equal(after.room().gaps, 0)
    t.equal(after.room().resets, has === 'its tick' ? 1 : 2, has)
  }
})

t.test('who does not follow asks for all anew', async (t) => {
  const { room, ada, seen, tick } = await playing(t)
  room.state.shots.add({ x: 1 })
  await tick()

  const answer = await ada.ask('state.resync')
  await tick()

  t.equal(answer.type, 'state.resync')
  t.equal(seen.room().resets, 2)
})

t.test('nothing changed, nothing is sent', async (t) => {
  const { room, seen, tick } = await playing(t)
  const { frames } = seen.room()
  room.state.round.ends = 0
  await tick(100)

  t.equal(seen.room().frames, frames)
})

t.test('who asks for all anew before it has answered what it was asked is sent more', async (t) => {
  const { room, ada, seen, tick } = await playing(t)
  const socket = ada.socket as MemorySocket
  socket.stalled = true
  room.state.round.ends = 1
  await tick(10)
  ada.send({ type: 'state.resync', id: 'r1', data: {} })
  await quiet()
  socket.stalled = false
  await tick()

  for (let ends = 2; ends < 60; ends++) {
    room.state.round.ends = ends
    await tick()
  }

  t.match(seen.room().told('round'), { 0: { ends: 59 } })
})

t.test(
  'a slow reader is sent what is newest, never more than it reads, and is right',
  async (t) => {
    const { raw, room, seen, code, tick } = await playing(t)
    const shots = Array.from({ length: 100 }, (_, at) => room.state.shots.add({ x: at }))
    const slow = await raw()
    const late = mirrorOf(slow)
    const socket = slow.socket as MemorySocket
    await slow.ask('room.join', { code })
    await tick(2)
    const before = seen.room().bytes
    const move = (step: number) => {
      for (const [at, shot] of shots.entries()) shot.x += ((at * step) % 13) - 6
    }
    for (let step = 1; step <= 20; step++) {
      move(step)
      await tick()
    }
    const needed = (seen.room().bytes - before) / 20

    // Half of what it takes, for twelve seconds, or a minute.
    let stalest = 0
    socket.stalled = true
    for (let step = 1; step <= sized(240, 1_200); step++) {
      move(step)
      await tick()
      socket.read(needed / 2)
      await quiet()
      stalest = Math.max(stalest, room.tick - late.room().have)
    }
    const busy = late.room().frames
    let quietFor = 0
    for (; late.room().have < seen.room().have && quietFor < 200; quietFor++) {
      await tick()
      socket.read(needed / 2)
      await quiet()
    }

    t.comment(`stalest ${stalest} steps, ${busy} frames, equal after ${quietFor}`)
    t.ok(stalest <= 40, `at most two seconds behind: ${stalest} steps`)
    t.ok(quietFor <= 60, `equal within three seconds: ${quietFor} steps`)
    t.strictSame(late.room().told('shots'), seen.room().told('shots'))
    t.equal(late.room().gaps, 0)
    t.equal(late.room().resets, 1, 'without a reset')
  },
)

t.test('fifty rooms have their steps, and one that fails holds up no other', async (t) => {
  const seen = new Map<string, number>()
  const hall = defineRoom({
    state: arena,
    onTick(room, { number }) {
      room.state.round.ends = number
      seen.set(room.code, (seen.get(room.code) ?? 0) + 1)
      if (room.properties.bad) throw new Error('boom')
    },
  })
  const { raw, make, clock } = stage(t, { rooms: { hall }, limits: { rooms_total: 60 } })
  const codes = Array.from({ length: 50 }, (_, at) =>
    make('hall', at === 7 ? { properties: { bad: true } } : {}),
  )
  const members = await Promise.all(
    codes.slice(0, 10).map(async (code) => {
      const client = await raw()
      const mirror = mirrorOf(client)
      await client.ask('room.join', { code })
      return mirror
    }),
  )

  for (let step = 0; step < 20; step++) {
    clock.advance(TICK_MS)
    await quiet()
  }

  t.strictSame(
    [...seen.values()],
    codes.map(() => 20),
  )
  for (const mirror of members) t.match(mirror.room().told('round'), { 0: { ends: 20 } })
})
