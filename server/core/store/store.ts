import type { Json } from '../../../protocol/schema.ts'
import { Refusal } from '../wire/refusal.ts'

/** A player as it is kept. Times are ms since 1970. */
export interface StoredPlayer {
  readonly id: string
  readonly name: string
  readonly guest: boolean
  /** Made with a development ticket. */
  readonly dev: boolean
  readonly created_at: number
  readonly seen_at: number
  readonly props: readonly Prop[]
  readonly groups: readonly string[]
}

export interface Prop {
  readonly key: string
  readonly value: Json
}

/** Why a player may not identify, and until when; for good where that is null. */
export interface Ban {
  readonly reason: string
  readonly until: number | null
}

/** Who a player is to some service: a name, a Steam id. */
export interface Alias {
  readonly id: number
  readonly service: string
  readonly identifier: string
  readonly player: string
  readonly created_at: number
  readonly seen_at: number
}

export interface AccessKey {
  readonly id: string
  readonly hash: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly created_at: number
  readonly revoked_at: number | null
}

export interface Channel {
  readonly id: number
  readonly name: string
  /** The player who made it; null where a service did. */
  readonly owner: string | null
  readonly props: { readonly [key: string]: Json }
  readonly members: number
  /** Of its latest message; 0 before the first. */
  readonly offset: number
  readonly created_at: number
  readonly updated_at: number
}

export interface ChannelMessage {
  readonly channel: number
  /** Counts the channel's messages, from 1. */
  readonly offset: number
  readonly player: string
  readonly name: string
  readonly message: Json
  readonly at: number
}

/** How one player stands to another, and what that other is called. */
export interface Bond {
  readonly player: string
  readonly name: string
  readonly standing: 'friend' | 'asked' | 'asking' | 'blocked'
  readonly since: number
}

/** What has become of two players: how each stands to the other now; null for in no way. */
export interface Bonded {
  readonly own: Bond | null
  readonly other: Bond | null
  /** Whose standing is another than before. */
  readonly changed: { readonly own: boolean; readonly other: boolean }
}

/** A secret as it is kept: found by its id, compared by its hash. */
export interface Secret {
  readonly id: string
  readonly hash: string
}

/** How many channels a player may be in, and own. */
export interface MostChannels {
  readonly joined: number
  readonly owned: number
}

/** A player and another, at a moment. */
export interface Pair {
  readonly player: string
  readonly other: string
  readonly at: number
}

