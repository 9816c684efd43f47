import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { fields, type OptionsOf } from '../option.ts'
import { CONFIG_OPTIONS } from '../options.ts'
import { type Place, readJson } from './json.ts'

/** A configuration may say what `createServer` takes of the same names. */
type Config = OptionsOf<typeof CONFIG_OPTIONS>

/**
 * Reads a configuration: JSON, or an ES module (compiled JavaScript) whose exports, or whose default
 * export, say the same and may have hooks. Throws an error that names the file, the line where there
 * is one, the place, and what was expected there.
 */
export async function readConfig(file: string): Promise<Config> {
  const path = resolve(file)
  const { said, where } =
    extname(path) === '.json' ? await readFileOf(path, file) : await readModule(path, file)
  const problem = config.check(said, '') ?? (isEmpty(said) ? NOTHING_SAID : undefined)
  if (problem === undefined) return said as Config
  const [place = ''] = problem.includes(': ') ? problem.split(': ') : []
  throw new Error(`${where(place)}: ${problem}`)
}

const config = fields(CONFIG_OPTIONS)
const isEmpty = (said: unknown) => Object.keys(said as object).length === 0
const NOTHING_SAID = `expected some of ${Object.keys(CONFIG_OPTIONS).join(', ')}, got none`

interface Source {
  readonly said: unknown
  /** What an error about a place begins with: the file, and the line if it is known. */
  readonly where: (place: string) => string
}

async function readFileOf(path: string, file: string): Promise<Source> {
  const read = readJson(textOf(await readFile(path).catch(unreadable(file)), file))
  const at = ({ line, column }: Place) => `${file}:${line}:${column}`
  if ('wrong' in read) throw new Error(`${at(read.place)}: expected JSON: ${read.wrong}`)
  return { said: read.value, where: (place) => at(read.placeOf(place)) }
}

/** Without the mark that editors of Windows put before it; some of them write another encoding. */
function textOf(bytes: Buffer, file: string): string {
  if (bytes[0] === 0xff || bytes[0] === 0xfe)
    throw new Error(`${file}: expected JSON in UTF-8, got UTF-16; save it as UTF-8`)
  return bytes.toString('utf8').replace(/^\ufeff/, '')
}

async function readModule(path: string, file: string): Promise<Source> {
  if (await isAbsent(path)) unreadable(file)({ code: 'ENOENT' })
  const { default: own = {}, ...named } = await load(path, file)
  const problem = config.check(own, 'default')
  if (problem?.startsWith('default: ')) throw new Error(`${file}: ${problem}`)
  return { said: { ...named, ...(own as object) }, where: () => file }
}

type Exports = Readonly<Record<string, unknown>>

async function load(path: string, file: string): Promise<Exports> {
  const { href } = pathToFileURL(path)
  try {
    return await import(href)
  } catch (thrown) {
    const { message = String(thrown), stack = '', code } = Object(thrown) as NodeJS.ErrnoException
    if (code === STRANGE || message.startsWith(STRANGE))
      throw new Error(`${file}: expected JSON (.json) or compiled JavaScript (.mjs, .js)`)
    const told = thrown instanceof SyntaxError ? checked(path) : stack
    const [, place = ''] = new RegExp(`${escaped(href)}((?::\\d+){1,2})`).exec(told) ?? []
    throw new Error(`${file}${place}: ${message}`, { cause: thrown })
  }
}

/** What is wrong with the syntax of a file, and where: an import that fails does not say it. */
const checked = (path: string): string =>
  spawnSync(process.execPath, ['--check', path], { encoding: 'utf8' }).stderr.replace(
    path,
    pathToFileURL(path).href,
  )

const STRANGE = 'ERR_UNKNOWN_FILE_EXTENSION'

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

const isAbsent = (path: string): Promise<boolean> =>
  readFile(path).then(
    () => false,
    ({ code }: NodeJS.ErrnoException) => code === 'ENOENT',
  )

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'expected a file, got a folder',
  EACCES: 'this user may not read it',
}

const unreadable =
  (file: string) =>
  ({ code = '' }: { readonly code?: string }): never => {
    throw new Error(`${file}: ${WHY[code] ?? `cannot be read (${code})`}`)
  }
