import { connect, type Network, type Room } from '../../web-client/client.ts'
import type { Data, WebSocketConstructor, WebSocketLike } from '../../web-client/link.ts'
import type { Any } from './client.ts'
import type { Clock } from './clock.ts'
import { type Random, SAID } from './hooked-house.ts'
import { tapped } from './tap.ts'

/** One client that is disturbed, and what it noticed that should not be. */
export interface Walker {
  readonly name: string
  readonly network: Network
  /** How many requests are not answered yet. */
  readonly pending: number
  does(ask: (network: Network) => Promise<unknown>): void
  /** Its cable is cut; the server may notice later, and goes on reading what was on its way. */
  cut(): void
  /** Says something that it should not say, on the connection that carries its session. */
  say(message: object): void
  /** The next claim says that it sent more than it did. */
  forge(): void
  /** Its last claim once more, on a socket of its own. */
  repeat(): void
  close(): void
}

export interface Outside {
  readonly url: string
  readonly Socket: WebSocketConstructor
  readonly clock: Clock
  readonly random: Random
  readonly wrongs: string[]
}

/** How many turns after it was cut the server may still hear a connection. */
const LINGERS = 6

export async function createWalker(name: string, outside: Outside): Promise<Walker> {
  const { url, clock, random, wrongs } = outside
  const wrong = (what: string) => void wrongs.push(`${name} ${what}`)
  const sockets: WebSocketLike[] = []
  let lastClaim: object | undefined
  let isForging = false
  let isForgiven = false
  let pending = 0
  /** The last number heard of each room. */
  const heard = new Map<string, number>()

  const network = await connect(url, {
    WebSocket: tapped(lingering(outside.Socket, sockets, random), {
      onSend(message: Any) {
        if (message.type !== 'session.resume') return undefined
        lastClaim = message
        if (!isForging) return undefined
        isForging = false
        isForgiven = true
        return { ...message, data: { ...message.data, sent: message.data.sent + 1_000 } }
      },
      onReceive({ type, room, data }: Any) {
        if (type === 'event' && data.name === SAID) hear(room, data.args[0])
        return undefined
      },
    }),
    timers: { now: clock.now, after: clock.after },
    backoff: () => 1 + random.below(400),
    report: (error) => wrong(`was told ${error}`),
  })
  network.on('reset', (reason) => {
    if (reason !== 'DESYNC' || !isForgiven) wrong(`was reset: ${reason}`)
    heard.clear()
  })
  network.on('lost', () => heard.clear())

  return {
    name,
    network,
    get pending() {
      return pending
    },
    does(ask) {
      pending++
      const done = () => void pending--
      ask(network).then((found) => {
        done()
        if (isRoom(found)) found.on('closed', () => heard.delete(found.code))
      }, done)
    },
    cut: () => network.cut(),
    say(message) {
      if (network.state !== 'open') return
      isForgiven = true
      sockets.at(-1)?.send(JSON.stringify(message))
    },
    forge() {
      isForging = true
      network.cut()
    },
    repeat() {
      if (!lastClaim) return
      const claim = JSON.stringify(lastClaim)
      const socket = new outside.Socket(url)
      socket.onopen = () => socket.send(claim)
      socket.onclose = () => {}
      socket.onmessage = ({ data }: { readonly data: unknown }) => {
        const { re, data: answer } = JSON.parse(String(data))
        if (re !== undefined && answer.resumed) wrong('was taken over by a claim said twice')
      }
      clock.after(500, () => socket.terminate?.())
    },
    close: () => network.close(),
  }

  function hear(room: string, number: number): void {
    const before = heard.get(room)
    if (network.rooms.all.has(room) && before !== undefined && number !== before + 1)
      wrong(`heard ${number} after ${before} in ${room}`)
    heard.set(room, number)
  }
}

const isRoom = (value: unknown): value is Room =>
  typeof value === 'object' && value !== null && 'isHost' in value

/** Sockets whose end the server hears of some turns later, after what was on its way. */
function lingering(
  Socket: WebSocketConstructor,
  sockets: WebSocketLike[],
  random: Random,
): WebSocketConstructor {
  return class extends Socket {
    constructor(url: string) {
      super(url)
      sockets.push(this)
    }

    override send(data: Data): void {
      super.send(data)
    }

    override terminate(): void {
      later(random.below(LINGERS), () => super.terminate?.())
    }
  } as WebSocketConstructor
}

function later(turns: number, run: () => void): void {
  if (turns === 0) run()
  else setImmediate(() => later(turns - 1, run))
}
