import { Misfit, Reader, type Writer } from './bytes.ts'
import { KIND_MASK } from './message.ts'
import { type ColumnValues, readColumn, writeColumn } from './state-column.ts'
import type { Column, StateColumns, TableColumns } from './state-columns.ts'
import { readRaw, writeRaw } from './state-raw.ts'
import { type ReadRows, type RowSet, readRowSet, writeRowSet } from './state-rows.ts'
import { readVaruint, writeVaruint } from './state-varuint.ts'
import type { Frame } from './state-width.ts'

/**
 * The binary kind *state_down*: what became of a room’s tables from one tick to a later one.
 *
 * ```
 *   7   6   5   4   3   2   1   0
 * ┌───┬───┬───┬───┬───┬───┬───┬───┐
 * │ 1 │ 0 │ 0 │ 1 │ 0 │ M │ A │ R │  the kind: binary, uncounted, state; then three flags
 * └───┴───┴───┴───┴───┴───┴───┴───┘
 *   R  RESET: forget all rows of the room first, A as well
 *   A  ABS: updates hold values, else differences
 *   M  MORE: the rest of this tick is in the next frame of this room
 *      [room: varuint] [tick: varuint] [back: varuint], the base is tick − back; with R back is 0
 *      to the end: sections, in ascending order of their heads; none in the first tick without a
 *      change after ticks with some: what moved stands. After that no frame until there is a change
 *        [head: varuint] table·4 + 0 REMOVE, 1 LEAVE, 2 ADD, 3 UPDATE
 *        REMOVE, LEAVE  [row set]
 *        ADD            [row set] [a column body for each column of the table: values]
 *        UPDATE         [mask: varuint of columns], for each, ascending: [row set] [column body]
 * ```
 */
export const STATE_DOWN = 0x90

/** The flags of that byte: R, A and M of the drawing. */
export const STATE_FLAGS = { IS_RESET: 0x01, IS_ABSOLUTE: 0x02, HAS_MORE: 0x04 } as const
const { IS_RESET, IS_ABSOLUTE, HAS_MORE } = STATE_FLAGS

/** What a section says, in its order within a table. */
export const OPS = ['remove', 'leave', 'add', 'update'] as const
export type Op = (typeof OPS)[number]
const [REMOVE, LEAVE, ADD, UPDATE] = [0, 1, 2, 3]

/** What comes before the sections. */
export interface StateHead {
  /** The number that the room was told with. */
  readonly room: number
  readonly tick: number
  /** How many ticks before this one its receiver must have, at least; with a reset 0. */
  readonly back: number
  readonly isReset: boolean
  /** Updates hold values, not differences. */
  readonly isAbsolute: boolean
  readonly hasMore: boolean
}

/** Of one column, what the rows of a set have now, or differ by. */
export interface Change {
  readonly column: number
  readonly rows: RowSet
  readonly values: ColumnValues
  /** What suits the values of all rows, for who has some of them. */
  readonly suited?: Frame | undefined
}

/** Without MORE. */
export function writeStateHead(writer: Writer, head: Omit<StateHead, 'hasMore'>): void {
  const { room, tick, back, isReset, isAbsolute } = head
  const absolute = isReset || isAbsolute ? IS_ABSOLUTE : 0
  writer.uint8(STATE_DOWN | (isReset ? IS_RESET : 0) | absolute)
  writeVaruint(writer, room)
  writeVaruint(writer, tick)
  writeVaruint(writer, back)
}

/** Reads what comes before the sections; throws a Misfit. */
export function readStateHead(reader: Reader): StateHead {
  const flags = reader.uint8() & ~KIND_MASK
  const isReset = (flags & IS_RESET) !== 0
  const isAbsolute = (flags & IS_ABSOLUTE) !== 0
  if (flags & ~(IS_RESET | IS_ABSOLUTE | HAS_MORE) || (isReset && !isAbsolute))
    throw new Misfit(`expected flags of a frame of state, got ${flags}`)
  const [room, tick, back] = [readVaruint(reader), readVaruint(reader), readVaruint(reader)]
  if (back > tick || (isReset && back !== 0))
    throw new Misfit(`expected a base of 0 to ${tick}, got ${back} back`)
  return { room, tick, back, isReset, isAbsolute, hasMore: (flags & HAS_MORE) !== 0 }
}

export const writeGone = (writer: Writer, table: number, op: 'remove' | 'leave', rows: RowSet) => {
  writeVaruint(writer, table * 4 + (op === 'remove' ? REMOVE : LEAVE))
  writeRowSet(writer, rows)
}

