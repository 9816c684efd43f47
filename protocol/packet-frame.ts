import { Misfit, type Reader, type Writer } from './bytes.ts'
import { ADDRESS_WORDS, KIND_MASK, MAX_ROOM, MAX_TARGET, MAX_TARGETS } from './message.ts'

/**
 * The binary kind *packet*: a packet, or the answer to one, in a WebSocket's binary frame.
 *
 * ```
 *   7   6   5   4   3   2   1   0
 * ┌───┬───┬───┬───┬───┬───┬───┬───┐
 * │ 1 │ 1 │ 0 │ 0 │ A │ R │ = │ # │  the kind: binary, counted, packet; then four flags
 * └───┴───┴───┴───┴───┴───┴───┴───┘
 *   #  [id: varuint]                  with =, of what it answers; else it asks for an answer
 *   R  [room: string]                 its code
 *   A  to the server: [count: varuint], so often [address: varuint], 0: [string]
 *      to a client:   [from: varuint] the sender's number in that room
 *      then a packet: [number: varuint] [data by its schema]
 *      or, with =:    [value: MessagePack in a buffer]
 * ```
 *
 * varuint and string are SchemaPack's. Errors are JSON, whose `re` is the id as a number. Without A
 * what comes from the server is the server's own.
 */
export const PACKET_KIND = 0xc0

/** The flags of that byte: #, =, R and A of the drawing. */
export const PACKET_FLAGS = {
  HAS_ID: 0x01,
  IS_REPLY: 0x02,
  HAS_ROOM: 0x04,
  HAS_ADDRESS: 0x08,
} as const
const { HAS_ID, IS_REPLY, HAS_ROOM, HAS_ADDRESS } = PACKET_FLAGS

/** How deep bundles may lie in bundles. */
export const BUNDLE_DEPTH = 8

/** What comes before the packet. */
export interface PacketHead {
  readonly id?: number | undefined
  readonly isReply?: boolean
  readonly room?: string | undefined
  /** To the server. */
  readonly to?: readonly string[] | undefined
  /** To a client. */
  readonly from?: number | undefined
}

export function writeHead(writer: Writer, { id, isReply, room, to, from }: PacketHead): void {
  const has = (flag: number, yes: boolean) => (yes ? flag : 0)
  const flags =
    has(HAS_ID, id !== undefined) |
    has(IS_REPLY, isReply === true) |
    has(HAS_ROOM, room !== undefined) |
    has(HAS_ADDRESS, to !== undefined || from !== undefined)
  writer.uint8(PACKET_KIND | flags)
  if (id !== undefined) writer.varuint(id)
  if (room !== undefined) writer.text(room)
  if (to !== undefined) writeAddresses(writer, to)
  else if (from !== undefined) writer.varuint(from)
}

/** Reads a head as the server (`to`) or a client (`from`) gets it; throws a Misfit. */
export function readHead(reader: Reader, side: 'server' | 'client'): PacketHead {
  const flags = reader.uint8() & ~KIND_MASK
  const isReply = (flags & IS_REPLY) !== 0
  if (isReply && flags !== (HAS_ID | IS_REPLY))
    throw new Misfit('expected an answer to have an id, and neither room nor address')
  const id = flags & HAS_ID ? reader.varuint() : undefined
  const room = flags & HAS_ROOM ? shortText(reader, MAX_ROOM) : undefined
  if (!(flags & HAS_ADDRESS)) return { id, isReply, room }
  if (side === 'client') return { id, isReply, room, from: reader.varuint() }
  return { id, isReply, room, to: readAddresses(reader) }
}

/** An address word is its number in their order, from 1; any other address is written out after 0. */
function writeAddresses(writer: Writer, to: readonly string[]): void {
  writer.varuint(to.length)
  for (const address of to) {
    const number = (ADDRESS_WORDS as readonly string[]).indexOf(address) + 1
    writer.varuint(number)
    if (number === 0) writer.text(address)
  }
}

function readAddresses(reader: Reader): string[] {
  const count = reader.varuint()
  if (count < 1 || count > MAX_TARGETS)
    throw new Misfit(`expected 1 to ${MAX_TARGETS} addresses, got ${count}`)
  return Array.from({ length: count }, () => {
    const number = reader.varuint()
    if (number === 0) return shortText(reader, MAX_TARGET)
    const word = ADDRESS_WORDS[number - 1]
    if (word) return word
    throw new Misfit(`expected an address of at most ${ADDRESS_WORDS.length}, got ${number}`)
  })
}

function shortText(reader: Reader, max: number): string {
  const text = reader.text()
  if (text.length > 0 && text.length <= max) return text
  throw new Misfit(`expected text of 1 to ${max} characters`)
}
