import { addressKind, addressName } from '../../../protocol/message.ts'
import type { AnyPacket } from '../../../protocol/packet.ts'
import type { Json } from '../../../protocol/schema.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'
import { Refusal } from '../wire/refusal.ts'
import type { AskingPacket, PacketSender } from './packets-sending.ts'
import type { Rooms } from './rooms.ts'

/** Packets from the server itself, to whomever it likes. */
export interface PacketDesk {
  /**
   * Sends a packet to `session:ID`, `player:ID`, `room:CODE`, `public` (who has not identified, and
   * guests) or `all`; to how many. Throws a Refusal for what is no packet or no address.
   */
  send(to: string, packet: AnyPacket): number
  /** Sends one to a session, by its id, and resolves with its answer. */
  ask(session: string, packet: AnyPacket, asking?: AskingPacket): Promise<Json>
}

export interface DeskOptions {
  readonly sender: PacketSender
  readonly sessions: Sessions
  readonly rooms: Rooms
  readonly sessionsOf: (player: string) => Iterable<Session>
  /** The group `public`. */
  readonly anonymous: () => Iterable<Session>
}

export function createPacketDesk(options: DeskOptions): PacketDesk {
  const { sender, sessions, rooms, sessionsOf, anonymous } = options
  return {
    send(to, packet) {
      if (addressKind(to) !== 'room:') return sender.send(sessionsAt(to), packet)
      const code = addressName(to)
      const room = rooms.get(code)
      if (!room) throw new Refusal('ROOM_NOT_FOUND', `to: no room has the code ${code}`)
      return sender.toRoom(room, packet)
    },
    async ask(id, packet, asking) {
      const session = sessions.get(id)
      if (!session) throw new Refusal('INVALID_TARGET', `there is no session ${id}`)
      return sender.ask(session, packet, asking)
    },
  }

  function sessionsAt(to: string): Iterable<Session> {
    const kind = addressKind(to)
    if (kind === 'all') return sessions.all()
    if (kind === 'public') return anonymous()
    if (kind === 'player:') return sessionsOf(addressName(to))
    const session = kind === 'session:' ? sessions.get(addressName(to)) : undefined
    if (session) return [session]
    throw new Refusal(
      'INVALID_TARGET',
      `to: expected all, public, or a session:ID, player:ID or room:CODE there is; got ${to}`,
    )
  }
}
