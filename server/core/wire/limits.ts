import {
  LIMITS,
  type LimitName,
  RATES,
  type RateClass,
  TOLD_RATES,
} from '../../../protocol/limits.ts'
import { SLACK_MS } from '../../../protocol/pacer.ts'

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

/**
 * A token bucket for each class of message, filled as time passes. After a silence that a lost
 * connection explains, each holds for once what it would have admitted meanwhile as well; after one
 * of a connection that only stood still, those that clients know of do, for as long again: what was
 * said in time is never too fast because it came late, all at once.
 */
export class Buckets {
  readonly #rates: Rates | false
  readonly #now: () => number
  readonly #levels: Partial<Record<RateClass, Level>> = {}
  #lifted: readonly RateClass[] = []
  #heardAt: number
  /** How long a silence, in ms, the buckets hold more for. */
  #saved = 0
  /** By how much, in ms, what comes now may be late, as of when. */
  #late = 0
  #lateAt: number

  constructor(rates: Rates | false, now: () => number) {
    this.#rates = rates
    this.#now = now
    this.#heardAt = now()
    this.#lateAt = this.#heardAt
  }

  /** When something was last taken, save by a claim, or saved. */
  get heardAt(): number {
    return this.#heardAt
  }

  now(): number {
    return this.#now()
  }

  /** Raises every bucket by what it would have admitted since something was heard; `most` in ms. */
  save(most: number): void {
    const now = this.#now()
    this.#saved = Math.min(this.#saved + now - this.#heardAt, most)
    this.#heardAt = now
    this.#late = 0
  }

  /**
   * Nothing came for so many ms on a connection that was there: what was said meanwhile is late, by
   * `most` at most, and more so than clients allow for. It is no longer once it has come twice as
   * fast as it was said.
   */
  stood(ms: number, most: number): void {
    if (ms <= SLACK_MS) return
    this.#late = Math.min(this.lateness + ms - SLACK_MS, most)
    this.#lateAt = this.#now()
  }

  /** By how much, in ms, what comes now may be late. */
  get lateness(): number {
    return this.#late === 0 ? 0 : Math.max(0, this.#late - (this.#now() - this.#lateAt))
  }

  /** What was saved and not used is forfeited. */
  spend(): void {
    this.#saved = 0
  }

  /** Takes the limit off these classes. */
  lift(...names: readonly RateClass[]): void {
    this.#lifted = names
  }

  /** How many ms until there is a token; takes none. */
  wait(name: RateClass): number {
    const level = this.#fill(name)
    return level && level.tokens < 1 ? Math.ceil(((1 - level.tokens) / level.per_second) * 1000) : 0
  }

  /** How many tokens there are now. */
  left(name: RateClass): number {
    return this.#fill(name)?.tokens ?? Number.POSITIVE_INFINITY
  }

  /** Gives back what was taken in vain. */
  giveBack(name: RateClass): void {
    const level = this.#fill(name)
    if (level) level.tokens = Math.min(level.burst, level.tokens + 1)
  }

  /** Takes `count` even where there is none, down to a whole burst below; how many ms that takes to make up for. */
  owe(name: RateClass, count = 1): number {
    const level = this.#fill(name)
    if (!level) return 0
    level.tokens = Math.max(-level.burst, level.tokens - count)
    return Math.max(0, Math.ceil((-level.tokens / level.per_second) * 1000))
  }

  /** There is none for so many ms. */
  delay(name: RateClass, ms: number): void {
    const level = this.#fill(name)
    if (level) level.tokens = Math.min(level.tokens, 1 - (ms / 1000) * level.per_second)
  }

  /** Others that begin where these stand, with at least one token of each. */
  successor(): Buckets {
    const next = new Buckets(this.#rates, this.#now)
    for (const name of Object.keys(this.#levels) as RateClass[]) {
      const level = this.#fill(name)
      if (!level) continue
      const tokens = Math.max(1, Math.min(level.burst, level.tokens))
      next.#levels[name] = { ...level, tokens }
    }
    return next
  }

  /** Whether nothing was taken that has not been refilled. */
  get isFull(): boolean {
    return Object.keys(this.#levels).every((name) => {
      const level = this.#fill(name as RateClass)
      return !level || level.tokens === level.burst
    })
  }

  /**
   * Takes one token, or `count` of them; 0 when they were there, else how many ms until they are. More
   * than the whole burst is as much as that.
   */
  take(name: RateClass, count = 1): number {
    const level = this.#fill(name)
    // A claim says nothing of when its client was last heard.
    if (name !== 'resume') this.#heardAt = level?.at ?? this.#now()
    if (!level) return 0
    const due = Math.min(count, level.burst)
    if (level.tokens >= due) {
      level.tokens -= due
      return 0
    }
    return Math.ceil(((due - level.tokens) / level.per_second) * 1000)
  }

  /** The level of a bucket as time has filled it; none where there are no limits. */
  #fill(name: RateClass) {
    if (!this.#rates || this.#lifted.includes(name)) return undefined
    const { per_second, burst } = this.#rates[name]
    const now = this.#now()
    const saved = this.#saved + (TOLD.has(name) ? this.lateness : 0)
    const most = saved === 0 ? burst : burst + (saved / 1000) * per_second
    let level = this.#levels[name]
    if (!level) {
      level = { tokens: most, at: now, per_second, burst }
      this.#levels[name] = level
    }
    level.tokens = Math.min(most, level.tokens + ((now - level.at) / 1000) * per_second)
    level.at = now
    return level
  }
}

const TOLD: ReadonlySet<RateClass> = new Set(TOLD_RATES)

interface Level {
  tokens: number
  at: number
  readonly per_second: number
  readonly burst: number
}
