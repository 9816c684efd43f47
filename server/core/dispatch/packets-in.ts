import { BINARY } from '../../../protocol/binary.ts'
import { Misfit, Reader } from '../../../protocol/bytes.ts'
import { type Envelope, type Id, MAX_TYPE } from '../../../protocol/message.ts'
import { type Packet, PacketError, type PacketSet } from '../../../protocol/packet.ts'
import type { PacketHead } from '../../../protocol/packet-frame.ts'
import { ANSWER } from '../../../protocol/packet-set.ts'
import type { Session } from '../session/session.ts'
import type { Decoded } from '../wire/decode.ts'
import type { Outgoing } from '../wire/frame.ts'
import type { Limits } from '../wire/limits.ts'
import { Refusal } from '../wire/refusal.ts'

/** The game's packets as dispatch meets them: a frame of theirs is a message of the type `packet`. */
export interface PacketWire {
  read(session: Session, bytes: Buffer): Decoded
  /** The answer in bytes, where the session takes such; else it goes as JSON. */
  reply(session: Session, re: Id, data: unknown): Outgoing | undefined
}

/** The data of a `packet` that came in bytes: read and checked by its schema. */
export class Packed {
  readonly packet: Packet
  /** Its number and data as they came. */
  readonly body: Uint8Array

  constructor(packet: Packet, body: Uint8Array) {
    this.packet = packet
    this.body = body
  }
}

/** Reads a frame of the kind *packet*; each counts, whatever it holds. */
export function readPacket(packets: PacketSet, bytes: Buffer, limits: Limits): Decoded {
  if (bytes.length > limits.message_bytes) {
    const text = `packet: expected at most ${limits.message_bytes} bytes, got ${bytes.length}`
    return { counted: true, problem: new Refusal('TOO_LARGE', text) }
  }
  const reader = new Reader(bytes)
  let head: PacketHead | undefined
  try {
    head = BINARY.packet.read.server(reader)
    const { id, room, to } = head
    if (head.isReply) {
      const data = { value: ANSWER.read(reader) }
      reader.finish()
      return { counted: true, message: { type: 'packet', re: id, data } }
    }
    const from = reader.at
    const packet = packets.read(reader)
    reader.finish()
    const data = new Packed(packet, bytes.subarray(from))
    return { counted: true, message: { type: 'packet', id, room, to, data } }
  } catch (error) {
    const id = head?.isReply ? undefined : head?.id
    return { counted: true, problem: malformed(error), asked: { type: 'packet', id } }
  }
}

/** A packet in bytes of a client that has other packets, or has not said which. */
export function refusePacket(bytes: Buffer): Decoded {
  const problem = new Refusal('PACKETS_MISMATCH')
  try {
    const { id, isReply } = BINARY.packet.read.server(new Reader(bytes))
    return { counted: true, problem, asked: { type: 'packet', id: isReply ? undefined : id } }
  } catch {
    return { counted: true, problem, asked: { type: 'packet' } }
  }
}

/** `["Name", data]` as the message it stands for, or what is wrong with it. */
export function dehydrated(message: readonly unknown[]): Envelope | string {
  const [name, data] = message
  if (typeof name !== 'string' || name.length > MAX_TYPE || message.length > 2)
    return 'message: expected an object with a "type", or a packet as ["Name", data]'
  return { type: 'packet', data: { name, ...(message.length === 2 && { data }) } }
}

function malformed(error: unknown): Refusal {
  if (error instanceof PacketError) return new Refusal(error.code, error.message)
  if (error instanceof Misfit) return new Refusal('INVALID_MESSAGE_DATA', error.told('packet'))
  throw error
}
