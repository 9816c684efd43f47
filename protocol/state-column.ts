import { Misfit, type Reader, textOf, type Writer } from './bytes.ts'
import { toText } from './message.ts'
import { check, json } from './schema.ts'

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
export const MOST_WIDTH = 32

/** Types whose values are no whole numbers. */
export const RAW_TYPES = ['float32', 'float64', 'string', 'json'] as const
export type RawType = (typeof RAW_TYPES)[number]

/** One column’s values, one a row: packed ones as 32 bits, of raw ones what they are. */
export type ColumnValues = Int32Array | Float64Array | readonly unknown[]

/** Unlike SchemaPack’s, of 32 bits: 0 to 4294967295. */
export function writeVaruint(writer: Writer, value: number): void {
  writer.reserve(MAX_VARUINT_BYTES)
  let rest = value >>> 0
  while (rest > 127) {
    writer.bytes[writer.at++] = (rest & 127) | 128
    rest >>>= 7
  }
  writer.bytes[writer.at++] = rest
}

/** In as few bytes as it takes, or it is refused. */
export function readVaruint(reader: Reader): number {
  let value = 0
  for (let index = 0; index < MAX_VARUINT_BYTES; index++) {
    const byte = reader.uint8()
    if (index === MAX_VARUINT_BYTES - 1 && byte > LAST_OF_FIVE) break
    value |= (byte & 127) << (7 * index)
    if (byte > 127) continue
    if (byte === 0 && index > 0) break
    return value >>> 0
  }
  throw new Misfit('expected a varuint from 0 to 4294967295, in as few bytes as it takes')
}

/** How many bytes `writeVaruint` takes. */
export const varuintBytes = (value: number): number => {
  const size = value >>> 0
  return size < 128 ? 1 : size < 16_384 ? 2 : size < 2_097_152 ? 3 : size < 268_435_456 ? 4 : 5
}

const MAX_VARUINT_BYTES = 5
/** A fifth byte has room for four bits: with the 28 before it, 32. */
const LAST_OF_FIVE = 15

const zigzag = (value: number) => (value << 1) ^ (value >> 31)
const readZigzag = (reader: Reader): number => {
  const value = readVaruint(reader)
  return (value >>> 1) ^ -(value & 1)
}

