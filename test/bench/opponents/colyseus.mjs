// The opponent of the rooms' comparisons: rooms and messages as Colyseus has them, without a state.
import { createServer } from 'node:http'
import { Room, Server } from '@colyseus/core'
import { WebSocketTransport } from '@colyseus/ws-transport'
import { report } from '../report.mjs'

class Arena extends Room {
  maxClients = 200
  #numbered = 0

  onCreate() {
    this.onMessage('event.emit', (client, { name, args }) => {
      const event = { room: this.roomId, from: client.userData, data: { name, args } }
      this.broadcast('event', event, { except: client })
    })
  }

  onJoin(client) {
    const member = ++this.#numbered
    client.userData = { member, player: null, role: 'player', name: `Guest ${member}` }
  }
}

const http = createServer()
const server = new Server({ transport: new WebSocketTransport({ server: http }), greet: false })
server.define('arena', Arena)
await server.listen(0, '127.0.0.1')
report(http.address().port)
