import type { Outgoing } from '../wire/frame.ts'

/** A ping of the WebSocket layer that carries bytes (RFC 6455, section 5.5.2). */
const PING = 0x89
const HEADER_BYTES = 2
const ROOM_AT = 0
const TICK_AT = 4
const BYTES = 8

/** Asks whether all until a room's tick was read: whoever reads it has read what came before. */
export function pingOf(room: number, tick: number): Outgoing {
  const frame = Buffer.alloc(HEADER_BYTES + BYTES)
  frame[0] = PING
  frame[1] = BYTES
  frame.writeUInt32LE(room, HEADER_BYTES + ROOM_AT)
  frame.writeUInt32LE(tick, HEADER_BYTES + TICK_AT)
  return { type: '', delivery: 'state', key: '', frame, size: 0 }
}

/** What such a ping asked, by what came back; undefined where it was another. */
export const askedBy = (payload: Buffer): { room: number; tick: number } | undefined =>
  payload.length === BYTES
    ? { room: payload.readUInt32LE(ROOM_AT), tick: payload.readUInt32LE(TICK_AT) }
    : undefined