/** Writes the first `n` of `values` as one packed column. */
export function writeColumn(writer: Writer, values: Int32Array, n: number): void {
  const { base, width } = frameFor(values, n)
  const start = writer.at
  writer.uint8(base === 0 ? width : width | HAS_BASE)
  if (base !== 0) writeVaruint(writer, zigzag(base))
  const left = writeBits(writer, values, n, base, width)
  if (left === 0) return
  writer.bytes[start] = (writer.bytes[start] as number) | HAS_EXCEPTIONS
  writeExceptions(writer, values, n, { base, width }, left)
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

/** Writes the first `n` of `values` as a column of a raw type. */
export function writeRaw(writer: Writer, type: RawType, values: ColumnValues, n: number): void {
  for (let index = 0; index < n; index++) {
    const value = values[index]
    if (type === 'string') writer.text(value as string)
    else if (type === 'json') writer.text(toText(value))
    else writeFloat(writer, value as number, type === 'float32' ? 4 : 8)
  }
}

/** Reads `n` values of a raw type, texts of at most `max` bytes; throws a Misfit. */
export function readRaw(reader: Reader, type: RawType, n: number, max: number): ColumnValues {
  if (type === 'float32' || type === 'float64') return readFloats(reader, n, type)
  // Each takes a byte at least: no list is longer than what is there.
  if (n > reader.left) throw new Misfit(`expected ${n} more bytes, got ${reader.left}`)
  const values: unknown[] = []
  for (let index = 0; index < n; index++) {
    const size = readVaruint(reader)
    if (size > max) throw new Misfit(`expected at most ${max} bytes, got ${size}`)
    const at = reader.take(size)
    const text = textOf(reader.bytes, at, at + size)
    values.push(type === 'string' ? text : parsed(text))
  }
  return values
}

interface Frame {
  base: number
  width: number
}

/** The base and the width that take the fewest bytes, or nearly so: shared, as nobody keeps it. */
const frame: Frame = { base: 0, width: 0 }
/** As many values are looked at. */
const SAMPLE = 256
const sorted = /* @__PURE__ */ new Int32Array(SAMPLE + 2)

function frameFor(values: Int32Array, n: number): Frame {
  const stride = Math.ceil(n / SAMPLE) || 1
  let count = 0
  for (let index = 0; index < n; index += stride) sorted[count++] = values[index] as number
  if (stride > 1) count = withExtremes(values, n, count)
  const sample = sorted.subarray(0, count).sort()
  const [least, most] = [sample[0] ?? 0, sample[count - 1] ?? 0]
  const whole = widthOf(most - least)
  frame.base = least
  frame.width = whole
  if (whole === 0 || count < 3) return frame
  const exception = 8 + 8 * Math.max(varuintBytes(zigzag(least)), varuintBytes(zigzag(most)))
  let cheapest = count * whole
  for (let width = whole - 1; width >= 0; width--) {
    const covered = bestWindow(sample, count, width)
    const cost = count * width + (count - covered) * exception
    if (cost < cheapest) {
      cheapest = cost
      frame.base = sample[windowAt] as number
      frame.width = width
    }
  }
  return frame
}

/** Nothing is beyond what is looked at. */
function withExtremes(values: Int32Array, n: number, count: number): number {
  let [least, most] = [values[0] as number, values[0] as number]
  for (let index = 1; index < n; index++) {
    const value = values[index] as number
    if (value < least) least = value
    else if (value > most) most = value
  }
  sorted[count] = least
  sorted[count + 1] = most
  return count + 2
}

/** Where the window that was found last begins. */
let windowAt = 0

/** How many values the best window of so many bits covers. */
function bestWindow(sample: Int32Array, count: number, width: number): number {
  const size = 2 ** width
  let from = 0
  let best = 0
  for (let to = 0; to < count; to++) {
    const value = sample[to] as number
    while (value - (sample[from] as number) >= size) from++
    if (to - from < best) continue
    best = to - from + 1
    windowAt = from
  }
  return best
}

/** In how many bits a number from 0 to 4294967295 fits. */
const widthOf = (range: number) => 32 - Math.clz32(range)

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

/** The bits that no number of `width` bits has. */
const outsideOf = (width: number) => (width === MOST_WIDTH ? 0 : -(1 << width))

function writeExceptions(
  writer: Writer,
  values: Int32Array,
  n: number,
  { base, width }: Frame,
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

function writeFloat(writer: Writer, value: number, size: 4 | 8): void {
  writer.reserve(size)
  if (size === 4) scratch.setFloat32(0, value, true)
  else scratch.setFloat64(0, value, true)
  for (let index = 0; index < size; index++) writer.bytes[writer.at++] = scratch.getUint8(index)
}

function readFloats(reader: Reader, n: number, type: 'float32' | 'float64'): Float64Array {
  const size = type === 'float32' ? 4 : 8
  const at = reader.take(n * size)
  const view = new DataView(reader.bytes.buffer, reader.bytes.byteOffset + at, n * size)
  const values = new Float64Array(n)
  for (let index = 0; index < n; index++) {
    const value = size === 4 ? view.getFloat32(index * 4, true) : view.getFloat64(index * 8, true)
    if (!Number.isFinite(value)) throw new Misfit('expected a finite number')
    values[index] = value
  }
  return values
}

const scratch = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(8))

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    if (check(ANY, value, '') === undefined) return value
  } catch {}
  throw new Misfit('expected JSON, nested no deeper than it may be')
}

const ANY = /* @__PURE__ */ json()
