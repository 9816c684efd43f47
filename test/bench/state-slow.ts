import { setTimeout as pause } from 'node:timers/promises'
import { Reader } from '../../protocol/bytes.ts'
import { readStateHead } from '../../protocol/state-frame.ts'
import type { Client } from './client.ts'
import { alone, bounded, type Figure, quantile, spreadOf } from './figures.ts'
import { steadily, throttle } from './readers.ts'
import type { Program } from './server.ts'
import { TICK_MS } from './state-crowd.ts'

/** Who reads half of what there is, of all. */
const SLOW = 2
const MAX_GROWTH = 1.2

/** What the others notice of some who read at half the rate: how late each tick is with them. */
export async function besideSlow(
  program: Program,
  clients: readonly Client[],
  times: number,
  ms: number,
): Promise<Figure[]> {
  const [slow, others] = [clients.slice(0, SLOW), clients.slice(SLOW)]
  const late: Readonly<Record<'without' | 'with', number[]>> = { without: [], with: [] }
  await program.tell('go')
  await latenessOf(others, ms / 2)
  let rate = 0
  for (let round = 0; round < times; round++) {
    const before = bytesOf(others)
    late.without.push(await latenessOf(others, ms))
    rate = ((bytesOf(others) - before) / others.length / ms) * 1_000
    const endings = slow.map((client) => throttle({ client }, steadily(rate / 2)))
    late.with.push(await latenessOf(others, ms))
    for (const end of endings) end()
  }
  await program.tell('stop')
  const growth = late.with.map((value, index) => value / (late.without[index] ?? Number.NaN))
  return [
    alone('others see a tick, p99, all read', 'ms', late.without),
    alone(`the same beside ${SLOW} who read half`, 'ms', late.with),
    bounded(
      alone('that by the former', '', growth),
      `at most ${MAX_GROWTH}`,
      spreadOf(growth).median <= MAX_GROWTH,
    ),
  ]
}

const bytesOf = (clients: readonly Client[]) => clients.reduce((sum, { bytes }) => sum + bytes, 0)

/** By how much ticks came later than the soonest one did, p99. */
async function latenessOf(clients: readonly Client[], ms: number): Promise<number> {
  const offsets: number[] = []
  for (const client of clients)
    client.onState = (bytes) =>
      offsets.push(performance.now() - readStateHead(new Reader(bytes)).tick * TICK_MS)
  await pause(ms)
  for (const client of clients) client.onState = () => {}
  const sorted = Float64Array.from(offsets).sort()
  return quantile(sorted, 0.99) - (sorted[0] ?? 0)
}
