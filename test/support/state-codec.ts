import type { ColumnValues } from '../../protocol/state-column.ts'
import {
  type Column,
  columnsOf,
  difference,
  inRing,
  type StateColumns,
} from '../../protocol/state-columns.ts'
import { readStateFrame, type Section } from '../../protocol/state-frame.ts'
import type { RowSet } from '../../protocol/state-rows.ts'
import type { FieldSchema, TableSchema } from '../../protocol/state-schema.ts'
import { RowTooLarge, stateFrames, type Told } from '../../protocol/state-split.ts'
import type { createRandom } from './clock.ts'

/* Tables that walk at random, what is told of them, and what a receiver makes of it. */

type Random = ReturnType<typeof createRandom>
/** A row’s columns: in their rings, raw ones as they are. */
type Row = unknown[]
export type Rows = Map<number, Row>

const TYPES: readonly Omit<FieldSchema, 'name'>[] = [
  ...(['bool', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32'] as const).map((type) => ({
    type,
  })),
  ...(['varuint', 'varint', 'float32', 'float64', 'json', 'string'] as const).map((type) => ({
    type,
  })),
  { type: 'fixed', min: -2000, max: 2000, step: 0.01 },
  { type: 'fixed', min: -2e6, max: 2e6, step: 0.001 },
  ...[2, 7, 10, 24].map((bits) => ({ type: 'angle' as const, bits })),
  { type: 'vec2', min: 0, max: 100, step: 0.5 },
  { type: 'vec3', min: -1, max: 1, step: 0.001 },
  { type: 'quaternion', bits: 9 },
  { type: 'choice', values: ['a', 'b', 'c'] },
  { type: 'ref', table: 't0' },
]

/** Walks as an engine replays them: the tables, the frames and the rows at the end. */
export const engineWalks = (random: Random, walks: number): object[] =>
  Array.from({ length: walks }, () => {
    const known = randomColumns(random)
    const walk = createWalk(known, random)
    const frames = Array.from({ length: 20 }, walk.step).flat()
    return {
      schema: { tables: known.tables.map(({ table }) => table) },
      frames: frames.map((frame) => Buffer.from(frame).toString('hex')),
      tables: sortedRows(walk.tables),
    }
  })

/** Two or three tables with fields of any type. */
export function randomColumns(random: Random): StateColumns {
  const tables: TableSchema[] = Array.from({ length: 2 + random.below(2) }, (_, index) => ({
    name: `t${index}`,
    fields: Array.from({ length: 1 + random.below(7) }, (_, at) => ({
      name: `f${at}`,
      ...random.pick(TYPES),
    })),
    most: 1 + random.below(400),
    ...(random.below(3) === 0 && { write: 'owner' as const }),
  }))
  return columnsOf({ tables })
}

/** What is so, as a server has it. */
export function createWalk(known: StateColumns, random: Random) {
  const tables: Rows[] = known.tables.map(() => new Map())
  let tick = 0

  return { tables, step }

  /** Something happens; the frames that tell it, or all there is. */
  function step(): Uint8Array[] {
    const isReset = tick === 0 || random.below(20) === 0
    const isAbsolute = isReset || random.below(4) === 0
    const told = known.tables.flatMap(({ columns, most }, table) => {
      const rows = tables[table] as Rows
      const changed = walk(rows, columns, most, isAbsolute)
      return isReset ? allOf(table, rows, columns) : toldOf(table, columns, rows, changed)
    })
    const head = { room: 7, tick: ++tick, back: isReset ? 0 : 1, isReset, isAbsolute }
    const bytes = random.below(3) === 0 ? 40 + random.below(2_000) : undefined
    try {
      return stateFrames(head, known, told, bytes)
    } catch (error) {
      if (error instanceof RowTooLarge) return stateFrames(head, known, told)
      throw error
    }
  }

  function walk(rows: Rows, columns: readonly Column[], most: number, isAbsolute: boolean): Walked {
    const removed: number[] = []
    for (const slot of [...rows.keys()]) if (random.below(30) === 0) removed.push(slot)
    for (const slot of removed) rows.delete(slot)
    const changes = columns.map((column, index) => changesOf(rows, column, index, isAbsolute))
    const added = new Set<number>()
    for (
      let left = random.below(4) === 0 ? random.below(most) : random.below(3);
      left > 0;
      left--
    ) {
      const slot = random.below(most)
      if (!rows.has(slot)) added.add(slot)
    }
    for (const slot of added)
      rows.set(
        slot,
        columns.map((column) => randomOf(column, random)),
      )
    return { removed: removed.sort(ascending), added: [...added].sort(ascending), changes }
  }

  function changesOf(rows: Rows, column: Column, index: number, isAbsolute: boolean) {
    const share = random.pick([0, 0, 1, 3, 20])
    const slots = [...rows.keys()].sort(ascending)
    const changed = share === 20 ? slots : slots.filter(() => random.below(20) < share)
    const values = changed.map((slot) => {
      const row = rows.get(slot) as Row
      const before = row[index]
      row[index] = nextOf(column, before, random)
      if (column.raw || isAbsolute) return row[index]
      return difference(column, before as number, row[index] as number)
    })
    return { slots: changed, values: valuesOf(column, values) }
  }
}

