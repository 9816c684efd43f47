import { BATCH, readBatch } from './batch.ts'
import type { Reader } from './bytes.ts'
import type { ErrorCode } from './errors.ts'
import type { RateClass } from './limits.ts'
import { COUNTED_BIT, type Delivery, type Direction, KIND_MASK } from './message.ts'
import { PACKET_KIND, type PacketHead, readHead } from './packet-frame.ts'
import {
  RELAY_RELIABLE,
  RELAY_UNRELIABLE,
  type RelayDown,
  type RelayUp,
  readDown,
  readUp,
} from './relay-frame.ts'

import { readStateHead, STATE_DOWN } from './state-frame.ts'
import { readStateUpHead, STATE_UP } from './state-up.ts'

/** One line of the table of binary kinds. */
export interface BinaryKind<Head = unknown> {
  readonly name: string
  /** The first byte without its flags; its counted bit agrees with `delivery`. */
  readonly byte: number
  readonly direction: Direction
  readonly delivery: Delivery
  readonly doc: string
  readonly rate: RateClass
  /** The codes it is refused with, beside those every message can meet and those of its message. */
  readonly errors?: readonly ErrorCode[]
  /** Reads what comes before the contents, as each side gets it; throws a Misfit. */
  readonly read: Readonly<Record<'server' | 'client', (reader: Reader) => Head>>
  /** Of a *latest* kind: a newer frame replaces an older of the same key. */
  readonly key?: (frame: Uint8Array) => string
}

const RELAY_HEADS = {
  server: (reader: Reader): RelayUp => readUp(reader),
  client: (reader: Reader): RelayDown => readDown(reader),
}
const RELAY_ERRORS: readonly ErrorCode[] = ['NOT_A_PEER', 'RELAY_EPOCH', 'INVALID_TARGET']

/** Every binary kind by its name. */
export const BINARY = {
  packet: {
    name: 'packet',
    byte: PACKET_KIND,
    direction: 'both',
    delivery: 'counted',
    rate: 'packet',
    doc: 'A packet of the game, or the answer to one: see [Packets](PROTOCOL.md#packets).',
    read: {
      server: (reader): PacketHead => readHead(reader, 'server'),
      client: (reader): PacketHead => readHead(reader, 'client'),
    },
  },
  relay_reliable: {
    name: 'relay_reliable',
    byte: RELAY_RELIABLE,
    direction: 'both',
    delivery: 'counted',
    rate: 'relay',
    doc: 'Bytes of Godot’s own multiplayer, each once and in order: see [Relay](PROTOCOL.md#relay).',
    read: RELAY_HEADS,
    errors: RELAY_ERRORS,
  },
  relay_unreliable: {
    name: 'relay_unreliable',
    byte: RELAY_UNRELIABLE,
    direction: 'both',
    delivery: 'droppable',
    rate: 'relay',
    doc: 'The same, dropped for who is away or reads too slowly.',
    read: RELAY_HEADS,
    errors: RELAY_ERRORS,
  },
  batch: {
    name: 'batch',
    byte: BATCH,
    direction: 'to_server',
    delivery: 'socket',
    rate: 'relay',
    doc: 'Several frames of the other kinds as one message, each as if it had come by itself, counted and charged as that: see [Batch](#batch).',
    read: { server: readBatch, client: readBatch },
  },
  state_down: {
    name: 'state_down',
    byte: STATE_DOWN,
    direction: 'to_client',
    delivery: 'state',
    rate: 'input',
    doc: 'What became of a room’s tables: see [State](PROTOCOL.md#state).',
    read: { server: readStateHead, client: readStateHead },
  },
  state_up: {
    name: 'state_up',
    byte: STATE_UP,
    direction: 'to_server',
    delivery: 'state',
    rate: 'input',
    doc: 'The tick a member has, its inputs, and what its own rows are: see [State](PROTOCOL.md#state).',
    read: { server: readStateUpHead, client: readStateUpHead },
    errors: ['ROOM_NOT_FOUND', 'TABLE_NOT_FOUND', 'UNSUPPORTED'],
  },
} as const satisfies Readonly<Record<string, BinaryKind>>

export type BinaryName = keyof typeof BINARY

const BY_BYTE = /* @__PURE__ */ new Map(
  Object.values(BINARY).map((kind) => [kind.byte as number, kind]),
)

/** Of which kind a binary frame is; undefined where this side has none of that byte. */
export const binaryKindOf = (frame: Uint8Array): (typeof BINARY)[BinaryName] | undefined =>
  BY_BYTE.get((frame[0] ?? 0) & KIND_MASK)

/** Whether a binary frame counts, be its kind known or not. */
export const isCountedFrame = (frame: Uint8Array): boolean => ((frame[0] ?? 0) & COUNTED_BIT) !== 0
