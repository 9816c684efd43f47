import { FLOAT32_MAX, INTEGER_RANGES } from './schema.ts'
import { RAW_TYPES, type RawType } from './state-raw.ts'
import {
  ackTable,
  type FieldSchema,
  isOwned,
  MOST_ROWS,
  ROWS,
  type StateSchema,
  type TableSchema,
} from './state-schema.ts'

/**
 * What travels of a field: one column, or as many as it has components. Of a packed one the wire has
 * whole numbers, `q`, in a ring of so many bits, and a value is `(q + offset) / per`.
 */
export interface Column {
  /** `x`, or of a component `at.x`. */
  readonly name: string
  /** Of the table’s fields, which; −1 for `owner`, −2 for `ack`. */
  readonly field: number
  /** Of the field’s components, which; 0 where it has one. */
  readonly part: number
  readonly raw?: RawType
  /** 0 of a raw one. */
  readonly bits: number
  readonly isSigned: boolean
  readonly offset: number
  readonly per: number
  /** The least and the most that `q` may be; what turns round is never out of them. */
  readonly low: number
  readonly high: number
  /** It turns round: beyond the highest is the lowest, as of an angle. */
  readonly wraps: boolean
  /** Of text: how many bytes at most. */
  readonly most: number
  /** The most that its owner’s writes may change its value in a second. */
  readonly change?: number
}

/** The columns of a table, as clients and the server both count them. */
export interface TableColumns {
  readonly table: TableSchema
  readonly columns: readonly Column[]
  /** Slots are below. */
  readonly most: number
}

/** What a frame of state is read and written by. */
export interface StateColumns {
  readonly tables: readonly TableColumns[]
  readonly inputs: readonly Column[]
}

export const OWNER_FIELD = -1
export const ACK_FIELD = -2

/** The names of a field’s components. */
export const PARTS = {
  vec2: ['x', 'y'],
  vec3: ['x', 'y', 'z'],
  quaternion: ['x', 'y', 'z', 'w'],
} as const

export function columnsOf(schema: StateSchema): StateColumns {
  const acked = ackTable(schema)
  return {
    tables: schema.tables.map((table, index) => ({
      table,
      columns: tableColumns(table, index === acked),
      most: table.single ? 1 : (table.most ?? ROWS),
    })),
    inputs: (schema.inputs ?? []).flatMap(fieldColumns),
  }
}

export const tableColumns = (table: TableSchema, hasAck: boolean): Column[] => [
  ...(isOwned(table) ? [{ ...COUNT, name: 'owner', field: OWNER_FIELD }] : []),
  ...table.fields.flatMap(fieldColumns),
  ...(hasAck ? [{ ...COUNT, name: 'ack', field: ACK_FIELD }] : []),
]

/** The columns of the field of this number. */
export function fieldColumns(schema: FieldSchema, field: number): Column[] {
  const { name, type, change } = schema
  const column = { ...scaleOf(schema), field, ...(change !== undefined && { change }) }
  if (!(type in PARTS)) return [{ ...column, name, part: 0 }]
  const parts = PARTS[type as keyof typeof PARTS]
  return parts.map((part, index) => ({ ...column, name: `${name}.${part}`, part: index }))
}

type Scale = Omit<Column, 'name' | 'field' | 'part'>

const WHOLE = { isSigned: true, offset: 0, per: 1, wraps: false, most: 0 } as const
/** A number of what cannot be below 0. */
const COUNT: Omit<Column, 'name'> = {
  ...{ ...WHOLE, bits: 32, field: 0, part: 0 },
  ...{ low: 0, high: INTEGER_RANGES.varuint[1] },
}

/** How many bytes a text may be, unless its field says. */
export const TEXT_BYTES = 255

