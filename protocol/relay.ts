import { feature } from './message.ts'
import { making, memberNumber, room } from './rooms.ts'
import { about, array, bool, buffer, choice, integer, object, optional, tuple } from './schema.ts'

/** `mesh`: every peer sees every other; `star`: all others see peer 1 only. */
export const RELAY_MODES = ['mesh', 'star'] as const
export type RelayMode = (typeof RELAY_MODES)[number]

/** The peer of the host, or of a dedicated one. */
export const FIRST_PEER = 1

/** Why a peer that waited for peer 1 is gone. */
const UNFIT = ['RELAY_MODE', 'RELAY_ENGINE'] as const

const peer = () => integer('int32', { min: 1 })
const numbered = () =>
  object({
    peer: peer(),
    number: about(
      'The member that it is; left out for a dedicated one that has no seat.',
      optional(memberNumber()),
    ),
  })
const mode = () => choice(...RELAY_MODES)
const epoch = () =>
  about('One reign of peer 1: the room’s epoch as it was when it began.', integer('varuint'))
const peers = () =>
  about(
    'Who plays in this epoch, as this peer sees it: in a star only peer 1 sees all. Nobody while peer 1 is missing.',
    array(numbered()),
  )
const handover = () =>
  about(
    'How many bytes of what the last peer 1 handed over follow for the new one, as `relay.handed_over`.',
    integer('uint32'),
  )
const part = () => ({
  data: about('Bytes, of which the game knows what they mean.', buffer(49_152)),
  more: about('Whether more of it follows.', bool()),
})

const ERRORS = ['ROOM_REQUIRED', 'NOT_IN_ROOM', 'NOT_A_PEER'] as const

export const relay = feature(
  'relay',
  'Godot’s own multiplayer through a room: peers, and whose reign it is.',
  {
    'relay.open': {
      direction: 'to_server',
      delivery: 'counted',
      room: true,
      doc: 'Makes this session a peer of the room’s relay, one room at a time. The host is peer 1, others get a number that is never used twice in the room; until peer 1 is there they wait for `relay.epoch`. Dedicated, for a room that the envelope names, it needs no seat there: it is nobody’s place, is in no list of members, and hears nothing of the room but what concerns the relay. A room stays as long as that peer does, though nobody sits there; the peer ends with `relay.close`, with its session, or when the session’s counts begin anew.',
      data: object({
        engine: about(
          'Of which Godot its packets are, 3 or 4; a relay is of peer 1’s.',
          integer('uint8', { min: 3, max: 4 }),
        ),
        mode: about(
          'What peer 1 makes the relay (mesh unless said), and others expect of it.',
          optional(mode()),
        ),
        dedicated: about(
          'To be peer 1 whoever is host; for a backend, or anybody in development.',
          optional(bool()),
        ),
        make: about(
          'With `dedicated`: the room that it makes, in which nobody sits yet.',
          optional(object(making)),
        ),
        meets: about(
          'As peer 1, says `relay.met` of every peer that comes: what the others say to that one waits until then.',
          optional(bool()),
        ),
      }),
      reply: object({
        peer: about('Its own; 1 for who reigns.', peer()),
        ...{ epoch: epoch(), mode: mode(), peers: peers(), handover: handover() },
        room: about('Where it has no seat: the room.', optional(room())),
      }),
      errors: [
        ...(['ROOM_REQUIRED', 'NOT_IN_ROOM', 'PERMISSION_DENIED', 'ALREADY_A_PEER'] as const),
        ...(['RELAY_MODE', 'RELAY_ENGINE', 'RELAY_FULL', 'RELAY_REFUSED', 'PEER_TAKEN'] as const),
        ...(['TOO_LARGE', 'ROOM_NOT_FOUND', 'UNKNOWN_KIND', 'TOO_MANY_ROOMS'] as const),
      ],
    },
    'relay.close': {
      direction: 'to_server',
      delivery: 'counted',
      room: true,
      doc: 'This session is a peer no longer. With `peer`, for peer 1: somebody else is.',
      data: object({ peer: optional(peer()) }),
      reply: object({}),
      errors: [...ERRORS, 'PERMISSION_DENIED'],
    },
    'relay.met': {
      direction: 'to_server',
      delivery: 'counted',
      room: true,
      doc: 'Peer 1 that `meets` has said what it says to a peer that comes, such as what was spawned: only now does that peer hear the others, who may speak of it. Of who has gone it means nothing.',
      data: object({ peer: peer() }),
      reply: object({}),
      errors: [...ERRORS, 'PERMISSION_DENIED'],
    },
    'relay.refuse': {
      direction: 'to_server',
      delivery: 'counted',
      room: true,
      doc: 'Peer 1 says whether new peers are refused, for as long as it reigns.',
      data: object({ refuse: bool() }),
      reply: object({}),
      errors: [...ERRORS, 'PERMISSION_DENIED'],
    },
    'relay.hand_over': {
      direction: 'to_server',
      delivery: 'counted',
      room: true,
      doc: 'Peer 1 says what the next one is to go on from, as often as it likes: the newest that is whole counts, for as long as the relay has peers. `limits.handover_bytes` at most; in parts where it does not fit one message.',
      data: object(part()),
      reply: object({}),
      errors: [...ERRORS, 'PERMISSION_DENIED', 'TOO_LARGE'],
    },
    'relay.handed_over': {
      direction: 'to_client',
      delivery: 'counted',
      room: true,
      doc: 'To a new peer 1, after `relay.epoch` or the reply to its `relay.open`: what the one before handed over, in parts.',
      data: object(part()),
    },
    'relay.epoch': {
      direction: 'to_client',
      delivery: 'counted',
      room: true,
      doc: 'Peer 1 has come, gone, or is another, in its place among the bytes: whoever was connected is no longer, and begins anew with these peers; without peer 1 among them it waits. Bytes of an older epoch are refused.',
      data: object({
        ...{ epoch: epoch(), mode: mode(), peers: peers() },
        ids: about(
          'Whose number is another: from which, to which. Everybody else keeps its own.',
          array(tuple(peer(), peer())),
        ),
        handover: handover(),
      }),
    },
    'relay.peer': {
      direction: 'to_client',
      delivery: 'counted',
      room: true,
      doc: 'Another peer is there, in its place among the bytes.',
      data: numbered(),
    },
    'relay.gone': {
      direction: 'to_client',
      delivery: 'counted',
      room: true,
      doc: 'A peer is no longer there, in its place among the bytes: another one, or this session’s own, as peer 1 would have it or, with `reason`, as it does not fit its relay.',
      data: object({ peer: peer(), reason: optional(choice(...UNFIT)) }),
    },
  },
)
