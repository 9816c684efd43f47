import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { needEngine } from './engines.ts'
import { startProgram } from './program.ts'

/** Where the projects of the add-on and its demo are. */
const PROJECT = fileURLToPath(new URL('../../godot-client/godot4/', import.meta.url))
/** Plays what it is told to, in place of the demo. */
const PLAYER = 'res://test/in_browser.tscn'

/** What it takes to play a game of Godot 4 in a browser. */
export interface WebTools {
  readonly chromium: string
  readonly godot: string
  /** The folder of the engine as a browser runs it. */
  readonly engine: string
}

/** Absent, the test is skipped, or fails where CI=true. */
export function needWeb(t: Test): WebTools | undefined {
  const chromium = needEngine(t, 'chromium')
  const godot = needEngine(t, 'godot4')
  const engine = needEngine(t, 'web')
  return chromium && godot && engine ? { chromium, godot, engine } : undefined
}

/**
 * Exports the project of the add-on for the web, into a folder to be served: its demo, or, with
 * `tests`, what plays a script of its tests (web-browser.ts).
 */
export async function exportForWeb(
  t: Test,
  { godot, engine }: WebTools,
  { tests = false }: { readonly tests?: boolean } = {},
): Promise<string> {
  const root = t.testdir({ project: {}, page: {} })
  const [project, folder] = [join(root, 'project'), join(root, 'page')]
  copyProject(project, tests)
  const pack = join(folder, 'index.pck')
  const args = ['--headless', '--path', project, '--export-pack', 'Web', pack]
  const { ended, lines, complaints } = startProgram(t, godot, args)
  t.match(await ended, { code: 0, signal: null }, 'the project is exported')
  const said = [...lines.items, ...complaints.items].filter((line) => COMPLAINT.test(line))
  t.strictSame(said, [], 'without an error or a warning')
  for (const file of readdirSync(engine))
    if (ENGINE_FILE.test(file))
      cpSync(join(engine, file), join(folder, file.replace(/^godot\./, 'index.')))
  writeFileSync(join(folder, 'index.html'), pageOf(folder))
  return folder
}

function copyProject(folder: string, tests: boolean): void {
  for (const part of ['project.godot', 'export_presets.cfg', 'addons', 'demo', 'test'])
    cpSync(join(PROJECT, part), join(folder, part), { recursive: true })
  if (tests) {
    change(join(folder, 'project.godot'), /run\/main_scene=".*"/, `run/main_scene="${PLAYER}"`)
    change(join(folder, 'export_presets.cfg'), 'exclude_filter="test/*"', 'exclude_filter=""')
  }
}

function change(file: string, from: string | RegExp, to: string): void {
  const text = readFileSync(file, 'utf8')
  const changed = text.replace(from, to)
  if (changed === text) throw new Error(`${file}: expected ${from}`)
  writeFileSync(file, changed)
}

/** The page that Godot's exporter writes beside the pack, in short. */
function pageOf(folder: string): string {
  const sizes = ['index.pck', 'index.wasm'].map((file) => [file, statSync(join(folder, file)).size])
  const config = {
    args: [],
    canvasResizePolicy: 2,
    ensureCrossOriginIsolationHeaders: false,
    executable: 'index',
    experimentalVK: true,
    fileSizes: Object.fromEntries(sizes),
    focusCanvas: true,
    gdextensionLibs: [],
  }
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, user-scalable=no, initial-scale=1.0">
<title>Estragon</title>
<link rel="icon" href="data:,">
<style>
html, body, canvas { display: block; margin: 0; border: 0; overflow: hidden }
canvas:focus { outline: none }
</style>
<canvas id="canvas"></canvas>
<script src="index.js"></script>
<script>new Engine({ ...${JSON.stringify(config)}, ...window.PLAY }).startGame()</script>
`
}

const COMPLAINT = /ERROR|WARNING/
const ENGINE_FILE = /^(index|godot)\.(js|wasm|audio\..*\.js|audio.*worklet\.js)$/
