import { Misfit } from '../protocol/bytes.ts'
import type { ColumnValues } from '../protocol/state-column.ts'
import { ACK_FIELD, OWNER_FIELD, type TableColumns } from '../protocol/state-columns.ts'
import type { Section } from '../protocol/state-frame.ts'
import type { ReadRows } from '../protocol/state-rows.ts'
import { createEmitter } from './emitter.ts'
import { failure, type NetworkError } from './failure.ts'
import { type Block, Cells } from './state-cells.ts'
import { type Access, accessOf } from './state-fields.ts'
import {
  type AnyRow,
  createRowMaker,
  INNER,
  type SmoothOptions,
  type StateRow,
  valueIn,
} from './state-row.ts'
import type { Moment, StateTable, TableEvents, TableRoom } from './state-shape.ts'

/** A table in the hands of its room. */
export type OwnTable = ReturnType<typeof createTable>

export function createTable(name: string, room: TableRoom) {
  const { on, emit, has } = createEmitter<TableEvents<Record<string, unknown>>>(room.report)
  const rows = new Map<number, AnyRow>()
  const awaited = new Map<number, ((row: AnyRow) => void)[]>()
  const leaps = new Map<string, SmoothOptions>()
  /** The fields that somebody shows. */
  const followed = new Set<string>()
  let known: TableColumns | undefined
  let accesses: ReadonlyMap<string, Access> = new Map()
  let cells = new Cells([])
  let make: ReturnType<typeof createRowMaker> | undefined
  /** The slots that have a row, ascending; and those of before a reset that it has not told yet. */
  let slots: Int32Array | undefined
  let stale: Set<number> | undefined
  /** What is to be told. */
  let news = nothingNew()

  const table: StateTable = {
    name,
    on,
    get size() {
      return rows.size
    },
    at: (slot) => seen(rows.get(slot)),
    of: (member) => seen(ascending().find((row) => row.owner === member)),
    get mine() {
      return table.of(room.you())
    },
    get row() {
      return table.at(0)
    },
    when: (slot) =>
      new Promise((resolve) => {
        const row = rows.get(slot)
        if (row) return resolve(seen(row))
        const told = resolve as (row: unknown) => void
        awaited.set(slot, [...(awaited.get(slot) ?? []), told])
      }),
    async add(values = {}, owner) {
      return table.when(await room.add(name, values, owner))
    },
    smoothing(field, options) {
      leaps.set(field, options)
      for (const row of rows.values()) row[INNER].tracks.delete(field)
    },
    *[Symbol.iterator]() {
      for (const row of ascending()) yield seen(row)
    },
  }

  return {
    table,
    get hasRows() {
      return rows.size > 0
    },

    /** Its fields are these; what it had of others is gone. */
    shape(next: TableColumns | undefined): void {
      for (const slot of [...rows.keys()]) take(slot)
      known = next
      cells = new Cells(next?.columns ?? [])
      const place = `state.${name}`
      accesses = new Map(
        next?.table.fields.map((field, number) => [
          field.name,
          accessOf(field, number, next.columns, place),
        ]),
      )
      make = createRowMaker({
        ...{ place, accesses, mayWrite, needWrite, moment: room.moment },
        isOwned: next?.columns[0]?.field === OWNER_FIELD,
        ahead: ({ owner }) => room.ahead(name, owner),
        leapOf: (field) => leaps.get(field)?.leap ?? Number.POSITIVE_INFINITY,
        followed: (field) => void followed.add(field),
        written: room.written,
        remove: (slot) => room.remove(name, slot),
      })
    },

    get accesses() {
      return accesses
    },

    /** What our own row holds, and the number of its last input that was done; undefined without one. */
    own(): { readonly values: Record<string, unknown>; readonly ack: number } | undefined {
      const row = ascending().find(({ owner }) => owner === room.you())
      if (!row || !known) return undefined
      const ack = cells.get(known.columns.length - 1, row.slot) as number
      const values = [...accesses].map(([field, access]) => [field, valueIn(row, access)])
      return { values: Object.fromEntries(values), ack: ack >>> 0 }
    },

    /** The room is another one: what was shown is not to be gone on from. */
    restart(): void {
      for (const row of rows.values()) row[INNER].tracks.clear()
    },

    /** A reset begins: what it does not tell is gone. */
    reset(): void {
      stale = new Set(rows.keys())
    },

    /** What a section of a frame says; throws a Misfit where that cannot be of what we have. */
    apply(section: Section, moment: Moment): void {
      if (section.op === 'update') return update(section.changes, moment)
      if (section.op === 'add') return add(section.rows, section.values, moment)
      for (const slot of slotsOf(section.rows)) {
        const row = take(slot)
        if (row && section.op === 'leave') news.left.add(row)
      }
    },

    /** The tick is whole: tells what is new. */
    tell(): void {
      for (const slot of stale ?? []) take(slot)
      stale = undefined
      const { removed, left, added, changed } = news
      if (removed.size + added.size + changed.size === 0) return
      news = nothingNew()
      for (const row of removed) {
        if (left.has(row)) emit('left', seen(row))
        emit('removed', seen(row))
      }
      for (const row of added) {
        emit('added', seen(row))
        for (const told of awaited.get(row.slot) ?? []) told(row)
        awaited.delete(row.slot)
      }
      for (const [row, fields] of changed)
        if (!row[INNER].isGone) emit('changed', seen(row), [...fields])
    },

    /** What we have written and not sent; or all that the server has not said yet. */
    take: (isAll: boolean): Block[] => cells.take(room.now(), isAll),
    values: ({ slots, columns }: Block): readonly ColumnValues[] =>
      columns.map((column) => {
        const all = slots.map((slot) => cells.get(column, slot))
        return known?.columns[column]?.raw ? all : Int32Array.from(all as number[])
      }),

    /** What we wrote of a row is not to be. */
    correct(slot: number, fields: readonly string[], error: NetworkError): void {
      const row = rows.get(slot)
      cells.forget(
        slot,
        fields.flatMap((field) => accesses.get(field)?.columns ?? []),
      )
      if (row) emit('corrected', seen(row), error)
    },
  }

  function add(read: ReadRows, values: readonly ColumnValues[], moment: Moment): void {
    for (const [index, slot] of slotsOf(read).entries()) {
      const contents = values.map((of) => of[index])
      if (stale?.delete(slot)) {
        for (const [column, content] of contents.entries())
          if (cells.tell(column, slot, content, false, room.now())) noticed(slot, column)
        continue
      }
      take(slot)
      cells.begin(slot)
      for (const [column, content] of contents.entries())
        cells.tell(column, slot, content, false, room.now())
      const row = make?.(slot, cells) as AnyRow // of the tables there are
      rows.set(slot, row)
      slots = undefined
      news.added.add(row)
    }
    move(touchedBy(values.map((_, column) => ({ column, rows: read }))), moment)
  }

  function update(changes: (Section & { op: 'update' })['changes'], moment: Moment): void {
    const now = room.now()
    for (const { column, rows: read, values } of changes) {
      const of = slotsOf(read)
      for (let index = 0; index < of.length; index++) {
        const slot = of[index] as number
        if (!rows.has(slot)) throw new Misfit(`${name}: expected a row in slot ${slot}`)
        if (cells.tell(column, slot, values[index], !moment.isAbsolute, now)) noticed(slot, column)
      }
    }
    move(touchedBy(changes), moment)
  }

  /** Which rows have another value in a field that somebody shows, or that flags such a one. */
  function touchedBy(changes: readonly { readonly column: number; readonly rows: ReadRows }[]) {
    const touched = new Map<string, Set<number>>()
    if (followed.size === 0) return touched
    const flags = new Set([...followed].map((field) => leaps.get(field)?.flag))
    for (const { column, rows: read } of changes) {
      const name = fieldOf(column)
      if (!followed.has(name) && !flags.has(name)) continue
      const own = touched.get(name) ?? new Set()
      touched.set(name, own)
      for (const slot of slotsOf(read)) own.add(slot)
    }
    return touched
  }

  function move(touched: ReadonlyMap<string, ReadonlySet<number>>, moment: Moment): void {
    const { time, since, shown } = moment
    for (const [field, own] of touched) {
      const access = accesses.get(field)
      const flags = touched.get(leaps.get(field)?.flag ?? '')
      for (const slot of own) {
        const row = rows.get(slot)
        const track = row?.[INNER].tracks.get(field)
        if (!row || !track || !access?.moving) continue
        const value = access.moving.of(valueIn(row, access))
        track.add(value, time, since, shown, flags?.has(slot) ?? false)
      }
    }
  }

  function noticed(slot: number, column: number): void {
    if (!has('changed')) return
    const row = rows.get(slot)
    const name = fieldOf(column)
    if (!row || name === '' || news.added.has(row)) return
    news.changed.set(row, (news.changed.get(row) ?? new Set()).add(name))
  }

  /** The name of the field that a column is of; that of `ack` is empty. */
  function fieldOf(column: number): string {
    const field = known?.columns[column]?.field ?? ACK_FIELD
    return field === OWNER_FIELD ? 'owner' : (known?.table.fields[field]?.name ?? '')
  }

  /** The row is gone, with its last values; who was not told of it never is. */
  function take(slot: number): AnyRow | undefined {
    const row = rows.get(slot)
    if (!row) return undefined
    rows.delete(slot)
    slots = undefined
    stale?.delete(slot)
    row[INNER].cells = cells.kept(slot)
    row[INNER].isGone = true
    cells.begin(slot)
    if (!news.added.delete(row)) news.removed.add(row)
    return row
  }

  function slotsOf(read: ReadRows): Int32Array {
    if (read.slots) return read.slots
    slots ??= Int32Array.from(rows.keys()).sort()
    if (slots.length !== read.n)
      throw new Misfit(`${name}: expected ${slots.length} rows, got ${read.n}`)
    return slots
  }

  function ascending(): AnyRow[] {
    slots ??= Int32Array.from(rows.keys()).sort()
    return [...slots].map((slot) => rows.get(slot) as AnyRow)
  }

  function mayWrite(row: AnyRow): boolean {
    const write = known?.table.write
    return write === 'owner' ? row.owner === room.you() : write === 'host' && room.isHost()
  }

  function needWrite(row: AnyRow, field: string): void {
    const whose = WRITERS[known?.table.write ?? 'server']
    if (row[INNER].isGone) throw failure('ROW_NOT_FOUND', `state.${name}: this row is gone`)
    if (!mayWrite(row))
      throw failure('PERMISSION_DENIED', `state.${name}.${field}: only ${whose} writes it`)
  }
}

const WRITERS = { owner: 'its owner', host: 'the host', server: 'the server' } as const

const nothingNew = () => ({
  removed: new Set<AnyRow>(),
  left: new Set<AnyRow>(),
  added: new Set<AnyRow>(),
  changed: new Map<AnyRow, Set<string>>(),
})

/** As the game sees it. */
const seen = <R extends AnyRow | undefined>(row: R) =>
  row as unknown as R extends AnyRow ? StateRow<Record<string, unknown>> : undefined
