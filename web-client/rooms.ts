import type { AllMessages } from '../protocol/index.ts'
import type { DataOf } from '../protocol/message.ts'
import type { Report } from './emitter.ts'
import { createRoom, type OwnRoom, type Room, type Seat } from './room.ts'
import type { Session } from './session.ts'

type Joining = Omit<DataOf<AllMessages['room.join']>, 'code'>
type Creating = Omit<DataOf<AllMessages['room.create']>, 'kind'>
type Finding = Omit<DataOf<AllMessages['room.join_or_create']>, 'kind'>

export type Rooms = ReturnType<typeof createRooms>

/** The rooms this session sits in. */
export function createRooms(session: Session, report: Report) {
  const own = new Map<string, OwnRoom>()
  const all = new Map<string, Room>()

  session.on('message', (message) => own.get(message.room ?? '')?.apply(message))
  session.on('lost', () => {
    for (const code of own.keys()) close(code)
  })
  session.on('snapshot', (pages) => {
    const seats = new Map<string, Seat[]>()
    for (const seat of pages.flatMap((page) => page.rooms))
      seats.set(seat.room.code, [...(seats.get(seat.room.code) ?? []), seat])
    for (const code of own.keys()) if (!seats.has(code)) close(code)
    for (const parts of seats.values()) seated(parts, true)
  })

  return {
    /** The rooms we are in, by code. */
    all: all as ReadonlyMap<string, Room>,

    /** Makes a room of this kind and takes its first seat, as its host unless the kind says other. */
    create: (kind: string, creating: Creating = {}): Promise<Room> =>
      session.request('room.create', { kind, ...creating }, {}, joined),

    /** Takes a seat in the room with this code, which may be typed in any case, blanks and dashes. */
    join: (code: string, joining: Joining = {}): Promise<Room> =>
      session.request('room.join', { code: typed(code), ...joining }, {}, joined),

    /** Takes a seat in a room of this kind and these properties, made if none has a free one. */
    joinOrCreate: (kind: string, finding: Finding = {}): Promise<Room> =>
      session.request('room.join_or_create', { kind, ...finding }, {}, joined),

    /** The listed rooms, a page at a time: `next`, unless null, is the `after` of the next one. */
    list: (filter: DataOf<AllMessages['room.list']> = {}) => session.request('room.list', filter),
  }

  function joined(seat: Seat): Room {
    return seated([seat], false)
  }

  function seated(parts: readonly Seat[], isSnapshot: boolean): Room {
    const [first] = parts as readonly [Seat, ...Seat[]]
    const { code } = first.room
    const known = own.get(code) ?? createRoom(first, { session, report, gone: () => close(code) })
    own.set(code, known)
    all.set(code, known.room)
    known.take(parts, isSnapshot)
    return known.room
  }

  function close(code: string): void {
    const room = own.get(code)
    own.delete(code)
    all.delete(code)
    room?.tell('closed')
  }
}

/** A code as people type it, as the server knows it. */
const typed = (code: string) => code.toUpperCase().replace(/[\s\p{Dash_Punctuation}]/gu, '')
