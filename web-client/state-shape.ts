import type { On, Report } from './emitter.ts'
import type { NetworkError } from './failure.ts'
import type { Ahead, SmoothOptions, StateRow } from './state-row.ts'

export type TableEvents<T> = {
  /** A row is there: it is new, or we see it from now on. */
  added: [row: StateRow<T>]
  /** Fields of a row are others, by their names. */
  changed: [row: StateRow<T>, fields: readonly string[]]
  /** A row is not there any more, or not for us; it keeps its last values. */
  removed: [row: StateRow<T>]
  /** Of such a row, before: it is there, but we do not see it any more. */
  left: [row: StateRow<T>]
  /** What we wrote is not to be: the row is as the room has it. */
  corrected: [row: StateRow<T>, error: NetworkError]
}

/** A table of a room, as much of it as we see. */
export interface StateTable<T = Record<string, unknown>> extends Iterable<StateRow<T>> {
  readonly name: string
  readonly size: number
  on: On<TableEvents<T>>
  /** The row in a slot, if there is one. */
  at(slot: number): StateRow<T> | undefined
  /** The first row of a member, by its number. */
  of(member: number): StateRow<T> | undefined
  /** Our own first row. */
  readonly mine: StateRow<T> | undefined
  /** The only row of a `single`. */
  readonly row: StateRow<T> | undefined
  /** The row in a slot, as soon as it is there. */
  when(slot: number): Promise<StateRow<T>>
  /** Adds a row of our own; as the host, of a table that the host writes, one of any `owner`. */
  add(values?: Partial<T>, owner?: number): Promise<StateRow<T>>
  /** How a field is smoothed, from its next change on. */
  smoothing(field: keyof T & string, options: SmoothOptions): void
}

/** What a table needs of its room. */
export interface TableRoom {
  readonly report: Report
  /** Our own member number, and whether we are the host. */
  you(): number
  isHost(): boolean
  now(): number
  moment(): { readonly shown: number; readonly newest: number }
  /** What is predicted of a row of this table, if something is. */
  ahead(table: string, owner: number): Ahead | undefined
  written(): void
  add(table: string, values: object, owner?: number): Promise<number>
  remove(table: string, slot: number): Promise<void>
}

/** A frame as its table is told of it. */
export interface Moment {
  readonly isAbsolute: boolean
  /** Of the room’s time: of the frame, and until when nothing had changed. */
  readonly time: number
  readonly since: number
  readonly shown: number
}
