/** An input that waits for its tick. */
export interface Waiting {
  readonly number: number
  /** Which of the room’s time its player saw as it acted, in ms. */
  readonly seen: number
  /** What each of the inputs’ columns holds. */
  readonly values: readonly unknown[]
}

/** More than so many wait only for a while. */
const FEW = 2
/** So much more than one may be done in a tick, so that clocks need not agree. */
const EARNED = 1.01

/**
 * The inputs of one member: one is done in a tick, two while more than two wait. Each costs a credit,
 * of which 1.01 come with a tick and `most` are kept: who was held up is made up for, and who is too
 * fast gains nothing. Of what waits for too long, or is too much, the oldest are left out.
 */
export class Bank {
  /** The last that was done or left out. */
  done = 0
  /** How many were left out. */
  leftOut = 0
  readonly #ticks: number
  readonly #most: number
  #waiting: Waiting[] = []
  #credit: number
  /** For how many ticks more than a few have waited and there was no credit for more than one. */
  #poor = 0

  /** At most `most` wait; with credit for half of them. `ticks` is how many a second has. */
  constructor(ticks: number, most: number) {
    this.#ticks = ticks
    this.#most = most
    this.#credit = most / 2
  }

  get size(): number {
    return this.#waiting.length
  }

  /** What is new is kept, in order; what was heard before is not heard again. */
  add(input: Waiting): void {
    if (input.number <= (this.#waiting.at(-1)?.number ?? this.done)) return
    this.#waiting.push(input)
    if (this.#waiting.length > this.#most) this.#leaveOut(this.#waiting.length - this.#most)
  }

  /** Another has the seat: what waits was not its own. */
  clear(): void {
    this.#waiting = []
    this.#poor = 0
  }

  /** What is to be done in this tick, to be called once in each. */
  take(): readonly Waiting[] {
    this.#credit = Math.min(this.#most / 2, this.#credit + EARNED)
    const isMany = this.#waiting.length > FEW
    const hasCredit = this.#credit >= 2
    this.#trim(isMany && !hasCredit)
    if (this.#waiting.length === 0) return NOTHING
    const taken = this.#waiting.splice(0, isMany && hasCredit ? 2 : 1)
    this.#credit -= taken.length
    this.done = taken.at(-1)?.number ?? this.done
    return taken
  }

  #trim(isPoor: boolean): void {
    this.#poor = isPoor ? this.#poor + 1 : 0
    if (this.#poor < this.#ticks) return
    this.#poor = 0
    this.#leaveOut(this.#waiting.length - FEW)
  }

  #leaveOut(count: number): void {
    const gone = this.#waiting.splice(0, count)
    this.leftOut += gone.length
    this.done = Math.max(this.done, gone.at(-1)?.number ?? 0)
  }
}

const NOTHING: readonly Waiting[] = []
