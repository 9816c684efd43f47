import type { ColumnValues } from '../../protocol/state-column.ts'
import { columnsOf, dequantise, inRing, type StateColumns } from '../../protocol/state-columns.ts'
import { readStateFrame, STATE_DOWN, type StateFrame } from '../../protocol/state-frame.ts'
import type { StateSchema } from '../../protocol/state-schema.ts'
import type { Any, RawClient } from './client.ts'

/** A row as a client has it: by its columns, numbers as they travel. */
export type MirrorRow = unknown[]

/** One room's state as a client without a library has it, by the frames alone. */
export interface Mirror {
  readonly number: number
  readonly schema: StateSchema
  /** The tick it has whole. */
  readonly have: number
  /** Frames that came, and those of them that were resets. */
  readonly frames: number
  readonly resets: number
  readonly bytes: number
  /** The frames themselves, where they are kept. */
  readonly raw: readonly Uint8Array[]
  /** What was added, left, removed or changed, in order: `players +3`. */
  readonly events: string[]
  /** A frame did not follow what it has. */
  readonly gaps: number
  /** The rows of a table by their slots. */
  rows(table: string): ReadonlyMap<number, MirrorRow>
  /** The same as people read them: `{ x: 1.5, name: 'A' }`. */
  told(table: string): Readonly<Record<number, Any>>
}

interface Held {
  /** The tick of which more follows. */
  more: number
  number: number
  schema: StateSchema
  known: StateColumns
  have: number
  frames: number
  resets: number
  bytes: number
  gaps: number
  raw: Uint8Array[]
  events: string[]
  tables: Map<number, MirrorRow>[]
}

