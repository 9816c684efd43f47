import { accessSync, constants, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { Readable } from 'node:stream'
import type { Test } from 'tap'
import { type Child, type Ending, type Program, startProgram } from './program.ts'

/** A program the tests drive: where it is looked for, and how to get it. */
interface Engine {
  /** The environment variable that names it; goes before PATH. */
  readonly variable: string
  readonly names: readonly string[]
  /** It is no program but a folder with files like this one. */
  readonly holds?: RegExp
  readonly get: string
  /** What makes it run without a window. */
  readonly headless: readonly string[]
}

export const ENGINES = {
  chromium: {
    variable: 'CHROMIUM',
    names: ['chromium', 'chromium-browser', 'google-chrome'],
    get: 'Debian: bash test/support/install.sh; elsewhere install Chromium, or set CHROMIUM',
    headless: ['--headless'],
  },
  godot32: {
    variable: 'GODOT32',
    names: ['godot3-server'],
    get: 'Debian: bash test/support/install.sh; elsewhere set GODOT32 to a Godot 3.2 server binary',
    headless: [],
  },
  godot3: {
    variable: 'GODOT3',
    names: ['godot3', 'godot3-headless'],
    get: 'Debian: bash test/support/install.sh; elsewhere set GODOT3 to a Godot 3.6 server binary',
    headless: [],
  },
  godot4: {
    variable: 'GODOT4',
    names: ['godot4', 'godot'],
    get: 'Debian: bash test/support/install.sh; elsewhere set GODOT4 to a Godot 4.6 binary',
    headless: ['--headless'],
  },
  web: {
    variable: 'GODOT_WEB',
    names: ['web'],
    get: 'bash test/support/install.sh; or set GODOT_WEB to the template of a web export, unpacked',
    headless: [],
    holds: /^(index|godot)\.wasm$/,
  },
  xvfb: {
    variable: 'XVFB',
    names: ['Xvfb'],
    get: 'Debian: bash test/support/install.sh; elsewhere install Xvfb and Mesa, or set XVFB',
    headless: [],
  },
} as const satisfies Record<string, Engine>

/** How Godot 4 draws where there is no graphics card, nor a sound card. */
const DRAWING = ['--rendering-driver', 'opengl3', '--audio-driver', 'Dummy'] as const

/** Where test/support/install.sh puts what is not the machine’s own. */
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'estragon')

export type EngineName = keyof typeof ENGINES
export type GodotName = Exclude<EngineName, 'chromium' | 'web' | 'xvfb'>
type Environment = Readonly<Record<string, string | undefined>>

/** The engine’s path; a variable that names none is an error, never a silent second choice. */
export function findEngine(
  name: EngineName,
  environment: Environment = process.env,
): string | undefined {
  const { variable, names, holds }: Engine = ENGINES[name]
  const isIt = (path: string) => (holds ? isFolderOf(path, holds) : isProgram(path))
  const named = environment[variable]
  if (named) {
    if (isIt(named)) return named
    const wanted = holds ? `a folder with ${holds.source}` : 'a program'
    throw new Error(`${variable}: expected the path of ${wanted}, got ${named}`)
  }
  const path = (environment.PATH ?? '').split(delimiter).filter(Boolean)
  const folders = holds ? [CACHE] : [...path, join(CACHE, 'godot/bin')]
  return names.flatMap((file) => folders.map((folder) => join(folder, file))).find(isIt)
}

/** The engine’s path for a test; absent, the test is skipped, or fails where CI=true. */
export function needEngine(
  t: Pick<Test, 'pass' | 'fail'>,
  name: EngineName,
  environment: Environment = process.env,
): string | undefined {
  const path = findEngine(name, environment)
  if (path !== undefined) return path
  const absent = `${name} is not installed. ${ENGINES[name].get}`
  if (environment.CI === 'true') t.fail(absent)
  else t.pass(absent, { skip: true })
  return undefined
}

