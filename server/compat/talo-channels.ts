import { channelId, channelName } from '../../protocol/channels.ts'
import type { ROUTES } from '../../protocol/http.ts'
import { aliasId } from '../../protocol/players.ts'
import { bool, integer, nullable, object, optional, record, text } from '../../protocol/schema.ts'
import type { Caller, RouteHandlers, ServedHandlers } from '../core/api/api.ts'
import type { Alias, Channel, Store } from '../core/store/store.ts'
import { Refusal } from '../core/wire/refusal.ts'
import { aliasIn, NOTHING, propsIn, refuseWishes, routes, saidProps } from './talo-asked.ts'
import type { Shapes } from './talo-shapes.ts'

export interface TaloChannelsOptions {
  readonly store: Store
  readonly shapes: Shapes
  /** What our own API does. */
  readonly own: RouteHandlers<typeof ROUTES>
  /** Refuses who is no member of a channel. */
  readonly member: (channel: number, player: string) => Promise<void>
}

const lenient = true
const reply = record()
const params = object({ id: channelId() })
const page = { page: optional(integer('uint32')) }
const byProp = { propKey: optional(text()), propValue: optional(text()) }
const off = () => optional(nullable(bool()))
const wishes = { autoCleanup: off(), private: off(), temporaryMembership: off() }
const props = optional(saidProps(128))

export const channelRoutes = routes({
  'GET /v1/game-channels': {
    ...{ lenient, reply },
    query: object({ ...page, ...byProp, search: optional(text()) }),
  },
  'POST /v1/game-channels': {
    ...{ lenient, reply },
    body: object({ name: channelName(), props, ...wishes }),
  },
  'GET /v1/game-channels/subscriptions': { lenient, reply, query: object(byProp) },
  'GET /v1/game-channels/:id': { lenient, params, reply },
  'PUT /v1/game-channels/:id': {
    ...{ lenient, params, reply },
    body: object({
      name: optional(channelName()),
      ...{ props, ownerAliasId: optional(aliasId()), ...wishes },
    }),
  },
  'DELETE /v1/game-channels/:id': { lenient, params },
  'POST /v1/game-channels/:id/join': { lenient, params, body: object({}), reply },
  'POST /v1/game-channels/:id/leave': { lenient, params, body: object({}) },
  'POST /v1/game-channels/:id/invite': {
    ...{ lenient, params },
    body: object({ inviteeAliasId: aliasId() }),
  },
  'GET /v1/game-channels/:id/members': {
    ...{ lenient, params, reply },
    query: object({
      ...{ ...page, playerId: optional(text()), aliasId: optional(text()) },
      ...{ identifier: optional(text()), playerGroupId: optional(text()) },
      ...{ playerPropKey: optional(text()), playerPropValue: optional(text()) },
    }),
  },
})

