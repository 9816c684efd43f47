/**
 * Keeps what a session says while something it said before has to be settled first, such as who it
 * is: so that a client need not wait for one answer before its next request.
 */
export class Hold {
  #waiting: (() => void)[] | undefined

  get isOn(): boolean {
    return this.#waiting !== undefined
  }

  /** How much waits. */
  get size(): number {
    return this.#waiting?.length ?? 0
  }

  /** From now on everything waits, until what is returned is called. */
  begin(): () => void {
    const waiting: (() => void)[] = []
    this.#waiting = waiting
    return () => {
      if (this.#waiting === waiting) this.release()
    }
  }

  add(handle: () => void): void {
    this.#waiting?.push(handle)
  }

  /** Handles what has waited, in order; what one of them holds up again goes on waiting. */
  release(): void {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const handle of waiting)
      if (this.#waiting) this.add(handle)
      else handle()
  }

  /** Forgets what waits: it will not be answered any more. */
  drop(): void {
    this.#waiting = undefined
  }
}
