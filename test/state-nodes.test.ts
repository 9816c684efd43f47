import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { defineState, fixed, table } from '../protocol/state.ts'
import { createServer, defineRoom } from '../server/server.ts'
import { connect } from '../web-client/client.ts'
import { aloneProject, DUCKS, POND } from './support/alone.ts'
import { type GodotName, needEngine, run, startGodot, startScreen } from './support/engines.ts'
import { find, toPng } from './support/png.ts'
import { readScreen } from './support/screen.ts'
import { NodeSocket } from './support/world.ts'

const PROJECTS: readonly (readonly [GodotName, 'godot3' | 'godot4'])[] = [
  ['godot3', 'godot3'],
  ['godot4', 'godot4'],
]
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const arena = defineState({
  players: table(
    { x: fixed(-10_000, 10_000, 0.01), y: fixed(-10_000, 10_000, 0.01) },
    { write: 'owner' },
  ),
})

for (const [engine, project] of PROJECTS)
  t.test(`nodes show and write rows without a script in ${engine}`, async (t) => {
    const server = await createServer({
      ...{ port: 0, host: '127.0.0.1', plaza: false },
      rooms: { arena: defineRoom({ state: arena, tick_hz: 20 }) },
    })
    t.teardown(server.close)
    const url = `ws://127.0.0.1:${server.port}`
    const network = await connect(url, { WebSocket: NodeSocket })
    t.teardown(network.close)
    const room = await network.rooms.create('arena', { tables: arena })
    const own = await room.state.players.add({ x: 0, y: 1 })
    const walking = setInterval(() => {
      own.x += 10
      const other = [...room.state.players].find((row) => row !== own)
      // The walker has seen where the other one went.
      if (other?.x === 123 && other.y === 45) own.y = 500
    }, 50)
    t.teardown(() => clearInterval(walking))

    await run(t, engine, {
      project: here(`../godot-client/${project}`),
      script: 'res://test/nodes.gd',
      env: { ESTRAGON_URL: url },
    })
  })

for (const [engine, name] of PROJECTS)
  t.test(
    `a scene alone, without a script or a server’s code, is played in ${engine}`,
    async (t) => {
      const path = needEngine(t, engine)
      if (path === undefined) return
      const { port, close } = await createServer({ port: 0, host: '127.0.0.1' })
      await close()
      const project = aloneProject(name, join(t.testdir({}), 'pond'), `ws://127.0.0.1:${port}`)
      const other = startGodot(t, engine, path, { project })
      await other.complaints.until((line) => line.includes('CONNECT_FAILED'), 'nobody is there yet')
      const server = await createServer({ port, host: '127.0.0.1' })
      t.teardown(server.close)

      await run(t, engine, { project, script: here(`../godot-client/${name}/test/alone.gd`) })

      const complaints = [...other.lines.items, ...other.complaints.items]
      t.same(
        complaints.filter((line) => /ERROR|WARNING(?!.*CONNECT_FAILED)/.test(line)),
        [],
      )
    },
  )

t.test('two who play a scene alone see each other walk', async (t) => {
  const [godot, xvfb] = [needEngine(t, 'godot4'), needEngine(t, 'xvfb')]
  if (godot === undefined || xvfb === undefined) return
  const server = await createServer({ port: 0, host: '127.0.0.1' })
  t.teardown(server.close)
  const folder = t.testdir({})
  const project = aloneProject('godot4', join(folder, 'pond'), `ws://127.0.0.1:${server.port}`)
  const display = await startScreen(t, xvfb, { ...POND, width: 2 * POND.width, folder })
  const places = [0, POND.width] as const
  const [left, right] = places.map((x) =>
    startGodot(t, 'godot4', godot, { project, display, position: `${x},0` }),
  )
  const see = (x: number) => readScreen(folder, { ...POND, x, y: 0 })
  const isThere = (x: number) =>
    Object.values(DUCKS).every((colour) => find(see(x), colour).count > LEAST_PIXELS)

  await shows(() => places.every(isThere))
  const seen = new Set<number>()
  for (let n = 0; n < 30; n++) {
    await setTimeout(LOOK_MS)
    const { count, x } = find(see(0), DUCKS.other)
    if (count > 0) seen.add(x)
  }
  mkdirSync(PICTURES, { recursive: true })
  writeFileSync(
    join(PICTURES, 'pond.png'),
    toPng(readScreen(folder, { ...POND, width: 2 * POND.width, x: 0, y: 0 })),
  )

  t.ok(seen.size > 15, `the other one was seen in ${seen.size} places`)
  for (const program of [left, right])
    t.same(
      [...(program?.lines.items ?? []), ...(program?.complaints.items ?? [])].filter((line) =>
        /ERROR/.test(line),
      ),
      [],
    )
})

const PICTURES = here('../.pictures/')
/** A duck has 1,600, but may swim behind the other. */
const LEAST_PIXELS = 400
const LOOK_MS = 50

/** Looks at the screen until this holds; an engine that draws by software has little time. */
async function shows(holds: () => boolean): Promise<void> {
  while (!holds()) await setTimeout(LOOK_MS)
}
