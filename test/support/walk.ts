import { setImmediate as turn } from 'node:timers/promises'
import { createRandom } from './clock.ts'
import { until, within } from './promise.ts'
import { createActor } from './walk-actor.ts'
import type { Host } from './walk-host.ts'
import type { ModelLimits } from './walk-house.ts'
import { Model } from './walk-model.ts'
import { step, type Walk } from './walk-operations.ts'
import { differences } from './walk-sight.ts'

export interface Extent extends ModelLimits {
  readonly actors: number
  readonly rounds: number
  /** How much is done in a round, all at once. */
  readonly steps: number
}

export interface Walked {
  readonly done: ReadonlyMap<string, number>
  readonly tally: ReadonlyMap<string, number>
  /** How many rooms there were at most, and seats in them. */
  readonly rooms: number
  readonly seats: number
  readonly remains: readonly WeakRef<object>[]
}

/** Rounds after which no time passes, so that rooms come to be. */
const EARLY = 3
const PAUSES_MS = [2_000, 20_000, 60_000]
/** Longer than a session is kept. */
const OVER_MS = 45_000
/** Longer than a session is kept, and than a room is. */
const LONGEST_MS = 65_000

/** Walks about, pausing after each round to see that everybody agrees; then everybody leaves. */
export async function walkAbout(host: Host, extent: Extent, seed: number): Promise<Walked> {
  const model = new Model(extent, () => host.codes.shift() ?? 'not logged', host.made)
  host.witness = model
  const walk: Walk = {
    ...{ host, model, random: createRandom(seed), wrongs: [], remains: [], actors: [] },
    ...{ codes: ['AAAAAA'], done: new Map(), waiting: new Set() },
  }
  for (let index = 0; index < extent.actors; index++)
    walk.actors.push(await createActor(`actor ${index}`, walk))
  let most = { rooms: 0, seats: 0 }
  for (let round = 0; round < extent.rounds; round++) {
    await play(walk, extent)
    await settle(walk)
    compare(walk, `round ${round} of seed ${seed}`)
    most = {
      rooms: Math.max(most.rooms, model.rooms.size),
      seats: Math.max(most.seats, seatsIn(model)),
    }
    const pause = walk.random.below(walk.random.pick(PAUSES_MS))
    // Once at least so long that whoever is away then has lost its session.
    if (round >= EARLY) pass(walk, round === Math.max(EARLY, extent.rounds >> 1) ? OVER_MS : pause)
  }
  await disperse(walk, `the end of seed ${seed}`)
  host.witness = undefined
  return { done: walk.done, tally: model.tally, remains: walk.remains, ...most }
}

/** Several things at once, while what was done before is still on its way. */
async function play(walk: Walk, { steps }: Extent): Promise<void> {
  for (let count = 0; count < steps; count++) {
    step(walk)
    if (walk.random.below(12) === 0) await turn()
  }
  for (const actor of walk.actors) if (actor.isAway && walk.random.below(5) > 2) actor.comeBack()
}

/** Resolves once everything done has arrived, and what follows from it has been told. */
async function settle(walk: Walk): Promise<void> {
  const { host, actors, waiting } = walk
  await within(Promise.all(waiting))
  const here = actors.filter(({ isAway }) => !isAway)
  const fits = () =>
    walk.wrongs.length > 0 ||
    (here.every(({ network }) => network.state === 'open') &&
      host.stats().connections === here.length)
  await until(fits, 'everybody connected who should be')
  // At the first answers everything asked has been done; at the second, all have heard of it.
  for (let round = 0; round < 2; round++) {
    for (const { does } of here) does(({ rooms }) => rooms.list({ limit: 1 }))
    await within(Promise.all(here.flatMap(({ pending }) => [...pending])))
  }
}

/** Time goes by, for the server and the model; at most as long as makes a session end. */
function pass({ host, model }: Walk, ms: number): void {
  model.clock.advance(ms)
  host.clock.advance(ms)
}

function compare({ host, model, actors, wrongs }: Walk, when: string): void {
  const here = actors.filter(({ isAway }) => !isAway)
  const { sessions, away, rooms } = host.stats()
  const stats = { sessions, away, rooms }
  const own = [...model.sessions.values()]
  const expected = {
    sessions: own.length,
    away: own.filter(({ isBack }) => isBack).length,
    rooms: model.rooms.size,
  }
  if (JSON.stringify(stats) !== JSON.stringify(expected))
    wrongs.push(`the server holds ${JSON.stringify(stats)} instead of ${JSON.stringify(expected)}`)
  for (const actor of here) wrongs.push(...differences(actor, model))
  wrongs.push(...host.problems.map((problem) => `logged ${JSON.stringify(problem)}`))
  if (wrongs.length === 0) return
  throw new Error(`${when}: ${wrongs.length} wrongs\n${wrongs.slice(0, 5).join('\n')}`)
}

/** Some leave their rooms first, some just go, and some are never seen again. */
async function disperse(walk: Walk, when: string): Promise<void> {
  const { host, actors, random } = walk
  for (const { network, does } of actors.filter(() => random.below(2) > 0))
    for (const room of network.rooms.all.values()) does(() => room.leave())
  await settle(walk)
  compare(walk, when)
  const left = actors.filter(({ network, isAway }) => isAway || network.rooms.all.size === 0)
  for (const one of random.below(2) > 0 ? left : []) if (!one.isAway) one.cut()
  for (const actor of actors) if (!actor.isAway) actor.close()
  await until(() => host.stats().connections === 0, 'every connection gone')
  pass(walk, LONGEST_MS)
  pass(walk, LONGEST_MS)
  for (const actor of actors) actor.close()
  compare({ ...walk, actors: [] }, when)
  const timers = actors.filter((actor) => actor.timers > 0)
  if (timers.length > 0) throw new Error(`${when}: ${timers.length} clients left timers`)
}

const seatsIn = ({ rooms }: Model): number =>
  [...rooms.values()].reduce((sum, { members }) => sum + members.size, 0)
