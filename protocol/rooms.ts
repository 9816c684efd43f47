import { feature } from './message.ts'
import { pageLimit } from './page.ts'
import { askedName, displayName } from './players.ts'
import {
  about,
  array,
  bool,
  choice,
  integer,
  json,
  nullable,
  object,
  optional,
  record,
  text,
} from './schema.ts'
import { inputsShape, stateHashShape, tablesShape } from './state-schema.ts'

/** Letters and digits that cannot be taken for one another. */
export const CODE_ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'
export const CODE_LENGTH = 6

/** From the least to the most: each may do what those before it may. */
export const ROLES = ['none', 'player', 'trusted', 'assistant', 'host'] as const
export type Role = (typeof ROLES)[number]

/** What becomes of a room in which nobody may be host. */
export const SUCCESSIONS = ['promote', 'none'] as const
export type Succession = (typeof SUCCESSIONS)[number]

/** What a kind of room asks a role for. */
export const ACTIONS = ['emit', 'query', 'execute', 'update', 'lock', 'kick', 'assign'] as const
export type Action = (typeof ACTIONS)[number]

export const code = () =>
  text({
    min: CODE_LENGTH,
    max: CODE_LENGTH,
    pattern: `[${CODE_ALPHABET}]*`,
    expected: `text of ${CODE_LENGTH} characters of ${CODE_ALPHABET}`,
  })

const kind = () => text({ min: 1, max: 32 })
const properties = () =>
  about('What the room’s kind or its host says about it, for lists and filters.', record())
const listed = () => about('Whether lists and `room.join_or_create` find it.', bool())
const capacity = () => integer('uint32', { min: 1 })

export const memberNumber = () =>
  about('Numbered in order of joining; never reused.', integer('uint32'))

const epoch = () =>
  about(
    'Rises whenever the room’s host is another, and when peer 1 of its relay goes.',
    integer('uint32'),
  )

export const role = () => choice(...ROLES)

export const member = () =>
  object({
    number: memberNumber(),
    session: about(
      'For addressing: `session:ID`; stable over resume. Where the seat outlives its session, the one that was.',
      text({ min: 1, max: 64 }),
    ),
    player: about('Null for who has not identified.', nullable(text({ max: 64 }))),
    name: displayName(),
    role: role(),
    away: about('Dropped, and expected back.', bool()),
    data: about('What the room’s kind says about its members.', json()),
  })

