import type { Cancel, World } from '../../world.ts'
import type { Player, Receiver } from '../delivery/receiver.ts'
import type { Session } from '../session/session.ts'
import { push } from '../wire/frame.ts'
import type { Member } from './member.ts'
import type { Room } from './room.ts'
import { Vacancy } from './vacancy.ts'

/** What a seat that changes hands has to do with the rest of the rooms. */
export interface TakeoverOptions {
  readonly world: World
  /** A receiver sits in a room no longer, and another one does where there is one. */
  readonly moved: (room: Room, from: Receiver, to?: Receiver) => void
  /** Says of a member that it is away, or back, to all but `except`. */
  readonly tellAway: (room: Room, member: Member, except?: Receiver) => void
  /** Finds out who is host now. */
  readonly judge: (room: Room) => void
  /** Runs a hook of the room's. */
  readonly guard: (room: Room, run: () => unknown) => void
  /** A seat was kept as long as its room's kind says, and nobody came. */
  readonly expire: (member: Member, room: Room) => void
}

/** Seats that belong to their players: taken over by their next session, kept without one. */
export function createTakeovers(options: TakeoverOptions) {
  const { world, moved, tellAway, judge, guard, expire } = options
  const byPlayer = new Map<string, Set<Room>>()
  const expiring = new Map<Member, Cancel>()

  return {
    /** The rooms where a player has a seat, the oldest first. */
    roomsOf: (player: Player | null): readonly Room[] =>
      [...(byPlayer.get(player?.id ?? '') ?? [])].sort((one, other) => one.serial - other.serial),

    /** A seat is its player's from now on, if it has one. */
    held(member: Member, room: Room): void {
      const { player } = member.receiver
      if (!player) return
      byPlayer.set(player.id, (byPlayer.get(player.id) ?? new Set()).add(room))
    },

    /** A seat is free, and no longer kept. */
    freed(member: Member, room: Room): void {
      keep(member)
      const { player } = member.receiver
      if (!player) return
      for (const _ of room.ofPlayer(player.id)) return
      const own = byPlayer.get(player.id)
      if (own?.delete(room) && own.size === 0) byPlayer.delete(player.id)
    },

    /** Another session of its player's sits there from now on; the one before is told. */
    takeOver(member: Member, room: Room, session: Session): void {
      const { receiver: before } = member
      keep(member)
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
      expiring.set(
        member,
        world.after(seat_ms, () => expire(member, room)),
      )
      if (away) return true
      member.awaySince = world.now()
      tellAway(room, member)
      judge(room)
      guard(room, () => room.hooks.onAway?.(member))
      return true
    },

    close(): void {
      for (const cancel of expiring.values()) cancel()
      expiring.clear()
    },
  }

  /** The time of a seat without a session is over, one way or the other. */
  function keep(member: Member): void {
    expiring.get(member)?.()
    expiring.delete(member)
  }
}

/** The seat that a session of this player's would take over: of several, the one taken first. */
export function seatHeldBy(room: Room, player: Player | null): Member | undefined {
  if (room.kind.seats === 'session' || !player) return undefined
  let first: Member | undefined
  for (const member of room.ofPlayer(player.id))
    if (!first || member.number < first.number) first = member
  return first
}
