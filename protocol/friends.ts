import { feature } from './message.ts'
import { pageLimit } from './page.ts'
import { displayName, instant, playerId } from './players.ts'
import { about, array, choice, nullable, object, optional } from './schema.ts'

/** How one player stands to another. */
const standing = () =>
  about(
    'A friend; asked by this player to be one, or asking it; or blocked by it.',
    choice('friend', 'asked', 'asking', 'blocked'),
  )

/** Another player, and how one stands to it. */
export const bond = () =>
  object({
    player: playerId(),
    name: displayName(),
    standing: standing(),
    since: instant('Since when'),
  })

const who = () => object({ player: playerId() })
const whole = { direction: 'to_server', delivery: 'counted', rate: 'friend' } as const
const push = { direction: 'to_client', delivery: 'counted' } as const
const ERRORS = [
  'NO_PLAYER_FOUND',
  'STORAGE_FAILED',
  'STORAGE_BUSY',
  'OUTCOME_UNKNOWN',
  'RATE_LIMITED',
] as const

export const friends = feature(
  'friends',
  'Friends and blocks, stored: whom a player stands to in some way, on all its devices.',
  {
    'friend.ask': {
      ...whole,
      doc: 'Asks a player to be a friend, be it here or not; one who asks already is accepted by it. To have asked already is no mistake.',
      data: who(),
      reply: object({ friend: bond() }),
      errors: [...ERRORS, 'INVALID_TARGET', 'BLOCKED', 'TOO_MANY_FRIENDS'],
    },
    'friend.accept': {
      ...whole,
      doc: 'Accepts a player who asks; one who is a friend already is no mistake.',
      data: who(),
      reply: object({ friend: bond() }),
      errors: [...ERRORS, 'NOT_ASKED', 'TOO_MANY_FRIENDS'],
    },
    'friend.remove': {
      ...whole,
      doc: 'Ends a friendship, takes back what was asked, or declines; where there is nothing of that, nothing happens.',
      data: who(),
      reply: object({}),
      errors: ERRORS,
    },
    'friend.block': {
      ...whole,
      doc: 'Hears and is asked nothing by this player any more: no friendship, no invitation, and nothing that is addressed to one as a player or session. What it says to a whole room, its host or a group is heard, and what it says in channels is marked. Who is blocked is not told so.',
      data: who(),
      reply: object({ friend: bond() }),
      errors: [...ERRORS, 'INVALID_TARGET', 'TOO_MANY_BLOCKS'],
    },
    'friend.unblock': {
      ...whole,
      doc: 'Ends that; where there is nothing to end, nothing happens.',
      data: who(),
      reply: object({}),
      errors: ERRORS,
    },
    'friend.list': {
      ...whole,
      rate: 'request',
      doc: 'Whom this player stands to in some way, by id, a page at a time.',
      data: object({
        standing: about('Only those.', optional(standing())),
        after: about('The `next` of the page before.', optional(playerId())),
        limit: pageLimit(),
      }),
      reply: object({ friends: array(bond()), next: nullable(playerId()) }),
      errors: ['NO_PLAYER_FOUND', 'STORAGE_FAILED', 'STORAGE_BUSY'],
    },
    'friend.changed': {
      ...push,
      doc: 'One stands to a player in another way, by oneself, on whichever device, or by that player.',
      data: object({ friend: bond() }),
    },
    'friend.removed': {
      ...push,
      doc: 'One stands to this player in no way any more.',
      data: who(),
    },
  },
)
