import type { AllMessages } from '../../protocol/index.ts'
import type { DataOf, ReplyOf } from '../../protocol/message.ts'
import { DEFAULT_PAGE } from '../../protocol/page.ts'
import type { Action, rooms as roomsTable } from '../../protocol/rooms.ts'
import type { Json } from '../../protocol/schema.ts'
import type { Context, HandlersOf } from '../core/dispatch.ts'
import { push } from '../core/frame.ts'
import type { Guesses } from '../core/guesses.ts'
import type { RoomKind } from '../core/kind.ts'
import type { Limits } from '../core/limits.ts'
import { Refusal } from '../core/refusal.ts'
import {
  infoOf,
  type Member,
  type MemberInfo,
  merged,
  type Properties,
  type Room,
  rankOf,
  roomInfoOf,
  type Wishes,
} from '../core/room.ts'
import type { Rooms } from '../core/rooms.ts'
import type { Session } from '../core/session.ts'
import { paging } from '../core/source.ts'
import type { World } from '../world.ts'

export type Seat = ReplyOf<AllMessages['room.join']>
type Joining = Pick<DataOf<AllMessages['room.join_or_create']>, 'name' | 'data'>
type Listed = ReplyOf<AllMessages['room.list']>['rooms'][number]

export interface RoomsOptions {
  readonly world: World
  readonly limits: Limits
  readonly rooms: Rooms
  readonly kinds: readonly RoomKind[]
  readonly guesses: Guesses
  readonly cleanName: (name: string) => string
}

