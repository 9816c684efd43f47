import type { BinaryKind } from '../../../protocol/binary.ts'
import { type AllMessages, MESSAGES } from '../../../protocol/index.ts'
import type { Memory } from '../../../protocol/ledger.ts'
import {
  type DataOf,
  type Delivery,
  type Id,
  type Messages,
  type NamesTo,
  type Sender,
  toText,
} from '../../../protocol/message.ts'
import { Refusal } from './refusal.ts'

/**
 * A message on its way out: encoded and framed once, then shared by every receiver's queue and
 * resume buffer. The bytes are never changed.
 */
export interface Outgoing {
  readonly type: string
  readonly delivery: Delivery
  /** A newer *latest* message replaces an older one of the same key. */
  readonly key: string
  /** A whole WebSocket frame. */
  readonly frame: Buffer
  /** The bytes a receiver's limit counts: the frame without its header. */
  readonly size: number
}

type PushType = NamesTo<AllMessages, 'to_client'>

/** Where a push comes from: the room and, for what a player sent, the stamped sender. */
export interface Origin {
  readonly room?: string
  readonly from?: Sender
}

/** An origin of many messages, which is written as text only once. */
export class Stamp implements Origin {
  readonly room: string
  readonly from: Sender
  readonly #text: string

  constructor(room: string, from: Sender) {
    this.room = room
    this.from = from
    this.#text = textOf({ room, from })
  }

  /** What stands between `type` and `data`. */
  get text(): string {
    return this.#text
  }
}

interface Sendable {
  readonly type: string | number
  readonly id?: Id
  readonly re?: Id
  readonly room?: string
  readonly from?: Sender
  readonly data?: unknown
}

/** A push as the tables describe it; of a *latest* one, `key` says what the next replaces. */
export const push = <T extends PushType>(
  type: T,
  data: DataOf<AllMessages[T]>,
  origin: Origin = {},
  key?: string,
): Outgoing => pushText(type, toText(data), origin, key)

/** The same, of data that is JSON text already. */
export const pushText = (
  type: PushType,
  data: string,
  origin: Origin = {},
  key?: string,
): Outgoing => {
  const outside = origin instanceof Stamp ? origin.text : textOf(origin)
  const text = `{"type":"${type}"${outside},"data":${data}}`
  const delivery = (MESSAGES as Messages)[type]?.delivery ?? 'counted'
  return written(type, text, delivery, key ?? keyOf(delivery, type, origin.room))
}

const textOf = ({ room, from }: Origin): string =>
  (room === undefined ? '' : `,"room":${toText(room)}`) +
  (from === undefined ? '' : `,"from":${toText(from)}`)

/** Encodes and frames a message. */
export function encode(message: Sendable, delivery: Delivery, key?: string): Outgoing {
  const type = String(message.type)
  return written(type, toText(message), delivery, key ?? keyOf(delivery, type, message.room))
}

/** Unless its sender says otherwise, a *latest* message replaces the one of its type in its room. */
const keyOf = (delivery: Delivery, type: string, room = ''): string =>
  delivery === 'latest' ? `${type} ${room}` : ''

function written(type: string, text: string, delivery: Delivery, key: string): Outgoing {
  const size = Buffer.byteLength(text)
  return { type, delivery, key, size, frame: frameText(text, size) }
}

/**
 * Frames text and bytes as they are and anything else as JSON: what no later connection will need
 * again.
 */
export function encodeForeign(value: unknown, delivery: Delivery = 'socket'): Outgoing {
  if (value instanceof Ping) return encodePing(value.payload, delivery)
  if (value instanceof Uint8Array) {
    const frame = frameBytes(value)
    return { type: '', delivery, key: '', size: value.length, frame }
  }
  const text = typeof value === 'string' ? value : toText(value)
  const size = Buffer.byteLength(text)
  return { type: '', delivery: 'socket', key: '', size, frame: frameText(text, size) }
}

/** The same of what a message of this type is elsewhere; refused where it is too large to be read. */
export const encodeFitting = (
  values: readonly unknown[],
  type: string,
  receive_bytes: number,
): readonly Outgoing[] =>
  values.map((value) => {
    const frame = encodeForeign(value)
    if (frame.size <= receive_bytes) return frame
    throw new Refusal('TOO_LARGE', unreadable({ ...frame, type }, receive_bytes))
  })

/** Why a message is TOO_LARGE for its client. */
export const unreadable = (
  { type, size }: Pick<Outgoing, 'type' | 'size'>,
  receive_bytes: number,
): string => `${type}: ${size} bytes do not fit receive_bytes ${receive_bytes}`

/** Among what is said: asks whoever reads it, and so what came before, to send this back. */
export class Ping {
  readonly payload: Uint8Array

  /** `payload` is of 1 to 125 bytes. */
  constructor(payload: Uint8Array) {
    this.payload = payload
  }
}

/** A ping of the WebSocket layer that carries bytes, in its place among the frames (RFC 6455, section 5.5.2). */
export function encodePing(payload: Uint8Array, delivery: Delivery): Outgoing {
  const { frame, start } = openFrame(PING, payload.length)
  frame.set(payload, start)
  return { type: '', delivery, key: '', frame, size: 0 }
}

/** Frames bytes of a binary kind. */
export function encodeBytes(kind: BinaryKind, bytes: Uint8Array): Outgoing {
  const { name, delivery } = kind
  const frame = frameBytes(bytes)
  return { type: name, delivery, key: kind.key?.(bytes) ?? '', size: bytes.length, frame }
}

function frameBytes(bytes: Uint8Array): Buffer {
  const { frame, start } = openFrame(BINARY, bytes.length)
  frame.set(bytes, start)
  return frame
}

function frameText(text: string, size: number): Buffer {
  const { frame, start } = openFrame(TEXT, size)
  frame.write(text, start)
  return frame
}

/** The opcodes, with the bit that says that the frame is the whole message. */
const [TEXT, BINARY, PING] = [0x81, 0x82, 0x89]

/** An unmasked, unfragmented frame that carries `size` bytes from `start` (RFC 6455, section 5.2). */
function openFrame(opcode: number, size: number): { frame: Buffer; start: number } {
  const start = size < 126 ? 2 : size < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(start + size)
  frame[0] = opcode
  frame[1] = size < 126 ? size : size < 65_536 ? 126 : 127
  if (start === 4) frame.writeUInt16BE(size, 2)
  else if (start === 10) frame.writeBigUInt64BE(BigInt(size), 2)
  return { frame, start }
}

/** A frame that was kept for long, and its copy, which all who keep it share. */
type Kept = Buffer & { [COPY]?: Buffer }
const COPY = Symbol('copy')

/** Small frames are made in pools: who keeps one of them keeps all of its pool. */
export const FRAMES: Memory<Buffer> = {
  wastedBy(frame) {
    const { byteLength } = frame.buffer
    return byteLength > 2 * frame.length ? byteLength - frame.length : 0
  },
  copy(frame: Kept) {
    if (frame[COPY]) return frame[COPY]
    const copy = Buffer.allocUnsafeSlow(frame.length)
    frame.copy(copy)
    frame[COPY] = copy
    return copy
  },
}

/** Whether a frame carries bytes rather than text. */
export const isOfBytes = (frame: Buffer): boolean => frame[0] === BINARY

/** What a frame carries. */
export const payloadOf = (frame: Buffer): Buffer =>
  frame.subarray(frame[1] === 126 ? 4 : frame[1] === 127 ? 10 : 2)
