import type { IntegerKind, Json } from './schema.ts'
import type { FieldSchema, SeesSchema } from './state-schema.ts'

/* What `defineState` is told of fields and of who sees what, and which values those have. */

declare const VALUE: unique symbol
/** A field with what its type needs; it remembers, for the compiler only, what values it has. */
export type Field<T = unknown> = Omit<FieldSchema, 'name'> & { readonly [VALUE]?: T }

/** A type by its name, or made by one of the functions below. */
export type FieldNotation =
  | 'bool'
  | IntegerKind
  | 'float32'
  | 'float64'
  | 'string'
  | 'json'
  | Field<unknown>

export type FieldNotations = Readonly<Record<string, FieldNotation>>

/** The values of a field. */
export type FieldValue<N> = N extends 'bool'
  ? boolean
  : N extends IntegerKind | 'float32' | 'float64'
    ? number
    : N extends 'string'
      ? string
      : N extends 'json'
        ? Json
        : N extends { readonly [VALUE]?: infer T }
          ? Exclude<T, undefined>
          : never

export interface Vector2 {
  readonly x: number
  readonly y: number
}
export interface Vector3 extends Vector2 {
  readonly z: number
}
export interface Quaternion extends Vector3 {
  readonly w: number
}

/** What owners’ writes are held to. */
export interface Bounds {
  /** The most that a value may change in a second. */
  readonly change?: number
}
interface Range extends Bounds {
  readonly min?: number
  readonly max?: number
}

/** A number from `min` to `max` in steps. */
export const fixed = (
  min: number,
  max: number,
  step: number,
  bounds: Bounds = {},
): Field<number> => ({ type: 'fixed', min, max, step, ...bounds })

/** Radians, −π to π, in 2^bits steps round the circle: 10 bits are 0.006 rad. */
export const angle = (bits = 10, bounds: Bounds = {}): Field<number> => ({
  type: 'angle',
  bits,
  ...bounds,
})

/** x and y, each from `min` to `max` in steps. */
export const vec2 = (
  min: number,
  max: number,
  step: number,
  bounds: Bounds = {},
): Field<Vector2> => ({ type: 'vec2', min, max, step, ...bounds })

/** x, y and z, each from `min` to `max` in steps. */
export const vec3 = (
  min: number,
  max: number,
  step: number,
  bounds: Bounds = {},
): Field<Vector3> => ({ type: 'vec3', min, max, step, ...bounds })

/** A rotation: x, y, z and w, each −1 to 1 in 2^bits steps. */
export const quaternion = (bits = 10): Field<Quaternion> => ({ type: 'quaternion', bits })

/** One of a few words. */
export const choice = <const W extends readonly string[]>(...values: W): Field<W[number]> => ({
  type: 'choice',
  values,
})

/** The slot of a row of a table, −1 for none. */
export const ref = (table: string): Field<number> => ({ type: 'ref', table })

/** A whole number, narrower than its kind. */
export const integer = (type: IntegerKind, range: Range = {}): Field<number> => ({ type, ...range })

/** A number of four or eight bytes, within bounds. */
export const float = (type: 'float32' | 'float64', range: Range = {}): Field<number> => ({
  type,
  ...range,
})

/** Text of at most so many bytes. */
export const text = (max: number): Field<string> => ({ type: 'string', max })

/** Any JSON value of at most so many bytes. */
export const json = (max: number): Field<Json> => ({ type: 'json', max })

/** A member sees what is within `radius` of its own row in the table `of`, or in the same table. */
export const near = (radius: number, of?: string): Sight => ({
  who: 'near',
  radius,
  ...(of !== undefined && { of }),
})

/** A group of the room’s sees it. */
export const group = (name: string): Sight => ({ who: 'group', group: name })

export type Sight = SeesSchema
