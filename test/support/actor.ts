import { connect, type Network, type Room } from '../../web-client/client.ts'
import type { Line } from './relay.ts'
import { note, type Tap, tapped } from './tap.ts'
import { NodeSocket } from './world.ts'

/** Among the numbers an actor heard: its counts began again. */
export const RESET = -1
export const NEVER = 3_600_000

/** A client behind the proxy, and what it was told. */
export interface Actor {
  readonly index: number
  readonly line: Line
  readonly network: Network
  readonly room: Room
  /** The numbers it heard in order, each with its sender; RESET where its counts began again. */
  readonly heard: number[]
  readonly resets: unknown[]
  /** The members it knew of at each marker. */
  readonly markers: Map<number, Seated[]>
  /** The ids of the answers it read, in order. */
  readonly answers: number[]
  /** How many numbers it emitted. */
  said: number
  readonly wrongs: string[]
}

export interface Seated {
  readonly number: number
  readonly name: string
  readonly away: boolean
}

/** A number and who said it, in one. */
export const keyOf = (index: number, n: number) => index * 1_000_000 + n
export const senderOf = (key: number) => Math.floor(key / 1_000_000)

export async function createActor(index: number, url: string, line?: Line): Promise<Actor> {
  const answers: number[] = []
  const tap: Tap = {
    onReceive: ({ re }) => note(/^\d+$/.test(re), answers, Number(re)),
  }
  const network = await connect(url, {
    WebSocket: tapped(NodeSocket, tap),
    backoff: () => 0,
    pingEvery: NEVER,
  })
  const room = await network.rooms.joinOrCreate('plaza', { name: `actor ${index}` })
  const actor: Actor = {
    ...{
      index,
      network,
      room,
      answers,
      heard: [],
      resets: [],
      markers: new Map(),
      wrongs: [],
      said: 0,
    },
    line: line ?? { url, hold() {}, release() {} },
  }
  const { heard, resets, markers, wrongs } = actor
  network.events.on('plaza.number', ([sender, n], from) => {
    if (from.name !== `actor ${sender}`) wrongs.push(`${sender} as ${from.name}`)
    heard.push(keyOf(Number(sender), Number(n)))
  })
  network.events.on('plaza.marker', ([marker]) => void markers.set(Number(marker), membersOf(room)))
  network.on('reset', (reason) => {
    resets.push(reason)
    heard.push(RESET)
  })
  network.on('lost', (reason) => void wrongs.push(`lost: ${reason}`))
  network.on('state', (state, code, reason) => {
    if (state === 'closed' && code !== 1000) wrongs.push(`closed with ${code} ${reason}`)
  })
  network.on('error', ({ code }) => void wrongs.push(`error: ${code}`))
  return actor
}

const membersOf = ({ members }: Room): Seated[] =>
  [...members.values()].map(({ number, name, away }) => ({ number, name, away }))
