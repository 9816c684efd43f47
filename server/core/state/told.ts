import type { Change } from '../../../protocol/state-frame.ts'
import type { Told } from '../../../protocol/state-split.ts'
import { common, isSame, NONE, type Slots, slotsIn } from './slots.ts'
import type { Table } from './table.ts'

/* What a frame says of a table, for who sees all of it. */

/** What the last commit did, for who has all before it: updates are differences. */
export function toldNow(table: Table): Told[] {
  const { gone, come } = table
  return toldOf(table, gone, come, differencesIn(table, table.there))
}

/** All that happened since a tick, as it is now; of −1 all there is. */
export function toldSince(table: Table, tick: number): Told[] {
  if (tick < 0) return toldOf(table, NONE, table.there, [])
  if (table.changedAt <= tick) return []
  const { there, born } = table
  const [come, old] = parted(there, (slot) => (born[slot] as number) > tick)
  return toldOf(table, table.goneSince(tick), come, valuesIn(table, there, old, tick))
}

/** Sections in the order that a frame has them in. */
export function toldOf(
  table: Table,
  gone: Slots,
  come: Slots,
  changes: readonly Change[],
  left: Slots = NONE,
): Told[] {
  const { number } = table
  const told: Told[] = []
  if (gone.n > 0) told.push({ op: 'remove', table: number, rows: gone })
  if (left.n > 0) told.push({ op: 'leave', table: number, rows: left })
  if (come.n > 0) told.push({ op: 'add', table: number, rows: come, values: table.valuesAt(come) })
  if (changes.length > 0) told.push({ op: 'update', table: number, changes })
  return told
}

/**
 * By how much rows differ from before the last commit, of `all` that somebody has: those among
 * `some`, or all.
 */
export function differencesIn(
  { columns }: Pick<Table, 'columns'>,
  all: Slots,
  some?: Slots,
): Change[] {
  const sets = new Sets(all)
  const changes: Change[] = []
  for (const [index, column] of columns.entries()) {
    if (column.count === 0) continue
    const every = { slots: column.changed, n: column.count }
    const { slots, n } = some ? common(every, some) : every
    if (n === 0) continue
    // Who is new among all has been told what it is now.
    const isExact = column.column.raw !== undefined || (some !== undefined && some.n < all.n)
    const rows = sets.of(slots, n, isExact)
    changes.push({ column: index, rows, values: column.differencesAt(rows.slots, rows.n) })
  }
  return changes
}

/** What has changed in `some` rows since a tick, of `all` that somebody has. */
export function valuesIn(
  { columns }: Pick<Table, 'columns'>,
  all: Slots,
  some: Slots,
  tick: number,
): Change[] {
  const sets = new Sets(all)
  const changes: Change[] = []
  for (const [index, column] of columns.entries()) {
    const changed = new Int32Array(some.n)
    let count = 0
    for (let at = 0; at < some.n; at++) {
      const slot = some.slots[at] as number
      if ((column.tick[slot] as number) > tick) changed[count++] = slot
    }
    if (count === 0) continue
    const values = column.valuesAt(changed, count)
    changes.push({ column: index, rows: sets.of(changed, count, true), values })
  }
  return changes
}

/** The rows for which it holds, and the others. */
export function parted({ slots, n }: Slots, holds: (slot: number) => boolean): [Slots, Slots] {
  const [yes, no]: [number[], number[]] = [[], []]
  for (let index = 0; index < n; index++) {
    const slot = slots[index] as number
    if (holds(slot)) yes.push(slot)
    else no.push(slot)
  }
  return [slotsIn(yes), slotsIn(no)]
}

/** Row sets of one section, so that equal ones are the same object, and nearly all rows are all. */
export class Sets {
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
