import { feature } from './message.ts'
import { askedName } from './players.ts'
import { code } from './rooms.ts'
import {
  about,
  array,
  bool,
  choice,
  float64,
  integer,
  nullable,
  object,
  optional,
  record,
  text,
} from './schema.ts'

/** How long the seats of a match are kept for those it was made of, in ms. */
export const TAKE_MS = 15_000

export const queueName = () => about('A queue of the game’s, by name.', text({ min: 1, max: 32 }))
const searching = () => about('How many search there, you included.', integer('uint32'))
const waited = () => about('How long you have searched, in ms.', float64({ min: 0 }))
const estimate = () =>
  about(
    'How long those of the last matches waited, in ms: half of them less; null while there were too few of late to say.',
    nullable(float64({ min: 0 })),
  )

/** How many search in a queue, and how long one waits there. */
export const standing = () => ({ searching: searching(), estimate_ms: estimate() })

/** Who plays, as those it plays with are told before they sit down. */
const mate = () =>
  object({
    session: text({ min: 1, max: 64 }),
    name: text({ max: 64 }),
    team: about('Numbered from 0.', integer('uint32')),
  })

export const matchmaking = feature(
  'matchmaking',
  'Strangers who find each other: a match is made the moment it fits, by the rules of a queue.',
  {
    'match.find': {
      direction: 'to_server',
      delivery: 'counted',
      doc: 'Searches in a queue until a match is found, `match.leave`, or the session’s end; over drops. `match.found` may follow at once.',
      data: object({
        queue: queueName(),
        properties: about('What the queue’s rules look at, such as a rating.', optional(record())),
        name: about('The name to be known by.', optional(askedName())),
        party: about(
          'Whether the whole party searches, by its leader: together, in one team. What is said here of the properties is said of all, save what each says of itself (`party.describe`).',
          optional(bool()),
        ),
      }),
      reply: object(standing()),
      errors: [
        ...(['UNKNOWN_QUEUE', 'ALREADY_SEARCHING', 'TOO_MANY_ROOMS'] as const),
        ...(['TOO_LARGE', 'PERMISSION_DENIED', 'NO_PLAYER_FOUND'] as const),
        ...(['NOT_IN_PARTY', 'NOT_PARTY_LEADER', 'PARTY_MAY_NOT'] as const),
      ],
    },
    'match.leave': {
      direction: 'to_server',
      delivery: 'counted',
      doc: 'Searches no longer, nor does whoever searches with you; or gives the seat up that was found and not yet taken.',
      data: object({}),
      reply: object({}),
      errors: ['NOT_SEARCHING'],
    },
    'match.waiting': {
      direction: 'to_client',
      delivery: 'latest',
      doc: 'How the search stands, every few seconds and after a reset.',
      data: object({
        queue: queueName(),
        searching: searching(),
        waited_ms: waited(),
        estimate_ms: estimate(),
      }),
    },
    'match.found': {
      direction: 'to_client',
      delivery: 'counted',
      doc: 'A seat in this room is kept for you; libraries take it by `room.join`.',
      data: object({
        queue: queueName(),
        room: code(),
        take_ms: about('For how long it is kept.', float64({ min: 0 })),
        team: about('Yours, numbered from 0.', integer('uint32')),
        players: about('All, you included.', array(mate())),
      }),
    },
    'match.started': {
      direction: 'to_client',
      delivery: 'counted',
      doc: 'All who play have taken their seats: you search no longer.',
      data: object({ queue: queueName(), room: code() }),
    },
    'match.again': {
      direction: 'to_client',
      delivery: 'counted',
      doc: 'The match that was found does not come about; your seat in it is gone, and you search on with all the time that you have waited.',
      data: object({
        queue: queueName(),
        room: about('Of the match; null where there never was a room.', nullable(code())),
        reason: about(
          'Missed: somebody did not come. Refused: the room, or the server’s limits, would not have somebody.',
          choice('missed', 'refused'),
        ),
      }),
    },
    'match.ended': {
      direction: 'to_client',
      delivery: 'counted',
      doc: 'You search no longer, and play no match.',
      data: object({
        queue: queueName(),
        reason: about(
          'Nobody: there were too few in time. Missed: you did not take your seat in time, or got up again before all were there. Refused: the room would not have you. Party: somebody you searched with does not any more, or your party is another.',
          choice('nobody', 'missed', 'refused', 'party'),
        ),
        waited_ms: waited(),
      }),
    },
  },
)
