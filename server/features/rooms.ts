import type { AllMessages } from '../../protocol/index.ts'
import type { DataOf, ReplyOf } from '../../protocol/message.ts'
import { CODE_ALPHABET, CODE_LENGTH, type rooms as roomsTable } from '../../protocol/rooms.ts'
import type { Context, HandlersOf } from '../core/dispatch.ts'
import { push } from '../core/frame.ts'
import type { Limits } from '../core/limits.ts'
import { Refusal } from '../core/refusal.ts'
import { infoOf, type Member, type MemberInfo, Room, type RoomKind } from '../core/room.ts'
import type { Session } from '../core/session.ts'
import type { SessionObserver } from '../core/sessions.ts'
import type { Cancel, World } from '../world.ts'

export type Seat = ReplyOf<AllMessages['room.join']>
type Joining = Pick<DataOf<AllMessages['room.join_or_create']>, 'name' | 'data'>

export interface RoomsOptions {
  readonly world: World
  readonly limits: Limits
  readonly kinds: readonly RoomKind[]
  readonly cleanName: (name: string) => string
}

export type Rooms = ReturnType<typeof createRooms>

/** Rooms: who sits where, and who is told. */
export function createRooms({ world, limits, kinds, cleanName }: RoomsOptions) {
  const byCode = new Map<string, Room>()
  const bySession = new Map<Session, Set<Room>>()
  const lingering = new Map<Room, Cancel>()

  const handlers: HandlersOf<(typeof roomsTable)['messages']> = {
    'room.join'(context, { code, ...joining }) {
      const room = byCode.get(code)
      if (!room) throw new Refusal('ROOM_NOT_FOUND', `room.join.code: no room is called ${code}`)
      return join(context, room, joining)
    },
    'room.join_or_create'(context, { kind: name, ...joining }) {
      const kind = kinds.find((one) => one.name === name)
      if (!kind)
        throw new Refusal('UNKNOWN_KIND', `room.join_or_create.kind: expected ${kindNames()}`)
      const seated = [...roomsOf(context.session)].find((room) => room.kind === kind)
      if (seated) throw alreadyIn(seated)
      for (const room of byCode.values())
        if (room.kind === kind && !room.isFull) return join(context, room, joining)
      return join(context, create(kind), joining)
    },
    'room.leave'(context) {
      leave(context.session, resolve(context).room)
      return {}
    },
  }

  const observer: SessionObserver = {
    away: (session) => setAway(session, true),
    back: (session) => setAway(session, false),
    restored(session) {
      for (const room of roomsOf(session)) restore(room, session)
    },
    ended(session) {
      for (const room of roomsOf(session)) leave(session, room)
    },
  }

  return {
    handlers,
    observer,
    resolve,

    get size() {
      return byCode.size
    },

    /** The seats of a session, with as many members as fit a page of `bytes`; then the rest. */
    seatPages: (session: Session, bytes: number) =>
      [...roomsOf(session)].flatMap((room) => pages(room, room.memberOf(session) as Member, bytes)),

    close(): void {
      for (const cancel of lingering.values()) cancel()
      for (const room of byCode.values()) guard(room, () => room.hooks.onDispose?.())
      byCode.clear()
    },
  }

  function roomsOf(session: Session): ReadonlySet<Room> {
    return bySession.get(session) ?? NO_ROOMS
  }

  /** The room a message is meant for, and the sender's seat in it. */
  function resolve({ session, room: code }: Context): { room: Room; member: Member } {
    const own = roomsOf(session)
    if (code === undefined && own.size > 1)
      throw new Refusal('ROOM_REQUIRED', `room: expected one of ${codes(own)}`)
    for (const room of own) {
      const member = code === undefined || room.code === code ? room.memberOf(session) : undefined
      if (member) return { room, member }
    }
    throw new Refusal('NOT_IN_ROOM', code === undefined ? undefined : `room: not in ${code}`)
  }

  function create(kind: RoomKind): Room {
    if (byCode.size >= limits.rooms_total) throw new Refusal('TOO_MANY_ROOMS')
    const room = new Room(newCode(), kind)
    byCode.set(room.code, room)
    world.log.info({ room: room.code, kind: kind.name }, 'room created')
    linger(room)
    return room
  }

  function newCode(): string {
    for (;;) {
      let code = ''
      while (code.length < CODE_LENGTH)
        code += CODE_ALPHABET[world.random.below(CODE_ALPHABET.length)]
      if (!byCode.has(code)) return code
    }
  }

  function join(context: Context, room: Room, { name, data }: Joining): Seat {
    const { session } = context
    if (room.memberOf(session)) throw alreadyIn(room)
    if (roomsOf(session).size >= limits.rooms) throw new Refusal('TOO_MANY_ROOMS')
    if (room.isFull) throw new Refusal('ROOM_FULL')
    const memberData = room.hooks.onJoin?.(data) ?? null
    const own = bySession.get(session) ?? new Set()
    bySession.set(session, own.add(room))
    lingering.get(room)?.()
    lingering.delete(room)

    const member = room.add(session, nameFor(session, name), memberData)
    room.broadcast(
      push('room.member_joined', { member: infoOf(member) }, { room: room.code }),
      session,
    )
    world.log.info({ room: room.code, session: session.id, member: member.number }, 'joined')
    const [first, ...rest] = pages(room, member, session.receiveBytes)
    context.afterwards(() => {
      for (const { members, more } of rest)
        session.send(push('room.members', { members, more }, { room: room.code }))
      guard(room, () => room.hooks.onJoined?.(member))
    })
    return first as Seat
  }

  function nameFor(session: Session, asked: string | undefined): string {
    const cleaned = cleanName(asked ?? session.player?.name ?? '')
    return cleaned || `Guest ${1 + world.random.below(9999)}`
  }

  function leave(session: Session, room: Room): void {
    const member = room.remove(session)
    const own = bySession.get(session)
    own?.delete(room)
    if (own?.size === 0) bySession.delete(session)
    if (!member) return
    room.broadcast(push('room.member_left', { number: member.number }, { room: room.code }))
    guard(room, () => room.hooks.onLeft?.(member))
    world.log.info({ room: room.code, session: session.id, member: member.number }, 'left')
    if (room.size === 0) linger(room)
  }

  /** An empty room waits a while for somebody, then goes. */
  function linger(room: Room): void {
    lingering.set(
      room,
      world.after(room.kind.linger_ms, () => {
        lingering.delete(room)
        byCode.delete(room.code)
        guard(room, () => room.hooks.onDispose?.())
        world.log.info({ room: room.code }, 'room gone')
      }),
    )
  }

  function setAway(session: Session, away: boolean): void {
    const type = away ? 'room.member_away' : 'room.member_back'
    for (const room of roomsOf(session)) {
      const member = room.memberOf(session)
      if (!member) continue
      member.away = away
      room.broadcast(push(type, { number: member.number }, { room: room.code }), session)
    }
  }

  function restore(room: Room, session: Session): void {
    const member = room.memberOf(session)
    if (member) guard(room, () => room.hooks.onRestored?.(member))
  }

  function guard(room: Room, run: () => void): void {
    try {
      run()
    } catch (error) {
      world.log.error({ err: error, room: room.code, kind: room.kind.name }, 'room hook failed')
    }
  }

  function kindNames(): string {
    return kinds.map(({ name }) => `"${name}"`).join(', ')
  }
}

const NO_ROOMS: ReadonlySet<Room> = new Set()
/** What a page needs beside its members: envelope and room. */
const PAGE_OVERHEAD = 560

const codes = (rooms: ReadonlySet<Room>) => [...rooms].map(({ code }) => code).join(', ')

const alreadyIn = (room: Room) =>
  new Refusal('ALREADY_IN_ROOM', undefined, { cause: { room: room.code } })

/** A seat in pieces that each fit `bytes`; the last says that no more follows. */
function pages(room: Room, member: Member, bytes: number): Seat[] {
  const groups: MemberInfo[][] = [[]]
  let used = PAGE_OVERHEAD
  for (const one of room.members) {
    const info = infoOf(one)
    const size = Buffer.byteLength(JSON.stringify(info)) + 1
    if (used + size > bytes && used > PAGE_OVERHEAD) {
      groups.push([])
      used = PAGE_OVERHEAD
    }
    groups.at(-1)?.push(info)
    used += size
  }
  const { code, kind } = room
  return groups.map((members, index) => ({
    room: { code, kind: kind.name, capacity: kind.capacity },
    you: member.number,
    members,
    more: index < groups.length - 1,
  }))
}
