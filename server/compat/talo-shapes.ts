import type { Alias, Channel, Prop, Store, StoredPlayer } from '../core/store/store.ts'
import { isoOf } from '../world.ts'
import { isList } from './talo-asked.ts'

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
      props: Object.entries(props).flatMap(([key, value]) => propsOf({ key, value })),
      autoCleanup: false,
      private: false,
      temporaryMembership: false,
      createdAt: isoOf(at.created_at),
      updatedAt: isoOf(at.updated_at),
    }
  }
}

type Named = Omit<Alias, 'player'>

/** An alias, with its player inside. */
export const aliasOf = (
  { id, service, identifier, created_at, seen_at }: Named,
  player: StoredPlayer,
) => ({
  id,
  service,
  identifier,
  displayName: player.name || identifier,
  player: playerOf(player),
  lastSeenAt: isoOf(seen_at),
  createdAt: isoOf(created_at),
  updatedAt: isoOf(seen_at),
})

/** A player, with all its aliases. */
export function wholePlayer(player: StoredPlayer, aliases: readonly Named[]) {
  const { id, props, ...rest } = playerOf(player)
  return { id, props, aliases: aliases.map((alias) => aliasOf(alias, player)), ...rest }
}

const playerOf = (player: StoredPlayer) => ({
  id: player.id,
  props: player.props.flatMap(propsOf),
  devBuild: player.dev,
  createdAt: isoOf(player.created_at),
  lastSeenAt: isoOf(player.seen_at),
  groups: player.groups.map((name) => ({ id: name, name })),
})

/** One there for each value of a list here. */
const propsOf = ({ key, value }: Prop) =>
  isList(key) && Array.isArray(value)
    ? value.map((one) => ({ key, value: textOf(one) }))
    : [{ key, value: textOf(value) }]

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