/** Everything that outlives the process. Each is done as a whole or not at all. */
export interface Operations {
  /** A new player whom only the secret identifies. */
  'guest.create'(
    a: Secret & { player: string; name: string; dev: boolean; at: number },
  ): StoredPlayer
  'guest.recall'(a: Secret & { at: number }): StoredPlayer | null
  'player.get'(a: { id: string }): StoredPlayer | null
  'player.rename'(a: { id: string; name: string; at: number }): StoredPlayer | null
  /**
   * Null removes a prop; refused as a whole when more than `most` would be left, more than `most_bytes`
   * of JSON, or a player who could not be read in pages with `receive_bytes` of `fits`.
   */
  'player.set_props'(a: {
    id: string
    props: readonly Prop[]
    most: number
    most_bytes?: number
    fits?: number
  }): StoredPlayer | 'TOO_MANY' | 'TOO_LARGE' | 'UNFIT' | null
  /** A group that would leave the player unreadable, as above, is not joined: UNFIT. */
  'player.set_group'(a: {
    id: string
    group: string
    member: boolean
    fits?: number
  }): StoredPlayer | 'UNFIT' | null
  /** Keeps a player out, for good or until a moment; false where there is no such player. */
  'player.ban'(a: { id: string; at: number } & Ban): boolean
  /** Whether it was banned; null where there is no such player. */
  'player.unban'(a: { id: string }): boolean | null
  /** The ban that holds now. */
  'player.ban_of'(a: { id: string; at: number }): Ban | null
  /** Of these players, those whom a ban keeps out now. */
  'player.banned'(a: { ids: readonly string[]; at: number }): readonly string[]
  /** The alias, made with a new player if there is none and `create` names one. */
  'alias.find'(a: {
    service: string
    identifier: string
    at: number
    create?: { player: string; name: string; dev: boolean }
  }): Alias | null
  'alias.get'(a: { id: number }): Alias | null
  'alias.of'(a: { player: string }): readonly Alias[]
  /** Makes a guest a player with an alias; null where the alias is somebody else's. */
  'alias.link'(a: { player: string; service: string; identifier: string; at: number }): Alias | null
  /** Replaces the alias's token. */
  'token.issue'(a: { alias: number; hash: string; until: number }): null
  /** Whose alias it is, where the token is right and not too old. */
  'token.check'(a: { alias: number; hash: string; at: number }): Alias | null
  'ticket.issue'(
    a: Secret & { key: string; scopes: readonly string[]; dev: boolean; until: number },
  ): null
  /** What the ticket fixes; it cannot be taken twice. */
  'ticket.take'(a: Secret & { at: number }): Ticket | null
  /** Takes the place of a key of the same id. */
  'key.create'(a: Omit<AccessKey, 'revoked_at'>): null
  'key.list'(a: Record<string, never>): readonly AccessKey[]
  /** The key of a secret, unless it is revoked. */
  'key.find'(a: Secret): AccessKey | null
  'key.revoke'(a: { id: string; at: number }): boolean
  /** Of these keys, those that are revoked. */
  'key.revoked'(a: { ids: readonly string[] }): readonly string[]
  /** TOO_MANY where its owner would be in more channels, or own more, than `most` says. */
  'channel.create'(a: {
    name: string
    owner: string | null
    props: Channel['props']
    at: number
    most?: MostChannels
  }): Channel | 'TOO_MANY'
  'channel.get'(a: { id: number }): Channel | null
  /** By id; `skip` passes over so many of them. */
  'channel.list'(a: {
    after: number
    limit: number
    player?: string
    name?: string
    skip?: number
  }): readonly Channel[]
  'channel.count'(a: Record<string, never>): number
  /**
   * With `fits`, UNFIT and nothing done where the channel could not be read with such `receive_bytes`;
   * TOO_MANY where a new owner would own more than `most_owned`.
   */
  'channel.update'(a: {
    id: number
    name?: string
    owner?: string | null
    props?: Channel['props']
    at: number
    fits?: number
    most_owned?: number
  }): Channel | 'UNFIT' | 'TOO_MANY' | null
  'channel.delete'(a: { id: number }): boolean
  /** `fits` as above; TOO_MANY where the player is in `most_joined` channels already. */
  'channel.join'(a: {
    id: number
    player: string
    most: number
    at: number
    fits?: number
    most_joined?: number
  }): { readonly channel: Channel; readonly isNew: boolean } | 'FULL' | 'UNFIT' | 'TOO_MANY' | null
  /** Whether the player was a member; null where there is no such channel. */
  'channel.leave'(a: { id: number; player: string }): boolean | null
  'channel.members'(a: {
    id: number
    after: string
    limit: number
    skip?: number
  }): readonly string[]
  'channel.is_member'(a: { id: number; player: string }): boolean
  /**
   * Appends for a member and answers with the offset; keeps the last `keep` messages, and of those
   * about the last `keep_bytes`.
   */
  'channel.append'(a: {
    id: number
    player: string
    name: string
    message: Json
    keep: number
    keep_bytes?: number
    at: number
  }): number | 'NOT_MEMBER' | null
  /** Messages after an offset, the oldest first; with `bytes`, no more than fill that, and one. */
  'channel.history'(a: {
    id: number
    after: number
    limit: number
    bytes?: number
  }): readonly ChannelMessage[]
  /**
   * Asks another to be a friend; who asks already is accepted, whoever came first. BLOCKED where one of
   * the two blocks the other, TOO_MANY or TOO_MANY_ASKS where one of them has too many; null where
   * one of them is nobody.
   */
  'friend.ask'(
    a: Pair & { most: number; most_asks: number },
  ): Bonded | 'BLOCKED' | 'TOO_MANY' | 'TOO_MANY_ASKS' | null
  /** NOT_ASKED where the other does not ask. */
  'friend.accept'(a: Pair & { most: number }): Bonded | 'TOO_MANY' | 'NOT_ASKED'
  /** Ends whatever is between them but blocks. */
  'friend.remove'(a: Pair): Bonded
  /** Ends what is between them, and blocks; null where one of them is nobody. */
  'friend.block'(a: Pair & { most: number }): Bonded | 'TOO_MANY' | null
  'friend.unblock'(a: Pair): Bonded
  /** The ids of all who are friends with a player, and whom it blocks. */
  'friend.known'(a: { player: string }): {
    readonly friends: readonly string[]
    readonly blocks: readonly string[]
  }
  /** By the other's id. */
  'friend.list'(a: {
    player: string
    standing?: Bond['standing']
    after: string
    limit: number
  }): readonly Bond[]
  /** Forgets messages, guests, tickets and tokens that are too old; how many. */
  prune(a: { at: number; messages_before: number; guests_before: number }): number
}

export interface Ticket {
  readonly key: string
  readonly scopes: readonly string[]
  readonly dev: boolean
}

/** A player that has to be there. */
export function known(stored: StoredPlayer | null): StoredPlayer {
  if (stored) return stored
  throw noPlayer()
}

export const noPlayer = () => new Refusal('NO_PLAYER_FOUND', 'no player has this id')

/** An alias without the player's id, which stands beside it. */
export const aliasInfo = ({ player: _, ...alias }: Alias) => alias

/** What keeps players, keys and channels. */
export interface Store {
  /**
   * Resolves once it is on the disk; rejects with a Refusal STORAGE_FAILED or STORAGE_BUSY, or with
   * OUTCOME_UNKNOWN where it may or may not be there.
   */
  run<K extends keyof Operations>(
    name: K,
    args: Parameters<Operations[K]>[0],
  ): Promise<ReturnType<Operations[K]>>
  /** Whether nothing can be asked of it for a while. */
  readonly isDown?: boolean
  close(): Promise<void>
}
