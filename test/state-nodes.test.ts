import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { angle, defineState, fixed, type InputOf, type RowOf, table } from '../protocol/state.ts'
import { createServer, defineRoom } from '../server/server.ts'
import { connect } from '../web-client/client.ts'
import { aloneProject, DUCKS, POND } from './support/alone.ts'
import { seedOf } from './support/clock.ts'
import {
  type GodotName,
  needEngine,
  run,
  runScript,
  startGodot,
  startScreen,
} from './support/engines.ts'
import { openJitter } from './support/jitter.ts'
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

/** Where everybody walks as their inputs say, two hundred units a second. */
const field = defineState(
  {
    players: table(
      { x: fixed(-10_000, 10_000, 0.01), y: fixed(-10_000, 10_000, 0.01), turn: angle(12) },
      { rows: 'members' },
    ),
  },
  { inputs: { x: 'int8', y: fixed(-1, 1, 0.01), dash: 'bool' } },
)
type Player = Pick<RowOf<typeof field, 'players'>, 'x' | 'y' | 'turn'>
type Input = InputOf<typeof field>

/** The same as test/figure.gd of both projects. */
function step(player: Player, input: Input, seconds: number): void {
  player.x += input.x * (input.dash ? 2 : 1) * 200 * seconds
  player.y += input.y * 200 * seconds
  player.turn += input.x * seconds
}

/** Where the cable is pulled. */
const CUT_AT = 300
const SEED = seedOf()

t.test(
  `a node is predicted with a step for a script, on a line that loses 2 % (seed ${SEED})`,
  (t) =>
    Promise.all(PROJECTS.map(([engine, project]) => predicted(t, engine, project))).then(() => {}),
)

/** A figure in an engine plays in a room of its own, over a line whose cable is pulled once. */
async function predicted(t: Test, engine: GodotName, project: string): Promise<void> {
  const server = await createServer({
    ...{ port: 0, host: '127.0.0.1', plaza: false },
    rooms: {
      field: defineRoom({
        ...{ state: field, tick_hz: 20 },
        onInput: (room, player, input) => step(player, input, room.step),
      }),
    },
  })
  t.teardown(server.close)
  const line = await openJitter(server.port, {
    ...{ delay_ms: 50, jitter_ms: 3, loss: 0.02, seed: SEED },
  })
  t.teardown(line.close)
  const network = await connect(`ws://127.0.0.1:${server.port}`, { WebSocket: NodeSocket })
  t.teardown(network.close)
  const room = await network.rooms.create('field', { tables: field })
  let isCut = false
  room.state.players.on('changed', (row) => {
    if (isCut || row.owner === room.you || row.y < CUT_AT) return
    isCut = true
    line.cut()
  })

  await run(t, engine, {
    project: here(`../godot-client/${project}`),
    script: 'res://test/predicted.gd',
    env: { ESTRAGON_URL: `ws://127.0.0.1:${line.port}`, ESTRAGON_ROOM: room.code },
  })

  t.ok(isCut, `the cable was pulled while it walked in ${engine}`)
}

for (const [engine, project] of PROJECTS)
  t.test(`a step in ${engine} makes of recorded inputs what the room’s own makes`, async (t) => {
    const path = needEngine(t, engine)
    if (path === undefined) return
    const row = { x: 1.005, y: -3, turn: 0.25 }
    const recorded = Array.from({ length: 50 }, (_, index) => ({
      ...{ x: (index % 3) - 1, y: (index % 7) / 10, dash: index % 5 === 0 },
    }))
    const { tables, inputs } = field.schema
    const asked = { fields: tables[0]?.fields, inputs, step: 0.05, row, recorded }
    const folder = t.testdir({ 'recorded.json': JSON.stringify(asked) })

    const { failure } = await runScript(t, engine, path, {
      project: here(`../godot-client/${project}`),
      script: 'res://addons/estragon/check_step.gd',
      env: {
        ESTRAGON_STEP: 'res://test/figure.gd',
        ESTRAGON_RECORDED: join(folder, 'recorded.json'),
        ESTRAGON_ROWS: join(folder, 'rows.json'),
      },
    })

    t.equal(failure, undefined)
    const player = { ...row }
    const wanted = recorded.map((input) => {
      step(player, input, 0.05)
      return { ...player }
    })
    t.strictSame(JSON.parse(readFileSync(join(folder, 'rows.json'), 'utf8')), wanted)
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
