import type { ColumnValues } from '../../protocol/state-column.ts'
import { OWNER_FIELD, PARTS, quantise, type TableColumns } from '../../protocol/state-columns.ts'
import type { State } from '../../protocol/state-define.ts'
import type { RowSet } from '../../protocol/state-rows.ts'
import { stateFrames, type Told } from '../../protocol/state-split.ts'
import { createState, type OwnState, type StateOptions } from '../../web-client/state.ts'
import type { Any } from './client.ts'
import { type Clock, createClock } from './clock.ts'

/** Rows by their slots: what is to be in which fields, of some tables. */
export type Rows = Readonly<Record<string, Readonly<Record<number, Any>>>>

export const ROOM = 7
export const STEP_MS = 50

/** What a server says of a room’s state, tick by tick, in a room of one client’s. */
export interface Scripted {
  readonly clock: Clock
  readonly state: OwnState
  readonly tables: Any
  /** What the client asked, and the frames it sent. */
  readonly asked: readonly Any[]
  readonly sent: readonly Uint8Array[]
  readonly warned: readonly string[]
  readonly reported: readonly unknown[]
  host: boolean
  /** Says the schema. */
  schema(more?: Any): void
  /** All rows anew, at a tick. */
  snapshot(tick: number, rows: Rows, bytes?: number): void
  /** What is new at a tick since another. */
  tell(tick: number, news: News, back?: number, isAbsolute?: boolean): void
  deliver(frames: readonly Uint8Array[]): void
}

export interface News {
  readonly added?: Rows
  /** Values; the harness knows what the client has. */
  readonly changed?: Rows
  readonly removed?: Readonly<Record<string, readonly number[]>>
  readonly left?: Readonly<Record<string, readonly number[]>>
}

/** The client’s part of a room, whose server is the test. */
export function scripted(definition: State<Any, Any>, you = 1): Scripted {
  const clock = createClock()
  const [asked, sent, warned, reported]: [Any[], Uint8Array[], string[], unknown[]] = [
    [],
    [],
    [],
    [],
  ]
  const session = {
    request: async (type: string, data: object, _: object, read: (reply: Any) => Any) => {
      asked.push({ type, ...data })
      return read({ slot: 3 })
    },
    sendUncounted: (frame: Uint8Array) => sent.push(frame) > 0,
    warn: (text: string) => void warned.push(text),
  } as unknown as StateOptions['session']
  const known = definition.columns
  /** What the client has, as it travels. */
  const had = new Map<string, unknown[]>()
  const server = {
    ...{ clock, asked, sent, warned, reported },
    host: false,
    schema(more: Any = {}) {
      const { schema, hash } = definition
      const data = { number: ROOM, tick_hz: 1_000 / STEP_MS, hash, tables: schema.tables, ...more }
      state.apply({ type: 'state.schema', data } as Any)
    },
    snapshot(tick: number, rows: Rows, bytes?: number) {
      had.clear()
      const told = known.tables.flatMap((table, number) => added(table, number, rows))
      const head = { room: ROOM, tick, back: 0, isReset: true, isAbsolute: true }
      server.deliver(stateFrames(head, known, told, bytes))
    },
    tell(tick: number, news: News, back = 1, isAbsolute = false) {
      const told = known.tables.flatMap((table, number): Told[] => [
        ...gone('remove', table, number, news.removed ?? {}),
        ...gone('leave', table, number, news.left ?? {}),
        ...added(table, number, news.added ?? {}),
        ...changed(table, number, news.changed ?? {}, isAbsolute),
      ])
      const head = { room: ROOM, tick, back, isReset: false, isAbsolute }
      server.deliver(stateFrames(head, known, told))
    },
    deliver(frames: readonly Uint8Array[]) {
      for (const frame of frames) state.receive(frame)
    },
  }
  const state = createState(
    { code: 'ROOM22', you: () => you, sampling() {}, isHost: () => server.host },
    {
      ...{ session, timers: clock, frames: undefined, schemas: new Map() },
      report: (error) => void reported.push(error),
    },
  )
  return Object.assign(server, { state, tables: state.tables as Any })

  function gone(op: 'remove' | 'leave', table: TableColumns, number: number, all: Any): Told[] {
    const slots: number[] = all[table.table.name] ?? []
    for (const slot of slots) had.delete(`${number} ${slot}`)
    return slots.length > 0 ? [{ op, table: number, rows: rowsOf(slots) }] : []
  }

  function added(table: TableColumns, number: number, rows: Rows): Told[] {
    const all = rows[table.table.name] ?? {}
    const slots = Object.keys(all).map(Number)
    if (slots.length === 0) return []
    for (const slot of slots)
      had.set(
        `${number} ${slot}`,
        table.columns.map((_, index) => travels(table, index, all[slot])),
      )
    const values = table.columns.map((_, index) =>
      columnOf(
        table,
        index,
        slots.map((slot) => had.get(`${number} ${slot}`)?.[index]),
      ),
    )
    return [{ op: 'add', table: number, rows: rowsOf(slots), values }]
  }

  function changed(table: TableColumns, number: number, rows: Rows, isAbsolute: boolean): Told[] {
    const all = Object.entries(rows[table.table.name] ?? {})
    const changes = table.columns.flatMap((column, index) => {
      const some = all.flatMap(([slot, values]) => {
        const next = travels(table, index, values)
        const row = had.get(`${number} ${slot}`)
        if (next === undefined || !row || row[index] === next) return []
        const before = row[index]
        row[index] = next
        const told = isAbsolute || column.raw ? next : (next as number) - (before as number)
        return [[Number(slot), told] as const]
      })
      if (some.length === 0) return []
      const values = columnOf(
        table,
        index,
        some.map(([, value]) => value),
      )
      return [{ column: index, rows: rowsOf(some.map(([slot]) => slot)), values }]
    })
    return changes.length > 0 ? [{ op: 'update', table: number, changes }] : []
  }
}

const rowsOf = (slots: readonly number[]): RowSet => ({ slots, n: slots.length })

/** What a row’s values are in a column; undefined for what they do not say. */
function travels({ table, columns }: TableColumns, index: number, values: Any): unknown {
  const column = columns[index] as TableColumns['columns'][number]
  if (column.field === OWNER_FIELD) return values.owner ?? (values.isNew ? 0 : undefined)
  const field = table.fields[column.field]
  if (!field) return 0
  const value = values[field.name]
  if (value === undefined) return undefined
  if (field.type === 'bool') return Number(value)
  if (field.type === 'choice') return field.values?.indexOf(value)
  if (field.type in PARTS)
    return quantise(column, value[PARTS[field.type as keyof typeof PARTS][column.part] as string])
  return column.raw ? value : quantise(column, value)
}

const columnOf = (
  { columns }: TableColumns,
  index: number,
  values: readonly unknown[],
): ColumnValues => (columns[index]?.raw ? values : Int32Array.from(values as number[]))
