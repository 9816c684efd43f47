/* WebSocket frames (RFC 6455, section 5.2), as far as clients and server here use them. */

import type { Any } from './client.ts'

export interface Frame {
  readonly bytes: Buffer
  /** What a text frame says. */
  readonly message?: Any
  /** The code of a close frame; 1005 where it has none. */
  readonly closes?: number
}
export type Spoken = Pick<Frame, 'bytes' | 'message'>

/** Takes bytes as they come; gives the handshake, then whole frames. */
export function createReader(onHead: (head: Buffer) => void, onFrame: (frame: Frame) => void) {
  let rest: Buffer = Buffer.alloc(0)
  let isOpen = false
  return (chunk: Buffer): void => {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    if (!isOpen) {
      const end = rest.indexOf('\r\n\r\n')
      if (end < 0) return
      isOpen = true
      onHead(rest.subarray(0, end + 4))
      rest = rest.subarray(end + 4)
    }
    for (let size = sizeOf(rest); size <= rest.length; size = sizeOf(rest)) {
      const bytes = rest.subarray(0, size)
      rest = rest.subarray(size)
      onFrame(readFrame(bytes))
    }
  }
}

/** How many bytes the frame takes that begins here; Infinity while that cannot be known. */
function sizeOf(bytes: Buffer): number {
  if (bytes.length < 2) return Number.POSITIVE_INFINITY
  const head = headOf(bytes)
  if (bytes.length < head) return Number.POSITIVE_INFINITY
  const short = (bytes[1] ?? 0) & 0x7f
  if (short < 126) return head + short
  return head + (short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2)))
}

const headOf = (bytes: Buffer): number => {
  const second = bytes[1] ?? 0
  const short = second & 0x7f
  return 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (second & 0x80 ? 4 : 0)
}

function readFrame(bytes: Buffer): Frame {
  const head = headOf(bytes)
  const payload = Buffer.from(bytes.subarray(head))
  if ((bytes[1] ?? 0) & 0x80) {
    const mask = bytes.subarray(head - 4, head)
    for (let at = 0; at < payload.length; at++)
      payload[at] = (payload[at] ?? 0) ^ (mask[at % 4] ?? 0)
  }
  const opcode = (bytes[0] ?? 0) & 0x0f
  if (opcode === 0x1) return { bytes, message: JSON.parse(payload.toString()) }
  if (opcode === 0x8) return { bytes, closes: payload.length < 2 ? 1005 : payload.readUInt16BE(0) }
  return { bytes }
}

/** A text frame as a client sends it, masked with zeros. */
export function frameOf(text: string): Buffer {
  const size = Buffer.byteLength(text)
  const head = Buffer.from(size < 126 ? [0x81, 0x80 | size] : [0x81, 0xfe, size >> 8, size & 0xff])
  return Buffer.concat([head, Buffer.alloc(4), Buffer.from(text)])
}

/** The frames that were written together. */
export function framesOf(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = []
  for (let rest = bytes; rest.length > 0; rest = rest.subarray(sizeOf(rest)))
    frames.push(rest.subarray(0, sizeOf(rest)))
  return frames
}

/** Those of them that arrived whole. */
export const wholeIn = (bytes: Buffer): Buffer[] =>
  framesOf(bytes).filter((frame) => sizeOf(frame) <= frame.length)
