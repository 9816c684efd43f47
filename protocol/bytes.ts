/** Something that does not fit, in bytes or in a value; each level around it adds its place. */
export class Misfit extends Error {
  override readonly name = 'Misfit'
  place = ''

  /** The same one step further out: `.name`, `[3]`. */
  within(step: string): this {
    this.place = step + this.place
    return this
  }

  /** `Player.items[3].name: expected …` */
  told(place: string): string {
    return `${place}${this.place}: ${this.message}`
  }
}

/** The most bytes a varuint takes. */
const MAX_VARUINT_BYTES = 5

/** Bytes on their way out, in a buffer that grows and is used again. */
export class Writer {
  bytes = new Uint8Array(FIRST_SIZE)
  at = 0
  #view = new DataView(this.bytes.buffer)

  /** What was written, as a copy. */
  taken(): Uint8Array {
    return this.bytes.slice(0, this.at)
  }

  /** Makes room for `count` more. */
  reserve(count: number): void {
    if (this.at + count > this.bytes.length) this.#grow(count)
  }

  uint8(value: number): void {
    this.reserve(1)
    this.bytes[this.at++] = value
  }

  uint16(value: number): void {
    this.reserve(2)
    this.bytes[this.at++] = value >> 8
    this.bytes[this.at++] = value
  }

  uint32(value: number): void {
    this.reserve(4)
    this.#view.setUint32(this.at, value)
    this.at += 4
  }

  float32(value: number): void {
    this.reserve(4)
    this.#view.setFloat32(this.at, value)
    this.at += 4
  }

  float64(value: number): void {
    this.reserve(8)
    this.#view.setFloat64(this.at, value)
    this.at += 8
  }

  /** Seven bits a byte, the lowest first; 0 to 0x7fffffff. */
  varuint(value: number): void {
    this.reserve(MAX_VARUINT_BYTES)
    let rest = value
    while (rest > 127) {
      this.bytes[this.at++] = (rest & 127) | 128
      rest >>= 7
    }
    this.bytes[this.at++] = rest
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.at)
    this.at += bytes.length
  }

  /** UTF-8 after its length in bytes; U+0000 and half a surrogate pair become U+FFFD. */
  text(value: string): void {
    const { length } = value
    if (value.includes('\0')) return this.text(value.replaceAll('\0', '\ufffd'))
    this.reserve(MAX_VARUINT_BYTES + length * 3)
    const start = this.at
    this.varuint(length)
    const content = this.at
    if (!this.#ascii(value)) {
      const { written } = encoder.encodeInto(value, this.bytes.subarray(content))
      this.at = content + written
    }
    if (this.at - content !== length) this.#prefix(start, content)
  }

  /** What `write` writes, after its length in bytes. */
  prefixed(write: () => void): void {
    const start = this.at
    this.varuint(0)
    write()
    this.#prefix(start, start + 1)
  }

  /** Writes short text if one byte a character is enough. */
  #ascii(value: string): boolean {
    if (value.length > SHORT) return false
    const { bytes, at } = this
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index)
      if (code > 127) return false
      bytes[at + index] = code
    }
    this.at = at + value.length
    return true
  }

  /** Puts the length of what begins at `content` at `start`. */
  #prefix(start: number, content: number): void {
    const size = this.at - content
    this.reserve(MAX_VARUINT_BYTES)
    this.bytes.copyWithin(start + varuintBytes(size), content, this.at)
    this.at = start
    this.varuint(size)
    this.at += size
  }

  #grow(count: number): void {
    const bytes = new Uint8Array(Math.max(this.bytes.length * 2, this.at + count))
    bytes.set(this.bytes.subarray(0, this.at))
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }
}

/** Bytes that came from outside: reads nothing beyond their end. Throws a Misfit. */
export class Reader {
  readonly bytes: Uint8Array
  at: number
  end: number

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes
    this.at = at
    this.end = bytes.length
  }

  get left(): number {
    return this.end - this.at
  }

  /** Where `count` bytes begin, which are there. */
  take(count: number): number {
    const { at } = this
    if (count > this.end - at)
      throw new Misfit(`expected ${count} more bytes, got ${this.end - at}`)
    this.at = at + count
    return at
  }

  uint8(): number {
    return this.bytes[this.take(1)] as number
  }

  uint16(): number {
    const at = this.take(2)
    return ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number)
  }

  uint32(): number {
    return this.int32() >>> 0
  }

  int32(): number {
    const at = this.take(4)
    const { bytes } = this
    return (
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)
    )
  }

  float32(): number {
    scratch.setInt32(0, this.int32())
    return scratch.getFloat32(0)
  }

  float64(): number {
    const high = this.int32()
    scratch.setInt32(0, high)
    scratch.setInt32(4, this.int32())
    return scratch.getFloat64(0)
  }

  /** In as few bytes as it takes, or it is refused: there is one way to write a value. */
  varuint(): number {
    let value = 0
    for (let index = 0; index < MAX_VARUINT_BYTES; index++) {
      const byte = this.uint8()
      if (index === MAX_VARUINT_BYTES - 1 && byte > LAST_OF_FIVE) break
      value |= (byte & 127) << (7 * index)
      if (byte > 127) continue
      if (byte === 0 && index > 0) break
      return value
    }
    throw new Misfit('expected a varuint from 0 to 2147483647, in as few bytes as it takes')
  }

  text(): string {
    const size = this.varuint()
    const at = this.take(size)
    return textOf(this.bytes, at, at + size)
  }

  /** A copy of the bytes that follow their length; at most `max`. */
  buffer(max: number): Uint8Array {
    const size = this.varuint()
    if (size > max) throw new Misfit(`expected at most ${max} bytes, got ${size}`)
    const at = this.take(size)
    return new Uint8Array(this.bytes.subarray(at, at + size))
  }

  /** Reads what is inside a buffer, to its last byte. */
  inside<T>(read: () => T): T {
    const size = this.varuint()
    const outer = this.end
    const end = this.take(size) + size
    this.at = end - size
    this.end = end
    const value = read()
    this.finish()
    this.end = outer
    return value
  }

  /** Refuses what is left over. */
  finish(): void {
    if (this.at !== this.end) throw new Misfit(`expected its end, got ${this.end - this.at} bytes`)
  }
}

/** Text from UTF-8, which it must be; U+0000 becomes U+FFFD. */
export function textOf(bytes: Uint8Array, from: number, to: number): string {
  if (to - from > SHORT) return decoded(bytes.subarray(from, to))
  let text = ''
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number
    if (byte > 127 || byte === 0) return decoded(bytes.subarray(from, to))
    text += String.fromCharCode(byte)
  }
  return text
}

function decoded(bytes: Uint8Array): string {
  try {
    const text = decoder.decode(bytes)
    return text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text
  } catch {
    throw new Misfit('expected text in UTF-8')
  }
}

const FIRST_SIZE = 1_024
/** Shorter text is read faster one character at a time. */
const SHORT = 24
/** A fifth byte has room for three bits: with the 28 before it, 31. */
const LAST_OF_FIVE = 7

const varuintBytes = (value: number) =>
  value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : value < 268_435_456 ? 4 : 5

const scratch = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(8))
const encoder = /* @__PURE__ */ new TextEncoder()
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
