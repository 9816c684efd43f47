import type { AllMessages } from '../../../protocol/index.ts'
import type { DataOf } from '../../../protocol/message.ts'
import type { Packet } from '../../../protocol/packet.ts'
import type { Action, Role, Succession } from '../../../protocol/rooms.ts'
import type { Json, Schema } from '../../../protocol/schema.ts'
import type { Player, Session } from '../session/session.ts'
import type { Member } from './member.ts'

/** Why a seat is free again. */
export type LeaveReason = DataOf<AllMessages['room.member_left']>['reason']

/** Who asks for a seat. */
export interface Joining {
  readonly session: Session
  readonly player: Player | null
  readonly name: string
  readonly data: Json | undefined
}

/** What is said: the data of a query or packet is its one argument. */
export interface Words {
  readonly name: string
  readonly args: readonly Json[]
}

/** What one member is about to make others, or the room’s own logic, receive. */
export interface RoomMessage extends Words {
  readonly type: 'event' | 'query' | 'function' | 'packet'
  /** Its addresses, as they were said. */
  readonly to: readonly string[]
  /** Of a latest event: what its sender's next of this name and key replaces. */
  readonly key?: string
  readonly from: Member
}

/** What a room’s own logic answers under one name. */
export interface RoomHandler {
  /** What is wrong with these arguments, if something is. */
  problemOf(args: readonly Json[], place: string): string | undefined
  /** What it returns, or promises, to who asks. */
  run(args: readonly Json[], from: Member): unknown
  /** What is wrong with that, if something is. */
  problemOfValue(value: unknown, place: string): string | undefined
}

/** What a member would have others know of it; what is left out stays as it is. */
export interface Described {
  readonly name?: string
  readonly data?: Json
}

/** What a kind does in one room of its own; anything it throws harms that room only. */
export interface RoomHooks {
  /**
   * Says what others may know of who joins (undefined: nothing); may refuse by throwing a Refusal,
   * and may take until `limits.hook_ms` to think about it.
   */
  onJoin?(joining: Joining): Json | undefined | Promise<Json | undefined>
  onJoined?(member: Member): void
  onLeft?(member: Member, reason: LeaveReason): void
  /** All who play the match that the room was made for sit there; or who came later does. */
  onMatch?(): void
  onAway?(member: Member): void
  /** The member is back; or another session of its player’s has taken the seat over. */
  onBack?(member: Member): void
  /**
   * Sees what members say before anybody hears it, once there is somebody to hear it; may change it,
   * keep it from everybody (false), or refuse by throwing a Refusal.
   */
  onMessage?(message: RoomMessage): Partial<Words> | false | undefined
  /** Hears the events that are addressed to `server`; may refuse by throwing a Refusal. */
  onEvent?(message: RoomMessage): unknown
  /** The same for packets, those in bundles one by one. */
  onPacket?(packet: Packet, from: Member): unknown
  /** What is registered under a name for whoever asks `server`. */
  handlerOf?(type: 'query' | 'function', name: string): RoomHandler | undefined
  /**
   * A member would be known by something else; may change that, or refuse by throwing a Refusal.
   * Without this hook nobody is.
   */
  onDescribe?(member: Member, described: Described): Described | undefined
  /** The member has a snapshot and needs what is *latest*. */
  onRestored?(member: Member): void
  onDispose?(): void
}

/** Of a kind without logic of its own: what its members say of themselves is what others know. */
export const AS_MEMBERS_SAY: RoomHooks = {
  onJoin: ({ data }) => data,
  onDescribe: () => undefined,
}

/** As a sentence names one of what is called so: `a duel`, `an inn`. */
export const aOrAn = (name: string): string => `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`

/** How long a room outlives its last member, in ms, unless its kind says. */
export const LINGER_MS = 30_000

/** What is said of all rooms of a kind, and what opens one. */
export interface KindOf<Room> {
  readonly name: string
  readonly capacity: number
  /** Events outside these namespaces are refused. */
  readonly namespaces: readonly string[] | 'any'
  /** The arguments of the events it knows. */
  readonly events?: Readonly<Record<string, Schema>>
  /** Whether lists show its rooms unless their creator says otherwise (true). */
  readonly listed?: boolean
  /** Whether players may make rooms of it (true). */
  readonly creatable?: boolean
  /** The roles of who makes a room (host) and of who joins one (player). */
  readonly roles?: { readonly creator?: Role; readonly joiner?: Role }
  /** The role an action asks for, where it is not the default. */
  readonly permissions?: Readonly<Partial<Record<Action, Role>>>
  /** How long a room of this kind outlives its last member, in ms; Infinity: for good. */
  readonly linger_ms: number
  /** Where nobody may be host: the first who is present becomes it (promote), or nobody is. */
  readonly succession?: Succession
  /** How long a host may be away before another takes its place, in ms (5,000). */
  readonly host_ms?: number
  /** How long what is said to all may wait for more of it, in ms (0: for the end of the turn). */
  readonly gather_ms?: number
  /** Whether a player has one seat whatever its sessions (player), or each session its own. */
  readonly seats?: 'player' | 'session'
  /** Whether the creator of a room says which tables it has (false). */
  readonly takesState?: boolean
  /** How long the seat of a player outlives its session, in ms (0: it ends with it). */
  readonly seat_ms?: number
  open(room: Room): RoomHooks
}
