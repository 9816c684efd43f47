/**
 * What a value on the wire may be: one description gives the TypeScript type, the run-time check,
 * the words for people and, later, the bytes. The kinds are SchemaPack's (bool to buffer, object,
 * array) and what JSON adds to them (tuple, choice, nullable, json).
 */
export type IntegerKind = keyof typeof INTEGER_RANGES

/** The value ranges of the integer kinds; `varuint` and `varint` are SchemaPack's. */
export const INTEGER_RANGES = {
  int8: [-0x80, 0x7f],
  uint8: [0, 0xff],
  int16: [-0x8000, 0x7fff],
  uint16: [0, 0xffff],
  int32: [-0x8000_0000, 0x7fff_ffff],
  uint32: [0, 0xffff_ffff],
  varuint: [0, 0x7fff_ffff],
  varint: [-0x4000_0000, 0x3fff_ffff],
} as const satisfies Record<string, readonly [number, number]>

/** The largest number that four bytes hold. */
export const FLOAT32_MAX = 3.4028234663852886e38

/** How deep a `json` value may nest, so that its message stays within `limits.depth`. */
export const JSON_DEPTH = 24

export type Description =
  | { readonly kind: 'bool' }
  | { readonly kind: IntegerKind; readonly min: number; readonly max: number }
  | { readonly kind: 'float32' | 'float64'; readonly min?: number; readonly max?: number }
  | {
      readonly kind: 'string'
      readonly min: number
      readonly max: number
      readonly pattern?: string
      readonly expected?: string
    }
  | { readonly kind: 'buffer'; readonly max: number }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'json' }
  | { readonly kind: 'record' }
  | { readonly kind: 'nullable'; readonly of: Schema }
  | { readonly kind: 'array'; readonly of: Schema; readonly max: number }
  | {
      readonly kind: 'tuple'
      readonly of: readonly Schema[]
      /** What may follow them, as often as one likes: `max` items in all. */
      readonly rest?: Schema
      readonly max?: number
    }
  | { readonly kind: 'object'; readonly fields: Fields }

/** A description that remembers, for the compiler only, the type of the values it admits. */
export type Schema<T = unknown> = Description & {
  readonly doc?: string
  readonly optional?: true
  readonly type?: T
}

type Optional<T> = Schema<T> & { readonly optional: true }
export type Fields = Readonly<Record<string, Schema>>
export type Infer<S> = S extends { readonly type?: infer T } ? T : never
type Flat<T> = { [K in keyof T]: T[K] }
type OptionalKeys<F> = {
  [K in keyof F]: F[K] extends { readonly optional: true } ? K : never
}[keyof F]
type Values<F extends Fields> = Flat<
  { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: Exclude<Infer<F[K]>, undefined> } & {
    readonly [K in OptionalKeys<F>]?: Exclude<Infer<F[K]>, undefined>
  }
>

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json }

export const bool = (): Schema<boolean> => ({ kind: 'bool' })

/** A whole number of a given width; `min` and `max` narrow the kind's own range. */
export const integer = (
  kind: IntegerKind,
  { min = INTEGER_RANGES[kind][0] as number, max = INTEGER_RANGES[kind][1] as number } = {},
): Schema<number> => ({ kind, min, max })

/** A finite number of eight bytes. */
export const float64 = (range: { min?: number; max?: number } = {}): Schema<number> => ({
  kind: 'float64',
  ...range,
})

/** A finite number of four bytes. */
export const float32 = (range: { min?: number; max?: number } = {}): Schema<number> => ({
  kind: 'float32',
  ...range,
})

/** Text; lengths are in UTF-16 code units. `expected` says in words what `pattern` asks. */
export const text = ({
  min = 0,
  max = 1024,
  ...rest
}: {
  min?: number
  max?: number
  pattern?: string
  expected?: string
} = {}): Schema<string> => ({
  kind: 'string',
  min,
  max,
  ...rest,
})

/** Bytes; in JSON they travel as base64. `max` counts bytes. */
export const buffer = (max = 65_535): Schema<string> => ({ kind: 'buffer', max })

export const choice = <const V extends readonly string[]>(...values: V): Schema<V[number]> => ({
  kind: 'choice',
  values,
})

/** Any JSON value of finite numbers. */
export const json = (): Schema<Json> => ({ kind: 'json' })

/** A JSON object whose names are not known beforehand. */
export const record = (): Schema<{ readonly [key: string]: Json }> => ({ kind: 'record' })

