import type { matchRoutes } from '../../protocol/http.ts'
import type { Json } from '../../protocol/schema.ts'
import type { RouteHandlers } from '../core/api/api.ts'
import { Refusal } from '../core/wire/refusal.ts'
import { checkBytes } from '../core/wire/size.ts'

export interface SearchesRoutesOptions {
  /** How many bytes the properties of one may be. */
  readonly most: number
  /** Searches in a queue for players who are here. */
  readonly search: (
    queue: string,
    company: { readonly code: null; readonly members: readonly Member[] },
  ) => { readonly search: string; readonly searching: number; readonly estimate_ms: number | null }
  /** Ends a search; false where there is none. */
  readonly cancel: (search: string) => boolean
}

interface Member {
  readonly player: string
  readonly properties?: Readonly<Record<string, Json>>
}

/** What services ask of queues. */
export const createSearchesRoutes = ({
  most,
  search,
  cancel,
}: SearchesRoutesOptions): RouteHandlers<typeof matchRoutes> => ({
  async 'POST /v1/searches'({ body: { queue, players } }) {
    if (players.length === 0 || new Set(players.map(({ player }) => player)).size < players.length)
      throw new Refusal('INVALID_MESSAGE_DATA', 'body.players: expected some players, each once')
    for (const { properties } of players) checkBytes('body.players.properties', properties, most)
    return search(queue, { code: null, members: players })
  },
  async 'DELETE /v1/searches/:search'({ params: { search: id } }) {
    if (!cancel(id)) throw new Refusal('NOT_SEARCHING', `path.search: no search waits by ${id}`)
    return {}
  },
})
