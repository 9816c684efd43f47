import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { asked } from './asked.ts'
import { colyseus } from './colyseus.ts'
import { type Dialect, envelopes, socketIo, type Wide } from './dialects.ts'

/** Who does all that is compared; `before` is estragon as it was, see `--before`. */
export type Wider = 'estragon' | 'before' | 'ws' | 'socket.io'
/**
 * Who is compared in rooms; `acknowledged` is estragon with every event answered, `gathered` with
 * rooms that write what is said 20 times a second (`gather_ms: 50`).
 */
export type Contestant = Wider | 'acknowledged' | 'gathered' | 'colyseus'

interface Entry<D extends Dialect = Dialect> {
  /** What starts its server. */
  readonly entry: string
  readonly dialect: D
  readonly env?: NodeJS.ProcessEnv
}

const wider: Readonly<Record<Wider, Entry<Wide>>> = {
  estragon: { entry: 'estragon.mjs', dialect: envelopes() },
  before: { entry: join(asked.before ?? '', 'test/bench/estragon.mjs'), dialect: envelopes() },
  ws: { entry: 'rooms-ws.mjs', dialect: envelopes({ library: false }) },
  'socket.io': { entry: 'opponents/socket-io.mjs', dialect: socketIo },
}

export const contestants: Readonly<Record<Contestant, Entry>> & typeof wider = {
  ...wider,
  gathered: { entry: 'estragon.mjs', dialect: envelopes(), env: { BENCH_GATHER_MS: '50' } },
  acknowledged: { entry: 'estragon.mjs', dialect: envelopes({ acknowledged: true }) },
  colyseus: { entry: 'opponents/colyseus.mjs', dialect: colyseus },
}

export const entryOf = (name: Contestant) => resolve(import.meta.dirname, contestants[name].entry)

/** The packages that must be there for these. */
const PACKAGES: Readonly<Partial<Record<Contestant, string>>> = {
  'socket.io': 'socket.io',
  colyseus: '@colyseus/core',
}
const FOLDER = join(import.meta.dirname, 'opponents')
const INSTALL_MS = 120_000

/** Those of the names that can be measured here; installs the opponents on first use. */
export function present<T extends Contestant>(names: readonly T[]): T[] {
  if (asked.before !== undefined) return names.filter((name) => OURS.includes(name))
  const missing = names.filter((name) => !isPresent(name))
  if (missing.length > 0) install(missing)
  return names.filter(isPresent)
}

let hasTried = false

function install(missing: readonly Contestant[]): void {
  if (hasTried) return
  hasTried = true
  console.log(`installing ${missing.join(', ')} beside the bench: npm ci in test/bench/opponents`)
  spawnSync('npm ci --loglevel=error', { cwd: FOLDER, shell: true, timeout: INSTALL_MS })
  const failed = missing.filter((name) => !isPresent(name))
  if (failed.length > 0) console.log(`${failed.join(', ')} could not be installed: left out\n`)
}

/** What was installed of each, for the report. */
export const versions = (): string =>
  Object.entries(PACKAGES)
    .map(([name, of]) => `${name} ${installed(of) ?? 'left out'}`)
    .join(', ')

/** Those that an earlier version is compared with. */
const OURS: readonly Contestant[] = ['estragon', 'before']

function isPresent(name: Contestant): boolean {
  if (name === 'before') return asked.before !== undefined
  const of = PACKAGES[name]
  return !of || (installed(of) !== undefined && installed(of) === wanted(of))
}

const wanted = (of: string) => versionIn('package.json')?.dependencies?.[of]
const installed = (of: string) => versionIn(`node_modules/${of}/package.json`)?.version

function versionIn(file: string) {
  try {
    return JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))
  } catch {
    return undefined
  }
}
