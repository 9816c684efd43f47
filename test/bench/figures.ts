import { SIDES, type Side } from './server.ts'

/** One line of the report. */
export interface Figure {
  readonly name: string
  readonly unit: string
  readonly estragon: Spread
  readonly ws?: Spread
  /** Estragon’s figure divided by that of plain ws, pair by pair. */
  readonly ratio?: Spread
  /** The same of others. */
  readonly also?: readonly Other[]
  /** What must be known to read it. */
  readonly note?: string
  /** What is asked of it, in words, and whether it holds. */
  readonly bound?: string
  readonly holds?: boolean
  /** How it is drawn, if it is. */
  readonly bar?: Bar
}

/** One group of bars: how many times as good as each of the others. */
export interface Bar {
  readonly label: string
  readonly better: 'more' | 'less'
}

export interface Other {
  readonly name: string
  readonly value: Spread
  /** Estragon’s figure divided by this one, pair by pair. */
  readonly ratio?: Spread
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

/** Measures each of them once, then in the other direction, and so on. */
export async function inTurn<N extends string, T>(
  names: readonly N[],
  times: number,
  measure: (name: N) => Promise<T>,
): Promise<Results<T>> {
  const results: Record<string, T[]> & { estragon: T[] } = { estragon: [] }
  for (let round = 0; round < times; round++)
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      results[name] ??= []
      results[name].push(await measure(name))
    }
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
  const { value: ws, ratio } = versus('ws', estragon, results.ws.map(read))
  return { name, unit, estragon: spreadOf(estragon), ws, ...(ratio && { ratio }) }
}

/** A figure of estragon, plain ws and others, as far as each has one. */
export function among<T>(
  name: string,
  unit: string,
  { estragon, ws = [], ...rest }: Results<T>,
  read: (result: T) => number,
): Figure {
  const others = Object.entries(rest).filter(([, results]) => results.length > 0)
  const also = others.map(([other, results]) =>
    versus(other, estragon.map(read), results.map(read)),
  )
  return {
    ...(ws.length > 0
      ? beside(name, unit, { estragon, ws }, read)
      : alone(name, unit, estragon.map(read))),
    ...(also.length > 0 && { also }),
  }
}

function versus(name: string, estragon: readonly number[], other: readonly number[]): Other {
  const ratios = ratiosOf(estragon, other)
  return { name, value: spreadOf(other), ...(ratios.length > 0 && { ratio: spreadOf(ratios) }) }
}

/** One divided by the other, as far as there are pairs. */
const ratiosOf = (some: readonly number[], others: readonly number[]): number[] =>
  some
    .slice(0, others.length)
    .map((value, index) => value / (others[index] ?? Number.NaN))
    .filter(Number.isFinite)

/** What was measured of each, run by run. */
export type Results<T> = Readonly<Record<string, readonly T[]>> & {
  readonly estragon: readonly T[]
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

/** What a figure must be, as a multiple of others' figures; whoever was not measured is left out. */
export function compared(
  figure: Figure,
  limit: 'at least' | 'at most',
  wanted: Readonly<Record<string, number>>,
): Figure {
  const ratios = new Map([['ws', figure.ratio], ...(figure.also ?? []).map(ratioOf)])
  const known = Object.entries(wanted).filter(([name]) => ratios.get(name))
  if (known.length === 0) return figure
  const holds = known.every(([name, times]) => {
    const ratio = ratios.get(name)?.median ?? Number.NaN
    return limit === 'at least' ? ratio >= times : ratio <= times
  })
  return bounded(
    figure,
    `${limit} ${known.map(([name, times]) => `${times} × ${name}`).join(', ')}`,
    holds,
  )
}

/** Has a figure drawn. */
export const drawn = (figure: Figure, label: string, better: Bar['better']): Figure => ({
  ...figure,
  bar: { label, better },
})

const ratioOf = ({ name, ratio }: Other): [string, Spread | undefined] => [name, ratio]
