import type { Role } from '../../protocol/rooms.ts'
import type { Room } from '../../web-client/client.ts'
import type { createRandom } from './clock.ts'
import { type Actor, type Company, createActor } from './walk-actor.ts'

type Random = ReturnType<typeof createRandom>

/** A walk under way. */
export interface Walk extends Company {
  readonly random: Random
  readonly actors: Actor[]
  /** Codes of rooms there were, that may be gone. */
  readonly codes: string[]
  /** How often each thing was done. */
  readonly done: Map<string, number>
  /** What has to be waited for before the walk can pause. */
  readonly waiting: Set<Promise<void>>
}

type Operation = (walk: Walk, actor: Actor) => unknown

/** What one may do next, and how often of all. */
const OPERATIONS: readonly (readonly [name: string, often: number, run: Operation])[] = [
  ['create', 8, create],
  ['find', 8, find],
  ['join', 30, join],
  ['leave', 9, (walk, actor) => inside(walk, actor, (room) => room.leave())],
  ['kick', 6, (walk, actor) => inside(walk, actor, (room, number) => room.kick(number, CALMLY))],
  ['ban', 6, (walk, actor) => inside(walk, actor, (room, number) => room.ban(number))],
  ['lock', 2, (walk, actor) => inside(walk, actor, (room) => room.lock())],
  ['unlock', 4, (walk, actor) => inside(walk, actor, (room) => room.lock(false))],
  ['update', 6, update],
  ['assign', 14, assign],
  ['list', 2, list],
  ['lock unnamed', 2, (_, actor) => actor.does(({ request }) => request('room.lock', UNLOCKED))],
  ['make', 1, make],
  ['drop', 6, (_, actor) => actor.cut()],
  ['come back', 3, (_, actor) => actor.isAway && actor.comeBack()],
  ['quit', 1, quit],
  ['reload', 2, reload],
  ['second window', 1, secondWindow],
]

const TOTAL = OPERATIONS.reduce((sum, [, often]) => sum + often, 0)
const CALMLY = { reason: 'so it goes' }
const UNLOCKED = { locked: false }
const ROLES: readonly Role[] = [
  ...(['none', 'player', 'trusted'] as const),
  ...(['assistant', 'assistant', 'host', 'host'] as const),
]

/** Lets somebody do something; every other time the host of a room. */
export function step(walk: Walk): void {
  const { random, actors, done } = walk
  const actor = (random.below(2) > 0 && someHost(walk)) || random.pick(actors)
  // Who has just quit is on the way back.
  if (actor.network.state === 'closed') return
  let dice = random.below(TOTAL)
  for (const [name, often, run] of OPERATIONS) {
    dice -= often
    if (dice >= 0) continue
    run(walk, actor)
    done.set(name, (done.get(name) ?? 0) + 1)
    return
  }
}

/** The first host among a few. */
function someHost({ random, actors }: Walk): Actor | undefined {
  const few = Array.from({ length: 6 }, () => random.pick(actors))
  const hasHost = (rooms: Iterable<Room>) => [...rooms].some(({ isHost }) => isHost)
  return few.find(({ network }) => hasHost(network.rooms.all.values()))
}

function create({ random }: Walk, { name, does }: Actor): void {
  const kind = random.pick(['duel', 'duel', 'club', 'hall'])
  const wishes = random.pick([{}, {}, { capacity: 2 + random.below(9) }, { listed: false }])
  const properties = propertiesOf(random)
  does(({ rooms }) => rooms.create(kind, { name, properties, ...wishes }))
}

function find({ random }: Walk, { name, does }: Actor): void {
  const kind = random.pick(['duel', 'duel', 'club', 'hall'])
  const properties = random.pick([{}, { properties: propertiesOf(random) }])
  does(({ rooms }) => rooms.joinOrCreate(kind, { name, ...properties }))
}

/** Any room there is, one it knows already, or one that may be gone. */
function join({ random, model, codes }: Walk, { network, name, rooms, does }: Actor): void {
  const live = [...model.rooms.keys()]
  const left = rooms.find(({ code }) => !network.rooms.all.has(code))
  const known = random.below(4) > 0 ? left : random.pick(rooms)
  const code = random.pick([random.pick(live), known?.code])
  if (random.below(40) === 0) codes.push(...live.slice(0, 2))
  const chosen = random.below(20) > 0 ? code : random.pick(codes)
  if (chosen !== undefined) does(({ rooms }) => rooms.join(chosen.toLowerCase(), { name }))
}

function update(walk: Walk, actor: Actor): void {
  const { random } = walk
  const properties = random.pick([propertiesOf(random), { map: null }, {}])
  const listed = random.pick([{}, {}, { listed: random.below(3) > 0 }])
  inside(walk, actor, (room) => room.update({ properties, ...listed }))
}

function assign(walk: Walk, actor: Actor): void {
  const role = walk.random.pick(ROLES)
  inside(walk, actor, (room, number) => room.assign(number, role))
}

function list({ random }: Walk, { does }: Actor): void {
  const filter = random.pick([{}, { kind: 'duel' }, { properties: propertiesOf(random) }])
  const page = { limit: 1 + random.below(120), after: random.below(80) }
  does(({ rooms }) => rooms.list({ ...filter, ...page }))
}

/** The server makes a room, if there is space for one. */
function make({ host, model, wrongs }: Walk): void {
  const code = made(() => host.make('hall'))
  const expected = model.isFull ? undefined : model.make('hall').code
  if (code !== expected) wrongs.push(`the server made ${code} instead of ${expected}`)
}

/** Leaves for good, and is back as the same player in another session. */
function quit(walk: Walk, actor: Actor): void {
  actor.close()
  replace(walk, actor, actor, [])
}

/** Drops, and is back as the same player in another session, which goes where the one before sat. */
function reload(walk: Walk, actor: Actor): void {
  const codes = [...actor.network.rooms.all.keys()]
  actor.cut()
  actor.close()
  replace(walk, actor, actor, codes)
}

/** Somebody quits; in its place comes another session of a player who is there, into its rooms. */
function secondWindow(walk: Walk, actor: Actor): void {
  const other = walk.random.pick(walk.actors)
  if (other === actor || other.network.state === 'closed') return
  other.close()
  replace(walk, other, actor, [...actor.network.rooms.all.keys()])
}

function replace(walk: Walk, before: Actor, { name, key }: Actor, codes: readonly string[]): void {
  const entering = createActor(name, walk, key).then((another) => {
    walk.actors[walk.actors.indexOf(before)] = another
    for (const code of codes) another.does(({ rooms }) => rooms.join(code, { name }))
    walk.waiting.delete(entering)
  })
  walk.waiting.add(entering)
}

/** In a room the actor sits in, or now and then in one it sat in once; to somebody there, mostly. */
function inside(
  { random }: Walk,
  { network, rooms, does }: Actor,
  ask: (room: Room, number: number) => Promise<unknown>,
): void {
  const all = [...network.rooms.all.values()]
  const led = all.filter(({ isHost }) => isHost)
  const own = led.length > 0 && random.below(4) > 0 ? led : all
  const room = random.pick(own.length > 0 && random.below(12) > 0 ? own : rooms)
  if (!room) return
  const others = [...room.members.keys()].filter((one) => one !== room.you)
  const number = random.below(12) > 0 ? random.pick(others) : undefined
  does(() => ask(room, number ?? 1 + random.below(20)))
}

const propertiesOf = (random: Random) =>
  random.pick([{ map: 'ice' }, { map: 'lava' }, { level: random.below(3), open: true }])

function made(make: () => string): string | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}
