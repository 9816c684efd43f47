import { readFile } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { fields, type OptionsOf } from '../option.ts'
import { CONFIG_OPTIONS } from '../options.ts'

/** What a configuration may say: what `createServer` takes of the same names. */
type Config = OptionsOf<typeof CONFIG_OPTIONS>

/**
 * Reads a configuration: JSON, or an ES module (compiled JavaScript) whose exports, or whose default
 * export, say the same and may have hooks. Throws an error that names the place and what was
 * expected there.
 */
export async function readConfig(file: string): Promise<Config> {
  const path = resolve(file)
  const said = extname(path) === '.json' ? await readJson(path, file) : await readModule(path)
  const problem = config.check(said, '')
  if (problem !== undefined) throw new Error(`${file}: ${problem}`)
  return said as Config
}

const config = fields(CONFIG_OPTIONS)

async function readJson(path: string, file: string): Promise<unknown> {
  const source = await readFile(path, 'utf8')
  try {
    return JSON.parse(source)
  } catch (error) {
    throw new Error(`${file}: expected JSON: ${(error as Error).message}`)
  }
}

async function readModule(path: string): Promise<unknown> {
  const { default: own, ...named } = (await import(pathToFileURL(path).href)) as {
    readonly default?: Record<string, unknown>
  }
  return { ...named, ...own }
}
