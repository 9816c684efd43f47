import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { acknowledging, drive, enterAll, type Walker } from './crowd.ts'
import { alone, bounded, type Figure, quantile, spreadOf, type Workload } from './figures.ts'

const ROWS_PER_SECOND = 20_000
const WALKERS = 20
/** How much later ticks may be beside the writing. */
const MAX_MORE_MS = 2
/** Rows still on their way when the last was asked for may take so long. */
const MAX_LAST_MS = 1_000

interface Measured {
  /** By how much each tick was late, in ms. */
  readonly late: readonly number[]
  readonly asked: number
  readonly stored: number
  readonly failed: number
  /** From the last row that was asked for until all were stored. */
  readonly last_ms: number
}

/** A room at 20 Hz, by turns beside 20,000 history rows a second and without. */
export const history: Workload = {
  name: 'history',
  async run(quick) {
    const child = fork(join(import.meta.dirname, 'history.mjs'))
    const ended = once(child, 'exit')
    try {
      const { port } = await word<{ port: number }>(child)
      const walkers = await enterAll({ port, side: 'estragon' }, WALKERS)
      const stop = acknowledging(() => walkers.map(({ client }) => client))
      const [rounds, ms] = quick ? [2, 3_000] : [6, 5_000]
      await measure(child, walkers, ms / 3, ROWS_PER_SECOND)
      const without: Measured[] = []
      const beside: Measured[] = []
      for (let round = 0; round < rounds; round++)
        for (const isBeside of round % 2 === 0 ? [false, true] : [true, false]) {
          const rate = isBeside ? ROWS_PER_SECOND : 0
          ;(isBeside ? beside : without).push(await measure(child, walkers, ms, rate))
        }
      stop()
      return figuresOf(without, beside, ms)
    } finally {
      child.disconnect()
      await ended
    }
  },
}

function figuresOf(without: readonly Measured[], beside: readonly Measured[], ms: number) {
  const p99 = ({ late }: Measured) => quantile(Float64Array.from(late).sort(), 0.99)
  const [before, after] = [without.map(p99), beside.map(p99)]
  const more = spreadOf(after).median - spreadOf(before).median
  const rates = beside.map(({ stored }) => (stored * 1000) / ms)
  const last = beside.map(({ last_ms }) => last_ms)
  const isWhole = beside.every(({ asked, stored, failed }) => asked === stored && failed === 0)
  const figures: Figure[] = [
    alone('tick late without rows, p99', 'ms', before),
    bounded(
      alone('tick late beside rows, p99', 'ms', after),
      `at most ${MAX_MORE_MS} ms more`,
      more <= MAX_MORE_MS,
    ),
    bounded(alone('rows stored', '1/s', rates), 'every one asked for', isWhole),
    bounded(
      alone('until the last is stored', 'ms', last),
      `under ${MAX_LAST_MS} ms`,
      last.every((one) => one < MAX_LAST_MS),
    ),
  ]
  return figures
}

async function measure(
  child: ChildProcess,
  walkers: readonly Walker[],
  ms: number,
  rate: number,
): Promise<Measured> {
  const heard = word<{ measured: Measured }>(child)
  child.send({ ms, rate })
  await drive(walkers, ms)
  return (await heard).measured
}

/** The next message of the server; rejects if it ends first. */
async function word<T>(child: ChildProcess): Promise<T> {
  const over = new AbortController()
  const { signal } = over
  const end = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`the server ended with ${code}`)
  })
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), end])
    return message as T // what history.mjs sends
  } finally {
    over.abort()
    end.catch(() => {})
  }
}
