import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { LINES } from './cli/settings.ts'
import { HOOKS } from './game/definition.ts'
import { ROOM_OPTIONS } from './game/options.ts'
import { NEAR_OPTIONS, QUEUE_OPTIONS } from './game/queue.ts'
import type { Options } from './option.ts'
import { SERVER_OPTIONS } from './options.ts'

/** What the README lists, by the name between its markers. */
const LISTS: Readonly<Record<string, () => string>> = {
  room: () => table(['option', 'default', ''], rowsOf(ROOM_OPTIONS)),
  hooks: () =>
    table(
      ['hook', 'when'],
      Object.entries(HOOKS).map(([name, { doc }]) => [`\`${name}\``, doc]),
    ),
  queue: () => table(['option', 'default', ''], rowsOf(QUEUE_OPTIONS)),
  near: () => table(['option', 'default', ''], rowsOf(NEAR_OPTIONS)),
  createServer: () => table(['option', 'default', ''], rowsOf(SERVER_OPTIONS)),
  'command line': () => table(['option', 'environment', ''], commandRows()),
}

/** The README with its lists as the tables of options have them. */
export const readmeOf = (readme: string): string =>
  Object.entries(LISTS).reduce((text, [name, list]) => {
    const [begin, end] = [`<!-- options: ${name} -->\n`, `<!-- end of options -->`]
    const from = text.indexOf(begin)
    const to = text.indexOf(end, from)
    if (from < 0 || to < 0) throw new Error(`README.md: expected ${begin.trim()} and ${end}`)
    return `${text.slice(0, from)}${begin}\n${list()}\n\n${text.slice(to)}`
  }, readme)

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

if (argv[1] && realpathSync(argv[1]) === fileURLToPath(import.meta.url)) {
  const file = new URL('../README.md', import.meta.url)
  writeFileSync(file, readmeOf(readFileSync(file, 'utf8')))
}
