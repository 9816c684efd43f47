import { spawnSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { seedOf } from './clock.ts'
import { direct } from './director.ts'
import { type GodotName, needEngine, type Report, runScript } from './engines.ts'
import { SCENARIOS } from './scenarios.ts'
import { PACKETS } from './stage-packets.ts'

/** How long they may take. */
export const BOUND_MS = 150_000

/** Runs the scenarios of one generation's project in one engine; each is a subtest by its name. */
export async function playScenarios(t: Test, name: GodotName, project: 'godot3' | 'godot4') {
  const path = needEngine(t, name)
  if (path === undefined) return
  const folder = fileURLToPath(new URL(`../../godot-client/${project}`, import.meta.url))
  openInEditor(t, name, path, folder)
  const env = await setStage(t)
  const options = { project: folder, script: SCRIPT, env, bound_ms: BOUND_MS }
  judge(t, name, await runScript(t, name, path, options))
}

/** The script of the scenarios, which is to be told what `setStage` says. */
export const SCRIPT = 'res://test/scenarios.gd'

/** Sets the stage; the environment that tells the scenarios where it is. */
export async function setStage(t: Test): Promise<Readonly<Record<string, string>>> {
  const seed = seedOf()
  t.comment(`SEED=${seed}`)
  const places = await direct(t, seed)
  return { ESTRAGON_STAGE: JSON.stringify(places), ESTRAGON_PACKETS: packetsText() }
}

/** Judges what the scenarios said in one engine. */
export function judge(t: Test, name: string, { tap, failure }: Report): void {
  const results = [...tap.matchAll(/^(not )?ok \d+ - (.*)$/gm)]
  t.same(
    results.map(([, , title]) => title),
    SCENARIOS,
    'every scenario is told, in order',
  )
  for (const [, not, title = ''] of results) t.notOk(not, title)
  t.match(tap, new RegExp(`^1\\.\\.${SCENARIOS.length}$`, 'm'), 'there is a plan')
  t.notOk(failure, failure ?? `${name} ended well`)
  for (const line of tap.split('\n')) if (line.startsWith('# ')) t.comment(line.slice(2))
}

/** The stage's packets, as an EstragonPacketSet takes them. */
function packetsText(): string {
  const types = PACKETS.types.map(({ name, isBundle: is_bundle, schema }) => ({
    ...{ name, schema, is_bundle },
  }))
  return JSON.stringify({ hash: PACKETS.hash, types })
}

/**
 * Opens the project in its editor, which says nothing of it when all is well; Godot 4 learns the
 * add-on's classes by it. The editor of 3.2's server sometimes crashes at its exit, of any project.
 */
function openInEditor(t: Test, name: GodotName, path: string, folder: string): void {
  if (name === 'godot32') return
  const copy = t.testdir()
  if (name === 'godot3') cpSync(folder, copy, { recursive: true })
  const args = name === 'godot4' ? ['--headless', '--import', '--path', folder] : ['-e', '--quit']
  const { stdout, stderr, status } = spawnSync(path, args, {
    cwd: copy,
    encoding: 'utf8',
    timeout: 60_000,
  })
  const complaints = `${stdout}${stderr}`.split('\n').filter((line) => COMPLAINTS[name].test(line))
  t.same(complaints, [], 'the project opens in its editor without an error or a warning')
  t.equal(status, 0, 'which ends well')
}

/**
 * What an editor says of a project; without a screen, that of Godot 3 complains of itself as well, and
 * on a busy machine that it was told to quit before it had looked at all files.
 */
const COMPLAINTS = {
  godot3: /SCRIPT ERROR|WARNING(?!: Scan thread aborted)|res:\/\//,
  godot4: /ERROR|WARNING/,
} as const
