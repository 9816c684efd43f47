import { createRequire } from 'node:module'
import { type Notation, schemaOf } from '../../protocol/notation.ts'
import {
  FLOAT32_MAX,
  INTEGER_RANGES,
  type IntegerKind,
  type Schema,
} from '../../protocol/schema.ts'
import { twinOf } from '../../protocol/twin.ts'
import type { Any } from './client.ts'

/** The package whose bytes ours are; it has no types. */
const schemapack = createRequire(import.meta.url)('schemapack') as {
  build(schema: Any): { encode(value: Any): Buffer; decode(bytes: Buffer): Any }
}

/** What SchemaPack makes of a value. It writes into the schema it is given, hence the copy. */
export const packedBy = (notation: unknown, value: unknown): Buffer =>
  schemapack.build(structuredClone(notation)).encode(value)

export const unpackedBy = (notation: unknown, bytes: Buffer): unknown =>
  schemapack.build(structuredClone(notation)).decode(bytes)

type Below = (below: number) => number

/** A schema, a value of it, and what SchemaPack makes of that. */
export interface PackedCase {
  readonly notation: Notation
  readonly schema: Schema
  readonly value: unknown
  /** The value as JSON has it, bytes as base64: for a codec in another language. */
  readonly json: unknown
  readonly hex: string
}

/** One of chance; the same seed, the same cases. */
export function packedCase(below: Below): PackedCase {
  const notation = randomNotation(below) as Notation
  const value = randomValue(notation, below)
  const schema = schemaOf(notation, 'it')
  const hex = packedBy(notation, value).toString('hex')
  return { notation, schema, value, json: twinOf(schema)?.toJson(value) ?? value, hex }
}

const SCALARS = [
  ...Object.keys(INTEGER_RANGES),
  ...['bool', 'boolean', 'float32', 'float64', 'string', 'buffer'],
]
const NAMES = ['a', 'B', '_c', 'z9', 'items', 'Name', 'name', 'name_', 'x1', 'x10', 'x2', 'health']
const TEXTS = ['', 'a', 'Ünï', '🙂', 'x'.repeat(127), 'é'.repeat(64), 'y'.repeat(128), '\ufeffbom']

/**
 * A notation with everything SchemaPack knows, nested a few levels deep. What an array repeats has
 * one array in it at most: of several, SchemaPack writes one inside the loop over another, and
 * cannot read its own bytes.
 */
export const randomNotation = (below: Below): unknown => notationOf(below, 0, { arrays: 99 })

/** How many arrays may still come in what is being made. */
interface Room {
  arrays: number
}

function notationOf(below: Below, depth: number, room: Room): unknown {
  const choice = depth > 4 ? 0 : below(depth === 0 ? 12 : 6)
  if (choice < 2) return SCALARS[below(SCALARS.length)]
  if (choice > 2) return fieldsOf(below, depth, below(6), room)
  if (room.arrays-- <= 0) return 'varint'
  const isInside = room.arrays < 50
  const first = Array.from({ length: below(4) }, () =>
    notationOf(below, depth + 1, isInside ? { arrays: 0 } : room),
  )
  const rest = notationOf(below, depth + 1, { arrays: 1 })
  return [...first, isEmpty(rest) ? 'uint8' : rest]
}

const isEmpty = (item: unknown): boolean =>
  typeof item === 'object' &&
  item !== null &&
  !Array.isArray(item) &&
  Object.values(item).every(isEmpty)

function fieldsOf(below: Below, depth: number, count: number, room: Room) {
  const names = new Set(Array.from({ length: count }, () => NAMES[below(NAMES.length)] as string))
  return Object.fromEntries([...names].map((name) => [name, notationOf(below, depth + 1, room)]))
}

/** A value of a notation, often at the edge of what it may be. */
export function randomValue(notation: unknown, below: Below): unknown {
  if (typeof notation === 'string') return randomScalar(notation, below)
  if (Array.isArray(notation)) {
    const first = notation.slice(0, -1).map((one) => randomValue(one, below))
    const rest = Array.from({ length: below(20) === 0 ? 130 : below(4) }, () =>
      randomValue(notation.at(-1), below),
    )
    return [...first, ...(JSON.stringify(rest).length > 20_000 ? rest.slice(0, 2) : rest)]
  }
  return Object.fromEntries(
    Object.entries(notation as object).map(([name, one]) => [name, randomValue(one, below)]),
  )
}

function randomScalar(name: string, below: Below): unknown {
  switch (name) {
    case 'bool':
    case 'boolean':
      return below(2) === 0
    case 'string':
      return TEXTS[below(TEXTS.length)]
    case 'buffer':
      return Buffer.from(
        Array.from({ length: [0, 1, 5, 127, 128][below(5)] ?? 0 }, () => below(256)),
      )
    case 'float32':
      return Math.fround(
        [0, 1.5, -0.1, FLOAT32_MAX, -FLOAT32_MAX, 1e-45, below(1e6)][below(7)] ?? 0,
      )
    case 'float64':
      return [0, -0.1, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, below(1e9) / 7][
        below(6)
      ]
    default:
      return randomInteger(INTEGER_RANGES[name as IntegerKind], below)
  }
}

const POWERS = [1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455, 268_435_456]

function randomInteger([min, max]: readonly [number, number], below: Below): number {
  const within = (value: number) => Math.min(max, Math.max(min, value))
  switch (below(4)) {
    case 0:
      return min
    case 1:
      return max
    case 2:
      return within((POWERS[below(POWERS.length)] ?? 0) * (below(2) === 0 ? -1 : 1))
    default:
      return within(min + below(max - min))
  }
}
