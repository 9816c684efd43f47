import { check, type Json, json } from '../../../protocol/schema.ts'
import type { World } from '../../world.ts'
import type { Player } from '../delivery/receiver.ts'
import { paging } from '../delivery/source.ts'
import type { Context } from '../dispatch/call.ts'
import type { Session } from '../session/session.ts'
import type { SessionObserver } from '../session/sessions.ts'
import type { Limits } from '../wire/limits.ts'
import { promisedBy } from '../wire/promised.ts'
import { Refusal } from '../wire/refusal.ts'
import { checkBytes } from '../wire/size.ts'
import { createFaults } from './fault.ts'
import { aOrAn } from './kind.ts'
import { dataBytesIn, type Member } from './member.ts'
import { type Room, roomInfoOf } from './room.ts'
import type { Rooms } from './rooms.ts'
import { membersAfter, type Seat, seatPages } from './seat.ts'
import { seatHeldBy } from './takeover.ts'

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
  /** Ends it, and says how; once is enough. */
  release(outcome?: Outcome): void
}

/** What becomes of a place: it was taken; or its time was up, its session was refused, or is over. */
export type Outcome = 'taken' | 'late' | 'refused' | 'gone'

/** A place kept for a session that did not ask for it, until it joins. */
export interface Held extends Reservation {
  /** Whether it has asked for it, and the room thinks. */
  readonly isAsked: boolean
  /** It has, and the room has `limits.hook_ms`. */
  ask(late: () => void): void
}

export interface SeatingOptions {
  readonly world: World
  readonly limits: Limits
  readonly rooms: Rooms
  /** Whether a session is a service's, for whom there is no seat. */
  readonly isBackend: (session: Session) => boolean
  /** Tells who has taken a seat over the newest latest events. */
  readonly tellLatest: (room: Room, session: Session) => void
}

export type Seating = ReturnType<typeof createSeating>

