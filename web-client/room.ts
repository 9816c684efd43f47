import type { AllMessages } from '../protocol/index.ts'
import { type DataOf, type ReplyOf, toText } from '../protocol/message.ts'
import type { Role } from '../protocol/rooms.ts'
import type { Json } from '../protocol/schema.ts'
import type { InputOf, RowOf, State, TablesOf } from '../protocol/state.ts'
import { createEmitter, type Emitter, type On, type Report } from './emitter.ts'
import type { Received } from './message.ts'
import type { Predicting, PredictOptions, Step } from './predict.ts'
import type { Session } from './session.ts'
import type { OwnState, Shown, StateRoom, StateTables } from './state.ts'

export type Seat = ReplyOf<AllMessages['room.join']>
type MemberInfo = Seat['members'][number]
type Mutable<T> = { -readonly [K in keyof T]: T[K] }

type Changing = 'away' | 'role' | 'name' | 'data' | 'session'

/** A member of a room: who it is, what is known of it, and whether its connection is away. */
export type Member = Omit<MemberInfo, Changing> & Mutable<Pick<MemberInfo, Changing>>
/** Why a seat is free again: by choice, with its session, or taken away. */
export type LeaveReason = DataOf<AllMessages['room.member_left']>['reason']
/** `by` is a member number, null for the server. */
export type Kicked = DataOf<AllMessages['room.kicked']>

/** `session` is the one that sits there now. */
export type SeatTaken = DataOf<AllMessages['room.seat_taken']>

export type RoomEvents = {
  joined: [member: Member]
  left: [member: Member, reason: LeaveReason]
  away: [member: Member]
  /** It is back, or its player has taken the seat over with another session: see `session`. */
  back: [member: Member]
  /** The members are as `members` says, after a resume, a reset, or more of a long list. */
  members: []
  /** Another member is the active host, or none is: another `epoch` of the room. */
  host: [host: Member | undefined]
  /** A member has another role. */
  role: [member: Member]
  /** A member has another name, or other data. */
  changed: [member: Member]
  /** The room says something else about itself: `listed`, `locked`, `properties`. */
  updated: []
  /** Our seat was taken away; `closed` follows. */
  kicked: [kicked: Kicked]
  /** Our player joined again with another session, which has the seat now; `closed` follows. */
  seat_taken: [by: SeatTaken]
  /** A tick of ours begins: what `input` is told now is what we do in it. */
  sampling: []
  /** We are no longer in it: left, kicked, the seat taken over, or the session lost. */
  closed: []
}

/** A room we sit in; `S` is what it knows, where the client was told that. */
export interface Room<S = State> {
  readonly code: string
  readonly kind: string
  readonly capacity: number
  /** Our own member number. */
  readonly you: number
  readonly members: ReadonlyMap<number, Member>
  /** The active host, if there is one. */
  readonly host: Member | undefined
  /** Whether that is us. */
  readonly isHost: boolean
  /** How often the host has changed. */
  readonly epoch: number
  readonly listed: boolean
  readonly locked: boolean
  readonly properties: Readonly<Record<string, Json>>
  /** The tables of what the room knows, by their names; empty until the server tells of them. */
  readonly state: StateTables<S>
  /** Which time of that is shown, and how late that is. */
  readonly shown: Shown
  on: On<RoomEvents>
  /**
   * What we do from now on, by the names of the inputs’ fields; what is left out stays as it is. It is
   * one input in each tick of ours. What was true at some time since the last tick is true in it.
   */
  input(values: Partial<InputOf<S>>): void
  /** We do nothing any more: no inputs are made until `input` says something again. */
  rest(): void
  /**
   * Has our own row of this table, which has one for each member, ahead of the server: `step` does what
   * the room’s own logic does with an input, to the row’s fields. `row.smooth` shows it.
   */
  predict<K extends keyof TablesOf<S> & string>(
    table: K,
    step: (player: Omit<RowOf<S, K>, 'owner'>, input: InputOf<S>, seconds: number) => void,
    options?: PredictOptions,
  ): Predicting
  leave(): Promise<void>
  /** Merges properties (null removes one), and lists the room or hides it. */
  update(changes: DataOf<AllMessages['room.update']>): Promise<void>
  /** Lets nobody new join, or lets them again. */
  lock(locked?: boolean): Promise<void>
  /** Takes a member's seat away; `ban`: for as long as the room lasts. */
  kick(
    number: number,
    options?: { readonly reason?: string; readonly ban?: boolean },
  ): Promise<void>
  ban(number: number, reason?: string): Promise<void>
  /** Gives a member a role, at most one's own. */
  assign(number: number, role: Role): Promise<void>
  /** Changes what the others know of us: `name`, `data`. UNSUPPORTED where the kind has none of it. */
  describe(changes: DataOf<AllMessages['room.describe']>): Promise<void>
}

