import { Misfit, Reader, type Writer } from './bytes.ts'
import { KIND_MASK } from './message.ts'
import type { ColumnValues } from './state-column.ts'
import { type Column, isWithin, type StateColumns } from './state-columns.ts'
import { columnsIn, readBody, writeBody } from './state-frame.ts'
import { type RowSet, readRowSet, writeRowSet } from './state-rows.ts'
import { readVaruint, writeVaruint } from './state-varuint.ts'

/**
 * The binary kind *state_up*: what a member has, what it does, and what its own rows are now.
 *
 * ```
 *   7   6   5   4   3   2   1   0
 * ┌───┬───┬───┬───┬───┬───┬───┬───┐
 * │ 1 │ 0 │ 1 │ 1 │ 0 │ B │ W │ I │  the kind: binary, uncounted; then three flags
 * └───┴───┴───┴───┴───┴───┴───┴───┘
 *      [room: varuint] [have: varuint] the tick it has
 *   B  [behind: varuint] in ms: so long before that tick is what it shows
 *   I  [first: varuint] [n: varuint] as many inputs, numbered from that one on,
 *      [a column body for each column of the inputs]
 *   W  [table: varuint] [row set: LIST or BITMAP] [mask: varuint of columns] [a column body for each]
 *      values, ascending
 * ```
 *
 * With none of them it says what it has, and no more. Nothing follows.
 */
export const STATE_UP = 0xb0

/** The flags of that byte: I, W and B of the drawing. */
export const STATE_UP_FLAGS = { HAS_INPUTS: 0x01, HAS_WRITE: 0x02, HAS_BEHIND: 0x04 } as const
const { HAS_INPUTS, HAS_WRITE, HAS_BEHIND } = STATE_UP_FLAGS
const ALL = HAS_INPUTS | HAS_WRITE | HAS_BEHIND

/** As many inputs as one frame may have. */
export const MOST_INPUTS = 20

export interface StateUpHead {
  readonly room: number
  /** The tick of the newest frame it has whole; 0 for none. */
  readonly have: number
  /** So long before that tick is what it shows, in ms; undefined where it does not say. */
  readonly behind: number | undefined
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
  readonly behind?: number
  readonly inputs?: Inputs
  readonly write?: Write
}

export function writeStateUp(writer: Writer, known: StateColumns, up: StateUp): void {
  const { room, have, behind, inputs, write } = up
  const said = behind === undefined ? 0 : HAS_BEHIND
  writer.uint8(STATE_UP | (inputs ? HAS_INPUTS : 0) | (write ? HAS_WRITE : 0) | said)
  writeVaruint(writer, room)
  writeVaruint(writer, have)
  if (behind !== undefined) writeVaruint(writer, behind)
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
  if (flags & ~ALL) throw new Misfit(`expected no flags but ${ALL}, got ${flags}`)
  const [room, have] = [readVaruint(reader), readVaruint(reader)]
  const behind = flags & HAS_BEHIND ? readVaruint(reader) : undefined
  const [hasInputs, hasWrite] = [(flags & HAS_INPUTS) !== 0, (flags & HAS_WRITE) !== 0]
  return { room, have, behind, hasInputs, hasWrite }
}

/** Reads a whole frame by the tables of its room; throws a Misfit. */
export function readStateUp(bytes: Uint8Array, known: StateColumns): StateUp {
  const reader = new Reader(bytes)
  const { room, have, behind, hasInputs, hasWrite } = readStateUpHead(reader)
  const inputs = hasInputs ? readInputs(reader, known) : undefined
  const write = hasWrite ? readWrite(reader, known) : undefined
  reader.finish()
  const said = behind !== undefined && { behind }
  return { room, have, ...said, ...(inputs && { inputs }), ...(write && { write }) }
}

function readInputs(reader: Reader, { inputs }: StateColumns): Inputs {
  if (inputs.length === 0) throw new Misfit('expected no inputs, as the room has none')
  const [first, n] = [readVaruint(reader), readVaruint(reader)]
  if (n < 1 || n > MOST_INPUTS) throw new Misfit(`expected 1 to ${MOST_INPUTS} inputs, got ${n}`)
  return { first, n, values: inputs.map((column) => readInput(reader, column, n)) }
}

/** Nothing is out of its bounds. */
function readInput(reader: Reader, column: Column, n: number): ColumnValues {
  const { name, raw, low, high } = column
  const values = readBody(reader, column, n)
  if (raw === 'string' || raw === 'json') return values
  for (let index = 0; index < n; index++) {
    const value = values[index] as number
    const fits = raw ? value >= low && value <= high : isWithin(column, value)
    if (!fits) throw new Misfit(`inputs.${name}: expected ${low} to ${high}, got ${value}`)
  }
  return values
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
