import type { AllMessages } from '../../protocol/index.ts'
import type { DataOf, Sender } from '../../protocol/message.ts'
import type { Json, Schema } from '../../protocol/schema.ts'
import type { Outgoing } from './frame.ts'
import type { Session } from './session.ts'

export type MemberInfo = DataOf<AllMessages['room.member_joined']>['member']

/** A session in a room, numbered in order of joining. */
export interface Member {
  readonly number: number
  readonly session: Session
  readonly name: string
  readonly role: string
  readonly data: Json
  away: boolean
}

/** What a kind does in one room of its own; anything it throws harms that room only. */
export interface RoomHooks {
  /** Says what others may know of who joins; may refuse by throwing a Refusal. */
  onJoin?(data: Json | undefined): Json
  onJoined?(member: Member): void
  onLeft?(member: Member): void
  /** The member has a snapshot and needs what is *latest*. */
  onRestored?(member: Member): void
  onDispose?(): void
}

export interface RoomKind {
  readonly name: string
  readonly capacity: number
  /** Events outside these namespaces are refused. */
  readonly namespaces: readonly string[]
  /** The arguments of the events it knows. */
  readonly events?: Readonly<Record<string, Schema>>
  /** How long a room of this kind outlives its last member. */
  readonly linger_ms: number
  open(room: Room): RoomHooks
}

/** Sessions that share members and messages. */
export class Room {
  readonly code: string
  readonly kind: RoomKind
  readonly hooks: RoomHooks
  readonly #members = new Map<Session, Member>()
  #numbered = 0

  constructor(code: string, kind: RoomKind) {
    this.code = code
    this.kind = kind
    this.hooks = kind.open(this)
  }

  get size(): number {
    return this.#members.size
  }

  get isFull(): boolean {
    return this.#members.size >= this.kind.capacity
  }

  get members(): Iterable<Member> {
    return this.#members.values()
  }

  memberOf(session: Session): Member | undefined {
    return this.#members.get(session)
  }

  /** Takes a seat; the caller has seen that there is one. */
  add(session: Session, name: string, data: Json): Member {
    const number = ++this.#numbered
    const member = { number, session, name, role: 'player', data, away: false }
    this.#members.set(session, member)
    return member
  }

  remove(session: Session): Member | undefined {
    const member = this.#members.get(session)
    this.#members.delete(session)
    return member
  }

  /** Sends one shared message to every member but `except`; how many that were. */
  broadcast(message: Outgoing, except?: Session): number {
    let count = 0
    for (const session of this.#members.keys()) {
      if (session === except) continue
      session.send(message)
      count++
    }
    return count
  }
}

export const senderOf = ({ number, session, role, name }: Member): Sender => ({
  member: number,
  player: session.player?.id ?? null,
  role,
  name,
})

export const infoOf = ({ number, session, name, role, away, data }: Member): MemberInfo => ({
  number,
  session: session.id,
  player: session.player?.id ?? null,
  name,
  role,
  away,
  data,
})
