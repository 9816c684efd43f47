import { BINARY, binaryKindOf } from './binary.ts'
import { Misfit, Reader, Writer } from './bytes.ts'
import { compile } from './compile.ts'
import { type Acceptor, type AnyPacket, Packet, PacketError, type PacketSet } from './packet.ts'
import { BUNDLE_DEPTH, writeHead } from './packet-frame.ts'
import { hashOf } from './packet-hash.ts'
import {
  type Acceptors,
  type Definitions,
  type Kind,
  kindsOf,
  type Packets,
} from './packet-kinds.ts'
import { check, json, shapeOf } from './schema.ts'

/**
 * Says what packets a game has: their names begin with a capital letter, their data is in
 * SchemaPack's notation. Bundle, Redirect and Refresh are always there. Throws a TypeError that names
 * the place of a mistake.
 */
export const definePackets = <const D extends Definitions>(definitions: D): Packets<D> =>
  packetsOf(definitions, {})

/** The same packets with acceptors; those that were there stay unless they are named. */
export function decorate<D extends Definitions, Context>(
  packets: Packets<D, never> | Packets<D>,
  acceptors: Acceptors<D, Context>,
): Packets<D, Context> {
  const known = packets as unknown as Decorated<D>
  for (const [name, one] of Object.entries(acceptors))
    if (!known.typeOf(name) || typeof one !== 'object')
      throw new TypeError(`${name}: expected an acceptor of ${namesOf(known)}`)
  return packetsOf(known[DEFINED], { ...known[ACCEPTORS], ...acceptors }) as Packets<D, Context>
}

const DEFINED = Symbol('definitions')
const ACCEPTORS = Symbol('acceptors')
type Decorated<D> = PacketSet & { [DEFINED]: D; [ACCEPTORS]: object }

function packetsOf<D extends Definitions>(definitions: D, acceptors: object): Packets<D> {
  const types = kindsOf(definitions)
  const byName = new Map(types.map((one) => [one.name, one]))
  const own = new Map<string, Acceptor<unknown, unknown>>(Object.entries(acceptors))
  const known: Omit<PacketSet, keyof Frames> = {
    hash: hashOf(types.map(({ name, isBundle, schema }) => [name, isBundle, shapeOf(schema)])),
    types,
    typeOf: (name) => byName.get(name),
    acceptorOf: (name) => own.get(name),
    packetOf,
    write: (writer, packet) => told('packet', () => write(writer, packetOf(packet), 0)),
    read: (reader) => told('packet', () => read(reader, 0)),
    toJson,
    fromJson: (name, data) => fromJson(name, data, 0),
    encode(packet) {
      writer.at = 0
      known.write(writer, packet)
      return writer.taken()
    },
    decode(bytes) {
      const reader = new Reader(bytes)
      const packet = known.read(reader)
      told('packet', () => reader.finish())
      return packet
    },
  }
  const frames = framesOf(known)
  const classes = Object.fromEntries(types.map(({ name }) => [name, classOf(name)]))
  const hidden = { [DEFINED]: definitions, [ACCEPTORS]: acceptors }
  return Object.freeze({ ...classes, ...known, ...frames, ...hidden }) as unknown as Packets<D>

  function packetOf(packet: unknown): Packet {
    if (packet instanceof Packet) return kindOf(packet.name) && packet
    if (!Array.isArray(packet) || packet.length < 1 || packet.length > 2)
      throw new PacketError('INVALID_MESSAGE_DATA', 'packet: expected ["Name", data]')
    const [name, data] = packet
    const { schema, isBundle } = kindOf(name)
    return new Packet(name, data === undefined && schema.kind === 'object' && !isBundle ? {} : data)
  }

  function kindOf(name: unknown): Kind {
    const kind = byName.get(name as string)
    if (kind) return kind
    throw new PacketError(
      'UNKNOWN_PACKET',
      `packet: expected one of ${namesOf(known)}; got ${JSON.stringify(name)?.slice(0, 64)}`,
    )
  }

  function write(writer: Writer, { name, data }: Packet, depth: number): void {
    const { number, isBundle, codec } = kindOf(name)
    writer.varuint(number)
    try {
      if (isBundle) writer.prefixed(() => writeBundle(writer, data, depth))
      else codec.write(writer, data)
    } catch (error) {
      throw error instanceof Misfit ? error.within(`.${name}`) : error
    }
  }

  function writeBundle(writer: Writer, packets: unknown, depth: number): void {
    const items = bundled(packets, depth)
    for (const [index, packet] of items.entries())
      at(index, () => write(writer, packetOf(packet), depth + 1))
  }

  function read(reader: Reader, depth: number): Packet {
    const number = reader.varuint()
    const kind = types[number - 1]
    if (!kind) throw new Misfit(`expected a number from 1 to ${types.length}, got ${number}`)
    try {
      const data = kind.isBundle ? readBundle(reader, depth) : kind.codec.read(reader)
      return new Packet(kind.name, data)
    } catch (error) {
      throw error instanceof Misfit ? error.within(`.${kind.name}`) : error
    }
  }

  function readBundle(reader: Reader, depth: number): Packet[] {
    return reader.inside(() => {
      const packets: Packet[] = []
      bundled(packets, depth)
      while (reader.left > 0) packets.push(at(packets.length, () => read(reader, depth + 1)))
      return packets
    })
  }

  function toJson({ name, data }: Packet): unknown {
    const { isBundle, twin } = kindOf(name)
    if (!isBundle) return twin ? twin.toJson(data) : data
    return (data as readonly AnyPacket[]).map((one) => {
      const packet = packetOf(one)
      return [packet.name, toJson(packet)]
    })
  }

  function fromJson(name: string, data: unknown, depth: number): Packet {
    const { schema, isBundle, twin } = kindOf(name)
    if (isBundle)
      return told(name, () => {
        const items = bundled(data, depth).map((one, index) => {
          const packet = at(index, () => packetOf(one))
          return fromJson(packet.name, packet.data, depth + 1)
        })
        return new Packet(name, items)
      })
    const given = data === undefined && schema.kind === 'object' ? {} : data
    const problem = check(schema, given, name)
    if (problem) throw new PacketError('INVALID_MESSAGE_DATA', problem)
    return new Packet(name, twin ? twin.fromJson(given) : given)
  }

  function classOf(name: string) {
    return class extends Packet {
      constructor(data?: unknown) {
        const packet = packetOf([name, data])
        super(name, packet.data)
        trial.at = 0
        told('packet', () => write(trial, packet, 0))
      }
    }
  }
}

