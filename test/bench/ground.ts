import { Writer } from '../../protocol/bytes.ts'
import { plaza } from '../../protocol/plaza-state.ts'
import {
  type Column,
  dequantise,
  quantise,
  type StateColumns,
} from '../../protocol/state-columns.ts'
import { readStateFrame, type Section } from '../../protocol/state-frame.ts'
import type { ReadRows } from '../../protocol/state-rows.ts'
import { writeStateUp } from '../../protocol/state-up.ts'
import { binaryFrameOf } from './client.ts'

/** Of the plaza’s tables, the one that says where everybody stands. */
const PLAYERS = 0
const { columns } = plaza.columns.tables[PLAYERS] as StateColumns['tables'][number]
const OWNER = 0
const [X, Y] = ['x', 'y'].map((name) => columns.findIndex((column) => column.name === name)) as [
  number,
  number,
]

/** Says which of its owner’s inputs was done last. */
const ACK = columns.length - 1

export type Ground = ReturnType<typeof createGround>

/** Where everybody stands in a plaza whose number in frames is `room`, as somebody there is told. */
export function createGround(room: number) {
  const rows = new Map<number, number[]>()
  let have = 0
  /** The last input that was said. */
  let said = 0

  return {
    /** A frame of its state. */
    take(bytes: Uint8Array): void {
      const { tick, isReset, isAbsolute, hasMore, sections } = readStateFrame(bytes, plaza.columns)
      if (isReset) rows.clear()
      for (const section of sections) if (section.table === PLAYERS) apply(section, isAbsolute)
      if (!hasMore) have = tick
    },

    /** Where a member stands, by its number. */
    placeOf(number: number): readonly [x: number, y: number] | undefined {
      const row = rows.get(slotOf(number) ?? -1)
      return row && [shown(row, X), shown(row, Y)]
    },

    /** What it is told by: that it has what came so far, and does nothing. */
    standing(): Buffer {
      const writer = new Writer()
      writeStateUp(writer, plaza.columns, { room, have })
      return binaryFrameOf(Buffer.from(writer.taken()))
    },

    /** What a member says who walks that way; undefined before it has been told of its row. */
    walk(number: number, x: number, y: number): Buffer | undefined {
      const row = rows.get(slotOf(number) ?? -1)
      if (!row) return undefined
      said = Math.max(said, row[ACK] as number) + 1
      const values = [x, y].map((part, index) =>
        Int32Array.of(quantise(plaza.columns.inputs[index] as Column, part)),
      )
      const writer = new Writer()
      const inputs = { first: said, n: 1, values }
      writeStateUp(writer, plaza.columns, { room, have, inputs })
      return binaryFrameOf(Buffer.from(writer.taken()))
    },
  }

  function apply(section: Section, isAbsolute: boolean): void {
    if (section.op === 'add')
      for (const [index, slot] of slotsIn(section.rows).entries())
        rows.set(
          slot,
          section.values.map((values) => values[index] as number),
        )
    else if (section.op === 'update')
      for (const { column, rows: read, values } of section.changes)
        for (const [index, slot] of slotsIn(read).entries()) {
          const row = rows.get(slot) as number[]
          const told = values[index] as number
          row[column] = isAbsolute ? told : wrapped((row[column] as number) + told, column)
        }
    else for (const slot of slotsIn(section.rows)) rows.delete(slot)
  }

  function slotsIn({
    slots,
  }: ReadRows): Iterable<number> & { entries(): Iterable<[number, number]> } {
    return slots ?? [...rows.keys()].sort((a, b) => a - b)
  }

  function slotOf(number: number): number | undefined {
    for (const [slot, row] of rows) if (row[OWNER] === number) return slot
    return undefined
  }
}

const shown = (row: readonly number[], column: number) =>
  dequantise(columns[column] as Column, row[column] as number)

function wrapped(value: number, column: number): number {
  const shift = 32 - (columns[column] as Column).bits
  return (value << shift) >> shift
}
