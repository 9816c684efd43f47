import {
  channel,
  channelId,
  channelMessage,
  channelName,
  channelProps,
  offset,
} from './channels.ts'
import type { ErrorCode } from './errors.ts'
import type { RateClass } from './limits.ts'
import { queueName, standing } from './matchmaking.ts'
import { groupAddress, notified, sessionId } from './notify.ts'
import { pageLimit } from './page.ts'
import {
  alias,
  aliasId,
  aliasNames,
  askedName,
  ban,
  group,
  MAX_REASON,
  playerId,
  profile,
  propChanges,
  type Scope,
} from './players.ts'
import {
  about,
  array,
  bool,
  float64,
  type Infer,
  integer,
  json,
  nullable,
  object,
  optional,
  record,
  type Schema,
  text,
} from './schema.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** One line of the HTTP API: what a service with an access key may ask. */
export interface Route {
  readonly doc: string
  /** What the access key must be allowed; without it, any key will do. */
  readonly scope?: Scope
  /** What stands at the `:names` of the path. */
  readonly params?: Schema
  readonly query?: Schema
  readonly body?: Schema
  readonly reply: Schema
  readonly rate?: RateClass
  /** The codes it is refused with, beside `ROUTE_ERRORS`. */
  readonly errors?: readonly ErrorCode[]
}

/** Routes by method and path. */
export type Routes = Readonly<Record<`${Method} /v1/${string}`, Route>>

type Part<R, Name extends string> = R extends { readonly [K in Name]: infer S }
  ? Exclude<Infer<S>, undefined>
  : Record<never, never>

/** What a call of a route brings, as its schemas say. */
export interface Asked<R> {
  readonly params: Part<R, 'params'>
  readonly query: Part<R, 'query'>
  readonly body: Part<R, 'body'>
}
export type AnswerOf<R> = Part<R, 'reply'>

/** The codes every route can be refused with. */
export const ROUTE_ERRORS = [
  'UNKNOWN_ROUTE',
  'METHOD_NOT_ALLOWED',
  'INVALID_ACCESS_KEY',
  'MISSING_SCOPE',
  'INVALID_MESSAGE',
  'INVALID_MESSAGE_DATA',
  'TOO_LARGE',
  'RATE_LIMITED',
  'STORAGE_FAILED',
  'STORAGE_BUSY',
  'OUTCOME_UNKNOWN',
  'INTERNAL',
] as const satisfies readonly ErrorCode[]

const routes = <const R extends Routes>(table: R): R => table

const token = () => about('For `player.identify`, with the alias’s id.', text())
const expires = () => about('How long it is good, in ms.', integer('uint32'))
const aPlayer = object({ id: playerId() })
const aChannel = object({ id: channelId() })
const aMember = object({ id: channelId(), player: playerId() })
const aGroup = object({ id: playerId(), group: group() })
const after = <T>(schema: Schema<T>) => about('The `next` of the page before.', optional(schema))

export const keyRoutes = routes({
  'POST /v1/socket-tickets': {
    doc: 'A ticket for one session, which may do what the key may; good once, for `player.identify`.',
    body: object({
      dev: about('Whether the players it makes are for development.', optional(bool())),
    }),
    reply: object({ ticket: about('Good once; a secret.', text()), expires_ms: expires() }),
  },
})

