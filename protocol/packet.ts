import type { Reader, Writer } from './bytes.ts'
import type { PacketHead } from './packet-frame.ts'
import type { Schema } from './schema.ts'

/** A packet by its name and data; `new packets.Player({ … })` makes one. */
export class Packet<Data = unknown> {
  readonly name: string
  readonly data: Data

  constructor(name: string, data: Data) {
    this.name = name
    this.data = data
  }
}

/** The same without a class: `['Slap']`, `['Player', { … }]`. */
export type Dehydrated = readonly [name: string, data?: unknown]
export type AnyPacket = Packet | Dehydrated

/** Thrown by `validate`: why a packet is not accepted, as its sender is told it. */
export class ValidationError extends Error {
  override readonly name = 'ValidationError'
  /** A number as of HTTP. */
  readonly code: number
  readonly reason: string

  constructor({ code, reason }: { readonly code: number; readonly reason: string }) {
    super(reason)
    this.code = code
    this.reason = reason
  }
}

/** No packet, or none that could be sent: the text names the place. */
export class PacketError extends Error {
  override readonly name = 'PacketError'
  readonly code: 'UNKNOWN_PACKET' | 'INVALID_MESSAGE_DATA'

  constructor(code: PacketError['code'], text: string) {
    super(text)
    this.code = code
  }
}

/** Judges packets of one kind and answers them, on one side. */
export interface Acceptor<Data = never, Context = never> {
  /** Throws a ValidationError where it is not accepted; may take its time. */
  validate?(data: Data, context: Context): void | Promise<void>
  /** What it returns or resolves with is the answer; undefined is null. */
  respond?(data: Data, context: Context): unknown
}

/** One kind of packet, as everybody who reads or writes packets needs it. */
export interface PacketType {
  readonly name: string
  /** In order of the names, from 1. */
  readonly number: number
  readonly doc?: string
  readonly by: 'any' | 'server'
  /** Of its data: kinds of `protocol/schema.ts` that have bytes. */
  readonly schema: Schema
  /** Its data is packets: their numbers and bodies one after another, in a buffer. */
  readonly isBundle: boolean
}

/** A frame of the kind *packet*, read: a packet, or the `value` that answers one. */
export type Opened = PacketHead & { readonly packet?: Packet; readonly value?: unknown }

/** A game's packets. The same on both sides, or `hash` differs. */
export interface PacketSet<Context = unknown> {
  readonly hash: string
  /** In order of their numbers. */
  readonly types: readonly PacketType[]
  typeOf(name: string): PacketType | undefined
  /** What was added on this side. */
  acceptorOf(name: string): Acceptor<unknown, Context> | undefined
  /** Hydrates a packet; throws a PacketError for what is none. */
  packetOf(packet: unknown): Packet
  /** The number and the bytes of a packet; throws a PacketError. */
  write(writer: Writer, packet: AnyPacket): void
  /** Reads what `write` wrote; throws a PacketError. */
  read(reader: Reader): Packet
  /** A packet's data as JSON has it, where bytes are base64. */
  toJson(packet: Packet): unknown
  /** A packet from such; throws a PacketError. */
  fromJson(name: string, data: unknown): Packet
  encode(packet: AnyPacket): Uint8Array
  decode(bytes: Uint8Array): Packet
  /** The frame of a packet, and of an answer to one; throw a PacketError. */
  frame(head: PacketHead, packet: AnyPacket): Uint8Array
  answer(id: number, value: unknown): Uint8Array
  /** What a frame from the server holds, if it is of this kind; throws a PacketError. */
  open(frame: Uint8Array): Opened | undefined
}
