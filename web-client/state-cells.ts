import { toText } from '../protocol/message.ts'
import { type Column, inRing } from '../protocol/state-columns.ts'

/** What we wrote of one cell and the server has not said yet. */
interface Written {
  value: unknown
  isDirty: boolean
  /** What was sent, and when: what comes back of it is no news. */
  sent: { readonly value: unknown; readonly at: number }[]
}

/** So long after it was sent a value may come back, in ms. */
const ECHO_MS = 5_000

/** What is to be written: the slots of which the same columns are, and those. */
export interface Block {
  readonly slots: readonly number[]
  readonly columns: readonly number[]
}

/**
 * What the columns of a table hold, by slot: what the server said, and over that what we have
 * written of our own rows meanwhile, until it says so too, or says other.
 */
export class Cells {
  readonly #columns: readonly Column[]
  readonly #told: unknown[][]
  readonly #written = new Map<number, Map<number, Written>>()

  constructor(columns: readonly Column[]) {
    this.#columns = columns
    this.#told = columns.map(() => [])
  }

  get(column: number, slot: number): unknown {
    const written = this.#written.size > 0 && this.#written.get(slot)?.get(column)
    return written ? written.value : this.#told[column]?.[slot]
  }

  /** The server has another value there, or one that differs by so much; whether we see another. */
  tell(column: number, slot: number, value: unknown, isDifference: boolean, now: number): boolean {
    const column_ = this.#columns[column] as Column
    const all = this.#told[column] as unknown[]
    const before = all[slot]
    const next = column_.raw
      ? value
      : inRing(
          column_,
          isDifference ? ((before as number) + (value as number)) | 0 : (value as number),
        )
    all[slot] = next
    const written = this.#written.size > 0 && this.#written.get(slot)?.get(column)
    if (isSame(next, before)) return false
    if (!written) return true
    if (this.#isEcho(written, next, now)) {
      if (written.sent.length === 0 && !written.isDirty) this.#drop(slot, column)
      return false
    }
    const seen = written.value
    this.#drop(slot, column)
    return !isSame(next, seen)
  }

  /** The row is another now; nothing was written of it. */
  begin(slot: number): void {
    this.#written.delete(slot)
    for (const all of this.#told) all[slot] = undefined
  }

  write(column: number, slot: number, content: unknown): void {
    const column_ = this.#columns[column] as Column
    const value = column_.raw ? content : inRing(column_, content as number)
    const cells = this.#written.get(slot) ?? new Map<number, Written>()
    this.#written.set(slot, cells)
    const written = cells.get(column) ?? { value, isDirty: false, sent: [] }
    written.value = value
    written.isDirty = true
    cells.set(column, written)
  }

  /** The contents of one row, as they stay when it is gone. */
  kept(slot: number): Cells {
    const kept = new Cells(this.#columns)
    for (const [column, all] of kept.#told.entries()) all[slot] = this.get(column, slot)
    return kept
  }

  /** What we wrote there is not to be. */
  forget(slot: number, columns: readonly number[]): void {
    for (const column of columns) this.#drop(slot, column)
  }

  /** What was written since, as it is now; or all that the server has not said yet. */
  take(now: number, isAll: boolean): Block[] {
    const blocks = new Map<string, { slots: number[]; columns: readonly number[] }>()
    for (const slot of [...this.#written.keys()].sort((one, other) => one - other)) {
      const cells = this.#written.get(slot) ?? new Map<number, Written>()
      const columns = [...cells.keys()]
        .filter((column) => isAll || cells.get(column)?.isDirty)
        .sort((one, other) => one - other)
      if (columns.length === 0) continue
      for (const column of columns) sent(cells.get(column) as Written, now)
      const block = blocks.get(`${columns}`) ?? { slots: [], columns }
      blocks.set(`${columns}`, block)
      block.slots.push(slot)
    }
    return [...blocks.values()]
  }

  /** Whether it is one that we have sent; those before it are on no way any more. */
  #isEcho(written: Written, value: unknown, now: number): boolean {
    written.sent = written.sent.filter(({ at }) => now - at < ECHO_MS)
    const index = written.sent.findIndex((one) => isSame(one.value, value))
    if (index < 0) return false
    written.sent = written.sent.slice(index + 1)
    return true
  }

  #drop(slot: number, column: number): void {
    const cells = this.#written.get(slot)
    cells?.delete(column)
    if (cells?.size === 0) this.#written.delete(slot)
  }
}

/** JSON is the same if it says the same. */
const isSame = (one: unknown, other: unknown): boolean =>
  one === other ||
  (typeof one === 'object' && typeof other === 'object' && toText(one) === toText(other))

function sent(written: Written, at: number): void {
  written.isDirty = false
  if (written.sent.at(-1)?.value === written.value) written.sent.pop()
  written.sent.push({ value: written.value, at })
}
