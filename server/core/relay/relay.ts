import type { AllMessages } from '../../../protocol/index.ts'
import type { ReplyOf } from '../../../protocol/message.ts'
import { FIRST_PEER, type RelayMode } from '../../../protocol/relay.ts'
import type { Room } from '../room/room.ts'
import { push } from '../wire/frame.ts'
import type { Limits } from '../wire/limits.ts'
import { Refusal } from '../wire/refusal.ts'
import { createBytes, type RelayKind } from './bytes.ts'
import { Handover } from './handover.ts'
import { bid, meet } from './meeting.ts'
import { numberOf, type Peer, type Wish } from './peer.ts'
import type { PeerIds } from './peer-ids.ts'

type Opened = ReplyOf<AllMessages['relay.open']>
/** Why a peer does not fit its relay. */
type Unfit = 'RELAY_MODE' | 'RELAY_ENGINE'

export type Relay = ReturnType<typeof createRelay>

/**
 * Godot's own multiplayer in one room. Whoever sits there may be a peer; peer 1 is the host's, or a
 * dedicated one, and everything between its coming and its going is an epoch. While there is none,
 * others wait. `dismissed` hears of who is a peer no longer without having said so.
 */
export function createRelay(
  room: Room,
  ids: PeerIds,
  limits: Limits,
  dismissed: (peer: Peer) => void,
) {
  const peers = new Map<number, Peer>()
  const handover = new Handover(limits.handover_bytes)
  const here = { room: room.code }
  const carry = createBytes(ids, peers, limits.resume_bytes)
  let first: Peer | undefined
  let mode: RelayMode = 'mesh'
  /** The room's, as it was when peer 1 came or went. */
  let epoch = room.epoch
  /** Whether peer 1 is one whoever is host; and whether it is awaited. */
  let isDedicated = false
  let isRefusing = false

  return {
    open,
    leave,
    /** Brings what a peer says to those whom it is for; throws a Refusal. */
    carry: (from: Peer, kind: RelayKind, bytes: Uint8Array): void =>
      carry({ mode, epoch, first }, from, kind, bytes),
    judgeHost,
    /** Peer 1 alone may do that. */
    permit(peer: Peer, what: string): void {
      if (peer !== first) throw new Refusal('PERMISSION_DENIED', `${what}: only peer 1 may`)
    },
    refuse: (refuse: boolean): void => {
      isRefusing = refuse
    },
    handOver: (data: string, more: boolean): void => handover.take(data, more),
    /** Tells a new peer 1 what was handed over. */
    tellHandover: (peer: Peer): void => {
      if (peer === first) handover.tell(peer, room.code)
    },
    peer: (id: number): Peer | undefined => peers.get(id),
    met(id: number): void {
      const peer = peers.get(id)
      if (peer) meet(peer)
    },
    /** Peer 1 would have it gone: it is told as well. */
    dismiss(peer: Peer): void {
      peer.session.send(push('relay.gone', { peer: peer.id }, here))
      leave(peer)
      dismissed(peer)
    },
  }

  /** Takes a peer, once its answer fits its client; what it is told, and whether it is peer 1. */
  function open(wish: Wish, refuseUnfit: (reply: Opened) => void): { peer: Peer; reply: Opened } {
    const isFirst = reigns(wish)
    judge(wish, isFirst)
    const waiting = first?.meets ? [] : undefined
    const peer: Peer = { ...wish, id: isFirst ? FIRST_PEER : ids.next(), mark: 0, waiting }
    const others = isFirst ? [...peers.values()].filter((one) => !misfit(one, wish)) : seersOf(peer)
    const reply = {
      peer: peer.id,
      epoch: isFirst ? room.epoch : epoch,
      mode: isFirst ? (wish.mode ?? mode) : mode,
      peers: [...(first || isFirst ? [peer] : []), ...others].map(numberOf),
      handover: isFirst ? handover.bytes : 0,
    }
    refuseUnfit(reply)
    peers.set(peer.id, peer)
    if (isFirst) reign(peer)
    else if (first) {
      const there = push('relay.peer', numberOf(peer), here)
      for (const one of seersOf(peer)) one.session.send(there)
    }
    return { peer, reply }
  }

  /** It is a peer no longer: the others are told. */
  function leave(peer: Peer): void {
    if (!peers.delete(peer.id)) return
    const isFirst = peer === first
    if (!isFirst && first) {
      const gone = push('relay.gone', { peer: peer.id }, here)
      for (const one of seersOf(peer)) bid(one, gone)
    }
    if (isFirst) vacate()
    // Where the host itself has left its room, that has another in a moment.
    const isReplaced = hasLeft(peer) && peer.member === room.host && !isDedicated
    if (isFirst && !isReplaced) room.epoch++
    if (peers.size === 0) end()
    else if (isFirst && !isReplaced) begin()
  }

  function hasLeft({ member }: Peer): boolean {
    return member !== null && room.numbered(member.number) !== member
  }

  /** The room's host may be another. */
  function judgeHost(): void {
    if (peers.size > 0 && !(first && isDedicated)) begin()
  }

  /** Whether who asks would be peer 1. */
  function reigns({ dedicated, member }: Wish): boolean {
    if (first) return false
    return dedicated || (!isDedicated && member !== null && member === room.host)
  }

  function judge(wish: Wish, isFirst: boolean): void {
    if (peers.size >= limits.relay_peers) throw new Refusal('RELAY_FULL')
    if (wish.dedicated && !isFirst) throw new Refusal('PEER_TAKEN')
    if (!first) return
    if (isRefusing) throw new Refusal('RELAY_REFUSED')
    const problem = misfit(wish, first)
    if (problem) throw new Refusal(problem, fitText(first))
  }

  /** Why somebody cannot be a peer under this peer 1, if it cannot. */
  function misfit(one: Wish, under: Wish): Unfit | undefined {
    if (one.engine !== under.engine) return 'RELAY_ENGINE'
    const made = under === first ? mode : (under.mode ?? mode)
    return one.mode !== undefined && one.mode !== made ? 'RELAY_MODE' : undefined
  }

  /** A peer 1 has come: those who waited begin. */
  function reign(peer: Peer): void {
    mode = peer.mode ?? mode
    epoch = room.epoch
    first = peer
    isDedicated = peer.dedicated
    handover.forgetParts()
    dismissUnfit(peer)
    tellEpoch([], peer)
  }

  /** Another epoch: under the host, where it is a peer. */
  function begin(): void {
    const changes: [number, number][] = []
    const { host } = room
    const heir = isDedicated ? undefined : [...peers.values()].find(({ member }) => member === host)
    if (first && first !== heir) changes.push(renumber(first, ids.next()))
    vacate()
    epoch = room.epoch
    if (heir && heir.id !== FIRST_PEER) changes.push(renumber(heir, FIRST_PEER))
    first = heir
    mode = heir?.mode ?? mode
    if (heir) dismissUnfit(heir)
    tellEpoch(changes)
    if (heir) handover.tell(heir, room.code)
  }

  function vacate(): void {
    first = undefined
    for (const one of peers.values()) one.waiting = undefined
    isRefusing = false
    handover.forgetParts()
  }

  /** Nobody is there: what comes next begins as if nothing had been. */
  function end(): void {
    vacate()
    handover.forget()
    isDedicated = false
    mode = 'mesh'
    epoch = room.epoch
  }

  function renumber(peer: Peer, id: number): [from: number, to: number] {
    const { id: before } = peer
    peers.delete(before)
    peer.id = id
    peers.set(id, peer)
    return [before, id]
  }

  function dismissUnfit(under: Peer): void {
    for (const one of [...peers.values()]) {
      const reason = one === under ? undefined : misfit(one, under)
      if (!reason) continue
      peers.delete(one.id)
      one.session.send(push('relay.gone', { peer: one.id, reason }, here))
      dismissed(one)
    }
  }

  function tellEpoch(changes: readonly (readonly [number, number])[], except?: Peer): void {
    const ids = changes.map(([from, to]) => [from, to] as const)
    const told = (some: Iterable<Peer>) =>
      push(
        'relay.epoch',
        { epoch, mode, peers: Array.from(some, numberOf), ids, handover: handover.bytes },
        here,
      )
    const all = told(first ? peers.values() : [])
    const shown = first && mode === 'star' ? told([first]) : all
    for (const one of peers.values())
      if (one !== except) one.session.send(one === first ? all : shown)
  }

  /** Whom a peer sees, and who see it: never itself. */
  function seersOf(peer: Peer): Peer[] {
    if (!first) return []
    return mode === 'star' ? [first] : [...peers.values()].filter((one) => one !== peer)
  }

  function fitText({ engine }: Peer): string {
    return `relay.open: expected a ${mode} of Godot ${engine}`
  }
}
