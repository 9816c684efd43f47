import { toText } from '../../../protocol/message.ts'
import { check, json } from '../../../protocol/schema.ts'
import type { ColumnValues } from '../../../protocol/state-column.ts'
import { type Column, dequantise, difference, quantise } from '../../../protocol/state-columns.ts'
import type { Budget } from './budget.ts'

/**
 * One column of a table: what the game reads and writes at any time, and what clients have or will
 * have of it, which changes with a commit alone.
 */
export interface StateColumn {
  readonly column: Column
  /** When what clients have last changed, by slot. */
  readonly tick: Uint32Array
  /** The slots that changed with the last commit, ascending: the first `count` of them. */
  readonly changed: Int32Array
  readonly count: number
  get(slot: number): unknown
  /** Throws a TypeError or RangeError for what it cannot hold. */
  set(slot: number, value: unknown): void
  /** Whether what was set is within its bounds; what is not will be the nearest that is. */
  isWithin(slot: number): boolean
  /** A row begins here, with what a field is unless it is said. */
  begin(slot: number): void
  /** It ends. */
  end(slot: number): void
  /** A row that is new at this commit: clients will have all of it. */
  settle(slot: number, tick: number): void
  /** What was set since the last commit is what clients will have; `isOld` says of whom. */
  commit(tick: number, isOld: (slot: number) => boolean): void
  /** What clients have in the first `n` of these slots. */
  valuesAt(slots: Int32Array, n: number): ColumnValues
  /** By how much these rows differ from before the last commit; raw ones are values. */
  differencesAt(slots: Int32Array, n: number): ColumnValues
  grow(capacity: number): void
}

/** How it is made: its place in messages, and from what its texts take their bytes. */
export interface ColumnOptions {
  readonly place: string
  readonly column: Column
  readonly capacity: number
  readonly budget: Budget
}

export const createColumn = (options: ColumnOptions): StateColumn =>
  options.column.raw ? new RawColumn(options) : new PackedColumn(options)

/** How many bytes a value counts as, unless it is text. */
export const bytesOf = ({ raw }: Column): number =>
  raw === 'float64' ? 8 : raw === 'string' || raw === 'json' ? 0 : 4