interface Walked {
  readonly removed: readonly number[]
  readonly added: readonly number[]
  readonly changes: readonly { readonly slots: readonly number[]; readonly values: ColumnValues }[]
}

const ascending = (a: number, b: number) => a - b
const rowSet = (slots: readonly number[]): RowSet => ({ slots, n: slots.length })

function toldOf(table: number, columns: readonly Column[], rows: Rows, walked: Walked): Told[] {
  const { removed, added, changes } = walked
  const sets = new Map<string, RowSet>()
  const shared = (slots: readonly number[]): RowSet => {
    const key = slots.join()
    const set = sets.get(key) ?? { ...rowSet(slots), isAll: slots.length === rows.size }
    sets.set(key, set)
    return set
  }
  const told = changes.flatMap(({ slots, values }, column) =>
    slots.length > 0 ? [{ column, rows: shared(slots), values }] : [],
  )
  return [
    ...(removed.length > 0 ? [{ op: 'remove' as const, table, rows: rowSet(removed) }] : []),
    ...addOf(table, columns, rows, added),
    ...(told.length > 0 ? [{ op: 'update' as const, table, changes: told }] : []),
  ]
}

const allOf = (table: number, rows: Rows, columns: readonly Column[]): Told[] =>
  addOf(table, columns, rows, [...rows.keys()].sort(ascending))

function addOf(
  table: number,
  columns: readonly Column[],
  rows: Rows,
  slots: readonly number[],
): Told[] {
  if (slots.length === 0) return []
  const values = columns.map((column, index) =>
    valuesOf(
      column,
      slots.map((slot) => rows.get(slot)?.[index]),
    ),
  )
  return [{ op: 'add', table, rows: rowSet(slots), values }]
}

const valuesOf = ({ raw }: Column, values: readonly unknown[]): ColumnValues =>
  raw ? values : Int32Array.from(values as readonly number[])

const WORDS = ['', 'a', 'Ada', 'é🙂', 'x'.repeat(60), '"\\']

/** Anything it may be, its bounds among them. */
export function randomOf(column: Column, random: Random): unknown {
  const { raw, low, high, bits } = column
  if (raw === 'string') return random.pick(WORDS)
  if (raw === 'json') return random.pick([null, true, -1.5, 'é', [1, [2]], { a: { b: WORDS } }])
  if (raw) return Math.fround(random.pick([0, 1.5, -1e-3, 1e30, random.float()]))
  const span = bits === 32 && high > 2 ** 31 ? 2 ** 32 - 1 : high - low
  return inRing(column, random.pick([low, high, low + Math.floor(random.float() * span)]))
}

/** A step further, or a leap. */
function nextOf(column: Column, before: unknown, random: Random): unknown {
  if (column.raw || random.below(12) === 0) return randomOf(column, random)
  const { low, high, wraps } = column
  const next = (before as number) + random.below(21) - 10
  if (wraps || column.bits === 1) return inRing(column, next)
  return Math.max(low, Math.min(high, next))
}

/** What has been read, as a receiver has it. */
export function createReceiver(known: StateColumns) {
  const tables: Rows[] = known.tables.map(() => new Map())

  return {
    tables,
    read(bytes: Uint8Array): void {
      const { isReset, isAbsolute, sections } = readStateFrame(bytes, known)
      if (isReset) for (const rows of tables) rows.clear()
      for (const section of sections) apply(section, isAbsolute)
    },
  }

  function apply(section: Section, isAbsolute: boolean): void {
    const rows = tables[section.table] as Rows
    const { columns } = known.tables[section.table] as StateColumns['tables'][number]
    if (section.op === 'update') {
      for (const { column, rows: set, values } of section.changes) {
        const slots = set.slots ?? [...rows.keys()].sort(ascending)
        if (slots.length !== set.n) throw new Error(`${set.n} rows of ${slots.length}`)
        for (const [index, slot] of slots.entries()) {
          const row = rows.get(slot)
          if (!row) throw new Error(`no row ${slot}`)
          row[column] = updated(columns[column] as Column, row[column], values[index], isAbsolute)
        }
      }
      return
    }
    for (const [index, slot] of (section.rows.slots ?? []).entries()) {
      if (section.op !== 'add') rows.delete(slot)
      else
        rows.set(
          slot,
          columns.map((column, at) => updated(column, 0, section.values[at]?.[index], true)),
        )
    }
  }
}

function updated(column: Column, before: unknown, value: unknown, isAbsolute: boolean): unknown {
  if (column.raw) return value
  return inRing(column, isAbsolute ? (value as number) : (before as number) + (value as number))
}

/** Rows in order, so that two can be compared. */
export const sortedRows = (tables: readonly Rows[]): unknown[] =>
  tables.map((rows) => [...rows].sort(([a], [b]) => a - b))
