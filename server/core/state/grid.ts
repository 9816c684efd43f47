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
  #near = new Int32Array(0)

  /** Squares are `cell` wide; who looks further than that misses some. */
  constructor(cell: number) {
    this.#cell = cell
  }

  /** The points that `around` has found. */
  get near(): Int32Array {
    return this.#near
  }

  /** Sorts the first `n` points. */
  build(xs: Float64Array, ys: Float64Array, n: number): void {
    const buckets = 1 << (32 - Math.clz32(Math.max(1, n - 1)))
    this.#mask = buckets - 1
    this.#fit(n, buckets)
    const [starts, columns, rows] = [this.#starts, this.#columns, this.#rows]
    for (let index = 0; index < n; index++) {
      columns[index] = Math.floor((xs[index] as number) / this.#cell)
      rows[index] = Math.floor((ys[index] as number) / this.#cell)
      const bucket = this.#bucketOf(index)
      starts[bucket] = (starts[bucket] as number) + 1
    }
    for (let bucket = 1; bucket <= buckets; bucket++)
      starts[bucket] = (starts[bucket] as number) + (starts[bucket - 1] as number)
    // From the last one on each takes the place before those of its bucket that have one.
    for (let index = n - 1; index >= 0; index--) {
      const bucket = this.#bucketOf(index)
      const at = (starts[bucket] as number) - 1
      starts[bucket] = at
      this.#order[at] = index
    }
  }

  /** Finds the points in the square of a place and in those around it: how many. */
  around(x: number, y: number): number {
    const [column, row] = [Math.floor(x / this.#cell), Math.floor(y / this.#cell)]
    let count = 0
    for (let down = row - 1; down <= row + 1; down++)
      for (let along = column - 1; along <= column + 1; along++)
        count = this.#square(along, down, count)
    return count
  }

  /** Several squares share a bucket. */
  #square(column: number, row: number, found: number): number {
    const [columns, rows, order, near] = [this.#columns, this.#rows, this.#order, this.#near]
    const bucket = hashOf(column, row) & this.#mask
    const end = this.#starts[bucket + 1] as number
    let count = found
    for (let at = this.#starts[bucket] as number; at < end; at++) {
      const index = order[at] as number
      if (columns[index] === column && rows[index] === row) near[count++] = index
    }
    return count
  }

  #fit(n: number, buckets: number): void {
    if (this.#starts.length <= buckets) this.#starts = new Int32Array(buckets + 1)
    else this.#starts.fill(0)
    if (this.#columns.length >= n) return
    this.#columns = new Int32Array(n * 2)
    this.#rows = new Int32Array(n * 2)
    this.#order = new Int32Array(n * 2)
    this.#near = new Int32Array(n * 2)
  }

  #bucketOf(index: number): number {
    return hashOf(this.#columns[index] as number, this.#rows[index] as number) & this.#mask
  }
}

/** Two large primes, as of Teschner et al., Optimized Spatial Hashing (2003). */
const hashOf = (column: number, row: number): number =>
  Math.imul(column, 73_856_093) ^ Math.imul(row, 19_349_663)
