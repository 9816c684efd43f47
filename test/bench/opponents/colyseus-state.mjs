// The opponent of the comparisons of state: the same rows as Colyseus has them. BENCH_STATE says how
// they are seen, BENCH_FIELDS whether they are numbers or two bytes each.
import { createServer } from 'node:http'
import { Room, Server } from '@colyseus/core'
import { StateView, schema, t } from '@colyseus/schema'
import { WebSocketTransport } from '@colyseus/ws-transport'
import { report } from '../report.mjs'
import { createSwitch, createWalkers, GROUPS, ROWS, TICK_MS } from '../state-walk.mjs'

const isNumbers = process.env.BENCH_FIELDS === 'numbers'
const isViewed = process.env.BENCH_STATE !== 'shared'
const [PLACE_STEPS, TURN_STEPS] = [50, 10_000]
const field = () => (isNumbers ? t.number() : t.uint16())
const Walker = schema({ x: field(), y: field(), turn: field() }, 'Walker')
const State = schema({ walkers: isViewed ? t.array(Walker).view() : t.array(Walker) }, 'State')

const going = createSwitch()

class Arena extends Room {
  maxClients = ROWS + 1
  patchRate = TICK_MS
  #joined = 0

  onCreate() {
    const { walkers, step } = createWalkers()
    this.state = new State()
    for (let index = 0; index < ROWS; index++) this.state.walkers.push(new Walker())
    this.setTimestep(() => {
      if (!going.isOn) return
      step()
      for (let index = 0; index < ROWS; index++) {
        const { x, y, turn } = walkers[index]
        const walker = this.state.walkers[index]
        walker.x = isNumbers ? x : Math.round(x * PLACE_STEPS)
        walker.y = isNumbers ? y : Math.round(y * PLACE_STEPS)
        walker.turn = isNumbers ? turn : Math.round((turn + Math.PI) * TURN_STEPS)
      }
    }, TICK_MS)
  }

  onJoin(client) {
    if (!isViewed) return
    const own = this.#joined++ % GROUPS
    client.view = new StateView()
    for (let index = 0; index < ROWS; index++)
      if (process.env.BENCH_STATE === 'own' || index % GROUPS === own)
        client.view.add(this.state.walkers[index])
  }
}

const http = createServer()
const server = new Server({ transport: new WebSocketTransport({ server: http }), greet: false })
server.define('arena', Arena)
await server.listen(0, '127.0.0.1')
report(http.address().port)