/** Follows the state of the rooms that a client sits in. */
export function mirrorOf(client: RawClient, { keeps = true } = {}) {
  const rooms = new Map<string, Held>()
  const byNumber = new Map<number, Held>()
  const waiting = new Set<() => void>()
  const { socket } = client
  const before = socket.onmessage as ((event: { data: unknown }) => void) | null
  socket.onmessage = (event: { data: unknown }) => {
    const { data } = event
    if (!(data instanceof ArrayBuffer)) {
      hear(JSON.parse(String(data)) as Any)
      before?.(event)
    } else {
      const bytes = new Uint8Array(data)
      if (((bytes[0] ?? 0) & 0xf0) === STATE_DOWN) take(bytes)
      else before?.(event)
    }
    for (const look of [...waiting]) look()
  }

  return {
    /** The state of the room with this code, or the only one. */
    room(code?: string): Mirror {
      const held = code === undefined ? [...rooms.values()][0] : rooms.get(code)
      if (!held) throw new Error(`no state.schema came of ${code ?? 'any room'}`)
      return shown(held)
    },
    has: (code: string): boolean => rooms.has(code),
    /** What its frames are read by. */
    known: (code: string): StateColumns => rooms.get(code)?.known as StateColumns,
    /** Which tick of which room it has, as a claim says it. */
    get states(): [number, number][] {
      return [...byNumber.values()]
        .filter(({ have }) => have > 0)
        .map((one) => [one.number, one.have])
    },
    /** Goes on with what another connection of the same client had. */
    goOn(other: ReadonlyMap<string, unknown>): void {
      for (const [code, held] of other as ReadonlyMap<string, Held>) {
        rooms.set(code, held)
        byNumber.set(held.number, held)
      }
    },
    held: rooms as ReadonlyMap<string, unknown>,
    /** Resolves once this holds. */
    until(holds: () => boolean): Promise<void> {
      return new Promise((resolve) => {
        const look = () => {
          if (!holds()) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      })
    },
  }

  function hear({ type, room, data }: Any): void {
    if (type !== 'state.schema') return
    const known = [...rooms.values()].find(({ number }) => number === data.number)
    const schema = data.tables
      ? { tables: data.tables, ...(data.inputs && { inputs: data.inputs }) }
      : known?.schema
    const held: Held = known ?? {
      ...{ number: data.number, schema, known: columnsOf(schema), have: 0, frames: 0, resets: 0 },
      ...{ bytes: 0, gaps: 0, more: -1, raw: [], events: [] },
      tables: schema.tables.map(() => new Map<number, MirrorRow>()),
    }
    rooms.set(room, held)
    byNumber.set(held.number, held)
  }

  function take(bytes: Uint8Array): void {
    const number = numberIn(bytes)
    const held = byNumber.get(number)
    if (!held) throw new Error(`a frame of room ${number} before its schema`)
    held.frames++
    held.bytes += bytes.length
    if (keeps) held.raw.push(bytes)
    const frame = readStateFrame(bytes, held.known)
    const base = frame.tick - frame.back
    const isPage = held.more === frame.tick
    if (!isPage && !frame.isReset && !(base <= held.have && held.have < frame.tick)) {
      held.gaps++
      return
    }
    apply(held, frame)
    held.more = frame.hasMore ? frame.tick : -1
    if (!frame.hasMore) held.have = frame.tick
  }
}

function numberIn(bytes: Uint8Array): number {
  let [number, shift] = [0, 0]
  for (let at = 1; ; at++) {
    const byte = bytes[at] ?? 0
    number |= (byte & 127) << shift
    if (byte < 128) return number
    shift += 7
  }
}

function apply(held: Held, frame: StateFrame): void {
  const { known, events } = held
  const had = frame.isReset ? held.tables.map((rows) => new Map(rows)) : undefined
  if (frame.isReset) {
    held.resets++
    for (const rows of held.tables) rows.clear()
    events.push('reset')
  }
  for (const section of frame.sections) {
    const rows = held.tables[section.table] as Map<number, MirrorRow>
    const { table, columns } = known.tables[section.table] as StateColumns['tables'][number]
    if (section.op === 'remove' || section.op === 'leave')
      for (const slot of section.rows.slots ?? []) {
        if (rows.delete(slot))
          events.push(`${table.name} ${section.op === 'remove' ? '-' : '<'}${slot}`)
      }
    else if (section.op === 'add')
      for (const [index, slot] of (section.rows.slots ?? new Int32Array(0)).entries()) {
        if (rows.has(slot)) events.push(`${table.name} -${slot}`)
        const row = section.values.map((values) => values[index])
        rows.set(slot, row)
        if (!had) events.push(`${table.name} +${slot}`)
      }
    else if (section.op === 'update')
      for (const { column, rows: set, values } of section.changes) {
        const { bits, raw } = columns[column] as (typeof columns)[number]
        for (const [index, slot] of slotsOf(set, rows).entries()) {
          const row = rows.get(slot)
          if (!row) throw new Error(`${table.name}: an update of row ${slot}, which is not there`)
          const next = (values as ColumnValues)[index]
          const isDifference = !frame.isAbsolute && raw === undefined
          const now = isDifference
            ? wrapped((row[column] as number) + (next as number), bits)
            : next
          if (now !== row[column]) events.push(`${table.name} ~${slot}`)
          if (now !== row[column] && row[column] !== 0 && columns[column]?.name === 'id')
            throw new Error(`${table.name} ${slot}: became another row by an update`)
          row[column] = now
        }
      }
  }
}

const wrapped = (value: number, bits: number) => (value << (32 - bits)) >> (32 - bits)

function slotsOf(
  { n, slots }: { n: number; slots?: Int32Array },
  rows: ReadonlyMap<number, unknown>,
) {
  if (slots) return slots
  if (n !== rows.size) throw new Error(`ALL of ${n} rows, where there are ${rows.size}`)
  return Int32Array.from([...rows.keys()].sort((one, other) => one - other))
}

const shown = (held: Held): Mirror => ({
  number: held.number,
  schema: held.schema,
  get have() {
    return held.have
  },
  get frames() {
    return held.frames
  },
  get resets() {
    return held.resets
  },
  get bytes() {
    return held.bytes
  },
  get raw() {
    return held.raw
  },
  get events() {
    return held.events
  },
  get gaps() {
    return held.gaps
  },
  rows: (name) => held.tables[indexOf(held, name)] as Map<number, MirrorRow>,
  told(name) {
    const index = indexOf(held, name)
    const { columns } = held.known.tables[index] as StateColumns['tables'][number]
    const told: Record<number, Any> = {}
    for (const [slot, row] of held.tables[index] as Map<number, MirrorRow>)
      told[slot] = Object.fromEntries(
        columns.map((column, at) => [
          column.name,
          column.raw ? row[at] : dequantise(column, inRing(column, row[at] as number)),
        ]),
      )
    return told
  },
})

const indexOf = ({ schema }: Held, name: string): number => {
  const index = schema.tables.findIndex((one) => one.name === name)
  if (index < 0) throw new Error(`no table ${name}`)
  return index
}
