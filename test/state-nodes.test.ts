import { fileURLToPath } from 'node:url'
import t from 'tap'
import { defineState, fixed, table } from '../protocol/state.ts'
import { createServer, defineRoom } from '../server/server.ts'
import { connect } from '../web-client/client.ts'
import { type GodotName, run } from './support/engines.ts'
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
