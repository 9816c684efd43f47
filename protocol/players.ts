import { feature } from './message.ts'
import { tooLarge } from './page.ts'
import {
  about,
  array,
  bool,
  float64,
  integer,
  json,
  nullable,
  object,
  optional,
  text,
} from './schema.ts'

export const MAX_NAME = 24

/** What a connection may ask and receive, by its ticket; without one, everything a player may. */
export const SCOPES = [
  'read:players',
  'write:players',
  'read:channels',
  'write:channels',
  'write:notifications',
  'write:match',
] as const
export type Scope = (typeof SCOPES)[number]

/** A display name, as the server tells it. */
export const displayName = () => text({ min: 1, max: MAX_NAME })

/** How long a name may be that is asked for; what is too long for a display name is cut. */
const MAX_ASKED_NAME = 1_024

/** A display name as it is asked for, see `cleanName`. */
export const askedName = () => text({ min: 1, max: MAX_ASKED_NAME })

export const playerId = () => text({ min: 1, max: 64 })

/** How long the name of a prop may be. */
export const MAX_PROP_KEY = 64

const propKey = () => text({ min: 1, max: MAX_PROP_KEY })
export const prop = () => object({ key: propKey(), value: json() })
/** `props` of a change: a value of null removes. */
export const propChanges = () => about('A value of null removes the prop.', array(prop(), 128))

export const player = () =>
  object({
    id: about('The player’s id, which others may see.', playerId()),
    name: displayName(),
    guest: about('Whether only a key in this client’s keeping identifies the player.', bool()),
  })

/** A moment, on the server's calendar. */
export const instant = (doc: string) => about(`${doc}, in ms since 1970.`, float64({ min: 0 }))

export const aliasId = () => integer('uint32')
/** What makes an alias out: some service, and who the player is there. */
export const aliasNames = () => ({
  service: about('Such as `username` or `steam`.', text({ min: 1, max: 32 })),
  identifier: about('Unique within the service.', text({ min: 1, max: 128 })),
})

/** Who a player is to some service. */
export const alias = () =>
  object({
    id: aliasId(),
    ...aliasNames(),
    created_at: instant('When it was made'),
    seen_at: instant('When it last identified'),
  })

export const group = () => text({ min: 1, max: 64 })

/** All there is to know of a player. */
export const profile = () =>
  object({
    id: playerId(),
    name: displayName(),
    guest: bool(),
    dev: about('Whether a development ticket made it.', bool()),
    created_at: instant('When it was made'),
    seen_at: instant('When it last identified'),
    props: array(prop()),
    groups: array(group()),
  })

/** A profile, and what asks for the props that this message had no room for. */
const profilePage = () =>
  object({
    player: profile(),
    too_large: tooLarge(propKey(), 'the keys of these props'),
    next: about(
      'More props follow: the `after` of the next `player.get`; null for none.',
      nullable(propKey()),
    ),
  })

export const MAX_REASON = 200

/** Why a player may not identify. */
export const ban = () =>
  object({
    reason: about('For the player to read.', text({ max: MAX_REASON })),
    until: about('When it ends, in ms since 1970; null for never.', nullable(float64({ min: 0 }))),
  })

const PLAYER_ERRORS = [
  'NO_PLAYER_FOUND',
  'STORAGE_FAILED',
  'STORAGE_BUSY',
  'OUTCOME_UNKNOWN',
] as const

export const players = feature('players', 'Who is who.', {
  'player.identify': {
    direction: 'to_server',
    delivery: 'counted',
    rate: 'identify',
    holds: true,
    open: true,
    doc: 'Says who this session is: with nothing, a new guest; with a guest key, the guest it belongs to; with an alias and its token, the player behind it (a token never makes one); with a token alone, whoever a backend says it is, or else the alias in `ALIAS:TOKEN`. A ticket beside it fixes what the session may do, and is spent even where the rest is refused. What the session says next is handled once this has been answered, so that nobody has to wait before joining a room.',
    data: object({
      ticket: about(
        'From `POST /v1/socket-tickets`; good once.',
        optional(text({ min: 1, max: 128 })),
      ),
      guest_key: about('The key an earlier answer gave.', optional(text({ min: 1, max: 128 }))),
      alias: about('The id of an alias, as the HTTP API told it.', optional(integer('uint32'))),
      token: about(
        'The alias’s socket token, good for an hour; without an alias, what backends judge.',
        optional(text({ max: 4096 })),
      ),
      name: about(
        'The display name from now on; one longer than 24 UTF-16 code units is cut.',
        optional(askedName()),
      ),
    }),
    reply: object({
      player: player(),
      alias: optional(alias()),
      guest_key: about('For a new guest only, and only here: keep it.', optional(text())),
      scopes: about('What this session may do, where a ticket limits it.', optional(array(text()))),
    }),
    errors: [
      'INVALID_TICKET',
      'INVALID_GUEST_KEY',
      'INVALID_SOCKET_TOKEN',
      'PLAYER_BANNED',
      'ALREADY_IDENTIFIED',
      'TICKET_REQUIRED',
      'MISSING_SCOPE',
      'STORAGE_FAILED',
      'STORAGE_BUSY',
      'OUTCOME_UNKNOWN',
    ],
  },
  'player.get': {
    direction: 'to_server',
    delivery: 'counted',
    doc: 'All that is known of oneself, with props by their keys and a page at a time; of others the HTTP API tells whom it trusts.',
    data: object({ after: about('The `next` of the page before.', optional(propKey())) }),
    reply: profilePage(),
    errors: [...PLAYER_ERRORS, 'MISSING_SCOPE'],
  },
  'player.update': {
    direction: 'to_server',
    delivery: 'counted',
    doc: 'Changes one’s own name and props; answered with the first page of what there is then. TOO_LARGE, and nothing is changed, where this client could not read all of it in pages.',
    data: object({ name: optional(askedName()), props: optional(propChanges()) }),
    reply: profilePage(),
    errors: [...PLAYER_ERRORS, 'TOO_LARGE', 'TOO_MANY_PROPS', 'MISSING_SCOPE'],
  },
})
