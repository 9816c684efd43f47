import t from 'tap'
import { readStateUp } from '../protocol/state-up.ts'
import type { StateTables } from '../web-client/client.ts'
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
} from '../web-client/client.ts'
import type { Any } from './support/client.ts'
import { seedOf } from './support/clock.ts'
import { sized } from './support/soak.ts'
import { course } from './support/state-course.ts'
import { type Scripted, STEP_MS, scripted } from './support/state-frames.ts'

const SEED = seedOf()
const everything = defineState({
  things: table({
    flag: 'bool',
    small: 'int8',
    big: 'uint32',
    at: fixed(-2000, 2000, 0.01),
    turn: angle(10),
    place: vec2(-10, 10, 0.5),
    space: vec3(-10, 10, 0.5),
    way: quaternion(10),
    word: choice('red', 'green'),
    other: ref('things'),
    float: 'float64',
    name: 'string',
    any: 'json',
  }),
  round: single({ phase: choice('waiting', 'playing') }),
})
const LOW = {
  ...{ flag: false, small: -128, big: 0, at: -2000, turn: -Math.PI, word: 'red', other: -1 },
  ...{ place: { x: -10, y: 10 }, space: { x: -10, y: 0, z: 10 }, way: { x: 0, y: 0, z: 0, w: 1 } },
  ...{ float: -1e300, name: '', any: null },
}
const HIGH = {
  ...{ flag: true, small: 127, big: 4_294_967_295, at: 2000, turn: 0, word: 'green', other: 4_000 },
  ...{
    place: { x: 10, y: -0.5 },
    space: { x: 10, y: 0.5, z: -10 },
    way: { x: 1, y: 0, z: 0, w: 0 },
  },
  ...{ float: 0.1, name: 'Zoë', any: { deep: [1] } },
}
const FIELDS = Object.keys(LOW) as (keyof typeof LOW)[]

const players = defineState({
  players: table(
    { x: fixed(-2000, 2000, 0.01), hp: 'uint8', warps: 'uint8', mood: choice('calm', 'cross') },
    { write: 'owner' },
  ),
  doors: table({ open: 'bool' }, { write: 'host' }),
})

t.test('every field is what the room has, at its bounds', async (t) => {
  const server = scripted(everything)
  server.schema()

  server.snapshot(1, { things: { 0: LOW, 5: HIGH }, round: { 0: { phase: 'waiting' } } })
  t.strictSame(valuesOf(server.tables.things.at(0)), LOW)
  t.strictSame(valuesOf(server.tables.things.at(5)), HIGH)
  server.tell(2, { changed: { things: { 0: HIGH, 5: LOW } } })

  t.strictSame(valuesOf(server.tables.things.at(0)), HIGH, 'by differences round every ring')
  t.strictSame(valuesOf(server.tables.things.at(5)), LOW)
  t.equal(server.tables.round.row.phase, 'waiting')
  t.strictSame(server.reported, [])
})

t.test('rows are told as added, changed and removed, once each and in order', async (t) => {
  const server = scripted(players)
  server.schema()
  const heard = hear(server.tables.players)

  server.snapshot(1, { players: { 0: row(1), 1: row(2) } })
  t.strictSame(heard.splice(0), ['added 0', 'added 1'])
  server.tell(2, {
    changed: { players: { 1: { x: 7, hp: 3 } } },
    added: { players: { 4: row(9) } },
  })
  t.strictSame(heard.splice(0), ['added 4', 'changed 1 x,hp'])
  server.tell(5, { removed: { players: [0] }, left: { players: [1] } }, 3)
  t.strictSame(heard.splice(0), ['removed 0', 'left 1', 'removed 1'])
  const old = server.tables.players.at(4)
  server.tell(6, { added: { players: { 4: row(10) } } })

  t.strictSame(heard.splice(0), ['removed 4', 'added 4'], 'a slot that is another row’s')
  t.strictSame([old.x, server.tables.players.at(4).x], [9, 10], 'who is gone keeps its values')
  t.strictSame(
    [...server.tables.players].map(({ slot }) => slot),
    [4],
  )
})

t.test('a reset is told by what it changes', async (t) => {
  const server = scripted(players)
  server.schema()
  server.snapshot(1, { players: { 0: row(1), 1: row(2), 2: row(3) } })
  const kept = server.tables.players.at(1)
  const heard = hear(server.tables.players)

  server.snapshot(90, { players: { 1: row(2), 2: { ...row(3), hp: 1 }, 3: row(4) } })

  t.strictSame(heard, ['removed 0', 'added 3', 'changed 2 hp'])
  t.equal(server.tables.players.at(1), kept, 'and who stays is the same')
})