/** The way to a seat: reserve a place, admit by the room's own logic, sit down in one moment. */
export function createSeating({ world, limits, rooms, isBackend, tellLatest }: SeatingOptions) {
  const { attempt, failed } = createFaults(world)
  const reserved = new Map<Session, Set<Reservation & { readonly generation: number }>>()
  const held = new Map<Session, Map<Room, Held>>()

  const observer: SessionObserver = {
    // Who asked before its counts began anew is told OUTCOME_UNKNOWN, and may ask again.
    restored(session) {
      for (const one of reserved.get(session) ?? [])
        if (one.generation !== session.resume.generation) one.release()
    },
    ended(session) {
      for (const one of reserved.get(session) ?? []) one.release()
      for (const one of [...(held.get(session)?.values() ?? [])]) one.release('gone')
    },
  }

  return { observer, hold, admit, close }

  /** Gives up every place that is kept. */
  function close(): void {
    for (const own of [...reserved.values()]) for (const one of [...own]) one.release()
    for (const own of [...held.values()]) for (const one of [...own.values()]) one.release()
  }

  /**
   * Keeps a place for a session that did not ask for one, for at most `ms`; refused where it could not
   * take it. Its next join of that room takes it, or gives it up. Tells `over` what became of it, once.
   */
  function hold(session: Session, room: Room, ms: number, over: (outcome: Outcome) => void): Held {
    judge({ session, room, isOwn: true })
    const own = held.get(session) ?? new Map<Room, Held>()
    let cancel = world.after(ms, () => place.release('late'))
    const place = {
      receiver: session,
      isAsked: false,
      ask(late: () => void) {
        place.isAsked = true
        cancel()
        cancel = world.after(limits.hook_ms, () => {
          place.release('refused')
          late()
        })
      },
      release(outcome: Outcome = 'gone') {
        if (!room.reserved.delete(place)) return
        cancel()
        own.delete(room)
        if (own.size === 0) held.delete(session)
        over(outcome)
        rooms.release(room, true)
      },
    }
    room.reserved.add(place)
    held.set(session, own.set(room, place))
    return place
  }

  /** The place that is kept for who asks now. */
  function heldFor({ context, room }: Entrant): Held | undefined {
    const place = held.get(context.session)?.get(room)
    return place?.isAsked ? undefined : place
  }

  /** Keeps a place for who asks, until the room has decided. */
  function reserve(entrant: Entrant, late: () => void): Reservation {
    const { context, room, isOwn } = entrant
    const { session } = context
    judge(whoOf(entrant))
    const own = reserved.get(session) ?? new Set()
    const cancel = world.after(limits.hook_ms, () => {
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
    const place = heldFor(entrant)
    return kept(place, () => {
      const said = ask(entrant, place)
      // What is no promise is what the room says.
      return said instanceof Deciding
        ? decided(entrant, said.thought, place)
        : () => kept(place, () => seat(entrant, said, place))
    })
  }

  function ask(entrant: Entrant, place: Held | undefined): Json | undefined | Deciding {
    const { context, room, name, data } = entrant
    const { session } = context
    judge(whoOf(entrant), place)
    if (seatHeldBy(room, session.player)) return undefined
    const joining = { session, player: session.player, name, data }
    const said = attempt(room, () => room.hooks.onJoin?.(joining))
    const thought = promisedBy(said)
    return thought ? new Deciding(thought) : (said as Json | undefined)
  }

  /** Keeps a place while the room thinks, and until what it decided is done. */
  function decided(
    entrant: Entrant,
    thought: Promise<Json | undefined>,
    place: Held | undefined,
  ): Promise<() => Seat> {
    return new Promise((resolve, reject) => {
      const text = `the room did not decide within ${limits.hook_ms} ms`
      const late = () => reject(new Refusal('TIMEOUT', text))
      // First of all, so that what it rejects with is heard even where there is no place any more.
      thought
        .then((said) => {
          judge(whoOf(entrant), reservation)
          resolve(() => seat(entrant, said, reservation))
        })
        .catch((error) => reject(failed(entrant.room, error)))
      place?.ask(late)
      const reservation = place ?? reserve(entrant, late)
      entrant.context.atEnd(() => reservation.release('refused'))
    })
  }

  /** The one moment: judges again, seats, tells the others, elects; what the newcomer is told. */
  function seat(entrant: Entrant, said: Json | undefined, reservation?: Reservation): Seat {
    const { context, room, name } = entrant
    const { session } = context
    judge(whoOf(entrant), reservation)
    const held = seatHeldBy(room, session.player)
    const away = session.connection === null
    if (held) return takeOver(entrant, held, { ...held, receiver: session, away }, reservation)
    const role = rooms.roleOf(room, away, session.mayHost)
    const shown = attempt(room, () => dataOf(room, said))
    const member = room.propose(session, name, role, shown, away)
    if (away) member.awaySince = world.now()
    const pages = seatPages(room, member, [...room.members, member], session)
    rooms.enter(member, room)
    reservation?.release('taken')
    return told(entrant, pages, () => {
      rooms.guard(room, () => room.hooks.onJoined?.(member))
    })
  }

  /** The same for whose player has a seat: the session has it from now on, as it `will` be. */
  function takeOver(entrant: Entrant, held: Member, will: Member, reservation?: Reservation): Seat {
    const { room, context } = entrant
    const { session } = context
    const members = Array.from(room.members, (one) => (one === held ? will : one))
    const pages = seatPages(room, will, members, session)
    rooms.takeOver(held, room, session)
    reservation?.release('taken')
    return told(entrant, pages, () => {
      tellLatest(room, session)
      // Who was away may have to be the host now: it is told as any other, once it has its seat.
      rooms.judge(room)
      rooms.guard(room, () => room.hooks.onRestored?.(held))
      rooms.guard(room, () => room.hooks.onBack?.(held))
      if (held.away) rooms.guard(room, () => room.hooks.onAway?.(held))
    })
  }

  /** What the one who sits now is told; `then` comes after it. */
  function told({ context, room }: Entrant, pages: readonly Seat[], then: () => void): Seat {
    const [first, ...rest] = pages
    context.afterwards(() => {
      if (rest.length > 0) context.session.mark(paging(membersAfter(room, rest)))
      then()
    })
    return { ...(first as Seat), room: roomInfoOf(room) }
  }

  /** Whether there is a seat to be had, or one `kept`, at this moment. */
  function judge({ session, room, isOwn }: Who, kept?: Reservation): void {
    if (session.ended) throw new Refusal('TARGET_LEFT', 'the session is over')
    if (isBackend(session)) throw new Refusal('PERMISSION_DENIED', 'a backend sits in no room')
    if (!rooms.has(room)) throw new Refusal('ROOM_NOT_FOUND', `${room.code} is gone`)
    if (room.isBanned(session)) throw new Refusal('BANNED')
    if (room.memberOf(session) || isReserved(room, session, kept)) throw alreadyIn(room)
    const isHeld = seatHeldBy(room, session.player) !== undefined
    if (!isHeld && room.locked && !(isOwn && room.isUnused)) throw new Refusal('ROOM_LOCKED')
    const { size } = rooms.of(session)
    if (size >= limits.rooms)
      throw new Refusal('TOO_MANY_ROOMS', `this session is in ${size} rooms already`)
    const isKept = kept !== undefined && room.reserved.has(kept)
    if (!isHeld && !isKept && room.isFull && !isAwaited(room, session.player))
      throw new Refusal('ROOM_FULL')
  }

  /** What the room says of a member, if that can be told. */
  function dataOf(room: Room, said: Json | undefined): Json {
    const data = said ?? null
    const problem = check(ANY, data, `onJoin of ${aOrAn(room.kind.name)}`)
    if (problem) throw new TypeError(problem)
    checkBytes('what onJoin returned', data, dataBytesIn(room, limits))
    return data
  }
}

/** Who would sit where. */
interface Who extends Pick<Entrant, 'room' | 'isOwn'> {
  readonly session: Session
}

const whoOf = ({ context, room, isOwn }: Entrant): Who => ({
  session: context.session,
  room,
  isOwn,
})

/** What a room has not decided yet. */
class Deciding {
  readonly thought: Promise<Json | undefined>

  constructor(thought: Promise<Json | undefined>) {
    this.thought = thought
  }
}

/** Gives a place up whose session was refused. */
function kept<T>(place: Held | undefined, run: () => T): T {
  try {
    return run()
  } catch (error) {
    place?.release('refused')
    throw error
  }
}

const ANY = json()

export const alreadyIn = (room: Room) =>
  new Refusal('ALREADY_IN_ROOM', undefined, { cause: { room: room.code } })

/** Whether a place is kept for another session of the player, who shares it. */
function isAwaited({ kind, reserved }: Room, player: Player | null): boolean {
  if (kind.seats === 'session' || !player) return false
  for (const { receiver } of reserved) if (receiver.player?.id === player.id) return true
  return false
}

function isReserved(room: Room, session: Session, kept: Reservation | undefined): boolean {
  for (const one of room.reserved) if (one.receiver === session && one !== kept) return true
  return false
}