export interface GodotOptions {
  /** The folder of project.godot. */
  readonly project: string
  /** A SceneTree script to run instead of the main scene, such as `res://test/rooms.gd`. */
  readonly script?: string
  /** Where to draw, such as `:99`; headless unless given. */
  readonly display?: string
  /** Where on it the window is. */
  readonly position?: string
  readonly env?: Environment
}

/** Godot on a project, its user data in a folder of its own. */
export function startGodot(
  t: Pick<Test, 'teardown'>,
  name: GodotName,
  path: string,
  { project, script, display, position, env }: GodotOptions,
): Child {
  const home = mkdtempSync(join(tmpdir(), 'estragon-godot-'))
  t.teardown(() => rmSync(home, { recursive: true, force: true }))
  const drawing = display ? DRAWING : ENGINES[name].headless
  const args = [...drawing, '--path', project, ...(script ? ['--script', script] : [])]
  if (position) args.push('--position', position)
  return startProgram(t, path, args, {
    env: {
      ...{ XDG_DATA_HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
      ...(display && { DISPLAY: display }),
      ...env,
    },
  })
}

/**
 * A screen that nobody sees; resolves with the DISPLAY for who draws on it. What is on it is in a file
 * of `folder`, see screen.ts.
 */
export async function startScreen(
  t: Pick<Test, 'teardown'>,
  path: string,
  {
    width,
    height,
    folder,
  }: { readonly width: number; readonly height: number; readonly folder?: string },
): Promise<string> {
  const screen = `${width}x${height}x24`
  const args = ['-displayfd', '1', '-screen', '0', screen, '-noreset', '-nolisten', 'tcp']
  if (folder) args.push('-fbdir', folder)
  const { lines } = startProgram(t, path, args)
  return `:${await lines.until((line) => /^\d+$/.test(line), 'the number of the display')}`
}

export interface Report {
  /** What the script printed: TAP, between Godot’s own lines. */
  readonly tap: string
  /** Why the run itself failed, whatever the TAP says. */
  readonly failure?: string
}

/** Runs a script to its end; one still running after `bound_ms` is ended. */
export function runScript(
  t: Pick<Test, 'teardown'>,
  name: GodotName,
  path: string,
  { bound_ms, ...options }: GodotOptions & { readonly bound_ms?: number },
): Promise<Report> {
  return reportOf(startGodot(t, name, path, options), bound_ms)
}

/**
 * What a script said until its end. Godot exits 0 after a script error at run time, so the output is
 * read for it; a script still running after `bound_ms` is ended.
 */
export async function reportOf(godot: Program, bound_ms = 60_000): Promise<Report> {
  let hung = false
  const bound = setTimeout(() => {
    hung = true
    void godot.close() // awaited as `ended`
  }, bound_ms)
  const ending = await godot.ended
  clearTimeout(bound)

  const output = [...godot.lines.items, ...godot.complaints.items].join('\n')
  const failure = hung ? `still running after ${bound_ms} ms` : failureOf(ending, output)
  return {
    tap: godot.lines.items.map((line) => `${line}\n`).join(''),
    ...(failure && { failure: `${failure}\n${output}` }),
  }
}

/** Runs a script that prints TAP, and reports it as a subtest. */
export async function run(
  t: Test,
  name: GodotName,
  options: GodotOptions & { readonly script: string; readonly bound_ms?: number },
): Promise<void> {
  const path = needEngine(t, name)
  if (path === undefined) return
  const { tap, failure } = await runScript(t, name, path, options)
  const title = `${options.script} in ${name}`
  if (failure) t.fail(`${title}: ${failure}`)
  else await t.stdin(title, { tapStream: Readable.from([tap]) })
}

function failureOf({ code, signal, error }: Ending, output: string): string | undefined {
  if (error) return `did not start: ${error}`
  if (output.includes('SCRIPT ERROR')) return 'a script error'
  if (code !== 0) return `ended with ${signal ?? `exit code ${code}`}`
  return undefined
}

function isFolderOf(path: string, file: RegExp): boolean {
  try {
    return readdirSync(path).some((name) => file.test(name))
  } catch {
    return false
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
