import { BINARY, isCountedFrame } from '../../protocol/binary.ts'
import type { AllMessages } from '../../protocol/index.ts'
import type { DataOf } from '../../protocol/message.ts'
import type { relay as relayTable } from '../../protocol/relay.ts'
import { Carried } from '../core/dispatch/carried.ts'
import type { Context, HandlersOf } from '../core/dispatch/dispatch.ts'
import type { RelayKind } from '../core/relay/bytes.ts'
import type { Peer } from '../core/relay/peer.ts'
import { PeerIds } from '../core/relay/peer-ids.ts'
import { createRelay, type Relay } from '../core/relay/relay.ts'
import type { Member } from '../core/room/member.ts'
import { type Room, roomInfoOf } from '../core/room/room.ts'
import type { Rooms } from '../core/room/rooms.ts'
import type { Session } from '../core/session/session.ts'
import type { SessionObserver } from '../core/session/sessions.ts'
import type { BinaryReaders, Decoded } from '../core/wire/decode.ts'
import type { Limits } from '../core/wire/limits.ts'
import { Refusal } from '../core/wire/refusal.ts'
import type { World } from '../world.ts'

export interface RelaysOptions {
  readonly world: World
  readonly limits: Limits
  readonly rooms: Pick<Rooms, 'get' | 'keep' | 'release' | 'resolve'>
  /** A room that a session makes without sitting there. */
  readonly makeRoom: (maker: Session, making: Making) => Room
  /** Whether a session may be peer 1 whoever is host. */
  readonly mayBeDedicated: (session: Session) => boolean
}

export type Making = NonNullable<Opening['make']>
type Opening = DataOf<AllMessages['relay.open']>

/** A session that is a peer, until its seat or its counts are others. */
interface Place {
  readonly room: Room
  readonly relay: Relay
  readonly peer: Peer
  readonly generation: number
  /** Nobody waits for the end of its seat any more; or the room is kept no longer. */
  readonly forget: () => void
}

