import t from 'tap'
import { LIMITS } from '../protocol/limits.ts'
import { createFlusher } from '../server/core/delivery/flusher.ts'
import type { Search } from '../server/core/room/index.ts'
import type { Properties, Room, Wishes } from '../server/core/room/room.ts'
import { createRooms } from '../server/core/room/rooms.ts'
import { Session } from '../server/core/session/session.ts'
import { limitsOf } from '../server/core/wire/limits.ts'
import type { Any } from './support/client.ts'
import { createClock, createRandom, createTestWorld, seedOf } from './support/clock.ts'
import { kindOf, stage } from './support/stage.ts'

const seed = seedOf()
t.comment(`SEED=${seed}`)

const DUEL = kindOf('duel', { capacity: 2 })
const RACE = kindOf('race', { capacity: 2 })
const MANY = 10_000
/** The most that one request may cost: the last room may be compared as a whole. */
const MOST_LOOKS = LIMITS.looks.value + LIMITS.room_properties.value

/** Rooms without a server around them, and what fills one with members. */
function house() {
  const limits = limitsOf({ rooms_total: MANY + 10 })
  const rooms = createRooms(createTestWorld(createClock()), limits)
  const outside = { now: () => 0, after: () => () => {}, rates: false as const, onSlow() {} }
  const flusher = createFlusher(() => {})
  const newSession = (id: string) => new Session(id, id, 'memory', { limits, flusher, ...outside })
  return {
    rooms,
    make: (wishes: Wishes = {}, kind = DUEL) => rooms.create(kind, wishes),
    fill(room: Room): void {
      for (let seat = room.size; seat < room.capacity; seat++)
        room.add(room.propose(newSession(`${room.code} ${seat}`), 'Ada', 'player', null))
    },
  }
}

/** All that a search finds in one go. */
function taken(search: Search): Room[] {
  const found: Room[] = []
  for (let room = search.take(); room; room = search.take()) found.push(room)
  return found
}

t.test('a room is found among ten thousand that are full or locked, by one look', async (t) => {
  const { rooms, make, fill } = house()
  for (let count = 0; count < MANY; count++) {
    const room = make({ capacity: 1, properties: { mode: 'ffa' } })
    if (count % 2 === 0) room.locked = true
    else fill(room)
  }

  const none = rooms.open('duel', { mode: 'ffa' })
  t.equal(none.take(), undefined)
  t.equal(none.looks, 0)
  const free = make({ properties: { mode: 'ffa' } })
  const search = rooms.open('duel', { mode: 'ffa' })

  t.equal(search.take(), free)
  t.equal(search.looks, 1)
})

t.test('what few rooms say is found among ten thousand by few looks', async (t) => {
  const { rooms, make } = house()
  for (let count = 0; count < MANY; count++)
    make({ properties: { mode: 'ffa', map: count % 1_000 } }, count % 2 === 0 ? DUEL : RACE)

  const search = rooms.listed({ kind: 'duel', properties: { mode: 'ffa', map: 500 } }, 0)

  t.equal(taken(search).length, 10)
  t.equal(search.next, null)
  t.ok(search.looks <= 10 * 3, `${search.looks} looks`)
})

t.test('what no room says costs no look, whatever else is asked', async (t) => {
  const { rooms, make } = house()
  for (let count = 0; count < MANY; count++) make({ properties: { mode: 'ffa' } })

  for (const properties of [{ mode: 'duel' }, { mode: 'ffa', map: 'ice' }, { mode: null }]) {
    const search = rooms.listed({ kind: 'duel', properties }, 0)
    t.strictSame([taken(search), search.next, search.looks], [[], null, 0])
  }
})

t.test('a filter made to defeat the index ends in time, and says where to go on', async (t) => {
  const { rooms, make } = house()
  // Everything asked is said by half of the rooms; all of it by the last one only.
  const odd = Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`odd${at}`, true]))
  const even = Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`even${at}`, true]))
  for (let count = 0; count < MANY - 1; count++)
    make({ properties: count % 2 > 0 ? { ...odd, even0: true } : { ...even, odd0: true } })
  const last = make({ properties: { ...odd, ...even } })

  const found: Room[] = []
  let pages = 0
  for (let after: number | null = 0; after !== null; pages++) {
    const search: Search = rooms.listed({ kind: 'duel', properties: { ...odd, ...even } }, after)
    found.push(...taken(search))
    t.ok(search.looks <= MOST_LOOKS, `${search.looks} looks`)
    t.ok(search.next === null || search.next > after)
    after = search.next
  }

  t.strictSame(
    found.map(({ serial }) => serial),
    [last.serial],
  )
  t.ok(pages > 1, `${pages} pages`)
  const open = rooms.open('duel', { ...odd, ...even })
  t.equal(open.take(), undefined)
  t.ok(open.looks <= MOST_LOOKS, `a seat is looked for as long: ${open.looks} looks`)
})

