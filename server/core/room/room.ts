import type { AllMessages } from '../../../protocol/index.ts'
import type { DataOf } from '../../../protocol/message.ts'
import type { Action, Role } from '../../../protocol/rooms.ts'
import type { Json } from '../../../protocol/schema.ts'
import type { World } from '../../world.ts'
import { Batch, isSharable } from '../delivery/batch.ts'
import type { Receiver } from '../delivery/receiver.ts'
import type { Outgoing } from '../wire/frame.ts'
import { Refusal } from '../wire/refusal.ts'
import { aOrAn, type KindOf, type RoomHooks } from './kind.ts'
import { type Member, rankOf } from './member.ts'
import { DEFAULT_PERMISSIONS } from './permissions.ts'

export type RoomInfo = DataOf<AllMessages['room.updated']>['room']
export type Properties = RoomInfo['properties']

/** What its creator may say of a room. */
export interface Wishes {
  readonly capacity?: number
  readonly listed?: boolean
  readonly properties?: Properties
  /** The tables that it is to have. */
  readonly state?: AskedState
  /** Who is to play there, where a queue brought them together. */
  readonly match?: RoomMatch
}

/** What a queue says of the match that a room was made for. */
export interface RoomMatch {
  readonly queue: string
  /** Who plays, or is expected, and in which team, numbered from 0. */
  readonly players: readonly {
    readonly session: string
    readonly player: string | null
    readonly name: string
    readonly team: number
  }[]
}

/** What a creator would have a room know. */
export type AskedState = NonNullable<DataOf<AllMessages['room.create']>['state']>

/** A kind of rooms. */
export type RoomKind = KindOf<Room>

/** Receivers that share members and messages. */
export class Room {
  readonly code: string
  /** In order of creation. */
  readonly serial: number
  readonly kind: RoomKind
  readonly hooks: RoomHooks
  readonly capacity: number
  /** The tables that its creator asked for. */
  readonly asked: AskedState | undefined
  /** The match that it was made for; null where it was made for none. */
  match: RoomMatch | null
  /** Sets of members that its own logic named, for `group:NAME`. */
  readonly groups = new Map<string, Set<Member>>()
  /** Places kept for who may sit down. */
  readonly reserved = new Set<{ readonly receiver: Receiver }>()
  /** What it is kept for though nobody sits there. */
  readonly keeps = new Set<object>()
  /** Hears of whatever lists and filters may ask about. */
  onChange: ((room: Room) => void) | undefined
  /** Hears of whoever is host from now on, once everybody was told. */
  onHost: (() => void) | undefined
  /** The active host, by the rule of `host.ts`. */
  host: Member | null = null
  /** How often that has changed, or peer 1 of the relay has gone. */
  epoch = 0
  /** Those that can be sent something. */
  readonly #members = new Map<Receiver, Member>()
  /** All seats that are taken, in order of joining. */
  readonly #byNumber = new Map<number, Member>()
  /** By the receiver's id. */
  readonly #byId = new Map<string, Member>()
  readonly #byPlayer = new Map<string, Set<Member>>()
  readonly #banned = new Set<string>()
  /** What ends with a member's seat. */
  readonly #untilLeft = new Map<Member, Set<() => void>>()
  #numbered = 0
  #listed: boolean
  #locked = false
  #properties: Properties
  readonly #after: After | undefined
  /** What it says to all together. */
  #batch: Batch | undefined

  constructor(code: string, serial: number, kind: RoomKind, wishes: Wishes, after?: After) {
    this.#after = after
    this.code = code
    this.serial = serial
    this.kind = kind
    this.capacity = Math.min(kind.capacity, wishes.capacity ?? kind.capacity)
    this.#listed = wishes.listed ?? kind.listed ?? true
    this.#properties = merged({}, wishes.properties ?? {})
    this.asked = wishes.state
    this.match = wishes.match ?? null
    this.hooks = kind.open(this)
  }

