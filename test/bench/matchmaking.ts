import { writeFileSync } from 'node:fs'
import { createPool, type PoolOptions } from '../../server/core/match/pool.ts'
import type { QueueRules } from '../../server/core/match/rules.ts'
import type { Entry, Search } from '../../server/core/match/search.ts'
import { createClock, createRandom } from '../support/clock.ts'
import { asked } from './asked.ts'
import { alone, bounded, type Figure, quantile, type Workload } from './figures.ts'
import { windowsChart } from './windows-chart.ts'

const WAITING = 10_000
const JUDGED = 2_000
const PLAYERS = 2_000
const PER_SECOND = 200
const REGIONS = ['eu', 'us', 'asia', 'sa', 'oc']
const MODES = ['solo', 'duo', 'squad', 'siege']

/** In each of 20 groups 500 wait: too few who are close for a match of so many. */
const SPARSE: QueueRules = {
  ...{ kind: 'arena', max: 64, same: ['region', 'mode'] },
  near: { rating: { within: 50, widen: 25, every_ms: 5_000, most: 200 } },
}
/** The same, where enough are close to a new one, and never so many to each other. */
const CROWDED: QueueRules = { ...SPARSE, max: 64, near: { rating: { within: 200 } } }
export const WINDOWS = { within: 50, widen: 50, every_ms: 1_000, most: 600 } as const
const RANKED: QueueRules = { kind: 'arena', max: 4, near: { rating: WINDOWS } }
const FIRST_COME: QueueRules = { kind: 'arena', max: 4 }

/** A match of four: how long its first waited, and how far apart they are. */
export interface Matched {
  readonly waited_ms: number
  readonly spread: number
}

/** Queues without a server: how long a search takes to judge, and how long players wait. */
export const matchmaking: Workload = {
  name: 'matchmaking',
  async run(quick) {
    const sparse = judging(SPARSE, quick ? JUDGED / 4 : JUDGED)
    const crowded = judging(CROWDED, quick ? JUDGED / 4 : JUDGED)
    const ranked = arriving(RANKED)
    const first = arriving(FIRST_COME)
    if (asked.windows) writeFileSync(asked.windows, windowsChart(WINDOWS, ranked, first))
    return [
      judged('a search judged among 10,000, median', sparse, 0.5, 1),
      judged('the same, slowest of a hundred', sparse, 0.99, 5),
      judged('where enough are close, and not to each other, median', crowded, 0.5, 1),
      judged('the same, slowest of a hundred', crowded, 0.99, 5),
      ...told('rating windows', ranked),
      ...told('first come', first),
    ]
  },
}

function judged(name: string, times: readonly number[], p: number, most: number): Figure {
  const ms = quantile(
    [...times].sort((a, b) => a - b),
    p,
  )
  return bounded(alone(name, 'ms', [ms]), `under ${most} ms`, ms < most)
}

function told(name: string, { waits, matches }: Arrived): Figure[] {
  const sorted = [...waits].sort((a, b) => a - b)
  const spreads = matches.map(({ spread }) => spread)
  const mean = spreads.reduce((sum, one) => sum + one, 0) / spreads.length
  return [
    alone(`${name}: wait, median`, 'ms', [quantile(sorted, 0.5)]),
    alone(`${name}: wait, slowest of a hundred`, 'ms', [quantile(sorted, 0.99)]),
    alone(`${name}: spread of ratings in a room of 4, mean`, 'points', [mean]),
    alone(`${name}: still waiting at the end`, 'players', [PLAYERS - waits.length]),
  ]
}

/** How long one more search takes, in ms of the processor, where 10,000 wait. */
function judging(rules: QueueRules, count: number): number[] {
  const clock = createClock()
  const { below } = createRandom(1)
  const pool = createPool({ ...quiet(rules), world: clock })
  const search = (number: number): Search =>
    searchOf(`s${number}`, clock.now(), {
      region: REGIONS[below(REGIONS.length)] ?? '',
      mode: MODES[below(MODES.length)] ?? '',
      rating: below(3_000),
    })
  for (let number = 0; number < WAITING; number++) {
    pool.add(search(number))
    if (number % 100 === 0) clock.advance(100)
  }
  const times: number[] = []
  for (let number = 0; number < count; number++) {
    const one = search(WAITING + number)
    const before = process.cpuUsage()
    pool.add(one)
    const { user, system } = process.cpuUsage(before)
    times.push((user + system) / 1_000)
    pool.remove(one.id)
  }
  if (pool.size !== WAITING) throw new Error(`expected ${WAITING} to wait, got ${pool.size}`)
  pool.close()
  return times
}

interface Arrived {
  readonly waits: readonly number[]
  readonly matches: readonly Matched[]
}

/** Players come, 200 a second, whose ratings are spread as they are among people; until nobody is found any more. */
function arriving(rules: QueueRules): Arrived {
  const clock = createClock()
  const { float } = createRandom(7)
  const waits: number[] = []
  const matches: Matched[] = []
  const pool = createPool({
    ...{ ...quiet(rules), world: clock },
    found({ entries }) {
      const now = clock.now()
      const own = entries.map(({ search }) => now - search.since)
      waits.push(...own)
      const ratings = entries.map(ratingOf)
      matches.push({
        waited_ms: Math.max(...own),
        spread: Math.max(...ratings) - Math.min(...ratings),
      })
    },
  })
  for (let number = 0; number < PLAYERS; number++) {
    // Irwin and Hall's: twelve of these together are as good as normal.
    const normal = Array.from({ length: 12 }, float).reduce((sum, one) => sum + one, -6)
    pool.add(searchOf(`p${number}`, clock.now(), { rating: Math.round(1_500 + 300 * normal) }))
    clock.advance(1_000 / PER_SECOND)
  }
  clock.advance(60_000)
  pool.close()
  return { waits, matches }
}

const ratingOf = ({ search }: Entry): number => Number(search.searchers[0]?.properties.rating)

const searchOf = (id: string, since: number, properties: Search['searchers'][0]['properties']) => ({
  ...{ id, since, searchers: [{ session: id, player: null, properties }] },
})

const quiet = (rules: QueueRules): Omit<PoolOptions, 'world'> => ({
  ...{ rules, tries: 20_000, mayPlay: () => true },
  ...{ found() {}, joins() {}, expired() {} },
})