t.test('values are the same when they are equal, and only then', async (t) => {
  const { rooms, make } = house()
  const values: readonly Properties[string][] = [
    ...[1, '1', true, 'true', '', '"', 0.5, [], {}, [1], ['1'], [[1]], { a: [] }, { a: {} }],
    ...['null', { a: { b: { c: [1, { d: 2 }] } } }, { a: { b: { c: [{ d: 2 }, 1] } } }],
  ]
  const said = values.map((value) => make({ properties: { value } }))
  const odd = make({ properties: JSON.parse('{"__proto__":1,"\\"a\\"1":2,"constructor":3}') })
  make({ properties: JSON.parse('{"value\\"1":1}') })
  const find = (properties: Properties) => taken(rooms.listed({ properties }, 0))

  for (const [index, value] of values.entries())
    t.strictSame(find({ value }), [said[index]], JSON.stringify(value))
  t.strictSame(
    find({ value: { a: { b: { c: [1, { d: 2 }] } } } }),
    find({ value: values[15] ?? 0 }),
  )
  t.strictSame(find(JSON.parse('{"__proto__":1}')), [odd])
  t.strictSame(find({ constructor: 3 }), [odd])
  t.strictSame(find({ toString: 3 }), [])
  const both = make({ properties: { both: { first: 1, second: 2 } } })
  t.strictSame(find({ both: { second: 2, first: 1 } }), [both], 'in whatever order')
})

t.test('rooms are found as a walk over all of them finds them, whatever happens', async (t) => {
  const { rooms, make, fill } = house()
  const random = createRandom(seed)
  const all: Room[] = []
  const someProperties = () =>
    random.pick<Properties>([{}, { a: 1 }, { a: 2 }, { a: 1, b: 1 }, { a: 1, b: 2, c: [1] }])
  const says = ({ properties }: Room, asked: Properties) =>
    Object.entries(asked).every(
      ([name, value]) => JSON.stringify(properties[name]) === JSON.stringify(value),
    )
  const deeds: readonly ((room: Room) => void)[] = [
    (room) => room.merge(random.pick<Properties>([{ a: 1 }, { a: 2 }, { a: null }, { b: 1 }])),
    (room) => room.merge({ b: null, c: [1] }),
    (room) => {
      room.listed = !room.listed
    },
    (room) => {
      room.locked = !room.locked
    },
    fill,
    (room) => void [...room.members].slice(0, 1).map((member) => room.remove(member)),
    (room) => {
      for (const member of [...room.members]) room.remove(member)
      // Who asks in vain for a seat of a room that nobody else is in ends it.
      if (room.isUnused) all.splice(all.indexOf(room), 1)
      rooms.release(room, true)
    },
  ]

  for (let step = 0; step < 3_000; step++) {
    if (all.length < 300 || random.below(8) === 0)
      all.push(make({ properties: someProperties() }, random.pick([DUEL, RACE])))
    else random.pick(deeds)(random.pick(all))
    if (step % 10 > 0) continue
    const asked = { kind: random.pick(['duel', undefined]), properties: someProperties() }
    const after = random.below(step + 1)
    const listed = all.filter(
      (room) =>
        room.listed &&
        room.serial > after &&
        (asked.kind ?? room.kind.name) === room.kind.name &&
        says(room, asked.properties),
    )
    const open = all.filter(
      (room) =>
        room.kind === RACE &&
        room.listed &&
        !room.locked &&
        room.size < room.capacity &&
        says(room, asked.properties),
    )
    const found = {
      listed: taken(rooms.listed(asked, after)).map(({ serial }) => serial),
      open: taken(rooms.open('race', asked.properties)).map(({ serial }) => serial),
    }
    const expected = {
      listed: listed.map(({ serial }) => serial),
      open: open.map(({ serial }) => serial),
    }
    if (JSON.stringify(found) !== JSON.stringify(expected))
      return t.strictSame(found, expected, `step ${step} of seed ${seed}`)
  }
  t.ok(all.length > 300, `${all.length} rooms at the end`)
})