export const playerRoutes = routes({
  'POST /v1/players/identify': {
    doc: 'The player behind an alias, and a token for its session; the player is made if there is none and the key has `write:players`.',
    scope: 'read:players',
    body: object({
      ...aliasNames(),
      name: about('What a new player is called; others keep their name.', optional(askedName())),
      dev: about('Whether a new player is for development.', optional(bool())),
    }),
    reply: object({ alias: alias(), player: profile(), token: token() }),
    errors: ['NO_PLAYER_FOUND'],
  },
  'POST /v1/aliases/:id/token': {
    doc: 'A new token for an alias; the one before is good no longer.',
    scope: 'read:players',
    params: object({ id: aliasId() }),
    reply: object({ token: token(), expires_ms: expires() }),
    errors: ['NO_PLAYER_FOUND'],
  },
  'GET /v1/players/:id': {
    doc: 'All that is known of a player.',
    scope: 'read:players',
    params: aPlayer,
    reply: object({ player: profile(), aliases: array(alias()), ban: nullable(ban()) }),
    errors: ['NO_PLAYER_FOUND'],
  },
  'PATCH /v1/players/:id': {
    doc: 'Changes name and props.',
    scope: 'write:players',
    params: aPlayer,
    body: object({ name: optional(askedName()), props: optional(propChanges()) }),
    reply: object({ player: profile() }),
    errors: ['NO_PLAYER_FOUND', 'TOO_MANY_PROPS'],
  },
  'POST /v1/players/:id/aliases': {
    doc: 'Gives a player an alias. A guest is one no longer, and loses nothing: its id, props, groups, channels and sessions stay.',
    scope: 'write:players',
    params: aPlayer,
    body: object(aliasNames()),
    reply: object({ alias: alias(), player: profile() }),
    errors: ['NO_PLAYER_FOUND', 'ALIAS_TAKEN'],
  },
  'PUT /v1/players/:id/groups/:group': {
    doc: 'Puts a player into a group.',
    scope: 'write:players',
    params: aGroup,
    reply: object({ player: profile() }),
    errors: ['NO_PLAYER_FOUND'],
  },
  'DELETE /v1/players/:id/groups/:group': {
    doc: 'Takes a player out of a group.',
    scope: 'write:players',
    params: aGroup,
    reply: object({ player: profile() }),
    errors: ['NO_PLAYER_FOUND'],
  },
})

export const banRoutes = routes({
  'PUT /v1/players/:id/ban': {
    doc: 'Keeps a player out: its sessions end (4102), and it cannot identify again (PLAYER_BANNED). It takes the place of an earlier ban.',
    scope: 'write:players',
    params: aPlayer,
    body: object({
      reason: about('For the player to read.', optional(text({ max: MAX_REASON }))),
      ms: about('How long; for good unless it is said.', optional(float64({ min: 1 }))),
    }),
    reply: object({ ban: ban() }),
    errors: ['NO_PLAYER_FOUND'],
  },
  'DELETE /v1/players/:id/ban': {
    doc: 'Lets a player in again; nothing happens where it was not banned.',
    scope: 'write:players',
    params: aPlayer,
    reply: object({}),
    errors: ['NO_PLAYER_FOUND'],
  },
})

