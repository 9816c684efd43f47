import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { chanceFrom } from '../../protocol/lag.ts'
import { type Column, dequantise, fieldColumns, quantise } from '../../protocol/state-columns.ts'
import { ackTable, type FieldSchema, type StateSchema } from '../../protocol/state-schema.ts'
import { inputAccesses } from '../core/state/row.ts'
import type { Printed } from './commands.ts'
import { generationOf, load } from './packets-command.ts'
import { helpOf, UsageError } from './settings.ts'
import { stateIn } from './state-command.ts'

const USAGE = 'estragon check-step FILE --project FOLDER --script PATH [options]'
const OPTIONS = {
  project: { type: 'string', value: 'FOLDER', doc: 'the Godot project, with the add-on' },
  script: { type: 'string', value: 'PATH', doc: 'its step: res://step.gd has a method `step`' },
  engine: { type: 'string', value: 'FILE', doc: 'the engine to run it with (godot)' },
  godot: { type: 'string', value: '4|3', doc: 'its generation (4)' },
  recorded: { type: 'string', value: 'FILE', doc: 'inputs in JSON, in place of some by chance' },
  inputs: { type: 'string', value: 'COUNT', doc: 'how many by chance (1000)' },
  seed: { type: 'string', value: 'NUMBER', doc: 'the same seed, the same inputs (1)' },
  hz: { type: 'string', value: 'NUMBER', doc: 'how many ticks a second has (20)' },
  help: { type: 'boolean', doc: 'say this' },
} as const
const ABOUT = [
  'Does the same inputs in TypeScript and in GDScript, and shows the first difference. FILE is an ES',
  'module (compiled JavaScript) that exports what defineState returns, as `state`, and `step`.',
]
/** What the add-on has for it. */
const RUNNER = 'res://addons/estragon/check_step.gd'
/** An engine that takes longer hangs. */
const BOUND_MS = 60_000

type Values = Record<string, unknown>
type Step = (player: Values, input: Values, seconds: number) => void

/** What is compared: the fields of a player and of an input, and what is done. */
interface Course {
  readonly fields: readonly FieldSchema[]
  readonly inputs: readonly FieldSchema[]
  readonly step: number
  readonly row: Values
  readonly recorded: readonly Values[]
}

/** Runs `estragon check-step …`; throws an Error that says what is wrong. */
export async function runCheckStep(args: readonly string[]): Promise<Printed> {
  const { values, positionals } = parseArgs({
    args: [...args],
    ...{ options: OPTIONS, strict: true, allowPositionals: true },
  })
  if (values.help) return { text: helpOf(USAGE, OPTIONS, ABOUT) }
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0)
    throw new UsageError('check-step: expected one file, a module that exports `state` and `step`')
  const { project, script, engine = 'godot', recorded } = values
  if (project === undefined || script === undefined)
    throw new UsageError('check-step: expected --project and --script, the step in GDScript')
  const { schema, step } = await readStep(file)
  const [hz, seed] = [numberOf(values.hz, 'hz', 20), numberOf(values.seed, 'seed', 1)]
  const count = numberOf(values.inputs, 'inputs', 1_000)
  const course = courseOf(schema, hz, recorded ? await readRecorded(recorded) : { seed, count })
  const ours = done(course, step)
  const quiet = QUIET[generationOf(values.godot)]
  const theirs = await doneBy({ engine, quiet, project, script }, course)
  const difference = differenceIn(course, ours, theirs)
  if (difference) throw new Error(`${basename(file)} and ${script} differ: ${difference}`)
  return { text: `${ours.length} inputs: both steps do the same` }
}

async function readStep(file: string): Promise<{ schema: StateSchema; step: Step }> {
  const module = await load(file)
  const own = module.default as { step?: unknown } | undefined
  const [state, step] = [stateIn(module), module.step ?? own?.step]
  if (!state) throw new Error(`${file}: expected \`state\`, made by defineState, among its exports`)
  if (!state.schema.inputs) throw new Error(`${file}: expected a state that has inputs`)
  if (typeof step !== 'function') throw new Error(`${file}: expected \`step\`, a function`)
  return { schema: state.schema, step: step as Step }
}

function numberOf(said: string | undefined, name: string, usual: number): number {
  const number = said === undefined ? usual : Number(said)
  if (number > 0 && Number.isFinite(number)) return number
  throw new UsageError(`--${name}: expected a number above 0, got "${said}"`)
}

async function readRecorded(file: string): Promise<Values[]> {
  const said: unknown = JSON.parse(await readFile(file, 'utf8'))
  if (Array.isArray(said)) return said as Values[]
  throw new Error(`${file}: expected an array of inputs`)
}

type Said = readonly Values[] | { readonly seed: number; readonly count: number }

function courseOf(schema: StateSchema, hz: number, said: Said): Course {
  const inputs = schema.inputs ?? []
  const fields = schema.tables[ackTable(schema)]?.fields ?? []
  const recorded = 'seed' in said ? byChance(inputs, said.seed, said.count) : said
  const travelled = recorded.map((one) => travelledOf(inputs, one))
  return { fields, inputs, step: 1 / hz, row: usualOf(fields), recorded: travelled }
}

