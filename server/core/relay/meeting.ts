import { FIRST_PEER } from '../../../protocol/relay.ts'
import type { Outgoing } from '../wire/frame.ts'
import type { Peer } from './peer.ts'

/**
 * Sends bytes from one peer to another. What peer 1 has not met yet does not know what the others
 * speak of: what is reliable waits, at most `most` bytes of it, and what is not is dropped.
 */
export function bring(from: Peer, to: Peer, message: Outgoing, most: number): void {
  const { waiting } = to
  if (!waiting || from.id === FIRST_PEER) return to.session.send(message)
  if (message.delivery === 'droppable') return
  waiting.push(message)
  if (waiting.reduce((sum, { size }) => sum + size, 0) > most) meet(to)
}

/** Tells a peer that another is gone, after what of that one's words still waits. */
export function bid({ waiting, session }: Peer, gone: Outgoing): void {
  if (waiting?.length) waiting.push(gone)
  else session.send(gone)
}

/** It hears what has waited, and waits for nothing any more. */
export function meet(peer: Peer): void {
  const { waiting = [], session } = peer
  peer.waiting = undefined
  for (const message of waiting) session.send(message)
}
