import type { ColumnValues } from '../../../protocol/state-column.ts'
import type { Column } from '../../../protocol/state-columns.ts'
import type { Frame } from '../../../protocol/state-width.ts'
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
  /** When that was. */
  readonly now: number
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
  /** What was set since the last commit in rows that clients had by then is what they will have. */
  commit(tick: number, rows: Old): void
  /** What clients have in the first `n` of these slots; of a packed one in `into`, if that is given. */
  valuesAt(slots: Int32Array, n: number, into?: Int32Array): ColumnValues
  /** By how much these rows differ from before the last commit; raw ones are values. */
  differencesAt(slots: Int32Array, n: number, into?: Int32Array): ColumnValues
  /** What suits the differences of the last commit together; none of a raw one. */
  readonly frame: Frame | undefined
  grow(capacity: number): void
}

/** Which rows clients have, and since when. */
export interface Old {
  /** By slot, 1 for those. */
  readonly isThere: Uint8Array
  readonly born: Uint32Array
}

/** How it is made: its place in messages, and from what its texts take their bytes. */
export interface ColumnOptions {
  readonly place: string
  readonly column: Column
  readonly capacity: number
  readonly budget: Budget
}

/** How many bytes a value counts as, unless it is text. */
export const bytesOf = ({ raw }: Column): number =>
  raw === 'float64' ? 8 : raw === 'string' || raw === 'json' ? 0 : 4