/** An input as it comes out of a frame: as exact as its fields are. */
const travelledOf = (fields: readonly FieldSchema[], input: Values): Values =>
  Object.fromEntries(
    fields.map((field) => {
      const columns = fieldColumns(field, 0)
      const exact = (value: unknown, column: Column | undefined) =>
        typeof value === 'number' && column && !column.raw
          ? dequantise(column, quantise(column, value))
          : value
      const value = input[field.name]
      if (typeof value !== 'object' || value === null) return [field.name, exact(value, columns[0])]
      if (field.type === 'json') return [field.name, value]
      const parts = Object.entries(value).map(([part, one], at) => [part, exact(one, columns[at])])
      return [field.name, Object.fromEntries(parts)]
    }),
  )

/** Inputs that stay as they are for a while, as a player’s do, and go to their bounds. */
function byChance(fields: readonly FieldSchema[], seed: number, count: number): Values[] {
  const chance = chanceFrom(seed, 0)
  let cells: number[] = []
  const columns = fields.flatMap(fieldColumns)
  return Array.from({ length: count }, (_, index) => {
    if (index === 0 || chance() < 0.2)
      cells = columns.map(({ low, high, raw }) => {
        const part = Math.min(1, Math.max(0, chance() * 1.5 - 0.25))
        return raw ? 2 * part - 1 : Math.round(low + (high - low) * part)
      })
    return valuesOf(fields, columns, cells)
  })
}

const usualOf = (fields: readonly FieldSchema[]): Values => {
  const columns = fields.flatMap(fieldColumns)
  return valuesOf(
    fields,
    columns,
    columns.map((column) => (column.raw ? 0 : quantise(column, 0))),
  )
}

const valuesOf = (
  fields: readonly FieldSchema[],
  columns: readonly Column[],
  cells: readonly number[],
): Values =>
  Object.fromEntries(
    inputAccesses(fields, columns).map(({ name, columns: own, of }) => {
      const { type } = fields.find((one) => one.name === name) ?? {}
      if (type === 'string') return [name, '']
      if (type === 'json') return [name, null]
      const held = own.map((index) => {
        const column = columns[index] as Column // its own
        return column.raw ? cells[index] : dequantise(column, cells[index] as number)
      })
      return [name, of(held)]
    }),
  )

function done({ row, recorded, step: seconds }: Course, step: Step): Values[] {
  let player = row
  return recorded.map((input) => {
    player = structuredClone(player)
    step(player, input, seconds)
    return player
  })
}

/** An engine on a project, and what it is told so that it draws nothing. */
interface Running {
  readonly engine: string
  readonly quiet: string
  readonly project: string
  readonly script: string
}

const QUIET = { 4: '--headless', 3: '--no-window' } as const

async function doneBy(
  { engine, quiet, project, script }: Running,
  course: Course,
): Promise<Values[]> {
  const folder = await mkdtemp(join(tmpdir(), 'estragon-step-'))
  try {
    const [said, rows] = [join(folder, 'recorded.json'), join(folder, 'rows.json')]
    await writeFile(said, JSON.stringify(course))
    const { status, error, stdout, stderr } = spawnSync(
      engine,
      [quiet, '--path', project, '--script', RUNNER],
      {
        env: {
          ...process.env,
          ...{ ESTRAGON_STEP: script, ESTRAGON_RECORDED: said, ESTRAGON_ROWS: rows },
        },
        ...{ encoding: 'utf8', timeout: BOUND_MS },
      },
    )
    if (error) throw new Error(`--engine: ${engine}: ${error.message}`)
    const told = await readFile(rows, 'utf8').catch(() => undefined)
    if (told !== undefined) return JSON.parse(told) as Values[]
    throw new Error(`${script}: expected rows, got ${status}: ${lastOf(stdout + stderr)}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const lastOf = (text: string) => text.trim().split('\n').slice(-3).join(' | ')

/** The first input after which a field is another, by more than the wire tells apart. */
function differenceIn(course: Course, ours: readonly Values[], theirs: readonly Values[]) {
  const { fields, recorded } = course
  for (const [index, row] of ours.entries())
    for (const field of fields) {
      const [one, other] = [row[field.name], theirs[index]?.[field.name]]
      if (isSame(field, one, other)) continue
      const input = JSON.stringify(recorded[index])
      return `after input ${index + 1}, ${input}, ${field.name} is ${JSON.stringify(one)} in TypeScript and ${JSON.stringify(other)} in GDScript`
    }
  return undefined
}

function isSame(field: FieldSchema, one: unknown, other: unknown): boolean {
  const parts = [one, other].map((value) =>
    typeof value === 'object' && value !== null ? Object.values(value) : [value],
  ) as [unknown[], unknown[]]
  const columns = fieldColumns(field, 0)
  return parts[0].every((part, index) => {
    const against = parts[1][index]
    if (typeof part !== 'number' || typeof against !== 'number') return part === against
    const column = columns[index] ?? columns[0]
    const finest = column && !column.raw ? 0.5 / column.per : 0
    return Math.abs(part - against) <= Math.max(finest, Math.abs(part) * SINGLE)
  })
}

/** The least that single precision tells apart, as a part of the value: a Vector2 has no more. */
const SINGLE = 2 ** -22