export const channelRoutes = routes({
  'GET /v1/channels': {
    doc: 'Channels by id, a page at a time.',
    scope: 'read:channels',
    query: object({
      name: about('Only those of this name.', optional(channelName())),
      player: about('Only those this player is a member of.', optional(playerId())),
      after: after(integer('uint32')),
      limit: pageLimit(),
    }),
    reply: object({
      channels: array(channel()),
      next: about('Asks for the next page; null for none.', nullable(integer('uint32'))),
    }),
  },
  'POST /v1/channels': {
    doc: 'Makes a channel; its owner, where it has one, is a member.',
    scope: 'write:channels',
    body: object({
      name: channelName(),
      owner: optional(playerId()),
      props: optional(channelProps()),
    }),
    reply: object({ channel: channel() }),
    errors: ['NO_PLAYER_FOUND'],
  },
  'GET /v1/channels/:id': {
    doc: 'One channel.',
    scope: 'read:channels',
    params: aChannel,
    reply: object({ channel: channel() }),
    errors: ['CHANNEL_NOT_FOUND'],
  },
  'PATCH /v1/channels/:id': {
    doc: 'Changes name, props or owner; its members are told.',
    scope: 'write:channels',
    params: aChannel,
    body: object({
      name: optional(channelName()),
      props: optional(channelProps()),
      owner: about('Who owns it from now on: a member.', optional(playerId())),
    }),
    reply: object({ channel: channel() }),
    errors: ['CHANNEL_NOT_FOUND', 'NOT_IN_CHANNEL'],
  },
  'DELETE /v1/channels/:id': {
    doc: 'Ends the channel and forgets what was said in it; its members are told.',
    scope: 'write:channels',
    params: aChannel,
    reply: object({}),
    errors: ['CHANNEL_NOT_FOUND'],
  },
  'GET /v1/channels/:id/members': {
    doc: 'Who its members are, by id, a page at a time.',
    scope: 'read:channels',
    params: aChannel,
    query: object({ after: after(playerId()), limit: pageLimit() }),
    reply: object({ players: array(playerId()), next: nullable(playerId()) }),
    errors: ['CHANNEL_NOT_FOUND'],
  },
  'PUT /v1/channels/:id/members/:player': {
    doc: 'Makes a player a member, on all its devices; a member already is no mistake.',
    scope: 'write:channels',
    params: aMember,
    reply: object({ channel: channel() }),
    errors: ['CHANNEL_NOT_FOUND', 'NO_PLAYER_FOUND', 'CHANNEL_FULL'],
  },
  'DELETE /v1/channels/:id/members/:player': {
    doc: 'Ends a membership; who was no member is no mistake.',
    scope: 'write:channels',
    params: aMember,
    reply: object({}),
    errors: ['CHANNEL_NOT_FOUND'],
  },
  'GET /v1/channels/:id/messages': {
    doc: 'Messages after an offset, the oldest first.',
    scope: 'read:channels',
    params: aChannel,
    query: object({ after: after(float64({ min: 0 })), limit: pageLimit() }),
    reply: object({
      messages: array(channelMessage()),
      next: about('`after` for the next page; null for none.', nullable(float64({ min: 0 }))),
    }),
    errors: ['CHANNEL_NOT_FOUND'],
  },
  'POST /v1/channels/:id/messages': {
    doc: 'Says something for a member, to every member.',
    scope: 'write:channels',
    params: aChannel,
    body: object({ player: about('Who says it.', playerId()), message: json() }),
    reply: object({ offset: offset('The message’s place.') }),
    errors: ['CHANNEL_NOT_FOUND', 'NO_PLAYER_FOUND', 'NOT_IN_CHANNEL'],
  },
})

const data = about('Any JSON.', json())

export const notifyRoutes = routes({
  'POST /v1/notify/clients/:session': {
    doc: 'Notifies one session.',
    scope: 'write:notifications',
    params: object({ session: sessionId() }),
    body: object({ data }),
    reply: notified(),
    errors: ['INVALID_TARGET'],
  },
  'POST /v1/notify/groups/:group': {
    doc: 'Notifies a group.',
    scope: 'write:notifications',
    params: object({ group: groupAddress() }),
    body: object({ data }),
    reply: notified(),
    errors: ['INVALID_TARGET'],
  },
  'POST /v1/notify/all': {
    doc: 'Notifies everybody.',
    scope: 'write:notifications',
    body: object({ data }),
    reply: notified(),
  },
})

const searchId = () => text({ min: 1, max: 64 })

export const matchRoutes = routes({
  'POST /v1/searches': {
    doc: 'Searches in a queue for players who are here, each by the session that was active last: together, in one team. What comes of it is told to them, as if they had searched.',
    scope: 'write:match',
    body: object({
      queue: queueName(),
      players: array(
        object({
          player: playerId(),
          properties: about('What the queue’s rules look at.', optional(record())),
        }),
        64,
      ),
    }),
    reply: object({ search: about('Ends it, by `DELETE`.', searchId()), ...standing() }),
    errors: ['UNKNOWN_QUEUE', 'PARTY_MAY_NOT', 'TOO_LARGE'],
  },
  'DELETE /v1/searches/:search': {
    doc: 'Ends a search that has found no match yet; its players are told (party).',
    scope: 'write:match',
    params: object({ search: searchId() }),
    reply: object({}),
    errors: ['NOT_SEARCHING'],
  },
})

/** Every route by its method and path. */
export const ROUTES = {
  ...keyRoutes,
  ...playerRoutes,
  ...banRoutes,
  ...channelRoutes,
  ...notifyRoutes,
  ...matchRoutes,
} as const
