import { FIRST_PEER, type RelayMode } from '../../../protocol/relay.ts'
import { Refusal } from '../wire/refusal.ts'
import type { Peer } from './peer.ts'
import type { PeerIds } from './peer-ids.ts'

/** A relay as those see it who look for targets. */
interface Among {
  readonly mode: RelayMode
  readonly ids: PeerIds
  readonly peers: ReadonlyMap<number, Peer>
  /** Of this frame, and no other. */
  readonly mark: number
}

/**
 * Puts whom the targets name into `found`, each once: a peer, 0 for all others, −n for all others but
 * n; in a star those are peer 1 alone, for everybody but itself. Who has gone is nobody, and no
 * mistake. Refused with INVALID_TARGET where somebody is named who was never there.
 */
export function findTargets(
  { mode, ids, peers, mark }: Among,
  from: Peer,
  targets: readonly number[],
  found: Peer[],
): void {
  const sees = (one: Peer) => mode === 'mesh' || one.id === FIRST_PEER || from.id === FIRST_PEER
  from.mark = mark
  const add = (one: Peer) => {
    if (one.mark === mark || !sees(one)) return
    one.mark = mark
    found.push(one)
  }
  for (const target of targets) {
    if (target <= 0) for (const [id, one] of peers) if (id !== -target) add(one)
    if (target <= 0) continue
    const one = peers.get(target)
    if (one && one !== from && sees(one)) add(one)
    else if (one || !ids.has(target)) throw unknown(target, mode)
  }
}

const unknown = (target: number, mode: RelayMode) =>
  new Refusal('INVALID_TARGET', `peer ${target} is none that this one sees in this ${mode}`)