export const nullable = <T>(of: Schema<T>): Schema<T | null> => ({ kind: 'nullable', of })

export const array = <T>(of: Schema<T>, max = 65_535): Schema<readonly T[]> => ({
  kind: 'array',
  of,
  max,
})

export const tuple = <const S extends readonly Schema[]>(
  ...of: S
): Schema<{ readonly [K in keyof S]: Exclude<Infer<S[K]>, undefined> }> => ({ kind: 'tuple', of })

/** An array whose first items have shapes of their own; all that follow have the shape of `rest`. */
export const leading = (
  of: readonly Schema[],
  rest: Schema,
  max = 65_535,
): Schema<readonly unknown[]> => ({ kind: 'tuple', of, rest, max })

export const object = <F extends Fields>(fields: F): Schema<Values<F>> => ({
  kind: 'object',
  fields,
})

/** A field that may be left out. */
export const optional = <T>(schema: Schema<T>): Optional<T> => ({ ...schema, optional: true })

/** Attaches the sentence that documents a field. */
export const about = <S extends Schema>(doc: string, schema: S): S => ({ ...schema, doc })

/**
 * The first thing wrong with `value`, as `place: expected …`, or undefined when it fits.
 * `place` names the value for the person who reads it: `room.join.code`. With `exact`, fields that
 * the schema does not know are wrong as well (what comes from a client); without, they are ignored
 * (what comes from a newer server).
 */
export function check(
  schema: Schema,
  value: unknown,
  place: string,
  exact = true,
): string | undefined {
  const problem = problemIn(schema, value, exact)
  return problem === undefined ? undefined : place + problem
}

/** The same as seen from the value itself; where it is gets put before it on the way out. */
function problemIn(schema: Schema, value: unknown, exact: boolean): string | undefined {
  switch (schema.kind) {
    case 'nullable':
      if (value === null) return undefined
      return orNull(schema, value, problemIn(schema.of, value, exact))
    case 'array':
      return fits(schema, value)
        ? firstProblem(value as unknown[], () => schema.of, exact)
        : wrong(schema, value)
    case 'tuple':
      return fits(schema, value)
        ? firstProblem(value as unknown[], (index) => schema.of[index] ?? schema.rest, exact)
        : wrong(schema, value)
    case 'object':
      return fits(schema, value)
        ? problemInFields(schema.fields, value as Record<string, unknown>, exact)
        : wrong(schema, value)
    case 'json':
    case 'record':
      return fits(schema, value) ? undefined : problemInJson(schema, value)
    default:
      return fits(schema, value) ? undefined : wrong(schema, value)
  }
}

/** A problem of the value itself, rather than inside it, says that null would do as well. */
const orNull = (schema: Schema, value: unknown, problem: string | undefined) =>
  problem?.startsWith(': ') ? wrong(schema, value) : problem

/** What a schema asks for, in words: `text of 1 to 24 characters`. */
export function expectation(schema: Schema): string {
  switch (schema.kind) {
    case 'bool':
      return 'true or false'
    case 'float32':
    case 'float64':
      return `a finite number${between(schema.min, schema.max)}`
    case 'string':
      return schema.expected ?? `text of ${count(schema.min, schema.max)} characters`
    case 'buffer':
      return `base64 of at most ${schema.max} bytes`
    case 'choice':
      return schema.values.length === 1
        ? `"${schema.values[0]}"`
        : `one of ${schema.values.map((value) => `"${value}"`).join(', ')}`
    case 'json':
      return `any JSON value with finite numbers, nested at most ${JSON_DEPTH} deep`
    case 'record':
      return `an object of JSON values with finite numbers, nested at most ${JSON_DEPTH} deep`
    case 'nullable':
      return `${expectation(schema.of)}, or null`
    case 'array':
      return `an array of at most ${schema.max} items`
    case 'tuple':
      return schema.rest
        ? `an array of ${schema.of.length} to ${schema.max} items`
        : `an array of exactly ${schema.of.length} items`
    case 'object':
      return 'an object'
    default:
      return `a whole number${between(schema.min, schema.max)}`
  }
}

/** A schema without what is only for people: `doc` and `expected`. A *field* may bear these names. */
export function shapeOf(schema: Schema): object {
  const { doc: _doc, ...rest } = schema
  switch (rest.kind) {
    case 'string': {
      const { expected: _expected, ...shape } = rest
      return shape
    }
    case 'nullable':
    case 'array':
      return { ...rest, of: shapeOf(rest.of) }
    case 'tuple':
      return { ...rest, of: rest.of.map(shapeOf), rest: rest.rest && shapeOf(rest.rest) }
    case 'object':
      return {
        ...rest,
        fields: Object.fromEntries(
          Object.entries(rest.fields).map(([name, field]) => [name, shapeOf(field)]),
        ),
      }
    default:
      return rest
  }
}

