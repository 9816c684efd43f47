import type { AllMessages } from '../../../protocol/index.ts'
import type { DataOf } from '../../../protocol/message.ts'
import type { Role } from '../../../protocol/rooms.ts'
import type { World } from '../../world.ts'
import type { Receiver } from '../delivery/receiver.ts'
import type { Context } from '../dispatch/call.ts'
import type { Session } from '../session/session.ts'
import type { PlayerObserver, SessionObserver } from '../session/sessions.ts'
import { push } from '../wire/frame.ts'
import type { Limits } from '../wire/limits.ts'
import { Refusal } from '../wire/refusal.ts'
import { newCode } from './code.ts'
import { createFaults } from './fault.ts'
import { createHosts } from './host.ts'
import { createHostWaits } from './host-wait.ts'
import { createRoomIndex } from './index.ts'
import type { LeaveReason } from './kind.ts'
import { createLingering } from './lingering.ts'
import { createMakers, type Maker } from './makers.ts'
import { infoOf, type Member } from './member.ts'
import { Room, type RoomKind, roomInfoOf, type Wishes } from './room.ts'
import type { Seated } from './seated.ts'
import { type Sitting, sittingIn } from './sitting.ts'
import { createTakeovers } from './takeover.ts'

export type Rooms = ReturnType<typeof createRooms>

