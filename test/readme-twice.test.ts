import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import ts from 'typescript'
import type { Any } from './support/client.ts'
import { makeProject } from './support/cookbook.ts'
import { needEngine, startGodot } from './support/engines.ts'
import { listening } from './support/estragon.ts'
import { startProgram } from './support/program.ts'
import { readAddOnBlocks, readBlocks } from './support/readme.ts'
import {
  type Around,
  ELSEWHERE,
  GODOT_PROGRAMS,
  GODOTS,
  type GodotAround,
  PROGRAMS,
  TOGETHER,
} from './support/readme-programs.ts'
import { installed } from './support/tarball.ts'

t.setTimeout(300_000)

const ADDRESS = 'ws://127.0.0.1:1234'
/** Prints what it has done; Node 20 has no WebSocket of its own. */
const FIRST = "import WebSocket from 'ws'\nglobalThis.WebSocket ??= WebSocket\n"
const DONE = 'the README is done'
/** What the blocks for Godot find: the kind `open`, and a queue in which nobody waits. */
const GAME = {
  open: true,
  rooms: { arena: { capacity: 4 } },
  queues: { ranked: { kind: 'arena', max: 1 } },
}
const CONFIG = 'Rooms with rules of their own json 1'
const KEYS = 'From development to production sh 1'

const blocks = new Map(
  [...readBlocks(), ...readAddOnBlocks('Positions and state')].map((block) => [block.name, block]),
)
const codeOf = (name: string): string => {
  const block = blocks.get(name)
  if (block) return block.code
  throw new Error(`README.md: expected a block ${name} among ${[...blocks.keys()].join(', ')}`)
}

t.test('every block of the README is run here, or it is said where', async (t) => {
  const own = [
    ...Object.keys(PROGRAMS),
    ...TOGETHER.flatMap(({ blocks: some }) => some),
    CONFIG,
    KEYS,
    ...GODOTS,
  ]
  const elsewhere = Object.keys(ELSEWHERE)

  t.strictSame([...new Set([...own, ...elsewhere])].sort(), [...blocks.keys()].sort())
})

t.test('what the README shows works the second time, too, from an empty folder', async (t) => {
  const project = await installed(t, ['ws'])
  const { url, key } = await serve(t, project, ['--dev', '--data', ':memory:'])

  for (const [name, around] of Object.entries(PROGRAMS))
    await t.test(name, (t) => runTwice(t, project, name, codeOf(name), around(url, key), url))
  for (const around of TOGETHER) {
    const name = around.blocks.join(', ')
    const code = around.blocks.map(codeOf).join('\n')
    await t.test(name, (t) => runTwice(t, project, name, code, around, url))
  }
  await t.test(CONFIG, async (t) => {
    await writeFile(join(project, 'game.json'), codeOf(CONFIG))
    for (const _ of TWICE) {
      const server = await serve(t, project, ['--config', 'game.json', '--data', ':memory:'])
      await server.close()
    }
  })
  await t.test(KEYS, async (t) => {
    for (const _ of TWICE) await makesKeys(t, project, codeOf(KEYS))
  })
})

const godot4 = needEngine(t, 'godot4')
const godot3 = needEngine(t, 'godot3')

if (godot4 !== undefined && godot3 !== undefined)
  t.test('what the README shows in Godot works the second time, too', async (t) => {
    const config = t.testdir({ 'game.json': JSON.stringify(GAME) })
    const words = ['-p', '0', '-h', '127.0.0.1', '--dev', '--config', join(config, 'game.json')]
    const server = await listening(t, words)
    const url = `ws://127.0.0.1:${server.port}`
    const key = keyIn(await server.logs('access key'))
    const folder = join(config, 'godot')
    await mkdir(join(folder, 'home'), { recursive: true })
    const projects = {
      godot4: makeProject(folder, 'godot4', godot4),
      godot3: makeProject(folder, 'godot3', godot3),
    }
    const env = { ...(await passTo(url, key)), ...homeOf(join(folder, 'home')) }
    for (const [name, around] of Object.entries(GODOT_PROGRAMS))
      await t.test(name, async (t) => {
        const { engine, path, project } = projects[around.engine]
        const script = playedBy(around, codeOf(name)).replaceAll(ADDRESS, url)
        await writeFile(join(project, 'main.gd'), script)
        for (const time of TWICE) {
          const game = startGodot(t, engine, path, { project, env })
          await game.lines.until((line) => line === DONE, 'to be done', 60_000)
          const lines = game.lines.items
          for (const wanted of around.prints)
            t.ok(lines.includes(wanted), `${time}: ${wanted} among ${lines.join(' | ')}`)
          t.notMatch(game.complaints.items.join('\n'), /ERROR/)
          await game.close()
        }
      })
  })

