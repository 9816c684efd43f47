import { BINARY } from '../../../protocol/binary.ts'
import { Writer } from '../../../protocol/bytes.ts'
import type { Id } from '../../../protocol/message.ts'
import {
  type AnyPacket,
  type Packet,
  PacketError,
  type PacketSet,
} from '../../../protocol/packet.ts'
import { writeHead } from '../../../protocol/packet-frame.ts'
import { ANSWER } from '../../../protocol/packet-set.ts'
import type { Receiver } from '../delivery/receiver.ts'
import { encode, encodeBytes, type Origin, type Outgoing } from '../wire/frame.ts'
import { Refusal } from '../wire/refusal.ts'
import type { Room } from './room.ts'

/** One packet on its way to one or many: its bytes and its JSON are each made once, when needed. */
interface SharedPacket {
  for(receiver: Receiver): Outgoing
  /** Sends it to every member but `except`; to how many. */
  toRoom(room: Room, except?: Receiver): number
}

/** Writes packets, one after the other in the same place. */
export class PacketWriter {
  readonly #writer = new Writer()

  /**
   * A packet for whoever it is sent to, its `body` where it came in bytes; throws a Refusal for what
   * is none.
   */
  share(packets: PacketSet, packet: Packet, origin: Origin = {}, body?: Uint8Array): SharedPacket {
    const bytes = this.pack(packets, packet, origin, { body })
    let text: Outgoing | undefined
    const inText = () => {
      text ??= encode({ type: 'packet', ...origin, data: dataOf(packets, packet) }, 'counted')
      return text
    }
    return sharedAs(bytes, inText)
  }

  /** A packet's frame; with an `id` it asks for an answer. */
  pack(
    packets: PacketSet,
    packet: Packet,
    { room, from }: Origin,
    { id, body }: { readonly id?: number; readonly body?: Uint8Array | undefined } = {},
  ): Outgoing {
    const writer = this.#begin()
    writeHead(writer, { id, room, from: from?.member })
    if (body) writer.raw(body)
    else refusing(() => packets.write(writer, packet))
    return encodeBytes(BINARY.packet, writer.bytes.subarray(0, writer.at))
  }

  /** The frame that answers a packet. */
  answer(re: Id, value: unknown): Outgoing | undefined {
    if (typeof re !== 'number' || !Number.isInteger(re) || re < 0 || re > MAX_ID) return undefined
    const writer = this.#begin()
    writeHead(writer, { id: re, isReply: true })
    ANSWER.write(writer, value)
    return encodeBytes(BINARY.packet, writer.bytes.subarray(0, writer.at))
  }

  /** The same packet, which could be sent. */
  checked(packets: PacketSet, packet: Packet): Packet {
    this.pack(packets, packet, {})
    return packet
  }

  #begin(): Writer {
    this.#writer.at = 0
    return this.#writer
  }
}

function sharedAs(bytes: Outgoing, inText: () => Outgoing): SharedPacket {
  const suiting = ({ speaksPackets }: Receiver) => (speaksPackets ? bytes : inText())
  return {
    for: suiting,
    toRoom(room, except) {
      const { speakers } = room
      if (speakers === room.reach) return room.broadcast(bytes, except)
      if (speakers === 0) return room.broadcast(inText(), except)
      let count = 0
      for (const receiver of room.receivers) {
        if (receiver === except) continue
        receiver.send(suiting(receiver))
        count++
      }
      return count
    },
  }
}

/** A packet's name and data, as JSON has them. */
export const dataOf = (packets: PacketSet, packet: Packet) => ({
  name: packet.name,
  data: packets.toJson(packet),
})

/** What the game calls a packet, as one; throws a Refusal for what is none. */
export const hydrate = (packets: PacketSet, packet: AnyPacket): Packet =>
  refusing(() => packets.packetOf(packet))

/** Tells what is wrong with a packet as a Refusal. */
export function refusing<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof PacketError) throw new Refusal(error.code, error.message)
    throw error
  }
}

/** What a varuint holds. */
const MAX_ID = 0x7fff_ffff
