import type { Json } from '../../../protocol/schema.ts'
import type { ColumnValues } from '../../../protocol/state-column.ts'
import { type Column, dequantise, difference, isWithin } from '../../../protocol/state-columns.ts'
import type { Write } from '../../../protocol/state-up.ts'
import type { Member } from '../room/member.ts'
import { Refusal } from '../wire/refusal.ts'
import type { StateColumn } from './column.ts'
import type { Access, Row, Rows } from './row.ts'
import type { Table } from './table.ts'

/** Why a write is not what the room has. */
export type Correction = 'PERMISSION_DENIED' | 'ROW_NOT_FOUND' | 'BOUNDS' | 'CHANGE' | 'REFUSED'

/** What a member would have a row be: it may be another, or be refused (false). */
export interface Wish {
  readonly table: string
  readonly op: 'add' | 'change' | 'remove'
  /** The row as it is; of one that is added there is none yet. */
  readonly row: Row | undefined
  /** The fields that it says, by their names. */
  readonly values: Readonly<Record<string, unknown>>
  readonly from: Member
}

export type Judge = (wish: Wish) => Readonly<Record<string, unknown>> | false | undefined

/** A row that was not written as its writer said. */
export interface Corrected {
  readonly slot: number
  readonly code: Correction
  readonly values: Readonly<Record<string, Json>>
}

/** Of a table, what is needed to write it on behalf of a member. */
export interface Written {
  readonly table: Table
  readonly rows: Rows
  readonly accesses: readonly Access[]
}

/** How far a row may go at once, as a multiple of what it may change in a second. */
const BURST_MS = 1_000

/** What members write of tables whose rows are theirs, or the host's. */
export function createWrites(now: () => number, judge: Judge) {
  /** Until when each row has spent what it may change, by its column. */
  const spent = new WeakMap<StateColumn, WeakMap<Row, number>>()

  return {
    /** Does what a frame says, as far as it may be; what may not, and what it is instead. */
    write(
      { table, rows, accesses }: Written,
      from: Member,
      isHost: boolean,
      { slots, columns, values }: Write,
    ): Corrected[] {
      const corrected: Corrected[] = []
      for (let index = 0; index < slots.length; index++) {
        const slot = slots[index] as number
        const row = rows.at(slot)
        const said = new Map(
          columns.map((column, at) => [column, (values[at] as ColumnValues)[index]]),
        )
        const code = row
          ? change({ table, rows, accesses }, row, said, from, isHost)
          : 'ROW_NOT_FOUND'
        if (code) corrected.push({ slot, code, values: row ? shown(accesses, row, said) : {} })
      }
      return corrected
    },
  }

  /** Why a row is not to be so; undefined where it is so now. */
  function change(
    { table, accesses }: Written,
    row: Row,
    said: ReadonlyMap<number, unknown>,
    from: Member,
    isHost: boolean,
  ): Correction | undefined {
    if (!mayWrite(table, row, from, isHost)) return 'PERMISSION_DENIED'
    const fields = accesses.filter(({ columns }) => columns.some((column) => said.has(column)))
    const own = new Set(fields.flatMap(({ columns }) => columns))
    if (![...said.keys()].every((column) => own.has(column))) return 'PERMISSION_DENIED'
    for (const [index, value] of said) {
      const problem = problemOf(table.columns[index] as StateColumn, row, value)
      if (problem) return problem
    }
    for (const [index, value] of said) spend(table.columns[index] as StateColumn, row, value)
    const values = valuesOf(table, row, fields, said)
    const judged = judge({ table: table.known.table.name, op: 'change', row, values, from })
    if (judged === false) return 'REFUSED'
    try {
      for (const { name, set } of fields) set(row.slot, values[name])
    } catch (error) {
      if (error instanceof Refusal) return 'BOUNDS'
      throw error
    }
    for (const [name, value] of Object.entries(judged ?? {})) row[name] = value
    return judged && Object.keys(judged).length > 0 ? 'REFUSED' : undefined
  }

  function problemOf(column: StateColumn, row: Row, value: unknown): Correction | undefined {
    const { column: known } = column
    if (!isLegal(known, value)) return 'BOUNDS'
    const cost = costOf(column, row, value)
    return cost > 0 && paidUntil(column, row) + cost > now() ? 'CHANGE' : undefined
  }

  function spend(column: StateColumn, row: Row, value: unknown): void {
    const cost = costOf(column, row, value)
    if (cost === 0) return
    const own = spent.get(column) ?? new WeakMap<Row, number>()
    spent.set(column, own)
    own.set(row, paidUntil(column, row) + cost)
  }

  function paidUntil(column: StateColumn, row: Row): number {
    return Math.max(spent.get(column)?.get(row) ?? 0, now() - BURST_MS)
  }
}

/** How many ms of what a value may change in a second this takes. */
function costOf(column: StateColumn, { slot }: Row, value: unknown): number {
  const { column: known } = column
  if (known.change === undefined) return 0
  const before = column.get(slot) as number
  if (known.raw) return (Math.abs((value as number) - before) / known.change) * 1_000
  const q = value as number
  const steps = Math.abs(difference(known, Math.round(before * known.per - known.offset), q))
  return (steps / known.per / known.change) * 1_000
}

function isLegal(column: Column, value: unknown): boolean {
  if (!column.raw) return isWithin(column, value as number)
  if (column.raw === 'string' || column.raw === 'json') return true
  return Number.isFinite(value) && Number(value) >= column.low && Number(value) <= column.high
}

function mayWrite({ known }: Table, row: Row, from: Member, isHost: boolean): boolean {
  const { write } = known.table
  return write === 'host' ? isHost : write === 'owner' && row.owner === from.number
}

/** Fields as the game has them, of columns as they travelled; what a vector lacks is as it was. */
function valuesOf(
  { columns }: Table,
  { slot }: Row,
  fields: readonly Access[],
  said: ReadonlyMap<number, unknown>,
): Record<string, unknown> {
  const held = (index: number) => {
    const { column } = columns[index] as StateColumn
    if (!said.has(index)) return (columns[index] as StateColumn).get(slot)
    return column.raw ? said.get(index) : dequantise(column, said.get(index) as number)
  }
  return Object.fromEntries(fields.map(({ name, columns: own, of }) => [name, of(own.map(held))]))
}

/** The fields that were written, as they are: numbers, words and JSON. */
const shown = (accesses: readonly Access[], { slot }: Row, said: ReadonlyMap<number, unknown>) =>
  Object.fromEntries(
    accesses
      .filter(({ columns }) => columns.some((column) => said.has(column)))
      .map(({ name, get }) => [name, get(slot) as Json]),
  )
