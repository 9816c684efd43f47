import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { seedOf } from './clock.ts'
import { direct } from './director.ts'
import { type GodotName, needEngine, runScript } from './engines.ts'
import { SCENARIOS } from './scenarios.ts'

const BOUND_MS = 150_000

/** Runs the scenarios of one generation's project in one engine; each is a subtest by its name. */
export async function playScenarios(t: Test, name: GodotName, project: 'godot3' | 'godot4') {
  const path = needEngine(t, name)
  if (path === undefined) return
  const seed = seedOf()
  t.comment(`SEED=${seed}`)
  const folder = fileURLToPath(new URL(`../../godot-client/${project}`, import.meta.url))
  if (project === 'godot4') register(t, path, folder)
  const places = await direct(t, seed)

  const { tap, failure } = await runScript(t, name, path, {
    project: folder,
    script: 'res://test/scenarios.gd',
    env: { ESTRAGON_STAGE: JSON.stringify(places) },
    bound_ms: BOUND_MS,
  })

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

/** Lets Godot 4 find the classes of the add-on; says nothing when all is well. */
function register(t: Test, path: string, folder: string): void {
  const { stdout, stderr, status } = spawnSync(path, ['--headless', '--import', '--path', folder], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  const complaints = `${stdout}${stderr}`.split('\n').filter((line) => /ERROR|WARNING/.test(line))
  t.same(complaints, [], 'the project opens without an error or a warning')
  t.equal(status, 0, 'and its classes are registered')
}
