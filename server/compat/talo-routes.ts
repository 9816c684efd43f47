import { channelId, channelName } from '../../protocol/channels.ts'
import type { ROUTES } from '../../protocol/http.ts'
import { aliasNames } from '../../protocol/players.ts'
import {
  array,
  bool,
  integer,
  nullable,
  object,
  optional,
  record,
  text,
} from '../../protocol/schema.ts'
import type { Caller, RouteHandlers, ServedHandlers } from '../core/api/api.ts'
import type { ServedRoutes } from '../core/api/routes.ts'
import type { Alias, Channel, Store } from '../core/store/store.ts'
import { Refusal } from '../core/wire/refusal.ts'
import { aliasOf, type Shapes } from './talo-shapes.ts'

export interface TaloRoutesOptions {
  readonly store: Store
  readonly shapes: Shapes
  /** What our own API does. */
  readonly own: RouteHandlers<typeof ROUTES>
  /** Refuses who is no member of a channel. */
  readonly member: (channel: number, player: string) => Promise<void>
}

const routes = <const R extends ServedRoutes>(table: R): R => table

const aChannel = object({ id: channelId() })
const page = { page: optional(integer('uint32')) }
const off = () => optional(nullable(bool()))
const unfiltered = { propKey: optional(text()), propValue: optional(text()) }
const reply = record()

/** The calls of Talo's HTTP API that a game makes to reach its socket and to use channels. */
export const TALO_ROUTES = routes({
  'GET /v1/health-check': { open: true, lenient: true, query: object({ body: optional(text()) }) },
  'POST /v1/socket-tickets': { lenient: true, body: object({}), reply },
  'GET /v1/players/identify': {
    ...{ scope: 'read:players', lenient: true, reply },
    query: object(aliasNames()),
  },
  'POST /v1/players/socket-token': {
    ...{ scope: 'write:players', lenient: true, reply },
    body: object({}),
  },
  'GET /v1/game-channels': {
    ...{ scope: 'read:channels', lenient: true, reply },
    query: object({ ...page, ...unfiltered, search: optional(text()) }),
  },
  'POST /v1/game-channels': {
    ...{ scope: 'write:channels', lenient: true, reply },
    body: object({
      name: channelName(),
      props: optional(array(object({ key: text({ min: 1, max: 64 }), value: text() }), 128)),
      ...{ autoCleanup: off(), private: off(), temporaryMembership: off() },
    }),
  },
  'GET /v1/game-channels/subscriptions': {
    ...{ scope: 'read:channels', lenient: true, reply },
    query: object(unfiltered),
  },
  'GET /v1/game-channels/:id': { scope: 'read:channels', params: aChannel, lenient: true, reply },
  'POST /v1/game-channels/:id/join': {
    ...{ scope: 'write:channels', lenient: true, reply },
    ...{ params: aChannel, body: object({}) },
  },
  'POST /v1/game-channels/:id/leave': {
    ...{ scope: 'write:channels', lenient: true },
    ...{ params: aChannel, body: object({}) },
  },
  'GET /v1/game-channels/:id/members': {
    ...{ scope: 'read:channels', params: aChannel, lenient: true, reply },
    query: object({
      ...{ ...page, playerId: optional(text()), aliasId: optional(text()) },
      ...{ identifier: optional(text()), playerGroupId: optional(text()) },
      ...{ playerPropKey: optional(text()), playerPropValue: optional(text()) },
    }),
  },
})

