import { SIDES, type Side } from './server.ts'

/** One line of the report. */
export interface Figure {
  readonly name: string
  readonly unit: string
  readonly estragon: Spread
  readonly ws?: Spread
  /** Estragon’s figure divided by that of plain ws, pair by pair. */
  readonly ratio?: Spread
  /** What is asked of it, in words, and whether it holds. */
  readonly bound?: string
  readonly holds?: boolean
}

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface Workload {
  readonly name: string
  /** `quick` asks for figures soon rather than exact. */
  run(quick: boolean): Promise<Figure[]>
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  return { median: quantile(sorted, 0.5), min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 }
}

/** The value below which a share of `p` of the sorted values lies (nearest rank). */
export const quantile = (sorted: ArrayLike<number>, p: number): number =>
  sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))] ?? 0

/** Measures both sides in turn, again and again: estragon, ws, ws, estragon, … */
export async function alternate<T>(
  times: number,
  measure: (side: Side) => Promise<T>,
): Promise<Readonly<Record<Side, T[]>>> {
  const results: Record<Side, T[]> = { estragon: [], ws: [] }
  for (let round = 0; round < times; round++)
    for (const side of round % 2 === 0 ? SIDES : SIDES.toReversed())
      results[side].push(await measure(side))
  return results
}

/** A figure of both sides and how one does beside the other. */
export function beside<T>(
  name: string,
  unit: string,
  results: Readonly<Record<Side, readonly T[]>>,
  read: (result: T) => number,
): Figure {
  const estragon = results.estragon.map(read)
  const ws = results.ws.map(read)
  const ratios = estragon.map((value, index) => value / (ws[index] ?? Number.NaN))
  return {
    name,
    unit,
    estragon: spreadOf(estragon),
    ws: spreadOf(ws),
    ratio: spreadOf(ratios),
  }
}

/** A figure of estragon alone. */
export const alone = (name: string, unit: string, values: readonly number[]): Figure => ({
  name,
  unit,
  estragon: spreadOf(values),
})

/** Says what is asked of a figure. */
export const bounded = (figure: Figure, bound: string, holds: boolean): Figure => ({
  ...figure,
  bound,
  holds,
})
