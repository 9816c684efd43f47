import { feature } from './message.ts'
import { playerId } from './players.ts'
import { about, array, bool, choice, object, optional, record, text } from './schema.ts'

const said = () => about('What it says of itself.', text({ max: 128 }))
const more = () => about('What the game says of it, such as where it plays.', record())
const wish = () =>
  about(
    'Online (as it comes), away, or invisible: offline to all others.',
    choice('online', 'away', 'invisible'),
  )

/** How a player is, as others see it. */
export const presence = () =>
  object({
    player: playerId(),
    status: about(
      'Offline: it has no session, or wants to look so, and says nothing then. Away: none of its sessions has a connection, or it says so.',
      choice('online', 'away', 'offline'),
    ),
    text: said(),
    data: more(),
  })

/** How a player wants to be seen. */
const own = () => object({ status: wish(), text: said(), data: more() })

const who = () => object({ player: playerId() })
const whole = { direction: 'to_server', delivery: 'counted', rate: 'presence' } as const
const push = { direction: 'to_client', delivery: 'latest' } as const

export const presences = feature(
  'presence',
  'How players are, over all their devices: friends are told by themselves, others who follow.',
  {
    'presence.set': {
      ...whole,
      doc: 'Says how this player wants to be seen, for as long as it has a session; what is left out stays.',
      data: object({ status: optional(wish()), text: optional(said()), data: optional(more()) }),
      reply: object({ own: own() }),
      errors: ['NO_PLAYER_FOUND', 'TOO_LARGE'],
    },
    'presence.follow': {
      ...whole,
      doc: 'Follows a player who is no friend, for as long as one has a session. How it is comes before the answer, as `presence.changed`. Who is offline, or looks so, or blocks one, is not followed: INVALID_TARGET.',
      data: who(),
      reply: object({}),
      errors: ['NO_PLAYER_FOUND', 'INVALID_TARGET', 'TOO_MANY_FOLLOWED'],
    },
    'presence.unfollow': {
      ...whole,
      doc: 'Follows a player no longer; where one did not, nothing happens.',
      data: who(),
      reply: object({}),
      errors: ['NO_PLAYER_FOUND'],
    },
    'presence.changed': {
      ...push,
      doc: 'How a friend, or one who is followed, is now; offline as well where it is neither any more.',
      data: presence(),
    },
    'presence.list': {
      ...push,
      doc: 'Those of them who are not offline, after one has identified and whenever a session is there again; in parts, where they do not fit one message.',
      data: object({
        presences: array(presence()),
        first: about('The first part: what was known before is no more.', bool()),
        more: about('More parts follow.', bool()),
      }),
    },
    'presence.own': {
      ...push,
      doc: 'How this player wants to be seen, said on whichever device, and with each `presence.list`.',
      data: own(),
    },
  },
)
