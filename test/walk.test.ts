import t from 'tap'
import { seedOf } from './support/clock.ts'
import { heap, mega } from './support/heap.ts'
import { sized } from './support/soak.ts'
import { type Extent, walkAbout } from './support/walk.ts'
import { openHost } from './support/walk-host.ts'
import type { Over } from './support/world.ts'

/** A busy machine takes its time. */
t.setTimeout(sized(240_000, 600_000))

const seed = seedOf()
t.comment(`SEED=${seed}`)

const WALKS: readonly (Extent & { readonly over: Over })[] = [
  { over: 'socket', rooms_total: 50, actors: 110, rooms: 6, rounds: sized(12, 25), steps: 150 },
  {
    over: 'memory',
    ...sized(
      { rooms_total: 120, actors: 200, rooms: 8, rounds: 9, steps: 400 },
      { rooms_total: 500, actors: 700, rooms: 8, rounds: 9, steps: 1_100 },
    ),
  },
]

/** What has to have come of it, or the walk was too short. */
const EVERYTHING = [
  ...['create ok', 'create TOO_MANY_ROOMS', 'join ok', 'join BANNED', 'join ROOM_LOCKED'],
  ...['join ROOM_FULL', 'join ALREADY_IN_ROOM', 'join ROOM_NOT_FOUND', 'join TOO_MANY_ROOMS'],
  ...['join_or_create ok', 'leave ok', 'leave NOT_IN_ROOM', 'list ok', 'update ok', 'lock ok'],
  ...['kick ok', 'kick PERMISSION_DENIED', 'kick MEMBER_NOT_FOUND', 'lock ROOM_REQUIRED'],
  ...['assign ok', 'assign PERMISSION_DENIED'],
].map((what) => `room.${what}`)
EVERYTHING.push(
  'seat taken over',
  'host changed',
  'session dropped',
  'session resumed',
  'session expired',
)

/** Its two sweeps, of connections and of those not proven yet; guesses, revoked keys, bans, what is old. */
const SERVER_TIMERS = 6

for (const { over, ...extent } of WALKS)
  t.test(`${extent.rooms_total} rooms are as a model says they are (${over})`, async (t) => {
    const { rooms, rooms_total, actors } = extent
    const crowd = { sessions: actors * 4, connections: actors * 4 }
    const host = await openHost(over, { rooms, rooms_total, ...crowd }, seed)
    t.teardown(host.close)
    await walkAbout(host, extent, seed + 1)
    const before = { heap: await heap(), ...leftovers(), timers: host.clock.pending }
    host.remains.length = 0
    const began = performance.now()

    const { done, tally, remains, ...most } = await walkAbout(host, extent, seed)

    const seconds = (performance.now() - began) / 1000
    const after = { heap: await heap(), ...leftovers(), timers: host.clock.pending }
    const isHeld = (one: WeakRef<object>) => one.deref() !== undefined
    t.match(host.stats(), { connections: 0, sessions: 0, away: 0, rooms: 0 }, 'nothing is left')
    t.equal(after.timers, SERVER_TIMERS, 'no timer is left but the server’s own')
    t.strictSame(after.kinds, before.kinds, 'nor a socket, a timer or a listener of the process')
    t.notOk([...host.remains, ...remains].some(isHeld), 'nothing holds what is gone')
    t.ok(after.heap < before.heap * 1.1, `heap: ${mega(before.heap)}, ${mega(after.heap)} after`)
    t.ok(most.rooms >= rooms_total * 0.9, `up to ${most.rooms} rooms with ${most.seats} seats`)
    for (const what of EVERYTHING) t.ok(tally.get(what), `${what}: ${tally.get(what)} times`)
    t.comment(`done: ${listed(done)}`)
    t.comment(`came of it: ${listed(tally)}`)
    t.comment(`${seconds.toFixed(1)} s, heap ${mega(before.heap)} to ${mega(after.heap)}`)
  })

/** What this process waits for or listens to, beside its heap. */
const leftovers = () => ({
  kinds: [
    ...process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP')),
    ...process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`),
  ].sort(),
})

const listed = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
