import { Arm, PLAZA } from './arm.ts'
import { acknowledging, enterAll, type Walker } from './crowd.ts'
import { alone, bounded, type Figure, quantile, spreadOf, type Workload } from './figures.ts'
import { type Server, startServer } from './server.ts'

const RUN_MS = 10_000
const WARM_UP_MS = 2_000
const MAX_GROWTH = 1.5
const MAX_GROWTH_MS = 5
const MIN_SAMPLES = 20_000
const MAX_RSS_MB = 200
const HARD_BYTES = 1_048_576
const MB = 1024 * 1024

/**
 * A plaza of 100 at 20 Hz in which much is said (6 KB, counted, 100 times a second). In every
 * other run one reader stops and one reads at half speed; the others should not notice.
 */
export const slow: Workload = {
  name: 'slow reader',
  async run(quick) {
    const server = await startServer('estragon')
    try {
      return await compare(server, quick ? 1 : 4)
    } finally {
      await server.close()
    }
  },
}

async function compare(server: Server, rounds: number): Promise<Figure[]> {
  const others = await enterAll(server, PLAZA - 2)
  const extras = new Set<Walker>()
  const stop = acknowledging(() => [...others, ...extras].map(({ client }) => client))
  const [warmUp, without, beside] = Array.from({ length: 3 }, () => new Arm(server, others, extras))
  if (!warmUp || !without || !beside) throw new Error('three arms')
  await warmUp.normal(WARM_UP_MS)
  for (let round = 0; round < rounds; round++) {
    await without.normal(RUN_MS)
    await beside.slow(RUN_MS, (without.rates.at(-1) ?? 0) / 2, round === rounds - 1)
  }
  stop()
  return [...latencies(without, beside), ...readers(server, without, beside)]
}

/** What the others noticed: each run’s percentiles, and the medians of those compared. */
function latencies(without: Arm, beside: Arm): Figure[] {
  const samples = [without, beside].map(({ ages }) => ages.flat().length)
  const p = (share: number, arm: Arm) =>
    arm.ages.map((ages) => quantile(Float64Array.from(ages).sort(), share))
  const before = spreadOf(p(0.99, without)).median
  const after = spreadOf(p(0.99, beside)).median
  const limit = Math.max(before * MAX_GROWTH, before + MAX_GROWTH_MS)
  return [
    bounded(
      alone('samples in each arm', '', samples),
      `at least ${MIN_SAMPLES}`,
      Math.min(...samples) >= MIN_SAMPLES,
    ),
    alone('others hear, p50, without slow readers', 'ms', p(0.5, without)),
    alone('others hear, p50, with', 'ms', p(0.5, beside)),
    alone('others hear, p99, without', 'ms', p(0.99, without)),
    bounded(
      alone('others hear, p99, with', 'ms', p(0.99, beside)),
      `at most half or ${MAX_GROWTH_MS} ms more: ${limit.toFixed(1)}`,
      after <= limit,
    ),
  ]
}

/** What became of the slow ones, and what they cost. */
function readers({ warnings }: Server, without: Arm, beside: Arm): Figure[] {
  const resets = warnings.filter(({ msg, code }) => msg === 'slow reader reset' && code === 4001)
  const queued = resets.map(({ unwritten }) => Number(unwritten))
  const peak = Math.max(...without.rss, ...beside.rss) / MB
  const scaled = (values: readonly number[], by: number) => values.map((value) => value / by)
  const { away, catchUp, kernel } = beside
  return [
    alone('what a reader gets', 'KB/s', scaled(without.rates, 1024)),
    bounded(
      alone('queue of the stalled at its reset', 'KB', scaled(queued, 1024)),
      `at most the hard mark, ${HARD_BYTES / 1024}, and ${away.length} resets of ${away.length}`,
      queued.length === away.length && Math.max(...queued) <= HARD_BYTES,
    ),
    alone('stalled until back in its seat', 's', scaled(away, 1000)),
    alone('half speed until it had caught up', 's', [catchUp / 1000]),
    alone('kernel held for the stalled at most', 'MB', [kernel.most / MB]),
    alone('kernel held for it after its reset', 'MB', [kernel.after / MB]),
    bounded(
      alone('server resident at most', 'MB', [peak]),
      `under ${MAX_RSS_MB}`,
      peak < MAX_RSS_MB,
    ),
  ]
}
