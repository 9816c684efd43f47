import { check, expectation, type Fields, type Infer, type Schema } from '../protocol/schema.ts'

/** What is wrong with a value, as `place: expected …, got …`; undefined where it will do. */
type Check = (value: unknown, place: string) => string | undefined

/** What a value may be, in words and as a check; `T` is for the compiler only. */
export interface Kind<T = unknown> {
  readonly expected: string
  readonly check: Check
  readonly type?: T
}

/** One option of a game's or an operator's: what it is for, and what it may be. */
export interface Option<T = unknown> extends Kind<T> {
  readonly doc: string
  readonly default?: T
}

export type Options = Readonly<Record<string, Option>>

/** What a table of options admits; all may be left out. */
export type OptionsOf<O> = {
  readonly [K in keyof O]?: O[K] extends Kind<infer T> ? T : never
}

/** An option that does nothing, or something else, where it is left out. */
export const option = <T>(doc: string, { expected, check }: Kind<T>): Option<T> => ({
  doc,
  expected,
  check,
})

/** An option with a default. */
export const preset = <T>(
  doc: string,
  kind: Kind<T>,
  value: NoInfer<T>,
): Option<T> & { readonly default: T } => ({ ...option(doc, kind), default: value })

/** A value that shows in no message, such as a secret, says `isSecret`. */
export const one = <T>(
  expected: string,
  fits: (value: unknown) => boolean,
  { isSecret = false } = {},
): Kind<T> => ({
  expected,
  check: (value, place) =>
    fits(value)
      ? undefined
      : `${at(place)}expected ${expected}${isSecret ? '' : `, got ${shown(value)}`}`,
})

/** What a schema of the wire admits; one of an object is `fields`, so that its names are looked at. */
export const shaped = <T>(schema: Schema<T>): Kind<T> =>
  schema.kind === 'object'
    ? (fields(optionsIn(schema.fields)) as Kind<T>)
    : one(expectation(schema), (value) => check(schema, value, '') === undefined)

/** Code, of which nothing can be said but that it can be called. */
export const called = <T>(): Kind<T> => one('a function', (value) => typeof value === 'function')

/** A thing of code's own, known by the methods that it has; a list has some by the same names. */
export const having = <T>(expected: string, ...methods: readonly string[]): Kind<T> =>
  one(
    expected,
    (value) =>
      !Array.isArray(value) &&
      methods.every(
        (name) => typeof (value as Record<string, unknown> | null)?.[name] === 'function',
      ),
  )

export const list = <T>({ check }: Kind<T>, most: number): Kind<readonly T[]> => {
  const whole = one(
    `an array of at most ${most} items`,
    (value) => Array.isArray(value) && value.length <= most,
  )
  return {
    expected: whole.expected,
    check: (value, place) =>
      whole.check(value, place) ??
      first(value as unknown[], (item, index) => check(item, `${place}[${index}]`)),
  }
}

/** An object whose names are the game's own. */
export const named = <T>({ check }: Kind<T>, name?: Kind): Kind<Readonly<Record<string, T>>> => ({
  expected: AN_OBJECT.expected,
  check: (value, place) =>
    AN_OBJECT.check(value, place) ??
    first(
      Object.entries(value as object),
      ([key, item]) => name?.check(key, `${place}: name`) ?? check(item, below(place, key)),
    ),
})

/** An object with these fields and no others; each may be left out. */
export const fields = <O extends Options>(options: O): Kind<OptionsOf<O>> => ({
  expected: AN_OBJECT.expected,
  check: (value, place) =>
    AN_OBJECT.check(value, place) ??
    first(Object.keys(value as object), (name) =>
      Object.hasOwn(options, name)
        ? undefined
        : `${below(place, name)}: ${unknownAmong(Object.keys(options), name)}`,
    ) ??
    first(Object.entries(options), ([name, { check }]) => {
      const said = (value as Record<string, unknown>)[name]
      return said === undefined ? undefined : check(said, below(place, name))
    }),
})

/** The same, where none of the fields may be left out. */
export const whole = <O extends Options>(options: O): Kind<Required<OptionsOf<O>>> => ({
  expected: AN_OBJECT.expected,
  check: (value, place) =>
    fields(options).check(value, place) ??
    first(Object.entries(options), ([name, { check }]) =>
      check((value as Record<string, unknown>)[name], below(place, name)),
    ),
})

/** A kind, or that other value. */
export const or = <T, const V>(other: V, { expected, check }: Kind<T>): Kind<T | V> => ({
  expected: `${expected}, or ${other}`,
  check(value, place) {
    if (value === other) return undefined
    const [before, after] = [`${at(place)}expected ${expected}`, `, or ${other}`]
    const problem = check(value, place)
    return problem?.startsWith(before) ? before + after + problem.slice(before.length) : problem
  },
})

/** What is said of a name that is none: the one that was meant, or all there are. */
export function unknownAmong(names: readonly string[], name: string): string {
  const near = names
    .map((one) => ({ one, away: distance(plain(one), plain(name)) }))
    .sort((a, b) => a.away - b.away)[0]
  if (near && near.away <= (name.length > 4 ? 2 : 1)) return `unknown; did you mean ${near.one}?`
  return `unknown; expected one of ${names.join(', ')}`
}

const AN_OBJECT = one('an object', (value) => shown(value) === 'an object')

const optionsIn = (fields: Fields): Options =>
  Object.fromEntries(
    Object.entries(fields).map(([name, schema]) => [
      name,
      option(schema.doc ?? '', shaped(schema)) as Option<Infer<typeof schema>>,
    ]),
  )

/** The whole of what is checked has no place. */
const at = (place: string) => (place ? `${place}: ` : '')

/** A place inside another. */
export const below = (place: string, name: string) => (place ? `${place}.${name}` : name)

function first<T>(
  items: readonly T[],
  problemOf: (item: T, index: number) => string | undefined,
): string | undefined {
  for (const [index, item] of items.entries()) {
    const problem = problemOf(item, index)
    if (problem !== undefined) return problem
  }
  return undefined
}

const MOST_SHOWN = 60

function shown(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > MOST_SHOWN ? `${value.slice(0, MOST_SHOWN)}…` : value)
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

/** Names are near whatever their case and their dashes. */
const plain = (name: string) => name.toLowerCase().replace(/[-_]/g, '')

/**
 * How many letters must be put in, taken out or changed (Levenshtein's distance); the same letters in
 * another order are one slip of the fingers.
 */
function distance(one: string, other: string): number {
  if (one !== other && [...one].sort().join() === [...other].sort().join()) return 1
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1]
    for (let at = 0; at < other.length; at++) {
      const change = (row[at] ?? 0) + (letter === other[at] ? 0 : 1)
      next.push(Math.min(change, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
