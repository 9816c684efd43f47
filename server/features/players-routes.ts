import type { playerRoutes } from '../../protocol/http.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { RouteHandlers } from '../core/api/api.ts'
import { newSecret } from '../core/store/secrets.ts'
import {
  type AccessKey,
  type Alias,
  aliasInfo,
  known,
  type Prop,
  type Store,
  type StoredPlayer,
} from '../core/store/store.ts'
import { Refusal } from '../core/wire/refusal.ts'
import type { World } from '../world.ts'

export interface PlayersRoutesOptions {
  readonly world: World
  readonly store: Store
  readonly token_ms: number
  readonly cleanName: (name: string) => string
  /** Changes name and props, also of those who are here. */
  readonly change: (
    player: string,
    name: string | undefined,
    props: readonly Prop[] | undefined,
  ) => Promise<StoredPlayer>
  /** A guest has become a player with an alias; those who are here see it. */
  readonly upgraded: (player: string) => void
}

/** What services ask about players. */
export function createPlayersRoutes(
  options: PlayersRoutesOptions,
): RouteHandlers<typeof playerRoutes> {
  const { world, store, token_ms, cleanName, change, upgraded } = options

  return {
    async 'POST /v1/players/identify'({ key, body: { service, identifier, name, dev } }) {
      const named = { service, identifier, at: world.date() }
      const alias = (await store.run('alias.find', named)) ?? (await make(key, named, name, dev))
      const [player, token] = await Promise.all([get(alias.player), issue(alias)])
      return { alias: aliasInfo(alias), player, token }
    },
    async 'POST /v1/aliases/:id/token'({ params }) {
      const alias = await store.run('alias.get', params)
      if (!alias) throw new Refusal('NO_PLAYER_FOUND', `no alias has the id ${params.id}`)
      return { token: await issue(alias), expires_ms: token_ms }
    },
    async 'GET /v1/players/:id'({ params: { id } }) {
      const [player, aliases, ban] = await Promise.all([
        get(id),
        store.run('alias.of', { player: id }),
        store.run('player.ban_of', { id, at: world.date() }),
      ])
      return { player, aliases: aliases.map(aliasInfo), ban }
    },
    async 'PATCH /v1/players/:id'({ params: { id }, body: { name, props } }) {
      return { player: await change(id, name, props) }
    },
    async 'POST /v1/players/:id/aliases'({ params: { id }, body: { service, identifier } }) {
      await get(id)
      const at = world.date()
      const alias = await store.run('alias.link', { player: id, service, identifier, at })
      if (!alias) throw new Refusal('ALIAS_TAKEN')
      const player = await get(id)
      upgraded(id)
      world.log.info({ player: id, alias: alias.id }, 'alias linked')
      return { alias: aliasInfo(alias), player }
    },
    'PUT /v1/players/:id/groups/:group': ({ params: { id, group } }) => setGroup(id, group, true),
    'DELETE /v1/players/:id/groups/:group': ({ params: { id, group } }) =>
      setGroup(id, group, false),
  }

  /** A new player for an alias that nobody has; of two who ask at once, one makes it. */
  async function make(
    key: AccessKey,
    named: { readonly service: string; readonly identifier: string; readonly at: number },
    asked = '',
    dev = false,
  ): Promise<Alias> {
    if (!key.scopes.includes('write:players')) throw new Refusal('NO_PLAYER_FOUND', NOT_MADE)
    const name = cleanName(asked) || `Player ${1 + world.random.below(9999)}`
    const create = { player: world.random.text(12), name, dev }
    const alias = await store.run('alias.find', { ...named, create })
    if (!alias) throw new Error('expected an alias, as one was to be made')
    world.log.info({ player: alias.player, alias: alias.id }, 'player made')
    return alias
  }

  async function get(id: string): Promise<StoredPlayer> {
    return known(await store.run('player.get', { id }))
  }

  async function issue({ id }: Alias): Promise<string> {
    const { text, kept } = newSecret(world.random)
    await store.run('token.issue', { alias: id, hash: kept.hash, until: world.date() + token_ms })
    return text
  }

  async function setGroup(id: string, group: string, member: boolean) {
    const asked = { id, group, member, fits: LIMITS.receive_bytes.value }
    const stored = await store.run('player.set_group', asked)
    if (stored === 'UNFIT')
      throw new Refusal('TOO_LARGE', 'path.group: expected no more groups than its client can read')
    return { player: known(stored) }
  }
}

const NOT_MADE =
  'no player has this alias, and a key without the scope write:players does not make one'
