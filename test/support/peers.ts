import { writeBatch } from '../../protocol/batch.ts'
import { BINARY, binaryKindOf, isCountedFrame } from '../../protocol/binary.ts'
import { Reader, Writer } from '../../protocol/bytes.ts'
import { MESSAGES } from '../../protocol/index.ts'
import { isCounted } from '../../protocol/message.ts'
import { writeUp } from '../../protocol/relay-frame.ts'
import type { Any, RawClient, Seen } from './client.ts'
import type { TestWorld } from './world.ts'

/* Clients without a library that are peers of a relay, as a Godot game would be. */

export interface Said {
  readonly epoch?: number
  readonly channel?: number
  readonly isOrdered?: boolean
  readonly unreliable?: true
  /** Two bytes for each target. */
  readonly heads?: Uint8Array
}

export interface PeerClient extends RawClient {
  readonly name: string
  readonly code: string
  readonly number: number
  /** What its `relay.open` was answered with; as an epoch changes it, so does this. */
  readonly opened: Any
  /** Its own number now. */
  readonly peer: number
  readonly epoch: number
  /** Opens; resolves with the whole answer. */
  open(data?: object): Promise<Seen>
  /** Sends bytes to peers. */
  say(targets: readonly number[], packet: string | Uint8Array, said?: Said): void
  /** What is said meanwhile goes as one message. */
  together(say: () => void): void
  /** What it heard of its relay so far, in order, as sentences. */
  heard(): string[]
  /** How many counted frames it has sent, and got. */
  counts(): { sent: number; received: number }
}

/** Seats a player in a room of the kind `open`, or in that of `code`. */
export async function sit(w: TestWorld, name: string, code?: string): Promise<PeerClient> {
  return seated(await w.raw(), name, code)
}

async function seated(raw: RawClient, name: string, code?: string): Promise<PeerClient> {
  const { data } = code
    ? await raw.ask('room.join', { code, name })
    : await raw.ask('room.create', { kind: 'open', name })
  if (!data.you) throw new Error(`not seated: ${JSON.stringify(data)}`)
  return peerOf(raw, { name, code: data.room.code, number: data.you })
}

interface Seat {
  readonly name: string
  readonly code: string
  readonly number: number
}

export function peerOf(raw: RawClient, { name, code, number }: Seat, before?: Any): PeerClient {
  let opened: Any = before
  let sent = 1
  let gathered: Uint8Array[] | undefined
  const { ask, send } = raw
  const now = () => latest(raw.seen, opened)
  const own: Any = {
    ...{ name, code, number },
    ask(type: string, data?: object, envelope?: object) {
      if (type !== 'ping' && type !== 'session.resume') sent++
      return ask(type, data, envelope)
    },
    send(message: object) {
      sent++
      send(message)
    },
    async open(data: object = {}) {
      const answer = await own.ask('relay.open', { engine: 4, ...data })
      if (answer.type === 'relay.open') opened = answer.data
      return answer
    },
    say(targets: readonly number[], packet: string | Uint8Array, said: Said = {}) {
      const { unreliable, channel = 0, isOrdered = false, epoch = now().epoch, heads } = said
      const kind = unreliable ? BINARY.relay_unreliable : BINARY.relay_reliable
      const writer = new Writer()
      writeUp(writer, kind.byte, { channel, epoch, isOrdered, targets, ...(heads && { heads }) })
      writer.raw(typeof packet === 'string' ? Buffer.from(packet) : packet)
      if (!unreliable) sent++
      if (gathered) gathered.push(writer.taken().slice())
      else raw.sendBytes(writer.taken())
    },
    together(say: () => void) {
      const writer = new Writer()
      gathered = []
      say()
      writeBatch(writer, gathered)
      gathered = undefined
      raw.sendBytes(writer.taken())
    },
    heard: () => raw.seen.flatMap(sentenceOf),
    counts: () => ({ sent, received: raw.seen.filter(isCountedSeen).length }),
  }
  Object.defineProperties(own, {
    opened: { get: () => opened },
    peer: { get: () => now().peer },
    epoch: { get: () => now().epoch },
  })
  return Object.defineProperties(raw, Object.getOwnPropertyDescriptors(own)) as PeerClient
}

/** Its number and epoch, as the epochs since then have made them. */
function latest(seen: readonly Seen[], opened: Any): { peer: number; epoch: number } {
  const from = seen.findIndex(({ data }) => data === opened)
  let { peer, epoch } = opened
  for (const { type, data } of seen.slice(from + 1)) {
    if (type !== 'relay.epoch') continue
    epoch = data.epoch
    peer = data.ids.find(([old]: [number]) => old === peer)?.[1] ?? peer
  }
  return { peer, epoch }
}

const isCountedSeen = ({ type, ...rest }: Seen) =>
  type === 'bytes' ? isCountedFrame(rest.data) : isCounted(MESSAGES, { type, ...rest })

/** `7 says hello`, `7 is there`, `7 is gone`, `epoch 2: 1, 7`; what is unreliable with a tilde. */
function sentenceOf({ type, re, data }: Seen): string[] {
  if (type === 'bytes') return [bytesText(data)]
  if (type === 'relay.peer') return [`${data.peer} is there`]
  if (type === 'relay.gone') return [`${data.peer} is gone${data.reason ? `: ${data.reason}` : ''}`]
  if (type === 'relay.epoch') return [`epoch ${data.epoch}: ${peersText(data.peers)}`]
  return type === 'error' && re === undefined ? [`refused: ${data.code}`] : []
}

export const peersText = (peers: readonly { readonly peer: number }[]) =>
  peers
    .map(({ peer }) => peer)
    .sort((one, other) => one - other)
    .join(', ')

function bytesText(bytes: Buffer): string {
  const kind = binaryKindOf(bytes)
  if (kind?.name !== 'relay_reliable' && kind?.name !== 'relay_unreliable') return 'other bytes'
  const reader = new Reader(bytes)
  const { from } = kind.read.client(reader)
  const text = bytes.subarray(reader.at).toString('latin1')
  return `${from} ${kind.delivery === 'counted' ? 'says' : '~says'} ${text}`
}

/** Everything that was said so far is heard. */
export async function settle(...clients: readonly RawClient[]): Promise<void> {
  for (const one of clients) await one.settled()
  for (const one of clients) await one.settled()
}
