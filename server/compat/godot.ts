import { BINARY } from '../../protocol/binary.ts'
import { Reader, Writer } from '../../protocol/bytes.ts'
import type { RelayMode } from '../../protocol/relay.ts'
import { writeUp } from '../../protocol/relay-frame.ts'
import type { Dialect, Endpoint, Heard } from '../core/session/dialect.ts'
import type { Session } from '../core/session/session.ts'
import type { Frames, Native } from '../core/session/translator.ts'
import { Ping } from '../core/wire/frame.ts'
import { Refusal } from '../core/wire/refusal.ts'
import { GODOT3 } from './godot3-packets.ts'
import { GODOT4 } from './godot4-packets.ts'
import type { PeerPackets } from './peer-packets.ts'

/** A client without the add-on, from its seat to the loss of its peer 1. */
interface Stock {
  readonly code: string
  peer: number
  epoch: number
  mode: RelayMode
  /** Whether its client has its number, and so is connected. */
  isConnected: boolean
  /** The peers that its client was told of, and whether it has shown that it read so. */
  readonly told: Map<number, boolean>
}

/** So much fits the buffers of a Godot that was left as it is, whatever is put before it. */
const TAKEN_BYTES = 65_520

/** Godot's own peers, without the add-on: `/godot/CODE` for Godot 4, `/godot3/CODE` for Godot 3. */
export const createGodot = () => ({
  endpoints: [
    endpoint(/^\/godot\/(\w+)$/, GODOT4),
    endpoint(/^\/godot3\/(\w+)$/, GODOT3),
  ] satisfies Endpoint[],
})

function endpoint(path: RegExp, packets: PeerPackets): Endpoint {
  const known = new WeakMap<Session, Stock>()
  const writer = new Writer()

  const dialect: Dialect = {
    isPersonal: true,

    opened(session, upgrade) {
      const code = path.exec(upgrade.path)?.[1]?.toUpperCase() ?? ''
      session.mayHost = false
      session.receiveBytes = Math.min(session.receiveBytes, TAKEN_BYTES)
      const told = new Map<number, boolean>()
      const stock: Stock = { code, peer: 0, epoch: 0, mode: 'mesh', isConnected: false, told }
      known.set(session, stock)
      session.onPonged = (payload) => hear(stock, payload)
      session.conversation?.ask({ mark: 'join', type: 'room.join', data: { code } })
    },

    incoming: () => [],

    incomingBytes(bytes, session): readonly Heard[] {
      const stock = known.get(session)
      if (!stock?.isConnected) return []
      const said = packets.read(bytes, stock.peer, stock.mode)
      if (!said) return [{ refusal: new Refusal('INVALID_MESSAGE_DATA') }]
      const targets = named(stock, said.target)
      if (targets.length === 0) return []
      writer.at = 0
      const { epoch } = stock
      const up = { isOrdered: false, channel: 0, epoch, targets }
      writeUp(writer, BINARY.relay_reliable.byte, up)
      writer.raw(said.packet)
      return [{ frame: Buffer.from(writer.taken()) }]
    },

    outgoing(native, session, mark) {
      const stock = known.get(session)
      if (!stock) return []
      if (mark !== undefined) return answered(native, session, stock, mark)
      return told(native, session, stock)
    },

    outgoingBytes(bytes, session) {
      const stock = known.get(session)
      if (!stock?.isConnected) return []
      const reader = new Reader(bytes)
      const { from } = BINARY.relay_reliable.read.client(reader)
      return some(packets.from(from, bytes.subarray(reader.at), stock.mode))
    },

    // Its client cannot read it.
    closing: (code) => (code < 4000 ? code : 1000),
  }
  return { matches: (upgrade) => path.test(upgrade.path), dialect }

  function answered(native: Native, session: Session, stock: Stock, mark: unknown): Frames {
    if (native.type === 'error') return end(session, stock)
    if (mark === 'open') return begin(stock, native.data as Opened, (native.data as Opened).peer)
    const { engine } = packets
    const next = { mark: 'open', type: 'relay.open', room: stock.code, data: { engine } }
    void Promise.resolve().then(() => session.conversation?.ask(next))
    return []
  }

  function told({ type, data }: Native, session: Session, stock: Stock): Frames {
    switch (type) {
      case 'relay.epoch':
        return stock.isConnected ? end(session, stock) : begin(stock, data as Opened, stock.peer)
      case 'relay.peer':
        return added(stock, (data as Numbered).peer)
      case 'relay.gone':
        if ((data as Numbered).peer === stock.peer) return end(session, stock)
        stock.told.delete((data as Numbered).peer)
        return [packets.gone((data as Numbered).peer)]
      case 'room.kicked':
      case 'room.seat_taken':
        return end(session, stock)
      default:
        return []
    }
  }

  /** It has its number, and its client hears of it once peer 1 is there. */
  function begin(stock: Stock, { epoch, mode, peers }: Opened, peer: number): Frames {
    Object.assign(stock, { peer, epoch, mode, isConnected: peers.length > 0 })
    if (!stock.isConnected) return []
    const others = peers.map((one) => one.peer).filter((one) => one !== peer)
    const first = others.toSorted((one, other) => one - other)
    return [packets.hello(peer), ...first.flatMap((one) => added(stock, one))]
  }

  /** Tells that another is there, and asks whether that was read. */
  function added({ told, mode }: Stock, peer: number): Frames {
    const frames = some(packets.added(peer))
    if (!packets.abbreviates || mode === 'star') return frames
    told.set(peer, false)
    return [...frames, new Ping(int32(peer))]
  }

  /**
   * Whom the words are for. Who is new to all was not told yet what they say shortly: for all is for
   * those whom its client knows.
   */
  function named({ told, mode }: Stock, target: number): number[] {
    if (target > 0 || !packets.abbreviates || mode === 'star') return [target]
    return [...told].flatMap(([peer, isRead]) => (isRead && peer !== -target ? [peer] : []))
  }

  /** It leaves once what happens just now is over. */
  function end(session: Session, stock: Stock): Frames {
    stock.isConnected = false
    void Promise.resolve().then(() => session.connection?.close(1000))
    return []
  }
}

function hear({ told }: Stock, payload: Buffer): void {
  const peer = payload.length === PEER_BYTES ? payload.readInt32LE() : 0
  if (told.has(peer)) told.set(peer, true)
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(PEER_BYTES)
  bytes.writeInt32LE(value)
  return bytes
}

const PEER_BYTES = 4

type Numbered = { readonly peer: number }
interface Opened extends Numbered {
  readonly epoch: number
  readonly mode: RelayMode
  readonly peers: readonly Numbered[]
}

const some = (bytes: Buffer | undefined): readonly Buffer[] => (bytes ? [bytes] : [])
