import { Writer } from './bytes.ts'
import type { ColumnValues } from './state-column.ts'
import type { StateColumns } from './state-columns.ts'
import {
  type Change,
  STATE_FLAGS,
  type StateHead,
  writeAdd,
  writeGone,
  writeStateHead,
  writeUpdate,
} from './state-frame.ts'
import type { RowSet } from './state-rows.ts'

/** What a frame is to say of one table. Of the same table in their order: gone, added, updated. */
export type Told =
  | { readonly op: 'remove' | 'leave'; readonly table: number; readonly rows: RowSet }
  | {
      readonly op: 'add'
      readonly table: number
      readonly rows: RowSet
      /** One for each column of the table. */
      readonly values: readonly ColumnValues[]
    }
  | { readonly op: 'update'; readonly table: number; readonly changes: readonly Change[] }

/** A row that is longer than a whole frame may be. */
export class RowTooLarge extends Error {
  override readonly name = 'RowTooLarge'
}

const shared = /* @__PURE__ */ new Writer()

/**
 * The frames of one tick, none longer than `bytes`: all but the last have MORE, and only the first is
 * a reset. What does not fit whole is parted by its rows; throws RowTooLarge where one alone does not.
 */
export const stateFrames = (
  head: Omit<StateHead, 'hasMore'>,
  known: StateColumns,
  told: readonly Told[],
  bytes = Number.POSITIVE_INFINITY,
): Uint8Array[] => framesAs((frame) => frame.slice(), head, known, told, bytes)

/** The same, as what `taken` makes of each; it must not keep the bytes, which are written over. */
export function framesAs<F>(
  taken: (frame: Uint8Array) => F,
  head: Omit<StateHead, 'hasMore'>,
  known: StateColumns,
  told: readonly Told[],
  bytes: number,
): F[] {
  const writer = shared
  writer.at = 0
  writeStateHead(writer, head)
  if (writeWhole(writer, known, told, bytes)) return [taken(writer.bytes.subarray(0, writer.at))]
  return parted(taken, head, known, told, bytes)
}

/** Whether all of it fits one frame, and is written. */
function writeWhole(
  writer: Writer,
  known: StateColumns,
  told: readonly Told[],
  bytes: number,
): boolean {
  let last: Told | undefined
  for (const next of told) {
    if (last && isSameSection(last, next)) return false
    write(writer, known, next)
    if (writer.at > bytes) return false
    last = next
  }
  return true
}

function parted<F>(
  taken: (frame: Uint8Array) => F,
  head: Omit<StateHead, 'hasMore'>,
  known: StateColumns,
  told: readonly Told[],
  bytes: number,
): F[] {
  const writer = shared
  const frames: F[] = []
  const waiting = [...told].reverse()
  let last: Told | undefined
  begin()
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const before = writer.at
    if (!last || !isSameSection(last, next)) {
      write(writer, known, next)
      if (writer.at <= bytes) {
        last = next
        continue
      }
      writer.at = before
    }
    if (last) {
      finish(true)
      waiting.push(next)
      begin()
    } else waiting.push(...halvesOf(next).reverse())
  }
  finish(false)
  return frames

  function begin(): void {
    writer.at = 0
    last = undefined
    const isReset = head.isReset && frames.length === 0
    const isAbsolute = head.isAbsolute || head.isReset
    writeStateHead(writer, { ...head, isReset, isAbsolute })
  }

  function finish(hasMore: boolean): void {
    if (hasMore) writer.bytes[0] = (writer.bytes[0] as number) | STATE_FLAGS.HAS_MORE
    frames.push(taken(writer.bytes.subarray(0, writer.at)))
  }
}

function write(writer: Writer, known: StateColumns, one: Told): void {
  const columns = known.tables[one.table]?.columns ?? []
  if (one.op === 'add') writeAdd(writer, one.table, columns, one.rows, one.values)
  else if (one.op === 'update') writeUpdate(writer, one.table, columns, one.changes)
  else writeGone(writer, one.table, one.op, one.rows)
}

/** Both would have the same head, which a frame has once. */
const isSameSection = (a: Told, b: Told) => a.op === b.op && a.table === b.table

function halvesOf(told: Told): Told[] {
  if (told.op === 'update') return changesHalved(told.changes).map((some) => ({ ...told, ...some }))
  const { rows } = told
  const half = halfOf(rows.n, told.op)
  const parts = [
    [0, half],
    [half, rows.n],
  ] as const
  return parts.map(([from, to]) => {
    const part = { ...told, rows: someRows(rows, from, to) }
    if (part.op !== 'add') return part
    return { ...part, values: part.values.map((values) => values.slice(from, to)) }
  })
}

/** By its columns, and one column by its rows. */
function changesHalved(changes: readonly Change[]): { changes: Change[] }[] {
  const half = changes.length >> 1
  if (half > 0) return [{ changes: changes.slice(0, half) }, { changes: changes.slice(half) }]
  return changes.flatMap(({ column, rows, values }) => {
    const middle = halfOf(rows.n, 'update')
    const some = (from: number, to: number) => ({
      changes: [{ column, rows: someRows(rows, from, to), values: values.slice(from, to) }],
    })
    return [some(0, middle), some(middle, rows.n)]
  })
}

function halfOf(n: number, op: string): number {
  if (n > 1) return n >> 1
  throw new RowTooLarge(`state.${op}: expected a row that fits a frame`)
}

const someRows = ({ slots }: RowSet, from: number, to: number): RowSet => ({
  slots: Array.prototype.slice.call(slots, from, to) as number[],
  n: to - from,
})
