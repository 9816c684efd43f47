import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { LINES } from './cli/settings.ts'
import { HOOKS } from './game/definition.ts'
import { ROOM_OPTIONS } from './game/options.ts'
import { PLAZA_OPTIONS } from './game/plaza.ts'
import { NEAR_OPTIONS, QUEUE_OPTIONS } from './game/queue.ts'
import type { Options } from './option.ts'
import { SERVER_OPTIONS } from './options.ts'

/** Documents in which tables of options stand. */
export const LISTING = ['server/README.md', 'server/OPERATING.md'] as const

/** What they list, by the name between its markers. */
const LISTS: Readonly<Record<string, () => string>> = {
  room: () => table(['option', 'default', ''], rowsOf(ROOM_OPTIONS)),
  hooks: () =>
    table(
      ['hook', 'when'],
      Object.entries(HOOKS).map(([name, { doc }]) => [`\`${name}\``, doc]),
    ),
  queue: () => table(['option', 'default', ''], rowsOf(QUEUE_OPTIONS)),
  near: () => table(['option', 'default', ''], rowsOf(NEAR_OPTIONS)),
  plaza: () => table(['option', 'default', ''], rowsOf(PLAZA_OPTIONS)),
  createServer: () => table(['option', 'default', ''], rowsOf(SERVER_OPTIONS)),
  'command line': () => table(['option', 'environment', ''], commandRows()),
}

/** A document with its lists as the tables of options have them; refuses what it cannot fill. */
export const listed = (path: string, text: string): string =>
  text.replace(MARKED, (_, name: string) => {
    const list = LISTS[name]
    if (!list) throw new Error(`${path}: expected one of ${Object.keys(LISTS)}, got ${name}`)
    return `<!-- options: ${name} -->\n\n${list()}\n\n<!-- end of options -->`
  })

/** Which lists a document has. */
export const listsOf = (text: string) => [...text.matchAll(MARKED)].map(([, name = '']) => name)
export const LIST_NAMES = Object.keys(LISTS)

const MARKED = /<!-- options: (.*?) -->\n.*?<!-- end of options -->/gs

const rowsOf = (options: Options) =>
  Object.entries(options).map(([name, { doc, default: usual }]) => [
    `\`${name}\``,
    usual === undefined ? '' : `\`${typeof usual === 'string' ? usual : JSON.stringify(usual)}\``,
    doc,
  ])

const commandRows = () =>
  Object.entries(LINES).map(([name, line]) => {
    const { short, value, env, doc }: Partial<Record<string, string>> = line
    const long = `\`--${name}${value ? ` ${value}` : ''}\``
    return [short ? `\`-${short}\`, ${long}` : long, env ? `\`${env}\`` : '', doc ?? '']
  })

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

if (argv[1] && realpathSync(argv[1]) === fileURLToPath(import.meta.url))
  for (const path of LISTING) {
    const file = new URL(`../${path}`, import.meta.url)
    writeFileSync(file, listed(path, readFileSync(file, 'utf8')))
  }