/** Translates each call into one of ours, and its answer into Talo's. */
export function createTaloChannels(
  options: TaloChannelsOptions,
): ServedHandlers<typeof channelRoutes> {
  const { store, shapes, own, member } = options

  return {
    async 'GET /v1/game-channels'({ query: { page: at = 0, ...filters } }) {
      refuseFilters(filters)
      const window = { after: 0, limit: PAGE + 1, skip: at * PAGE }
      const [found, count] = await Promise.all([
        store.run('channel.list', window),
        store.run('channel.count', {}),
      ])
      return { channels: await all(found.slice(0, PAGE)), count, ...pageOf(found) }
    },

    async 'POST /v1/game-channels'(call) {
      const { name, props = [], ...wished } = call.body
      refuseWishes(wished, NO_WISHES)
      const { player } = await aliasIn(store, call)
      const body = { name, owner: player, props: changed({}, props) }
      const { channel } = await own['POST /v1/channels']({ ...NOTHING, key: call.key, body })
      return told(channel)
    },

    async 'GET /v1/game-channels/subscriptions'(call) {
      refuseFilters(call.query)
      const { player } = await aliasIn(store, call)
      const found = await store.run('channel.list', { after: 0, limit: MOST, player })
      return { channels: await all(found) }
    },

    async 'GET /v1/game-channels/:id'({ key, params }) {
      const { channel } = await own['GET /v1/channels/:id']({ ...NOTHING, key, params })
      return told(channel)
    },

    async 'PUT /v1/game-channels/:id'(call) {
      const { name, props, ownerAliasId, ...wished } = call.body
      refuseWishes(wished, NO_WISHES)
      const { channel } = await owned(call)
      const { key, params } = call
      const heir = ownerAliasId === undefined ? undefined : await known(ownerAliasId)
      if (heir) await join(call, heir)
      const body = {
        ...(name !== undefined && { name }),
        ...(props && { props: changed(channel.props, props) }),
        ...(heir && { owner: heir.player }),
      }
      if (Object.keys(body).length === 0) return told(channel)
      const updated = await own['PATCH /v1/channels/:id']({ ...NOTHING, key, params, body })
      return told(updated.channel)
    },

    async 'DELETE /v1/game-channels/:id'(call) {
      const { key, params } = call
      await owned(call)
      await own['DELETE /v1/channels/:id']({ ...NOTHING, key, params })
      return undefined
    },

    async 'POST /v1/game-channels/:id/join'(call) {
      return told(await join(call, await aliasIn(store, call)))
    },

    async 'POST /v1/game-channels/:id/leave'(call) {
      const { player } = await aliasIn(store, call)
      const params = { id: call.params.id, player }
      await own['DELETE /v1/channels/:id/members/:player']({ ...NOTHING, key: call.key, params })
      return undefined
    },

    async 'POST /v1/game-channels/:id/invite'(call) {
      const { alias } = await owned(call)
      const invited = await known(call.body.inviteeAliasId)
      if (invited.player === alias.player) throw new Refusal('INVALID_MESSAGE_DATA', NOT_ONESELF)
      await join(call, invited)
      return undefined
    },

    async 'GET /v1/game-channels/:id/members'(call) {
      const { page: at = 0, ...filters } = call.query
      refuseFilters(filters)
      const { player } = await aliasIn(store, call)
      const { id } = call.params
      await member(id, player)
      const window = { id, after: '', limit: PAGE + 1, skip: at * PAGE }
      const [found, channel] = await Promise.all([
        store.run('channel.members', window),
        store.run('channel.get', { id }),
      ])
      const members = await Promise.all(found.slice(0, PAGE).map(shapes.alias))
      return { members, count: channel?.members ?? 0, ...pageOf(found) }
    },
  }

  async function told(channel: Channel) {
    return { channel: await shapes.channelOf(channel) }
  }

  async function all(channels: readonly Channel[]) {
    return Promise.all(channels.map(shapes.channelOf))
  }

  /** The channel, and who asks, which has to be its owner. */
  async function owned(call: Call): Promise<{ channel: Channel; alias: Alias }> {
    const alias = await aliasIn(store, call)
    const { key, params } = call
    const { channel } = await own['GET /v1/channels/:id']({ ...NOTHING, key, params })
    if (channel.owner !== alias.player) throw new Refusal('NOT_CHANNEL_OWNER')
    return { channel, alias }
  }

  async function join({ key, params: { id } }: Call, { player }: Alias): Promise<Channel> {
    const asked = { ...NOTHING, key, params: { id, player } }
    const { channel } = await own['PUT /v1/channels/:id/members/:player'](asked)
    return channel
  }

  async function known(id: number): Promise<Alias> {
    const alias = await store.run('alias.get', { id })
    if (alias) return alias
    throw new Refusal('NO_PLAYER_FOUND')
  }
}

type Call = Caller & { readonly params: { readonly id: number } }

/** Talo's page. */
const PAGE = 50
/** How many channels of one player are listed. */
const MOST = 1_000

const NO_WISHES = 'this server does not offer that; leave it out'
const NO_FILTERS = 'this server does not filter; leave it out'
const NOT_ONESELF = 'body.inviteeAliasId: expected somebody else than who invites'

const pageOf = (found: readonly unknown[]) => ({
  itemsPerPage: PAGE,
  isLastPage: found.length <= PAGE,
})

/** A channel's props with what is said of them; one of null goes. */
function changed(before: Channel['props'], said: Parameters<typeof propsIn>[0]): Channel['props'] {
  const changes = propsIn(said).map(({ key, value }) => [key, value] as const)
  const after = Object.entries({ ...before, ...Object.fromEntries(changes) })
  return Object.fromEntries(after.filter(([, value]) => value !== null))
}

const refuseFilters = (filters: Readonly<Record<string, unknown>>) =>
  refuseWishes(
    Object.fromEntries(Object.entries(filters).map(([name, asked]) => [`query.${name}`, asked])),
    NO_FILTERS,
  )
