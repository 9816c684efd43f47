import { connect, type Socket } from 'node:net'
import { BINARY_KINDS, COUNTED_BIT, KIND_MASK } from '../../protocol/message.ts'
import { STATE_DOWN } from '../../protocol/state-frame.ts'

/** What is said between the quotes after `{"type":`; enough to tell most messages apart. */
const TAG_AT = '{"type":"'.length
export const MASK = [0x37, 0xfa, 0x21, 0x3d] as const
const TEXT_FRAME = 0x81
const BINARY_FRAME = 0x82
const PING_FRAME = 0x89
const ACK_FRAMES = 64
/** All members of a room fit one message, so that no version counts more pages than another. */
export const RECEIVE_BYTES = 1_048_576
/** Only a failure meets it. */
const BOUND_MS = 60_000
const handshake = (path: string) =>
  [
    `GET ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    '\r\n',
  ].join('\r\n')

export interface ClientOptions {
  /** Counts and acknowledges, as a library does. */
  readonly library: boolean
  /** The most that one read takes. */
  readonly readBytes?: number
  /** `/` unless given. */
  readonly path?: string
  /** Hears what comes from the beginning, where the server speaks first. */
  readonly onMessage?: OnMessage
}

export type OnMessage = (bytes: Buffer, start: number, end: number) => void

/** A masked text frame, as clients send them. */
export const frameOf = (message: object): Buffer => frameOfText(JSON.stringify(message))

export const frameOfText = (text: string): Buffer => frameOfBytes(Buffer.from(text), TEXT_FRAME)

export const binaryFrameOf = (payload: Buffer): Buffer => frameOfBytes(payload, BINARY_FRAME)

function frameOfBytes(payload: Buffer, opcode: number): Buffer {
  const size = payload.length
  const start = size < 126 ? 6 : 8
  const frame = Buffer.allocUnsafe(start + size)
  frame[0] = opcode
  frame[1] = 0x80 | (size < 126 ? size : 126)
  if (size >= 126) frame.writeUInt16BE(size, 2)
  for (let at = 0; at < 4; at++) frame[start - 4 + at] = MASK[at & 3] as number
  for (let at = 0; at < size; at++)
    frame[start + at] = (payload[at] as number) ^ (MASK[at & 3] as number)
  return frame
}

/**
 * A client as cheap as it can be made in Node, so that the server is what is measured: one read
 * buffer for all, frames told apart by a few bytes, nothing parsed unless it is waited for.
 */
export class Client {
  readonly socket: Socket
  /** Counted frames, both ways (DESIGN: Resume). */
  sent = 0
  received = 0
  /** All messages, and all bytes with their headers. */
  messages = 0
  bytes = 0
  onMessage: OnMessage = () => {}
  /** A frame of a room’s state. */
  onState: (bytes: Uint8Array) => void = () => {}
  onClose = () => {}
  /** After every read; may pause the socket. */
  onRead: () => void = () => {}
  /** What the server said first, where it speaks first. */
  readonly welcome: Promise<Any>
  readonly #library: boolean
  readonly #wanted = new Map<string, (message: Any) => void>()
  #acknowledged = 0
  #carry: Buffer | undefined
  #isOpen = false
  #opened = () => {}

  private constructor(port: number, options: ClientOptions) {
    const { library, readBytes, path = '/', onMessage } = options
    this.#library = library
    if (onMessage) this.onMessage = onMessage
    this.welcome = library ? this.next('"welcome"') : Promise.resolve()
    const callback = (count: number, buffer: Uint8Array) => {
      this.#read((buffer as Buffer).subarray(0, count))
      this.onRead()
      return true
    }
    const buffer = readBytes ? Buffer.alloc(readBytes) : SHARED
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback } })
    this.socket.on('error', () => {})
    this.socket.on('close', () => this.onClose())
    this.socket.write(handshake(path))
  }

  static async open(port: number, options: ClientOptions): Promise<Client> {
    const client = new Client(port, options)
    await new Promise<void>((resolve, reject) => {
      client.#opened = resolve
      client.onClose = () => reject(new Error('closed before it opened'))
    })
    client.onClose = () => {}
    return client
  }

  /** Writes a frame; `counted` says whether both sides count it. */
  write(frame: Buffer, counted: boolean): void {
    if (counted) this.sent++
    this.socket.write(frame)
  }

  /** The next message whose text contains `part`, parsed, less the digits that Socket.IO begins with. */
  next(part: string): Promise<Any> {
    return new Promise((resolve, reject) => {
      const fail = () => reject(new Error(`no message with ${part} within ${BOUND_MS} ms`))
      const timer = setTimeout(fail, BOUND_MS)
      this.#wanted.set(part, (message) => {
        clearTimeout(timer)
        resolve(message)
      })
    })
  }

  /** Tells the counts, where the server was not told of them yet. */
  acknowledge(): void {
    if (!this.#library || this.#acknowledged === this.received) return
    this.#acknowledged = this.received
    const { sent, received } = this
    this.write(frameOf({ type: 'session.ack', data: { sent, received } }), false)
  }

  /** Leaves for good; resolves once the server has heard it. */
  async close(): Promise<void> {
    if (this.socket.destroyed) return
    const closed = new Promise<void>((resolve) => {
      this.onClose = resolve
    })
    this.onRead = () => {}
    this.socket.resume()
    this.socket.write(GOODBYE)
    await closed
  }

  #read(chunk: Buffer): void {
    this.bytes += chunk.length
    let bytes = this.#carry ? Buffer.concat([this.#carry, chunk]) : chunk
    if (!this.#isOpen) {
      const end = bytes.indexOf('\r\n\r\n')
      this.#isOpen = end >= 0
      bytes = this.#isOpen ? bytes.subarray(end + 4) : bytes
      if (this.#isOpen) this.#opened()
    }
    const rest = this.#isOpen ? this.#walk(bytes) : 0
    this.#carry = rest < bytes.length ? Buffer.from(bytes.subarray(rest)) : undefined
    if (this.received - this.#acknowledged >= ACK_FRAMES) this.acknowledge()
  }

  /** Handles every whole frame; where the first incomplete one begins. */
  #walk(bytes: Buffer): number {
    let at = 0
    while (at + 2 <= bytes.length) {
      const short = bytes[at + 1] as number
      const header = short < 126 ? 2 : short === 126 ? 4 : 10
      if (at + header > bytes.length) break
      const size =
        header === 2
          ? short
          : header === 4
            ? bytes.readUInt16BE(at + 2)
            : bytes.readUInt32BE(at + 6)
      const end = at + header + size
      if (end > bytes.length) break
      const opcode = bytes[at]
      if (opcode === TEXT_FRAME || opcode === BINARY_FRAME) this.#message(bytes, at + header, end)
      else if (opcode === PING_FRAME) this.socket.write(pongOf(bytes, at + header, end))
      at = end
    }
    return at
  }

  #message(bytes: Buffer, start: number, end: number): void {
    this.messages++
    if (((bytes[start] as number) & KIND_MASK) === STATE_DOWN)
      return this.onState(bytes.subarray(start, end))
    if (isCounted(bytes, start)) this.received++
    if (this.#wanted.size > 0) this.#answer(bytes.toString('utf8', start, end))
    this.onMessage(bytes, start, end)
  }

  #answer(text: string): void {
    for (const [part, resolve] of this.#wanted) {
      if (!text.includes(part)) continue
      this.#wanted.delete(part)
      resolve(JSON.parse(text.replace(/^\d+/, '')))
      return
    }
  }
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the server says
type Any = any

const SHARED = Buffer.alloc(65_536)
const PONG = Buffer.from([0x8a, 0x80, ...MASK])

/** It says again what the ping said. */
function pongOf(bytes: Buffer, start: number, end: number): Buffer {
  if (start === end) return PONG
  const pong = Buffer.concat([PONG, bytes.subarray(start, end)])
  pong[1] = 0x80 | (end - start)
  for (let at = 0; at < end - start; at++)
    pong[PONG.length + at] = (pong[PONG.length + at] as number) ^ (MASK[at & 3] as number)
  return pong
}

/** Close, 1000. */
const GOODBYE = Buffer.from([0x88, 0x82, ...MASK, 0x03 ^ MASK[0], 0xe8 ^ MASK[1]])

const [P, S, E, W] = ['p', 's', 'e', 'w'].map((letter) => letter.charCodeAt(0))

/**
 * All that it hears is counted but `welcome`, `session.…`, `ping`, `places` and `room.members`; of bytes their
 * kind says it.
 */
export function isCounted(bytes: Buffer, start: number): boolean {
  const kind = bytes[start] as number
  if (kind >= BINARY_KINDS) return (kind & COUNTED_BIT) !== 0
  const first = bytes[start + TAG_AT]
  const isSession = first === S && bytes[start + TAG_AT + 1] === E
  return first !== P && !isSession && first !== W && !isMembers(bytes, start)
}

const MEMBERS = Buffer.from('{"type":"room.members"')

const isMembers = (bytes: Buffer, start: number): boolean =>
  bytes.compare(MEMBERS, 0, MEMBERS.length, start, start + MEMBERS.length) === 0

const EVENT = Buffer.from('{"type":"event"')

/** Whether it is an `event`. */
export const isEvent = (bytes: Buffer, start: number): boolean =>
  bytes.compare(EVENT, 0, EVENT.length, start, start + EVENT.length) === 0
