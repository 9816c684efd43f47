import { type Column, dequantise, difference, quantise } from '../../../protocol/state-columns.ts'
import { type Frame, frameFor } from '../../../protocol/state-width.ts'
import { Changes, grown } from './changes.ts'
import type { ColumnOptions, Old, StateColumn } from './column.ts'

/** Numbers that travel in a ring of bits. */
export class PackedColumn implements StateColumn {
  readonly column: Column
  readonly #place: string
  readonly #changes: Changes
  readonly #usual: number
  #value: Float64Array
  #q: Int32Array
  /** By how much each slot differs from before the last commit, where that changed it. */
  #difference: Int32Array
  #frame: Frame | undefined

  constructor({ place, column, capacity }: ColumnOptions) {
    this.column = column
    this.#place = place
    this.#changes = new Changes(capacity)
    this.#value = new Float64Array(capacity)
    this.#q = new Int32Array(capacity)
    this.#difference = new Int32Array(capacity)
    this.#usual = dequantise(column, quantise(column, 0))
  }

  get tick(): Uint32Array {
    return this.#changes.tick
  }

  get changed(): Int32Array {
    return this.#changes.changed
  }

  get count(): number {
    return this.#changes.count
  }

  get now(): number {
    return this.#changes.now
  }

  get(slot: number): number {
    return this.#value[slot] as number
  }

  set(slot: number, value: number): void {
    if (!Number.isFinite(value))
      throw new TypeError(`${this.#place}: expected a number, got ${String(value)}`)
    this.#value[slot] = value
    this.#changes.mark(slot)
  }

  isWithin(slot: number): boolean {
    const { per, offset, low, high, wraps } = this.column
    const q = Math.round((this.#value[slot] as number) * per - offset)
    return wraps || (q >= low && q <= high)
  }

  begin(slot: number): void {
    this.#value[slot] = this.#usual
  }

  end(): void {}

  settle(slot: number, tick: number): void {
    this.#q[slot] = quantise(this.column, this.#value[slot] as number)
    this.#difference[slot] = 0
    this.tick[slot] = tick
  }

  commit(now: number, { isThere, born }: Old): void {
    const changes = this.#changes
    const { column } = this
    const [value, q, differences] = [this.#value, this.#q, this.#difference]
    const marked = changes.take()
    const { changed, tick } = changes
    let count = 0
    for (let index = 0; index < marked; index++) {
      const slot = changed[index] as number
      const next = quantise(column, value[slot] as number)
      const last = q[slot] as number
      if (next === last || isThere[slot] !== 1 || born[slot] === now) continue
      changed[count++] = slot
      differences[slot] = difference(column, last, next)
      q[slot] = next
      tick[slot] = now
    }
    changes.count = count
    changes.now = now
    this.#frame = undefined
  }

  valuesAt(slots: Int32Array, n: number, into = new Int32Array(n)): Int32Array {
    const q = this.#q
    for (let index = 0; index < n; index++) into[index] = q[slots[index] as number] as number
    return into
  }

  differencesAt(slots: Int32Array, n: number, into = new Int32Array(n)): Int32Array {
    const [tick, differences, now] = [this.tick, this.#difference, this.now]
    for (let index = 0; index < n; index++) {
      const slot = slots[index] as number
      into[index] = tick[slot] === now ? (differences[slot] as number) : 0
    }
    return into
  }

  get frame(): Frame {
    if (this.#frame) return this.#frame
    const { changed, count } = this
    const { base, width } = frameFor(this.differencesAt(changed, count), count)
    this.#frame = { base, width }
    return this.#frame
  }

  grow(capacity: number): void {
    this.#changes.grow(capacity)
    this.#value = grown(this.#value, capacity)
    this.#q = grown(this.#q, capacity)
    this.#difference = grown(this.#difference, capacity)
  }
}
