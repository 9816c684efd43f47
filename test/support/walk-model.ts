import type { AllMessages } from '../../protocol/index.ts'
import type { DataOf } from '../../protocol/message.ts'
import type { Action } from '../../protocol/rooms.ts'
import type { Any } from './client.ts'
import type { Witness } from './walk-host.ts'
import { attempt, type Guest, House, type ModelSession, seatOf } from './walk-house.ts'
import {
  isAtLeast,
  isPermitted,
  KINDS,
  type MemberInfo,
  type ModelRoom,
  numbered,
  RESUME_MS,
  Refused,
  says,
  seatsOf,
} from './walk-rules.ts'

type Handlers = {
  readonly [K in keyof AllMessages]?: (from: From, data: DataOf<AllMessages[K]>) => object
}

/** Whose request it is, and the room it names. */
interface From {
  readonly session: ModelSession
  readonly code: string | undefined
}

/**
 * Rooms as PROTOCOL.md tells of them, in plain code: from what arrives at a server, in the order in
 * which it arrives, it says what everybody is told, in order, and where everybody stands.
 */
export class Model extends House implements Witness {
  /** Whose token it is. */
  readonly tokens = new Map<string, string>()
  readonly guests = new Map<string, Guest>()
  /** How each request ended, as `SESSION ID`: `ok` or a code. */
  readonly answers = new Map<string, string>()
  readonly #handlers: Handlers = {
    'player.identify': ({ session }, { guest_key = '' }) => {
      session.player = this.guests.get(guest_key) ?? null
      return { player: session.player }
    },
    'room.create': ({ session }, { kind, name, ...wishes }) => {
      if (KINDS[kind]?.creatable === false) throw new Refused('PERMISSION_DENIED')
      return this.found(session, kind, name, wishes)
    },
    'room.join': ({ session }, { code, name }) => {
      const room = this.rooms.get(code)
      if (!room) throw new Refused('ROOM_NOT_FOUND')
      if (isBanned(room, session)) throw new Refused('BANNED')
      if (room.members.has(session.id)) throw new Refused('ALREADY_IN_ROOM')
      const isHeld = seatsOf(room, session.player?.id).length > 0
      if (room.locked && !isHeld) throw new Refused('ROOM_LOCKED')
      return this.seat(session, room, name)
    },
    'room.join_or_create': ({ session }, { kind, name, properties }) => {
      const seated = [...session.rooms].some((room) => room.kind === kind)
      if (seated) throw new Refused('ALREADY_IN_ROOM')
      for (const room of this.rooms.values())
        if (room.kind === kind && says(room, properties) && seatsOf(room, session.player?.id)[0])
          return this.seat(session, room, name)
      for (const room of this.rooms.values()) {
        const isOpen = room.listed && !room.locked && room.members.size < room.capacity
        if (!isOpen || room.kind !== kind || isBanned(room, session)) continue
        if (!says(room, properties)) continue
        return this.seat(session, room, name)
      }
      if (KINDS[kind]?.creatable === false) throw new Refused('PERMISSION_DENIED')
      return this.found(session, kind, name, properties ? { properties } : {})
    },
    'room.leave': (from) => {
      this.leave(from.session, resolve(from).room, 'left')
      return {}
    },
    'room.list': (_, { kind, properties, after = 0, limit = 50 }) => {
      const most = Math.min(limit, 100)
      const found: ModelRoom[] = []
      for (const room of this.rooms.values()) {
        if (!room.listed || room.serial <= after || (kind ?? room.kind) !== room.kind) continue
        if (says(room, properties) && found.push(room) > most) break
      }
      const page = found.slice(0, most)
      const rooms = page.map(({ code, kind, capacity, members, locked, properties }) => {
        return { code, kind, capacity, members: members.size, locked, properties }
      })
      return { rooms, next: found.length > most ? (page.at(-1)?.serial ?? null) : null }
    },
    'room.update': (from, { properties = {}, listed }) => {
      const { room } = permitted(from, 'update')
      const entries = Object.entries({ ...room.properties, ...properties })
      room.properties = Object.fromEntries(entries.filter(([, value]) => value !== null))
      room.listed = listed ?? room.listed
      return this.updated(room)
    },
    'room.lock': (from, { locked }) => {
      const { room } = permitted(from, 'lock')
      room.locked = locked
      return this.updated(room)
    },
    'room.kick': (from, { number, ban = false, reason = '' }) => {
      const { room, member } = permitted(from, 'kick')
      const [id, target] = numbered(room, number)
      const all = seatsOf(room, target.player ?? undefined)
      const targets = ban && all.length > 0 ? all : [[id, target] as const]
      if (targets.some(([, { role }]) => isAtLeast(role, member.role)))
        throw new Refused('PERMISSION_DENIED')
      if (ban) for (const name of [id, target.player]) if (name) room.banned.add(name)
      for (const [id] of targets) {
        const session = this.sessions.get(id)
        if (!session) throw new Error(`the model lost session ${id}`)
        this.leave(session, room, ban ? 'banned' : 'kicked')
        const data = { by: member.number, banned: ban, reason }
        session.awaited.push({ type: 'room.kicked', room: room.code, data })
      }
      return {}
    },
    'room.assign': (from, { number, role }) => {
      const { room, member } = permitted(from, 'assign')
      const [, target] = numbered(room, number)
      const isBelow = target === member || !isAtLeast(target.role, member.role)
      if (!isBelow || !isAtLeast(member.role, role)) throw new Refused('PERMISSION_DENIED')
      if (target.role === role) return {}
      target.role = role
      this.tell(room, 'role_changed', { number, role })
      this.judge(room, number)
      return {}
    },
  }

  opened(id: string): void {
    const nobody = {
      restored: undefined,
      player: null,
      held: undefined,
      started: false,
      isBack: undefined,
    }
    this.sessions.set(id, { id, rooms: new Set(), awaited: [], ...nobody })
  }

  received(id: string, message: Any): void {
    const { type, data } = message
    const session = this.sessions.get(id)
    if (!session) throw new Error(`the model has no session ${id}, which sent ${type}`)
    session.started = true
    if (type === 'session.resume') return this.#claimed(session, data)
    if (session.held) session.held.push(message)
    else if (type === 'player.identify') session.held = [message]
    else this.#handle(session, message)
  }

  /** Whoever identifies is known before anything else it says is looked at. */
  released(id: string): void {
    const session = this.sessions.get(id)
    const [identified, ...rest] = session?.held ?? []
    if (!session || !identified) throw new Error(`the model has session ${id} waiting for nothing`)
    session.held = undefined
    this.#handle(session, identified)
    for (const message of rest) this.received(id, message)
  }

  #handle(session: ModelSession, { type, id: re, room: code, data }: Any): void {
    const { id } = session
    const handler = this.#handlers[type as keyof Handlers]
    if (!handler) return
    const answer = attempt(() => handler({ session, code }, data as never))
    const outcome = answer instanceof Refused ? answer.code : 'ok'
    session.awaited.push(
      answer instanceof Refused ? { type: 'error', re, data: answer } : { type, re, data: answer },
    )
    for (const run of this.afterwards.splice(0)) run()
    if (this.answers.has(`${id} ${re}`)) throw new Error(`request ${re} of ${id} was handled twice`)
    this.answers.set(`${id} ${re}`, outcome)
    this.count(`${type} ${outcome}`)
  }

  /** The connection that carried it has closed. */
  closed(id: string, code: number): void {
    const session = this.sessions.get(id)
    if (!session || session.isBack) return
    if (code === 1000 || !session.started) return this.#end(session, 'left')
    session.isBack = this.clock.after(RESUME_MS, () => this.#end(session, 'lost'))
    this.setAway(session, true)
    this.tellAway(session, true)
    this.count('session dropped')
  }

  #claimed(own: ModelSession, { token, attempt = 0 }: DataOf<AllMessages['session.resume']>): void {
    const session = this.sessions.get(this.tokens.get(token) ?? '')
    this.count(session ? 'session resumed' : 'session expired')
    if (!session) return
    this.#end(own, 'lost')
    const wasAway = session.isBack !== undefined
    session.isBack?.()
    session.isBack = undefined
    if (wasAway) this.setAway(session, false)
    const seats = [...session.rooms].map((room) => seatOf(room, session))
    session.restored = { attempt, rooms: seats }
    if (wasAway) this.tellAway(session, false)
  }

  #end(session: ModelSession, how: 'left' | 'lost'): void {
    this.sessions.delete(session.id)
    session.isBack?.()
    for (const room of session.rooms) this.leave(session, room, how)
  }
}

function resolve({ session, code }: From): { room: ModelRoom; member: MemberInfo } {
  if (code === undefined && session.rooms.size > 1) throw new Refused('ROOM_REQUIRED')
  const room = [...session.rooms].find((one) => one.code === (code ?? one.code))
  const member = room?.members.get(session.id)
  if (!room || !member) throw new Refused('NOT_IN_ROOM')
  return { room, member }
}

function permitted(from: From, action: Action): { room: ModelRoom; member: MemberInfo } {
  const found = resolve(from)
  if (!isPermitted(found.room, found.member, action)) throw new Refused('PERMISSION_DENIED')
  return found
}

const isBanned = ({ banned }: ModelRoom, { id, player }: ModelSession): boolean =>
  banned.has(id) || (player !== null && banned.has(player.id))
