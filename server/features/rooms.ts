import type { AllMessages } from '../../protocol/index.ts'
import type { DataOf, ReplyOf } from '../../protocol/message.ts'
import { DEFAULT_PAGE } from '../../protocol/page.ts'
import type { Action, rooms as roomsTable } from '../../protocol/rooms.ts'
import { stateProblem } from '../../protocol/state-check.ts'
import type { Context, HandlersOf } from '../core/dispatch/dispatch.ts'
import type { Guesses } from '../core/dispatch/guesses.ts'
import { describe } from '../core/room/describe.ts'
import { createFaults } from '../core/room/fault.ts'
import { aOrAn } from '../core/room/kind.ts'
import { dataBytesIn, type Member, rankOf } from '../core/room/member.ts'
import type { NameFor } from '../core/room/naming.ts'
import {
  type AskedState,
  merged,
  type Properties,
  type Room,
  type RoomKind,
  roomInfoOf,
  type Wishes,
} from '../core/room/room.ts'
import type { Rooms } from '../core/room/rooms.ts'
import { pagesOf, type Seat } from '../core/room/seat.ts'
import type { Seated } from '../core/room/seated.ts'
import { alreadyIn, type Seating } from '../core/room/seating.ts'
import type { Session } from '../core/session/session.ts'
import type { Limits } from '../core/wire/limits.ts'
import { createPage } from '../core/wire/page.ts'
import { Refusal } from '../core/wire/refusal.ts'
import { checkBytes } from '../core/wire/size.ts'
import type { World } from '../world.ts'

type Making = Omit<DataOf<AllMessages['room.create']>, 'name' | 'data' | 'schemas'>
type Joining = Pick<DataOf<AllMessages['room.join_or_create']>, 'name' | 'data' | 'schemas'>
/** What a room must be for who asks for none in particular. */
interface Searched {
  readonly kind: RoomKind
  readonly properties: Properties | undefined
  /** What a room knows that is made as there is none. */
  readonly state: AskedState | undefined
}
type Listed = ReplyOf<AllMessages['room.list']>['rooms'][number]

export interface RoomsOptions {
  readonly world: World
  readonly limits: Limits
  readonly rooms: Rooms
  readonly seating: Seating
  readonly kinds: readonly RoomKind[]
  readonly guesses: Guesses
  readonly cleanName: (name: string) => string
  readonly nameFor: NameFor
  /** Hears of which tables a client knows, by their hashes. */
  readonly knows: (session: Session, schemas: Joining['schemas']) => void
}

