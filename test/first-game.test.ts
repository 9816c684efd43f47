import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unzipSync } from 'fflate'
import t from 'tap'
import { archiveOf, GENERATIONS, type Generation } from '../godot-client/pack.ts'
import { createServer } from '../server/server.ts'
import { needEngine, run } from './support/engines.ts'
import { readBlocks } from './support/readme.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const EXAMPLE = 'addons/estragon/example'
/** What the guide has a newcomer write, by the file it is. */
const WRITTEN = { 'ducks.tscn': 'ini', 'duck.gd': 'gdscript', 'chat.gd': 'gdscript' } as const
const SECTIONS = { godot4: 'Your first game', godot3: 'Your first game in Godot 3' } as const

for (const generation of GENERATIONS) {
  const files = unzipSync(archiveOf(generation))

  t.test(`the archive for ${generation} is an add-on, its licence and an example`, async (t) => {
    const names = Object.keys(files)
    const own = ['plugin.cfg', 'LICENSE', 'README.md', 'icon.png', 'icon.svg']
    for (const name of [...own, ...Object.keys(WRITTEN).map((one) => `example/${one}`)])
      t.ok(names.includes(`addons/estragon/${name}`), name)
    t.strictSame(
      names.filter(
        (name) => !/^addons\/estragon\//.test(name) || /(^|\/)tests?\/|\.import$/.test(name),
      ),
      [],
    )
  })

  t.test(`the first game of the guide is the example for ${generation}`, async (t) => {
    const shown = readBlocks().filter(({ name, language }) =>
      Object.values(WRITTEN).some(
        (one) => name.startsWith(`${SECTIONS[generation]} ${one} `) && one === language,
      ),
    )
    const written = Object.keys(WRITTEN).map((name) =>
      new TextDecoder()
        .decode(files[`${EXAMPLE}/${name}`])
        .replaceAll(`res://${EXAMPLE}/`, 'res://'),
    )
    t.strictSame(
      shown.map(({ code }) => code),
      written,
    )
  })

  t.test(`the archive for ${generation}, in an empty project, is played by two`, async (t) => {
    const path = needEngine(t, generation)
    if (path === undefined) return
    const server = await createServer({ port: 0, host: '127.0.0.1' })
    t.teardown(server.close)
    const url = `ws://127.0.0.1:${server.port}`
    const project = emptyProject(generation, join(t.testdir({}), 'empty'), files, url)
    // What a newcomer's editor does when it opens the project.
    if (generation === 'godot4')
      execFileSync(path, ['--headless', '--path', project, '--import'], { stdio: 'ignore' })
    const script = here(`../godot-client/${generation}/test/first.gd`)

    await Promise.all(
      ['one', 'two'].map((says) =>
        run(t, generation, { project, script, env: { ESTRAGON_SAYS: `it is ${says}` } }),
      ),
    )
  })
}

/** A project of nothing but its settings and what was extracted into it. */
function emptyProject(
  generation: Generation,
  folder: string,
  files: Readonly<Record<string, Uint8Array>>,
  url: string,
): string {
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), bytes)
  }
  const plugin = readFileSync(join(folder, 'addons/estragon/plugin.cfg'), 'utf8')
  if (!plugin.includes('script="plugin.gd"')) throw new Error('plugin.cfg: expected plugin.gd')
  writeFileSync(
    join(folder, 'project.godot'),
    `config_version=${generation === 'godot4' ? 5 : 4}

[application]

config/name="First"

[autoload]

Network="*res://addons/estragon/network.gd"

[estragon]

url="${url}"
`,
  )
  return folder
}
