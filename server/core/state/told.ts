import type { Change } from '../../../protocol/state-frame.ts'
import type { Told } from '../../../protocol/state-split.ts'
import type { StateColumn } from './column.ts'
import { FRESH, type Lists } from './scratch.ts'
import { isSame, NONE, type Slots, slotsIn } from './slots.ts'
import type { Table } from './table.ts'

/* What a frame says of a table. */

/** What the last commit did, for who has all before it: updates are differences. */
export function toldNow(table: Table): Told[] {
  const { gone, come, columns, there } = table
  const sets = new Sets(there)
  const changes: Change[] = []
  for (const [index, column] of columns.entries()) {
    const { changed, count } = column
    if (count === 0) continue
    // Who is new among all has been told what it is now.
    const rows = sets.of(changed, count, column.column.raw !== undefined)
    changes.push({ column: index, rows, values: column.differencesAt(rows.slots, rows.n) })
  }
  const told: Told[] = []
  tell(told, table, gone, NONE, come)
  if (changes.length > 0) told.push({ op: 'update', table: table.number, changes })
  return told
}

/** All that happened since a tick, as it is now; of −1 all there is. */
export function toldSince(table: Table, tick: number): Told[] {
  const { there, born } = table
  const told: Told[] = []
  if (tick < 0) tell(told, table, NONE, NONE, there)
  if (tick < 0 || table.changedAt <= tick) return told
  const [come, old] = parted(there, (slot) => (born[slot] as number) > tick)
  tell(told, table, table.goneSince(tick), NONE, come)
  const changes = valuesIn(table, there, old, tick)
  if (changes.length > 0) told.push({ op: 'update', table: table.number, changes })
  return told
}

/** Adds sections in the order that a frame has them in; changes come after them. */
export function tell(
  told: Told[],
  table: Table,
  gone: Slots,
  left: Slots,
  come: Slots,
  lists?: Lists,
): void {
  const { number } = table
  if (gone.n > 0) told.push({ op: 'remove', table: number, rows: gone })
  if (left.n > 0) told.push({ op: 'leave', table: number, rows: left })
  if (come.n > 0)
    told.push({ op: 'add', table: number, rows: come, values: table.valuesAt(come, lists) })
}

/** By how much rows differ from before the last commit: those among `some` of `all` that one has. */
export function differencesIn(
  { columns }: Pick<Table, 'columns'>,
  all: Slots,
  some: Slots,
  lists: Lists,
): Change[] {
  const sets = new Sets(all)
  const changes: Change[] = []
  for (let index = 0; index < columns.length; index++) {
    const column = columns[index] as StateColumn
    if (column.count === 0) continue
    const changed = changedIn(column, some, column.now - 1, lists)
    if (changed.n === 0) continue
    const isExact = column.column.raw !== undefined || some.n < all.n
    const rows = sets.of(changed.slots, changed.n, isExact)
    const values = column.differencesAt(rows.slots, rows.n, lists.take(rows.n))
    changes.push({ column: index, rows, values, suited: column.frame })
  }
  return changes
}

/** What has changed in `some` rows since a tick, of `all` that somebody has. */
export function valuesIn(
  { columns }: Pick<Table, 'columns'>,
  all: Slots,
  some: Slots,
  tick: number,
  lists: Lists = FRESH,
): Change[] {
  const sets = new Sets(all)
  const changes: Change[] = []
  for (let index = 0; index < columns.length; index++) {
    const column = columns[index] as StateColumn
    const changed = changedIn(column, some, tick, lists)
    if (changed.n === 0) continue
    const values = column.valuesAt(changed.slots, changed.n, lists.take(changed.n))
    changes.push({ column: index, rows: sets.of(changed.slots, changed.n, true), values })
  }
  return changes
}

/** Those of `some` rows in which a column has changed since a tick. */
function changedIn({ tick: at }: StateColumn, some: Slots, tick: number, lists: Lists): Slots {
  const slots = lists.take(some.n)
  let n = 0
  for (let index = 0; index < some.n; index++) {
    const slot = some.slots[index] as number
    if ((at[slot] as number) > tick) slots[n++] = slot
  }
  return { slots, n }
}

/** The rows for which it holds, and the others. */
function parted({ slots, n }: Slots, holds: (slot: number) => boolean): [Slots, Slots] {
  const [yes, no]: [number[], number[]] = [[], []]
  for (let index = 0; index < n; index++) {
    const slot = slots[index] as number
    if (holds(slot)) yes.push(slot)
    else no.push(slot)
  }
  return [slotsIn(yes), slotsIn(no)]
}

/** Row sets of one section, so that equal ones are the same object, and nearly all rows are all. */
class Sets {
  readonly #all: Slots
  #last: Slots | undefined

  constructor({ slots, n }: Slots) {
    this.#all = { slots, n, isAll: true }
  }

  /** `isExact` where a row that has not changed would cost something. */
  of(slots: Int32Array, n: number, isExact: boolean): Slots {
    const most = this.#all.n
    if (n === most || (!isExact && n * 16 >= most * 15)) return this.#all
    const rows = { slots, n }
    if (!this.#last || !isSame(this.#last, rows)) this.#last = rows
    return this.#last
  }
}
