import { setTimeout as settle } from 'node:timers/promises'
import { runsOf } from './asked.ts'
import type { Client } from './client.ts'
import { present, type Wider } from './contestants.ts'
import { CORES, keepOn } from './cores.ts'
import { type Crew, crewOf } from './crew.ts'
import { ageOf, stampedNow } from './dialects.ts'
import {
  alone,
  among,
  bounded,
  type Figure,
  inTurn,
  quantile,
  type Results,
  type Workload,
} from './figures.ts'
import { kernelBytes } from './kernel.ts'

const READERS = 50
const STALLED = 10
const TEXT_BYTES = 10_000
const PER_SECOND = 100
const TURN_MS = 2
const SAMPLE_MS = 250
/** How long it may take until all of them have been reset. */
const RESET_MS = 15_000
const FREED_MS = 5_000
const MAX_GROWTH = 1.2
const MB = 1024 * 1024
const NAMES: readonly Wider[] = ['estragon', 'before', 'ws', 'socket.io']

/** What was seen before some stopped to read, and after. */
interface Seen {
  readonly calm: Phase
  readonly beside: Phase
  /** How many connections the server gave up, and what the kernel holds for the stalled after that. */
  readonly resets: number
  readonly kernel_mb: number
}

interface Phase {
  readonly p99: number
  readonly rss_mb: number
}

/** A room of 50 in which 1 MB a second is said to each; ten of them stop to read. */
export const stalled: Workload = {
  name: 'stalled readers',
  async run(quick) {
    const release = keepOn(CORES)
    try {
      const [times, ms] = [runsOf(1), quick ? 2_500 : 3_000]
      return figuresOf(await inTurn(present(NAMES), times, (name) => stop(name, ms)))
    } finally {
      release()
    }
  },
}

function figuresOf(results: Results<Seen>): Figure[] {
  const growth = ({ calm, beside }: Seen) => beside.rss_mb - calm.rss_mb
  const grown = among(`resident for ${STALLED} that stopped to read`, 'MB', results, growth)
  const slower = among(
    'the second of these as a multiple of the first',
    '×',
    results,
    ({ calm, beside }) => {
      return beside.p99 / calm.p99
    },
  )
  const freed = alone(
    `kernel holds for them ${FREED_MS / 1000} s after the last reset`,
    'MB',
    results.estragon.map(({ kernel_mb }) => kernel_mb),
  )
  const isReset = results.estragon.every(({ resets }) => resets === STALLED)
  return [
    bounded(grown, 'at most 1 MB each', grown.estragon.median <= STALLED),
    bounded(freed, `nothing, and ${STALLED} resets`, isReset && freed.estragon.max === 0),
    among('others hear, p99, all reading', 'ms', results, ({ calm }) => calm.p99),
    among(`others hear, p99, beside ${STALLED} stalled`, 'ms', results, ({ beside }) => beside.p99),
    bounded(slower, `at most ${MAX_GROWTH}`, slower.estragon.median <= MAX_GROWTH),
  ]
}

async function stop(name: Wider, ms: number): Promise<Seen> {
  const crew = await crewOf(name)
  try {
    const members = await crew.enter(READERS)
    const [still, reading] = [members.slice(0, STALLED), members.slice(STALLED)]
    await talk(crew, reading, () => false, ms / 2)
    const calm = await talk(crew, reading, () => false, ms)
    for (const { socket } of still) socket.pause()
    const resets = () => crew.server.warnings.filter(isReset).length
    const isWaiting = () => name === 'estragon' && resets() < STALLED
    const beside = await talk(crew, reading, isWaiting, 2 * ms)
    if (name === 'estragon') await settle(FREED_MS)
    const ports = still.map(({ socket }) => socket.localPort)
    const kernel_mb = ports.reduce<number>((sum, port) => sum + kernelBytes(port), 0) / MB
    return { calm, beside, resets: resets(), kernel_mb }
  } finally {
    crew.leave()
    await crew.server.close()
  }
}

const isReset = ({ msg, code }: { msg: string; code?: unknown }) =>
  msg === 'slow reader reset' && code === 4001

/** Says as much as is due for `ms` and as long as is needed; what those heard who read. */
async function talk(
  { server, dialect }: Crew,
  reading: readonly Client[],
  isNeeded: () => boolean,
  ms: number,
): Promise<Phase> {
  const ages: number[] = []
  for (const client of reading)
    client.onMessage = (bytes, start, end) => {
      if (dialect.hears(client, bytes, start, end)) ages.push(ageOf(bytes, end, dialect) / 1000)
    }
  let rss = 0
  const sample = async () => {
    rss = Math.max(rss, (await server.usage()).rss)
  }
  let sampling = sample()
  const sampler = setInterval(() => {
    sampling = sampling.then(sample)
    for (const client of reading) client.acknowledge()
  }, SAMPLE_MS)
  const start = performance.now()
  const isOver = (elapsed: number) => elapsed > RESET_MS || (elapsed > ms && !isNeeded())
  for (let said = 0, elapsed = 0; !isOver(elapsed); elapsed = performance.now() - start) {
    for (; said < (elapsed * PER_SECOND) / 1000; said++)
      reading[said % reading.length]?.write(dialect.shout(stampedNow(TEXT_BYTES)), true)
    await settle(TURN_MS)
  }
  clearInterval(sampler)
  await sampling
  return { p99: quantile(Float64Array.from(ages).sort(), 0.99), rss_mb: rss / MB }
}
