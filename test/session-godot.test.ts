import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { type GodotName, run } from './support/engines.ts'

const PROJECTS: readonly (readonly [GodotName, 'godot3' | 'godot4'])[] = [
  ['godot32', 'godot3'],
  ['godot3', 'godot3'],
  ['godot4', 'godot4'],
]
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

for (const [engine, project] of PROJECTS) {
  t.test(`a session of ${engine} tells what becomes of it, and when it does`, (t) =>
    run(t, engine, {
      project: here(`../godot-client/${project}`),
      script: 'res://test/sessions.gd',
    }),
  )

  // Godot 4 imports a project before it runs it.
  if (project === 'godot3')
    t.test(`the add-on loads in a project that no editor of ${engine} has opened`, (t) =>
      run(t, engine, { project: unopened(t), script: 'res://test/unopened.gd' }),
    )
}

/** A project with the add-on, enabled by hand; an editor would note which class is in which file. */
function unopened(t: Test): string {
  const folder = t.testdir()
  for (const path of ['addons/estragon', 'test/unopened.gd'])
    cpSync(here(`../godot-client/godot3/${path}`), join(folder, path), { recursive: true })
  writeFileSync(join(folder, 'project.godot'), SETTINGS)
  return folder
}

const SETTINGS = `config_version=4

[autoload]

Network="*res://addons/estragon/network.gd"
`
