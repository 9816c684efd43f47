import { expectation, type Fields, type Schema, sample } from '../schema.ts'

/**
 * A value and what is wrong with it. The problem comes from how the value was made, never from
 * `check`, so that a vector can find a mistake in it.
 */
export interface Case {
  readonly value: unknown
  readonly problem: string | null
  /** False: checked as what comes from a newer server. */
  readonly exact?: false
}

/** Stands for JSON text that no JavaScript value is written as: `1e999`, `3.0`. */
export const source = (text: string) => `${MARK}${text}`

/** A code point for private use: nothing else here has it. */
const MARK = '\ue000'
const MARKED = new RegExp(`"${MARK}(?:[^"\\\\]|\\\\.)*"`, 'g')

/** The JSON text of a value, and whether it has such a source in it. */
export function written(value: unknown): { text: string; hasSource: boolean } {
  const text = JSON.stringify(value)
  return {
    text: text.replace(MARKED, (found) => (JSON.parse(found) as string).slice(1)),
    hasSource: text.includes(MARK),
  }
}

const INFINITE = [source('1e999'), source('-1e999')]
/** Longer arrays and texts do not fit a message, or would drown the file. */
const MAX_ITEMS = 256

/** Values that fit a schema, or just do not: each has one thing wrong at most. */
export function casesOf(schema: Schema, place: string, name = ''): Case[] {
  const { right, wrong } = outwardOf(schema, name)
  return [
    ...right.map((value) => ({ value, problem: null })),
    ...wrong.map((value) => ({ value, problem: problemOf(schema, place) })),
    ...inwardOf(schema, place, name),
  ]
}

const problemOf = (schema: Schema, place: string) => `${place}: expected ${expectation(schema)}`

const jsonProblem = (place: string) => problemOf({ kind: 'json' }, place)

interface Outward {
  readonly right: readonly unknown[]
  readonly wrong: readonly unknown[]
}

/** Values judged by their kind, range or length alone. */
function outwardOf(schema: Schema, name: string): Outward {
  const good = sample(schema, name)
  switch (schema.kind) {
    case 'bool':
      return { right: [true, false], wrong: [1, 'true', null] }
    case 'float32':
    case 'float64':
      return floats(schema.min, schema.max)
    case 'string':
      return texts(schema, good as string)
    case 'buffer':
      return buffers(schema.max)
    case 'choice':
      return { right: schema.values, wrong: ['', `${schema.values[0]}_`, 3, null] }
    case 'json':
      return {
        right: [null, true, 3, 'abc', [], {}, { deep: [{ est: [null, 1.5] }] }],
        wrong: INFINITE,
      }
    case 'record':
      return {
        right: [{}, { any: null }, { deep: [{ est: [null, 1.5] }] }],
        wrong: [null, [], 'abc', 3],
      }
    case 'nullable': {
      const { right, wrong } = outwardOf(schema.of, name)
      return { right: [null, ...right], wrong: wrong.filter((value) => value !== null) }
    }
    case 'array':
      return arrays(schema.max, (good as unknown[])[0])
    case 'tuple': {
      const short = schema.of.length > 0 ? [(good as unknown[]).slice(1)] : []
      return { right: [good], wrong: [...short, [...(good as unknown[]), 3], {}, 'abc', null] }
    }
    case 'object':
      return { right: [good], wrong: [[], 'abc', 3, null] }
    default:
      return integers(schema.min, schema.max)
  }
}

const integers = (min: number, max: number): Outward => ({
  right: [min, max, source(`${max}.0`)],
  wrong: [min - 1, max + 1, min + 0.5, `${min}`, true, null, INFINITE[0]],
})

const floats = (min?: number, max?: number): Outward => ({
  right: [min ?? -1e308, max ?? 1e308, ((min ?? 0) + (max ?? 1)) / 2],
  wrong: [
    ...(min === undefined ? [] : [min - 0.001]),
    ...(max === undefined ? [] : [max + 0.001]),
    '3',
    true,
    null,
    ...INFINITE,
  ],
})

