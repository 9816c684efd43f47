import { BINARY, isCountedFrame } from '../../protocol/binary.ts'
import type { relay as relayTable } from '../../protocol/relay.ts'
import { Carried } from '../core/dispatch/carried.ts'
import type { Context, HandlersOf } from '../core/dispatch/dispatch.ts'
import type { RelayKind } from '../core/relay/bytes.ts'
import type { Peer } from '../core/relay/peer.ts'
import { PeerIds } from '../core/relay/peer-ids.ts'
import { createRelay, type Relay } from '../core/relay/relay.ts'
import type { Room } from '../core/room/room.ts'
import type { Resolve } from '../core/room/seated.ts'
import type { Session } from '../core/session/session.ts'
import type { SessionObserver } from '../core/session/sessions.ts'
import type { BinaryReaders, Decoded } from '../core/wire/decode.ts'
import type { Limits } from '../core/wire/limits.ts'
import { Refusal } from '../core/wire/refusal.ts'
import type { World } from '../world.ts'

export interface RelaysOptions {
  readonly world: World
  readonly limits: Limits
  readonly resolve: Resolve
  /** Whether a session may be peer 1 whoever is host. */
  readonly mayBeDedicated: (session: Session) => boolean
}

/** A session that is a peer, until its seat or its counts are others. */
interface Place {
  readonly room: Room
  readonly relay: Relay
  readonly peer: Peer
  readonly generation: number
  /** Nobody waits for the end of its seat any more. */
  readonly forget: () => void
}

/** Godot's own multiplayer through rooms: who is a peer of which, and its bytes on their way. */
export function createRelays({ world, limits, resolve, mayBeDedicated }: RelaysOptions) {
  const relays = new WeakMap<Room, Relay>()
  const places = new Map<Session, Place>()

  const handlers: HandlersOf<(typeof relayTable)['messages']> = {
    'relay.open'(context, { engine, mode, dedicated = false, meets = false }) {
      const { session } = context
      const { room, member } = resolve(context)
      room.permit(member, 'emit')
      if (dedicated && !mayBeDedicated(session))
        throw new Refusal('PERMISSION_DENIED', 'relay.open.dedicated: only a backend may')
      const taken = places.get(session)
      if (taken)
        throw new Refusal('ALREADY_A_PEER', undefined, { cause: { room: taken.room.code } })
      const relay = relayOf(room)
      const wish = { member, session, engine, mode, dedicated, meets }
      const { peer, reply } = relay.open(wish, context.refuseUnfit.bind(context))
      const forget = room.whenLeft(member, () => drop(session))
      const { generation } = session.resume
      places.set(session, { room, relay, peer, generation, forget })
      context.afterwards(() => relay.tellHandover(peer))
      world.log.info({ room: room.code, session: session.id, peer: peer.id }, 'peer opened')
      return reply
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
  }

  const binary: BinaryReaders<Session> = {
    relay_reliable: (session, bytes) => read(session, BINARY.relay_reliable, bytes),
    relay_unreliable: (session, bytes) => read(session, BINARY.relay_unreliable, bytes),
  }

  return { handlers, observer, binary }

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
    const { room } = resolve(context)
    const place = places.get(context.session)
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
    room.permit(peer.member, 'emit')
    relay.carry(peer, kind, bytes)
  }
}

/** A room's peers are numbered from any of so many on. */
const FIRST_IDS = 2 ** 31
