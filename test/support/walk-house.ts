import type { AllMessages } from '../../protocol/index.ts'
import type { DataOf } from '../../protocol/message.ts'
import type { Role } from '../../protocol/rooms.ts'
import type { Any } from './client.ts'
import { type Clock, createClock } from './clock.ts'
import { heirOf, leaveOf, nextHost } from './walk-hosts.ts'
import {
  infoOf,
  KINDS,
  LINGER_MS,
  type MemberInfo,
  type ModelRoom,
  membersOf,
  Refused,
  rankOf,
  seatsOf,
} from './walk-rules.ts'

type Reason = DataOf<AllMessages['room.member_left']>['reason']
type Wishes = Omit<DataOf<AllMessages['room.create']>, 'kind' | 'name'>

export interface Guest {
  readonly id: string
  readonly guest: boolean
  readonly name: string
}

export interface ModelSession {
  readonly id: string
  readonly rooms: Set<ModelRoom>
  /** What it is to be told, in order, and has not heard yet. */
  readonly awaited: Any[]
  /** Where it sat when it last came back, by the attempt it did so at. */
  restored: { readonly attempt: number; readonly rooms: readonly object[] } | undefined
  player: Guest | null
  /** Its identification under way, and what it has said since. */
  held: Any[] | undefined
  started: boolean
  /** Cancels its end, while it is away. */
  isBack: (() => void) | undefined
}

export interface ModelLimits {
  readonly rooms: number
  readonly rooms_total: number
}

/** The rooms of the model: made, entered, left, gone; and what their members are told of it. */
export class House {
  readonly clock: Clock = createClock()
  readonly rooms = new Map<string, ModelRoom>()
  readonly sessions = new Map<string, ModelSession>()
  /** How often each thing happened. */
  readonly tally = new Map<string, number>()
  /** What comes once the answer has been given. */
  readonly afterwards: (() => void)[] = []
  readonly #limits: ModelLimits
  /** Takes the code that chance gave the room just made. */
  readonly #newCode: () => string
  #made: number

  constructor(limits: ModelLimits, newCode: () => string, made: number) {
    this.#limits = limits
    this.#newCode = newCode
    this.#made = made
  }

  get isFull(): boolean {
    return this.rooms.size >= this.#limits.rooms_total
  }

  /** Makes a room and takes its first seat, or makes none. */
  found(session: ModelSession, kind: string, name: string | undefined, wishes: Wishes): object {
    if (this.isFull) throw new Refused('TOO_MANY_ROOMS')
    const room = this.make(kind, wishes)
    const seat = attempt(() => this.seat(session, room, name))
    if (!(seat instanceof Refused)) return seat
    room.stay()
    this.rooms.delete(room.code)
    throw seat
  }

