/** Where lists of slots and values come from, of at least so many. */
export interface Lists {
  take(n: number): Int32Array
}

/** Each is a new one. */
export const FRESH: Lists = { take: (n) => new Int32Array(n) }

/**
 * Lists of slots and values for what is made and written at once: taken one after the other, and all
 * free again for whoever begins next.
 */
export class Scratch implements Lists {
  readonly #arrays: Int32Array[] = []
  #taken = 0

  /** Whatever was taken before may be written over. */
  begin(): void {
    this.#taken = 0
  }

  /** One of at least `n`, with whatever it holds. */
  take(n: number): Int32Array {
    const index = this.#taken++
    const array = this.#arrays[index]
    if (array && array.length >= n) return array
    const longer = new Int32Array(Math.max(FEWEST, n * 2))
    this.#arrays[index] = longer
    return longer
  }
}

const FEWEST = 64

/** One for all, as nothing is awaited while it is made. */
export const scratch = new Scratch()
