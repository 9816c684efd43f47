/**
 * Points in squares, so that those near a place are found without looking at all: a counting sort by
 * the square they are in, as often as they have moved.
 */
export class Grid {
  readonly #cell: number
  #mask = 0
  /** Where each bucket begins, and the points of all in the order of their buckets. */
  #starts = new Int32Array(1)
  #order = new Int32Array(0)
  #columns = new Int32Array(0)
  #rows = new Int32Array(0)

  /** Squares are `cell` wide; who looks further than that misses some. */
  constructor(cell: number) {
    this.#cell = cell
  }

  /** Sorts the first `n` points. */
  build(xs: Float64Array, ys: Float64Array, n: number): void {
    const buckets = 1 << (32 - Math.clz32(Math.max(1, n - 1)))
    this.#mask = buckets - 1
    if (this.#columns.length < n) {
      this.#columns = new Int32Array(n)
      this.#rows = new Int32Array(n)
      this.#order = new Int32Array(n)
    }
    const starts = new Int32Array(buckets + 1)
    for (let index = 0; index < n; index++) {
      this.#columns[index] = Math.floor((xs[index] as number) / this.#cell)
      this.#rows[index] = Math.floor((ys[index] as number) / this.#cell)
      starts[this.#bucketOf(index) + 1] = (starts[this.#bucketOf(index) + 1] as number) + 1
    }
    for (let bucket = 1; bucket <= buckets; bucket++)
      starts[bucket] = (starts[bucket] as number) + (starts[bucket - 1] as number)
    const next = starts.slice()
    for (let index = 0; index < n; index++) {
      const bucket = this.#bucketOf(index)
      const at = next[bucket] as number
      this.#order[at] = index
      next[bucket] = at + 1
    }
    this.#starts = starts
  }

  /** Visits the points in the square of a place and in those around it. */
  around(x: number, y: number, visit: (index: number) => void): void {
    const [column, row] = [Math.floor(x / this.#cell), Math.floor(y / this.#cell)]
    for (let down = row - 1; down <= row + 1; down++)
      for (let along = column - 1; along <= column + 1; along++) this.#square(along, down, visit)
  }

  /** Several squares share a bucket. */
  #square(column: number, row: number, visit: (index: number) => void): void {
    const bucket = hashOf(column, row) & this.#mask
    const end = this.#starts[bucket + 1] as number
    for (let at = this.#starts[bucket] as number; at < end; at++) {
      const index = this.#order[at] as number
      if (this.#columns[index] === column && this.#rows[index] === row) visit(index)
    }
  }

  #bucketOf(index: number): number {
    return hashOf(this.#columns[index] as number, this.#rows[index] as number) & this.#mask
  }
}

/** Two large primes, as of Teschner et al., Optimized Spatial Hashing (2003). */
const hashOf = (column: number, row: number): number =>
  Math.imul(column, 73_856_093) ^ Math.imul(row, 19_349_663)
