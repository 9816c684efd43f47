import type { Method } from './http.ts'
import type { Scope } from './players.ts'

/*
 * What Talo's Godot plugin asks of a server and is told, as its versions 0.38 to 0.49 have it. The
 * server answers by these tables, COMPATIBILITY.md shows them, and the tests ask every line of them.
 */

/** The versions of the plugin that the tables hold for. */
export const TALO_VERSIONS = ['0.38', '0.39', '0.46', '0.48', '0.49'] as const
export type TaloVersion = (typeof TALO_VERSIONS)[number]

interface Asked {
  /** What of the plugin's asks it. */
  readonly by: string
  /** The first and the last version that does; all, unless said. */
  readonly since?: TaloVersion
  readonly until?: TaloVersion
}

/** A call that is answered, by method and path as the plugin has it. */
interface TaloCall extends Asked {
  readonly told: string
  readonly scope?: Scope
}

type Calls<T> = Readonly<Record<`${Method} /${string}`, T>>
const calls = <const C extends Calls<TaloCall>>(table: C): C => table
const absent = <const C extends Calls<Asked>>(table: C): C => table

export const TALO_CALLS = calls({
  'GET /public/health': { by: '`health_check.ping`', since: '0.39', told: '204' },
  'GET /v1/health-check': {
    by: '`health_check.ping`',
    until: '0.38',
    told: '204; with `?body=1`, 200',
  },
  'POST /v1/socket-tickets': {
    by: 'itself, before it opens the socket',
    told: '`ticket`',
  },
  'GET /v1/players/identify': {
    by: '`players.identify`',
    scope: 'read:players',
    told: '`alias`, `socketToken`; 400 for the service `talo`, whose accounts are Talo’s',
  },
  'POST /v1/players/socket-token': {
    by: 'itself, when the server is there again',
    scope: 'write:players',
    told: '`socketToken`',
  },
  'GET /v1/players/:id': {
    by: '`players.find`',
    scope: 'read:players',
    told: '`player`, with its `aliases`',
  },
  'PATCH /v1/players/:id': {
    by: '`players.update`, and a player’s `set_prop` and the like',
    scope: 'write:players',
    told: '`player`; in `rejectedProps` those whose key or value is too long, which are not changed',
  },
  'GET /v1/game-channels': {
    by: '`channels.get_channels`',
    scope: 'read:channels',
    told: 'a page of `channels`; 400 with `search`, `propKey` or `propValue`',
  },
  'POST /v1/game-channels': {
    by: '`channels.create`',
    scope: 'write:channels',
    told: '`channel`; 400 with `autoCleanup`, `private` or `temporaryMembership`',
  },
  'GET /v1/game-channels/subscriptions': {
    by: '`channels.get_subscribed_channels`',
    scope: 'read:channels',
    told: 'the player’s `channels`; 400 with `propKey` or `propValue`',
  },
  'GET /v1/game-channels/:id': {
    by: '`channels.find`',
    scope: 'read:channels',
    told: '`channel`',
  },
  'GET /v1/game-channels/:id/members': {
    by: '`channels.get_members`',
    scope: 'read:channels',
    told: 'a page of `members`; 403 to who is none; 400 with any filter but `propKey` and `propValue`, which Talo passes over as well',
  },
  'PUT /v1/game-channels/:id': {
    by: '`channels.update`',
    scope: 'write:channels',
    told: '`channel`; 403 to who is not its owner',
  },
  'DELETE /v1/game-channels/:id': {
    by: '`channels.delete`',
    scope: 'write:channels',
    told: '204; 403 to who is not its owner',
  },
  'POST /v1/game-channels/:id/join': {
    by: '`channels.join`',
    scope: 'write:channels',
    told: '`channel`',
  },
  'POST /v1/game-channels/:id/leave': {
    by: '`channels.leave`',
    scope: 'write:channels',
    told: '204',
  },
  'POST /v1/game-channels/:id/invite': {
    by: '`channels.invite`',
    scope: 'write:channels',
    told: '204; 403 to who is not its owner',
  },
})

