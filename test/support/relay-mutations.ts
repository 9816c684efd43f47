import { BINARY } from '../../protocol/binary.ts'
import { Writer } from '../../protocol/bytes.ts'
import { writeUp } from '../../protocol/relay-frame.ts'
import type { createRandom } from './clock.ts'
import { type Frame, spoilt } from './mutations.ts'

/* What peers of a relay say, with the add-on and without it, and then not quite. */

/** Whose: a client of ours, or Godot 4 or 3 without the add-on. */
export type RelayTongue = 'relay' | 'stock4' | 'stock3'

type Random = ReturnType<typeof createRandom>

/** A frame for these peers, or for others; each in four is spoilt. */
export function relayMutant(tongue: RelayTongue, random: Random, peers: readonly number[]): Frame {
  const made = MAKERS[tongue](random, targetOf(random, peers))
  return { bytes: random.below(4) === 0 ? spoilt(made, random) : made, isBinary: true }
}

const MAKERS: Readonly<Record<RelayTongue, (random: Random, target: number) => Buffer>> = {
  relay(random, target) {
    const { relay_reliable, relay_unreliable } = BINARY
    const { byte } = random.pick([relay_reliable, relay_unreliable])
    const targets = Array.from({ length: 1 + random.below(3) }, () => target)
    const writer = new Writer()
    const isOrdered = random.below(2) === 0
    const channel = random.pick([0, 1, 200, 2 ** 31 - 1, 2 ** 32 - 1])
    const epoch = random.pick([1, 1, 1, 0, 2, 2 ** 32 - 1])
    const heads = random.below(3) === 0 ? Buffer.alloc(2 * targets.length, 7) : undefined
    writeUp(writer, byte, { isOrdered, channel, epoch, targets, ...(heads && { heads }) })
    writer.raw(packet(random))
    return Buffer.from(writer.taken())
  },
  stock4(random, target) {
    const head = random.pick([[], [7, 3], [7, 1], [7, 2], [7, 0], [7]])
    const whom = head.length === 2 ? int32(target) : Buffer.alloc(0)
    return Buffer.concat([Buffer.from(head), whom, packet(random)])
  },
  stock3(random, target) {
    const from = random.pick([1, target, -1])
    return Buffer.concat([
      Buffer.from([random.below(5)]),
      int32(from),
      int32(target),
      packet(random),
    ])
  },
}

const targetOf = (random: Random, peers: readonly number[]): number =>
  random.pick([random.pick(peers), -random.pick(peers), 0, 1, -1, 12_345, -(2 ** 31)])

const packet = (random: Random): Buffer =>
  Buffer.from(Array.from({ length: random.below(12) }, () => random.below(256)))

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}