/** What players do with rooms. */
export function createRoomFeature(options: RoomsOptions) {
  const { world, limits, rooms, kinds, guesses, cleanName } = options

  const handlers: HandlersOf<(typeof roomsTable)['messages']> = {
    'room.create'(context, { kind: name, capacity, listed, properties, ...joining }) {
      const kind = kindNamed(name, 'room.create.kind')
      checkProperties(properties, 'room.create.properties')
      const wishes = {
        ...(capacity !== undefined && { capacity }),
        ...(listed !== undefined && { listed }),
        ...(properties && { properties }),
      }
      return join(context, create(kind, wishes), joining, true)
    },
    'room.join'(context, { code, ...joining }) {
      const room = guesses.look(context.session, () => rooms.get(code))
      if (!room) throw new Refusal('ROOM_NOT_FOUND', `room.join.code: no room is called ${code}`)
      if (room.isBanned(context.session)) throw new Refusal('BANNED')
      if (room.locked) throw new Refusal('ROOM_LOCKED')
      return join(context, room, joining, false)
    },
    'room.join_or_create'(context, { kind: name, properties, ...joining }) {
      const kind = kindNamed(name, 'room.join_or_create.kind')
      checkProperties(properties, 'room.join_or_create.properties')
      const { session } = context
      const seated = [...rooms.of(session)].find((room) => room.kind === kind)
      if (seated) throw alreadyIn(seated)
      const search = rooms.open(kind.name, properties)
      for (let room = search.take(); room; room = search.take())
        if (!room.isFull && !room.isBanned(session)) return join(context, room, joining, false)
      return join(context, create(kind, properties ? { properties } : {}), joining, true)
    },
    'room.leave'(context) {
      rooms.leave(context.session, rooms.resolve(context).room, 'left')
      return {}
    },
    'room.list': list,
    'room.update'(context, { properties = {}, listed }) {
      const { room } = permitted(context, 'update')
      checkProperties(merged(room.properties, properties), 'room.update.properties')
      room.merge(properties)
      room.listed = listed ?? room.listed
      rooms.tellUpdated(room)
      return { room: roomInfoOf(room) }
    },
    'room.lock'(context, { locked }) {
      const { room } = permitted(context, 'lock')
      room.locked = locked
      rooms.tellUpdated(room)
      return { room: roomInfoOf(room) }
    },
    'room.kick'(context, { number, ban = false, reason = '' }) {
      const { room, member } = permitted(context, 'kick')
      const target = memberNumbered(room, number, 'room.kick.number')
      if (rankOf(target.role) >= rankOf(member.role))
        throw new Refusal('PERMISSION_DENIED', `room.kick: ${target.name} is ${target.role}`)
      rooms.expel(target, room, { by: member.number, banned: ban, reason })
      return {}
    },
    'room.assign'(context, { number, role }) {
      const { room, member } = permitted(context, 'assign')
      const target = memberNumbered(room, number, 'room.assign.number')
      const outranked = rankOf(target.role) >= rankOf(member.role) && target !== member
      if (outranked || rankOf(role) > rankOf(member.role))
        throw new Refusal('PERMISSION_DENIED', `room.assign: a ${member.role} may not`)
      rooms.assign(target, room, role)
      return {}
    },
  }

  return {
    handlers,

    /** A room of the server's own making; its code. Throws UNKNOWN_KIND or TOO_MANY_ROOMS. */
    make: (name: string, wishes: Wishes = {}): string =>
      rooms.create(kindNamed(name, 'rooms.create'), wishes).code,

    /** The seats of a session, each in pages that fit `bytes` and are made as their turn comes. */
    seatsOf: (session: Session, bytes: number): Generator<Seat>[] =>
      [...rooms.of(session)].map((room) => pages(room, room.memberOf(session) as Member, bytes)),
  }

  function kindNamed(name: string, place: string): RoomKind {
    const kind = kinds.find((one) => one.name === name)
    if (kind) return kind
    const names = kinds.map((one) => `"${one.name}"`).join(', ')
    throw new Refusal('UNKNOWN_KIND', `${place}: expected ${names}`)
  }

  /** A room of a player's making. */
  function create(kind: RoomKind, wishes: Wishes): Room {
    if (kind.creatable === false)
      throw new Refusal('PERMISSION_DENIED', `only the server makes a ${kind.name}`)
    return rooms.create(kind, wishes)
  }

  /** The sender's room and seat, where its role is enough for `action`. */
  function permitted(context: Context, action: Action): { room: Room; member: Member } {
    const found = rooms.resolve(context)
    found.room.permit(found.member, action)
    return found
  }

  function checkProperties(properties: Properties | undefined, place: string): void {
    const count = Object.keys(properties ?? {}).length
    const most = limits.room_properties
    if (count > most)
      throw new Refusal('TOO_LARGE', `${place}: ${count} properties; expected at most ${most}`)
    checkSize(properties, place)
  }

  function checkSize(value: Json | undefined, place: string): void {
    const bytes = value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value))
    if (bytes > limits.data_bytes)
      throw new Refusal(
        'TOO_LARGE',
        `${place}: ${bytes} bytes; expected at most ${limits.data_bytes}`,
      )
  }

  /** Asks the room's hook, which may take its time, then seats the session. */
  function join(
    context: Context,
    room: Room,
    { name, data }: Joining,
    isCreator: boolean,
  ): Seat | Promise<Seat> {
    const { session } = context
    if (room.memberOf(session) || room.entering.has(session)) throw alreadyIn(room)
    const asked = nameFor(session, name)
    const sitWith = (memberData: Json = null) => sit(context, room, asked, memberData, isCreator)
    try {
      checkRoomLeft(session, room)
      checkSize(data, 'data')
      const { player } = session
      const thought = room.hooks.onJoin?.({ session, player, name: asked, data })
      return thought instanceof Promise
        ? think(session, room, thought, sitWith, isCreator)
        : sitWith(thought)
    } catch (error) {
      rooms.release(room, isCreator)
      throw error
    }
  }

  /** Keeps a seat free while a hook thinks, for as long as it may. */
  async function think<T>(
    session: Session,
    room: Room,
    thought: Promise<T>,
    sitWith: (memberData: T) => Seat,
    isCreator: boolean,
  ): Promise<Seat> {
    room.entering.add(session)
    let cancel = () => {}
    const late = new Promise<never>((_, reject) => {
      const text = `the room did not decide within ${limits.hook_ms} ms`
      cancel = world.after(limits.hook_ms, () => reject(new Refusal('TIMEOUT', text)))
    })
    try {
      const memberData = await Promise.race([thought, late])
      room.entering.delete(session)
      return sitWith(memberData)
    } finally {
      cancel()
      room.entering.delete(session)
      rooms.release(room, isCreator)
    }
  }

  function checkRoomLeft(session: Session, room: Room): void {
    const { size } = rooms.of(session)
    if (session.ended) throw new Refusal('TARGET_LEFT', 'the session is over')
    if (size >= limits.rooms)
      throw new Refusal('TOO_MANY_ROOMS', `this session is in ${size} rooms already`)
    if (room.isFull) throw new Refusal('ROOM_FULL')
  }

  function sit(context: Context, room: Room, name: string, data: Json, isCreator: boolean): Seat {
    const { session } = context
    checkRoomLeft(session, room)
    checkSize(data, 'what onJoin returned')
    const { creator = 'host', joiner = 'player' } = room.kind.roles ?? {}
    const member = rooms.enter(session, room, name, isCreator ? creator : joiner, data)
    const seats = pages(room, member, session.receiveBytes)
    const { value: first } = seats.next()
    context.afterwards(() => {
      if (first.more) session.mark(paging(membersIn(seats)))
      rooms.guard(room, () => room.hooks.onJoined?.(member))
    })
    return first
  }

  function nameFor(session: Session, asked: string | undefined): string {
    const cleaned = cleanName(asked ?? session.player?.name ?? '')
    return cleaned || `Guest ${1 + world.random.below(9999)}`
  }

  function list(context: Context, filter: DataOf<AllMessages['room.list']>) {
    const { kind, properties, after = 0, limit = DEFAULT_PAGE } = filter
    checkProperties(properties, 'room.list.properties')
    const most = Math.min(limit, limits.page)
    const search = rooms.listed({ kind, properties }, after)
    const found: Listed[] = []
    let bytes = context.session.receiveBytes - LIST_OVERHEAD
    let last = 0
    for (let room = search.take(); room; room = search.take()) {
      const one = listedOf(room)
      bytes -= Buffer.byteLength(JSON.stringify(one)) + 1
      if (found.length >= most || (bytes < 0 && found.length > 0))
        return { rooms: found, next: last }
      found.push(one)
      last = room.serial
    }
    return { rooms: found, next: search.next }
  }
}

