import type {
  RowOf,
  State as StateDefinition,
  Table as TableDefinition,
  TablesOf,
} from '../../protocol/state.ts'
import type { Row, Rows } from '../core/state/row.ts'
import type { State } from '../core/state/state.ts'
import type { Table } from '../core/state/table.ts'

/** Whose a row is, as its number says. */
interface Numbered {
  readonly number: number
}

/** Any kind's tables. */
// biome-ignore lint/suspicious/noExplicitAny: predicates of whatever rows
export type AnyState = StateDefinition<any, any>

/** A row in the hands of the room's logic, which reads and writes its fields. */
export type StateRow<R = Readonly<Record<string, unknown>>> = R & Pick<Row, 'slot' | 'remove'>

/** A table in the hands of the room's logic: what it changes, members see at the end of the step. */
export interface StateTable<R = Record<string, unknown>> extends Iterable<StateRow<R>> {
  readonly size: number
  /** A new row, its fields 0, empty, false or the first unless said; `owner` is whose it is. */
  add(values?: Partial<R>, owner?: Numbered): StateRow<R>
  /** The row in a slot, if there is one. */
  at(slot: number): StateRow<R> | undefined
  /** The rows of one member, in the order of their slots. */
  ownedBy(member: Numbered): Iterable<StateRow<R>>
  /** The first of them: of a table with a row for each member, the member's. */
  of(member: Numbered): StateRow<R> | undefined
  /** Removes all rows. */
  clear(): void
}

/** What `room.state` is: each table, or of a single its row, by its name. */
export type TablesIn<S> = {
  readonly [K in keyof TablesOf<S>]: TablesOf<S>[K] extends { readonly isSingle: true }
    ? StateRow<RowOf<S, K>>
    : StateTable<RowOf<S, K>>
}

/** A row as a member saw it when it acted. */
export type PastRow<R = Readonly<Record<string, unknown>>> = Readonly<R> & {
  readonly slot: number
  readonly owner: number
  /** The same row as it is; undefined where it is gone. */
  readonly now: StateRow<R> | undefined
}

/** A table as a member saw it; its own rows are as they are, as that is how it sees them. */
export interface PastTable<R = Record<string, unknown>> extends Iterable<PastRow<R>> {
  readonly size: number
  at(slot: number): PastRow<R> | undefined
  ownedBy(member: Numbered): Iterable<PastRow<R>>
  of(member: Numbered): PastRow<R> | undefined
}

/** What `room.rewind` shows: tables with a `history_ms` as they were, the others as they are. */
export type PastIn<S> = {
  readonly [K in keyof TablesIn<S>]: K extends keyof TablesOf<S>
    ? TablesOf<S>[K] extends StateTableOf<infer O>
      ? O extends { readonly history_ms: number }
        ? PastTable<RowOf<S, K>>
        : TablesIn<S>[K]
      : never
    : never
}

/** The row of the member whose input it is: of the table with a row for each member. */
export type OwnRow<S> = {
  [K in keyof TablesOf<S>]: TablesOf<S>[K] extends StateTableOf<infer O>
    ? O extends { readonly rows: 'members' }
      ? StateRow<RowOf<S, K>>
      : never
    : never
}[keyof TablesOf<S>]

// biome-ignore lint/suspicious/noExplicitAny: whatever its fields are
type StateTableOf<O> = TableDefinition<any, O>

/** The tables of a room by their names. */
export function openTables(state: State): Readonly<Record<string, StateTable | StateRow>> {
  const named = state.tables.map((table, index) => {
    const rows = state.rows[index] as Rows
    const { name, single } = table.known.table
    return [name, single ? rows.at(0) : openTable(table, rows)] as const
  })
  return Object.fromEntries(named) as Readonly<Record<string, StateTable | StateRow>>
}

function openTable(table: Table, rows: Rows): StateTable {
  const { name, rows: kept } = table.known.table
  const refuseKept = () => {
    if (kept) throw new TypeError(`state.${name}: has a row for each member, and no others`)
  }
  const all = {
    get size() {
      return table.size
    },
    add(values: Readonly<Record<string, unknown>> = {}, owner?: Numbered) {
      refuseKept()
      if (owner && !table.owners)
        throw new TypeError(`state.${name}: expected rows without an owner`)
      return rows.add(values, owner?.number ?? 0)
    },
    at: rows.at,
    *ownedBy({ number }: Numbered) {
      for (const slot of table.ownedBy(number)) yield rows.at(slot)
    },
    of({ number }: Numbered) {
      for (const slot of table.ownedBy(number)) return rows.at(slot)
      return undefined
    },
    clear() {
      refuseKept()
      for (const slot of [...table.slots()]) rows.remove(slot)
    },
    [Symbol.iterator]: rows.all,
  }
  // What rows hold is known by the kind's own definition alone.
  return all as unknown as StateTable
}
