import type { AllMessages } from '../protocol/index.ts'
import type { DataOf, ReplyOf } from '../protocol/message.ts'
import { createEmitter, type Emitter, type Report } from './emitter.ts'
import type { Session } from './session.ts'

type Seat = ReplyOf<AllMessages['room.join']>
type Info = Seat['members'][number]
type Joining = Pick<DataOf<AllMessages['room.join']>, 'name' | 'data'>

/** A member of a room: who it is, and whether its connection is away. */
export type Member = Omit<Info, 'away'> & { away: boolean }

export type RoomEvents = {
  joined: [member: Member]
  left: [member: Member]
  away: [member: Member]
  back: [member: Member]
  /** The members are as `members` says, after a resume, a reset, or more of a long list. */
  members: []
  /** We are no longer in it: left, or the session was lost. */
  closed: []
}

/** A room we sit in. */
export interface Room {
  readonly code: string
  readonly kind: string
  readonly capacity: number
  /** Our own member number. */
  readonly you: number
  readonly members: ReadonlyMap<number, Member>
  on: Emitter<RoomEvents>['on']
  leave(): Promise<void>
}

interface OwnRoom extends Room {
  readonly members: Map<number, Member>
  readonly emit: Emitter<RoomEvents>['emit']
}

export type Rooms = ReturnType<typeof createRooms>

/** The rooms this session sits in. */
export function createRooms(session: Session, report: Report) {
  const rooms = new Map<string, OwnRoom>()

  session.on('message', ({ type, room: code, data }) => {
    const room = rooms.get(code ?? '')
    if (room) apply(room, type, data)
  })
  session.on('lost', () => {
    for (const room of rooms.values()) close(room)
  })
  session.on('snapshot', (pages) => {
    const seats = pages.flatMap((page) => page.rooms)
    for (const room of rooms.values())
      if (!seats.some((seat) => seat.room.code === room.code)) close(room)
    const begun = new Set<string>()
    for (const seat of seats) {
      const room = rooms.get(seat.room.code) ?? add(seat)
      if (!begun.has(room.code)) room.members.clear()
      begun.add(room.code)
      fill(room, seat.members)
    }
    for (const code of begun) rooms.get(code)?.emit('members')
  })

  return {
    /** The rooms we are in, by code. */
    all: rooms as ReadonlyMap<string, Room>,
    /** Takes a seat in the room with this code. */
    join: (code: string, joining: Joining = {}): Promise<Room> =>
      session.request('room.join', { code, ...joining }, {}, seated),
    /** Takes a seat in a room of this kind, made if there is none with a free one. */
    joinOrCreate: (kind: string, joining: Joining = {}): Promise<Room> =>
      session.request('room.join_or_create', { kind, ...joining }, {}, seated),
  }

  /** The seat of a join's reply, unless a snapshot told of it first. */
  function seated(seat: Seat): Room {
    const room = rooms.get(seat.room.code) ?? add(seat)
    fill(room, seat.members)
    return room
  }

  function add({ room: { code, kind, capacity }, you }: Seat): OwnRoom {
    const { on, emit } = createEmitter<RoomEvents>(report)
    const room: OwnRoom = { code, kind, capacity, you, members: new Map(), on, emit, leave }
    rooms.set(code, room)
    return room

    function leave(): Promise<void> {
      return session.request('room.leave', {}, { room: code }, () => close(room))
    }
  }

  function close(room: OwnRoom): void {
    if (rooms.delete(room.code)) room.emit('closed')
  }
}

function fill(room: OwnRoom, members: readonly Info[]): void {
  for (const member of members) room.members.set(member.number, { ...member })
}

/** What the server says of a room's members. */
function apply(room: OwnRoom, type: string, data: never): void {
  if (type === 'room.member_joined') {
    const { member } = data as DataOf<AllMessages['room.member_joined']>
    const joined = { ...member }
    room.members.set(member.number, joined)
    room.emit('joined', joined)
    return
  }
  if (type === 'room.members') {
    const { members, more } = data as DataOf<AllMessages['room.members']>
    fill(room, members)
    if (!more) room.emit('members')
    return
  }
  const change = CHANGES[type]
  const member = change && room.members.get((data as { number: number }).number)
  if (!member || !change) return
  if (change === 'left') room.members.delete(member.number)
  else member.away = change === 'away'
  room.emit(change, member)
}

const CHANGES: Readonly<Record<string, 'left' | 'away' | 'back'>> = {
  'room.member_left': 'left',
  'room.member_away': 'away',
  'room.member_back': 'back',
}