/** What a page needs beside its members: envelope and room without its properties. */
const PAGE_OVERHEAD = 640
const LIST_OVERHEAD = 200

function memberNumbered(room: Room, number: number, place: string): Member {
  const member = room.numbered(number)
  if (!member) throw new Refusal('MEMBER_NOT_FOUND', `${place}: nobody here is number ${number}`)
  return member
}

const alreadyIn = (room: Room) =>
  new Refusal('ALREADY_IN_ROOM', undefined, { cause: { room: room.code } })

const listedOf = (room: Room): Listed => ({
  code: room.code,
  kind: room.kind.name,
  capacity: room.capacity,
  members: room.size,
  locked: room.locked,
  properties: room.properties,
})

/**
 * A seat in pieces that each fit `bytes`, cut one by one; the last says that no more follows. It is
 * as the room is now: what changes later is told in an event, which comes later too.
 */
const pages = (room: Room, { number }: Member, bytes: number): Generator<Seat> =>
  pagesOf(roomInfoOf(room), number, Array.from(room.members, infoOf), bytes)

function* pagesOf(room: Seat['room'], you: number, all: readonly MemberInfo[], bytes: number) {
  const overhead = PAGE_OVERHEAD + Buffer.byteLength(JSON.stringify(room.properties))
  let rest = all
  while (rest.length > 0) {
    const members = fitting(rest, bytes - overhead)
    rest = rest.slice(members.length)
    yield { room, you, members, more: rest.length > 0 }
  }
}

/** The first of the members, as many as fit `bytes` and at least one. */
function fitting(all: readonly MemberInfo[], bytes: number): readonly MemberInfo[] {
  let left = bytes
  const end = all.findIndex((one, index) => {
    left -= Buffer.byteLength(JSON.stringify(one)) + 1
    return left < 0 && index > 0
  })
  return end < 0 ? all : all.slice(0, end)
}

function* membersIn(seats: Iterable<Seat>) {
  for (const { room, members, more } of seats)
    yield push('room.members', { members, more }, { room: room.code })
}
