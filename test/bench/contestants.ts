import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Dialect, envelopes, socketIo } from './dialects.ts'

/** Who is compared in rooms; `acknowledged` is estragon with every event answered. */
export type Contestant = 'estragon' | 'acknowledged' | 'ws' | 'socket.io'

interface Entry {
  /** What starts its server. */
  readonly entry: string
  readonly dialect: Dialect
}

export const contestants: Readonly<Record<Contestant, Entry>> = {
  estragon: { entry: 'estragon.mjs', dialect: envelopes() },
  acknowledged: { entry: 'estragon.mjs', dialect: envelopes({ acknowledged: true }) },
  ws: { entry: 'rooms-ws.mjs', dialect: envelopes({ library: false }) },
  'socket.io': { entry: 'opponents/socket-io.mjs', dialect: socketIo },
}

const FOLDER = join(import.meta.dirname, 'opponents')
const INSTALL_MS = 120_000

/** Those of the names that can be measured here; installs the opponents on first use. */
export function present<T extends Contestant>(names: readonly T[]): T[] {
  const hasOpponents = !names.some((name) => name === 'socket.io') || install()
  return names.filter((name) => name !== 'socket.io' || hasOpponents)
}

let installed: boolean | undefined

function install(): boolean {
  if (installed !== undefined) return installed
  if (installedVersion() !== wantedVersion()) {
    console.log('installing socket.io beside the bench: npm ci in test/bench/opponents')
    spawnSync('npm ci --loglevel=error', { cwd: FOLDER, shell: true, timeout: INSTALL_MS })
  }
  installed = installedVersion() === wantedVersion()
  const version = wantedVersion()
  console.log(installed ? `socket.io ${version}` : 'socket.io could not be installed: left out\n')
  return installed
}

const wantedVersion = () => versionIn('package.json')?.dependencies?.['socket.io']
const installedVersion = () => versionIn('node_modules/socket.io/package.json')?.version

function versionIn(file: string) {
  try {
    return JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))
  } catch {
    return undefined
  }
}