t.test('a tick in several frames is told when it is whole', async (t) => {
  const server = scripted(players)
  server.schema()
  const heard = hear(server.tables.players)
  const rows = Object.fromEntries(Array.from({ length: 60 }, (_, slot) => [slot, row(slot)]))

  server.snapshot(1, { players: rows }, 128)

  t.equal(heard.length, 60)
  t.equal(server.state.have, 1)
  server.snapshot(2, { players: { 0: row(0) } }, 128)
  t.equal(heard.length, 60 + 59)
})

t.test('what does not follow is asked for anew, once', async (t) => {
  const server = scripted(players)
  server.schema()
  server.snapshot(1, { players: { 0: row(1), 1: row(2) } })
  const heard = hear(server.tables.players)

  server.tell(4, { changed: { players: { 0: { x: 5 } } } }, 1)
  server.tell(5, { changed: { players: { 0: { x: 6 } } } }, 1)
  server.deliver([
    Uint8Array.of(0x90, 7, 6, 5, 0xff),
    Uint8Array.of(0x90, 7, 6, 5, 0x03, 0x01, 13, 0),
  ])

  t.strictSame(server.asked, [{ type: 'state.resync' }])
  t.strictSame([heard, server.tables.players.at(0).x], [[], 1], 'and nothing is guessed')
  server.snapshot(7, { players: { 0: row(6), 1: row(2) } })
  t.strictSame(heard, ['changed 0 x'])
  server.tell(9, { changed: { players: { 0: { x: 9 } } } }, 1)
  t.equal(server.asked.length, 2, 'and again when that is so again')
})

t.test(`a busy room is as its server has it, tick for tick (seed ${SEED})`, async (t) => {
  const { steps, wrong } = course(SEED, sized(3_000, 100_000))

  t.strictSame(wrong.slice(0, 3), [])
  t.ok(steps.length > 2_500 && steps.some(({ asks }) => asks))
})

t.test('tables have the types that they were defined with', async (t) => {
  const server = scripted(players, 1)
  server.schema()
  server.snapshot(1, { players: { 0: { ...row(1), owner: 1 } } })
  const tables = server.state.tables as unknown as StateTables<typeof players>

  const x: number | undefined = tables.players.mine?.smooth('x')
  const mood: 'calm' | 'cross' | undefined = tables.players.mine?.mood
  // @ts-expect-error there is no such field
  const none: undefined = tables.players.mine?.y
  // @ts-expect-error nor such a table
  const table: undefined = tables.players.constructor && tables.players_

  t.strictSame([x, mood, none], [1, 'calm', undefined])
  t.ok(table)
})

t.test('rows of a table that is asked for early come later', async (t) => {
  const server = scripted(players)
  const soon = server.tables.players.when(1)
  t.equal(server.tables.players.size, 0)
  server.schema()
  server.snapshot(1, { players: { 0: row(1), 1: row(2) } })

  t.equal((await soon).x, 2)
  t.equal((await server.tables.players.when(0)).x, 1)
})

t.test('what moves is shown between its frames, late by the line', async (t) => {
  const server = scripted(players, 99)
  server.schema()
  server.tables.players.smoothing('x', { leap: 500, flag: 'warps' })
  const shown = walk(server, [0, 10, 20, 30, 40, 50, 60, 70])

  t.ok(shown.every((x, index) => index === 0 || x - (shown[index - 1] ?? 0) < 10 / 3 + 0.01))
  t.ok((shown.at(-1) ?? 0) > 55, `${shown.at(-1)} of 70`)
  const warped = walk(server, [400, 410, 420, 430, 440], 9, { warps: 1 })
  t.equal(warped.filter((x) => x > 75 && x < 395).length, 0, 'and not between the ends of a leap')
  const far = walk(server, [-600, -600, -600, -600], 14)
  t.equal(far.filter((x) => x > -599 && x < 438).length, 0, 'nor of one that is too far to be none')
  t.equal(server.tables.players.at(0).smooth('mood'), 'calm')
  t.throws(() => server.tables.players.at(0).smooth('nothing'), /no field is called nothing/)
})

t.test('what stands is not shown beyond where it is', async (t) => {
  const server = scripted(players, 99)
  server.schema()
  const places = [0, 10, 20, 30, 40, 50, 60, 70]
  const shown = walk(server, places)

  for (let tick = places.length + 1; tick < places.length + 10; tick++) {
    if (tick === places.length + 1) server.tell(tick, {})
    for (let n = 0; n < 3; n++) {
      server.clock.advance(STEP_MS / 3)
      server.state.shown.look()
      shown.push(server.tables.players.at(0).smooth('x'))
    }
  }

  t.equal(Math.max(...shown), 70)
  t.equal(shown.at(-1), 70)
})

