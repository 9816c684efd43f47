import { fileURLToPath } from 'node:url'
import t from 'tap'
import { type GodotName, run } from './support/engines.ts'

const PROJECTS: readonly (readonly [GodotName, 'godot3' | 'godot4'])[] = [
  ['godot32', 'godot3'],
  ['godot3', 'godot3'],
  ['godot4', 'godot4'],
]

for (const [engine, project] of PROJECTS)
  t.test(`what a game of ${engine} keeps is not lost, and its windows are told apart`, (t) =>
    run(t, engine, {
      project: fileURLToPath(new URL(`../godot-client/${project}`, import.meta.url)),
      script: 'res://test/keeping.gd',
    }),
  )
