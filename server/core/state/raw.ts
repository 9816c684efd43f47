import { toText } from '../../../protocol/message.ts'
import { check, json } from '../../../protocol/schema.ts'
import type { Column } from '../../../protocol/state-columns.ts'
import type { Budget } from './budget.ts'
import { Changes } from './changes.ts'
import { bytesOf, type ColumnOptions, type Old, type StateColumn } from './column.ts'

/** Texts, JSON and floats, which travel as they are. */
export class RawColumn implements StateColumn {
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

  get now(): number {
    return this.#changes.now
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

  commit(tick: number, { isThere, born }: Old): void {
    const changes = this.#changes
    const marked = changes.take()
    const { changed } = changes
    let count = 0
    for (let index = 0; index < marked; index++) {
      const slot = changed[index] as number
      if (isThere[slot] !== 1 || born[slot] === tick) continue
      const next = copied(this.column, this.#value[slot])
      if (isSame(this.column, next, this.#sent[slot])) continue
      this.#sent[slot] = next
      changed[count++] = slot
      changes.tick[slot] = tick
    }
    changes.count = count
    changes.now = tick
  }

  valuesAt(slots: Int32Array, n: number): readonly unknown[] {
    return Array.from({ length: n }, (_, index) => this.#sent[slots[index] as number])
  }

  differencesAt(slots: Int32Array, n: number): readonly unknown[] {
    return this.valuesAt(slots, n)
  }

  get frame(): undefined {
    return undefined
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