/** A small value that fits, for documentation and test vectors. */
export function sample(schema: Schema, name = ''): Json {
  const known = SAMPLES[name]?.find((value) => fits(schema, value))
  if (known !== undefined) return known
  switch (schema.kind) {
    case 'bool':
      return true
    case 'float32':
    case 'float64':
      return Math.max(schema.min ?? 0, Math.min(schema.max ?? 1.5, 1.5))
    case 'string':
      return 'abc'.repeat(schema.min + 1).slice(0, Math.min(schema.max, Math.max(schema.min, 3)))
    case 'buffer':
      return 'AQI='
    case 'choice':
      return schema.values[0] ?? ''
    case 'json':
      return { any: ['thing', 1, true, null] }
    case 'record':
      return { any: ['thing', 1, true, null] }
    case 'nullable':
      return sample(schema.of, name)
    case 'array':
      return [sample(schema.of, name)]
    case 'tuple':
      return schema.of.map((item) => sample(item, name))
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.fields).map(([key, field]) => [key, sample(field, key)]),
      )
    default:
      return Math.max(schema.min, Math.min(schema.max, 3))
  }
}

const wrong = (schema: Schema, value: unknown) =>
  `: expected ${expectation(schema)}${gotten(value)}`

/** Names what JSON has no word for, as nobody sees it in what was sent. */
function gotten(value: unknown): string {
  if (value === undefined) return '; got undefined'
  if (typeof value === 'bigint') return '; got a bigint: say it as text'
  if (typeof value === 'function' || typeof value === 'symbol') return `; got a ${typeof value}`
  const prototype: unknown = isObject(value) && Object.getPrototypeOf(value)
  if (!prototype || prototype === Object.prototype) return ''
  return `; got an instance of ${shorten(String((value as object).constructor?.name))}`
}

