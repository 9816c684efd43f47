import { mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { zipSync } from 'fflate'

/** Archives are the same for the same files, whenever they are made. */
const MADE = new Date('2026-01-01T00:00:00')
const ROOT = fileURLToPath(new URL('./', import.meta.url))
const ADD_ON = 'addons/estragon'
export const GENERATIONS = ['godot4', 'godot3'] as const
export type Generation = (typeof GENERATIONS)[number]

/**
 * What a project gets, as a ZIP: `addons/` at its root, in it the add-on with its licence, README, icon and
 * the scene to try it with. Extract it into a project's folder.
 */
export function archiveOf(generation: Generation): Uint8Array {
  const files = new Map<string, Uint8Array>()
  const add = (from: string, to: string) => {
    for (const entry of readdirSync(join(ROOT, from), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      const name = path.slice(join(ROOT, from).length + 1).replaceAll('\\', '/')
      if (entry.isFile() && !LOCAL.test(name)) files.set(`${to}/${name}`, readFileSync(path))
    }
  }
  add(`${generation}/${ADD_ON}`, ADD_ON)
  for (const icon of ['icon.svg', 'icon.png'])
    files.set(`${ADD_ON}/${icon}`, readFileSync(join(ROOT, icon)))
  const sorted = [...files].sort(([one], [other]) => (one < other ? -1 : 1))
  return zipSync(Object.fromEntries(sorted), { level: 9, mtime: MADE })
}

/** What the engine makes for itself in one's own checkout. */
const LOCAL = /\.import$/

export const archiveName = (generation: Generation, version: string) =>
  `estragon-${generation}-${version}.zip`

if (argv[1] && realpathSync(argv[1]) === fileURLToPath(import.meta.url)) {
  const { version } = JSON.parse(readFileSync(join(ROOT, '../package.json'), 'utf8'))
  const folder = join(ROOT, '../dist/godot')
  mkdirSync(folder, { recursive: true })
  for (const generation of GENERATIONS) {
    const archive = archiveOf(generation)
    const path = join(folder, archiveName(generation, version))
    writeFileSync(path, archive)
    console.log(`${path}: ${Math.round(archive.length / 1024)} KB`)
  }
}