export const room = () =>
  object({
    code: code(),
    kind: kind(),
    capacity: about('How many seats there are.', integer('uint32')),
    host: about(
      'The active host’s member number: somebody with the role assistant or host, who stays it while it is there; null for none.',
      nullable(integer('uint32')),
    ),
    epoch: epoch(),
    listed: listed(),
    locked: about('Whether nobody new may join.', bool()),
    properties: properties(),
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
  name: about('The name to be known by in this room.', optional(askedName())),
  data: about('What the room’s kind asks of who joins.', optional(json())),
  schemas: about(
    'The hashes of the tables that the client knows: `state.schema` leaves these out.',
    optional(array(stateHashShape(), 64)),
  ),
}

const openState = () =>
  about(
    'What a new room of the kind `open` knows: its tables, and how often they are told.',
    optional(
      object({
        tables: tablesShape(),
        inputs: optional(inputsShape()),
        tick_hz: optional(integer('uint8', { min: 1, max: 60 })),
      }),
    ),
  )

/** Some of them only where the room’s kind takes its time, and the room is another then. */
const JOIN_ERRORS = [
  ...(['ROOM_NOT_FOUND', 'ROOM_FULL', 'ROOM_LOCKED', 'BANNED'] as const),
  ...(['ALREADY_IN_ROOM', 'TOO_MANY_ROOMS', 'TOO_LARGE', 'TIMEOUT'] as const),
  'PERMISSION_DENIED',
] as const
const OWN_ROOM_ERRORS = ['ROOM_REQUIRED', 'NOT_IN_ROOM'] as const

export const rooms = feature('rooms', 'Sessions that share members, events and state.', {
  'room.create': {
    direction: 'to_server',
    delivery: 'counted',
    rate: 'create',
    doc: 'Makes a room and takes a seat in it. Who is the first to sit in an empty room, whoever made it, gets the role its kind gives a creator (host).',
    data: object({
      kind: kind(),
      capacity: about('Fewer seats than the kind has.', optional(capacity())),
      listed: optional(listed()),
      properties: optional(properties()),
      state: openState(),
      ...joining,
    }),
    reply: seat(),
    errors: ['UNKNOWN_KIND', 'UNSUPPORTED', ...JOIN_ERRORS],
  },
  'room.join': {
    direction: 'to_server',
    delivery: 'counted',
    doc: 'Takes a seat in the room with this code. Where the session’s player has one there already, by another session, it takes that one over: the same number, role, name, data and groups. That is never ROOM_FULL or ROOM_LOCKED, and the room’s kind is not asked (unless it says that each session has a seat of its own).',
    data: object({ code: code(), ...joining }),
    reply: seat(),
    errors: [...JOIN_ERRORS],
  },
  'room.join_or_create': {
    direction: 'to_server',
    delivery: 'counted',
    doc: 'Takes the seat that the session’s player has in a room of this kind and these properties, as `room.join` does; else one in the first listed room that has one, or in a new room.',
    data: object({
      kind: kind(),
      properties: about('What the room must say; a new one says just that.', optional(record())),
      state: openState(),
      ...joining,
    }),
    reply: seat(),
    errors: ['UNKNOWN_KIND', 'UNSUPPORTED', ...JOIN_ERRORS],
  },
  'room.leave': {
    direction: 'to_server',
    delivery: 'counted',
    room: true,
    doc: 'Gives the seat up.',
    data: object({}),
    reply: object({}),
    errors: [...OWN_ROOM_ERRORS],
  },
  'room.list': {
    direction: 'to_server',
    delivery: 'counted',
    doc: 'The listed rooms, the oldest first, a page at a time. A page may be short, or empty, and have a `next`: the server looked at as many rooms as it looks at for one request.',
    data: object({
      kind: optional(kind()),
      properties: about('Only rooms that say this.', optional(record())),
      after: about('The `next` of the page before.', optional(integer('uint32'))),
      limit: pageLimit(),
    }),
    reply: object({
      rooms: array(
        object({
          code: code(),
          kind: kind(),
          capacity: integer('uint32'),
          members: about('How many seats are taken.', integer('uint32')),
          locked: bool(),
          properties: properties(),
        }),
      ),
      next: about('Asks for the next page; null for none.', nullable(integer('uint32'))),
    }),
    errors: ['TOO_LARGE'],
  },
  'room.update': {
    direction: 'to_server',
    delivery: 'counted',
    room: true,
    doc: 'Changes what the room says about itself; everybody gets `room.updated`.',
    data: object({
      properties: about('Merged into what is there; null removes.', optional(record())),
      listed: optional(listed()),
    }),
    reply: object({ room: room() }),
    errors: [...OWN_ROOM_ERRORS, 'PERMISSION_DENIED', 'TOO_LARGE'],
  },
  'room.lock': {
    direction: 'to_server',
    delivery: 'counted',
    room: true,
    doc: 'Lets nobody new join, or lets them again; everybody gets `room.updated`.',
    data: object({ locked: bool() }),
    reply: object({ room: room() }),
    errors: [...OWN_ROOM_ERRORS, 'PERMISSION_DENIED', 'TOO_LARGE'],
  },
  'room.kick': {
    direction: 'to_server',
    delivery: 'counted',
    room: true,
    doc: 'Takes a member’s seat away; banned, every seat of its player’s is taken away, and neither the session nor its player, by any session, may join again while the room lasts.',
    data: object({
      number: memberNumber(),
      ban: optional(bool()),
      reason: optional(text({ max: 120 })),
    }),
    reply: object({}),
    errors: [...OWN_ROOM_ERRORS, 'MEMBER_NOT_FOUND', 'PERMISSION_DENIED'],
  },
  'room.assign': {
    direction: 'to_server',
    delivery: 'counted',
    room: true,
    doc: 'Gives a member a role, at most one’s own; everybody gets `room.role_changed`.',
    data: object({ number: memberNumber(), role: role() }),
    reply: object({}),
    errors: [...OWN_ROOM_ERRORS, 'MEMBER_NOT_FOUND', 'PERMISSION_DENIED'],
  },
  'room.describe': {
    direction: 'to_server',
    delivery: 'counted',
    room: true,
    doc: 'Changes what the others know of oneself, as far as the room’s kind lets its members; everybody gets `room.member_described`.',
    data: object({
      name: about(
        'The name to be known by; one of which nothing can be shown changes nothing.',
        optional(displayName()),
      ),
      data: about('In place of the `data` that the members have of oneself.', optional(json())),
    }),
    reply: object({ member: member() }),
    errors: [...OWN_ROOM_ERRORS, 'UNSUPPORTED', 'TOO_LARGE'],
  },
  'room.members': {
    direction: 'to_client',
    delivery: 'socket',
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
    doc: 'A member’s connection dropped, or its session ended and its player’s seat outlives it; the seat is kept for a while.',
    data: object({ number: integer('uint32') }),
  },
  'room.member_back': {
    direction: 'to_client',
    delivery: 'counted',
    room: true,
    doc: 'A member who was away is back in the same seat; or another session of its player’s sits there from now on, whether it was away or not.',
    data: object({
      number: integer('uint32'),
      session: about(
        'Who sits there: the session of before, or the one that took the seat.',
        text({ min: 1, max: 64 }),
      ),
    }),
  },
  'room.member_left': {
    direction: 'to_client',
    delivery: 'counted',
    room: true,
    doc: 'A member’s seat is free again.',
    data: object({
      number: integer('uint32'),
      reason: about(
        'Left: on purpose. Lost: its session ended. Kicked, banned: somebody took the seat.',
        choice('left', 'lost', 'kicked', 'banned'),
      ),
    }),
  },
  'room.role_changed': {
    direction: 'to_client',
    delivery: 'counted',
    room: true,
    doc: 'A member has another role.',
    data: object({ number: integer('uint32'), role: role() }),
  },
  'room.member_described': {
    direction: 'to_client',
    delivery: 'counted',
    room: true,
    doc: 'A member has another name, or other `data`.',
    data: object({ member: member() }),
  },
  'room.host_changed': {
    direction: 'to_client',
    delivery: 'counted',
    room: true,
    doc: 'The room has another active host, or none; it follows at once what made it so.',
    data: object({ host: nullable(integer('uint32')), epoch: epoch() }),
  },
  'room.updated': {
    direction: 'to_client',
    delivery: 'counted',
    room: true,
    doc: 'The room says something else about itself.',
    data: object({ room: room() }),
  },
  'room.kicked': {
    direction: 'to_client',
    delivery: 'counted',
    room: true,
    doc: 'To the member whose seat was taken away: it is in this room no longer.',
    data: object({
      by: about('Whose doing it was; null for the server’s.', nullable(integer('uint32'))),
      banned: bool(),
      reason: text({ max: 120 }),
    }),
  },
  'room.seat_taken': {
    direction: 'to_client',
    delivery: 'counted',
    room: true,
    doc: 'To a session whose player joined the room again with another session, which has the seat now: this one is in the room no longer, and a library does not rejoin by itself.',
    data: object({
      session: about('Who sits there now.', text({ min: 1, max: 64 })),
    }),
  },
})