/** Rows that are new, with a column’s values for each column of the table. */
export function writeAdd(
  writer: Writer,
  table: number,
  columns: readonly Column[],
  rows: RowSet,
  values: readonly ColumnValues[],
): void {
  writeVaruint(writer, table * 4 + ADD)
  writeRowSet(writer, rows)
  for (let index = 0; index < columns.length; index++)
    writeBody(writer, columns[index] as Column, values[index] as ColumnValues, rows.n)
}

/** Changes in ascending order of their columns. */
export function writeUpdate(
  writer: Writer,
  table: number,
  columns: readonly Column[],
  changes: readonly Change[],
): void {
  writeVaruint(writer, table * 4 + UPDATE)
  writeVaruint(writer, maskOf(changes))
  let before: RowSet | undefined
  for (const { column, rows, values, suited } of changes) {
    writeRowSet(writer, rows, before)
    writeBody(writer, columns[column] as Column, values, rows.n, suited)
    before = rows
  }
}

export function maskOf(changes: readonly { readonly column: number }[]): number {
  let mask = 0
  for (const { column } of changes) mask |= 1 << column
  return mask >>> 0
}

export function writeBody(
  writer: Writer,
  { raw }: Column,
  values: ColumnValues,
  n: number,
  suited?: Frame,
): void {
  if (raw) writeRaw(writer, raw, values, n)
  else writeColumn(writer, values as Int32Array, n, suited)
}

/** A section as it was read. */
export type Section =
  | { readonly op: 'remove' | 'leave'; readonly table: number; readonly rows: ReadRows }
  | {
      readonly op: 'add'
      readonly table: number
      readonly rows: ReadRows
      /** One for each column. */
      readonly values: readonly ColumnValues[]
    }
  | { readonly op: 'update'; readonly table: number; readonly changes: readonly ReadChange[] }

export interface ReadChange {
  readonly column: number
  readonly rows: ReadRows
  readonly values: ColumnValues
}

export interface StateFrame extends StateHead {
  readonly sections: readonly Section[]
}

/** Reads a whole frame, of which nothing is done before all of it fits; throws a Misfit. */
export function readStateFrame(bytes: Uint8Array, { tables }: StateColumns): StateFrame {
  const reader = new Reader(bytes)
  const head = readStateHead(reader)
  const sections: Section[] = []
  let before = -1
  while (reader.left > 0) {
    const section = readVaruint(reader)
    const table = tables[section >>> 2]
    if (!table || section <= before)
      throw new Misfit(`expected a section of ${tables.length} tables in order, got ${section}`)
    before = section
    sections.push(readSection(reader, section >>> 2, section & 3, table))
  }
  return { ...head, sections }
}

function readSection(reader: Reader, table: number, op: number, { columns, most }: TableColumns) {
  if (op === UPDATE)
    return { op: 'update', table, changes: readChanges(reader, columns, most) } as const
  const rows = readRowSet(reader, most)
  if (op === REMOVE || op === LEAVE)
    return { op: op === REMOVE ? 'remove' : 'leave', table, rows } as const
  if (!rows.slots) throw new Misfit('expected the rows that are added, got all')
  const values = columns.map((column) => readBody(reader, column, rows.n))
  return { op: 'add', table, rows, values } as const
}

function readChanges(reader: Reader, columns: readonly Column[], most: number): ReadChange[] {
  const changes: ReadChange[] = []
  let before: ReadRows | undefined
  for (const column of columnsIn(readVaruint(reader), columns.length)) {
    const rows: ReadRows = readRowSet(reader, most, before)
    changes.push({ column, rows, values: readBody(reader, columns[column] as Column, rows.n) })
    before = rows
  }
  return changes
}

/** The columns that a mask names; throws a Misfit. */
export function columnsIn(mask: number, count: number): number[] {
  if (mask === 0 || (count < 32 && mask >>> count !== 0))
    throw new Misfit(`expected a mask of ${count} columns, got ${mask}`)
  const columns: number[] = []
  for (let column = 0; column < count; column++) if ((mask >>> column) & 1) columns.push(column)
  return columns
}

export function readBody(reader: Reader, column: Column, n: number): ColumnValues {
  if (column.raw) return readRaw(reader, column.raw, n, column.most)
  const values = new Int32Array(n)
  readColumn(reader, n, values)
  return values
}
