import { FIRST_PEER } from '../../protocol/relay.ts'
import type { PeerPackets } from './peer-packets.ts'

/**
 * What Godot 3's WebSocketClient says with `gd_mp_api`: a byte that says what it is, from whom and to
 * whom, as four bytes each, and then a packet, or the number of a peer. In a star peers say the same to
 * each other.
 */
export const GODOT3: PeerPackets = {
  engine: 3,
  abbreviates: true,
  hello: (peer) => system(ID, peer),
  added: (peer) => system(ADD, peer),
  gone: (peer) => system(DEL, peer),

  from(peer, packet, mode) {
    if (mode === 'mesh') return Buffer.concat([header(DATA, peer, 0), packet])
    return isOfHost(packet) ? packet : undefined
  },

  read(bytes, own, mode) {
    if (bytes.length <= HEAD || bytes[0] !== DATA || bytes.readInt32LE(1) !== own) return undefined
    if (mode === 'star') return { target: FIRST_PEER, packet: bytes }
    return { target: bytes.readInt32LE(5), packet: bytes.subarray(HEAD) }
  },
}

const [DATA, ADD, DEL, ID] = [0, 1, 2, 3]
const HEAD = 9
const NUMBER = 4

/** Whether peer 1 of a star may say that: a packet of anybody’s, or who has come and gone. */
function isOfHost({ length, 0: what }: Uint8Array): boolean {
  if (what === ADD || what === DEL) return length === HEAD + NUMBER
  return what === DATA && length > HEAD
}

function header(what: number, from: number, to: number): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD)
  bytes[0] = what
  bytes.writeInt32LE(from, 1)
  bytes.writeInt32LE(to, 5)
  return bytes
}

function system(what: number, peer: number): Buffer {
  const number = Buffer.allocUnsafe(NUMBER)
  number.writeInt32LE(peer)
  return Buffer.concat([header(what, FIRST_PEER, 0), number])
}
