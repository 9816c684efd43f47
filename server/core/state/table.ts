import type { ColumnValues } from '../../../protocol/state-column.ts'
import { OWNER_FIELD, type TableColumns } from '../../../protocol/state-columns.ts'
import { Refusal } from '../wire/refusal.ts'
import type { Budget } from './budget.ts'
import { bytesOf, type StateColumn } from './column.ts'
import { PackedColumn } from './packed.ts'
import { RawColumn } from './raw.ts'
import { FRESH, type Lists } from './scratch.ts'
import { flagged, NONE, type Slots, slotsIn } from './slots.ts'

const FIRST_ROWS = 16

/**
 * The rows of one table by their slots: as the game has them, and as clients do since the last
 * commit. When a row was born and when it died is all there is to know of what somebody missed.
 */
export class Table {
  readonly number: number
  readonly known: TableColumns
  readonly columns: readonly StateColumn[]
  /** The column that says whose a row is. */
  readonly owners: StateColumn | undefined
  /** When the row that is there was born, and when the last one died. */
  born = new Uint32Array(FIRST_ROWS)
  died = new Uint32Array(FIRST_ROWS)
  /** The last commit that changed something. */
  changedAt = 0
  /** What the last commit did: rows that clients have no longer, and those they have not yet. */
  gone: Slots = NONE
  come: Slots = NONE
  readonly #place: string
  #capacity = FIRST_ROWS
  #next = 0
  readonly #free: number[] = []
  /** Set by the game since the last commit. */
  #removed: number[] = []
  #added: number[] = []
  #isAlive = new Uint8Array(FIRST_ROWS)
  #isThere = new Uint8Array(FIRST_ROWS)
  #size = 0
  #there: Slots | undefined = NONE

  readonly #most: number
  readonly #budget: Budget
  readonly #rowBytes: number

  /** `most` rows at most, or fewer where it says so itself. */
  constructor(number: number, known: TableColumns, most: number, budget: Budget) {
    const { table, columns } = known
    this.number = number
    this.known = known
    this.#most = Math.min(most, known.most)
    this.#budget = budget
    this.#rowBytes = columns.reduce((sum, column) => sum + bytesOf(column), 0)
    this.#place = `state.${table.name}`
    this.columns = columns.map((column) => {
      const place = `${this.#place}.${column.name}`
      const options = { column, budget, place, capacity: FIRST_ROWS }
      return column.raw ? new RawColumn(options) : new PackedColumn(options)
    })
    this.owners = columns[0]?.field === OWNER_FIELD ? this.columns[0] : undefined
  }

  /** How many rows the game has. */
  get size(): number {
    return this.#size
  }

  /** The rows that clients have since the last commit, ascending. */
  get there(): Slots {
    this.#there ??= flagged(this.#isThere, this.#next)
    return this.#there
  }

  has(slot: number): boolean {
    return this.#isAlive[slot] === 1
  }

  /** Whether the row that was born in a slot then is there. */
  isSame(slot: number, born: number): boolean {
    return this.#isThere[slot] === 1 && this.born[slot] === born
  }

  /** The slots of the rows the game has, ascending. */
  *slots(): Generator<number, void> {
    for (let slot = 0; slot < this.#next; slot++) if (this.#isAlive[slot] === 1) yield slot
  }

  /** The same of one member's rows. */
  *ownedBy(number: number): Generator<number, void> {
    for (const slot of this.slots()) if (this.owners?.get(slot) === number) yield slot
  }

  /** A new row, its fields as they are unless said; throws TABLE_FULL. */
  add(): number {
    // The slot of a row that was removed is free with the next commit.
    if (this.#free.length === 0 && this.#next >= this.#most)
      throw new Refusal('TABLE_FULL', `${this.#place}: expected at most ${this.#most} rows`)
    this.#budget.take(this.#rowBytes, this.#place)
    const slot = this.#free.pop() ?? this.#next++
    if (slot >= this.#capacity) this.#grow()
    this.#isAlive[slot] = 1
    this.#size++
    this.#added.push(slot)
    for (const column of this.columns) column.begin(slot)
    return slot
  }

  /** The slot is another row's from the next commit on. */
  remove(slot: number): void {
    if (this.#isAlive[slot] !== 1) return
    this.#isAlive[slot] = 0
    this.#size--
    this.#budget.take(-this.#rowBytes, this.#place)
    for (const column of this.columns) column.end(slot)
    this.#removed.push(slot)
  }

  /** What the game did since the last commit is what clients will have. Whether that is anything. */
  commit(tick: number): boolean {
    this.#bury(tick)
    this.#bear(tick)
    let changes = this.gone.n + this.come.n
    const old = { isThere: this.#isThere, born: this.born }
    for (const column of this.columns) {
      column.commit(tick, old)
      changes += column.count
    }
    if (changes > 0) this.changedAt = tick
    return changes > 0
  }

  /** The rows that clients had at some time since then, and have no longer. */
  goneSince(tick: number): Slots {
    if (this.changedAt <= tick) return NONE
    const gone: number[] = []
    for (let slot = 0; slot < this.#next; slot++)
      if (this.#isThere[slot] === 0 && (this.died[slot] as number) > tick) gone.push(slot)
    return slotsIn(gone)
  }

  /** What each column has of these rows. */
  valuesAt({ slots, n }: Slots, lists: Lists = FRESH): readonly ColumnValues[] {
    return this.columns.map((column) => column.valuesAt(slots, n, lists.take(n)))
  }

  #bury(tick: number): void {
    this.gone = NONE
    if (this.#removed.length === 0) return
    const gone = this.#removed.filter((slot) => this.#isThere[slot] === 1).sort(ascending)
    for (const slot of gone) {
      this.#isThere[slot] = 0
      this.died[slot] = tick
    }
    this.#free.push(...this.#removed)
    this.#removed = []
    if (gone.length === 0) return
    this.gone = slotsIn(gone)
    this.#there = undefined
  }

  #bear(tick: number): void {
    this.come = NONE
    if (this.#added.length === 0) return
    const come = this.#added.filter((slot) => this.#isAlive[slot] === 1).sort(ascending)
    for (const slot of come) {
      this.#isThere[slot] = 1
      this.born[slot] = tick
      for (const column of this.columns) column.settle(slot, tick)
    }
    this.#added = []
    if (come.length === 0) return
    this.come = slotsIn(come)
    this.#there = undefined
  }

  #grow(): void {
    this.#capacity = Math.min(this.#capacity * 2, this.#most)
    const grown = <A extends Uint8Array | Uint32Array>(array: A, longer: A): A => {
      longer.set(array)
      return longer
    }
    this.born = grown(this.born, new Uint32Array(this.#capacity))
    this.died = grown(this.died, new Uint32Array(this.#capacity))
    this.#isAlive = grown(this.#isAlive, new Uint8Array(this.#capacity))
    this.#isThere = grown(this.#isThere, new Uint8Array(this.#capacity))
    for (const column of this.columns) column.grow(this.#capacity)
  }
}

const ascending = (one: number, other: number) => one - other
