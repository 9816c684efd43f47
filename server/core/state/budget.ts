import { Refusal } from '../wire/refusal.ts'

/** How many bytes the rows of a room may be together, which is about what a snapshot takes. */
export class Budget {
  readonly #most: number
  #bytes = 0

  constructor(most: number) {
    this.#most = most
  }

  /** So many bytes more, or less; refused where that is too much, and nothing is taken. */
  take(bytes: number, place: string): void {
    if (bytes > 0 && this.#bytes + bytes > this.#most)
      throw new Refusal('TOO_LARGE', `${place}: expected at most ${this.#most} bytes in all rows`)
    this.#bytes += bytes
  }
}
