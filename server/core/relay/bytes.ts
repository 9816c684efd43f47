import type { BINARY } from '../../../protocol/binary.ts'
import { Misfit, Reader, Writer } from '../../../protocol/bytes.ts'
import type { RelayMode } from '../../../protocol/relay.ts'
import { HEAD_BYTES, type RelayUp, writeDown } from '../../../protocol/relay-frame.ts'
import { encodeBytes, type Outgoing } from '../wire/frame.ts'
import { Refusal } from '../wire/refusal.ts'
import { bring } from './meeting.ts'
import type { Peer } from './peer.ts'
import type { PeerIds } from './peer-ids.ts'
import { findTargets } from './targets.ts'

export type RelayKind = (typeof BINARY)['relay_reliable' | 'relay_unreliable']

/** Whose reign it is, and who sees whom in it. */
export interface Reign {
  readonly mode: RelayMode
  readonly epoch: number
  readonly first: Peer | undefined
}

/** Brings bytes from one peer of a relay to others; `most` may wait for a peer that is new. */
export function createBytes(ids: PeerIds, peers: ReadonlyMap<number, Peer>, most: number) {
  const reached: Peer[] = []
  const writer = new Writer()
  let frames = 0

  /** To those whom they are for, one frame for all of them; throws a Refusal. */
  return function carry(reign: Reign, from: Peer, kind: RelayKind, bytes: Uint8Array): void {
    const { epoch, mode } = reign
    const reader = new Reader(bytes)
    const up = readUp(reader, kind)
    if (!reign.first || up.epoch !== epoch) throw late(reign, up)
    reached.length = 0
    findTargets({ mode, ids, peers, mark: ++frames }, from, up.targets, reached)
    const packet = bytes.subarray(reader.at)
    if (up.heads) return carryEach(from, kind, up, packet, up.heads)
    if (reached.length === 0) return
    const message = frameOf(from, kind, up, packet)
    for (const one of reached) bring(from, one, message, most)
  }

  /** The same where each target has two bytes of its own, after the first of the packet. */
  function carryEach(
    from: Peer,
    kind: RelayKind,
    up: RelayUp,
    packet: Uint8Array,
    heads: Uint8Array,
  ): void {
    for (const one of reached) {
      const at = up.targets.indexOf(one.id) * HEAD_BYTES
      const head = heads.subarray(at, at + HEAD_BYTES)
      bring(from, one, frameOf(from, kind, up, packet, head), most)
    }
  }

  function frameOf(
    { id: from }: Peer,
    kind: RelayKind,
    { isOrdered, channel, epoch }: RelayUp,
    packet: Uint8Array,
    head?: Uint8Array,
  ): Outgoing {
    writer.at = 0
    writeDown(writer, kind.byte, { isOrdered, channel, epoch, from })
    if (head) {
      writer.uint8(packet[0] as number)
      writer.raw(head)
    }
    writer.raw(head ? packet.subarray(1) : packet)
    return encodeBytes(kind, writer.bytes.subarray(0, writer.at))
  }
}

function readUp(reader: Reader, kind: RelayKind): RelayUp {
  try {
    return kind.read.server(reader)
  } catch (error) {
    if (!(error instanceof Misfit)) throw error
    throw new Refusal('INVALID_MESSAGE_DATA', error.told(kind.name))
  }
}

const late = ({ first, epoch }: Reign, said: RelayUp) =>
  new Refusal(
    'RELAY_EPOCH',
    first
      ? `epoch: expected ${epoch}, got ${said.epoch}`
      : `epoch: expected bytes once peer 1 is there; got some of ${said.epoch}`,
  )