/** Translates each call into one of ours, and its answer into Talo's. */
export function createTaloRoutes(options: TaloRoutesOptions): ServedHandlers<typeof TALO_ROUTES> {
  const { store, shapes, own, member } = options

  return {
    'GET /v1/health-check': async ({ query }) => ('body' in query ? { ok: true } : undefined),

    async 'POST /v1/socket-tickets'({ key, header }) {
      const body = { dev: header('x-talo-dev-build') === '1' }
      const { ticket } = await own['POST /v1/socket-tickets']({ ...NOTHING, key, body })
      return { ticket }
    },

    async 'GET /v1/players/identify'({ key, header, query }) {
      const [service, identifier] = [query.service.trim(), query.identifier.trim()]
      if (service === 'talo') throw new Refusal('UNSUPPORTED', NO_ACCOUNTS)
      const dev = header('x-talo-dev-build') === '1'
      // A name that its player chose for others to see; other identifiers are nobody's business.
      const body = { service, identifier, dev, ...(service === 'username' && { name: identifier }) }
      const found = await own['POST /v1/players/identify']({ ...NOTHING, key, body })
      return { alias: aliasOf(found.alias, found.player), socketToken: found.token }
    },

    async 'POST /v1/players/socket-token'(call) {
      const params = await aliasIn(call)
      const asked = { ...NOTHING, key: call.key, params }
      const { token } = await own['POST /v1/aliases/:id/token'](asked)
      return { socketToken: token }
    },

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
      const { name, props = [], ...wishes } = call.body
      const [wish] = Object.entries(wishes).find(([, wished]) => wished) ?? []
      if (wish !== undefined) throw new Refusal('UNSUPPORTED', `${wish}: ${NO_WISHES}`)
      const { player } = await aliasIn(call)
      const body = { name, owner: player, props: recordOf(props) }
      const { channel } = await own['POST /v1/channels']({ ...NOTHING, key: call.key, body })
      return { channel: await shapes.channelOf(channel) }
    },

    async 'GET /v1/game-channels/subscriptions'(call) {
      refuseFilters(call.query)
      const { player } = await aliasIn(call)
      const found = await store.run('channel.list', { after: 0, limit: MOST, player })
      return { channels: await all(found) }
    },

    async 'GET /v1/game-channels/:id'({ key, params }) {
      const { channel } = await own['GET /v1/channels/:id']({ ...NOTHING, key, params })
      return { channel: await shapes.channelOf(channel) }
    },

    async 'POST /v1/game-channels/:id/join'(call) {
      const { player } = await aliasIn(call)
      const params = { id: call.params.id, player }
      const asked = { ...NOTHING, key: call.key, params }
      const { channel } = await own['PUT /v1/channels/:id/members/:player'](asked)
      return { channel: await shapes.channelOf(channel) }
    },

    async 'POST /v1/game-channels/:id/leave'(call) {
      const { player } = await aliasIn(call)
      const params = { id: call.params.id, player }
      await own['DELETE /v1/channels/:id/members/:player']({ ...NOTHING, key: call.key, params })
      return undefined
    },

    async 'GET /v1/game-channels/:id/members'(call) {
      const { page: at = 0, ...filters } = call.query
      refuseFilters(filters)
      const { player } = await aliasIn(call)
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

  /** Whom a call is for: Talo's clients say it in a header. */
  async function aliasIn({ header }: Pick<Caller, 'header'>): Promise<Alias> {
    const said = header(ALIAS)
    if (said === undefined)
      throw new Refusal('INVALID_MESSAGE_DATA', `${ALIAS} is missing from the request headers`)
    const id = /^\d{1,9}$/.test(said) ? Number(said) : -1
    const found = await store.run('alias.get', { id })
    if (found) return found
    throw new Refusal('NO_PLAYER_FOUND')
  }

  async function all(channels: readonly Channel[]) {
    return Promise.all(channels.map(shapes.channelOf))
  }
}

const ALIAS = 'x-talo-alias'
/** Talo's page. */
const PAGE = 50
/** How many channels of one player are listed. */
const MOST = 1_000
const NOTHING = { params: {}, query: {}, body: {} } as const

const NO_ACCOUNTS = 'this server has no Talo accounts: identify by another service than talo'
const NO_WISHES = 'this server does not offer that; leave it out'
const NO_FILTERS = 'this server does not filter; leave it out'

const pageOf = (found: readonly unknown[]) => ({
  itemsPerPage: PAGE,
  isLastPage: found.length <= PAGE,
})

const recordOf = (props: readonly { readonly key: string; readonly value: string }[]) =>
  Object.fromEntries(props.map(({ key, value }) => [key, value]))

function refuseFilters(filters: Readonly<Record<string, unknown>>): void {
  const [asked] = Object.entries(filters).find(([, wanted]) => wanted) ?? []
  if (asked !== undefined) throw new Refusal('UNSUPPORTED', `query.${asked}: ${NO_FILTERS}`)
}
