import type { Packet } from '../../protocol/packet.ts'
import type { Json } from '../../protocol/schema.ts'
import type { InputOf } from '../../protocol/state.ts'
import type { Described, LeaveReason, Words } from '../core/room/kind.ts'
import type { Step } from '../core/state/tick.ts'
import { below, called, fields, type Kind, type Option, option } from '../option.ts'
import { consistent, ROOM_OPTIONS, type RoomOptions } from './options.ts'
import { handlers, type Registered, type RoomFunction, type RoomQuery } from './registered.ts'
import type { GameRoom, RoomMember } from './room.ts'
import type { StateOption } from './state.ts'
import type { OwnRow, StateRow } from './tables.ts'

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

/** What a member would have a row be that its owner, or the host, may write. */
export interface StateWish {
  readonly table: string
  readonly op: 'add' | 'change' | 'remove'
  /** The row as it is; of one that is added there is none yet. */
  readonly row: StateRow | undefined
  /** The fields that it says, by their names. */
  readonly values: Readonly<Record<string, unknown>>
  readonly from: RoomMember
}

/** Inputs of a member that were left out, as it made more than there was time for. */
export interface Excess {
  /** How many just now. */
  readonly inputs: number
  /** And until now. */
  readonly total: number
}

/**
 * A kind of room: what is said of it, and its logic on the server. A hook that throws is logged and
 * harms its room only; a Refusal thrown by `onJoin`, or by what a member says, is told to the player.
 */
export interface RoomLogic<Own = undefined, S = unknown> extends Omit<RoomOptions, 'state'> {
  readonly state?: S
  onCreate?(room: GameRoom<undefined, S>): Own
  onJoin?(room: GameRoom<Own, S>, entrant: Entrant): Json | undefined | Promise<Json | undefined>
  onJoined?(room: GameRoom<Own, S>, member: RoomMember): void
  onLeave?(room: GameRoom<Own, S>, member: RoomMember, reason: LeaveReason): void
  onMatch?(room: GameRoom<Own, S>): void
  onAway?(room: GameRoom<Own, S>, member: RoomMember): void
  onBack?(room: GameRoom<Own, S>, member: RoomMember): void
  onMessage?(room: GameRoom<Own, S>, said: Said): Partial<Words> | false | undefined
  onEvent?(room: GameRoom<Own, S>, said: Said): void
  onPacket?(room: GameRoom<Own, S>, packet: Packet, from: RoomMember): void
  onDescribe?(
    room: GameRoom<Own, S>,
    member: RoomMember,
    described: Described,
  ): Described | undefined
  onTick?(room: GameRoom<Own, S>, step: Step): void | Promise<void>
  onInput?(room: GameRoom<Own, S>, player: OwnRow<S>, input: InputOf<S>, member: RoomMember): void
  onTooFast?(room: GameRoom<Own, S>, member: RoomMember, excess: Excess): void
  onWrite?(
    room: GameRoom<Own, S>,
    wish: StateWish,
  ): Readonly<Record<string, unknown>> | false | undefined
  onDispose?(room: GameRoom<Own, S>): void
}

/** The same with what it registers for `server`, each of whatever types. */
// biome-ignore lint/suspicious/noExplicitAny: whatever it knows
export interface RoomDefinition<Own = undefined, S = any>
  extends RoomLogic<Own, S>,
    Registered<GameRoom<Own, S>, RoomMember> {}

/** A definition whose functions and queries are typed by the shapes that they are given. */
export type TypedDefinition<Own, F, Q, S> = RoomLogic<Own, S> & {
  readonly functions?: {
    readonly [K in keyof F]: RoomFunction<GameRoom<Own, S>, RoomMember, F[K], Json>
  }
  readonly queries?: {
    readonly [K in keyof Q]: RoomQuery<GameRoom<Own, S>, RoomMember, Q[K], Json>
  }
}

/**
 * Says what a kind of room is; the types of its hooks follow from what `onCreate` returns and from its `state`, those of its
 * functions and queries from their shapes.
 */
export const defineRoom = <Own = undefined, F = unknown, Q = unknown, S = unknown>(
  definition: TypedDefinition<Own, F, Q, S>,
): RoomDefinition<Own, S> => definition

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
  onMatch: option(
    'all who play the match that a queue made the room for sit there, or somebody has come into it later: `room.match` says who plays, and in which team',
    called(),
  ),
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
  onTick: option(
    'a step of the room’s time, `tick_hz` of them a second: it is told its number and how late it is; while it takes its time the next are left out',
    called(),
  ),
  onInput: option(
    "an input of a member’s, once for each of them: at most one in a step, or two while more than two wait; `player` is its row, of the table with `rows: 'members'`",
    called(),
  ),
  onTooFast: option(
    'inputs of a member’s were left out: it makes them faster than time passes, or was held up for longer than `limits.state_inputs_ms`',
    called(),
  ),
  onWrite: option(
    'a member adds, changes or removes a row of a table that it may write; what it returns, by the names of fields, replaces what the member said, `false` keeps the row as it is, and it may refuse',
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

const anyDefinition: Kind<RoomDefinition<unknown>> = consistent(
  fields({ ...ROOM_OPTIONS, ...HOOKS }),
)

/** A kind of room as a game defines it, in JSON or in code. */
export const definition: Kind<RoomDefinition<unknown>> = {
  ...anyDefinition,
  check: (value, place) => anyDefinition.check(value, place) ?? deafness(value, place),
}

/** A kind that would hear inputs which nobody can say. */
function deafness(value: unknown, place: string): string | undefined {
  const { state, ...hooks } = value as RoomDefinition
  const deaf = (['onInput', 'onTooFast'] as const).find((name) => hooks[name])
  if (!deaf || (state as StateOption | undefined)?.inputs) return undefined
  return `${below(place, deaf)}: expected a state that has inputs`
}
