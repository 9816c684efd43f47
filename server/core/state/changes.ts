/** What of a column has been set since the last commit, and what that changed. */
export class Changes {
  /** When each slot has last changed. */
  tick: Uint32Array
  /** The slots that changed with the last commit, ascending: the first `count` of them. */
  changed: Int32Array = new Int32Array(FIRST)
  count = 0
  /** When that was. */
  now = 0
  #marks: Uint8Array
  #dirty: Int32Array = new Int32Array(FIRST)
  #marked = 0
  #last = -1
  #isSorted = true

  constructor(capacity: number) {
    this.tick = new Uint32Array(capacity)
    this.#marks = new Uint8Array(capacity)
  }

  mark(slot: number): void {
    if (this.#marks[slot] !== 0) return
    this.#marks[slot] = 1
    if (this.#marked === this.#dirty.length) this.#dirty = grown(this.#dirty, this.#marked * 2)
    if (slot < this.#last) this.#isSorted = false
    this.#last = slot
    this.#dirty[this.#marked++] = slot
  }

  /**
   * The slots that were marked, ascending, put where those go that did change; they are marked no
   * longer. How many they are.
   */
  take(): number {
    const marked = this.#marked
    const marks = this.#marks
    if (!this.#isSorted) this.#dirty.subarray(0, marked).sort()
    const dirty = this.#dirty
    // Whoever reads what changed writes over it no faster.
    this.#dirty = this.changed.length < dirty.length ? new Int32Array(dirty.length) : this.changed
    this.changed = dirty
    for (let index = 0; index < marked; index++) marks[dirty[index] as number] = 0
    this.#marked = 0
    this.#last = -1
    this.#isSorted = true
    this.count = 0
    return marked
  }

  grow(capacity: number): void {
    this.tick = grown(this.tick, capacity)
    this.#marks = grown(this.#marks, capacity)
  }
}

/** As of how many there is room at first. */
export const FIRST = 16

/** With what it holds, and room for more. */
export function grown<A extends Uint8Array | Uint32Array | Int32Array | Float64Array>(
  array: A,
  capacity: number,
): A {
  const longer = new (array.constructor as new (length: number) => A)(capacity)
  longer.set(array)
  return longer
}
