import type { ROUTES } from '../../protocol/http.ts'
import { aliasNames, MAX_PROP_KEY, playerId } from '../../protocol/players.ts'
import { object, optional, record, text } from '../../protocol/schema.ts'
import type { RouteHandlers, ServedHandlers } from '../core/api/api.ts'
import type { Prop, Store } from '../core/store/store.ts'
import type { Limits } from '../core/wire/limits.ts'
import { Refusal } from '../core/wire/refusal.ts'
import { jsonBytes } from '../core/wire/size.ts'
import { aliasIn, NOTHING, propsIn, routes, saidProps } from './talo-asked.ts'
import { aliasOf, wholePlayer } from './talo-shapes.ts'

export interface TaloPlayersOptions {
  readonly store: Store
  readonly limits: Pick<Limits, 'data_bytes'>
  /** What our own API does. */
  readonly own: RouteHandlers<typeof ROUTES>
}

const lenient = true
const reply = record()
const params = object({ id: playerId() })

export const playerRoutes = routes({
  'GET /public/health': { open: true },
  'GET /v1/health-check': { open: true, lenient, query: object({ body: optional(text()) }) },
  'POST /v1/socket-tickets': { lenient, body: object({}), reply },
  'GET /v1/players/identify': { lenient, query: object(aliasNames()), reply },
  'POST /v1/players/socket-token': { lenient, body: object({}), reply },
  'GET /v1/players/:id': { lenient, params, reply },
  'PATCH /v1/players/:id': {
    ...{ lenient, params, reply },
    body: object({ props: optional(saidProps()) }),
  },
})

/** Translates each call into one of ours, and its answer into Talo's. */
export function createTaloPlayers(
  options: TaloPlayersOptions,
): ServedHandlers<typeof playerRoutes> {
  const { store, limits, own } = options

  return {
    'GET /public/health': async () => undefined,
    'GET /v1/health-check': async ({ query }) => ('body' in query ? { ok: true } : undefined),

    async 'POST /v1/socket-tickets'({ key, header }) {
      const body = { dev: header('x-talo-dev-build') === '1' }
      const { ticket } = await own['POST /v1/socket-tickets']({ ...NOTHING, key, body })
      return { ticket }
    },

    async 'GET /v1/players/identify'({ key, header, query }) {
      const [service, identifier] = [query.service.trim(), query.identifier.trim()]
      if (service === 'talo') throw new Refusal('INVALID_MESSAGE_DATA', NO_ACCOUNTS)
      const dev = header('x-talo-dev-build') === '1'
      // A name that its player chose for others to see; other identifiers are nobody's business.
      const body = { service, identifier, dev, ...(service === 'username' && { name: identifier }) }
      const found = await own['POST /v1/players/identify']({ ...NOTHING, key, body })
      return { alias: aliasOf(found.alias, found.player), socketToken: found.token }
    },

    async 'POST /v1/players/socket-token'(call) {
      const asked = { ...NOTHING, key: call.key, params: await aliasIn(store, call) }
      const { token } = await own['POST /v1/aliases/:id/token'](asked)
      return { socketToken: token }
    },

    async 'GET /v1/players/:id'({ key, params }) {
      const { player, aliases } = await own['GET /v1/players/:id']({ ...NOTHING, key, params })
      return { player: wholePlayer(player, aliases) }
    },

    async 'PATCH /v1/players/:id'({ key, params, body }) {
      const said = propsIn(body.props ?? [])
      const rejectedProps = said.flatMap(rejection)
      const props = said.filter((prop) => rejection(prop).length === 0)
      const asked = { ...NOTHING, key, params, body: { props } }
      const { player } = await own['PATCH /v1/players/:id'](asked)
      const aliases = await store.run('alias.of', { player: player.id })
      return { player: wholePlayer(player, aliases), rejectedProps }
    },
  }

  /** Why a prop is not changed, in Talo's words; nothing where it is. */
  function rejection({ key, value }: Prop) {
    const bytes = jsonBytes(value)
    if (key.length > MAX_PROP_KEY)
      return [
        {
          key,
          error: 'PROP_KEY_TOO_LONG',
          message: tooLong('characters of a key', key.length, MAX_PROP_KEY),
        },
      ]
    if (bytes <= limits.data_bytes) return []
    const message = tooLong('bytes of a value', bytes, limits.data_bytes)
    return [{ key, error: 'PROP_VALUE_TOO_LONG', message }]
  }
}

const tooLong = (what: string, got: number, most: number) =>
  `${what}: expected at most ${most}, got ${got}`

const NO_ACCOUNTS =
  'query.service: this server has no Talo accounts: identify by another service than talo'
