import {
  array,
  bool,
  buffer,
  about as describe,
  FLOAT32_MAX,
  float32,
  float64,
  INTEGER_RANGES,
  type IntegerKind,
  integer,
  JSON_DEPTH,
  type Json,
  json,
  leading,
  object,
  type Schema,
  text,
} from './schema.ts'

/** SchemaPack's types by their names, and `packer` for any JSON value. */
export type Scalar =
  | 'bool'
  | 'boolean'
  | IntegerKind
  | 'float32'
  | 'float64'
  | 'string'
  | 'buffer'
  | 'packer'

/**
 * What a packet holds, as SchemaPack says it: a type's name, an object of such, or an array, whose
 * last item stands for any number of its kind.
 */
export type Notation = Scalar | Items | Documented | { readonly [field: string]: Notation }
interface Items extends ReadonlyArray<Notation> {}

declare const DOC: unique symbol
/** A notation with a sentence about it. */
export interface Documented<N = unknown> {
  readonly [DOC]: N
}

/** The values that a notation describes. */
export type ValueOf<N> = N extends 'bool' | 'boolean'
  ? boolean
  : N extends IntegerKind | 'float32' | 'float64'
    ? number
    : N extends 'string'
      ? string
      : N extends 'buffer'
        ? Uint8Array
        : N extends 'packer'
          ? Json
          : N extends Documented<infer M>
            ? ValueOf<M>
            : N extends readonly [infer Only]
              ? readonly ValueOf<Only>[]
              : N extends readonly [...infer First, infer Rest]
                ? readonly [...{ [K in keyof First]: ValueOf<First[K]> }, ...ValueOf<Rest>[]]
                : N extends object
                  ? { readonly [K in keyof N]: ValueOf<N[K]> }
                  : never

/** Attaches a sentence, which the clients that are written from the packets show. */
export const about = <const N extends Notation>(doc: string, of: N): Documented<N> =>
  new Described(doc, of) as unknown as Documented<N> // the symbol is for the compiler only

class Described {
  readonly doc: string
  readonly of: Notation

  constructor(doc: string, of: Notation) {
    this.doc = doc
    this.of = of
  }
}

/** The schema of a notation; throws a TypeError that names the place of what is none. */
export function schemaOf(notation: unknown, place: string, depth = 0): Schema {
  if (depth > JSON_DEPTH) throw new TypeError(`${place}: nested deeper than ${JSON_DEPTH}`)
  if (notation instanceof Described)
    return describe(notation.doc, schemaOf(notation.of, place, depth))
  if (typeof notation === 'string') return scalarOf(notation, place)
  if (Array.isArray(notation)) return itemsOf(notation, place, depth)
  if (typeof notation === 'object' && notation !== null) return fieldsOf(notation, place, depth)
  throw new TypeError(`${place}: expected the name of a type, an object or an array`)
}

const LONGEST = 65_535

const SCALARS: Readonly<Record<string, () => Schema>> = {
  bool,
  boolean: bool,
  float32: () => float32({ min: -FLOAT32_MAX, max: FLOAT32_MAX }),
  float64,
  string: () => text({ max: LONGEST }),
  buffer: () => buffer(LONGEST),
  packer: json,
}

function scalarOf(name: string, place: string): Schema {
  if (Object.hasOwn(INTEGER_RANGES, name)) return integer(name as IntegerKind)
  const make = Object.hasOwn(SCALARS, name) ? SCALARS[name] : undefined
  if (make) return make()
  const known = [...Object.keys(INTEGER_RANGES), ...Object.keys(SCALARS)].join(', ')
  throw new TypeError(`${place}: "${name}" is no type; expected one of ${known}`)
}

/** SchemaPack orders the items of a longer array as text: 0, 1, 10, 2. */
const MOST_LEADING = 9

function itemsOf(notation: readonly unknown[], place: string, depth: number): Schema {
  if (notation.length === 0 || notation.length > MOST_LEADING + 1)
    throw new TypeError(`${place}: expected 1 to ${MOST_LEADING + 1} types in an array`)
  const items = notation.map((one, index) => schemaOf(one, `${place}[${index}]`, depth + 1))
  const rest = items.pop() as Schema
  if (isEmpty(rest))
    throw new TypeError(`${place}: what repeats has to take a byte; expected fields in it`)
  return items.length === 0 ? array(rest, LONGEST) : leading(items, rest, LONGEST)
}

const isEmpty = (schema: Schema): boolean =>
  schema.kind === 'object' && Object.values(schema.fields).every(isEmpty)

function fieldsOf(notation: object, place: string, depth: number): Schema {
  const names = Object.keys(notation).sort()
  for (const name of names)
    if (!FIELD.test(name) || name === '__proto__')
      throw new TypeError(`${place}.${name}: expected a name of letters, digits and _`)
  return object(
    Object.fromEntries(
      names.map((name) => [
        name,
        schemaOf((notation as Record<string, unknown>)[name], `${place}.${name}`, depth + 1),
      ]),
    ),
  )
}

const FIELD = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/
