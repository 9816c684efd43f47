import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { createServer } from '../server/server.ts'
import { type GodotName, needEngine, run, startGodot } from './support/engines.ts'

const PROJECTS: readonly (readonly [GodotName, 'godot3' | 'godot4'])[] = [
  ['godot32', 'godot3'],
  ['godot3', 'godot3'],
  ['godot4', 'godot4'],
]

const projectOf = (name: string) =>
  fileURLToPath(new URL(`../godot-client/${name}`, import.meta.url))

for (const [engine, project] of PROJECTS)
  t.test(`what a game of ${engine} keeps is not lost, and its windows are told apart`, (t) =>
    run(t, engine, { project: projectOf(project), script: 'res://test/keeping.gd' }),
  )

for (const [engine, project] of PROJECTS.slice(1))
  t.test(
    `a game of ${engine} that is started again goes on as who it was, where it was`,
    async (t) => {
      const path = needEngine(t, engine)
      if (path === undefined) return
      const { start, sessions } = await games(t, engine, path, projectOf(project))

      const first = await start()
      const early = await readFile(sessions)
      await first.kill()
      const killed = await start({ quits: true })
      const { code } = await killed.ended
      const quit = await start()
      const other = await start()
      await Promise.all([quit.kill(), other.kill()])
      await writeFile(sessions, early)
      const late = await start()

      const { player, session, room } = first.told
      t.match(first.told, { knew: false, number: 1 })
      t.strictSame(killed.told, { knew: true, player, session, room, number: 1 }, 'after a kill')
      t.equal(code, 0)
      t.strictSame(quit.told, { knew: true, player, session, room, number: 1 }, 'after it quit')
      t.match(other.told, { knew: false, room, number: 2 }, 'a second window begins anew')
      t.notOk([player, session].includes(other.told.player), 'as another guest')
      t.match(late.told, { knew: false, player, room, number: 1 }, 'the guest is kept as well')
      t.not(late.told.session, session, 'a token that was replaced is worth nothing')
    },
  )

interface Told {
  readonly knew: boolean
  readonly player: string
  readonly session: string
  readonly room: string
  readonly number: number
}

/** Starts one game again and again, on one machine with one server. */
async function games(t: Test, engine: GodotName, path: string, project: string) {
  const server = await createServer({ port: 0, host: '127.0.0.1' })
  const home = await mkdtemp(join(tmpdir(), 'estragon-games-'))
  t.teardown(async () => {
    await server.close()
    await rm(home, { recursive: true, force: true })
  })
  return {
    /** Where it keeps its tokens. */
    sessions: join(home, 'godot/app_userdata/Estragon/estragon_sessions.cfg'),
    async start({ quits = false } = {}) {
      const url = `ws://127.0.0.1:${server.port}`
      const env = { XDG_DATA_HOME: home, ESTRAGON_URL: url, ESTRAGON_QUITS: quits ? 'yes' : '' }
      const script = 'res://test/restarting.gd'
      const program = startGodot(t, engine, path, { project, script, env })
      const said = await program.lines.until((line) => line.startsWith('{'), 'where it sits')
      return { ...program, told: JSON.parse(said) as Told }
    },
  }
}
