import type { Alias, Channel, Store, StoredPlayer } from '../core/store/store.ts'
import { isoOf } from '../world.ts'

export type Shapes = ReturnType<typeof createShapes>

/** Talo's objects, made from ours. */
export function createShapes(store: Store) {
  return { player, alias, channel, channelOf }

  /** A player by the alias that was used last; a guest has none, and gets one that says so. */
  async function alias(id: string) {
    const [stored, aliases] = await Promise.all([player(id), store.run('alias.of', { player: id })])
    const { name, created_at, seen_at } = stored
    const none = { id: 0, service: 'guest', identifier: name, created_at, seen_at }
    const [first, ...others] = aliases
    return aliasOf(first ? others.reduce(laterOf, first) : none, stored)
  }

  async function player(id: string): Promise<StoredPlayer> {
    return (await store.run('player.get', { id })) ?? { ...NOBODY, id }
  }

  /** A channel by its id; of one that is gone, only that is known. */
  async function channel(id: number) {
    return channelOf((await store.run('channel.get', { id })) ?? { ...NOWHERE, id })
  }

  async function channelOf({ id, name, owner, offset, members, props, ...at }: Channel) {
    return {
      id,
      name,
      owner: owner === null ? null : await alias(owner),
      totalMessages: offset,
      memberCount: members,
      props: Object.entries(props).map(([key, value]) => ({ key, value: textOf(value) })),
      autoCleanup: false,
      private: false,
      temporaryMembership: false,
      createdAt: isoOf(at.created_at),
      updatedAt: isoOf(at.updated_at),
    }
  }
}

/** An alias, with its player inside. */
export const aliasOf = (
  { id, service, identifier, created_at, seen_at }: Omit<Alias, 'player'>,
  player: StoredPlayer,
) => ({
  id,
  service,
  identifier,
  player: {
    id: player.id,
    props: player.props.map(({ key, value }) => ({ key, value: textOf(value) })),
    devBuild: player.dev,
    createdAt: isoOf(player.created_at),
    lastSeenAt: isoOf(player.seen_at),
    groups: player.groups.map((name) => ({ id: name, name })),
  },
  lastSeenAt: isoOf(seen_at),
  createdAt: isoOf(created_at),
  updatedAt: isoOf(seen_at),
})

/** Props and messages are text there, and any JSON here. */
export const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value)

const laterOf = (one: Alias, other: Alias) => (other.seen_at > one.seen_at ? other : one)

/** Who was forgotten between a message and its translation. */
const NOBODY = {
  ...{ name: '', guest: true, dev: false, created_at: 0, seen_at: 0 },
  ...{ props: [], groups: [] },
}
const NOWHERE = {
  ...{ name: '', owner: null, props: {}, members: 0, offset: 0 },
  ...{ created_at: 0, updated_at: 0 },
}