/** Lengths are in UTF-16 code units, so that 🙂 is two of them. */
function texts(
  { min, max, pattern }: { min: number; max: number; pattern?: string },
  good: string,
): Outward {
  const last = good.at(-1) ?? 'a'
  const short = min > 0 ? [good.slice(0, min - 1)] : []
  const wrong = [...short, good.padEnd(max + 1, last), 3, null, [good]]
  if (pattern !== undefined)
    return {
      right: [good, good.padEnd(max, last)],
      wrong: [...wrong, `!${good.slice(1)}`, `${good.slice(0, -1)}\n`, good.replace(/./g, '🙂')],
    }
  const faces = max > MAX_ITEMS ? [] : ['🙂'.repeat(max / 2).padEnd(max, 'a')]
  return {
    right: [good.slice(0, min), good.padEnd(max, last), ...faces],
    wrong: [...wrong, ...faces.map((text) => `${text}a`)],
  }
}

function buffers(max: number): Outward {
  const base64 = (bytes: number) =>
    'AAAA'.repeat(Math.ceil(bytes / 3)).slice(0, Math.ceil(bytes / 3) * 4 - padding(bytes)) +
    '='.repeat(padding(bytes))
  return {
    right: ['', base64(1), base64(2), base64(3), base64(max)],
    wrong: [base64(max + 1), 'AAA', 'A===', 'AA-_', 'AA==AA==', 3, null],
  }
}

const padding = (bytes: number) => (3 - (bytes % 3)) % 3

const arrays = (max: number, item: unknown): Outward => ({
  right: [[], [item], ...(max <= MAX_ITEMS ? [Array(max).fill(item)] : [])],
  wrong: [...(max <= MAX_ITEMS ? [Array(max + 1).fill(item)] : []), {}, 'abc', 3, null],
})

/** Values whose outward form fits, and whose inside is tried. */
function inwardOf(schema: Schema, place: string, name: string): Case[] {
  switch (schema.kind) {
    case 'nullable':
      return inwardOf(schema.of, place, name)
    case 'array':
      return [
        ...nested(casesOf(schema.of, `${place}[0]`, name), (value) => [value]),
        ...nested(casesOf(schema.of, `${place}[1]`, name).slice(-1), (value) => [
          sample(schema.of, name),
          value,
        ]),
      ]
    case 'tuple':
      return schema.of.flatMap((item, index) =>
        nested(casesOf(item, `${place}[${index}]`, name), (value) =>
          schema.of.map((other, at) => (at === index ? value : sample(other, name))),
        ),
      )
    case 'object':
      return fieldCases(schema.fields, place)
    case 'json':
    case 'record':
      return [
        { value: { deep: [{ est: INFINITE[0] }] }, problem: jsonProblem(`${place}.deep[0].est`) },
      ]
    default:
      return []
  }
}

function fieldCases(fields: Fields, place: string): Case[] {
  const entries = Object.entries(fields)
  const good = sample({ kind: 'object', fields }) as Record<string, unknown>
  const unknown = { ...good, [UNKNOWN]: 3 }
  const known = entries.map(([name]) => name).join(', ') || 'no fields'
  return [
    { value: required(fields), problem: null },
    { value: unknown, problem: `${place}.${UNKNOWN}: not a field; expected ${known}` },
    { value: unknown, problem: null, exact: false },
    ...entries.map(([name, field]) => ({
      value: without(good, name),
      problem: field.optional ? null : `${problemOf(field, `${place}.${name}`)}, but is missing`,
    })),
    ...entries.flatMap(([name, field]) =>
      nested(casesOf(field, `${place}.${name}`, name), (value) => ({ ...good, [name]: value })),
    ),
  ]
}

const UNKNOWN = 'surprise'

const nested = (cases: readonly Case[], wrap: (value: unknown) => unknown): Case[] =>
  cases.map((one) => ({ ...one, value: wrap(one.value) }))

const required = (fields: Fields) =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([, field]) => !field.optional)
      .map(([name, field]) => [name, sample(field, name)]),
  )

const without = (value: Record<string, unknown>, name: string) =>
  Object.fromEntries(Object.entries(value).filter(([key]) => key !== name))
