import type { Cancel, World } from '../../world.ts'
import type { Player, Receiver } from '../delivery/receiver.ts'
import type { Session } from '../session/session.ts'
import { push } from '../wire/frame.ts'
import type { Limits } from '../wire/limits.ts'
import type { Member } from './member.ts'
import type { Room } from './room.ts'
import { Vacancy } from './vacancy.ts'

/** What a seat that changes hands has to do with the rest of the rooms. */
export interface TakeoverOptions {
  readonly world: World
  readonly limits: Pick<Limits, 'seats'>
  /** A receiver sits in a room no longer, and another one does where there is one. */
  readonly moved: (room: Room, from: Receiver, to?: Receiver) => void
  /** Says of a member that it is away, or back, to all but `except`. */
  readonly tellAway: (room: Room, member: Member, except?: Receiver) => void
  /** Finds out who is host now. */
  readonly judge: (room: Room) => void
  /** Runs a hook of the room's. */
  readonly guard: (room: Room, run: () => unknown) => void
  /** A seat was kept as long as it could be, and nobody came. */
  readonly expire: (member: Member, room: Room) => void
}

/** Seats that belong to their players: taken over by their next session, kept without one. */
export function createTakeovers(options: TakeoverOptions) {
  const { world, limits, moved, tellAway, judge, guard, expire } = options
  const byPlayer = new Map<string, Set<Room>>()
  /** The seats that are kept without a session, by their players, the oldest first. */
  const kept = new Map<string, Map<Member, Kept>>()

  return {
    /** The ids of those who have seats. */
    players: (): Iterable<string> => byPlayer.keys(),
    /** The rooms where a player has a seat, the oldest first. */
    roomsOf: (player: string): readonly Room[] =>
      [...(byPlayer.get(player) ?? [])].sort((one, other) => one.serial - other.serial),

    /** A seat is its player's from now on, if it has one. */
    held(member: Member, room: Room): void {
      const { player } = member.receiver
      if (!player) return
      byPlayer.set(player.id, (byPlayer.get(player.id) ?? new Set()).add(room))
    },

    /** A seat is free, and no longer kept. */
    freed(member: Member, room: Room): void {
      forget(member)
      const { player } = member.receiver
      if (!player) return
      for (const _ of room.ofPlayer(player.id)) return
      const own = byPlayer.get(player.id)
      if (own?.delete(room) && own.size === 0) byPlayer.delete(player.id)
    },

    /** Another session of its player's sits there from now on; the one before is told. */
    takeOver(member: Member, room: Room, session: Session): void {
      const { receiver: before } = member
      forget(member)
      room.reseat(member, session)
      moved(room, before, session)
      before.send(push('room.seat_taken', { session: session.id }, { room: room.code }))
      before.abandonAsks('TARGET_LEFT', room.code)
      member.away = false
      tellAway(room, member, session)
      // Its client may have gone while the room thought about it.
      member.away = session.connection === null
      if (member.away) {
        member.awaySince = world.now()
        tellAway(room, member, session)
      }
      const { number } = member
      world.log.info({ room: room.code, session: session.id, member: number }, 'seat taken over')
    },

    /** A session is over: whether its player's seat is kept without it. */
    outlives(member: Member, room: Room, { id, player }: Session): boolean {
      const { seats, seat_ms = 0 } = room.kind
      if (seats === 'session' || seat_ms === 0 || !player) return false
      const { receiver, away } = member
      room.reseat(member, new Vacancy(id, player), false)
      moved(room, receiver)
      member.away = true
      keep(member, room, player, seat_ms)
      if (away) return true
      member.awaySince = world.now()
      tellAway(room, member)
      judge(room)
      guard(room, () => room.hooks.onAway?.(member))
      return true
    },

    close(): void {
      for (const own of kept.values()) for (const { cancel } of own.values()) cancel()
      kept.clear()
    },
  }

  /** From now on a seat lasts without a session; of too many the oldest ends. */
  function keep(member: Member, room: Room, player: Player, ms: number): void {
    const own = kept.get(player.id) ?? new Map<Member, Kept>()
    kept.set(player.id, own)
    own.set(member, { room, cancel: world.after(ms, () => expire(member, room)) })
    const [oldest] = own
    if (own.size > limits.seats && oldest) expire(oldest[0], oldest[1].room)
  }

  /** The time of a seat without a session is over, one way or the other. */
  function forget(member: Member): void {
    const player = member.receiver.player?.id ?? ''
    const own = kept.get(player)
    own?.get(member)?.cancel()
    if (own?.delete(member) && own.size === 0) kept.delete(player)
  }
}

interface Kept {
  readonly room: Room
  readonly cancel: Cancel
}

/** The seat that a session of this player's would take over: of several, the one taken first. */
export function seatHeldBy(room: Room, player: Player | null): Member | undefined {
  if (room.kind.seats === 'session' || !player) return undefined
  let first: Member | undefined
  for (const member of room.ofPlayer(player.id))
    if (!first || member.number < first.number) first = member
  return first
}
