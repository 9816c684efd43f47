import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { rowsScript } from '../../protocol/generate/rows.ts'
import type { State } from '../../protocol/state.ts'
import type { Printed } from './commands.ts'
import { generationOf, load, nameOf } from './packets-command.ts'
import { helpOf, UsageError } from './settings.ts'

const USAGE = 'estragon state FILE [options]'
const OPTIONS = {
  godot: { type: 'string', value: '4|3', doc: 'the generation of Godot it is for (4)' },
  out: { type: 'string', value: 'FILE', doc: 'where to write it (standard output)' },
  name: { type: 'string', value: 'NAME', doc: 'what the class is called (GameState)' },
  help: { type: 'boolean', doc: 'say this' },
} as const
const ABOUT = [
  'Writes the tables of a room for Godot: a class for the rows of each, whose fields are typed,',
  'and their hash. FILE is an ES module (compiled JavaScript) that exports what defineState',
  'returns, as `state` or by default; nobody needs it: rows have their fields by name as well.',
]

/** Runs `estragon state …`; throws an Error that says what is wrong. */
export async function runState(args: readonly string[]): Promise<Printed> {
  const { values, positionals } = parseArgs({
    args: [...args],
    ...{ options: OPTIONS, strict: true, allowPositionals: true },
  })
  if (values.help) return { text: helpOf(USAGE, OPTIONS, ABOUT) }
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0)
    throw new UsageError('state: expected one file, a module that exports the tables')
  const [generation, name] = [generationOf(values.godot), nameOf(values.name ?? 'GameState')]
  const { schema, hash } = await readState(file)
  const text = rowsScript(schema, hash, generation, name)
  if (values.out === undefined) return { text: text.trimEnd() }
  await writeFile(values.out, text)
  const count = schema.tables.length
  return { text: '', remark: `${values.out}: ${count} tables of ${basename(file)}` }
}

/** What defineState returned, among the exports of a module. */
export const stateIn = ({ default: own, state }: Record<string, unknown>): State | undefined =>
  [state, (own as { state?: unknown } | undefined)?.state, own].find(isState)

async function readState(file: string): Promise<State> {
  const found = stateIn(await load(file))
  if (found) return found
  throw new Error(`${file}: expected \`state\`, made by defineState, among its exports`)
}

function isState(value: unknown): value is State {
  if (typeof value !== 'object' || value === null) return false
  const { hash, schema } = value as Partial<State>
  return typeof hash === 'string' && Array.isArray(schema?.tables)
}