/** A player of a service’s own, as the game knows it. */
async function passTo(url: string, key: string): Promise<Record<string, string>> {
  const body = JSON.stringify({ service: 'username', identifier: 'ada' })
  const asked = await fetch(`${url.replace('ws:', 'http:')}/v1/players/identify`, {
    ...{ method: 'POST', body },
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  })
  const { alias, token } = (await asked.json()) as Any
  return { ALIAS: String(alias.id), TOKEN: token }
}

/** A home of its own, which outlives the game. */
const homeOf = (home: string) => ({
  ...{ XDG_DATA_HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
})

/** The script of a game that runs a block, and answers what it is asked. */
function playedBy({ engine, before, after }: GodotAround, code: string): string {
  const body = [...before, ...code.trimEnd().split('\n'), ...after, `print("${DONE}")`]
  const lines = body.map((line) => `\t${line.replace(/^ {4}/, '\t')}\n`).join('')
  return FRAMES[engine].replace('BODY', lines)
}

const FRAMES = {
  godot4: `extends Node

func _ready() -> void:
	Network.queries.prompted.connect(func(prompt: EstragonPrompt) -> void:
		prompt.handled = true
		prompt.answer(true))
BODY`,
  godot3: `extends Node

func _ready():
	Network.queries.connect("prompted", self, "_on_prompted")
BODY
func _on_prompted(prompt):
	prompt.handled = true
	prompt.answer(true)

func _on_wave(_args, from):
	print(from.name)

func _on_duck(row):
	print(row.owner, " at ", row.at)
`,
} as const

const TWICE = ['first', 'second'] as const

/** Runs a block until it is done, kills it, and runs it once more at once. */
async function runTwice(
  t: Test,
  project: string,
  name: string,
  code: string,
  around: Around,
  url: string,
): Promise<void> {
  const { before = '', after = '', replaced = [], prints, env = {} } = around
  let text = `${FIRST}${before}${code}\n${after}\nconsole.log('${DONE}')\n`
  for (const [from, to] of replaced) {
    if (!text.includes(from)) throw new Error(`README.md: ${name}: expected ${from}`)
    text = text.replaceAll(from, to)
  }
  const file = `${name.toLowerCase().replace(/\W+/g, '-')}.mjs`
  const target = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext }
  const { outputText } = ts.transpileModule(text.replaceAll(ADDRESS, url), {
    compilerOptions: target,
  })
  await writeFile(join(project, file), outputText)

  for (const time of TWICE) {
    const program = startProgram(t, process.execPath, [file], { cwd: project, env })
    await program.lines.until((line) => line === DONE, 'to be done', 60_000)
    const lines = [...program.lines.items.slice(0, -1), ...program.complaints.items]
    for (const wanted of prints)
      t.ok(
        lines.some((line) => (typeof wanted === 'string' ? line === wanted : wanted.test(line))),
        `${time}: ${wanted} among ${lines.join(' | ')}`,
      )
    t.notMatch(program.complaints.items.join('\n'), /Error/)
    await program.close()
  }
}

async function serve(t: Test, cwd: string, words: readonly string[]) {
  const args = ['estragon', '-p', '0', '-h', '127.0.0.1', '--log', 'silent', ...words]
  const server = startProgram(t, 'npx', args, { cwd })
  const line = await server.lines.until((one) => one.startsWith('server listening'), 'a line')
  const key = words.includes('--dev')
    ? await server.lines.until((one) => one.includes('access key'), 'a key')
    : ''
  const url = `ws://127.0.0.1:${line.split(':').at(-1)}`
  return { url, key: keyIn(key), close: server.close }
}

const keyIn = (line: string) => line.split(': ').at(-1) ?? ''

/** A key is made, listed and revoked, as the README has it. */
async function makesKeys(t: Test, cwd: string, code: string): Promise<void> {
  let id = 'ID'
  for (const line of code.split('\n').map((one) => one.replace(/ *#.*/, '').trim())) {
    if (line === '') continue
    const words = line.replace('ID', id).split(' ')
    const { lines, complaints, ended } = startProgram(t, 'npx', words, { cwd })
    const { code: status } = await ended
    t.equal(status, 0, [line, ...complaints.items].join('\n'))
    const said = [...lines.items, ...complaints.items].join('\n')
    id = /access key (\S+):/.exec(said)?.[1] ?? id
    if (line.endsWith('list')) t.match(said, id, 'it is listed')
  }
  t.not(id, 'ID')
}