t.test('paged through while rooms come and go, a list shows each once, in order', async (t) => {
  const { rooms, make } = house()
  const random = createRandom(seed)
  const live = Array.from({ length: 400 }, () => make({ properties: { a: 1 } }))
  const stays = live.filter((_, index) => index % 3 === 0)

  const seen: number[] = []
  for (let after: number | null = 0; after !== null && seen.length < 2_000; ) {
    const search: Search = rooms.listed({ properties: { a: 1 } }, after)
    let last: number | null = null
    for (let count = 0; count < 7; count++) {
      const room = search.take()
      if (!room) break
      seen.push(room.serial)
      last = room.serial
    }
    after = search.next === null ? null : last
    const gone = random.pick(live)
    if (!stays.includes(gone)) rooms.release(gone, true)
    if (live.length < 500) live.push(make({ properties: { a: 1 } }))
  }

  t.strictSame(
    seen,
    [...new Set(seen)].sort((a, b) => a - b),
  )
  for (const { serial } of stays) if (!seen.includes(serial)) t.fail(`room ${serial} was not seen`)
})

t.test('looks: a list looks at so many rooms, and the next page goes on from there', async (t) => {
  const { raw } = stage(t, { kinds: [DUEL], rates: false, limits: { rooms: 50, looks: 8 } })
  const ada = await raw()
  for (let number = 0; number < 20; number++)
    await ada.ask('room.create', {
      kind: 'duel',
      properties: number === 19 ? { a: 1, b: 1 } : number % 2 > 0 ? { a: 1 } : { b: 1 },
    })
  const pages: Any[] = []

  for (let after = 0; after !== null; after = pages.at(-1).next)
    pages.push((await ada.ask('room.list', { properties: { a: 1, b: 1 }, after })).data)

  t.strictSame(
    pages.map(({ rooms, next }) => [rooms.length, next]),
    [
      [0, 8],
      [0, 16],
      [1, null],
    ],
  )
})

t.test('room_properties: a room has so many properties, and nobody asks for more', async (t) => {
  const { raw } = stage(t, { kinds: [DUEL], rates: false, limits: { room_properties: 3 } })
  const ada = await raw()
  const [fits, over] = [
    { a: 1, b: 2, c: 3 },
    { a: 1, b: 2, c: 3, d: 4 },
  ]
  const refused = { data: { code: 'TOO_LARGE', message: /properties: 4 properties; .* at most 3/ } }

  t.match(await ada.ask('room.create', { kind: 'duel', properties: over }), refused)
  t.match(await ada.ask('room.join_or_create', { kind: 'duel', properties: over }), refused)
  t.match(await ada.ask('room.list', { properties: over }), refused)
  await ada.ask('room.create', { kind: 'duel', properties: fits })
  t.match(await ada.ask('room.update', { properties: { d: 4 } }), refused)
  const { data } = await ada.ask('room.update', { properties: { d: 4, a: null } })

  t.strictSame(data.room.properties, { b: 2, c: 3, d: 4 })
})

t.test('a filter larger than what a room can say is TOO_LARGE', async (t) => {
  const { raw } = stage(t, { kinds: [DUEL] })
  const ada = await raw()

  const { data } = await ada.ask('room.list', { properties: { text: 'x'.repeat(3_000) } })

  t.match(data, { code: 'TOO_LARGE', message: /room.list.properties/, request: 'room.list' })
})

t.test('a room that the server changes is found as it is now', async (t) => {
  const { rooms, make } = house()
  const room = make({ properties: { map: 'ice' } })

  room.merge({ map: 'lava' })

  t.strictSame(taken(rooms.listed({ properties: { map: 'ice' } }, 0)), [])
  t.strictSame(taken(rooms.listed({ properties: { map: 'lava' } }, 0)), [room])
  rooms.release(room, true)
  t.strictSame(taken(rooms.listed({}, 0)), [])
  t.strictSame(taken(rooms.open('duel', {})), [])
})
