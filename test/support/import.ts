// Before all tests: Godot 4 learns the add-on's classes, which a script run by itself does not look for.
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { findEngine } from './engines.ts'

const PROJECT = join(import.meta.dirname, '../../godot-client/godot4')
const CLASSES = join(PROJECT, '.godot/global_script_class_cache.cfg')
const PATIENCE_MS = 120_000

const godot = findEngine('godot4')
if (godot !== undefined && !isKnown()) {
  const args = ['--headless', '--import', '--path', PROJECT]
  const { status } = spawnSync(godot, args, { timeout: PATIENCE_MS })
  if (status !== 0) console.error(`godot --import ended with ${status}`)
}

/** Whether it has looked since the last script was changed. */
function isKnown(): boolean {
  const looked = changed(CLASSES)
  const scripts = readdirSync(PROJECT, { recursive: true, encoding: 'utf8' })
  return scripts
    .filter((path) => path.endsWith('.gd'))
    .every((path) => changed(join(PROJECT, path)) < looked)
}

function changed(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