/** All rooms: made, entered, left, gone; and the members told of it. */
export function createRooms(world: World, limits: Limits) {
  const byCode = new Map<string, Room>()
  const byReceiver = new Map<Receiver, Set<Room>>()
  const index = createRoomIndex(limits.looks)
  const makers = createMakers<Room>(limits)
  const { attempt, guard } = createFaults(world)
  const waits = createHostWaits(world, limits)
  const hosts = createHosts(world, waits.end)
  const lingering = createLingering(world, { has, dispose })
  const takeovers = createTakeovers({
    ...{ world, limits, moved, guard, judge: hosts.judge },
    tellAway: tellAwayIn,
    expire: (member, room) => unseat(member, room, 'lost'),
  })
  let serial = 0
  let isOver = false

  const observer: SessionObserver = {
    away(session) {
      setAway(session, true)
      tellAway(session, true)
    },
    back: (session) => setAway(session, false),
    restored(session, wasAway) {
      for (const room of of(session)) {
        const member = room.memberOf(session)
        if (member) guard(room, () => room.hooks.onRestored?.(member))
      }
      if (wasAway) tellAway(session, false)
    },
    ended(session, ending) {
      for (const room of of(session)) {
        const member = room.memberOf(session)
        if (!member || takeovers.outlives(member, room, session)) continue
        unseat(member, room, ending)
      }
    },
  }

  const playerObserver: PlayerObserver = {
    identified(session) {
      for (const room of of(session)) {
        const member = room.memberOf(session)
        if (!member) continue
        room.identify(session)
        takeovers.held(member, room)
        if (room.isBanned(session)) kick(member, room, { by: null, banned: true, reason: '' })
      }
    },
  }

  return {
    observer,
    of,
    create,
    enter,
    leave,
    takeOver: takeovers.takeOver,
    /** The rooms where a player has a seat. */
    heldBy: takeovers.roomsOf,
    /** The ids of all who have one. */
    players: takeovers.players,
    /** Takes every seat of a player who is banned from the server. */
    expel(player: string): void {
      for (const room of takeovers.roomsOf(player))
        for (const member of [...room.ofPlayer(player)]) unseat(member, room, 'banned')
    },
    fits: index.fits,
    release: lingering.release,
    keep: lingering.keep,
    roleOf: hosts.roleOf,
    judge: hosts.judge,
    untilHost: waits.over,
    tellUpdated,
    kick,
    assign,
    guard,
    get size() {
      return byCode.size
    },
    playerObserver,
    /** The sessions that sit in a room; nobody where there is none. */
    sessionsIn: (code: string): Sitting => sittingIn(byCode.get(code)?.seats ?? NO_SEATS),
    get: (code: string): Room | undefined => byCode.get(code),
    /** Whether the room is still there. */
    has,
    /** The listed rooms, and those with a seat for whoever asks for none in particular. */
    listed: index.listed,
    open: index.open,

    /** The room a message is meant for, and the sender's seat in it. */
    resolve({ session, room: code }: Context): Seated {
      const own = of(session)
      if (code === undefined && own.size > 1)
        throw new Refusal('ROOM_REQUIRED', `room: expected one of ${codes(own)}`)
      for (const room of own) {
        const member = code === undefined || room.code === code ? room.memberOf(session) : undefined
        if (member) return { room, member }
      }
      throw new Refusal('NOT_IN_ROOM', code === undefined ? undefined : `room: not in ${code}`)
    },

    close(): void {
      isOver = true
      lingering.close()
      for (const room of byCode.values()) guard(room, () => room.hooks.onDispose?.())
      byCode.clear()
      // Last, as a hook may have taken seats away.
      takeovers.close()
      hosts.close()
    },
  }

  function of(receiver: Receiver): ReadonlySet<Room> {
    return byReceiver.get(receiver) ?? NO_ROOMS
  }

  /** An empty room, which goes unless somebody comes. */
  function create(kind: RoomKind, wishes: Wishes = {}, maker?: Maker): Room {
    if (maker) makers.refuseTooMany(maker)
    if (byCode.size >= limits.rooms_total)
      throw new Refusal('TOO_MANY_ROOMS', `this server holds ${limits.rooms_total} rooms already`)
    if (isOver) throw new Refusal('TOO_MANY_ROOMS', 'this server is closing')
    const code = newCode(world.random, byCode)
    const room = attempt({ code, kind }, () => new Room(code, ++serial, kind, wishes, world.after))
    byCode.set(room.code, room)
    if (maker) makers.made(room, maker)
    index.add(room)
    room.onChange = index.refresh
    world.log.info({ room: room.code, kind: kind.name }, 'room created')
    lingering.begin(room)
    return room
  }

  /** Seats a member; the caller has seen that it may. */
  function enter(member: Member, room: Room): void {
    const { receiver } = member
    sits(receiver, room)
    lingering.end(room)
    room.add(member)
    takeovers.held(member, room)
    room.broadcast(
      push('room.member_joined', { member: infoOf(member) }, { room: room.code }),
      receiver,
    )
    hosts.judge(room, { changed: member, except: receiver })
    world.log.info({ room: room.code, session: receiver.id, member: member.number }, 'joined')
  }

  function leave(receiver: Receiver, room: Room, reason: LeaveReason): void {
    const member = room.memberOf(receiver)
    if (member) unseat(member, room, reason)
  }

  function unseat(member: Member, room: Room, reason: LeaveReason): void {
    if (!room.remove(member)) return
    const { number, receiver } = member
    moved(room, receiver)
    takeovers.freed(member, room)
    room.broadcast(push('room.member_left', { number, reason }, { room: room.code }))
    hosts.judge(room)
    receiver.abandonAsks('TARGET_LEFT', room.code)
    guard(room, () => room.hooks.onLeft?.(member, reason))
    world.log.info({ room: room.code, session: receiver.id, member: number, reason }, 'left')
    if (room.size === 0) lingering.begin(room)
  }

  /**
   * Takes a member's seat away; `by` is whose doing it is, null for the server's. Banned, its player
   * loses every seat.
   */
  function kick(target: Member, room: Room, { by, banned, reason }: Kick): void {
    const targets = banned ? room.seatsWith(target) : [target]
    if (banned) room.ban(target.receiver, limits.bans)
    for (const one of targets) {
      unseat(one, room, banned ? 'banned' : 'kicked')
      one.receiver.send(push('room.kicked', { by, banned, reason }, { room: room.code }))
    }
  }

  function sits(receiver: Receiver, room: Room): void {
    const own = byReceiver.get(receiver) ?? new Set()
    byReceiver.set(receiver, own.add(room))
  }

  /** Somebody sits there no longer, and another one does where there is one. */
  function moved(room: Room, from: Receiver, to?: Receiver): void {
    const own = byReceiver.get(from)
    own?.delete(room)
    if (own?.size === 0) byReceiver.delete(from)
    if (to) sits(to, room)
  }

  function assign(target: Member, room: Room, role: Role): void {
    if (target.role === role) return
    target.role = role
    room.broadcast(push('room.role_changed', { number: target.number, role }, { room: room.code }))
    hosts.judge(room, { changed: target })
  }

  function tellUpdated(room: Room): void {
    room.broadcast(push('room.updated', { room: roomInfoOf(room) }, { room: room.code }))
  }

  function has(room: Room): boolean {
    return byCode.get(room.code) === room
  }

  function dispose(room: Room): void {
    byCode.delete(room.code)
    makers.gone(room)
    room.onChange = undefined
    index.remove(room)
    guard(room, () => room.hooks.onDispose?.())
    world.log.info({ room: room.code }, 'room gone')
  }

  function setAway(session: Session, away: boolean): void {
    for (const room of of(session)) {
      const member = room.memberOf(session)
      if (!member) continue
      member.away = away
      if (away) member.awaySince = world.now()
    }
  }

  function tellAway(session: Session, away: boolean): void {
    for (const room of of(session)) {
      const member = room.memberOf(session)
      // A hook of another room may have closed its connection again.
      if (member?.away !== away) continue
      tellAwayIn(room, member, session)
      hosts.judge(room)
      guard(room, () => (away ? room.hooks.onAway?.(member) : room.hooks.onBack?.(member)))
    }
  }

  /** Tells all but `except` that a member is away, or back. */
  function tellAwayIn(room: Room, { number, receiver, away }: Member, except?: Receiver): void {
    const here = { room: room.code }
    const message = away
      ? push('room.member_away', { number }, here)
      : push('room.member_back', { number, session: receiver.id }, here)
    room.broadcast(message, except)
  }
}

type Kick = DataOf<AllMessages['room.kicked']>

const NO_SEATS: ReadonlyMap<Receiver, Member> = new Map()
const NO_ROOMS: ReadonlySet<Room> = new Set()

const codes = (rooms: ReadonlySet<Room>) => [...rooms].map(({ code }) => code).join(', ')
