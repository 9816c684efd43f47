import { isUtf8 } from 'node:buffer'
import { type BinaryName, binaryKindOf, isCountedFrame } from '../../../protocol/binary.ts'
import { MESSAGES } from '../../../protocol/index.ts'
import { BINARY_KINDS, type Id, isCounted, readEnvelope } from '../../../protocol/message.ts'
import { readJson } from './json.ts'
import type { Limits } from './limits.ts'
import { Refusal } from './refusal.ts'

/** A frame's message, or what is wrong with it; either way whether it counts. */
export type Decoded =
  | { readonly counted: boolean; readonly problem?: undefined; readonly message: unknown }
  | { readonly counted: boolean; readonly problem: Refusal; readonly asked?: Malformed }

/** Of what cannot be read, what it was and the `id` to answer, where these could be. */
interface Malformed {
  readonly type: string
  readonly id?: Id | undefined
}

/** What reads a frame of each binary kind that this server takes, of whoever says it. */
export type BinaryReaders<From> = {
  readonly [K in BinaryName]?: (from: From, bytes: Buffer) => Decoded
}

type Bounds = Pick<Limits, 'message_bytes' | 'depth'>

/** Reads one frame. */
export function decode<From>(
  from: From,
  bytes: Buffer,
  isBinary: boolean,
  limits: Bounds,
  readers: BinaryReaders<From> = {},
): Decoded {
  if (isBinary && (bytes[0] ?? 0) >= BINARY_KINDS) {
    const kind = binaryKindOf(bytes)
    return (kind && readers[kind.name]?.(from, bytes)) ?? unknownKind(bytes)
  }
  const problem = whatIsWrong(bytes, isBinary, limits)
  if (problem) return { counted: true, problem }
  try {
    const { value: message, problem } = readJson(bytes, limits.message_bytes, 'message')
    const counted = isCounted(MESSAGES, message)
    return problem ? { counted, problem, ...askedIn(message) } : { counted, message }
  } catch {
    return malformed('expected JSON')
  }
}

function whatIsWrong(bytes: Buffer, isBinary: boolean, limits: Bounds): Refusal | undefined {
  if (bytes.length > limits.message_bytes) {
    const text = `message: expected at most ${limits.message_bytes} bytes, got ${bytes.length}`
    return new Refusal('TOO_LARGE', text)
  }
  if (isBinary && !OPENERS.has(bytes[0] ?? 0))
    return new Refusal(
      'INVALID_MESSAGE',
      'message: expected JSON, which begins with {, [ or a space',
    )
  if (isBinary && !isUtf8(bytes)) return new Refusal('INVALID_MESSAGE', 'message: expected UTF-8')
  if (isDeeper(bytes, limits.depth))
    return new Refusal(
      'INVALID_MESSAGE',
      `message: expected at most ${limits.depth} levels of nesting`,
      { cause: { depth: limits.depth } },
    )
  return undefined
}

function askedIn(message: unknown): { readonly asked?: Malformed } {
  const envelope = readEnvelope(message)
  return typeof envelope === 'string' ? {} : { asked: envelope }
}

const unknownKind = (bytes: Buffer): Decoded => ({
  counted: isCountedFrame(bytes),
  problem: new Refusal('UNSUPPORTED', 'the server has no such binary kind; send JSON'),
})

const malformed = (text: string): Decoded => ({
  counted: true,
  problem: new Refusal('INVALID_MESSAGE', `message: ${text}`),
})

const [BRACE, BRACKET, SPACE, QUOTE, BACKSLASH] = [0x7b, 0x5b, 0x20, 0x22, 0x5c]
const [CLOSE_BRACE, CLOSE_BRACKET] = [0x7d, 0x5d]
const OPENERS: ReadonlySet<number> = new Set([BRACE, BRACKET, SPACE])

/** Whether JSON text nests deeper than `depth`, found without parsing it. */
export function isDeeper(bytes: Buffer, depth: number): boolean {
  let level = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) at = endOfText(bytes, at)
    else if (byte === BRACE || byte === BRACKET) {
      if (++level > depth) return true
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) level--
  }
  return false
}

function endOfText(bytes: Buffer, start: number): number {
  const near = Math.min(bytes.length, start + NEAR)
  let at = start + 1
  while (at < near && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return at < near ? at : endOfLong(bytes, at)
}

/** Long text is looked through by its quotes: one behind an odd number of backslashes is a part of it. */
function endOfLong(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(QUOTE, from); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) {
    let before = at
    while (before > from && bytes[before - 1] === BACKSLASH) before--
    if ((at - before) % 2 === 0) return at
  }
  return bytes.length
}

/** What looks for a byte by itself costs as much as looking at so many. */
const NEAR = 64
