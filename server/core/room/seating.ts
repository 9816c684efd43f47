import type { AllMessages } from '../../../protocol/index.ts'
import type { ReplyOf } from '../../../protocol/message.ts'
import { check, type Json, json } from '../../../protocol/schema.ts'
import type { World } from '../../world.ts'
import { paging } from '../delivery/source.ts'
import type { Context } from '../dispatch/call.ts'
import type { Session } from '../session/session.ts'
import type { SessionObserver } from '../session/sessions.ts'
import { SNAPSHOT_BYTES } from '../wire/envelope.ts'
import { push } from '../wire/frame.ts'
import type { Limits } from '../wire/limits.ts'
import { Refusal } from '../wire/refusal.ts'
import { checkBytes, jsonBytes } from '../wire/size.ts'
import { infoOf, type Member, type MemberInfo } from './member.ts'
import { type Room, roomInfoOf } from './room.ts'
import type { Rooms } from './rooms.ts'

/** A seat as its own client is told of it. */
export type Seat = ReplyOf<AllMessages['room.join']>

/** Who asks for a seat, and where. */
export interface Entrant {
  readonly context: Context
  readonly room: Room
  readonly name: string
  readonly data: Json | undefined
  /** Whether the room was made for it, and goes if it does not sit down. */
  readonly isOwn: boolean
}

/** A place that counts against capacity, for whom it is kept. */
interface Reservation {
  readonly receiver: Session
  /** Gives the place up; once is enough. */
  release(): void
}

export interface SeatingOptions {
  readonly world: World
  readonly limits: Limits
  readonly rooms: Rooms
}

export type Seating = ReturnType<typeof createSeating>

/** The way to a seat: reserve a place, admit by the room's own logic, sit down in one moment. */
export function createSeating({ world, limits, rooms }: SeatingOptions) {
  const reserved = new Map<Session, Set<Reservation & { readonly generation: number }>>()

  const observer: SessionObserver = {
    // Who asked before its counts began anew is told OUTCOME_UNKNOWN, and may ask again.
    restored(session) {
      for (const one of reserved.get(session) ?? [])
        if (one.generation !== session.resume.generation) one.release()
    },
    ended(session) {
      for (const one of reserved.get(session) ?? []) one.release()
    },
  }

  return { observer, reserve, admit, seat, close }

  /** Gives up every place that is kept. */
  function close(): void {
    for (const own of [...reserved.values()]) for (const one of [...own]) one.release()
  }

  /** Keeps a place for at most `ms`; refused where there is none to be had. */
  function reserve(entrant: Entrant, ms: number, late: () => void): Reservation {
    const { context, room, isOwn } = entrant
    const { session } = context
    judge(entrant)
    const own = reserved.get(session) ?? new Set()
    const cancel = world.after(ms, () => {
      reservation.release()
      late()
    })
    const reservation = {
      receiver: session,
      generation: session.resume.generation,
      release() {
        if (!room.reserved.delete(reservation)) return
        cancel()
        own.delete(reservation)
        if (own.size === 0) reserved.delete(session)
        rooms.release(room, isOwn)
      },
    }
    room.reserved.add(reservation)
    reserved.set(session, own.add(reservation))
    return reservation
  }

  /** Asks the room, which may think about it until `limits.hook_ms`; what seats whom it lets in. */
  function admit(entrant: Entrant): (() => Seat) | Promise<() => Seat> {
    const { context, room, name, data } = entrant
    const { session } = context
    judge(entrant)
    const said = room.hooks.onJoin?.({ session, player: session.player, name, data })
    return said instanceof Promise ? decided(entrant, said) : () => seat(entrant, said)
  }

  /** Keeps a place while the room thinks, and until what it decided is done. */
  function decided(entrant: Entrant, thought: Promise<Json | undefined>): Promise<() => Seat> {
    return new Promise((resolve, reject) => {
      const text = `the room did not decide within ${limits.hook_ms} ms`
      const late = () => reject(new Refusal('TIMEOUT', text))
      // First of all, so that what it rejects with is heard even where there is no place any more.
      thought
        .then((said) => {
          judge(entrant, reservation)
          resolve(() => seat(entrant, said, reservation))
        })
        .catch(reject)
      const reservation = reserve(entrant, limits.hook_ms, late)
      entrant.context.atEnd(reservation.release)
    })
  }

  /** The one moment: judges again, seats, tells the others, elects; what the newcomer is told. */
  function seat(entrant: Entrant, said: Json | undefined, reservation?: Reservation): Seat {
    const { context, room, name } = entrant
    const { session } = context
    judge(entrant, reservation)
    const isAway = session.connection === null
    const role = rooms.roleOf(room, isAway)
    const member = room.propose(session, name, role, dataOf(room, said), isAway)
    if (isAway) member.awaySince = world.now()
    const [first, ...rest] = seatPages(room, member, [...room.members, member], session)
    rooms.enter(member, room)
    reservation?.release()
    context.afterwards(() => {
      if (rest.length > 0) session.mark(paging(membersAfter(room, rest)))
      rooms.guard(room, () => room.hooks.onJoined?.(member))
    })
    return { ...(first as Seat), room: roomInfoOf(room) }
  }

  /** Whether there is a seat to be had, or one `kept`, at this moment. */
  function judge({ context: { session }, room, isOwn }: Entrant, kept?: Reservation): void {
    if (session.ended) throw new Refusal('TARGET_LEFT', 'the session is over')
    if (!rooms.has(room)) throw new Refusal('ROOM_NOT_FOUND', `${room.code} is gone`)
    if (room.isBanned(session)) throw new Refusal('BANNED')
    if (room.locked && !(isOwn && room.isUnused)) throw new Refusal('ROOM_LOCKED')
    if (room.memberOf(session) || isReserved(room, session, kept)) throw alreadyIn(room)
    const { size } = rooms.of(session)
    if (size >= limits.rooms)
      throw new Refusal('TOO_MANY_ROOMS', `this session is in ${size} rooms already`)
    const isKept = kept !== undefined && room.reserved.has(kept)
    if (!isKept && room.isFull) throw new Refusal('ROOM_FULL')
  }

  /** What the room says of a member, if that can be told. */
  function dataOf(room: Room, said: Json | undefined): Json {
    const data = said ?? null
    const problem = check(ANY, data, `onJoin of a ${room.kind.name}`)
    if (problem) throw new TypeError(problem)
    checkBytes('what onJoin returned', data, limits.data_bytes)
    return data
  }
}