/** A room in the hands of the list that keeps it. */
export interface OwnRoom {
  readonly room: Room
  readonly state: OwnState
  /** What a seat, in one or several parts, says; a snapshot's members replace those known. */
  take(seat: readonly Seat[], isSnapshot: boolean): void
  /** What the server says of it. */
  apply(message: Received): void
  tell: Emitter<RoomEvents>['emit']
}

export interface RoomOptions {
  readonly session: Session
  readonly report: Report
  /** We are not in it any more. */
  readonly gone: () => void
  readonly open: (room: StateRoom) => OwnState
}

export function createRoom(first: Seat, { session, report, gone, open }: RoomOptions): OwnRoom {
  const { on, emit } = createEmitter<RoomEvents>(report)
  const members = new Map<number, Member>()
  let { room: info, you } = first
  const { code, kind } = info
  const here = { room: code }
  const state = open({
    ...{ code, you: () => you, isHost: () => info.host === you },
    sampling: () => void emit('sampling'),
  })

  const room: Room = {
    code,
    kind,
    members,
    on,
    state: state.tables,
    shown: state.shown,
    input: state.input,
    rest: state.rest,
    // What its rows hold is known by the room's own definition alone.
    predict: (table, step, how) => state.predict(table, step as Step, how),
    get capacity() {
      return info.capacity
    },
    get you() {
      return you
    },
    get host() {
      return info.host === null ? undefined : members.get(info.host)
    },
    get isHost() {
      return info.host === you
    },
    get epoch() {
      return info.epoch
    },
    get listed() {
      return info.listed
    },
    get locked() {
      return info.locked
    },
    get properties() {
      return info.properties
    },
    leave: () => session.request('room.leave', {}, here, gone),
    update: (changes) => session.request('room.update', changes, here, () => {}),
    lock: (locked = true) => session.request('room.lock', { locked }, here, () => {}),
    kick: (number, how = {}) => session.request('room.kick', { number, ...how }, here, () => {}),
    ban: (number, reason) =>
      room.kick(number, { ban: true, ...(reason !== undefined && { reason }) }),
    assign: (number, role) => session.request('room.assign', { number, role }, here, () => {}),
    describe: (changes) => session.request('room.describe', changes, here, () => {}),
  }

  const changes: Changes = {
    'room.members'({ members: some, more }) {
      fill(some)
      if (!more) emit('members')
    },
    'room.member_joined'({ member }) {
      fill([member])
      withMember(member.number, (joined) => emit('joined', joined))
    },
    'room.member_left'({ number, reason }) {
      withMember(number, (member) => {
        members.delete(number)
        emit('left', member, reason)
      })
    },
    'room.member_away': ({ number }) =>
      withMember(number, (member) => {
        member.away = true
        emit('away', member)
      }),
    'room.member_back': ({ number, session }) =>
      withMember(number, (member) => {
        Object.assign(member, { away: false, session })
        emit('back', member)
      }),
    'room.role_changed'({ number, role }) {
      withMember(number, (member) => {
        member.role = role
        emit('role', member)
      })
    },
    'room.member_described'({ member: { number, name, data } }) {
      withMember(number, (member) => {
        Object.assign(member, { name, data })
        emit('changed', member)
      })
    },
    'room.host_changed': (changed) => renew({ ...info, ...changed }),
    'room.updated': ({ room: said }) => renew(said),
    'room.kicked'(kicked) {
      emit('kicked', kicked)
      gone()
    },
    'room.seat_taken'(by) {
      emit('seat_taken', by)
      gone()
    },
  }

  return {
    room,
    state,
    tell: emit,
    take(parts, isSnapshot) {
      if (isSnapshot) members.clear()
      for (const part of parts) fill(part.members)
      you = parts[0]?.you ?? you
      renew(parts[0]?.room ?? info)
      if (isSnapshot) emit('members')
    },
    apply(message) {
      const { type, data } = message
      state.apply(message)
      if (Object.hasOwn(changes, type)) changes[type as keyof Changes]?.(data)
    },
  }

  function fill(some: readonly MemberInfo[]): void {
    for (const member of some) members.set(member.number, { ...member })
  }

  function withMember(number: number, run: (member: Member) => void): void {
    const member = members.get(number)
    if (member) run(member)
  }

  /** Takes what the room says of itself, and tells what is new about it. */
  function renew(said: Seat['room']): void {
    const before = info
    info = said
    if (said.epoch !== before.epoch) emit('host', room.host)
    const { listed, locked, properties } = before
    const same = said.listed === listed && said.locked === locked
    if (!same || toText(said.properties) !== toText(properties)) emit('updated')
  }
}

type Changes = {
  readonly [K in keyof AllMessages]?: (data: DataOf<AllMessages[K]>) => void
}
