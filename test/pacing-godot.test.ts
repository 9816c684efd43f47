import { fileURLToPath } from 'node:url'
import t from 'tap'
import { type GodotName, run } from './support/engines.ts'

const PROJECTS: readonly (readonly [GodotName, 'godot3' | 'godot4'])[] = [
  ['godot32', 'godot3'],
  ['godot3', 'godot3'],
  ['godot4', 'godot4'],
]
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

for (const [engine, project] of PROJECTS)
  t.test(`a session of ${engine} sends no faster than its server admits`, (t) =>
    run(t, engine, {
      project: here(`../godot-client/${project}`),
      script: 'res://test/pacing.gd',
    }),
  )
