import { type EventEmitter, once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import t, { type Test } from 'tap'
import { findEngine, needEngine, reportOf, run, runScript } from './support/engines.ts'
import { LATER, MULTIPLAYER_NAMES, PEER_NAMES, PEER_VIRTUALS } from './support/godot42.ts'
import { openBrowser, startGame } from './support/web-browser.ts'

t.test('an engine is the one its variable names, then one on PATH', async (t) => {
  const bin = t.testdir({ chromium: t.fixture('symlink', process.execPath) })
  const empty = join(bin, 'empty')

  t.equal(findEngine('chromium', { CHROMIUM: process.execPath, PATH: bin }), process.execPath)
  t.equal(findEngine('chromium', { PATH: [empty, bin].join(delimiter) }), join(bin, 'chromium'))
  t.equal(findEngine('godot32', { PATH: bin }), undefined)
  t.throws(() => findEngine('chromium', { CHROMIUM: '/nowhere/chromium', PATH: bin }), {
    message: 'CHROMIUM: expected the path of a program, got /nowhere/chromium',
  })
  const template = t.testdir({ 'godot.wasm': '' })
  t.equal(findEngine('web', { GODOT_WEB: template }), template)
  t.throws(() => findEngine('web', { GODOT_WEB: process.execPath }), {
    message: /^GODOT_WEB: expected the path of a folder with .*wasm/,
  })
})

t.test('an absent engine skips a test, and fails it where CI=true', async (t) => {
  const verdicts: string[] = []
  const judged = {
    pass: (message: string, { skip }: { skip: boolean }) => verdicts.push(`${skip} ${message}`),
    fail: (message: string) => verdicts.push(`failed ${message}`),
  } as unknown as Test // the two methods that needEngine uses

  needEngine(judged, 'chromium', {})
  needEngine(judged, 'chromium', { CI: 'true' })

  t.match(verdicts, [/^true chromium.*install\.sh/, /^failed chromium.*install\.sh/])
})

t.test('a Godot script reports TAP, and no failure of it goes unseen', async (t) => {
  const path = needEngine(t, 'godot32')
  if (path === undefined) return
  const project = t.testdir(SCRIPTS)
  const failureOf = async (script: string, bound_ms = 30_000) =>
    (await runScript(t, 'godot32', path, { project, script, bound_ms })).failure

  await run(t, 'godot32', { project, script: 'res://fine.gd' })
  t.match(await failureOf('res://broken.gd'), /^a script error\n/)
  t.match(await failureOf('res://unparsed.gd'), /^a script error\n/)
  t.match(await failureOf('res://refusing.gd'), /^ended with exit code 3\n/)
  t.match(await failureOf('res://hanging.gd', 1_000), /^still running after 1000 ms\n/)
})

t.test(
  'a game that hangs in its tab is ended when its time is over, with its browser',
  async (t) => {
    const path = needEngine(t, 'chromium')
    if (path === undefined) return
    let closed: Promise<unknown> | undefined

    await t.test('a page that never comes to an end', async (t) => {
      const browser = await openBrowser(t, path)
      closed = once(browser as unknown as EventEmitter, 'disconnected')
      const game = await startGame(t, browser, { url: 'data:text/html,<script>for(;;);</script>' })
      t.match((await reportOf(game, 500)).failure, /^still running after 500 ms\n/)
    })

    t.match(await closed, [])
  },
)

t.test('a source that was changed is compiled anew, and a broken one never kept', async (t) => {
  const { create } = createRequire(import.meta.url)('../.ci/transpiled.cjs')
  const { transpile } = create({ service: { config: { options: {} } } })
  const fileName = join(t.testdir(), 'one.ts')
  const compiled = (text: string) => transpile(text, { fileName })

  for (const value of [1, 2, 2, 1])
    t.match(compiled(`export const a: number = ${value}`).outputText, `export const a = ${value};`)
  for (let time = 0; time < 2; time++) t.match(compiled('export const = 1').diagnostics, { 0: {} })
})

const SCRIPTS = {
  'project.godot': 'config_version=4\n',
  'fine.gd': `extends SceneTree
func _init() -> void:
	print("TAP version 14")
	print("ok 1 - printed by Godot")
	print("1..1")
	quit(0)
`,
  'broken.gd': `extends SceneTree
func _init() -> void:
	var nothing = null
	quit(0)
	print(nothing.missing)
`,
  'unparsed.gd': 'extends SceneTree\nfunc _init() -> void:\n\tmissing()\n',
  'refusing.gd': 'extends SceneTree\nfunc _init() -> void:\n\tquit(3)\n',
  'hanging.gd': 'extends SceneTree\nfunc _init() -> void:\n\tprint("waiting")\n',
}

t.test('the add-on of Godot 4 asks of multiplayer and GDScript what Godot 4.2 has', async (t) => {
  const folder = new URL('../godot-client/godot4/addons/estragon/', import.meta.url)
  const scripts = readdirSync(folder).filter((name) => name.endsWith('.gd'))
  const textOf = (name: string) =>
    readFileSync(new URL(name, folder), 'utf8').replaceAll(/#.*|"(?:\\.|[^"\\\n])*"/g, '""')
  const peer = textOf('multiplayer_peer.gd')
  const found = (text: string, names: RegExp) => [...text.matchAll(names)].map(([, name]) => name)

  const overridden = found(peer, /^func (_(?:get|set|is|put|poll|close|disconnect)\w*)/gm)
  t.strictSame(overridden.sort(), PEER_VIRTUALS.toSorted(), 'it overrides what there is')
  const used = found(peer, /\b((?:TRANSFER|CONNECTION|TARGET_PEER)_\w+|peer_\w+(?=\.emit))/g)
  t.strictSame(
    used.filter((name = '') => !PEER_NAMES.includes(name)),
    [],
  )
  const asked = scripts.flatMap((name) => found(textOf(name), /\bmultiplayer\.(\w+)/g))
  t.strictSame(
    asked.filter((name = '') => !MULTIPLAYER_NAMES.includes(name)),
    [],
  )
  const later = scripts.flatMap((name) =>
    LATER.filter((one) => one.test(textOf(name))).map((one) => `${name}: ${one}`),
  )
  t.strictSame(later, [])
  t.ok(used.length > 5 && asked.length > 2 && scripts.length > 30)
})
