// A compiled server whose rooms know a hundred rows that walk; each kind lets its members see them
// otherwise.
import {
  angle,
  createServer,
  defineRoom,
  defineState,
  fixed,
  group,
  near,
  table,
} from '../../dist/server/server.js'
import { report, warn } from './report.mjs'
import { createSwitch, createWalkers, GROUPS, ROWS } from './state-walk.mjs'

/** With a radius of so much a fifth of the field is in sight. */
const RADIUS = 252
const fields = { x: fixed(-2000, 2000, 0.01), y: fixed(-2000, 2000, 0.01), turn: angle(10) }
const parts = Array.from({ length: GROUPS }, (_, index) => `g${index}`)

const going = createSwitch()
const kinds = {
  shared: kind(
    { walkers: table(fields) },
    ({ walkers }) =>
      () =>
        walkers.add(),
  ),
  own: kind(
    { walkers: table(fields, { sees: () => true }) },
    ({ walkers }) =>
      () =>
        walkers.add(),
  ),
  near: kind({ walkers: table(fields, { rows: 'members', sees: near(RADIUS) }) }),
  groups: kind(
    Object.fromEntries(parts.map((name) => [name, table(fields, { sees: group(name) })])),
    (state) => (index) => state[parts[index % GROUPS]].add(),
    (room, member) => room.group(parts[member.number % GROUPS]).add(member),
  ),
}

/** `adding` makes what adds a row, where they are not the members’. */
function kind(tables, adding, joined = () => {}) {
  return defineRoom({
    capacity: ROWS + 1,
    tick_hz: 20,
    state: defineState(tables),
    onCreate: ({ state }) => ({
      ...createWalkers(),
      rows: adding ? Array.from({ length: ROWS }, (_, index) => adding(state)(index)) : [],
    }),
    onJoined(room, member) {
      joined(room, member)
      if (!adding) room.own.rows.push(room.state.walkers.of(member))
    },
    onTick({ own: { walkers, rows, step } }) {
      if (!going.isOn) return
      step()
      for (let index = 0; index < rows.length; index++) {
        const { x, y, turn } = walkers[index]
        const row = rows[index]
        row.x = x
        row.y = y
        row.turn = turn
      }
    },
  })
}

const silent = () => {}
const server = await createServer({
  port: 0,
  host: '127.0.0.1',
  rates: false,
  limits: { connections: 6_000, sessions: 10_000 },
  rooms: kinds,
  log: { trace: silent, debug: silent, info: silent, warn, error: warn },
})
report(server.port)
