import { LIMITS, type LimitName, RATES, type RateClass } from '../../protocol/limits.ts'

export type Limits = Readonly<Record<LimitName, number>>
export type Rates = Readonly<
  Record<RateClass, { readonly per_second: number; readonly burst: number }>
>

/** The defaults, with what the operator chose otherwise. */
export const limitsOf = (chosen: Partial<Limits> = {}): Limits => ({
  ...(Object.fromEntries(
    Object.entries(LIMITS).map(([name, limit]) => [name, limit.value]),
  ) as Record<LimitName, number>),
  ...chosen,
})

export const ratesOf = (chosen: Partial<Rates> = {}): Rates => ({ ...RATES, ...chosen })

/** A token bucket for each class of message, filled as time passes. */
export class Buckets {
  readonly #rates: Rates | false
  readonly #now: () => number
  #levels: Partial<Record<RateClass, { tokens: number; at: number }>> = {}

  constructor(rates: Rates | false, now: () => number) {
    this.#rates = rates
    this.#now = now
  }

  /** Takes one token; 0 when there was one, else how many ms until there is. */
  take(name: RateClass): number {
    if (!this.#rates) return 0
    const { per_second, burst } = this.#rates[name]
    const now = this.#now()
    let level = this.#levels[name]
    if (!level) {
      level = { tokens: burst, at: now }
      this.#levels[name] = level
    }
    level.tokens = Math.min(burst, level.tokens + ((now - level.at) / 1000) * per_second)
    level.at = now
    if (level.tokens >= 1) {
      level.tokens -= 1
      return 0
    }
    return Math.ceil(((1 - level.tokens) / per_second) * 1000)
  }
}