  /** How many seats are taken. */
  get size(): number {
    return this.#byNumber.size
  }

  /** How many of them are of somebody who can be sent something. */
  get reach(): number {
    return this.#members.size
  }

  get listed(): boolean {
    return this.#listed
  }

  set listed(listed: boolean) {
    this.#listed = listed
    this.onChange?.(this)
  }

  get locked(): boolean {
    return this.#locked
  }

  set locked(locked: boolean) {
    this.#locked = locked
    this.onChange?.(this)
  }

  get properties(): Properties {
    return this.#properties
  }

  get isFull(): boolean {
    return this.size + this.reserved.size >= this.capacity
  }

  /** Whether nobody ever sat here. */
  get isUnused(): boolean {
    return this.#numbered === 0
  }

  /** The highest number that a member ever had. */
  get newest(): number {
    return this.#numbered
  }

  get receivers(): Iterable<Receiver> {
    return this.#members.keys()
  }

  /** The seats of those who can be sent something. */
  get seats(): ReadonlyMap<Receiver, Member> {
    return this.#members
  }

  /** Who has a seat, in order of joining. */
  get members(): Iterable<Member> {
    return this.#byNumber.values()
  }

  /** How many of the members have the game's packets. */
  get speakers(): number {
    let count = 0
    for (const { speaksPackets } of this.#members.keys()) if (speaksPackets) count++
    return count
  }

  memberOf(receiver: Receiver): Member | undefined {
    return this.#members.get(receiver)
  }

  numbered(number: number): Member | undefined {
    return this.#byNumber.get(number)
  }

  /** The member that is the session, or whatever else, with this id. */
  *ofSession(id: string): Generator<Member, void> {
    const member = this.#byId.get(id)
    if (member) yield member
  }

  /** The members that are this player's. */
  *ofPlayer(id: string): Generator<Member, void> {
    for (const member of this.#byPlayer.get(id) ?? [])
      if (member.receiver.player?.id === id) yield member
  }

  /** A member's seat, and whatever others its player has. */
  seatsWith(member: Member): readonly Member[] {
    const { player } = member.receiver
    return player ? [...this.ofPlayer(player.id)] : [member]
  }

  /** The members in a group that the room's logic made. */
  *ofGroup(name: string): Generator<Member, void> {
    yield* this.groups.get(name) ?? []
  }

  /** A member has become a player's. */
  identify(receiver: Receiver): void {
    const member = this.#members.get(receiver)
    if (member) this.#list(member)
  }

  /** Who would sit down next. */
  propose(receiver: Receiver, name: string, role: Role, data: Json, away = false): Member {
    return { number: this.#numbered + 1, receiver, name, role, data, away }
  }

  /** Seats who was proposed last; the caller has seen that there is a seat. */
  add(member: Member): void {
    this.#numbered = member.number
    this.#byNumber.set(member.number, member)
    this.#connect(member)
    this.#list(member)
    if (this.size === this.capacity) this.onChange?.(this)
  }

  /** Frees a seat; false where it was free. */
  remove(member: Member): boolean {
    if (!this.#byNumber.delete(member.number)) return false
    this.#disconnect(member)
    this.#unlist(member)
    for (const group of this.groups.values()) group.delete(member)
    if (this.size === this.capacity - 1) this.onChange?.(this)
    this.#end(member)
    return true
  }

  /** Gives a seat to another receiver; to one that cannot be sent anything with `reached` false. */
  reseat(member: Member, receiver: Receiver, reached = true): void {
    this.#disconnect(member)
    member.receiver = receiver
    if (reached) this.#connect(member)
    this.#list(member)
    this.#end(member)
  }

  /** Calls back when a member's seat is free again, until the returned function is called. */
  whenLeft(member: Member, callback: () => void): () => void {
    const own = this.#untilLeft.get(member) ?? new Set()
    this.#untilLeft.set(member, own.add(callback))
    return () => {
      own.delete(callback)
      if (own.size === 0) this.#untilLeft.delete(member)
    }
  }

  /** Refuses what a member's role is not enough for. */
  permit(member: Member, action: Action): void {
    const required = this.kind.permissions?.[action] ?? DEFAULT_PERMISSIONS[action]
    if (rankOf(member.role) >= rankOf(required)) return
    const text = `${action}: ${aOrAn(this.kind.name)} asks the role ${required}; yours is ${member.role}`
    throw new Refusal('PERMISSION_DENIED', text)
  }

  /** Merges properties into what the room says of itself; null removes one. */
  merge(properties: Properties): void {
    this.#properties = merged(this.#properties, properties)
    this.onChange?.(this)
  }

  /** Bans a receiver and its player for as long as the room lasts; `most` are remembered. */
  ban({ id, player }: Receiver, most: number): void {
    for (const name of [id, player?.id]) if (name !== undefined) this.#banned.add(name)
    for (const oldest of this.#banned) {
      if (this.#banned.size <= most) break
      this.#banned.delete(oldest)
    }
  }

  isBanned({ id, player }: Receiver): boolean {
    return this.#banned.has(id) || (player !== null && this.#banned.has(player.id))
  }

  /** Sends one shared message to every member but `except`; how many that were. */
  broadcast(message: Outgoing, except?: Receiver): number {
    if (isSharable(message)) this.#openBatch().add(message, except)
    else for (const one of this.#members.keys()) if (one !== except) one.send(message)
    return this.reach - (except && this.#members.has(except) ? 1 : 0)
  }

  #connect(member: Member): void {
    const { receiver } = member
    this.#members.set(receiver, member)
    this.#byId.set(receiver.id, member)
    if (this.#batch?.isOpen) this.#batch.admit(receiver)
  }

  #disconnect({ receiver }: Member): void {
    if (!this.#members.delete(receiver)) return
    this.#byId.delete(receiver.id)
    this.#batch?.release(receiver)
  }

  #end(member: Member): void {
    const own = this.#untilLeft.get(member) ?? []
    this.#untilLeft.delete(member)
    for (const callback of own) callback()
  }

  #list(member: Member): void {
    this.#unlist(member)
    const { player } = member.receiver
    if (!player) return
    member.player = player.id
    this.#byPlayer.set(player.id, (this.#byPlayer.get(player.id) ?? new Set()).add(member))
  }

  #unlist(member: Member): void {
    const { player } = member
    const own = player === undefined ? undefined : this.#byPlayer.get(player)
    if (own?.delete(member) && own.size === 0) this.#byPlayer.delete(player ?? '')
  }

  #openBatch(): Batch {
    if (this.#batch?.isOpen) return this.#batch
    // A full one is written at the end of this turn.
    this.#batch?.due()
    const { gather_ms = 0 } = this.kind
    const waits = gather_ms > 0 && this.#after !== undefined
    const batch = new Batch(waits)
    this.#batch = batch
    for (const receiver of this.#members.keys()) batch.admit(receiver)
    if (waits) this.#after?.(gather_ms, () => this.#writeOut(batch))
    return batch
  }

  #writeOut(batch: Batch): void {
    batch.due()
    for (const receiver of this.#members.keys()) receiver.due(batch)
  }
}

type After = World['after']

/** Properties with others merged in; null removes one. */
export const merged = (properties: Properties, changes: Properties): Properties =>
  Object.fromEntries(
    Object.entries({ ...properties, ...changes }).filter(([, value]) => value !== null),
  )

export const roomInfoOf = (room: Room): RoomInfo => ({
  code: room.code,
  kind: room.kind.name,
  capacity: room.capacity,
  host: room.host?.number ?? null,
  epoch: room.epoch,
  listed: room.listed,
  locked: room.locked,
  properties: room.properties,
})
