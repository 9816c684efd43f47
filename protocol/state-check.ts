import { LIMITS } from './limits.ts'
import { FLOAT32_MAX, INTEGER_RANGES } from './schema.ts'
import { fieldColumns, isRaw, tableColumns } from './state-columns.ts'
import {
  ackTable,
  type FieldSchema,
  isOwned,
  MEMBERS,
  type StateSchema,
  type TableSchema,
} from './state-schema.ts'

/** What is wrong with tables that have the right shape, at its place, and with which code. */
export interface StateProblem {
  readonly code: 'INVALID_MESSAGE_DATA' | 'TOO_LARGE'
  readonly text: string
}

/** What a server lets tables be. */
export interface StateLimits {
  readonly state_tables: number
  readonly state_columns: number
  readonly state_rows: number
  readonly state_rows_each: number
  readonly state_text_bytes: number
}

const DEFAULTS: StateLimits = {
  state_tables: LIMITS.state_tables.value,
  state_columns: LIMITS.state_columns.value,
  state_rows: LIMITS.state_rows.value,
  state_rows_each: LIMITS.state_rows_each.value,
  state_text_bytes: LIMITS.state_text_bytes.value,
}

/** The first thing wrong with tables; `place` names them: `room.create.state`. */
export function stateProblem(
  schema: StateSchema,
  place: string,
  limits: StateLimits = DEFAULTS,
): StateProblem | undefined {
  try {
    checkTables(schema, place, limits)
    return undefined
  } catch (error) {
    if (error instanceof Unfit) return { code: error.code, text: error.message }
    throw error
  }
}

class Unfit extends Error {
  readonly code: StateProblem['code']

  constructor(
    place: string,
    expected: string,
    code: StateProblem['code'] = 'INVALID_MESSAGE_DATA',
  ) {
    super(`${place}: expected ${expected}`)
    this.code = code
  }
}

/** Throws an Unfit unless it holds. */
function expect(holds: boolean, place: string, expected: string): void {
  if (!holds) throw new Unfit(place, expected)
}

function atMost(count: number, most: number, place: string, what: string): void {
  if (count > most) throw new Unfit(place, `at most ${most} ${what}, got ${count}`, 'TOO_LARGE')
}

function checkTables(schema: StateSchema, place: string, limits: StateLimits): void {
  const { tables, inputs } = schema
  atMost(tables.length, limits.state_tables, `${place}.tables`, 'tables')
  checkNames(tables, `${place}.tables`, [])
  const acked = ackTable(schema)
  for (const [index, table] of tables.entries()) {
    const at = `${place}.tables[${index}]`
    checkFields(schema, table.fields, `${at}.fields`, limits)
    const { length } = tableColumns(table, index === acked)
    atMost(length, limits.state_columns, `${at}.fields`, 'columns')
    checkTable(schema, table, at, limits)
  }
  if (!inputs) return
  checkFields(schema, inputs, `${place}.inputs`, limits)
  const { length } = inputs.flatMap(fieldColumns)
  atMost(length, limits.state_columns, `${place}.inputs`, 'columns')
  expect(acked >= 0, `${place}.inputs`, 'a table with rows: "members", whose rows acknowledge them')
}

function checkTable(schema: StateSchema, table: TableSchema, at: string, limits: StateLimits) {
  const { fields, most, single, rows, write, rows_each, sees } = table
  expect(fields.length > 0 || isOwned(table), `${at}.fields`, 'a field')
  if (most !== undefined) atMost(most, limits.state_rows, `${at}.most`, 'rows')
  expect(most !== 0, `${at}.most`, 'a row at least')
  if (single) {
    expect(rows === undefined && rows_each === undefined, at, 'a single without rows of anybody’s')
    expect((most ?? 1) === 1, `${at}.most`, '1, as it is a single')
    expect(!isOwned(table), at, 'a single that has no owner')
  }
  if (rows_each !== undefined) {
    expect(write === 'owner' && rows !== MEMBERS, `${at}.rows_each`, 'write: "owner" beside it')
    atMost(rows_each, limits.state_rows_each, `${at}.rows_each`, 'rows')
  }
  if (sees) checkSees(schema, table, at)
}

function checkSees({ tables }: StateSchema, table: TableSchema, at: string): void {
  const { who, radius, of, group } = table.sees ?? { who: 'all' }
  const place = `${at}.sees`
  const isNear = who === 'near'
  expect(isNear === (radius !== undefined), `${place}.radius`, 'a distance with who: "near" only')
  expect(isNear || of === undefined, `${place}.of`, 'who: "near" beside it')
  expect((who === 'group') === (group !== undefined), `${place}.group`, 'a group with who: "group"')
  if (!isNear) return
  const from = tables.find(({ name }) => name === of)
  expect(from !== undefined && isOwned(from), `${place}.of`, 'a table whose rows have owners')
  for (const one of [table, from ?? table])
    expect(
      positionOf(one).length > 0,
      `${at}.fields`,
      `fields x and y, or a vec2 or vec3, in ${one.name}`,
    )
}