const ANY = json()

export const alreadyIn = (room: Room) =>
  new Refusal('ALREADY_IN_ROOM', undefined, { cause: { room: room.code } })

function isReserved(room: Room, session: Session, kept: Reservation | undefined): boolean {
  for (const one of room.reserved) if (one.receiver === session && one !== kept) return true
  return false
}

/** The pages of a seat to be; refused where its client could not take one of them. */
function seatPages(
  room: Room,
  member: Member,
  members: readonly Member[],
  { receiveBytes }: Session,
): Seat[] {
  // It will be told in snapshots as well. Writing every page as text would cost each join.
  const { pages, most } = measuredPages(room, member, members, receiveBytes - SNAPSHOT_BYTES)
  const bytes = most + SNAPSHOT_BYTES
  if (bytes <= receiveBytes) return pages
  throw new Refusal(
    'TOO_LARGE',
    `to be told of ${room.code} takes ${bytes} bytes, which do not fit receive_bytes ${receiveBytes}`,
  )
}

/** The pages after the first, each made when the socket has taken those before it. */
function* membersAfter({ code }: Room, pages: readonly Seat[]) {
  for (const { members, more } of pages)
    yield push('room.members', { members, more }, { room: code })
}

/**
 * A seat in pieces that are each at most `bytes`; the last says that no more follows. It is as the room is
 * now: what changes later is told in an event, which comes later too.
 */
export const pagesOf = (
  room: Room,
  member: Member,
  members: Iterable<Member>,
  bytes: number,
): Seat[] => measuredPages(room, member, members, bytes).pages

const MOST_HOST = 0xffff_ffff

/** The same, and how many bytes the largest of them takes at most. */
function measuredPages(
  room: Room,
  { number: you }: Member,
  members: Iterable<Member>,
  bytes: number,
) {
  const info = roomInfoOf(room)
  // The host is elected later.
  const bare = { room: { ...info, host: MOST_HOST }, you, members: [], more: false }
  const overhead = jsonBytes(bare)
  const groups: MemberInfo[][] = [[]]
  let used = overhead
  let most = overhead
  for (const one of members) {
    const told = infoOf(one)
    const size = jsonBytes(told) + 1
    if (used + size > bytes && used > overhead) {
      groups.push([])
      used = overhead
    }
    groups.at(-1)?.push(told)
    used += size
    most = Math.max(most, used)
  }
  const last = groups.length - 1
  const pages = groups.map((some, at) => ({ room: info, you, members: some, more: at < last }))
  return { pages, most }
}
