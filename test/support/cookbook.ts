import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import pino from 'pino'
import type { Test } from 'tap'
import { readConfig } from '../../server/cli/config.ts'
import { createServer } from '../../server/server.ts'
import { GODOT_ACTORS, WEB_ACTOR } from './cookbook-actors.ts'
import type { Prompter } from './cookbook-prompter.ts'
import type { Generation } from './demo.ts'
import { startGodot } from './engines.ts'
import { type Program, startProgram } from './program.ts'

/** A recipe of the cookbook, as its code blocks say. */
export interface Recipe {
  readonly title: string
  readonly blocks: ReadonlyMap<string, string>
}

/** A client of a recipe: told which function to call, and heard by what it prints. */
export interface Player {
  calls(name: string, ...args: readonly (string | number)[]): void
  /** Every line its recipe printed. */
  readonly lines: readonly string[]
  /** The `nth` line that is this one, past or future. */
  prints(line: string | RegExp, nth?: number): Promise<string>
}

/** What a recipe is played on. */
interface Stage {
  readonly recipe: Recipe
  /** The server’s address. */
  readonly url: string
  readonly prompter: Prompter
}

/** A Godot project and the engine for it. */
interface Project {
  readonly engine: Generation
  readonly path: string
  readonly project: string
}

export const CLIENTS = ['TypeScript', 'Godot 4', 'Godot 3'] as const
const PARTS = { godot4: 'Godot 4', godot3: 'Godot 3' } as const
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** Where Godot 4 notes which class is in which file; only the add-on has any. */
const CLASSES = '.godot/global_script_class_cache.cfg'
const ADDRESS = 'ws://127.0.0.1:1234'
/** An engine may start on a busy machine. */
const BOUND_MS = 60_000
/** What the engines say of themselves. */
const NOISE = /^(Godot Engine v|WARNING: OS::get_singleton|\s*$|OpenGL|Vulkan)/

/** The recipes by their title, and each one’s blocks by what they are: `server`, `TypeScript`, … */
export function readCookbook(): Map<string, Recipe> {
  const text = readFileSync(join(ROOT, 'protocol/COOKBOOK.md'), 'utf8')
  const recipes = new Map<string, Recipe>()
  for (const [, title = ''] of text.matchAll(/^## (.*)$/gm))
    recipes.set(title, {
      title,
      blocks: new Map(
        [...text.matchAll(/^### (.*): (.*)\n\n```\w+\n([\s\S]*?)\n```$/gm)]
          .filter(([, its]) => its === title)
          .map(([, , part = '', code = '']) => [part, code]),
      ),
    })
  return recipes
}

export const block = ({ title, blocks }: Recipe, part: string): string => {
  const code = blocks.get(part)
  if (code !== undefined) return code
  throw new Error(`COOKBOOK.md: expected a block under "### ${title}: ${part}"`)
}

/** Starts the server part as `--config` would; resolves with its address. */
export async function serve(t: Test, folder: string, recipe: Recipe): Promise<string> {
  const source = pathToFileURL(join(ROOT, 'server/server.ts')).href
  const file = join(folder, `${nameOf(recipe)}.server.mjs`)
  writeFileSync(file, block(recipe, 'server').replace("'estragon'", `'${source}'`))
  const log = pino({ level: 'silent' })
  const server = await createServer({ ...(await readConfig(file)), port: 0, log })
  t.teardown(() => server.close())
  return `ws://127.0.0.1:${server.port}`
}

/** The web client in Node, which may lack a WebSocket of its own. */
export async function playInNode(
  t: Test,
  folder: string,
  { recipe, url, prompter }: Stage,
): Promise<Player> {
  const name = join(folder, nameOf(recipe))
  writeFileSync(`${name}.ts`, at(url, block(recipe, 'TypeScript')))
  await build({
    stdin: { contents: WEB_ACTOR, resolveDir: folder, loader: 'ts' },
    outfile: `${name}.client.mjs`,
    alias: {
      recipe: `${name}.ts`,
      'estragon/client': join(ROOT, 'web-client/client.ts'),
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['ws'],
    logLevel: 'silent',
  })
  const env = { PROMPTER: prompter.invite('web') }
  return player('web', prompter, startProgram(t, process.execPath, [`${name}.client.mjs`], { env }))
}

/** A project with the add-on, whose classes are known, to which recipes are added. */
export function makeProject(folder: string, engine: Generation, path: string): Project {
  const own = join(ROOT, 'godot-client', engine)
  const project = join(folder, engine)
  const { scene, script } = GODOT_ACTORS[engine]
  const settings = readFileSync(join(own, 'project.godot'), 'utf8')
    .replace(/^run\/main_scene=.*$/m, 'run/main_scene="res://main.tscn"')
    .replace('treat_warnings_as_errors=true', 'treat_warnings_as_errors=false')

  cpSync(join(own, 'addons'), join(project, 'addons'), { recursive: true })
  writeFileSync(join(project, 'project.godot'), settings)
  writeFileSync(join(project, 'main.tscn'), scene)
  writeFileSync(join(project, 'main.gd'), script)
  // What an import would find out again: the project of our own was imported before all tests.
  if (engine === 'godot4') cpSync(join(own, CLASSES), join(project, CLASSES))
  return { engine, path, project }
}

export function playInGodot(
  t: Test,
  { engine, path, project }: Project,
  { recipe, url, prompter }: Stage,
): Player {
  const file = `${nameOf(recipe)}.gd`
  writeFileSync(join(project, file), `${at(url, block(recipe, PARTS[engine]))}\n`)
  const env = { PROMPTER: prompter.invite(engine), RECIPE: `res://${file}` }
  return player(engine, prompter, startGodot(t, engine, path, { project, env }))
}

function player(name: string, prompter: Prompter, { lines, complaints }: Program): Player {
  const said = () => lines.items.filter((line) => !NOISE.test(line))
  return {
    calls: (...call) => prompter.say(name, call),
    get lines() {
      return [...said(), ...complaints.items.filter((line) => /ERROR|WARNING|Error/.test(line))]
    },
    prints(line, nth = 1) {
      let count = 0
      const fits = (one: string) => (typeof line === 'string' ? one === line : line.test(one))
      return lines.until((one) => fits(one) && ++count === nth, `${nth} × ${line}`, BOUND_MS)
    },
  }
}

function at(url: string, code: string): string {
  const parts = code.split(ADDRESS)
  if (parts.length === 2) return parts.join(url)
  throw new Error(`expected ${ADDRESS} once, got it ${parts.length - 1} times`)
}

const nameOf = ({ title }: Recipe) => title.toLowerCase().replace(/\W+/g, '_')