/** Which fields say where a row is, by their names: x, y and perhaps z, or else a vector. */
export function positionOf({ fields }: TableSchema): readonly string[] {
  const named = ['x', 'y', 'z'].filter((axis) =>
    fields.some(({ name, type }) => name === axis && isNumber(type)),
  )
  if (named.includes('x') && named.includes('y')) return named
  const vector = fields.find(({ type }) => type === 'vec2' || type === 'vec3')
  return vector ? [vector.name] : []
}

function checkFields(
  schema: StateSchema,
  fields: readonly FieldSchema[],
  place: string,
  limits: StateLimits,
): void {
  checkNames(fields, place, RESERVED)
  for (const [index, field] of fields.entries())
    checkField(schema, field, `${place}[${index}]`, limits)
}

/** What a row and its table are asked by other names. */
export const RESERVED = [
  'owner',
  'ack',
  'slot',
  'table',
  'smooth',
  'predicted',
  'remove',
  'is_mine',
  'is_gone',
  'script',
  'prototype',
]

function checkNames(
  all: readonly { readonly name: string }[],
  place: string,
  reserved: readonly string[],
): void {
  const taken = new Set(reserved)
  for (const [index, { name }] of all.entries()) {
    const isFree = !taken.has(name) && !(name in {})
    expect(isFree, `${place}[${index}].name`, `a name that is not taken, got "${name}"`)
    taken.add(name)
  }
}

/** What each type says of itself. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  fixed: ['min', 'max', 'step'],
  vec2: ['min', 'max', 'step'],
  vec3: ['min', 'max', 'step'],
  angle: ['bits'],
  quaternion: ['bits'],
  choice: ['values'],
  ref: ['table'],
}
const MAY: Readonly<Record<string, readonly string[]>> = {
  ...{ string: ['max'], json: ['max'], bool: [], choice: [], ref: [], quaternion: [] },
  ...{ fixed: ['change'], vec2: ['change'], vec3: ['change'], angle: ['change'] },
}
const NUMBERS = ['min', 'max', 'change']

function checkField(schema: StateSchema, field: FieldSchema, at: string, limits: StateLimits) {
  const { name: _, type, ...said } = field
  const needs = NEEDS[type] ?? []
  const may = [...needs, ...(MAY[type] ?? NUMBERS)]
  for (const key of needs)
    expect(key in said, `${at}.${key}`, `what a ${type} needs, but is missing`)
  for (const key of Object.keys(said))
    expect(may.includes(key), `${at}.${key}`, `none, as a ${type} has no such thing`)
  if (type === 'choice') checkChoice(field, at)
  else if (type === 'angle') checkBits(field, at, 2, 24)
  else if (type === 'quaternion') checkBits(field, at, 3, 24)
  else if (type === 'ref')
    expect(
      schema.tables.some((one) => one.name === field.table),
      `${at}.table`,
      'the name of a table',
    )
  else if (type === 'string' || type === 'json') checkText(field, at, limits)
  else if (isNumber(type) || type in NEEDS) checkRange(field, at)
}

function checkChoice({ values = [] }: FieldSchema, at: string): void {
  expect(values.length > 0, `${at}.values`, 'a word at least')
  expect(new Set(values).size === values.length, `${at}.values`, 'words that differ')
}

function checkBits({ bits = 0 }: FieldSchema, at: string, least: number, most: number): void {
  expect(bits >= least && bits <= most, `${at}.bits`, `${least} to ${most} bits`)
}

function checkText({ max }: FieldSchema, at: string, limits: StateLimits): void {
  if (max === undefined) return
  expect(Number.isInteger(max) && max > 0, `${at}.max`, 'a number of bytes')
  atMost(max, limits.state_text_bytes, `${at}.max`, 'bytes')
}

/** How many steps there can be. */
const MOST_STEPS = 0x7fff_ffff

function checkRange({ type, min, max, step }: FieldSchema, at: string): void {
  const [least, most] = rangeOf(type)
  for (const [key, value = 0] of [
    ['min', min],
    ['max', max],
  ] as const) {
    const isWhole = step !== undefined || isRaw(type) || Number.isInteger(value)
    expect(isWhole, `${at}.${key}`, 'a whole number')
    expect(value >= least && value <= most, `${at}.${key}`, `${least} to ${most}`)
  }
  expect((min ?? least) < (max ?? most), `${at}.max`, 'more than min')
  if (step === undefined) return
  expect(step > 0, `${at}.step`, 'more than 0')
  const steps = ((max ?? 0) - (min ?? 0)) / step
  expect(
    steps >= 1 && steps <= MOST_STEPS,
    `${at}.step`,
    `1 to ${MOST_STEPS} steps from min to max`,
  )
}

function rangeOf(type: string): readonly [number, number] {
  if (Object.hasOwn(INTEGER_RANGES, type))
    return INTEGER_RANGES[type as keyof typeof INTEGER_RANGES]
  if (type === 'float64') return [-Number.MAX_VALUE, Number.MAX_VALUE]
  return [-FLOAT32_MAX, FLOAT32_MAX]
}

const isNumber = (type: string) =>
  Object.hasOwn(INTEGER_RANGES, type) || ['fixed', 'float32', 'float64'].includes(type)
