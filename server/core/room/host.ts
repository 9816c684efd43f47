import type { Role } from '../../../protocol/rooms.ts'
import type { Cancel, World } from '../../world.ts'
import type { Receiver } from '../delivery/receiver.ts'
import { push } from '../wire/frame.ts'
import { isHost, type Member, rankOf } from './member.ts'
import type { Room } from './room.ts'

/** How long a host may be away before another takes its place, in ms, unless its kind says. */
export const HOST_MS = 5_000

/** What happened to a room's members. */
export interface Event {
  /** Who has sat down, or was given a role. */
  readonly changed?: Member
  /** Who is told by other means. */
  readonly except?: Receiver
}

/**
 * Keeps a host in every room, by the rule of `hostOf` and each kind's succession; `onSettled` hears
 * where it is there, or nobody is.
 */
export function createHosts(
  { now, after }: Pick<World, 'now' | 'after'>,
  onSettled: (room: Room) => void,
) {
  /** Each ends a host's absence. */
  const watched = new Map<Room, Cancel>()

  return {
    judge,
    roleOf,
    close(): void {
      for (const cancel of watched.values()) cancel()
      watched.clear()
    },
  }

  /** Something happened: whoever is host from now on, everybody knows. */
  function judge(room: Room, { changed, except }: Event = {}): void {
    // Read once: whoever is not yet gone by it is waited for.
    const at = now()
    const host = hostOf(room, at, changed) ?? promoted(room, changed)
    if (host !== room.host) {
      room.host = host
      room.epoch++
      const told = { host: host?.number ?? null, epoch: room.epoch }
      room.broadcast(push('room.host_changed', told, { room: room.code }), except)
      room.onHost?.()
    }
    if (!host?.away) onSettled(room)
    watch(room, at)
  }

  /** Judges again when a host that is away has been so for too long. */
  function watch(room: Room, at: number): void {
    watched.get(room)?.()
    watched.delete(room)
    const { host } = room
    const ms = host?.away ? patienceWith(room, host, at) : 0
    if (ms <= 0 || !Number.isFinite(ms)) return
    watched.set(
      room,
      after(ms, () => judge(room)),
    )
  }

  /** What a newcomer is: the first in an empty room its creator, and who finds no host it itself. */
  function roleOf(room: Room, isAway: boolean, mayHost: boolean): Role {
    const { creator = 'host', joiner = 'player' } = room.kind.roles ?? {}
    if (!mayHost) return joiner
    const role = room.size === 0 ? creator : joiner
    const isAlone = !isAway && !isAnyPresent(room)
    const { host } = room
    const isLed = host !== null && isHost(host) && patienceWith(room, host, now()) > 0
    const isNeeded = isAlone && !isLed && !isHost({ role }) && doesPromote(room)
    return isNeeded ? 'host' : role
  }
}

/**
 * Who is the host: who is it already, until it has left, lost the role, been away for too long where
 * somebody else is there, or another has sat down with a higher role or was given one; then, of
 * those present, the highest role from assistant on, then the lowest number. Null for nobody.
 */
function hostOf(room: Room, now: number, changed?: Member): Member | null {
  const { host } = room
  if (!host || !isHost(host) || !isSeated(room, host) || isGone(room, host, now)) return best(room)
  const rival = changed === host ? best(room) : changed
  const isHigher =
    rival && !rival.away && isEligible(rival) && rankOf(rival.role) > rankOf(host.role)
  return isHigher ? rival : host
}

/**
 * Where nobody may be host, the first who is present is given the role, for good: who has no role at
 * all only where nobody else is, and who has just lost that of a host after others like it.
 */
function promoted(room: Room, demoted: Member | undefined): Member | null {
  if (!doesPromote(room)) return null
  const present = [...room.members].filter((one) => !one.away && isEligible(one))
  const able = present.filter(({ role }) => role !== 'none')
  const heirs = able.length > 0 ? able : present
  const heir = heirs.find((one) => one !== demoted) ?? heirs[0]
  if (!heir) return null
  heir.role = 'host'
  const told = { number: heir.number, role: heir.role }
  room.broadcast(push('room.role_changed', told, { room: room.code }))
  return heir
}

/** Of those present, or of all where nobody is, who may be host and comes first. */
function best(room: Room): Member | null {
  const isOneHere = isAnyPresent(room)
  let first: Member | null = null
  for (const member of room.members) {
    if (!isHost(member) || !isEligible(member) || (isOneHere && member.away)) continue
    // Members are in order of their numbers, so that the first of a role has the lowest.
    if (!first || rankOf(member.role) > rankOf(first.role)) first = member
  }
  return first
}

const isSeated = (room: Room, member: Member): boolean => room.numbered(member.number) === member

const isGone = (room: Room, host: Member, now: number): boolean =>
  host.away && patienceWith(room, host, now) <= 0 && isAnyPresent(room)

/** How much longer a host that is away stays it, in ms. */
function patienceWith({ kind }: Room, { away, awaySince = 0 }: Member, now: number): number {
  const { host_ms = HOST_MS } = kind
  return away ? awaySince + host_ms - now : Number.POSITIVE_INFINITY
}

const doesPromote = ({ kind }: Room): boolean => kind.succession !== 'none'

/** Whether it may be host at all; what its role is enough for is another question. */
const isEligible = ({ receiver }: Member): boolean => receiver.mayHost !== false

/** Whether there is anybody who could be host. */
function isAnyPresent({ members }: Room): boolean {
  for (const one of members) if (!one.away && isEligible(one)) return true
  return false
}