/** Whether `value` has the outward form of `schema`; what it contains is checked by the caller. */
function fits(schema: Schema, value: unknown): boolean {
  switch (schema.kind) {
    case 'bool':
      return typeof value === 'boolean'
    case 'float32':
    case 'float64':
      return Number.isFinite(value) && within(value as number, schema.min, schema.max)
    case 'string':
      return (
        typeof value === 'string' &&
        within(value.length, schema.min, schema.max) &&
        (schema.pattern === undefined || compiled(schema.pattern).test(value))
      )
    case 'buffer':
      return (
        typeof value === 'string' &&
        value.length % 4 === 0 &&
        BASE64.test(value) &&
        bytesOf(value) <= schema.max
      )
    case 'choice':
      return typeof value === 'string' && schema.values.includes(value)
    case 'json':
      return isFiniteJson(value)
    case 'record':
      return isObject(value) && isFiniteJson(value)
    case 'nullable':
      return value === null || fits(schema.of, value)
    case 'array':
      return Array.isArray(value) && value.length <= schema.max
    case 'tuple':
      return (
        Array.isArray(value) &&
        within(value.length, schema.of.length, schema.rest ? schema.max : schema.of.length)
      )
    case 'object':
      return isObject(value)
    default:
      return Number.isInteger(value) && within(value as number, schema.min, schema.max)
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/
const bytesOf = (base64: string) =>
  (base64.length / 4) * 3 - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0)
const patterns = /* once per pattern of the tables */ new Map<string, RegExp>()

function compiled(pattern: string): RegExp {
  let found = patterns.get(pattern)
  if (!found) {
    found = new RegExp(`^(?:${pattern})$`, 'u')
    patterns.set(pattern, found)
  }
  return found
}

const within = (value: number, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY) =>
  value >= min && value <= max

function firstProblem(
  values: readonly unknown[],
  schemaAt: (index: number) => Schema | undefined,
  exact: boolean,
): string | undefined {
  for (let index = 0; index < values.length; index++) {
    const schema = schemaAt(index)
    const problem = schema && problemIn(schema, values[index], exact)
    if (problem) return `[${index}]${problem}`
  }
  return undefined
}

function problemInFields(
  fields: Fields,
  value: Record<string, unknown>,
  exact: boolean,
): string | undefined {
  for (const name in fields) {
    const schema = fields[name] as Schema
    if (!Object.hasOwn(value, name) || value[name] === undefined) {
      if (schema.optional) continue
      return `.${name}: expected ${expectation(schema)}, but is missing`
    }
    const problem = problemIn(schema, value[name], exact)
    if (problem) return `.${name}${problem}`
  }
  if (!exact) return undefined
  for (const name in value) {
    if (!Object.hasOwn(fields, name))
      return `.${shorten(name)}: not a field; expected ${listed(fields)}`
  }
  return undefined
}

/** What is wrong with what is no JSON value, at the place where it is wrong. */
function problemInJson(schema: Schema, value: unknown): string {
  const found = isFiniteJson(value) ? undefined : misfitIn(value, 0)
  return found?.place ? found.place + wrong(JSON_VALUE, found.value) : wrong(schema, value)
}

const JSON_VALUE: Schema = { kind: 'json' }

interface Misfit {
  readonly place: string
  readonly value: unknown
}

/** The first value inside that JSON cannot hold, or that is nested too deep. */
function misfitIn(value: unknown, depth: number): Misfit | undefined {
  if (isFiniteJson(value, depth)) return undefined
  const children = Array.isArray(value)
    ? Array.from(value, (item, index) => [`[${index}]`, item] as const)
    : isObject(value) && gotten(value) === ''
      ? Object.entries(value).map(([name, item]) => [`.${shorten(name)}`, item] as const)
      : []
  for (const [step, child] of depth < JSON_DEPTH ? children : []) {
    const found = misfitIn(child, depth + 1)
    if (found) return { ...found, place: step + found.place }
  }
  return { place: '', value }
}

/**
 * The first whole number beyond 2^53 that JSON would write in digits, as `place: expected …`: who
 * reads it would get another one.
 */
export function problemOfDigits(value: unknown, place: string): string | undefined {
  if (typeof value === 'number')
    return Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < MOST_DIGITS
      ? `${place}: expected whole numbers up to 2^53, got ${value}: say it as text`
      : undefined
  if (typeof value !== 'object' || value === null) return undefined
  const isArray = Array.isArray(value)
  for (const [name, item] of Object.entries(value)) {
    const problem = problemOfDigits(
      item,
      isArray ? `${place}[${name}]` : `${place}.${shorten(name)}`,
    )
    if (problem) return problem
  }
  return undefined
}

/** From here on JSON writes a number with its exponent. */
const MOST_DIGITS = 1e21

/** Nothing but null, booleans, text, finite numbers, arrays and plain objects of these. */
function isFiniteJson(value: unknown, depth = 0): boolean {
  if (depth > JSON_DEPTH) return false
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value)
    case 'object': {
      if (value === null) return true
      // findIndex looks into holes as well, every does not.
      if (Array.isArray(value)) return value.findIndex((item) => !isFiniteJson(item, depth + 1)) < 0
      const prototype: unknown = Object.getPrototypeOf(value)
      return (
        (prototype === Object.prototype || prototype === null) &&
        Object.values(value).every((item) => isFiniteJson(item, depth + 1))
      )
    }
    default:
      return false
  }
}

/** Values that speak to the reader, by the name of their field; the first that fits is taken. */
const SAMPLES: Readonly<Record<string, readonly (string | number)[]>> = {
  code: ['ROOM_FULL', 'K7QF2M'],
  colour: ['#4f8cff'],
  heartbeat_ms: [20_000],
  kind: ['plaza'],
  message: ['A sentence for people.'],
  message_bytes: [60_000],
  name: ['Ada', 'plaza.wave'],
  receive_bytes: [65_535],
  request: ['room.join'],
  resume_ms: [30_000],
  role: ['player'],
  room: ['K7QF2M'],
  session: ['4GZ0Q2T8YB'],
  status: [409],
}

const between = (min?: number, max?: number) =>
  min !== undefined && max !== undefined
    ? ` from ${min} to ${max}`
    : min !== undefined
      ? ` of at least ${min}`
      : max !== undefined
        ? ` of at most ${max}`
        : ''

const count = (min: number, max: number) =>
  min === max ? `${min}` : min === 0 ? `at most ${max}` : `${min} to ${max}`

const shorten = (name: string) => (name.length > 32 ? `${name.slice(0, 32)}…` : name)

const listed = (fields: Fields) => {
  const names = Object.keys(fields)
  return names.length > 0 ? names.join(', ') : 'no fields'
}