  make(kind: string, { capacity = 8, listed = true, properties = {} }: Wishes = {}): ModelRoom {
    const room: ModelRoom = {
      ...{ kind, listed, properties, locked: false, joined: 0 },
      ...{ code: this.#newCode(), serial: ++this.#made, members: new Map(), banned: new Set() },
      capacity: Math.min(capacity, KINDS[kind]?.capacity ?? 0),
      ...{ host: null, epoch: 0, away: new Map(), patience: () => {}, stay: () => {} },
    }
    this.rooms.set(room.code, room)
    this.#linger(room)
    return room
  }

  /** The first in an empty room is its creator; who finds nobody there and no host, it. */
  seat(session: ModelSession, room: ModelRoom, name = ''): object {
    const { creator = 'host', joiner = 'player' } = KINDS[room.kind]?.roles ?? {}
    let role: Role = room.members.size === 0 ? creator : joiner
    if (session.rooms.size >= this.#limits.rooms) throw new Refused('TOO_MANY_ROOMS')
    const [held] = seatsOf(room, session.player?.id)
    if (held) return this.#takeOver(session, room, ...held)
    if (room.members.size >= room.capacity) throw new Refused('ROOM_FULL')
    room.stay()
    if (rankOf(role) < rankOf('assistant') && this.#needsHost(room)) role = 'host'
    const { id, player } = session
    const known = { session: id, player: player?.id ?? null, name, role, away: false, data: null }
    const member = { number: ++room.joined, ...known }
    room.members.set(id, member)
    this.tell(room, 'member_joined', { member: { ...member } }, id)
    this.judge(room, member.number, id)
    session.rooms.add(room)
    return seatOf(room, session)
  }

  /** The seat is its player's, which has another session now. */
  #takeOver(session: ModelSession, room: ModelRoom, from: string, seat: MemberInfo): object {
    const { id } = session
    const before = this.sessions.get(from)
    room.members.delete(from)
    room.members.set(id, Object.assign(seat, { session: id, away: false }))
    before?.rooms.delete(room)
    before?.awaited.push({ type: 'room.seat_taken', room: room.code, data: { session: id } })
    this.tell(room, 'member_back', { number: seat.number, session: id }, id)
    session.rooms.add(room)
    this.count('seat taken over')
    this.afterwards.push(() => this.judge(room))
    return seatOf(room, session)
  }

  leave(session: ModelSession, room: ModelRoom, reason: Reason): void {
    const number = room.members.get(session.id)?.number
    session.rooms.delete(room)
    room.members.delete(session.id)
    this.tell(room, 'member_left', { number, reason })
    this.judge(room)
    if (room.members.size === 0) this.#linger(room)
  }

  #linger(room: ModelRoom): void {
    const ms = KINDS[room.kind]?.linger_ms ?? LINGER_MS
    room.stay = this.clock.after(ms, () => void this.rooms.delete(room.code))
  }

  updated(room: ModelRoom): object {
    this.tell(room, 'updated', { room: infoOf(room) })
    return { room: infoOf(room) }
  }

  setAway(session: ModelSession, away: boolean): void {
    for (const room of session.rooms) {
      const member = room.members.get(session.id)
      if (!member) continue
      member.away = away
      if (away) room.away.set(member.number, this.clock.now())
    }
  }

  tellAway(session: ModelSession, away: boolean): void {
    for (const room of session.rooms) {
      const number = room.members.get(session.id)?.number
      if (away) this.tell(room, 'member_away', { number }, session.id)
      else this.tell(room, 'member_back', { number, session: session.id }, session.id)
      this.judge(room)
    }
  }

  /** Something happened to a room; if it has another host then, that is told at once. */
  judge(room: ModelRoom, changed?: number, except?: string): void {
    const host = nextHost(room, this.clock.now(), changed) ?? this.#promote(room, changed)
    if (host !== room.host) {
      room.host = host
      room.epoch++
      this.tell(room, 'host_changed', { host, epoch: room.epoch }, except)
      this.count('host changed')
    }
    this.#watch(room)
  }

  #promote(room: ModelRoom, demoted: number | undefined): number | null {
    const heir = heirOf(room, demoted)
    if (!heir) return null
    heir.role = 'host'
    this.tell(room, 'role_changed', { number: heir.number, role: 'host' })
    this.count('promoted')
    return heir.number
  }

  #needsHost(room: ModelRoom): boolean {
    const all = [...room.members.values()]
    const isEmpty = all.every(({ away }) => away)
    const host = all.find(({ number }) => number === room.host)
    const isLed = host && this.clock.now() < leaveOf(room, host)
    return isEmpty && !isLed && KINDS[room.kind]?.succession !== 'none'
  }

  #watch(room: ModelRoom): void {
    room.patience()
    room.patience = () => {}
    const host = [...room.members.values()].find(({ number }) => number === room.host)
    const ms = host?.away ? leaveOf(room, host) - this.clock.now() : 0
    if (ms > 0) room.patience = this.clock.after(ms, () => this.judge(room))
  }

  /** Tells all members but one. */
  tell({ code, members }: ModelRoom, type: string, data: object, except?: string): void {
    for (const id of members.keys())
      if (id !== except)
        this.sessions.get(id)?.awaited.push({ type: `room.${type}`, room: code, data })
  }

  count(what: string): void {
    this.tally.set(what, (this.tally.get(what) ?? 0) + 1)
  }
}

/** What it returns, or why it refused. */
export function attempt(run: () => object): object {
  try {
    return run()
  } catch (error) {
    if (error instanceof Refused) return error
    throw error
  }
}

export const seatOf = (room: ModelRoom, { id }: ModelSession): object => ({
  room: infoOf(room),
  you: room.members.get(id)?.number,
  members: membersOf(room),
  more: false,
})
