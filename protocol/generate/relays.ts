import { writeBatch } from '../batch.ts'
import { BINARY } from '../binary.ts'
import { Writer } from '../bytes.ts'
import { type RelayDown, type RelayUp, writeDown, writeUp } from '../relay-frame.ts'

const PLAIN = { isOrdered: false, channel: 0, epoch: 1 }
/** Heads are the bytes of all targets, in hexadecimal. */
type Told = Omit<RelayUp, 'heads'> & { readonly heads?: string }

const UP: readonly Told[] = [
  { ...PLAIN, targets: [1] },
  { ...PLAIN, isOrdered: true, channel: 300, epoch: 2_147_483_647, targets: [0] },
  { ...PLAIN, targets: [-1, 2_147_483_647, -2_147_483_647] },
  { ...PLAIN, targets: [1, 1_893_912_590], heads: '01020304' },
]
const DOWN: readonly RelayDown[] = [
  { ...PLAIN, from: 1 },
  { ...PLAIN, isOrdered: true, channel: 2, epoch: 128, from: 1_893_912_590 },
]
const WRONG = {
  server: [
    ['d0', 'expected 1 more bytes, got 0'],
    ['d400010101000000aa', 'expected no flags but 3, got 4'],
    ['d0000100aa', 'expected 1 to 64 targets, got 0'],
    ['d0000141aa', 'expected 1 to 64 targets, got 65'],
    ['d00001010100', 'expected 4 more bytes, got 2'],
    ['d000010101000000', 'expected a packet, got 0 bytes'],
    ['d20001010000000001', 'expected a peer, got 0'],
    ['a20001010100000001', 'expected 1 more bytes, got 0'],
    [
      'd080808080080101010000000a',
      'expected a varuint from 0 to 2147483647, in as few bytes as it takes',
    ],
  ],
  client: [
    ['d200010100000001', 'expected no flags but 1, got 2'],
    ['d0000100000000aa', 'expected a peer, got 0'],
    ['a0000101000000', 'expected a packet, got 0 bytes'],
    [
      'd0808080800801010000000a',
      'expected a varuint from 0 to 2147483647, in as few bytes as it takes',
    ],
  ],
} as const

const PACKET = 'aabb'

const BATCHES: readonly (readonly string[])[] = [
  ['d000010101000000aa'],
  ['d000010101000000aa', 'a000010100000000bb', `c0${'00'.repeat(200)}`],
]
const FRAMES = 'expected a frame of another binary kind'
const WRONG_BATCHES = [
  ['80', 'expected 1 more bytes, got 0'],
  ['8000', FRAMES],
  ['8002d0', 'expected 2 more bytes, got 1'],
  ['80017b', FRAMES],
  ['80028001', FRAMES],
  [`80${'01d0'.repeat(33)}`, 'expected at most 32 frames'],
] as const

/** Batches: their frames in hexadecimal, or what is wrong. */
export const batchVectors = (): object[] => [
  ...BATCHES.map((frames) => {
    const writer = new Writer()
    writeBatch(writer, frames.map(bytesOf))
    return { parts: frames, hex: hexOf(writer.taken()) }
  }),
  ...WRONG_BATCHES.map(([hex, problem]) => ({ hex, problem })),
]

/** Frames of a relay: who reads them, what comes before the packet, or what is wrong with them. */
export const relayVectors = (): object[] => [
  ...[BINARY.relay_reliable, BINARY.relay_unreliable].flatMap(({ byte }) => [
    ...UP.map((head) => {
      const { heads, ...up } = head
      const bytes = heads === undefined ? {} : { heads: bytesOf(heads) }
      const hex = written((writer) => writeUp(writer, byte, { ...up, ...bytes }))
      return { reader: 'server', byte, head, hex }
    }),
    ...DOWN.map((head) => ({
      ...{ reader: 'client', byte, head },
      hex: written((writer) => writeDown(writer, byte, head)),
    })),
  ]),
  ...(['server', 'client'] as const).flatMap((reader) =>
    WRONG[reader].map(([hex, problem]) => ({ reader, hex, problem })),
  ),
]

/** With two bytes of a packet after it. */
function written(write: (writer: Writer) => void): string {
  const writer = new Writer()
  write(writer)
  return hexOf(writer.taken()) + PACKET
}

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))

const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
