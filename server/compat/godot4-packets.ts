import { FIRST_PEER } from '../../protocol/relay.ts'
import type { PeerPackets } from './peer-packets.ts'

/**
 * What Godot 4's WebSocketMultiplayerPeer and SceneMultiplayer say: the number of a client as four
 * bytes, then packets from and to peer 1, as they are. Whoever else there is, SceneMultiplayer hears
 * of in packets of the system's: who came and went, and what they say, or are told, by way of peer 1.
 * Here the server is that way in a mesh; in a star it is peer 1 itself.
 */
export const GODOT4: PeerPackets = {
  engine: 4,
  abbreviates: false,
  hello: (peer) => int32(peer),
  added: (peer) => (peer === FIRST_PEER ? undefined : system(ADD_PEER, peer)),
  gone: (peer) => system(DEL_PEER, peer),

  from(peer, packet, mode) {
    if (mode === 'star') return packet
    if (isSystem(packet) && !(peer === FIRST_PEER && packet[1] === AUTH)) return undefined
    return peer === FIRST_PEER ? packet : Buffer.concat([system(RELAY, peer), packet])
  },

  read(bytes, _own, mode) {
    if (bytes.length === 0) return undefined
    if (!isSystem(bytes) || bytes[1] === AUTH) return { target: FIRST_PEER, packet: bytes }
    if (bytes[1] !== RELAY || bytes.length <= HEAD) return undefined
    const packet = bytes.subarray(HEAD)
    if (isSystem(packet)) return undefined
    return mode === 'star'
      ? { target: FIRST_PEER, packet: bytes }
      : { target: bytes.readInt32LE(2), packet }
  },
}

/** What a packet is, in the lowest bits of its first byte; and what one of the system's is. */
const [COMMAND, SYSTEM] = [0x07, 0x07]
const [AUTH, ADD_PEER, DEL_PEER, RELAY] = [0, 1, 2, 3]
/** What comes before the packet that is relayed. */
const HEAD = 6

const isSystem = (packet: Buffer): boolean => ((packet[0] ?? 0) & COMMAND) === SYSTEM

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32LE(value)
  return bytes
}

function system(what: number, peer: number): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD)
  bytes[0] = SYSTEM
  bytes[1] = what
  bytes.writeInt32LE(peer, 2)
  return bytes
}
