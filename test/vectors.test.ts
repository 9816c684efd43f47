import { fileURLToPath } from 'node:url'
import t from 'tap'
import { seedOf } from './support/clock.ts'
import { type GodotName, run } from './support/engines.ts'
import { linesFile } from './support/lines.ts'
import { sized } from './support/soak.ts'
import { courseFile } from './support/state-course.ts'

const PROJECTS: readonly (readonly [GodotName, 'godot3' | 'godot4'])[] = [
  ['godot32', 'godot3'],
  ['godot3', 'godot3'],
  ['godot4', 'godot4'],
]
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const folder = t.testdir()
const lines = linesFile(folder)
const course = courseFile(folder, seedOf(), sized(300, 10_000))

for (const [engine, project] of PROJECTS) {
  t.test(`every vector of the wire replays in ${engine}`, (t) =>
    run(t, engine, {
      project: here(`../godot-client/${project}`),
      script: 'res://test/vectors.gd',
      env: {
        ESTRAGON_VECTORS: here('../protocol/vectors.json'),
        ESTRAGON_LINES: lines,
        ESTRAGON_COURSE: course,
      },
    }),
  )
}