t.test('one’s own rows are as one writes them, and sent once in a tick', async (t) => {
  const server = scripted(players, 1)
  server.schema()
  server.snapshot(1, { players: { 0: { ...row(0), owner: 1 }, 1: { ...row(0), owner: 2 } } })
  const heard = hear(server.tables.players)
  const { mine } = server.tables.players

  for (const x of [1, 2, 3]) mine.x = x
  t.strictSame([mine.x, mine.smooth('x')], [3, 3])
  server.clock.advance(0)
  mine.x = 4
  server.clock.advance(STEP_MS - 1)
  t.equal(server.sent.length, 1)
  server.clock.advance(1)

  t.strictSame(server.sent.map(writes), [
    { slots: [0], x: [3] },
    { slots: [0], x: [4] },
  ])
  server.tell(2, { changed: { players: { 0: { x: 3 } } } })
  t.equal(mine.x, 4, 'what comes back is no news')
  server.tell(3, { changed: { players: { 0: { x: 4 } } } })
  t.strictSame([mine.x, heard], [4, []])
  mine.x = 5
  server.tell(4, { changed: { players: { 0: { x: 100 } } } })
  t.strictSame([mine.x, heard], [100, ['changed 0 x']], 'what the room says is')
  t.throws(
    () => {
      server.tables.players.at(1).x = 1
    },
    { code: 'PERMISSION_DENIED' },
  )
  t.throws(
    () => {
      mine.x = 'far'
    },
    { code: 'INVALID_MESSAGE_DATA' },
  )
})

t.test('what was written and is not to be is told', async (t) => {
  const server = scripted(players, 1)
  server.schema()
  server.snapshot(1, { players: { 0: { ...row(0), owner: 1 } } })
  const heard = hear(server.tables.players)
  const { mine } = server.tables.players
  mine.x = 1_000
  server.clock.advance(STEP_MS)

  server.state.apply({
    type: 'state.corrected',
    data: { table: 'players', slot: 0, code: 'CHANGE', values: { x: 0 } },
  } as Any)

  t.equal(mine.x, 0)
  t.strictSame(heard, ['corrected 0 CHANGE'])
})

t.test('what was written and not heard of is said again after a drop', async (t) => {
  const server = scripted(players, 1)
  server.schema()
  server.snapshot(1, { players: { 0: { ...row(0), owner: 1 } } })
  server.tables.players.mine.x = 8
  server.clock.advance(STEP_MS)

  server.state.resume()
  server.tell(2, { changed: { players: { 0: { x: 8 } } } })
  server.state.resume()

  t.strictSame(server.sent.map(writes), [
    { slots: [0], x: [8] },
    { slots: [0], x: [8] },
  ])
})

t.test('the host writes what is the host’s', async (t) => {
  const server = scripted(players, 1)
  server.schema()
  server.snapshot(1, { doors: { 2: { open: false } } })
  const door = server.tables.doors.at(2)
  t.throws(
    () => {
      door.open = true
    },
    { code: 'PERMISSION_DENIED' },
  )
  server.host = true

  door.open = true
  server.clock.advance(STEP_MS)

  t.equal(server.sent.length, 1)
  t.equal(door.open, true)
})

t.test(
  'who knows other tables than the room is told, and finds what has the same name',
  async (t) => {
    const server = scripted(players)
    server.state.expect(everything.hash)
    server.schema()
    server.snapshot(1, { players: { 0: row(5) } })

    t.match(server.warned, [/its tables .* are not those of this client/])
    t.equal(server.tables.players.at(0).x, 5)
  },
)

t.test('a room that begins again is shown from where it is', async (t) => {
  const server = scripted(players, 99)
  server.schema()
  walk(server, [0, 10, 20, 30, 40])
  server.schema({ number: 8 })
  t.equal(server.state.have, 0)
  t.equal(server.state.number, 8)
})

const row = (x: number) => ({ owner: 0, x, hp: 100, warps: 0, mood: 'calm' })
function valuesOf(one: Any) {
  return Object.fromEntries(FIELDS.map((field) => [field, one[field]]))
}

/** What a table tells, in words. */
function hear(table: Any): string[] {
  const heard: string[] = []
  for (const name of ['added', 'removed', 'left', 'changed', 'corrected'])
    table.on(name, ({ slot }: Any, more: Any) => {
      heard.push(`${name} ${slot}${more ? ` ${more.code ?? more}` : ''}`)
    })
  return heard
}

const writes = (frame: Uint8Array) => {
  const { write } = readStateUp(frame, players.columns)
  return {
    slots: [...(write?.slots ?? [])],
    x: [...(write?.values[0] ?? [])].map((q) => (q as number) / 100 - 2000),
  }
}

/** The row 0 is there in one tick after the other; where it was drawn, sixty times a second. */
function walk(server: Scripted, places: readonly number[], from = 1, more: Any = {}): number[] {
  const shown: number[] = []
  for (const [index, x] of places.entries()) {
    const tick = from + index
    if (tick === 1) server.snapshot(tick, { players: { 0: row(x) } })
    else server.tell(tick, { changed: { players: { 0: { x, ...more } } } })
    for (let n = 0; n < 3; n++) {
      server.clock.advance(STEP_MS / 3)
      server.state.shown.look()
      shown.push(server.tables.players.at(0).smooth('x'))
    }
  }
  return shown
}
