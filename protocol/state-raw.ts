import { Misfit, type Reader, textOf, type Writer } from './bytes.ts'
import { toText } from './message.ts'
import { check, json } from './schema.ts'
import type { ColumnValues } from './state-column.ts'
import { readVaruint } from './state-varuint.ts'

/** Types whose values are no whole numbers. */
export const RAW_TYPES = ['float32', 'float64', 'string', 'json'] as const
export type RawType = (typeof RAW_TYPES)[number]

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
