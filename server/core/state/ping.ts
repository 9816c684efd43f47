import { encodePing, type Outgoing } from '../wire/frame.ts'

const ROOM_AT = 0
const TICK_AT = 4
const BYTES = 8

/** Asks whether all until a room's tick was read: whoever reads it has read what came before. */
export function pingOf(room: number, tick: number): Outgoing {
  const payload = Buffer.alloc(BYTES)
  payload.writeUInt32LE(room, ROOM_AT)
  payload.writeUInt32LE(tick, TICK_AT)
  return encodePing(payload, 'state')
}

/** What such a ping asked, by what came back; undefined where it was another. */
export const askedBy = (payload: Buffer): { room: number; tick: number } | undefined =>
  payload.length === BYTES
    ? { room: payload.readUInt32LE(ROOM_AT), tick: payload.readUInt32LE(TICK_AT) }
    : undefined
