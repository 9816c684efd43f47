import { toText } from './message.ts'
import { distance, type Moving, type Smoothing, turn } from './smoothing.ts'
import { type Column, PARTS } from './state-columns.ts'
import type { FieldSchema } from './state-schema.ts'

/** What is predicted of a row: its fields by their names, which a step changes. */
export type Predicted = Record<string, unknown>

export interface PredictedField {
  readonly name: string
  readonly smoothing: Smoothing
  /** What is wrong by no more than this is right; see toleranceOf. */
  readonly tolerance: number
  /** What is wrong by more than this is set right at once. */
  readonly leap: number
  /** The value as one that moves, and back; nothing of text and json. */
  readonly moving?: {
    of(value: unknown): Moving
    shown(moving: Moving): unknown
  }
}

/** The least that single precision tells apart, as a part of the value. */
const SINGLE = 2 ** -22
const A_LITTLE = 1e-6

/**
 * How much a field may be wrong, of which this is the first column: what the wire tells apart, but
 * of whole numbers nothing. What travels of a quaternion is not quite as long as one.
 */
export function toleranceOf({ type }: Pick<FieldSchema, 'type'>, column: Column): number {
  if (column.raw) return 0
  if (type === 'quaternion') return 4 / column.per
  const isFine = type === 'fixed' || type === 'angle' || type in PARTS
  return (1 + (isFine ? A_LITTLE : -A_LITTLE)) / column.per
}

/** Whether the server has a field as we think it is. */
export function isNear(field: PredictedField, ours: Predicted, said: Predicted): boolean {
  const { name, smoothing, tolerance, moving } = field
  const [one, other] = [ours[name], said[name]]
  if (!moving || smoothing === 'none') return one === other || toText(one) === toText(other)
  const [from, to] = [moving.of(one), moving.of(other)]
  if (smoothing === 'angle') return distance(smoothing, from, to) <= tolerance
  const way = smoothing === 'quaternion' && isOpposite(parts(from), parts(to)) ? -1 : 1
  return parts(from).every((part, index) => {
    const wanted = (parts(to)[index] ?? part) * way
    return Math.abs(part - wanted) <= Math.max(tolerance, Math.abs(wanted) * SINGLE)
  })
}

interface Offset {
  /** From one value to another. */
  from(one: Moving, other: Moving): Moving
  /** A part of it, from a value on. */
  to(value: Moving, offset: Moving, part: number): Moving
}

/** How far something is drawn from where it is. */
export const OFFSETS: Readonly<Record<Exclude<Smoothing, 'none'>, Offset>> = {
  linear: {
    from: (one, other) =>
      typeof one === 'number'
        ? (other as number) - one // both of one field
        : one.map((part, index) => (parts(other)[index] ?? part) - part),
    to: (value, offset, part) =>
      typeof value === 'number'
        ? value + (offset as number) * part // both of one field
        : value.map((one, index) => one + (parts(offset)[index] ?? 0) * part),
  },
  angle: {
    from: (one, other) => turn(one as number, other as number),
    to: (value, offset, part) => (value as number) + (offset as number) * part,
  },
  quaternion: {
    from: (one, other) => product(parts(other), inverse(parts(one))),
    to(value, offset, part) {
      const [x = 0, y = 0, z = 0, w = 1] = parts(offset)
      const way = w < 0 ? -part : part
      const some = [x * way, y * way, z * way, 1 + (Math.abs(w) - 1) * part]
      return product(unit(some), parts(value))
    },
  },
}

/** The same again, which a step may change. */
export const copied = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copied) as T
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, copied(one)])) as T
}

const parts = (value: Moving): readonly number[] => (typeof value === 'number' ? [value] : value)

/** A turn is the same with all signs changed. */
const isOpposite = (one: readonly number[], other: readonly number[]) =>
  one.reduce((sum, part, index) => sum + part * (other[index] ?? 0), 0) < 0

const inverse = ([x = 0, y = 0, z = 0, w = 1]: readonly number[]) => [-x, -y, -z, w]

function unit(all: readonly number[]): number[] {
  const length = Math.hypot(...all) || 1
  return all.map((one) => one / length)
}

/** The turn of two quaternions, the second first. */
function product(
  [ax = 0, ay = 0, az = 0, aw = 1]: readonly number[],
  [bx = 0, by = 0, bz = 0, bw = 1]: readonly number[],
): number[] {
  return [
    aw * bx + ax * bw + ay * bz - az * by,
    aw * by - ax * bz + ay * bw + az * bx,
    aw * bz + ax * by - ay * bx + az * bw,
    aw * bw - ax * bx - ay * by - az * bz,
  ]
}
