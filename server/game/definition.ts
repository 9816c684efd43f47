import type { Packet } from '../../protocol/packet.ts'
import type { Json } from '../../protocol/schema.ts'
import {
  AS_MEMBERS_SAY,
  type Described,
  type Joining,
  type LeaveReason,
  type RoomHooks,
  type RoomMessage,
  type Words,
} from '../core/room/kind.ts'
import type { Member } from '../core/room/member.ts'
import type { Room, RoomKind } from '../core/room/room.ts'
import { createTimers } from '../core/room/timers.ts'
import { called, fields, type Kind, type Option, option } from '../option.ts'
import { consistent, ROOM_OPTIONS, type RoomOptions } from './options.ts'
import {
  handlers,
  type Registered,
  type RoomFunction,
  type RoomQuery,
  registry,
} from './registered.ts'
import { type GameRoom, type House, openGame, type RoomMember } from './room.ts'

/** Who asks for a seat. */
export type Entrant = Pick<RoomMember, 'session' | 'player' | 'name'> & {
  readonly data: Json | undefined
}

/** What one member is about to make others, or the room itself, receive. */
export interface Said {
  readonly type: 'event' | 'query' | 'function' | 'packet'
  readonly name: string
  /** The data of a query or packet is its one argument. */
  readonly args: readonly Json[]
  /** Its addresses, as they were said; `others` where none were. */
  readonly to: readonly string[]
  /** Of a latest event: what its sender's next of this name and key replaces. */
  readonly key?: string
  readonly from: RoomMember
}

/**
 * A kind of room: what is said of it, and its logic on the server. A hook that throws is logged and
 * harms its room only; a Refusal thrown by `onJoin`, or by what a member says, is told to the player.
 */
export interface RoomLogic<Own = undefined> extends RoomOptions {
  onCreate?(room: GameRoom<undefined>): Own
  onJoin?(room: GameRoom<Own>, entrant: Entrant): Json | undefined | Promise<Json | undefined>
  onJoined?(room: GameRoom<Own>, member: RoomMember): void
  onLeave?(room: GameRoom<Own>, member: RoomMember, reason: LeaveReason): void
  onAway?(room: GameRoom<Own>, member: RoomMember): void
  onBack?(room: GameRoom<Own>, member: RoomMember): void
  onMessage?(room: GameRoom<Own>, said: Said): Partial<Words> | false | undefined
  onEvent?(room: GameRoom<Own>, said: Said): void
  onPacket?(room: GameRoom<Own>, packet: Packet, from: RoomMember): void
  onDescribe?(room: GameRoom<Own>, member: RoomMember, described: Described): Described | undefined
  onDispose?(room: GameRoom<Own>): void
}

/** The same with what it registers for `server`, each of whatever types. */
export interface RoomDefinition<Own = undefined>
  extends RoomLogic<Own>,
    Registered<GameRoom<Own>, RoomMember> {}

/** A definition whose functions and queries are typed by the shapes that they are given. */
export type TypedDefinition<Own, F, Q> = RoomLogic<Own> & {
  readonly functions?: {
    readonly [K in keyof F]: RoomFunction<GameRoom<Own>, RoomMember, F[K], Json>
  }
  readonly queries?: { readonly [K in keyof Q]: RoomQuery<GameRoom<Own>, RoomMember, Q[K], Json> }
}

/**
 * Says what a kind of room is; the types of its hooks follow from what `onCreate` returns, those of its
 * functions and queries from their shapes.
 */
export const defineRoom = <Own = undefined, F = unknown, Q = unknown>(
  definition: TypedDefinition<Own, F, Q>,
): RoomDefinition<Own> => definition

/** What the hooks of a definition are called for; only code can have them. */
export const HOOKS: {
  readonly [K in Exclude<keyof RoomDefinition, keyof RoomOptions>]-?: Option<
    NonNullable<RoomDefinition<unknown>[K]>
  >
} = {
  onCreate: option('the room begins; what it returns is `room.own`', called()),
  onJoin: option(
    'somebody asks for a seat; it returns what others may know of the newcomer, may take its time (`limits.hook_ms`), and refuses by throwing a Refusal',
    called(),
  ),
  onJoined: option('the newcomer has been told of its seat', called()),
  onLeave: option('a member’s seat is free again, and why', called()),
  onAway: option('a member’s connection dropped; the seat is kept', called()),
  onBack: option(
    'a member who was away is back, or another session of its player’s has taken the seat over',
    called(),
  ),
  onMessage: option(
    'a member says an event, query, function call or packet that somebody will have; what it returns, or changes in the arguments, replaces them, `false` keeps it from everybody, and it may refuse',
    called(),
  ),
  onEvent: option('a member emits an event to `server`; it may refuse', called()),
  onPacket: option('a member sends a packet to `server`; it may refuse', called()),
  onDescribe: option(
    'a member would have another name or other data; what it returns replaces either, and it may refuse; without it, in a kind that has hooks, everybody stays as they joined',
    called(),
  ),
  onDispose: option('the room ends', called()),
  functions: option(
    'what members may have the room execute, by name: `(room, args, from) => value`, which may be a promise, or `{ args, value, run }` with shapes',
    handlers('args'),
  ),
  queries: option(
    'what members may ask the room, by name: `(room, data, from) => value`, or `{ data, value, run }`',
    handlers('data'),
  ),
}

