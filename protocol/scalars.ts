import { Misfit, type Reader, type Writer } from './bytes.ts'
import type { Codec } from './codec.ts'
import { packJson, unpackJson } from './packer.ts'
import { check, expectation, INTEGER_RANGES, type IntegerKind, type Schema } from './schema.ts'

/** The codecs of what is one value: numbers, text, bytes, JSON. */

type Put = (writer: Writer, value: number) => void
type Get = (reader: Reader) => number

const INTEGERS: Readonly<Record<IntegerKind, readonly [size: number, put: Put, get: Get]>> = {
  int8: [1, (writer, value) => writer.uint8(value), (reader) => (reader.uint8() << 24) >> 24],
  uint8: [1, (writer, value) => writer.uint8(value), (reader) => reader.uint8()],
  int16: [2, (writer, value) => writer.uint16(value), (reader) => (reader.uint16() << 16) >> 16],
  uint16: [2, (writer, value) => writer.uint16(value), (reader) => reader.uint16()],
  int32: [4, (writer, value) => writer.uint32(value), (reader) => reader.int32()],
  uint32: [4, (writer, value) => writer.uint32(value), (reader) => reader.uint32()],
  varuint: [1, (writer, value) => writer.varuint(value), (reader) => reader.varuint()],
  varint: [
    1,
    // Zigzag, as in Protocol Buffers: 0, -1, 1, -2 are 0, 1, 2, 3.
    (writer, value) => writer.varuint((value << 1) ^ (value >> 31)),
    (reader) => {
      const value = reader.varuint()
      return (value >>> 1) ^ -(value & 1)
    },
  ],
}

export function integerCodec(
  schema: Schema & { min: number; max: number },
  kind: IntegerKind,
): Codec {
  const { min, max } = schema
  const [least, put, get] = INTEGERS[kind]
  const [lowest, highest] = INTEGER_RANGES[kind]
  const isNarrower = min > lowest || max < highest
  const write = (writer: Writer, value: unknown) => {
    if (!Number.isInteger(value) || (value as number) < min || (value as number) > max)
      throw new Misfit(`expected ${expectation(schema)}`)
    put(writer, value as number)
  }
  if (!isNarrower) return { least, write, read: get }
  return {
    least,
    write,
    read(reader) {
      const value = get(reader)
      if (value < min || value > max) throw new Misfit(`expected ${expectation(schema)}`)
      return value
    },
  }
}

export function boolCodec(schema: Schema): Codec {
  const refuse = () => new Misfit(`expected ${expectation(schema)}`)
  return {
    least: 1,
    write(writer, value) {
      if (typeof value !== 'boolean') throw refuse()
      writer.uint8(value ? 1 : 0)
    },
    read(reader) {
      const byte = reader.uint8()
      if (byte > 1) throw refuse()
      return byte === 1
    },
  }
}

export function floatCodec(schema: Schema & { min?: number; max?: number }, size: 4 | 8): Codec {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = schema
  const fits = (value: unknown) =>
    Number.isFinite(value) && (value as number) >= min && (value as number) <= max
  const refuse = () => new Misfit(`expected ${expectation(schema)}`)
  return {
    least: size,
    write(writer, value) {
      if (!fits(value)) throw refuse()
      if (size === 4) writer.float32(value as number)
      else writer.float64(value as number)
    },
    read(reader) {
      const value = size === 4 ? reader.float32() : reader.float64()
      if (!fits(value)) throw refuse()
      return value
    },
  }
}

export function textCodec(schema: Schema & { min: number; max: number; pattern?: string }): Codec {
  const { min, max, pattern } = schema
  const fits = (value: string) =>
    value.length >= min &&
    value.length <= max &&
    (pattern === undefined || check(schema, value, '') === undefined)
  const refuse = () => new Misfit(`expected ${expectation(schema)}`)
  return {
    least: 1 + min,
    write(writer, value) {
      if (typeof value !== 'string' || !fits(value)) throw refuse()
      writer.text(value)
    },
    read(reader) {
      const value = reader.text()
      if (!fits(value)) throw refuse()
      return value
    },
  }
}

export const bufferCodec = (max: number): Codec => ({
  least: 1,
  write(writer, value) {
    if (!(value instanceof Uint8Array) || value.length > max)
      throw new Misfit(`expected a Uint8Array of at most ${max} bytes`)
    writer.varuint(value.length)
    writer.raw(value)
  },
  read: (reader) => reader.buffer(max),
})

export const JSON_CODEC: Codec = {
  least: 2,
  write(writer, value) {
    const bytes = packJson(value)
    writer.varuint(bytes.length)
    writer.raw(bytes)
  },
  read: (reader) => unpackJson(reader.buffer(Number.MAX_SAFE_INTEGER)),
}
