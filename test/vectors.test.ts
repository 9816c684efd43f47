import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { createRandom, seedOf } from './support/clock.ts'
import { type GodotName, run } from './support/engines.ts'
import { linesFile } from './support/lines.ts'
import { sized } from './support/soak.ts'
import { engineWalks } from './support/state-codec.ts'
import { courseFile } from './support/state-course.ts'

const PROJECTS: readonly (readonly [GodotName, 'godot3' | 'godot4'])[] = [
  ['godot32', 'godot3'],
  ['godot3', 'godot3'],
  ['godot4', 'godot4'],
]
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const MUTANTS = sized(10_000, 100_000)

for (const [engine, project] of PROJECTS) {
  t.test(`every vector of the wire replays in ${engine}`, (t) => {
    const seed = seedOf()
    t.comment(`SEED=${seed}`)
    const walks = engineWalks(createRandom(seed), 12)
    const folder = t.testdir({ 'states.json': JSON.stringify({ seed, mutants: MUTANTS, walks }) })
    return run(t, engine, {
      project: here(`../godot-client/${project}`),
      script: 'res://test/vectors.gd',
      bound_ms: sized(60_000, 900_000),
      env: {
        ESTRAGON_VECTORS: here('../protocol/vectors.json'),
        ESTRAGON_STATES: join(folder, 'states.json'),
        ESTRAGON_LINES: linesFile(folder),
        ESTRAGON_COURSE: courseFile(folder, seed, sized(300, 10_000)),
      },
    })
  })
}
