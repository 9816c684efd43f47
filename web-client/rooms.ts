import type { AllMessages } from '../protocol/index.ts'
import type { DataOf } from '../protocol/message.ts'
import type { State } from '../protocol/state.ts'
import { createRoom, type OwnRoom, type Room, type Seat } from './room.ts'
import { createState, type Schemas, type StateOptions } from './state.ts'
import { roomOf } from './state-names.ts'

type Joining<S> = Told<S> & Omit<DataOf<AllMessages['room.join']>, 'code' | 'schemas'>
type Creating<S> = Told<S> & Omit<DataOf<AllMessages['room.create']>, 'kind' | 'schemas'>
type Finding<S> = Told<S> & Omit<DataOf<AllMessages['room.join_or_create']>, 'kind' | 'schemas'>

interface Told<S> {
  /** What the room knows, as its server defines it: `room.state` has the types of that. */
  readonly tables?: S
}

export interface RoomsOptions extends Omit<StateOptions, 'schemas'> {}

export type Rooms = ReturnType<typeof createRooms>

/** The rooms this session sits in. */
export function createRooms(options: RoomsOptions) {
  const { session, report } = options
  const schemas: Schemas = new Map()
  const own = new Map<string, OwnRoom>()
  const all = new Map<string, Room>()

  session.on('message', (message) => own.get(message.room ?? '')?.apply(message))
  session.on('bytes', (frame) => {
    const number = roomOf(frame)
    if (number === undefined) return
    for (const { state } of own.values()) if (state.number === number) state.receive(frame)
  })
  session.on('state', (state) => {
    if (state === 'open') for (const { state } of own.values()) state.resume()
    if (state === 'closed') for (const { state } of own.values()) state.close()
  })
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
    /** Of each room whose state we have: its number in frames, and the tick. */
    states: () =>
      [...own.values()].flatMap(({ state: { number, have } }) =>
        have > 0 ? [[number, have] as const] : [],
      ),

    /** The rooms we are in, by code. */
    all: all as ReadonlyMap<string, Room>,

    /** Makes a room of this kind and takes its first seat, as its host unless the kind says other. */
    create: <S extends State = State>(kind: string, creating: Creating<S> = {}): Promise<Room<S>> =>
      session.request('room.create', { kind, ...joining(creating) }, {}, joinedTo(creating)),

    /** Takes a seat in the room with this code, which may be typed in any case, blanks and dashes. */
    join: <S extends State = State>(code: string, asking: Joining<S> = {}): Promise<Room<S>> =>
      session.request('room.join', { code: typed(code), ...joining(asking) }, {}, joinedTo(asking)),

    /** Takes a seat in a room of this kind and these properties, made if none has a free one. */
    joinOrCreate: <S extends State = State>(
      kind: string,
      finding: Finding<S> = {},
    ): Promise<Room<S>> =>
      session.request('room.join_or_create', { kind, ...joining(finding) }, {}, joinedTo(finding)),

    /** The listed rooms, a page at a time: `next`, unless null, is the `after` of the next one. */
    list: (filter: DataOf<AllMessages['room.list']> = {}) => session.request('room.list', filter),
  }

  /** What is asked, with the hashes of the tables that we know. */
  function joining<A extends Told<State>>({ tables, ...asked }: A) {
    if (tables) schemas.set(tables.hash, tables.schema)
    const known = [...schemas.keys()].slice(-MOST_SCHEMAS)
    return { ...asked, ...(known.length > 0 && { schemas: known }) }
  }

  /** Takes the seat; where its tables are others than we were told, that is said. */
  function joinedTo<S extends State>({ tables }: Told<S>): (seat: Seat) => Room<S> {
    return (seat) => {
      const room = seated([seat], false)
      if (tables) own.get(room.code)?.state.expect(tables.hash)
      return room as unknown as Room<S> // as its server has it, or says otherwise
    }
  }

  function seated(parts: readonly Seat[], isSnapshot: boolean): Room {
    const [first] = parts as readonly [Seat, ...Seat[]]
    const { code } = first.room
    const known =
      own.get(code) ??
      createRoom(first, {
        ...{ session, report, gone: () => close(code) },
        open: (room) => createState(room, { ...options, schemas }),
      })
    own.set(code, known)
    all.set(code, known.room)
    known.take(parts, isSnapshot)
    return known.room
  }

  function close(code: string): void {
    const room = own.get(code)
    own.delete(code)
    all.delete(code)
    room?.state.close()
    room?.tell('closed')
  }
}

/** As many hashes as a message may have. */
const MOST_SCHEMAS = 64

/** A code as people type it, as the server knows it. */
const typed = (code: string) => code.toUpperCase().replace(/[\s\p{Dash_Punctuation}]/gu, '')
