import type { channelRoutes } from '../../protocol/http.ts'
import { DEFAULT_PAGE } from '../../protocol/page.ts'
import type { RouteHandlers } from '../core/api/api.ts'
import type { Committed } from '../core/dispatch/call.ts'
import type { Player } from '../core/session/session.ts'
import {
  type Channel,
  type ChannelMessage,
  known,
  type Store,
  type StoredPlayer,
} from '../core/store/store.ts'
import type { Limits } from '../core/wire/limits.ts'
import { paged } from '../core/wire/page.ts'

type Named = Pick<Player, 'id' | 'name'>

/** What is told to the members who are here when it is done. */
type Deed<R> = Promise<Committed<R>>

/** What the feature does. */
export interface ChannelActions {
  get(id: number): Promise<Channel>
  create(name: string, owner: string | null, props: Channel['props']): Deed<{ channel: Channel }>
  join(id: number, player: Named): Deed<{ channel: Channel }>
  leave(id: number, player: string): Deed<object>
  send(id: number, player: Named, message: ChannelMessage['message']): Deed<{ offset: number }>
  update(
    id: number,
    changes: { name?: string; owner?: string; props?: Channel['props'] },
  ): Deed<{ channel: Channel }>
  remove(id: number): Deed<object>
  membersPage(
    id: number,
    after: string,
    most: number,
  ): Promise<{ players: readonly string[]; next: string | null }>
  history(
    id: number,
    after: number,
    most: number,
  ): Promise<{ messages: readonly ChannelMessage[]; next: number | null }>
}

export interface ChannelsRoutesOptions {
  readonly limits: Limits
  readonly store: Store
  readonly channels: ChannelActions
}

/** What services ask about channels: everything, whoever owns them. */
export function createChannelsRoutes({
  limits,
  store,
  channels,
}: ChannelsRoutesOptions): RouteHandlers<typeof channelRoutes> {
  return {
    async 'GET /v1/channels'({ query: { limit, after = 0, ...filters } }) {
      const most = pageOf(limit)
      const found = await store.run('channel.list', { ...filters, after, limit: most + 1 })
      const { page, next } = paged(found, most, ({ id }) => id)
      return { channels: page, next }
    },
    async 'POST /v1/channels'({ body: { name, owner, props = {} } }) {
      const { id = null } = owner === undefined ? {} : await player(owner)
      const made = await channels.create(name, id, props)
      return made.deed()
    },
    async 'GET /v1/channels/:id'({ params: { id } }) {
      return { channel: await channels.get(id) }
    },
    async 'PATCH /v1/channels/:id'({ params: { id }, body }) {
      const updated = await channels.update(id, body)
      return updated.deed()
    },
    async 'DELETE /v1/channels/:id'({ params: { id } }) {
      const removed = await channels.remove(id)
      return removed.deed()
    },
    async 'GET /v1/channels/:id/members'({ params: { id }, query: { after = '', limit } }) {
      await channels.get(id)
      return channels.membersPage(id, after, pageOf(limit))
    },
    async 'PUT /v1/channels/:id/members/:player'({ params }) {
      await channels.get(params.id)
      const joined = await channels.join(params.id, await player(params.player))
      return joined.deed()
    },
    async 'DELETE /v1/channels/:id/members/:player'({ params }) {
      const left = await channels.leave(params.id, params.player)
      return left.deed()
    },
    async 'GET /v1/channels/:id/messages'({ params: { id }, query: { after = 0, limit } }) {
      await channels.get(id)
      return channels.history(id, after, pageOf(limit))
    },
    async 'POST /v1/channels/:id/messages'({ params: { id }, body }) {
      await channels.get(id)
      const sent = await channels.send(id, await player(body.player), body.message)
      return sent.deed()
    },
  }

  function pageOf(limit = DEFAULT_PAGE): number {
    return Math.min(limit, limits.page)
  }

  async function player(id: string): Promise<StoredPlayer> {
    return known(await store.run('player.get', { id }))
  }
}
