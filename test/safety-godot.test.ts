import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { type GodotName, run } from './support/engines.ts'

const PROJECTS: readonly (readonly [GodotName, 'godot3' | 'godot4'])[] = [
  ['godot32', 'godot3'],
  ['godot3', 'godot3'],
  ['godot4', 'godot4'],
]
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

for (const [engine, project] of PROJECTS) {
  t.test(`in ${engine} nothing that was refused goes unnoticed`, (t) =>
    run(t, engine, {
      project: here(`../godot-client/${project}`),
      script: 'res://test/safety.gd',
    }),
  )

  t.test(`a server that claims to have the tables of ${engine} harms no game by wrong types`, (t) =>
    run(t, engine, {
      project: here(`../godot-client/${project}`),
      script: 'res://test/hostile.gd',
    }),
  )
}

for (const project of ['godot3', 'godot4'])
  t.test(`the add-on of ${project} looks at no result in its caller’s place`, (t) => {
    const folder = here(`../godot-client/${project}/addons/estragon/`)
    const files = readdirSync(folder).filter((name) => name.endsWith('.gd') && name !== 'result.gd')

    const looks = files.flatMap((name) =>
      readFileSync(`${folder}${name}`, 'utf8')
        .split('\n')
        .filter((line) => /\w\.ok\b/.test(line) && !/^\s*#/.test(line))
        .map((line) => `${name}: ${line.trim()}; say peek()`),
    )

    t.ok(files.length > 20)
    t.strictSame(looks, [])
    t.end()
  })
