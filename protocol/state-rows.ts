import { Misfit, type Reader, type Writer } from './bytes.ts'
import { readColumn, writeColumn } from './state-column.ts'
import { MOST_ROWS } from './state-schema.ts'
import { readVaruint, varuintBytes, writeVaruint } from './state-varuint.ts'

/**
 * Which rows of a table: `[n·4 + form: varuint]`, n at least 1. Form 0 SAME: the one before in this
 * section, and the whole is 0; 1 ALL rows the receiver has, ascending; 2 LIST: a column body of n gaps
 * to the slot before, from −1; 3 BITMAP: `[first slot: varuint]` and bytes, the lowest bit first, until
 * n are set.
 */
export const FORMS = { SAME: 0, ALL: 1, LIST: 2, BITMAP: 3 } as const

/** Which rows, ascending: the first `n` of `slots`. Written again as SAME where it is the same object. */
export interface RowSet {
  readonly slots: ArrayLike<number>
  readonly n: number
  /** These are all the rows that the receiver has, after this frame’s removals and adds. */
  readonly isAll?: boolean
}

/** A row set as it was read: without `slots` it is ALL, which the receiver knows. */
export interface ReadRows {
  readonly n: number
  readonly slots?: Int32Array
}

/** Writes which rows, in the form that takes the fewest bytes. */
export function writeRowSet(writer: Writer, rows: RowSet, before?: RowSet): void {
  const { slots, n, isAll = false } = rows
  const isShort = isAll && varuintBytes(n * 4) === 1
  if (before && !isShort && before.slots === slots && before.n === n) return writer.uint8(0)
  if (isAll) return writeVaruint(writer, n * 4 + FORMS.ALL)
  const start = writer.at
  writeVaruint(writer, n * 4 + FORMS.LIST)
  writeColumn(writer, gapsOf(slots, n), n)
  const [first, last] = [slots[0] as number, slots[n - 1] as number]
  const size = varuintBytes(n * 4) + varuintBytes(first) + Math.ceil((last - first + 1) / 8)
  if (writer.at - start <= size) return
  writer.at = start
  writeVaruint(writer, n * 4 + FORMS.BITMAP)
  writeVaruint(writer, first)
  writeBits(writer, slots, n)
}

let gaps = /* @__PURE__ */ new Int32Array(256)

function gapsOf(slots: ArrayLike<number>, n: number): Int32Array {
  if (gaps.length < n) gaps = new Int32Array(Math.min(MOST_ROWS, n * 2))
  let before = -1
  for (let index = 0; index < n; index++) {
    const slot = slots[index] as number
    gaps[index] = slot - before - 1
    before = slot
  }
  return gaps
}

function writeBits(writer: Writer, slots: ArrayLike<number>, n: number): void {
  const first = slots[0] as number
  let [byte, at] = [0, 0]
  for (let index = 0; index < n; index++) {
    const bit = (slots[index] as number) - first
    for (; bit >= at + 8; at += 8, byte = 0) writer.uint8(byte)
    byte |= 1 << (bit - at)
  }
  writer.uint8(byte)
}

/** Reads which rows of a table that has `most`; throws a Misfit. */
export function readRowSet(reader: Reader, most: number, before?: ReadRows): ReadRows {
  const head = readVaruint(reader)
  const [n, form] = [head >>> 2, head & 3]
  if (form === FORMS.SAME) {
    if (n === 0 && before) return before
    throw new Misfit('expected a row set before this one to be the same as')
  }
  if (n < 1 || n > most) throw new Misfit(`expected 1 to ${most} rows, got ${n}`)
  if (form === FORMS.ALL) return { n }
  const slots = new Int32Array(n)
  if (form === FORMS.LIST) readList(reader, slots, most)
  else readBitmap(reader, slots, most)
  return { n, slots }
}

function readList(reader: Reader, slots: Int32Array, most: number): void {
  readColumn(reader, slots.length, slots)
  let slot = -1
  for (let index = 0; index < slots.length; index++) {
    const gap = slots[index] as number
    if (gap < 0) throw new Misfit(`expected a gap from 0 on, got ${gap}`)
    slot += gap + 1
    if (slot >= most) throw new Misfit(`expected slots below ${most}, got ${slot}`)
    slots[index] = slot
  }
}

function readBitmap(reader: Reader, slots: Int32Array, most: number): void {
  const n = slots.length
  let found = 0
  for (let first = readVaruint(reader); found < n; first += 8) {
    if (first >= most) throw new Misfit(`expected slots below ${most}, got ${first}`)
    const byte = reader.uint8()
    for (let bit = 0; bit < 8; bit++) {
      if (((byte >> bit) & 1) === 0) continue
      const slot = first + bit
      if (found === n || slot >= most)
        throw new Misfit(`expected ${n} rows below ${most}, got ${slot}`)
      slots[found++] = slot
    }
  }
}
