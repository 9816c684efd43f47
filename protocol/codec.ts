import type { Reader, Writer } from './bytes.ts'

/**
 * Values to bytes and back, by a schema: the bytes are SchemaPack's (npm `schemapack` 1.4). Numbers
 * are big-endian; text and buffers follow their length; an object is its fields in order of their
 * names, and nothing else; JSON (`packer`) is MessagePack in a buffer. An array is those first items
 * that have types of their own, then its length (they count), then the rest. Inside what an array
 * repeats, arrays come last: after all else of the item, the fields of its objects included. (Where
 * an item has several, they come in order; SchemaPack loses data there.) What does not fit throws a
 * Misfit that knows its place.
 */
export interface Codec {
  write(writer: Writer, value: unknown): void
  read(reader: Reader): unknown
  /** The fewest bytes a value takes. */
  readonly least: number
  /** Of what has an array in it: the two halves it falls into where an array repeats it. */
  readonly late?: Late
}

/** The early half is everything but arrays; the late one is the arrays, their first items apart. */
export interface Late {
  writeEarly(writer: Writer, value: unknown): void
  writeLate(writer: Writer, value: unknown): void
  readEarly(reader: Reader): unknown
  readLate(reader: Reader, value: unknown): unknown
}
