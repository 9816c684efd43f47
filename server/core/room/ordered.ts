/** What has a place in an order that never changes. */
interface Numbered {
  readonly serial: number
}

/** A block that holds so many is cut in two. */
const FULL_BLOCK = 128

/** Things in order of their serials, in blocks, so that one more or less moves only a few. */
export class Ordered<T extends Numbered> {
  readonly #blocks: T[][]
  #size = 1

  constructor(first: T) {
    this.#blocks = [[first]]
  }

  get size(): number {
    return this.#size
  }

  /** Adds one that is not there. */
  add(item: T): void {
    const at = this.#blockOf(item.serial)
    const block = this.#blocks[at] as T[]
    block.splice(indexIn(block, item.serial), 0, item)
    this.#size++
    if (block.length > FULL_BLOCK)
      this.#blocks.splice(at + 1, 0, block.splice(halfOf(block, at === this.#blocks.length - 1)))
  }

  /** Takes one away; false where it was not there. */
  delete(item: T): boolean {
    const at = this.#blockOf(item.serial)
    const block = this.#blocks[at] ?? []
    const index = indexIn(block, item.serial)
    if (block[index] !== item) return false
    block.splice(index, 1)
    this.#size--
    if (block.length === 0 && this.#blocks.length > 1) this.#blocks.splice(at, 1)
    return true
  }

  /** Those after a serial, in order; it must not change meanwhile. */
  *after(serial: number): Generator<T, void> {
    const from = serial + 1
    for (let at = this.#blockOf(from); at < this.#blocks.length; at++) {
      const block = this.#blocks[at] as T[]
      for (let index = indexIn(block, from); index < block.length; index++) yield block[index] as T
    }
  }

  /** The last block that begins at or before a serial; the first where none does. */
  #blockOf(serial: number): number {
    let low = 0
    let high = this.#blocks.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((this.#blocks[middle]?.[0]?.serial ?? 0) <= serial) low = middle
      else high = middle
    }
    return low
  }
}

/** What only grows at its end leaves full blocks behind. */
const halfOf = (block: readonly unknown[], isLast: boolean): number =>
  isLast ? block.length - 1 : block.length >> 1

/** Where the first is that has this serial or a later one. */
function indexIn(block: readonly Numbered[], serial: number): number {
  let low = 0
  let high = block.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((block[middle]?.serial ?? 0) < serial) low = middle + 1
    else high = middle
  }
  return low
}
