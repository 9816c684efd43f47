import { cleanName } from '../../protocol/name.ts'
import { known, type Prop, type Store, type StoredPlayer } from '../core/store/store.ts'
import type { Limits } from '../core/wire/limits.ts'
import { Refusal } from '../core/wire/refusal.ts'
import { checkBytes } from '../core/wire/size.ts'
import type { World } from '../world.ts'

export interface ProfilesOptions {
  readonly world: World
  readonly limits: Limits
  readonly store: Store
  /** A player has another name: those who are here see it. */
  readonly renamed: (player: string, name: string) => void
}

/** What players are called and what is kept of them. */
export function createProfiles({ world, limits, store, renamed }: ProfilesOptions) {
  return { change, rename }

  /** With `fits`, refuses to make of a player what its client could not read. */
  async function change(
    id: string,
    name: string | undefined,
    props: readonly Prop[] = [],
    fits?: number,
  ): Promise<StoredPlayer> {
    const stored = await setProps(id, props, fits)
    return name === undefined ? stored : rename(stored, name)
  }

  /** A name of nothing visible changes nothing. Sessions here see the new one once it is stored. */
  async function rename(stored: StoredPlayer, asked: string): Promise<StoredPlayer> {
    const { id } = stored
    const name = cleanName(asked)
    if (!name || name === stored.name) return stored
    const changed = known(await store.run('player.rename', { id, name, at: world.date() }))
    renamed(id, name)
    return changed
  }

  async function setProps(
    id: string,
    props: readonly Prop[],
    fits?: number,
  ): Promise<StoredPlayer> {
    for (const { key, value } of props) checkBytes(`props.${key}`, value, limits.data_bytes)
    const most = { most: limits.props, most_bytes: limits.player_bytes }
    const asked = { id, props, ...most, ...(fits !== undefined && { fits }) }
    const stored = await store.run('player.set_props', asked)
    if (stored === 'TOO_MANY') throw new Refusal('TOO_MANY_PROPS', `at most ${limits.props} props`)
    if (stored === 'TOO_LARGE')
      throw new Refusal('TOO_LARGE', `props: expected at most ${limits.player_bytes} bytes of them`)
    if (stored === 'UNFIT')
      throw new Refusal('TOO_LARGE', `this player would not fit receive_bytes ${fits}`)
    return known(stored)
  }
}
