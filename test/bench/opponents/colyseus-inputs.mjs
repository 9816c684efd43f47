// The opponent of the inputs' comparison: rooms of twenty players whose state Colyseus sends, each moved
// by what it says 20 times a second.
import { createServer } from 'node:http'
import { Room, Server } from '@colyseus/core'
import { schema, t } from '@colyseus/schema'
import { WebSocketTransport } from '@colyseus/ws-transport'
import { createLateness } from '../inputs-late.mjs'
import { report } from '../report.mjs'

const [SPEED, STEP_MS] = [200, 50]
const lateness = createLateness()
const Player = schema(
  { x: t.number(), y: t.number(), fired: t.uint16(), ack: t.uint32() },
  'Player',
)
const Field = schema({ players: t.map(Player) }, 'Field')

class Arena extends Room {
  maxClients = 20
  patchRate = STEP_MS
  #waiting = new Map()
  #due = 0

  onCreate() {
    this.state = new Field()
    this.onMessage('input', (client, input) => this.#waiting.get(client.sessionId)?.push(input))
    this.#due = performance.now() + STEP_MS
    this.setTimestep(() => this.#step(), STEP_MS)
  }

  onJoin({ sessionId }) {
    this.#waiting.set(sessionId, [])
    this.state.players.set(sessionId, Object.assign(new Player(), { x: 0, y: 0, fired: 0, ack: 0 }))
  }

  #step() {
    const now = performance.now()
    // Its steps are as far apart as its timer says: what is added to that is late.
    lateness.add(Math.max(0, now - this.#due))
    this.#due = now + STEP_MS
    for (const [id, inputs] of this.#waiting) {
      const player = this.state.players.get(id)
      for (const { seq, x, y, fire } of inputs.splice(0, 2)) {
        player.x += (x * SPEED * STEP_MS) / 1_000
        player.y += (y * SPEED * STEP_MS) / 1_000
        if (fire) player.fired += 1
        player.ack = seq
        lateness.did()
      }
    }
  }
}

const http = createServer()
const server = new Server({ transport: new WebSocketTransport({ server: http }), greet: false })
server.define('arena', Arena)
await server.listen(0, '127.0.0.1')
report(http.address().port)
