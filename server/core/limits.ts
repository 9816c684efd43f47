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
  readonly #levels: Partial<Record<RateClass, Level>> = {}
  #lifted: RateClass | undefined

  constructor(rates: Rates | false, now: () => number) {
    this.#rates = rates
    this.#now = now
  }

  /** Takes the limit off one class. */
  lift(name: RateClass): void {
    this.#lifted = name
  }

  /** How many ms until there is a token; takes none. */
  wait(name: RateClass): number {
    const level = this.#fill(name)
    return level && level.tokens < 1 ? Math.ceil(((1 - level.tokens) / level.per_second) * 1000) : 0
  }

  /** Whether nothing was taken that has not been refilled. */
  get isFull(): boolean {
    return Object.keys(this.#levels).every((name) => {
      const level = this.#fill(name as RateClass)
      return !level || level.tokens === level.burst
    })
  }

  /** Takes one token; 0 when there was one, else how many ms until there is. */
  take(name: RateClass): number {
    const level = this.#fill(name)
    if (!level) return 0
    if (level.tokens >= 1) {
      level.tokens -= 1
      return 0
    }
    return Math.ceil(((1 - level.tokens) / level.per_second) * 1000)
  }

  /** The level of a bucket as time has filled it; none where there are no limits. */
  #fill(name: RateClass) {
    if (!this.#rates || name === this.#lifted) return undefined
    const { per_second, burst } = this.#rates[name]
    const now = this.#now()
    let level = this.#levels[name]
    if (!level) {
      level = { tokens: burst, at: now, per_second, burst }
      this.#levels[name] = level
    }
    level.tokens = Math.min(burst, level.tokens + ((now - level.at) / 1000) * per_second)
    level.at = now
    return level
  }
}

interface Level {
  tokens: number
  at: number
  readonly per_second: number
  readonly burst: number
}
