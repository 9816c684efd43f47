import { Misfit, type Reader, type Writer } from './bytes.ts'

/** Unlike SchemaPack’s, of 32 bits: 0 to 4294967295. */
export function writeVaruint(writer: Writer, value: number): void {
  writer.reserve(MAX_VARUINT_BYTES)
  let rest = value >>> 0
  while (rest > 127) {
    writer.bytes[writer.at++] = (rest & 127) | 128
    rest >>>= 7
  }
  writer.bytes[writer.at++] = rest
}

/** In as few bytes as it takes, or it is refused. */
export function readVaruint(reader: Reader): number {
  let value = 0
  for (let index = 0; index < MAX_VARUINT_BYTES; index++) {
    const byte = reader.uint8()
    if (index === MAX_VARUINT_BYTES - 1 && byte > LAST_OF_FIVE) break
    value |= (byte & 127) << (7 * index)
    if (byte > 127) continue
    if (byte === 0 && index > 0) break
    return value >>> 0
  }
  throw new Misfit('expected a varuint from 0 to 4294967295, in as few bytes as it takes')
}

/** How many bytes `writeVaruint` takes. */
export const varuintBytes = (value: number): number => {
  const size = value >>> 0
  return size < 128 ? 1 : size < 16_384 ? 2 : size < 2_097_152 ? 3 : size < 268_435_456 ? 4 : 5
}

const MAX_VARUINT_BYTES = 5
/** A fifth byte has room for four bits: with the 28 before it, 32. */
const LAST_OF_FIVE = 15

/** A number of either sign as one of none: 0, −1, 1, −2, 2 are 0 to 4. */
export const zigzag = (value: number) => (value << 1) ^ (value >> 31)
export const readZigzag = (reader: Reader): number => {
  const value = readVaruint(reader)
  return (value >>> 1) ^ -(value & 1)
}
