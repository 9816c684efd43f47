import stringify from 'fast-json-stable-stringify'
import { createFlusher } from '../../server/core/delivery/flusher.ts'
import type { Context } from '../../server/core/dispatch/dispatch.ts'
import { createGuesses } from '../../server/core/dispatch/guesses.ts'
import type { Properties, Room, RoomKind } from '../../server/core/room/room.ts'
import { createRooms } from '../../server/core/room/rooms.ts'
import { createSeating } from '../../server/core/room/seating.ts'
import { Session } from '../../server/core/session/session.ts'
import { limitsOf, ratesOf } from '../../server/core/wire/limits.ts'
import { createRoomFeature } from '../../server/features/rooms.ts'
import { createWorld } from '../../server/world.ts'
import { among, bounded, type Figure, inTurn, type Workload } from './figures.ts'

const ROOMS = 10_000
/** What one request may take, in µs. */
const MOST_US = 500

/** A room that is asked for, as `room.list` and `room.join_or_create` are asked for one. */
interface Wish {
  readonly name: string
  readonly does: 'list' | 'join'
  readonly properties: Properties
}

const HALF = { left: true, right: true }
const WISHES: readonly Wish[] = [
  { name: 'a list of all, its first page', does: 'list', properties: {} },
  { name: 'a list of 10', does: 'list', properties: { mode: 'ffa', map: 500 } },
  { name: 'a list of none', does: 'list', properties: { mode: 'none' } },
  { name: 'a list of none, by what halves say', does: 'list', properties: HALF },
  { name: 'join_or_create, where one has a seat', does: 'join', properties: { mode: 'ffa' } },
]

/** Rooms looked for among ten thousand; beside it, a walk over all of them. In this process. */
export const rooms: Workload = {
  name: 'rooms',
  async run(quick) {
    const house = furnished()
    const [times, count] = quick ? [3, 20] : [7, 100]
    const figures: Figure[] = []
    for (const wish of WISHES) {
      const ways = { estragon: () => house.asks(wish), walk: () => house.walks(wish) }
      const measure = async (name: 'estragon' | 'walk') => timed(ways[name], count)
      await inTurn(['estragon', 'walk'], 1, measure)
      const results = await inTurn(['estragon', 'walk'], times, measure)
      const figure = among(wish.name, 'µs', results, (us) => us)
      figures.push(bounded(figure, `≤ ${MOST_US} µs`, figure.estragon.median <= MOST_US))
    }
    return figures
  },
}

function timed(run: () => void, count: number): number {
  const start = performance.now()
  for (let round = 0; round < count; round++) run()
  return ((performance.now() - start) * 1_000) / count
}

/** A server's rooms without the server: all of one kind, all full but the last. */
function furnished() {
  const world = createWorld()
  const limits = limitsOf({ rooms_total: ROOMS + 1 })
  const kind: RoomKind = {
    ...{ name: 'duel', capacity: 1, namespaces: [], linger_ms: Number.POSITIVE_INFINITY },
    open: () => ({}),
  }
  const rooms = createRooms(world, limits)
  const { handlers } = createRoomFeature({
    ...{
      world,
      limits,
      rooms,
      seating: createSeating({ world, limits, rooms, isBackend: () => false, tellLatest() {} }),
      kinds: [kind],
      cleanName: (name: string) => name,
      nameFor: () => 'Ada',
      knows() {},
    },
    guesses: createGuesses(ratesOf(), world),
  })
  const outside = { limits, rates: false as const, flusher: createFlusher(() => {}) }
  const session = (id: string) =>
    new Session(id, id, 'memory', { ...outside, now: world.now, after: world.after, onSlow() {} })
  const all: Room[] = []
  for (let at = 0; at < ROOMS; at++) {
    const half = at % 2 > 0 ? { left: true } : { right: true }
    const room = rooms.create(kind, { properties: { mode: 'ffa', map: at % 1_000, ...half } })
    if (at < ROOMS - 1) room.add(room.propose(session(`${at}`), 'Ada', 'player', null))
    all.push(room)
  }
  const asker = session('asker')
  // A handler knows nothing of the connection but that there is one.
  const context = { session: asker, afterwards() {}, atEnd() {} } as unknown as Context

  return {
    asks({ does, properties }: Wish): void {
      if (does === 'list') return void handlers['room.list'](context, { kind: 'duel', properties })
      handlers['room.join_or_create'](context, { kind: 'duel', properties })
      for (const room of rooms.of(asker)) rooms.leave(asker, room, 'left')
    },
    /** As it was before there was an index. */
    walks({ does, properties }: Wish): void {
      const found: Room[] = []
      for (const room of all) {
        if (!room.listed || room.kind !== kind) continue
        if (does === 'join' && (room.locked || room.isFull)) continue
        if (!says(room, properties)) continue
        if (found.push(room) > (does === 'join' ? 0 : 50)) break
      }
      for (const { code, capacity, size, locked, properties } of found)
        JSON.stringify({ code, kind: kind.name, capacity, members: size, locked, properties })
    },
  }
}

const says = ({ properties }: Room, asked: Properties): boolean =>
  Object.entries(asked).every(
    ([name, value]) =>
      Object.hasOwn(properties, name) && stringify(properties[name]) === stringify(value),
  )
