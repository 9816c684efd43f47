import { type AnyPacket, type PacketSet, ValidationError } from '../../../protocol/packet.ts'
import { DEFAULT_PACKET_MS } from '../../../protocol/packets.ts'
import type { Json } from '../../../protocol/schema.ts'
import type { Player, Receiver } from '../delivery/receiver.ts'
import type { Session } from '../session/session.ts'
import { Refusal } from '../wire/refusal.ts'
import { dataOf, hydrate, PacketWriter } from './packets-out.ts'
import type { Room } from './room.ts'

export interface AskingPacket {
  /** How long to wait, in ms (30,000). */
  readonly timeout?: number
  /** The code of the room it is about. */
  readonly room?: string
}

/** A client, in the hands of the game's own logic. */
export interface PacketSession {
  /** Its public id. */
  readonly id: string
  /** Null for one that has not identified. */
  readonly player: Readonly<Player> | null
  /** Sends a packet and waits for nothing; throws a Refusal for what is no packet. */
  send(packet: AnyPacket): void
  /**
   * Sends a packet and resolves with what the client's `respond` returned. Rejects with the
   * client's ValidationError, or a Refusal: REMOTE_ERROR, TIMEOUT, TARGET_LEFT, TARGET_BUSY, …
   */
  ask(packet: AnyPacket, asking?: AskingPacket): Promise<Json>
}

/** What an acceptor on the server knows of a packet beside its data. */
export interface PacketContext {
  /** Who sent it. */
  readonly session: PacketSession
  /** The code of the room it is about, and the sender's number there. */
  readonly room?: string
  readonly member?: number
  /** Whom it is for, where it is for others; `respond` sees only what is for the server. */
  readonly to?: readonly string[]
}

export type PacketSender = ReturnType<typeof createPacketSender>

/** Sends packets as the server itself; without packets, everything is refused. */
export function createPacketSender(packets: PacketSet | undefined) {
  const handles = new WeakMap<Session, PacketSession>()
  const writer = new PacketWriter()
  return { send, ask, toRoom, handleOf, writer }

  /** Sends one shared packet; to how many. */
  function send(receivers: Iterable<Receiver>, packet: AnyPacket, room?: string): number {
    const set = defined(packets)
    const shared = writer.share(set, hydrate(set, packet), room === undefined ? {} : { room })
    let count = 0
    for (const receiver of receivers) {
      receiver.send(shared.for(receiver))
      count++
    }
    return count
  }

  function toRoom(room: Room, packet: AnyPacket, receivers?: Iterable<Receiver>): number {
    if (receivers) return send(receivers, packet, room.code)
    const set = defined(packets)
    return writer.share(set, hydrate(set, packet), { room: room.code }).toRoom(room)
  }

  async function ask(
    receiver: Receiver,
    packet: AnyPacket,
    { timeout = DEFAULT_PACKET_MS, room }: AskingPacket = {},
  ): Promise<Json> {
    const set = defined(packets)
    const asked = hydrate(set, packet)
    const origin = room === undefined ? {} : { room }
    const cause = { session: receiver.id, player: receiver.player?.id ?? null }
    const question = { type: 'packet', origin, timeout, cause }
    try {
      const answer = await receiver.ask(
        receiver.speaksPackets
          ? { ...question, data: null, pack: (id) => writer.pack(set, asked, origin, { id }) }
          : { ...question, data: dataOf(set, writer.checked(set, asked)) },
      )
      return (answer as { value: Json }).value
    } catch (error) {
      throw refusedBy(error)
    }
  }

  function handleOf(session: Session): PacketSession {
    const known = handles.get(session)
    if (known) return known
    const handle: PacketSession = {
      id: session.id,
      get player() {
        return session.player
      },
      send: (packet) => void send([session], packet),
      ask: (packet, asking) => ask(session, packet, asking),
    }
    handles.set(session, handle)
    return handle
  }
}

/** The game's packets; a server without any refuses what concerns them. */
export function defined(packets: PacketSet | undefined): PacketSet {
  if (packets) return packets
  throw new Refusal('UNSUPPORTED', 'this server defines no packets: createServer({ packets })')
}

/** What a client's `validate` threw, as it threw it. */
function refusedBy(error: unknown): unknown {
  if (!(error instanceof Refusal) || error.code !== 'VALIDATION_FAILED') return error
  const { code, reason } = (error.details.cause ?? {}) as { code?: unknown; reason?: unknown }
  return new ValidationError({
    code: typeof code === 'number' ? code : 422,
    reason: typeof reason === 'string' ? reason : error.message,
  })
}
