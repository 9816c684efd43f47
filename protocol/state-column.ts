import { Misfit, type Reader, type Writer } from './bytes.ts'
import { readVaruint, readZigzag, writeVaruint, zigzag } from './state-varuint.ts'
import { type Frame, frameFor, frameWithin, MOST_WIDTH, outsideOf } from './state-width.ts'

/**
 * The body of one column of state: numbers that are near each other in a few bits each.
 *
 * Packed types are *patched frames of reference* (Zukowski et al., Super-Scalar RAM-CPU Cache
 * Compression, 2006): a base, one width for all, and those values that do not fit, one by one:
 *
 * ```
 * [head: bits 0-5 width 0-32, 0x40 exceptions, 0x80 base]
 *   0x80  [base: zigzag]                                 else it is 0
 *         [⌈n·width/8⌉ bytes, the lowest bits first]     a value is base + bits
 *   0x40  [k: varuint], k times [gap to its position: varuint] [value: zigzag]
 * ```
 *
 * Raw types: float32 and float64 as they are, the lowest byte first; string and json each in UTF-8
 * after its length.
 */
export const WIDTH_MASK = 0x3f
export const HAS_EXCEPTIONS = 0x40
export const HAS_BASE = 0x80

/** One column’s values, one a row: packed ones as 32 bits, of raw ones what they are. */
export type ColumnValues = Int32Array | Float64Array | readonly unknown[]

/**
 * Writes the first `n` of `values` as one packed column; `suited` is what suits many among which they
 * are.
 */
export function writeColumn(writer: Writer, values: Int32Array, n: number, suited?: Frame): void {
  const { base, width } = suited ? frameWithin(suited, values, n) : frameFor(values, n)
  const start = writer.at
  writer.uint8(base === 0 ? width : width | HAS_BASE)
  if (base !== 0) writeVaruint(writer, zigzag(base))
  const left = writeBits(writer, values, n, base, width)
  if (left === 0) return
  writer.bytes[start] = (writer.bytes[start] as number) | HAS_EXCEPTIONS
  writeExceptions(writer, values, n, base, width, left)
}

/** Reads `n` values of a packed column into the first of `into`; throws a Misfit. */
export function readColumn(reader: Reader, n: number, into: Int32Array): void {
  const head = reader.uint8()
  const width = head & WIDTH_MASK
  if (width > MOST_WIDTH) throw new Misfit(`expected a width of 0 to ${MOST_WIDTH}, got ${width}`)
  const base = head & HAS_BASE ? readZigzag(reader) : 0
  if (width === 0) into.fill(base, 0, n)
  else readBits(reader, n, into, base, width)
  if (head & HAS_EXCEPTIONS) readExceptions(reader, n, into)
}

/** Writes what fits in its bits, and 0 for what does not: how many those are. */
function writeBits(
  writer: Writer,
  values: Int32Array,
  n: number,
  base: number,
  width: number,
): number {
  writer.reserve(bytesFor(n, width))
  const { bytes } = writer
  const outside = outsideOf(width)
  const low = width <= AT_ONCE ? width : HALF
  const high = width - low
  const mask = (1 << low) - 1
  let { at } = writer
  let [bits, filled, left] = [0, 0, 0]
  for (let index = 0; index < n; index++) {
    let offset = ((values[index] as number) - base) | 0
    if ((offset & outside) !== 0) {
      left++
      offset = 0
    }
    bits |= (offset & mask) << filled
    for (filled += low; filled >= 8; filled -= 8, bits >>>= 8) bytes[at++] = bits
    if (high === 0) continue
    bits |= (offset >>> HALF) << filled
    for (filled += high; filled >= 8; filled -= 8, bits >>>= 8) bytes[at++] = bits
  }
  if (filled > 0) bytes[at++] = bits
  writer.at = at
  return left
}

function readBits(reader: Reader, n: number, into: Int32Array, base: number, width: number): void {
  const { bytes } = reader
  const low = width <= AT_ONCE ? width : HALF
  const high = width - low
  const [mask, highMask] = [(1 << low) - 1, (1 << high) - 1]
  let at = reader.take(bytesFor(n, width))
  let [bits, filled] = [0, 0]
  for (let index = 0; index < n; index++) {
    while (filled < low) {
      bits |= (bytes[at++] as number) << filled
      filled += 8
    }
    let value = bits & mask
    bits >>>= low
    filled -= low
    if (high > 0) {
      while (filled < high) {
        bits |= (bytes[at++] as number) << filled
        filled += 8
      }
      const rest = bits & highMask
      bits >>>= high
      value |= rest << HALF
      filled -= high
    }
    into[index] = base + value
  }
}

/** So many bits, and seven of the byte before, are within the 31 of a small number. */
const AT_ONCE = 24
/** What is wider goes in two parts. */
const HALF = 16

const bytesFor = (n: number, width: number) => Math.ceil((n * width) / 8)

function writeExceptions(
  writer: Writer,
  values: Int32Array,
  n: number,
  base: number,
  width: number,
  left: number,
): void {
  const outside = outsideOf(width)
  writeVaruint(writer, left)
  let next = 0
  for (let index = 0; index < n; index++) {
    const value = values[index] as number
    if (((value - base) & outside) === 0) continue
    writeVaruint(writer, index - next)
    writeVaruint(writer, zigzag(value))
    next = index + 1
  }
}

/** These replace what the bits said. */
function readExceptions(reader: Reader, n: number, into: Int32Array): void {
  const count = readVaruint(reader)
  if (count < 1 || count > n) throw new Misfit(`expected 1 to ${n} exceptions, got ${count}`)
  let next = 0
  for (let left = count; left > 0; left--) {
    const gap = readVaruint(reader)
    const index = next + gap
    if (index >= n) throw new Misfit(`expected an exception before ${n}, got ${index}`)
    into[index] = readZigzag(reader)
    next = index + 1
  }
}