/** What is not there: 404, so that the plugin does not keep it on its disk to ask it for ever. */
export const TALO_ABSENT = absent({
  'GET /v1/players/search': { by: '`players.search`' },
  'POST /v1/players/merge': { by: '`players.merge`' },
  'GET /v1/players/presence/:id': { by: '`player_presence.get_presence`' },
  'PUT /v1/players/presence': { by: '`player_presence.update_presence`' },
  'GET /v1/players/relationships/subscribers': {
    by: '`player_relationships.get_subscribers`',
    since: '0.46',
  },
  'GET /v1/players/relationships/subscriptions': {
    by: '`player_relationships.get_subscriptions`',
    since: '0.46',
  },
  'POST /v1/players/relationships': { by: '`player_relationships.subscribe_to`', since: '0.46' },
  'PUT /v1/players/relationships/:id/confirm': {
    by: '`player_relationships.confirm_subscription_by_id`',
    since: '0.46',
  },
  'DELETE /v1/players/relationships/:id': {
    by: '`player_relationships.revoke_subscription`',
    since: '0.46',
  },
  'POST /v1/players/auth/register': { by: '`player_auth.register`' },
  'POST /v1/players/auth/login': { by: '`player_auth.login`' },
  'POST /v1/players/auth/verify': { by: '`player_auth.verify`' },
  'POST /v1/players/auth/logout': { by: '`player_auth.logout`' },
  'POST /v1/players/auth/refresh': { by: '`player_auth.refresh`', since: '0.46' },
  'POST /v1/players/auth/change_password': { by: '`player_auth.change_password`' },
  'POST /v1/players/auth/change_email': { by: '`player_auth.change_email`' },
  'POST /v1/players/auth/change_identifier': {
    by: '`player_auth.change_identifier`',
    since: '0.46',
  },
  'POST /v1/players/auth/forgot_password': { by: '`player_auth.forgot_password`' },
  'POST /v1/players/auth/reset_password': { by: '`player_auth.reset_password`' },
  'PATCH /v1/players/auth/toggle_verification': { by: '`player_auth.toggle_verification`' },
  'DELETE /v1/players/auth/': { by: '`player_auth.delete_account`' },
  'POST /v1/players/auth/migrate': { by: '`player_auth.migrate_account`', since: '0.46' },
  'GET /v1/game-channels/:id/storage': { by: '`channels.get_storage_prop`' },
  'GET /v1/game-channels/:id/storage/list': { by: '`channels.list_storage_props`' },
  'PUT /v1/game-channels/:id/storage': { by: '`channels.set_storage_props`' },
  'POST /v1/events/': { by: '`events.track`, `events.flush`' },
  'GET /v1/game-config/': { by: '`game_config.get_live_config`' },
  'GET /v1/game-feedback/categories': { by: '`feedback.get_categories`' },
  'POST /v1/game-feedback/categories/:name': { by: '`feedback.send`' },
  'GET /v1/game-saves/': { by: '`saves.get_saves`' },
  'POST /v1/game-saves/': { by: '`saves.create_save`' },
  'PATCH /v1/game-saves/:id': { by: '`saves.update_save`, `saves.replace_save_with_offline_save`' },
  'DELETE /v1/game-saves/:id': { by: '`saves.delete_save`' },
  'GET /v1/game-stats': { by: '`stats.get_stats`' },
  'GET /v1/game-stats/:name': { by: '`stats.find`' },
  'PUT /v1/game-stats/:name': { by: '`stats.track`' },
  'GET /v1/game-stats/player-stats': { by: '`stats.list_player_stats`' },
  'GET /v1/game-stats/:name/player-stat': { by: '`stats.find_player_stat`' },
  'GET /v1/game-stats/:name/history': { by: '`stats.get_history`' },
  'GET /v1/game-stats/:name/global-history': { by: '`stats.get_global_history`' },
  'GET /v1/leaderboards/:name/entries': { by: '`leaderboards.get_entries`' },
  'POST /v1/leaderboards/:name/entries': { by: '`leaderboards.add_entry`' },
  'GET /v1/player-groups/:id': { by: '`player_groups.get_group`' },
})

export type TaloCallName = keyof typeof TALO_CALLS

/** What a game says on the socket, and what comes of it; nothing does without `told`. */
interface TaloRequest {
  readonly since?: TaloVersion
  readonly told?: string
}

const requests = <const R extends Readonly<Record<string, TaloRequest>>>(table: R): R => table

export const TALO_REQUESTS = requests({
  'v1.players.identify': {
    told: '`v1.players.identify.success` with the alias, or `v1.error`',
  },
  'v1.channels.message': {
    told: '`v1.channels.message`, as every member does, or `v1.error`',
  },
  'v1.player-relationships.broadcast': { since: '0.46' },
})

/** Those of which nothing comes here. */
export const ABSENT_REQUESTS = Object.keys(TALO_REQUESTS).filter(
  (name) => !('told' in TALO_REQUESTS[name as keyof typeof TALO_REQUESTS]),
)

/** What a game listens for on the socket, and when it comes; never without `when`. */
interface TaloPush {
  readonly since?: TaloVersion
  readonly when?: string
}

const pushes = <const P extends Readonly<Record<string, TaloPush>>>(table: P): P => table

export const TALO_PUSHES = pushes({
  'v1.connected': { when: 'first, once the ticket is taken' },
  'v1.error': { when: 'something went wrong: `req`, `message`, `errorCode`, `cause`' },
  'v1.channels.message': { when: 'a member said something' },
  'v1.channels.player-joined': { when: 'a player became a member, or was made one' },
  'v1.channels.player-left': { when: 'a player is a member no longer' },
  'v1.channels.ownership-transferred': { when: 'the channel has another owner' },
  'v1.channels.updated': { when: 'its name or its props are others' },
  'v1.channels.deleted': { when: 'it is gone' },
  'v1.channels.storage.updated': {},
  'v1.players.presence.updated': {},
  'v1.player-relationships.broadcast': { since: '0.46' },
  'v1.player-relationships.subscription-created': { since: '0.46' },
  'v1.player-relationships.subscription-confirmed': { since: '0.46' },
  'v1.player-relationships.subscription-deleted': { since: '0.46' },
  'v1.live-config.updated': {},
})