/** What players do with rooms. */
export function createRoomFeature(options: RoomsOptions) {
  const { attempt } = createFaults(options.world)
  const { limits, rooms, seating, kinds, guesses, cleanName, nameFor, knows } = options

  const handlers: HandlersOf<(typeof roomsTable)['messages']> = {
    'room.create'(context, { name, data, schemas, ...making }) {
      const joining = {
        ...(name !== undefined && { name }),
        ...(data !== undefined && { data }),
        ...(schemas && { schemas }),
      }
      return join(context, made(making, 'room.create', context.session), joining, true)
    },
    'room.join'(context, { code, ...joining }) {
      const room = guesses.look(context.session, () => rooms.get(code))
      if (!room) throw new Refusal('ROOM_NOT_FOUND', `room.join.code: no room is called ${code}`)
      return join(context, room, joining, false)
    },
    'room.join_or_create'(context, { kind: name, properties, state, ...joining }) {
      const kind = kindNamed(name, 'room.join_or_create.kind')
      checkState(kind, state, 'room.join_or_create.state')
      checkProperties(properties, 'room.join_or_create.properties')
      const { session } = context
      const seated = [...rooms.of(session)].find((room) => room.kind === kind)
      if (seated) throw alreadyIn(seated)
      const wanted = { kind, properties, state }
      const then = joinAny(context, wanted, joining)
      return then instanceof Promise ? then : then()
    },
    'room.leave'(context) {
      rooms.leave(context.session, rooms.resolve(context).room, 'left')
      return {}
    },
    'room.list': list,
    'room.update'(context, { properties = {}, listed }) {
      const { room } = permitted(context, 'update')
      const changed = {
        listed: listed ?? room.listed,
        properties: merged(room.properties, properties),
      }
      checkProperties(changed.properties, 'room.update.properties')
      context.refuseUnfit({ room: { ...roomInfoOf(room), ...changed } })
      room.merge(properties)
      room.listed = changed.listed
      rooms.tellUpdated(room)
      return { room: roomInfoOf(room) }
    },
    'room.lock'(context, { locked }) {
      const { room } = permitted(context, 'lock')
      context.refuseUnfit({ room: { ...roomInfoOf(room), locked } })
      room.locked = locked
      rooms.tellUpdated(room)
      return { room: roomInfoOf(room) }
    },
    'room.kick'(context, { number, ban = false, reason = '' }) {
      const { room, member } = permitted(context, 'kick')
      const target = memberNumbered(room, number, 'room.kick.number')
      for (const { name, role } of ban ? room.seatsWith(target) : [target])
        if (rankOf(role) >= rankOf(member.role))
          throw new Refusal('PERMISSION_DENIED', `room.kick: ${name} is ${role}`)
      rooms.kick(target, room, { by: member.number, banned: ban, reason })
      return {}
    },
    'room.assign'(context, { number, role }) {
      const { room, member } = permitted(context, 'assign')
      const target = memberNumbered(room, number, 'room.assign.number')
      const outranked = rankOf(target.role) >= rankOf(member.role) && target !== member
      if (outranked || rankOf(role) > rankOf(member.role))
        throw new Refusal('PERMISSION_DENIED', `room.assign: ${aOrAn(member.role)} may not`)
      rooms.assign(target, room, role)
      return {}
    },
    'room.describe'(context, { name = '', ...asked }) {
      const cleaned = cleanName(name)
      const described = { ...asked, ...(cleaned && { name: cleaned }) }
      const seated = rooms.resolve(context)
      return attempt(seated.room, () => describe(context, seated, described, limits))
    },
  }

  return {
    handlers,

    /** A room of the server's own making; its code. Throws UNKNOWN_KIND or TOO_MANY_ROOMS. */
    make: (name: string, wishes: Wishes = {}): string =>
      rooms.create(kindNamed(name, 'rooms.create'), wishes).code,

    made,

    /** The seats of a session, each in pages that fit `bytes`. */
    seatsOf: (session: Session, bytes: number): readonly Seat[][] =>
      [...rooms.of(session)].map((room) =>
        pagesOf(room, room.memberOf(session) as Member, room.members, bytes),
      ),
  }

  function kindNamed(name: string, place: string): RoomKind {
    const kind = kinds.find((one) => one.name === name)
    if (kind) return kind
    const names = kinds.map((one) => `"${one.name}"`).join(', ')
    const expected = names ? `expected ${names}` : 'this server has no kinds of room'
    throw new Refusal('UNKNOWN_KIND', `${place}: ${expected}`)
  }

  /** A room as it is asked for; of a backend's making, and so nobody's, where no `maker` is told. */
  function made({ kind: name, ...making }: Making, place: string, maker?: Session): Room {
    const { capacity, listed, properties, state } = making
    const kind = kindNamed(name, `${place}.kind`)
    checkState(kind, state, `${place}.state`)
    checkProperties(properties, `${place}.properties`)
    const wishes = {
      ...(capacity !== undefined && { capacity }),
      ...(listed !== undefined && { listed }),
      ...(properties && { properties }),
      ...(state && { state }),
    }
    return maker ? create(maker, kind, wishes) : rooms.create(kind, wishes)
  }

  /** Refuses tables that a creator may not ask for. */
  function checkState(kind: RoomKind, state: AskedState | undefined, place: string): void {
    if (!state) return
    if (!kind.takesState)
      throw new Refusal('UNSUPPORTED', `${place}: ${aOrAn(kind.name)} has the tables that it has`)
    const problem = stateProblem(state, place, limits)
    if (problem) throw new Refusal(problem.code, problem.text)
  }

  /** A room of a player's making. */
  function create(maker: Session, kind: RoomKind, wishes: Wishes): Room {
    if (kind.creatable === false)
      throw new Refusal('PERMISSION_DENIED', `only the server makes ${aOrAn(kind.name)}`)
    return rooms.create(kind, wishes, maker)
  }

  /** The sender's room and seat, where its role is enough for `action`. */
  function permitted(context: Context, action: Action): Seated {
    const found = rooms.resolve(context)
    found.room.permit(found.member, action)
    return found
  }

  function checkProperties(properties: Properties | undefined, place: string): void {
    const count = Object.keys(properties ?? {}).length
    const most = limits.room_properties
    if (count > most)
      throw new Refusal('TOO_LARGE', `${place}: ${count} properties; expected at most ${most}`)
    checkBytes(place, properties, limits.data_bytes)
  }

  function join(context: Context, room: Room, joining: Joining, isOwn: boolean) {
    const then = enter(context, room, joining, isOwn)
    return then instanceof Promise ? then : then()
  }

  /** What seats whom the room lets in. */
  function enter(context: Context, room: Room, joining: Joining, isOwn: boolean) {
    const { name, data, schemas } = joining
    knows(context.session, schemas)
    context.atEnd(() => rooms.release(room, isOwn))
    checkBytes('data', data, dataBytesIn(room, limits))
    return seating.admit({ context, room, name: nameFor(context.session, name), data, isOwn })
  }

  /**
   * Joins a room that is open, or makes one. Where the room changed while it thought, another is
   * looked for once: nobody asked for that one by name.
   */
  function joinAny(context: Context, wanted: Searched, joining: Joining, except?: Room) {
    const { session } = context
    const { generation } = session.resume
    const room = heldBy(session, wanted) ?? openTo(session, wanted, except)
    if (!room) {
      const { kind, properties, state } = wanted
      const wishes = { ...(properties && { properties }), ...(state && { state }) }
      return enter(context, create(session, kind, wishes), joining, true)
    }
    const then = enter(context, room, joining, false)
    if (!(then instanceof Promise) || except) return then
    return then.catch((error: unknown): ReturnType<typeof enter> => {
      const isOpen = !room.locked && !room.isBanned(session)
      if (isOpen || !hasChanged(error) || session.resume.generation !== generation) throw error
      return joinAny(context, wanted, joining, room)
    })
  }

  /** The first room of these where its player has a seat to take over. */
  function heldBy(session: Session, { kind, properties }: Searched): Room | undefined {
    if (kind.seats === 'session' || !session.player) return undefined
    for (const room of rooms.heldBy(session.player.id))
      if (rooms.fits(room, { kind: kind.name, properties })) return room
    return undefined
  }

  function openTo(session: Session, { kind, properties }: Searched, except?: Room) {
    const search = rooms.open(kind.name, properties)
    for (let room = search.take(); room; room = search.take())
      if (room !== except && !room.isFull && !room.isBanned(session)) return room
    return undefined
  }

  function list(context: Context, filter: DataOf<AllMessages['room.list']>) {
    const { kind, properties, after = 0, limit = DEFAULT_PAGE } = filter
    checkProperties(properties, 'room.list.properties')
    const most = Math.min(limit, limits.page)
    const search = rooms.listed({ kind, properties }, after)
    const found: Listed[] = []
    const page = createPage(context.session.receiveBytes)
    let last = after
    for (let room = search.take(); room; room = search.take()) {
      const one = listedOf(room)
      const verdict = found.length < most ? page.take(one) : 'full'
      if (verdict === 'full') return { rooms: found, next: last }
      if (verdict === 'fits') found.push(one)
      last = room.serial
    }
    return { rooms: found, next: search.next }
  }
}

/** Whether a room could be had when it was asked, and no longer; its place was kept. */
const hasChanged = (error: unknown) => error instanceof Refusal && CHANGED.has(error.code)
const CHANGED: ReadonlySet<string> = new Set(['ROOM_LOCKED', 'BANNED'])

function memberNumbered(room: Room, number: number, place: string): Member {
  const member = room.numbered(number)
  if (!member) throw new Refusal('MEMBER_NOT_FOUND', `${place}: nobody here is number ${number}`)
  return member
}

const listedOf = (room: Room): Listed => ({
  code: room.code,
  kind: room.kind.name,
  capacity: room.capacity,
  members: room.size,
  locked: room.locked,
  properties: room.properties,
})
