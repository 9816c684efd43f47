import { FIRST_PEER } from '../../protocol/relay.ts'
import type { PeerPackets } from './peer-packets.ts'

/**
 * What Godot 3's WebSocketClient says with `gd_mp_api`: a byte that says what it is, from whom and to
 * whom, as four bytes each, and then a packet, or the number of a peer.
 */
export const GODOT3: PeerPackets = {
  engine: 3,
  hello: (peer) => system(ID, peer),
  added: (peer) => system(ADD, peer),
  gone: (peer) => system(DEL, peer),
  from: (peer, packet) => Buffer.concat([header(DATA, peer, 0), packet]),

  read(bytes, own, mode) {
    if (bytes.length <= HEAD || bytes[0] !== DATA || bytes.readInt32LE(1) !== own) return undefined
    const target = bytes.readInt32LE(5)
    const isOther = mode === 'star' && target > FIRST_PEER
    return isOther ? undefined : { target, packet: bytes.subarray(HEAD) }
  },
}

const [DATA, ADD, DEL, ID] = [0, 1, 2, 3]
const HEAD = 9

function header(what: number, from: number, to: number): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD)
  bytes[0] = what
  bytes.writeInt32LE(from, 1)
  bytes.writeInt32LE(to, 5)
  return bytes
}

function system(what: number, peer: number): Buffer {
  const number = Buffer.allocUnsafe(4)
  number.writeInt32LE(peer)
  return Buffer.concat([header(what, FIRST_PEER, 0), number])
}
