import { feature } from './message.ts'
import { pageLimit, tooLarge } from './page.ts'
import { displayName, instant, playerId } from './players.ts'
import {
  about,
  array,
  bool,
  choice,
  float64,
  integer,
  json,
  nullable,
  object,
  optional,
  record,
  text,
} from './schema.ts'

export const channelId = () => about('The channel’s id.', integer('uint32'))
export const channelName = () => text({ min: 1, max: 64 })
export const channelProps = () => about('What its owner says about it.', record())

/** Counts a channel's messages, from 1; one may number far beyond 32 bits. */
export const offset = (doc: string) => about(doc, float64({ min: 0 }))

export const channel = () =>
  object({
    id: integer('uint32'),
    name: channelName(),
    owner: about('The player who made it; null where a service did.', nullable(playerId())),
    props: channelProps(),
    members: about('How many.', integer('uint32')),
    offset: offset('Of its latest message; 0 before the first.'),
    created_at: instant('When it was made'),
    updated_at: instant('When it last changed'),
  })

export const channelMessage = () =>
  object({
    channel: channelId(),
    offset: offset('Counts the channel’s messages, from 1, without a gap.'),
    player: about('Who said it.', playerId()),
    name: about('By what name.', displayName()),
    message: json(),
    at: instant('When'),
    blocked: about('Who said it is blocked by who reads it.', optional(bool())),
  })

const id = { channel: channelId() }

const ERRORS = [
  'NO_PLAYER_FOUND',
  'MISSING_SCOPE',
  'CHANNEL_NOT_FOUND',
  'STORAGE_FAILED',
  'STORAGE_BUSY',
  'OUTCOME_UNKNOWN',
] as const

export const channels = feature('channels', 'Lasting topics with members and history.', {
  'channel.create': {
    direction: 'to_server',
    delivery: 'counted',
    rate: 'create',
    doc: 'Makes a channel that the player owns, and is a member of.',
    data: object({ name: channelName(), props: optional(channelProps()) }),
    reply: object({ channel: channel() }),
    errors: [
      'NO_PLAYER_FOUND',
      'MISSING_SCOPE',
      'TOO_MANY_CHANNELS',
      'TOO_LARGE',
      'STORAGE_FAILED',
      'STORAGE_BUSY',
    ],
  },
  'channel.join': {
    direction: 'to_server',
    delivery: 'counted',
    doc: 'Makes the player a member, on all its devices; a member already is no mistake.',
    data: object(id),
    reply: object({ channel: channel() }),
    errors: [...ERRORS, 'CHANNEL_FULL', 'TOO_MANY_CHANNELS'],
  },
  'channel.leave': {
    direction: 'to_server',
    delivery: 'counted',
    doc: 'Ends the membership; an owner stays owner.',
    data: object(id),
    reply: object({}),
    errors: [...ERRORS],
  },
  'channel.list': {
    direction: 'to_server',
    delivery: 'counted',
    doc: 'Channels by id, a page at a time.',
    data: object({
      mine: about('Only those the player is a member of.', optional(bool())),
      name: about('Only those of this name.', optional(channelName())),
      after: about('The `next` of the page before.', optional(integer('uint32'))),
      limit: pageLimit(),
    }),
    reply: object({
      channels: array(channel()),
      too_large: tooLarge(integer('uint32'), 'the ids'),
      next: about('Asks for the next page; null for none.', nullable(integer('uint32'))),
    }),
    errors: ['NO_PLAYER_FOUND', 'MISSING_SCOPE', 'STORAGE_FAILED', 'STORAGE_BUSY'],
  },
  'channel.send': {
    direction: 'to_server',
    delivery: 'counted',
    rate: 'channel',
    doc: 'Says something to every member, oneself included, once it is stored: the answer, and `channel.message` to all, follow then. TOO_LARGE, and nothing is said, where this client could not read it in `channel.history`.',
    data: object({ ...id, message: json() }),
    reply: object({ offset: offset('The message’s place.') }),
    errors: [...ERRORS, 'NOT_IN_CHANNEL', 'TOO_LARGE'],
  },
  'channel.history': {
    direction: 'to_server',
    delivery: 'counted',
    doc: 'Messages after an offset, the oldest first: what a client missed. Where the first offset is higher than asked for, those between are kept no longer.',
    data: object({
      ...id,
      after: about(
        'The offset of the last one seen (0: from the oldest kept).',
        optional(float64({ min: 0 })),
      ),
      limit: pageLimit(),
    }),
    reply: object({
      messages: array(channelMessage()),
      too_large: tooLarge(float64({ min: 0 }), 'the offsets'),
      next: about('`after` for the next page; null for none.', nullable(float64({ min: 0 }))),
    }),
    errors: [...ERRORS, 'NOT_IN_CHANNEL'],
  },
  'channel.members': {
    direction: 'to_server',
    delivery: 'counted',
    doc: 'Who its members are, by id, a page at a time.',
    data: object({
      ...id,
      after: about('The `next` of the page before.', optional(playerId())),
      limit: pageLimit(),
    }),
    reply: object({ players: array(playerId()), next: nullable(playerId()) }),
    errors: [...ERRORS, 'NOT_IN_CHANNEL'],
  },
  'channel.update': {
    direction: 'to_server',
    delivery: 'counted',
    doc: 'Changes name, props or owner; for its owner.',
    data: object({
      ...id,
      name: optional(channelName()),
      props: optional(channelProps()),
      owner: about('Who owns it from now on: a member.', optional(playerId())),
    }),
    reply: object({ channel: channel() }),
    errors: [...ERRORS, 'NOT_CHANNEL_OWNER', 'NOT_IN_CHANNEL', 'TOO_MANY_CHANNELS', 'TOO_LARGE'],
  },
  'channel.delete': {
    direction: 'to_server',
    delivery: 'counted',
    doc: 'Ends the channel and forgets what was said in it; for its owner.',
    data: object(id),
    reply: object({}),
    errors: [...ERRORS, 'NOT_CHANNEL_OWNER'],
  },
  'channel.message': {
    direction: 'to_client',
    delivery: 'counted',
    doc: 'Something was said in a channel the player is a member of.',
    data: channelMessage(),
  },
  'channel.joined': {
    direction: 'to_client',
    delivery: 'counted',
    doc: 'A player became a member.',
    data: object({ ...id, player: playerId(), name: displayName() }),
  },
  'channel.left': {
    direction: 'to_client',
    delivery: 'counted',
    doc: 'A player is a member no longer.',
    data: object({ ...id, player: playerId() }),
  },
  'channel.updated': {
    direction: 'to_client',
    delivery: 'counted',
    doc: 'Its name, props or owner are others.',
    data: object({
      channel: channel(),
      changed: about('Which of them were asked to be.', array(choice('name', 'props', 'owner'))),
    }),
  },
  'channel.deleted': {
    direction: 'to_client',
    delivery: 'counted',
    doc: 'It is gone.',
    data: object(id),
  },
})
