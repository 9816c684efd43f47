/**
 * Keeps what a session says while something it said before has to be settled first, such as who it
 * is: so that a client need not wait for one answer before its next request.
 */
export class Hold {
  #waiting: Held[] | undefined
  #bytes = 0

  get isOn(): boolean {
    return this.#waiting !== undefined
  }

  /** How much waits. */
  get size(): number {
    return this.#waiting?.length ?? 0
  }

  /** How large that is. */
  get bytes(): number {
    return this.#bytes
  }

  /** From now on everything waits, until what is returned is called. */
  begin(): () => void {
    const waiting: Held[] = []
    this.#waiting = waiting
    return () => {
      if (this.#waiting === waiting) this.release()
    }
  }

  add(handle: () => void, bytes: number): void {
    if (!this.#waiting) return
    this.#waiting.push({ handle, bytes })
    this.#bytes += bytes
  }

  /** Handles what has waited, in order; what one of them holds up again goes on waiting. */
  release(): void {
    const waiting = this.#waiting ?? []
    this.drop()
    for (const { handle, bytes } of waiting)
      if (this.#waiting) this.add(handle, bytes)
      else handle()
  }

  /** Forgets what waits: it will not be answered any more. */
  drop(): void {
    this.#waiting = undefined
    this.#bytes = 0
  }
}

interface Held {
  readonly handle: () => void
  readonly bytes: number
}