type Frames = Pick<PacketSet, 'frame' | 'answer' | 'open'>

function framesOf({ write, read }: Pick<PacketSet, 'write' | 'read'>): Frames {
  return {
    frame(head, packet) {
      writer.at = 0
      writeHead(writer, head)
      write(writer, packet)
      return writer.taken()
    },
    answer(id, value) {
      writer.at = 0
      writeHead(writer, { id, isReply: true })
      told('answer', () => ANSWER.write(writer, value))
      return writer.taken()
    },
    open: (frame) =>
      told('packet', () => {
        const kind = binaryKindOf(frame)
        if (kind !== BINARY.packet) return undefined
        const reader = new Reader(frame)
        const head = kind.read.client(reader)
        const opened = head.isReply
          ? { ...head, value: ANSWER.read(reader) }
          : { ...head, packet: read(reader) }
        reader.finish()
        return opened
      }),
  }
}

/** What an answer holds. */
export const ANSWER = /* @__PURE__ */ compile(/* @__PURE__ */ json())

/** Shared, as nothing written is kept; the second sees whether a new packet can be. */
const writer = /* @__PURE__ */ new Writer()
const trial = /* @__PURE__ */ new Writer()

function bundled(packets: unknown, depth: number): readonly unknown[] {
  if (!Array.isArray(packets)) throw new Misfit('expected an array of packets')
  if (depth >= BUNDLE_DEPTH) throw new Misfit(`expected at most ${BUNDLE_DEPTH} bundles deep`)
  return packets
}

function at<T>(index: number, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw error instanceof Misfit ? error.within(`[${index}]`) : error
  }
}

/** A misfit as a PacketError that names its place. */
function told<T>(place: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof Misfit)) throw error
    throw new PacketError(
      'INVALID_MESSAGE_DATA',
      error.place.startsWith('.') ? error.told('').slice(1) : error.told(place),
    )
  }
}

const namesOf = ({ types }: Pick<PacketSet, 'types'>) => types.map(({ name }) => name).join(', ')
