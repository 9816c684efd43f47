/** Who has not acknowledged anything for so many ticks is asked what it has. */
const ASK_TICKS = 20
/** An answer may be late by so many ticks, and a round trip, before nothing more is sent. */
const LATE_TICKS = 5
const MOST_TICKS = 30
/**
 * How fast one member reads its state, by what it says that it has: kernels hold megabytes, so that
 * a socket which takes everything tells nothing. It is asked by a ping behind a frame, as its answer
 * must not depend on what the client does; who is late with that gets nothing until it has answered,
 * and then what is newest.
 */
export class Pace {
  readonly #now: () => number
  readonly #step: number
  /** The newest tick that it has for sure. */
  #acknowledged = 0
  #asked: { readonly tick: number; readonly at: number } | undefined
  #askedAt = 0
  /** The shortest round trip of this connection, in ms: what it waited behind is none of it. */
  #trip = Number.POSITIVE_INFINITY

  /** `step` is how long a tick is, in ms. */
  constructor(now: () => number, step: number) {
    this.#now = now
    this.#step = step
  }

  /** The shortest round trip that is known, in ms; 0 where none is. */
  get trip(): number {
    return Number.isFinite(this.#trip) ? this.#trip : 0
  }

  /** Whether nothing more is sent for now. */
  isShut(tick: number): boolean {
    return this.#asked !== undefined && tick - this.#asked.tick > this.#window
  }

  /** Whether it is to be asked with the frame of this tick; what is its own is always worth it. */
  asks(tick: number, isOwn: boolean): boolean {
    if (this.#asked) return false
    return isOwn || tick - Math.max(this.#askedAt, this.#acknowledged) >= ASK_TICKS
  }

  asked(tick: number): void {
    this.#asked = { tick, at: this.#now() }
    this.#askedAt = tick
  }

  /** It has this tick. */
  acknowledge(tick: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, tick)
    const asked = this.#asked
    if (!asked || tick < asked.tick) return
    this.#asked = undefined
    this.#trip = Math.min(this.#trip, this.#now() - asked.at)
  }

  /** It is another connection. */
  begin(): void {
    this.#asked = undefined
    this.#trip = Number.POSITIVE_INFINITY
  }

  get #window(): number {
    return Math.min(MOST_TICKS, LATE_TICKS + Math.ceil(this.trip / this.#step))
  }
}
