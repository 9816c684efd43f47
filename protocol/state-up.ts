import { Misfit, Reader, type Writer } from './bytes.ts'
import { KIND_MASK } from './message.ts'
import type { ColumnValues } from './state-column.ts'
import type { Column, StateColumns } from './state-columns.ts'
import { columnsIn, readBody, writeBody } from './state-frame.ts'
import { type RowSet, readRowSet, writeRowSet } from './state-rows.ts'
import { readVaruint, writeVaruint } from './state-varuint.ts'

/**
 * The binary kind *state_up*: what a member has, what it does, and what its own rows are now.
 *
 * ```
 *   7   6   5   4   3   2   1   0
 * ┌───┬───┬───┬───┬───┬───┬───┬───┐
 * │ 1 │ 0 │ 1 │ 1 │ 0 │ 0 │ W │ I │  the kind: binary, uncounted; then two flags
 * └───┴───┴───┴───┴───┴───┴───┴───┘
 *      [room: varuint] [have: varuint] the tick it has
 *   I  [first: varuint] [n: varuint] as many inputs, numbered from that one on,
 *      [a column body for each column of the inputs]
 *   W  [table: varuint] [row set: LIST or BITMAP] [mask: varuint of columns] [a column body for each]
 *      values, ascending
 * ```
 *
 * With neither it says what it has, and no more. Nothing follows.
 */
export const STATE_UP = 0xb0

/** The flags of that byte: I and W of the drawing. */
export const STATE_UP_FLAGS = { HAS_INPUTS: 0x01, HAS_WRITE: 0x02 } as const
const { HAS_INPUTS, HAS_WRITE } = STATE_UP_FLAGS

/** As many inputs as a client keeps until they are acknowledged. */
export const MOST_INPUTS = 20

export interface StateUpHead {
  readonly room: number
  /** The tick of the newest frame it has whole; 0 for none. */
  readonly have: number
  readonly hasInputs: boolean
  readonly hasWrite: boolean
}

/** Inputs one after another, numbered from `first`: of each column, one value an input. */
export interface Inputs {
  readonly first: number
  readonly n: number
  readonly values: readonly ColumnValues[]
}

/** What rows are to be: of each column that is written, one value a row. */
export interface Write {
  readonly table: number
  readonly slots: Int32Array
  readonly columns: readonly number[]
  readonly values: readonly ColumnValues[]
}

export interface StateUp {
  readonly room: number
  readonly have: number
  readonly inputs?: Inputs
  readonly write?: Write
}

export function writeStateUp(writer: Writer, known: StateColumns, up: StateUp): void {
  const { room, have, inputs, write } = up
  writer.uint8(STATE_UP | (inputs ? HAS_INPUTS : 0) | (write ? HAS_WRITE : 0))
  writeVaruint(writer, room)
  writeVaruint(writer, have)
  if (inputs) {
    writeVaruint(writer, inputs.first)
    writeVaruint(writer, inputs.n)
    for (const [index, column] of known.inputs.entries())
      writeBody(writer, column, inputs.values[index] as ColumnValues, inputs.n)
  }
  if (write) writeWrite(writer, known, write)
}

function writeWrite(writer: Writer, { tables }: StateColumns, write: Write): void {
  const { table, slots, columns, values } = write
  const all = tables[table]?.columns ?? []
  const rows: RowSet = { slots, n: slots.length }
  writeVaruint(writer, table)
  writeRowSet(writer, rows)
  writeVaruint(writer, columns.reduce((mask, column) => mask | (1 << column), 0) >>> 0)
  for (const [index, column] of columns.entries())
    writeBody(writer, all[column] as Column, values[index] as ColumnValues, rows.n)
}

/** Reads what comes before the contents; throws a Misfit. */
export function readStateUpHead(reader: Reader): StateUpHead {
  const flags = reader.uint8() & ~KIND_MASK
  if (flags & ~(HAS_INPUTS | HAS_WRITE))
    throw new Misfit(`expected no flags but ${HAS_INPUTS | HAS_WRITE}, got ${flags}`)
  const [room, have] = [readVaruint(reader), readVaruint(reader)]
  const [hasInputs, hasWrite] = [(flags & HAS_INPUTS) !== 0, (flags & HAS_WRITE) !== 0]
  return { room, have, hasInputs, hasWrite }
}

/** Reads a whole frame by the tables of its room; throws a Misfit. */
export function readStateUp(bytes: Uint8Array, known: StateColumns): StateUp {
  const reader = new Reader(bytes)
  const { room, have, hasInputs, hasWrite } = readStateUpHead(reader)
  const inputs = hasInputs ? readInputs(reader, known) : undefined
  const write = hasWrite ? readWrite(reader, known) : undefined
  reader.finish()
  return { room, have, ...(inputs && { inputs }), ...(write && { write }) }
}

function readInputs(reader: Reader, { inputs }: StateColumns): Inputs {
  if (inputs.length === 0) throw new Misfit('expected no inputs, as the room has none')
  const [first, n] = [readVaruint(reader), readVaruint(reader)]
  if (n < 1 || n > MOST_INPUTS) throw new Misfit(`expected 1 to ${MOST_INPUTS} inputs, got ${n}`)
  return { first, n, values: inputs.map((column) => readBody(reader, column, n)) }
}

function readWrite(reader: Reader, { tables }: StateColumns): Write {
  const table = readVaruint(reader)
  const known = tables[table]
  if (!known) throw new Misfit(`expected one of ${tables.length} tables, got ${table}`)
  const { n, slots } = readRowSet(reader, known.most)
  if (!slots) throw new Misfit('expected the rows that are written, got all')
  const columns = columnsIn(readVaruint(reader), known.columns.length)
  const values = columns.map((column) => readBody(reader, known.columns[column] as Column, n))
  return { table, slots, columns, values }
}
