import { Encoder, decode as unpack } from '@msgpack/msgpack'
import { Misfit, Reader, textOf } from './bytes.ts'
import { toText } from './message.ts'
import { check, JSON_DEPTH, json } from './schema.ts'
import { whole } from './whole.ts'

/** JSON values as MessagePack, for what no schema knows: a whole packet, or one field of it. */

/** The bytes of a JSON value; throws a Misfit for what is none. The value is not changed. */
export function packJson(value: unknown): Uint8Array {
  const problem = check(JSON_VALUE, value, '')
  if (problem) throw misfitOf(problem)
  const bytes = encoder.encodeSharedRef(value)
  if (isWhole(bytes)) return bytes
  return encoder.encodeSharedRef(JSON.parse(toText(value)))
}

/** The value of bytes that hold one JSON value and nothing else; throws a Misfit. */
export function unpackJson(bytes: Uint8Array): unknown {
  const reader = new Skimmer(bytes)
  skim(reader, 0)
  reader.finish()
  const unpacked: unknown = attempt(() => unpack(bytes))
  const value = reader.isWhole ? unpacked : whole(unpacked)
  const problem = check(JSON_VALUE, value, '')
  if (problem) throw misfitOf(problem)
  return value
}

/** Its place inside the value is where what packs the value goes on from. */
function misfitOf(problem: string): Misfit {
  const at = problem.indexOf(EXPECTED)
  return new Misfit(problem.slice(at + ': '.length)).within(problem.slice(0, at))
}

const EXPECTED = ': expected '
const JSON_VALUE = /* @__PURE__ */ json()
const encoder = /* @__PURE__ */ new Encoder()

/** Whether all its text is: the library writes U+0000 and half a surrogate pair as they are. */
function isWhole(bytes: Uint8Array): boolean {
  try {
    const reader = new Skimmer(bytes)
    skim(reader, 0)
    return reader.isWhole
  } catch {
    return false
  }
}

/** Remembers whether U+0000 was in any text. */
class Skimmer extends Reader {
  isWhole = true
}

function attempt<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw new Misfit(`expected MessagePack: ${(error as Error).message}`)
  }
}

/**
 * Passes over one value without making it: what a length announces must be there before anything is
 * made of it, since the library would take memory for whatever a hostile header says. The formats
 * are those of the MessagePack specification that JSON has values for.
 */
function skim(reader: Skimmer, depth: number): void {
  if (depth > JSON_DEPTH) throw new Misfit(`expected at most ${JSON_DEPTH} levels of nesting`)
  const format = reader.uint8()
  if (format < 0x80 || format >= 0xe0) return
  if (format < 0x90) return skimMap(reader, format & 0x0f, depth)
  if (format < 0xa0) return skimArray(reader, format & 0x0f, depth)
  if (format < 0xc0) return skimText(reader, format & 0x1f)
  const size = SIZES[format]
  if (size !== undefined) return void reader.take(size)
  switch (format) {
    case 0xd9:
      return skimText(reader, reader.uint8())
    case 0xda:
      return skimText(reader, reader.uint16())
    case 0xdb:
      return skimText(reader, reader.uint32())
    case 0xdc:
      return skimArray(reader, reader.uint16(), depth)
    case 0xdd:
      return skimArray(reader, reader.uint32(), depth)
    case 0xde:
      return skimMap(reader, reader.uint16(), depth)
    case 0xdf:
      return skimMap(reader, reader.uint32(), depth)
    default:
      throw new Misfit(`expected MessagePack of a JSON value, got format 0x${format.toString(16)}`)
  }
}

/** nil, false, true; float 32 and 64; uint 8 to 64; int 8 to 64. */
const SIZES: Readonly<Record<number, number>> = {
  ...{ 192: 0, 194: 0, 195: 0, 202: 4, 203: 8 },
  ...{ 204: 1, 205: 2, 206: 4, 207: 8, 208: 1, 209: 2, 210: 4, 211: 8 },
}

function skimText(reader: Skimmer, size: number): void {
  const at = reader.take(size)
  textOf(reader.bytes, at, at + size)
  if (reader.bytes.subarray(at, at + size).includes(0)) reader.isWhole = false
}

function skimArray(reader: Skimmer, count: number, depth: number): void {
  expectItems(reader, count)
  for (let index = 0; index < count; index++) skim(reader, depth + 1)
}

function skimMap(reader: Skimmer, count: number, depth: number): void {
  expectItems(reader, count * 2)
  for (let index = 0; index < count; index++) {
    const format = reader.bytes[reader.at] ?? 0
    if (!(format >= 0xa0 && format < 0xc0) && !(format >= 0xd9 && format <= 0xdb))
      throw new Misfit('expected text as the keys of a map')
    skim(reader, depth + 1)
    skim(reader, depth + 1)
  }
}

/** Each item takes a byte at least. */
function expectItems(reader: Reader, count: number): void {
  if (count > reader.left)
    throw new Misfit(`expected ${count} more items, got ${reader.left} bytes`)
}