/** A kind of room as a game defines it, in JSON or in code. */
export const definition: Kind<RoomDefinition<unknown>> = consistent(
  fields({ ...ROOM_OPTIONS, ...HOOKS }),
)

/** A definition as the server's own rooms understand it. */
export function kindOf(name: string, definition: RoomDefinition<unknown>, house: House): RoomKind {
  const {
    capacity = ROOM_OPTIONS.capacity.default,
    namespaces = ROOM_OPTIONS.namespaces.default,
    listed = ROOM_OPTIONS.listed.default,
    creatable = ROOM_OPTIONS.creatable.default,
    succession = ROOM_OPTIONS.succession.default,
    host_ms = ROOM_OPTIONS.host_ms.default,
    linger_ms = ROOM_OPTIONS.linger_ms.default,
    gather_ms = ROOM_OPTIONS.gather_ms.default,
    seats = ROOM_OPTIONS.seats.default,
    seat_ms = ROOM_OPTIONS.seat_ms.default,
    events,
    roles,
    permissions,
  } = definition
  let hasWarned = false
  const warnOfState = () => {
    if (!hasWarned) house.world.log.warn({ kind: name }, OF_STATE)
    hasWarned = true
  }
  return {
    ...{ name, capacity, namespaces, listed, creatable, succession, host_ms, linger_ms },
    ...{ seats, seat_ms },
    ...(events && { events }),
    ...(roles && { roles }),
    ...(permissions && { permissions }),
    gather_ms,
    open: (room) => openRoom(room, definition, house, warnOfState),
  }
}

const OF_STATE = 'room.state is room.own now; by the old name it works for one release'

function openRoom(
  room: Room,
  given: RoomDefinition<unknown>,
  house: House,
  warnOfState: () => void,
): RoomHooks {
  const { rooms, world, inside } = house
  const enter: Enter = (run) => inside.run(room, run)
  const definition = ownDoing(given, enter)
  const timers = createTimers(world, (run) => rooms.guard(room, () => enter(run)))
  const { game, seatOf } = openGame(room, house, timers, warnOfState)
  const own: GameRoom<unknown> = game
  try {
    game.own = definition.onCreate?.(game as GameRoom<undefined>)
    // Where it is a promise the room begins all the same.
    rooms.guard(room, () => game.own)
  } catch (error) {
    timers.close()
    throw error
  }
  const { onJoin, onMessage, onEvent, onPacket, onDescribe } = definition
  const said = ({ from, ...rest }: RoomMessage): Said => ({ ...rest, from: seatOf(from) })
  return {
    ...(!hasHooks(definition) && AS_MEMBERS_SAY),
    ...(onJoin && {
      onJoin: ({ session, player, name, data }: Joining) =>
        definition.onJoin?.(own, { session: session.id, player, name, data }),
    }),
    onJoined: (member) => definition.onJoined?.(own, seatOf(member)),
    onLeft: (member, reason) => definition.onLeave?.(own, seatOf(member), reason),
    onAway: (member) => definition.onAway?.(own, seatOf(member)),
    onBack: (member) => definition.onBack?.(own, seatOf(member)),
    ...(onMessage && { onMessage: (message) => definition.onMessage?.(own, said(message)) }),
    ...(onEvent && { onEvent: (message) => definition.onEvent?.(own, said(message)) }),
    ...(onPacket && {
      onPacket: (packet, from) => definition.onPacket?.(own, packet, seatOf(from)),
    }),
    handlerOf: registry(definition, own, seatOf, enter),
    ...(onDescribe && {
      onDescribe: (member: Member, described: Described) =>
        definition.onDescribe?.(own, seatOf(member), described),
    }),
    onDispose() {
      timers.close()
      return definition.onDispose?.(own)
    },
  }
}

/** Whether a kind has logic of its own, which then says what its members are. */
const hasHooks = (definition: RoomDefinition<unknown>): boolean =>
  Object.keys(HOOKS).some((name) => definition[name as keyof typeof HOOKS] !== undefined)

/** Runs something as the room's own doing. */
type Enter = <T>(run: () => T) => T

/** The same definition, each of whose hooks is the room's own doing, with all that comes of it. */
function ownDoing(given: RoomDefinition<unknown>, enter: Enter): RoomDefinition<unknown> {
  const hooks: Record<string, unknown> = {}
  for (const name of Object.keys(HOOKS) as (keyof typeof HOOKS)[]) {
    const hook: unknown = given[name]
    if (typeof hook === 'function')
      hooks[name] = (...args: unknown[]) => enter(() => Reflect.apply(hook, given, args))
  }
  return { ...given, ...hooks }
}
