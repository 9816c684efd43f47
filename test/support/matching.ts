import { createPool } from '../../server/core/match/pool.ts'
import { type QueueRules, sizesOf, windowOf } from '../../server/core/match/rules.ts'
import type { Search } from '../../server/core/match/search.ts'
import { createClock, createRandom } from './clock.ts'

/** What came of a walk. */
export interface Walked {
  readonly problems: readonly string[]
  readonly matches: number
  readonly expired: number
  readonly left: number
  readonly moments: number
}

/** Kinds of queue that differ in each rule. */
export const RULES: Readonly<Record<string, QueueRules>> = {
  duel: { kind: 'arena', max: 2 },
  near: { kind: 'arena', max: 2, near: { rating: { within: 30, widen: 20, every_ms: 1_000 } } },
  four: {
    ...{ kind: 'arena', min: 2, max: 4, wait_ms: 3_000, party: 2, teams: 2 },
    near: { rating: { within: 60, widen: 10, every_ms: 500, most: 150 } },
  },
  pairs: { kind: 'arena', min: 2, max: 6, multiple: 2, wait_ms: 2_000, party: 3 },
  bots: { kind: 'arena', max: 3, party: 3, wait_ms: 5_000, same: ['region'] },
  two: {
    ...{ kind: 'arena', min: 3, max: 5, wait_ms: 4_000, same: ['region'] },
    near: {
      rating: { within: 50, widen: 25, every_ms: 2_000, most: 200 },
      ping: { within: 40, widen: 5, every_ms: 700 },
    },
  },
}

/** The most who search at once: more is too much for brute force. */
const MOST = 12

/**
 * Lets searches come and go by chance in one queue, and looks after each step whether what was found is a
 * match, and whether somebody waits while there is one.
 */
export function walkQueue(rules: QueueRules, steps: number, seed: number): Walked {
  const clock = createClock()
  const { below, float } = createRandom(seed)
  const waiting = new Map<string, Search>()
  const problems: string[] = []
  const counts = { matches: 0, expired: 0, left: 0, moments: 0 }
  let numbered = 0

  const pool = createPool({
    rules,
    world: clock,
    tries: 20_000,
    joins() {},
    mayPlay: () => true,
    found({ entries, teams }) {
      counts.matches++
      const searches = entries.map(({ search }) => search)
      for (const { id } of searches)
        if (!waiting.delete(id)) problems.push(`${id} was found and did not search`)
      if (!isMatch(rules, searches, clock.now())) problems.push(`no match: ${shown(searches)}`)
      const sizes = teams.map((team) => team.reduce((sum, { size }) => sum + size, 0))
      if (sizes.length !== (rules.teams ?? 1) || new Set(sizes).size > 1)
        problems.push(`teams of ${sizes}`)
      if (new Set(teams.flat()).size !== entries.length) problems.push('teams of others')
    },
    expired(search) {
      counts.expired++
      waiting.delete(search.id)
      if (clock.now() - search.since < (rules.wait_ms ?? Number.POSITIVE_INFINITY))
        problems.push(`${search.id} ended early`)
    },
  })

  for (let step = 0; step < steps; step++) {
    const chance = float()
    if (chance < 0.5 && waiting.size < MOST) {
      const size = 1 + below(rules.party ?? 1)
      const region = below(2) === 0 ? 'eu' : 'us'
      const search: Search = {
        id: `s${++numbered}`,
        // Some come back with what they have waited before.
        since: clock.now() - (float() < 0.1 ? below(6_000) : 0),
        searchers: Array.from({ length: size }, (_, at) => ({
          session: `s${numbered}.${at}`,
          player: null,
          properties: { region, rating: below(400), ping: below(100) },
        })),
      }
      waiting.set(search.id, search)
      pool.add(search)
    } else if (chance < 0.6 && waiting.size > 0) {
      const [id = ''] = [...waiting.keys()].slice(below(waiting.size))
      if (!pool.remove(id)) problems.push(`${id} was not there`)
      waiting.delete(id)
      counts.left++
    } else clock.advance(1 + below(1_500))

    counts.moments++
    const missed = matchAmong(rules, [...waiting.values()], clock.now())
    if (missed) problems.push(`somebody waits: ${shown(missed)}`)
    const size = [...waiting.values()].reduce((sum, { searchers }) => sum + searchers.length, 0)
    if (pool.size !== size) problems.push(`${pool.size} search, of ${size}`)
    if (problems.length > 0) break
  }
  pool.close()
  return { problems, ...counts }
}

/** By brute force: some that could play together, if there are any. */
export function matchAmong(rules: QueueRules, searches: readonly Search[], now: number) {
  for (let mask = 1; mask < 1 << searches.length; mask++) {
    const some = searches.filter((_, at) => mask & (1 << at))
    if (isMatch(rules, some, now)) return some
  }
  return undefined
}

/** Whether these are a match, said once more and in another way than the server does. */
export function isMatch(rules: QueueRules, some: readonly Search[], now: number): boolean {
  const total = some.reduce((sum, { searchers }) => sum + searchers.length, 0)
  if (!sizesOf(rules).includes(total)) return false
  const longest = Math.max(...some.map(({ since }) => now - since))
  if (total < rules.max && !(rules.min !== undefined && longest >= (rules.wait_ms ?? 0)))
    return false
  for (const one of some)
    for (const other of some) if (one !== other && !mayMeet(rules, one, other, now)) return false
  return canBeSplit(
    some.map(({ searchers }) => searchers.length),
    Array(rules.teams ?? 1).fill(total / (rules.teams ?? 1)),
  )
}

export function mayMeet(rules: QueueRules, one: Search, other: Search, now: number): boolean {
  for (const name of rules.same ?? [])
    if (one.searchers[0]?.properties[name] !== other.searchers[0]?.properties[name]) return false
  for (const [name, rule] of Object.entries(rules.near ?? {})) {
    const [a, b] = [one, other].map(({ searchers }) => {
      const values = searchers.map(({ properties }) => Number(properties[name]))
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      return { mean, spread: Math.max(...values) - Math.min(...values) }
    }) as [{ mean: number; spread: number }, { mean: number; spread: number }]
    const distance = Math.abs(a.mean - b.mean) + (a.spread + b.spread) / 2
    const windows = [one, other].map(({ since }) => windowOf(rule, now - since))
    if (distance > Math.min(...windows)) return false
  }
  return true
}

/** Whether parts of these sizes fill boxes of those, each part whole. */
function canBeSplit(parts: readonly number[], boxes: readonly number[]): boolean {
  const [part, ...rest] = parts
  if (part === undefined) return boxes.every((free) => free === 0)
  return boxes.some((free, at) => free >= part && canBeSplit(rest, boxes.with(at, free - part)))
}

const shown = (searches: readonly Search[]) =>
  searches
    .map(
      ({ id, since, searchers }) =>
        `${id}@${since} ${JSON.stringify(searchers.map((one) => one.properties))}`,
    )
    .join(' ')
