import { MIXES, type Smoothing } from '../../../protocol/smoothing.ts'
import type { StateColumn } from './column.ts'
import { NONE, type Slots } from './slots.ts'
import type { Table } from './table.ts'

/** What the rows of a table were at the end of one tick. */
interface Page {
  tick: number
  slots: Slots
  /** Of each slot, when its row was born: another row has another. */
  born: Uint32Array
  /** Of each column that holds numbers, its values by slot. */
  readonly values: Float64Array[]
}

/** A row of then. */
export interface Past {
  readonly slot: number
  /** Its row now, or undefined where that is gone. */
  readonly isThere: boolean
  /** What a column held, between two ticks. */
  get(column: number): unknown
}

/** What a table was in the last so many ticks, in as many pages as those, written over and over. */
export class History {
  /** For how long, in ms. */
  readonly ms: number
  readonly #table: Table
  readonly #step: number
  readonly #pages: Page[]
  readonly #isNumber: readonly boolean[]
  readonly #mixes: readonly Smoothing[]
  #newest = 0

  /** `step` is how long a tick is, in ms. */
  constructor(table: Table, ms: number, step: number) {
    this.ms = ms
    this.#table = table
    this.#step = step
    this.#isNumber = table.columns.map(({ column: { raw } }) => raw !== 'string' && raw !== 'json')
    this.#mixes = table.columns.map((column) => mixOf(table, column))
    this.#pages = Array.from({ length: Math.ceil(ms / step) + 2 }, () => ({
      ...{ tick: 0, slots: NONE, born: new Uint32Array(0) },
      values: table.columns.map(() => new Float64Array(0)),
    }))
  }

  /** A tick is over: remembers what the table is, in place of what it was longest ago. */
  keep(tick: number): void {
    const page = this.#pages[tick % this.#pages.length] as Page // one of them
    const { there, born, columns } = this.#table
    page.tick = tick
    page.slots = there
    this.#newest = tick
    const length = born.length
    if (page.born.length < length) page.born = new Uint32Array(length)
    page.born.set(born)
    for (const [index, column] of columns.entries()) {
      if (!this.#isNumber[index]) continue
      let values = page.values[index] as Float64Array
      if (values.length < length) {
        values = new Float64Array(length)
        page.values[index] = values
      }
      for (let at = 0; at < there.n; at++) {
        const slot = there.slots[at] as number
        values[slot] = column.get(slot) as number
      }
    }
  }

  /** The rows that there were at a time of the room’s, in ms, or as near to it as is remembered. */
  at(time: number): { readonly slots: Slots; of(slot: number): Past } {
    const oldest = Math.max(
      1,
      this.#newest - this.#pages.length + 1,
      this.#newest - this.ms / this.#step,
    )
    const tick = Math.min(Math.max(time / this.#step, oldest), this.#newest)
    const from = this.#page(Math.floor(tick))
    const to = this.#page(Math.floor(tick) + 1) ?? from
    if (!from || !to) return { slots: NONE, of: () => NOBODY }
    return { slots: from.slots, of: (slot) => this.#past(from, to, slot, tick % 1) }
  }

  #page(tick: number): Page | undefined {
    const page = this.#pages[tick % this.#pages.length]
    return page?.tick === tick ? page : undefined
  }

  #past(from: Page, to: Page, slot: number, part: number): Past {
    const table = this.#table
    const born = from.born[slot] as number
    const isSame = to.born[slot] === born && part > 0
    // What died here since was this row; who is new in its place is born with the next commit.
    const hasDied = (table.died[slot] as number) > born
    const isThere = table.has(slot) && table.born[slot] === born && !hasDied
    return {
      slot,
      isThere,
      get: (column) => {
        if (!this.#isNumber[column]) return isThere ? table.columns[column]?.get(slot) : undefined
        const before = from.values[column]?.[slot] as number
        if (!isSame) return before
        return MIXES[this.#mixes[column] as Smoothing](
          before,
          to.values[column]?.[slot] as number,
          part,
        )
      },
    }
  }
}

/** Of what is not there, nothing is known. */
const NOBODY: Past = { slot: -1, isThere: false, get: () => undefined }

/** What is between two values of a column: of a turn the shortest way, of words nothing. */
function mixOf({ known }: Table, { column }: StateColumn): Smoothing {
  const type = known.table.fields[column.field]?.type
  if (type === 'angle') return 'angle'
  return type === undefined || STILL.has(type) ? 'none' : 'linear'
}

const STILL: ReadonlySet<string> = new Set(['bool', 'choice', 'ref', 'string', 'json'])
