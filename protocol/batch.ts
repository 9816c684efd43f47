import { Misfit, type Reader, type Writer } from './bytes.ts'
import { BINARY_KINDS } from './message.ts'

/**
 * The binary kind *batch*: several frames of bytes as one message, each of them as if it had come by
 * itself, in that order.
 *
 * ```
 *   [0x80], and for each: [size: varuint] [the frame, of another binary kind]
 * ```
 *
 * A client that makes many small frames at once sends them so: each message costs its system a call.
 */
export const BATCH = 0x80

/** The most frames of a batch. */
export const MAX_BATCHED = 32

export function writeBatch(writer: Writer, frames: readonly Uint8Array[]): void {
  writer.uint8(BATCH)
  for (const frame of frames) {
    writer.varuint(frame.length)
    writer.raw(frame)
  }
}

/** Where the frames of a batch begin and end, in its bytes; throws a Misfit. */
export function readBatch(reader: Reader): [start: number, end: number][] {
  reader.uint8()
  const found: [number, number][] = []
  do {
    const size = reader.varuint()
    const start = reader.take(size)
    if (size === 0 || !isOther(reader.bytes[start] as number))
      throw new Misfit('expected a frame of another binary kind')
    found.push([start, reader.at])
    if (found.length > MAX_BATCHED) throw new Misfit(`expected at most ${MAX_BATCHED} frames`)
  } while (reader.at < reader.end)
  return found
}

const isOther = (byte: number): boolean => byte >= BINARY_KINDS && byte >> 4 !== BATCH >> 4
