// A compiled server whose rooms hold twenty players, each moved by what it does 20 times a second; it
// says how late its rooms' steps were and how many inputs it did.
import { createServer, defineRoom, defineState, fixed, table } from '../../dist/server/server.js'
import { createLateness } from './inputs-late.mjs'
import { report, warn } from './report.mjs'

const SPEED = 200
const lateness = createLateness()
const position = fixed(-1_000_000, 1_000_000, 0.01)
const history_ms = Number(process.env.BENCH_HISTORY_MS ?? 500)
const state = defineState(
  {
    players: table({ x: position, y: position, fired: 'uint16' }, { rows: 'members', history_ms }),
  },
  { inputs: { x: 'int8', y: 'int8', fire: 'bool' } },
)
let tick = { number: 0, due: 0 }
const silent = () => {}
const server = await createServer({
  port: 0,
  host: '127.0.0.1',
  limits: { connections: 6_000, sessions: 10_000 },
  rooms: {
    arena: defineRoom({
      capacity: 20,
      tick_hz: 20,
      state,
      onInput(room, player, { x, y, fire }) {
        player.x += x * SPEED * room.step
        player.y += y * SPEED * room.step
        if (fire) player.fired += 1
        lateness.did()
      },
      onTick(_, { number, late }) {
        const now = performance.now()
        // The rooms of a kind step one after the other: each is late by those before it as well.
        if (number !== tick.number) tick = { number, due: now - late }
        lateness.add(now - tick.due)
      },
    }),
  },
  log: { trace: silent, debug: silent, info: silent, warn, error: warn },
})
report(server.port)
