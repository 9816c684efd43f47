import { Misfit, type Reader, type Writer } from './bytes.ts'
import { KIND_MASK, MAX_TARGETS } from './message.ts'

/**
 * The binary kinds *relay_reliable* and *relay_unreliable*: a packet of Godot's own multiplayer, from
 * one peer of a room's relay to others.
 *
 * ```
 *   7   6   5   4   3   2   1   0
 * ┌───┬───┬───┬───┬───┬───┬───┬───┐
 * │ 1 │ 1 │ 0 │ 1 │ 0 │ 0 │ H │ O │  reliable: binary, counted; then two flags
 * │ 1 │ 0 │ 1 │ 0 │ 0 │ 0 │ H │ O │  unreliable: binary, dropped for who reads slowly or is away
 * └───┴───┴───┴───┴───┴───┴───┴───┘
 *   O  ordered, where it is unreliable
 *      [channel: varuint] [epoch: varuint]
 *      to the server: [count: varuint], so often [target: int32]
 *   H  each target is followed by two bytes: the second and third of its packet
 *      to a client:   [from: int32], and never H
 *      [the packet; with H without those two bytes]
 * ```
 *
 * varuint is SchemaPack's; int32 has its lowest byte first, as Godot writes it. A target is a peer,
 * 0: all others, −n: all others but n; with H only peers.
 */
export const RELAY_RELIABLE = 0xd0
export const RELAY_UNRELIABLE = 0xa0

/** The flags of that byte: O and H of the drawing. */
export const RELAY_FLAGS = { IS_ORDERED: 0x01, HAS_HEADS: 0x02 } as const
const { IS_ORDERED, HAS_HEADS } = RELAY_FLAGS

/** How many bytes of its own a target's packet has, with H. */
export const HEAD_BYTES = 2

interface Outside {
  readonly isOrdered: boolean
  readonly channel: number
  readonly epoch: number
}

/** What comes before the packet on its way to the server. */
export interface RelayUp extends Outside {
  readonly targets: readonly number[]
  /** The second and third byte of each target's packet, one target after the other. */
  readonly heads?: Uint8Array
}

/** The same on its way to a client. */
export interface RelayDown extends Outside {
  readonly from: number
}

export function writeUp(writer: Writer, kind: number, up: RelayUp): void {
  const { targets, heads } = up
  writeOutside(writer, kind, up, heads ? HAS_HEADS : 0)
  writer.varuint(targets.length)
  for (const [index, target] of targets.entries()) {
    writeInt32(writer, target)
    if (heads) writer.raw(heads.subarray(index * HEAD_BYTES, (index + 1) * HEAD_BYTES))
  }
}

export function writeDown(writer: Writer, kind: number, down: RelayDown): void {
  writeOutside(writer, kind, down, 0)
  writeInt32(writer, down.from)
}

/** Reads what comes before the packet as the server gets it; throws a Misfit. */
export function readUp(reader: Reader): RelayUp {
  const flags = readFlags(reader, IS_ORDERED | HAS_HEADS)
  const outside = readOutside(reader, flags)
  const count = reader.varuint()
  if (count < 1 || count > MAX_TARGETS)
    throw new Misfit(`expected 1 to ${MAX_TARGETS} targets, got ${count}`)
  const heads = flags & HAS_HEADS ? new Uint8Array(count * HEAD_BYTES) : undefined
  const targets: number[] = []
  for (let index = 0; index < count; index++) {
    const target = readInt32(reader)
    if (heads && target <= 0) throw new Misfit(`expected a peer, got ${target}`)
    targets.push(target)
    for (let at = 0; heads && at < HEAD_BYTES; at++) heads[index * HEAD_BYTES + at] = reader.uint8()
  }
  expectPacket(reader)
  return heads ? { ...outside, targets, heads } : { ...outside, targets }
}

/** Reads what comes before the packet as a client gets it; throws a Misfit. */
export function readDown(reader: Reader): RelayDown {
  const outside = readOutside(reader, readFlags(reader, IS_ORDERED))
  const from = readInt32(reader)
  if (from <= 0) throw new Misfit(`expected a peer, got ${from}`)
  expectPacket(reader)
  return { ...outside, from }
}

function writeOutside(writer: Writer, kind: number, outside: Outside, more: number): void {
  writer.uint8(kind | (outside.isOrdered ? IS_ORDERED : 0) | more)
  writer.varuint(outside.channel)
  writer.varuint(outside.epoch)
}

function readFlags(reader: Reader, known: number): number {
  const flags = reader.uint8() & ~KIND_MASK
  if ((flags & ~known) === 0) return flags
  throw new Misfit(`expected no flags but ${known}, got ${flags}`)
}

const readOutside = (reader: Reader, flags: number): Outside => ({
  isOrdered: (flags & IS_ORDERED) !== 0,
  channel: reader.varuint(),
  epoch: reader.varuint(),
})

/** Godot takes no empty packet. */
function expectPacket({ at, end }: Reader): void {
  if (at === end) throw new Misfit('expected a packet, got 0 bytes')
}

function writeInt32(writer: Writer, value: number): void {
  for (let shift = 0; shift < 32; shift += 8) writer.uint8((value >> shift) & 0xff)
}

function readInt32(reader: Reader): number {
  const at = reader.take(4)
  const { bytes } = reader
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  )
}