/** What has been set since the last commit, and what that changed. */
class Changes {
  tick: Uint32Array
  changed: Int32Array = new Int32Array(FIRST)
  count = 0
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
    if (this.#marked === this.#dirty.length) this.#dirty = longer(this.#dirty)
    if (slot < this.#last) this.#isSorted = false
    this.#last = slot
    this.#dirty[this.#marked++] = slot
  }

  /** The slots that were marked, ascending; they are no longer. */
  take(): Int32Array {
    const dirty = this.#dirty.subarray(0, this.#marked)
    if (!this.#isSorted) dirty.sort()
    for (let index = 0; index < dirty.length; index++) this.#marks[dirty[index] as number] = 0
    this.#marked = 0
    this.#last = -1
    this.#isSorted = true
    this.count = 0
    if (this.changed.length < dirty.length) this.changed = new Int32Array(this.#dirty.length)
    return dirty
  }

  grow(capacity: number): void {
    this.tick = grown(this.tick, capacity)
    this.#marks = grown(this.#marks, capacity)
  }
}

/** Numbers that travel in a ring of bits. */
class PackedColumn implements StateColumn {
  readonly column: Column
  readonly #place: string
  readonly #changes: Changes
  readonly #usual: number
  #value: Float64Array
  #q: Int32Array
  /** What the slots in `changed` had before. */
  #before: Int32Array = new Int32Array(FIRST)

  constructor({ place, column, capacity }: ColumnOptions) {
    this.column = column
    this.#place = place
    this.#changes = new Changes(capacity)
    this.#value = new Float64Array(capacity)
    this.#q = new Int32Array(capacity)
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
    this.tick[slot] = tick
  }

  commit(tick: number, isOld: (slot: number) => boolean): void {
    const changes = this.#changes
    const { column } = this
    const [value, q] = [this.#value, this.#q]
    const dirty = changes.take()
    const { changed } = changes
    if (this.#before.length < changed.length) this.#before = new Int32Array(changed.length)
    const before = this.#before
    let count = 0
    for (let index = 0; index < dirty.length; index++) {
      const slot = dirty[index] as number
      const next = quantise(column, value[slot] as number)
      const last = q[slot] as number
      if (next === last || !isOld(slot)) continue
      changed[count] = slot
      before[count++] = last
      q[slot] = next
      changes.tick[slot] = tick
    }
    changes.count = count
  }

  valuesAt(slots: Int32Array, n: number): Int32Array {
    const values = new Int32Array(n)
    for (let index = 0; index < n; index++)
      values[index] = this.#q[slots[index] as number] as number
    return values
  }

  differencesAt(slots: Int32Array, n: number): Int32Array {
    const { changed, count, column } = this
    const values = new Int32Array(n)
    let at = 0
    for (let index = 0; index < n; index++) {
      const slot = slots[index] as number
      while (at < count && (changed[at] as number) < slot) at++
      if (at === count) break
      if (changed[at] === slot)
        values[index] = difference(column, this.#before[at] as number, this.#q[slot] as number)
    }
    return values
  }

  grow(capacity: number): void {
    this.#changes.grow(capacity)
    this.#value = grown(this.#value, capacity)
    this.#q = grown(this.#q, capacity)
  }
}

/** Texts, JSON and floats, which travel as they are. */
class RawColumn implements StateColumn {
  readonly column: Column
  readonly #place: string
  readonly #changes: Changes
  #value: unknown[] = []
  /** What clients have: of JSON a copy, as the game may change its own. */
  #sent: unknown[] = []
  readonly #budget: Budget
  /** Of text and JSON. */
  readonly #bytes: number[] = []

  constructor({ place, column, capacity, budget }: ColumnOptions) {
    this.column = column
    this.#place = place
    this.#changes = new Changes(capacity)
    this.#budget = budget
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

  get(slot: number): unknown {
    return this.#value[slot]
  }

  set(slot: number, value: unknown): void {
    const problem = problemOf(this.column, value, this.#place)
    if (problem) throw new TypeError(problem)
    if (bytesOf(this.column) === 0) this.#weigh(slot, textBytes(this.column, value))
    this.#value[slot] = value
    this.#changes.mark(slot)
  }

  isWithin(): boolean {
    return true
  }

  begin(slot: number): void {
    this.#value[slot] = USUAL[this.column.raw ?? 'json']
  }

  end(slot: number): void {
    this.#weigh(slot, 0)
  }

  settle(slot: number, tick: number): void {
    this.#sent[slot] = copied(this.column, this.#value[slot])
    this.tick[slot] = tick
  }

  commit(tick: number, isOld: (slot: number) => boolean): void {
    const changes = this.#changes
    const dirty = changes.take()
    let count = 0
    for (let index = 0; index < dirty.length; index++) {
      const slot = dirty[index] as number
      if (!isOld(slot)) continue
      const next = copied(this.column, this.#value[slot])
      if (isSame(this.column, next, this.#sent[slot])) continue
      this.#sent[slot] = next
      changes.changed[count++] = slot
      changes.tick[slot] = tick
    }
    changes.count = count
  }

  valuesAt(slots: Int32Array, n: number): readonly unknown[] {
    return Array.from({ length: n }, (_, index) => this.#sent[slots[index] as number])
  }

  differencesAt(slots: Int32Array, n: number): readonly unknown[] {
    return this.valuesAt(slots, n)
  }

  grow(capacity: number): void {
    this.#changes.grow(capacity)
  }

  #weigh(slot: number, bytes: number): void {
    this.#budget.take(bytes - (this.#bytes[slot] ?? 0), this.#place)
    this.#bytes[slot] = bytes
  }
}

const USUAL = { float32: 0, float64: 0, string: '', json: null } as const
const ANY = json()

/** What is wrong with a value of a raw column, if something is. */
function problemOf(
  { raw, most, low, high }: Column,
  value: unknown,
  place: string,
): string | undefined {
  if (raw === 'float32' || raw === 'float64') {
    const fits = Number.isFinite(value) && Number(value) >= low && Number(value) <= high
    if (fits) return undefined
    return `${place}: expected a number from ${low} to ${high}, got ${String(value)}`
  }
  if (raw === 'string' && typeof value !== 'string')
    return `${place}: expected text, got ${typeof value}`
  const problem = raw === 'json' ? check(ANY, value, place) : undefined
  if (problem) return problem
  const bytes = Buffer.byteLength(raw === 'string' ? String(value) : toText(value))
  return bytes > most ? `${place}: expected at most ${most} bytes, got ${bytes}` : undefined
}

const textBytes = ({ raw }: Partial<Column>, value: unknown): number =>
  Buffer.byteLength(raw === 'string' ? String(value) : toText(value))

function copied({ raw }: Column, value: unknown): unknown {
  if (raw === 'float32') return Math.fround(value as number)
  return raw === 'json' ? JSON.parse(toText(value)) : value
}

const isSame = ({ raw }: Column, one: unknown, other: unknown): boolean =>
  raw === 'json' ? toText(one) === toText(other) : one === other

const FIRST = 16

function grown<A extends Uint8Array | Uint32Array | Int32Array | Float64Array>(
  array: A,
  capacity: number,
): A {
  const longer = new (array.constructor as new (length: number) => A)(capacity)
  longer.set(array)
  return longer
}

/** Twice as long, with what it holds. */
const longer = (array: Int32Array): Int32Array => grown(array, array.length * 2)