function scaleOf(schema: FieldSchema): Scale {
  const { type, min = 0, max = TEXT_BYTES, step = 1, bits = 10 } = schema
  switch (type) {
    case 'bool':
      return { ...WHOLE, bits: 1, isSigned: false, low: 0, high: 1 }
    case 'choice':
      return { ...WHOLE, bits: 8, isSigned: false, low: 0, high: (schema.values?.length ?? 1) - 1 }
    case 'ref':
      return { ...COUNT, offset: -1, high: MOST_ROWS }
    case 'angle':
      return angleScale(bits)
    case 'quaternion':
      return steps(-1, 1, 1 / (2 ** (bits - 1) - 1))
    case 'fixed':
    case 'vec2':
    case 'vec3':
      return steps(min, max, step)
    case 'float32':
    case 'float64':
    case 'string':
    case 'json':
      return { ...WHOLE, bits: 0, raw: type, ...boundsOf(schema), most: max }
    default:
      return { ...WHOLE, ...ringOf(type), ...boundsOf(schema) }
  }
}

/** Steps from the least on; where they are a whole part of 1, values come out as people write them. */
function steps(min: number, max: number, step: number): Scale {
  const per = nearlyWhole(1 / step)
  const offset = nearlyWhole(min * per)
  return { ...WHOLE, bits: 32, offset, per, low: 0, high: Math.floor((max - min) * per + NEARLY) }
}

/** 1 / 0.01 is 100, and no more. */
const nearlyWhole = (value: number) =>
  Math.abs(value - Math.round(value)) < NEARLY ? Math.round(value) : value
const NEARLY = 1e-6

/** Turns of 2^bits, from −π up to but not π. */
function angleScale(bits: number): Scale {
  const half = 2 ** (bits - 1)
  return { ...WHOLE, bits, per: half / Math.PI, low: -half, high: half - 1, wraps: true }
}

type IntegerType = keyof typeof INTEGER_RANGES

function ringOf(type: IntegerType): { bits: number; isSigned: boolean } {
  const bits = Number(/\d+$/.exec(type)?.[0] ?? 32)
  return { bits, isSigned: !type.startsWith('u') }
}

function boundsOf({ type, min, max }: FieldSchema): { low: number; high: number } {
  const [least, most] =
    type === 'float32' || type === 'float64'
      ? [-floatMax(type), floatMax(type)]
      : type === 'string' || type === 'json'
        ? [0, 0]
        : INTEGER_RANGES[type as IntegerType]
  return { low: min ?? least, high: max ?? most }
}

const floatMax = (type: 'float32' | 'float64') =>
  type === 'float32' ? FLOAT32_MAX : Number.MAX_VALUE

/** A value as it travels, the nearest there is: 32 bits, so that 4294967295 is −1. */
export function quantise({ per, offset, low, high, wraps, bits }: Column, value: number): number {
  const q = Math.round(value * per - offset)
  if (wraps) return (q << (32 - bits)) >> (32 - bits)
  return (q >= low ? (q <= high ? q : high) : low) | 0
}

/** The value that `q` stands for. */
export const dequantise = (column: Column, q: number): number =>
  (inRing(column, q) + column.offset) / column.per

/** `q` as the number it is in its ring, whatever its higher bits are. */
export function inRing({ bits, isSigned }: Column, q: number): number {
  const shift = 32 - bits
  return isSigned ? (q << shift) >> shift : (q << shift) >>> shift
}

/** From one `q` to the other, the short way round the ring. */
export function difference({ bits }: Column, from: number, to: number): number {
  const shift = 32 - bits
  return ((to - from) << shift) >> shift
}

/** Whether a `q` that somebody sent is within its bounds, as 32 bits have it. */
export function isWithin({ low, high, isSigned, wraps }: Column, q: number): boolean {
  const value = isSigned ? q : q >>> 0
  return wraps || (value >= low && value <= high)
}

export const isRaw = (type: string): type is RawType =>
  (RAW_TYPES as readonly string[]).includes(type)

/** What a row is at least, of `limits.state_bytes`: to it comes what its text and json take. */
export const fixedBytes = (columns: readonly Column[]): number =>
  columns.reduce((sum, { raw }) => sum + (raw === 'float64' ? 8 : isText(raw) ? 0 : 4), 0)

const isText = (raw: string | undefined) => raw === 'string' || raw === 'json'
