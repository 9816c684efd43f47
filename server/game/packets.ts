import type { Acceptors, Definitions, Packets } from '../../protocol/packet-kinds.ts'
import { decorate } from '../../protocol/packet-set.ts'
import type { PacketContext } from '../core/room/packets-sending.ts'

export { about, type Notation, type ValueOf } from '../../protocol/notation.ts'
export {
  type AnyPacket,
  type Dehydrated,
  Packet,
  type PacketSet,
  ValidationError,
} from '../../protocol/packet.ts'
export type { PacketDefinition, Packets } from '../../protocol/packet-kinds.ts'
export { definePackets } from '../../protocol/packet-set.ts'
export type { PacketDesk } from '../core/room/packets-desk.ts'
export type { PacketContext, PacketSession } from '../core/room/packets-sending.ts'

/** The packets with what the server does about them; what it adds is on no other side. */
export const acceptPackets = <D extends Definitions>(
  packets: Packets<D>,
  acceptors: Acceptors<D, PacketContext>,
): Packets<D, PacketContext> => decorate(packets, acceptors)
