import type { AnyPacket } from '../../protocol/packet.ts'
import { DEFAULT_ASK_MS } from '../../protocol/queries.ts'
import type { Role } from '../../protocol/rooms.ts'
import { check, type Json, json } from '../../protocol/schema.ts'
import { duration, toldMs } from '../../protocol/timer.ts'
import type { Player } from '../core/delivery/receiver.ts'
import type { AskNodes } from '../core/nodes/bus.ts'
import type { Inside } from '../core/room/inside.ts'
import type { Member } from '../core/room/member.ts'
import type { PacketSender } from '../core/room/packets-sending.ts'
import type { Properties, Room, RoomMatch } from '../core/room/room.ts'
import type { Rooms } from '../core/room/rooms.ts'
import type { Timers } from '../core/room/timers.ts'
import type { OpenState } from '../core/state/known.ts'
import type { Ticks } from '../core/state/tick.ts'
import { push } from '../core/wire/frame.ts'
import { Refusal } from '../core/wire/refusal.ts'
import type { Cancel, Log, World } from '../world.ts'
import { ROOM_OPTIONS, type RoomOptions } from './options.ts'
import type { PastOf } from './past.ts'
import type { AnyState, openTables, PastIn, TablesIn } from './tables.ts'

/** A member as a room's own logic sees it; the same object for as long as the seat is taken. */
export interface RoomMember {
  readonly number: number
  /** The session's public id; another one once its player's next session has taken the seat. */
  readonly session: string
  readonly player: Readonly<Player> | null
  readonly name: string
  readonly role: Role
  readonly data: Json
  readonly away: boolean
}

/** One room, in the hands of its own logic. */
export interface GameRoom<Own = undefined, S = unknown> {
  readonly code: string
  readonly kind: string
  /** What `onCreate` returned. */
  readonly own: Own
  /**
   * The tables that its kind declares as `state`. Of a kind without any, the same as `own`, for one
   * release.
   */
  readonly state: S extends AnyState ? TablesIn<S> : Own
  /** How long a step of `onTick` is, in seconds. */
  readonly step: number
  /** The number of the step that it is in, or was in last; 0 before the first. */
  readonly tick: number
  readonly properties: Properties
  readonly locked: boolean
  /** The match that a queue made the room for: who plays, and in which team; null where none did. */
  readonly match: RoomMatch | null
  /** In order of joining. */
  readonly members: readonly RoomMember[]
  readonly host: RoomMember | null
  readonly log: Log
  /** Sends an event to `members` (all unless said), as the room itself: without a `from`. */
  emit(name: string, args?: readonly Json[], members?: Iterable<RoomMember>): void
  /**
   * Asks a member a query and resolves with its value; `timeout` in ms (30,000). Rejects with a
   * Refusal: UNREGISTERED_HANDLER, REMOTE_ERROR, TIMEOUT, TARGET_LEFT, TARGET_BUSY, …
   */
  ask(member: RoomMember, name: string, data?: Json, timeout?: number): Promise<Json>
  /** Asks every node of the bus, this one included; see `createServer`'s `intercom`. */
  readonly intercom: AskNodes
  /** Sends a packet to `members` (all unless said), as the room itself. */
  send(packet: AnyPacket, members?: Iterable<RoomMember>): void
  /** Sends a packet to a member and resolves with its answer, as `ask`; `timeout` in ms (30,000). */
  request(member: RoomMember, packet: AnyPacket, timeout?: number): Promise<Json>
  /** Takes a member's seat away; banned, its player loses every seat and may not come back. */
  kick(member: RoomMember, options?: { readonly ban?: boolean; readonly reason?: string }): void
  assign(member: RoomMember, role: Role): void
  /** Merges properties (null removes one) and tells everybody. */
  update(properties: Properties): void
  lock(locked?: boolean): void
  /**
   * Shows the tables as a member saw them when it did what is done now: by its round trip, and by how
   * late it shows them, but no older than a table’s `history_ms`; what has none is as it is. Returns
   * what `judge` does.
   */
  rewind<T>(member: RoomMember, judge: (state: S extends AnyState ? PastIn<S> : never) => T): T
  /** A set of members that `group:NAME` addresses; made when first asked for. */
  group(name: string): RoomGroup
  /** Calls back once after `ms`, unless cancelled or the room has gone. */
  after(ms: number, callback: () => void): Cancel
  /** Calls back every `ms`, until cancelled or the room has gone. */
  every(ms: number, callback: () => void): Cancel
}

export interface RoomGroup {
  add(member: RoomMember): void
  delete(member: RoomMember): void
  readonly members: readonly RoomMember[]
}

