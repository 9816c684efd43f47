import { createTrack, type Track } from '../protocol/smoothing.ts'
import type { Cells } from './state-cells.ts'
import type { Access } from './state-fields.ts'

/** A row as one reads it, and writes it where that is ours to do; `T` is what its fields are. */
export type StateRow<T = Readonly<Record<string, unknown>>> = T & {
  /** Its place in the table, as the room’s logic knows it too. */
  readonly slot: number
  /** The number of the member whose it is, 0 for nobody’s. */
  readonly owner: number
  /** Our own row ahead of the server, where `room.predict` was told how: what it is after all inputs. */
  readonly predicted: Readonly<T> | undefined
  /**
   * A field as it is to be shown just now: a little late, and smooth. What we write is shown as it is,
   * what is predicted as that is.
   */
  smooth<K extends keyof T>(field: K): T[K]
  /** Takes it out of its table, where that is ours to do. */
  remove(): Promise<void>
}

/** How fields are smoothed where they say nothing themselves. */
export interface SmoothOptions {
  /** A change of more than so much is a leap: nothing is shown between. Never, unless said. */
  readonly leap?: number
  /** Another field that changes whenever this one leaps. */
  readonly flag?: string
}

/** Our own row, ahead of the server. */
export interface Ahead {
  /** What its fields are after all that we did. */
  readonly state: Readonly<Record<string, unknown>>
  /** What a field is to be drawn as just now. */
  shown(field: string): unknown
}

/** What rows of one table need of it. */
export interface RowTable {
  readonly place: string
  readonly accesses: ReadonlyMap<string, Access>
  readonly isOwned: boolean
  leapOf(field: string): number
  /** What is predicted of the row, if something is. */
  ahead(row: AnyRow): Ahead | undefined
  /** Somebody shows this field: what it becomes is to be followed. */
  followed(field: string): void
  /** Which time is shown, and of when the newest frame is. */
  moment(): { readonly shown: number; readonly newest: number }
  /** Whether it is ours to write the row; throws PERMISSION_DENIED where it has to be. */
  mayWrite(row: AnyRow): boolean
  needWrite(row: AnyRow, field: string): void
  written(row: AnyRow): void
  remove(slot: number): Promise<void>
}

/** What a row is, beside its fields. */
export interface Inner {
  cells: Cells
  readonly tracks: Map<string, Track>
  isGone: boolean
}

export const INNER = Symbol('inner')
export interface AnyRow {
  readonly slot: number
  readonly owner: number
  readonly [INNER]: Inner
}

/** What makes the rows of a table. */
export function createRowMaker(table: RowTable): (slot: number, cells: Cells) => AnyRow {
  const prototype = prototypeOf(table)
  return (slot, cells) =>
    Object.assign(Object.create(prototype) as AnyRow, {
      slot,
      [INNER]: { cells, tracks: new Map(), isGone: false },
    })
}

/** What the row has in a field. */
export const valueIn = ({ slot, [INNER]: { cells } }: AnyRow, { columns, read }: Access): unknown =>
  read(columns.map((column) => cells.get(column, slot)))

function prototypeOf(table: RowTable): object {
  const { accesses, place } = table
  const prototype = {
    get owner(): unknown {
      const { slot, [INNER]: inner } = this as unknown as AnyRow
      return table.isOwned ? inner.cells.get(0, slot) : 0
    },
    get predicted(): unknown {
      return aheadOf(table, this as unknown as AnyRow)?.state
    },
    smooth(this: AnyRow, field: string): unknown {
      const access = accesses.get(field)
      if (!access) throw new TypeError(`${place}: no field is called ${field}`)
      return aheadOf(table, this)?.shown(field) ?? smoothed(table, this, access)
    },
    remove(this: AnyRow): Promise<void> {
      return table.remove(this.slot)
    },
  }
  for (const access of accesses.values())
    Object.defineProperty(prototype, access.name, {
      enumerable: true,
      get(this: AnyRow) {
        return valueIn(this, access)
      },
      set(this: AnyRow, value: unknown) {
        write(table, this, access, value)
      },
    })
  return prototype
}

const aheadOf = (table: RowTable, row: AnyRow): Ahead | undefined =>
  row[INNER].isGone ? undefined : table.ahead(row)

function write(table: RowTable, row: AnyRow, access: Access, value: unknown): void {
  table.needWrite(row, access.name)
  const contents = access.write(value)
  const { cells } = row[INNER]
  for (const [index, column] of access.columns.entries())
    if (cells.get(column, row.slot) !== contents[index])
      cells.write(column, row.slot, contents[index])
  table.written(row)
}

function smoothed(table: RowTable, row: AnyRow, access: Access): unknown {
  const value = valueIn(row, access)
  const { moving, smoothing, name } = access
  const { tracks, isGone } = row[INNER]
  if (!moving || (!isGone && table.mayWrite(row))) return value
  const { shown, newest } = table.moment()
  const known = tracks.get(name)
  if (known) return moving.shown(known.at(shown, newest))
  table.followed(name)
  tracks.set(name, createTrack({ smoothing, leap: table.leapOf(name) }, moving.of(value), newest))
  return value
}
