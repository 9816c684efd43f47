import { feature } from './message.ts'
import { displayName } from './players.ts'
import { about, array, bool, integer, json, nullable, object, optional, text } from './schema.ts'

/** Letters and digits that cannot be taken for one another. */
export const CODE_ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'
export const CODE_LENGTH = 6

export const code = () =>
  text({
    min: CODE_LENGTH,
    max: CODE_LENGTH,
    pattern: `[${CODE_ALPHABET}]*`,
    expected: `text of ${CODE_LENGTH} characters of ${CODE_ALPHABET}`,
  })

const kind = () => text({ min: 1, max: 32 })

export const memberNumber = () =>
  about('Numbered in order of joining; never reused.', integer('uint32'))

export const member = () =>
  object({
    number: memberNumber(),
    session: about('For addressing: `session:ID`; stable over resume.', text({ min: 1, max: 64 })),
    player: about('Null for who has not identified.', nullable(text({ max: 64 }))),
    name: displayName(),
    role: text({ max: 16 }),
    away: about('Dropped, and expected back.', bool()),
    data: about('What the room’s kind says about its members.', json()),
  })

export const room = () =>
  object({
    code: code(),
    kind: kind(),
    capacity: about('How many seats there are.', integer('uint32')),
  })

/** A room as one member of it sees it. */
export const seat = () =>
  object({
    room: room(),
    you: about('Your own member number.', integer('uint32')),
    members: about(
      'As many as fit one message; the rest follow as `room.members`.',
      array(member()),
    ),
    more: about(
      'Whether more of the members follow: as `room.members`, or in the next part of a snapshot.',
      bool(),
    ),
  })

const joining = {
  name: about('The name to be known by in this room.', optional(displayName())),
  data: about('What the room’s kind asks of who joins.', optional(json())),
}

export const rooms = feature('rooms', 'Sessions that share members, events and state.', {
  'room.join': {
    direction: 'to_server',
    delivery: 'counted',
    doc: 'Takes a seat in the room with this code.',
    data: object({ code: code(), ...joining }),
    reply: seat(),
    errors: ['ROOM_NOT_FOUND', 'ROOM_FULL', 'ALREADY_IN_ROOM', 'TOO_MANY_ROOMS'],
  },
  'room.join_or_create': {
    direction: 'to_server',
    delivery: 'counted',
    doc: 'Takes a seat in the first room of this kind that has one, or in a new room.',
    data: object({ kind: kind(), ...joining }),
    reply: seat(),
    errors: ['UNKNOWN_KIND', 'ALREADY_IN_ROOM', 'TOO_MANY_ROOMS'],
  },
  'room.leave': {
    direction: 'to_server',
    delivery: 'counted',
    room: true,
    doc: 'Gives the seat up.',
    data: object({}),
    reply: object({}),
    errors: ['ROOM_REQUIRED', 'NOT_IN_ROOM'],
  },
  'room.members': {
    direction: 'to_client',
    delivery: 'counted',
    room: true,
    doc: 'More of the members a join’s reply began.',
    data: object({ members: array(member()), more: bool() }),
  },
  'room.member_joined': {
    direction: 'to_client',
    delivery: 'counted',
    room: true,
    doc: 'Somebody took a seat.',
    data: object({ member: member() }),
  },
  'room.member_away': {
    direction: 'to_client',
    delivery: 'counted',
    room: true,
    doc: 'A member’s connection dropped; the seat is kept for the resume window.',
    data: object({ number: integer('uint32') }),
  },
  'room.member_back': {
    direction: 'to_client',
    delivery: 'counted',
    room: true,
    doc: 'A member who was away is back in the same seat.',
    data: object({ number: integer('uint32') }),
  },
  'room.member_left': {
    direction: 'to_client',
    delivery: 'counted',
    room: true,
    doc: 'A member’s seat is free again.',
    data: object({ number: integer('uint32') }),
  },
})