/** What every room of a definition has to do with. */
export interface House {
  readonly rooms: Rooms
  readonly world: World
  readonly intercom: AskNodes
  readonly packets: PacketSender
  readonly inside: Inside
  readonly ticks: Ticks
  readonly openState: OpenState
}

/** What a room has of its own. */
interface Within {
  readonly timers: Timers
  readonly tables: ReturnType<typeof openTables> | undefined
  readonly past: PastOf | undefined
}

const ANY = json()

/** What its opening sets. */
type OwnDoing = 'own' | 'tick'
type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A room as its own logic has it; `seatOf` tells a member as that sees it. */
export function openGame(
  room: Room,
  { rooms, world, intercom, packets, inside }: House,
  { timers, tables, past }: Within,
  { tick_hz = ROOM_OPTIONS.tick_hz.default }: Pick<RoomOptions, 'tick_hz'>,
  warnOfState: () => void,
) {
  const seats = new WeakMap<Member, RoomMember>()
  const behind = new WeakMap<RoomMember, Member>()

  const game: Omit<GameRoom<unknown>, OwnDoing> & Mutable<Pick<GameRoom<unknown>, OwnDoing>> = {
    own: undefined,
    tick: 0,
    step: 1 / tick_hz,
    get state() {
      if (tables) return tables
      warnOfState()
      return game.own
    },
    code: room.code,
    kind: room.kind.name,
    log: world.log,
    intercom,
    get properties() {
      return room.properties
    },
    get locked() {
      return room.locked
    },
    get match() {
      return room.match
    },
    get members() {
      return Array.from(room.members, seatOf)
    },
    get host() {
      return room.host && seatOf(room.host)
    },
    emit(name, args = [], members) {
      const message = push('event', { name, args }, { room: room.code })
      if (!members) room.broadcast(message)
      else for (const member of new Set(members)) memberOf(member).receiver.send(message)
    },
    ask: (member, name, data = null, timeout = DEFAULT_ASK_MS) =>
      inside.run(room, async () => {
        const { receiver } = memberOf(member)
        const answer = await receiver.ask({
          type: 'query',
          data: { name, data, timeout: toldMs(timeout) },
          origin: { room: room.code },
          timeout,
          cause: { member: member.number, player: member.player?.id ?? null },
        })
        return (answer as { value: Json }).value
      }),
    send(packet, members) {
      const receivers = members && new Set(Array.from(members, (one) => memberOf(one).receiver))
      packets.toRoom(room, packet, receivers)
    },
    request: (member, packet, timeout = DEFAULT_ASK_MS) =>
      inside.run(room, () =>
        packets.ask(memberOf(member).receiver, packet, { timeout, room: room.code }),
      ),
    kick: (member, { ban = false, reason = '' } = {}) =>
      rooms.kick(memberOf(member), room, { by: null, banned: ban, reason }),
    assign: (member, role) => rooms.assign(memberOf(member), room, role),
    update(properties) {
      // Everybody's lists show them.
      const problem = check(ANY, properties, 'room.update')
      if (problem) throw new TypeError(problem)
      room.merge(properties)
      rooms.tellUpdated(room)
    },
    lock(locked = true) {
      room.locked = locked
      rooms.tellUpdated(room)
    },
    rewind(member, judge) {
      if (!past) throw new TypeError('room.rewind: expected a kind that has `state`')
      // What its tables hold is known by the kind's own definition alone.
      return judge(past(memberOf(member)) as never)
    },
    group: openGroup,
    after: (ms, callback) => timers.after(duration(ms, 'room.after'), callback),
    every: (ms, callback) => timers.every(duration(ms, 'room.every', 1), callback),
  }
  return { game, seatOf }

  function openGroup(name: string): RoomGroup {
    const group = room.groups.get(name) ?? new Set<Member>()
    room.groups.set(name, group)
    return {
      add: (member) => void group.add(memberOf(member)),
      delete: (member) => void group.delete(memberOf(member)),
      get members() {
        return game.members.filter((one) => group.has(memberOf(one)))
      },
    }
  }

  function seatOf(member: Member): RoomMember {
    const known = seats.get(member)
    if (known) return known
    const { number } = member
    const seat: RoomMember = {
      number,
      get session() {
        return member.receiver.id
      },
      get name() {
        return member.name
      },
      get data() {
        return member.data
      },
      get player() {
        return member.receiver.player
      },
      get role() {
        return member.role
      },
      get away() {
        return member.away
      },
    }
    seats.set(member, seat)
    behind.set(seat, member)
    return seat
  }

  /** The member behind a seat, which must still be taken. */
  function memberOf(seat: RoomMember): Member {
    const member = behind.get(seat)
    if (member && room.numbered(member.number) === member) return member
    throw new Refusal('MEMBER_NOT_FOUND', `number ${seat.number} is not in ${room.code} any more`)
  }
}
