import { fileURLToPath } from 'node:url'
import t from 'tap'
import { type GodotName, run } from './support/engines.ts'

const PROJECTS: readonly (readonly [GodotName, 'godot3' | 'godot4'])[] = [
  ['godot32', 'godot3'],
  ['godot3', 'godot3'],
]
/** What is told, by the script that tells it. */
const SCRIPTS = {
  'a session tells what becomes of it, and when it does': 'sessions',
}
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

for (const [engine, project] of PROJECTS)
  for (const [what, script] of Object.entries(SCRIPTS))
    t.test(`${what} in ${engine}`, (t) =>
      run(t, engine, {
        project: here(`../godot-client/${project}`),
        script: `res://test/${script}.gd`,
      }),
    )