/** Godot's own multiplayer through rooms: who is a peer of which, and its bytes on their way. */
export function createRelays(options: RelaysOptions) {
  const { world, limits, rooms, makeRoom, mayBeDedicated } = options
  const relays = new WeakMap<Room, Relay>()
  const places = new Map<Session, Place>()

  const handlers: HandlersOf<(typeof relayTable)['messages']> = {
    'relay.open'(context, opening) {
      const { session } = context
      const { engine, mode, dedicated = false, meets = false } = opening
      const { room, member } = standing(context, opening)
      const relay = relayOf(room)
      const wish = { member, session, engine, mode, dedicated, meets }
      const about = member ? {} : { room: roomInfoOf(room) }
      const { peer, reply } = relay.open(wish, (opened) =>
        context.refuseUnfit({ ...opened, ...about }),
      )
      const forget = member ? room.whenLeft(member, () => drop(session)) : rooms.keep(room)
      const { generation } = session.resume
      places.set(session, { room, relay, peer, generation, forget })
      context.afterwards(() => relay.tellHandover(peer))
      world.log.info({ room: room.code, session: session.id, peer: peer.id }, 'peer opened')
      return { ...reply, ...about }
    },
    'relay.close'(context, { peer: id }) {
      const { relay, peer } = placeOf(context)
      if (id === undefined || id === peer.id) drop(context.session)
      else {
        relay.permit(peer, 'relay.close.peer')
        const other = relay.peer(id)
        if (other) relay.dismiss(other)
      }
      return {}
    },
    'relay.met'(context, { peer: id }) {
      const { relay, peer } = placeOf(context)
      relay.permit(peer, 'relay.met')
      relay.met(id)
      return {}
    },
    'relay.refuse'(context, { refuse }) {
      const { relay, peer } = placeOf(context)
      relay.permit(peer, 'relay.refuse')
      relay.refuse(refuse)
      return {}
    },
    'relay.hand_over'(context, { data, more }) {
      const { relay, peer } = placeOf(context)
      relay.permit(peer, 'relay.hand_over')
      relay.handOver(data, more)
      return {}
    },
  }

  const observer: SessionObserver = {
    // With its counts what others said to it is gone as well.
    restored(session) {
      const place = places.get(session)
      if (place && place.generation !== session.resume.generation) drop(session)
    },
    ended: drop,
  }

  const binary: BinaryReaders<Session> = {
    relay_reliable: (session, bytes) => read(session, BINARY.relay_reliable, bytes),
    relay_unreliable: (session, bytes) => read(session, BINARY.relay_unreliable, bytes),
  }

  return { handlers, observer, binary, isPeer: (session: Session) => places.has(session) }

  /** Where a session would be a peer: where it sits or, dedicated, in whatever room, or a new one. */
  function standing(context: Context, { dedicated, make }: Opening): Standing {
    const { session, room: code } = context
    if (dedicated && !mayBeDedicated(session))
      throw new Refusal('PERMISSION_DENIED', 'relay.open.dedicated: only a backend may')
    if (make && !dedicated)
      throw new Refusal('INVALID_MESSAGE_DATA', 'relay.open.make: expected dedicated as well')
    const elsewhere = places.get(session)?.room
    if (make) {
      refuseTaken(elsewhere)
      const room = makeRoom(session, make)
      context.atEnd(() => rooms.release(room, true))
      return { room, member: null }
    }
    const named = dedicated && code !== undefined ? rooms.get(code) : undefined
    if (dedicated && code !== undefined && !named)
      throw new Refusal('ROOM_NOT_FOUND', `relay.open: no room is called ${code}`)
    const found =
      named && !named.memberOf(session) ? { room: named, member: null } : rooms.resolve(context)
    if (found.member) found.room.permit(found.member, 'emit')
    refuseTaken(elsewhere)
    return found
  }

  function relayOf(room: Room): Relay {
    const known = relays.get(room)
    if (known) return known
    const ids = new PeerIds(world.random.below(FIRST_IDS))
    const relay = createRelay(room, ids, limits, ({ session }) => forget(session))
    room.onHost = relay.judgeHost
    relays.set(room, relay)
    return relay
  }

  /** What a peer asks of the relay of the room it speaks of. */
  function placeOf(context: Context): Place {
    const place = places.get(context.session)
    const isHere = place && (context.room ?? place.room.code) === place.room.code
    if (isHere && !place.peer.member) return place
    const { room } = rooms.resolve(context)
    if (place?.room === room) return place
    throw new Refusal('NOT_A_PEER')
  }

  function drop(session: Session): void {
    const place = forget(session)
    place?.relay.leave(place.peer)
  }

  function forget(session: Session): Place | undefined {
    const place = places.get(session)
    places.delete(session)
    place?.forget()
    return place
  }

  function read(session: Session, kind: RelayKind, bytes: Buffer): Decoded {
    const counted = isCountedFrame(bytes)
    const { name, rate } = kind
    if (bytes.length > limits.message_bytes) {
      const text = `${name}: expected at most ${limits.message_bytes} bytes, got ${bytes.length}`
      return { counted, problem: new Refusal('TOO_LARGE', text), asked: { type: name } }
    }
    return { counted, message: new Carried(name, rate, () => carry(session, kind, bytes)) }
  }

  function carry(session: Session, kind: RelayKind, bytes: Buffer): void {
    const place = places.get(session)
    if (!place) throw new Refusal('NOT_A_PEER')
    const { room, relay, peer } = place
    if (peer.member) room.permit(peer.member, 'emit')
    relay.carry(peer, kind, bytes)
  }
}

/** A room, and the seat there of who would be a peer; null for one without. */
interface Standing {
  readonly room: Room
  readonly member: Member | null
}

function refuseTaken(room: Room | undefined): void {
  if (room) throw new Refusal('ALREADY_A_PEER', undefined, { cause: { room: room.code } })
}

/** A room's peers are numbered from any of so many on. */
const FIRST_IDS = 2 ** 31
