import type { friends as friendsTable } from '../../protocol/friends.ts'
import { DEFAULT_PAGE } from '../../protocol/page.ts'
import { Committed } from '../core/dispatch/call.ts'
import type { HandlersOf } from '../core/dispatch/dispatch.ts'
import type { Arrival } from '../core/session/arrival.ts'
import type { Session } from '../core/session/session.ts'
import type { PlayerObserver } from '../core/session/sessions.ts'
import type { Bond, Bonded, Store } from '../core/store/store.ts'
import { push } from '../core/wire/frame.ts'
import type { Limits } from '../core/wire/limits.ts'
import { paged } from '../core/wire/page.ts'
import { Refusal } from '../core/wire/refusal.ts'
import type { World } from '../world.ts'

export interface FriendsOptions {
  readonly world: Pick<World, 'date'>
  readonly limits: Limits
  readonly store: Store
  readonly sessionsOf: (player: string) => Iterable<Session>
  /** The sessions that will be a player’s in a moment. */
  readonly arriving: (player: string) => Iterable<Arrival>
  /** What an address has of the storage. */
  readonly requireStorage: (address: string) => void
  readonly useStorage: (address: string, bytes: number) => void
  /** A player stands to another in another way, in none where that is null. */
  readonly changed: (player: string, other: string, standing: Standing | null) => void
}

type Standing = Bond['standing']

/** Of a player who is here. */
interface Known {
  readonly friends: Set<string>
  readonly blocks: Set<string>
}

export type Friends = ReturnType<typeof createFriends>

/** Friends and blocks. Nothing is told before it is stored; of who is here they are known at once. */
export function createFriends(options: FriendsOptions) {
  const { world, limits, store, sessionsOf, arriving, changed } = options
  const { requireStorage, useStorage } = options
  const here = new Map<string, Known>()

  const handlers: HandlersOf<(typeof friendsTable)['messages']> = {
    async 'friend.ask'({ session }, { player: other }) {
      const most = { most: limits.friends, most_asks: limits.friend_asks }
      const found = await store.run('friend.ask', { ...pairOf(session, other), ...most })
      if (found === null) throw noPlayer('friend.ask')
      if (found === 'BLOCKED') throw new Refusal('BLOCKED')
      return withFriend(session, other, counted(found))
    },
    async 'friend.accept'({ session }, { player: other }) {
      const pair = pairOf(session, other)
      const found = await store.run('friend.accept', { ...pair, most: limits.friends })
      if (found === 'NOT_ASKED') throw new Refusal('NOT_ASKED')
      return withFriend(session, other, counted(found))
    },
    async 'friend.remove'({ session }, { player: other }) {
      const found = await store.run('friend.remove', pairOf(session, other))
      return without(session, other, found)
    },
    async 'friend.block'({ session }, { player: other }) {
      const pair = pairOf(session, other)
      const found = await store.run('friend.block', { ...pair, most: limits.blocks })
      if (found === null) throw noPlayer('friend.block')
      if (found === 'TOO_MANY')
        throw new Refusal('TOO_MANY_BLOCKS', `this player blocks ${limits.blocks} others`)
      return withFriend(session, other, found)
    },
    async 'friend.unblock'({ session }, { player: other }) {
      const found = await store.run('friend.unblock', pairOf(session, other))
      return without(session, other, found)
    },
    async 'friend.list'({ session }, { standing, after = '', limit = DEFAULT_PAGE }) {
      const { id: player } = session.identified()
      requireStorage(session.address)
      const most = Math.min(limit, limits.page)
      const asked = { player, after, limit: most + 1, ...(standing && { standing }) }
      const found = await store.run('friend.list', asked)
      const page = paged(found, most, (one) => one.player, session.receiveBytes)
      useStorage(session.address, page.bytes)
      return () => ({ friends: page.page, next: page.next })
    },
  }

  const players: PlayerObserver = {
    async arriving({ player, bonds }) {
      const { friends, blocks } = await store.run('friend.known', { player: player.id })
      return () => {
        if (here.has(player.id)) return
        const known: Known = { friends: new Set(friends), blocks: new Set(blocks) }
        for (const [other, standing] of bonds) set(known, other, standing)
        here.set(player.id, known)
        player.blocks = known.blocks
      }
    },
    offline: ({ id }) => void here.delete(id),
  }

  return {
    handlers,
    players,
    /** The friends of a player who is here. */
    friendsOf: (player: string): ReadonlySet<string> => here.get(player)?.friends ?? NOBODY,
  }

  function set({ friends, blocks }: Known, other: string, standing: Standing | null): void {
    if (standing === 'friend') friends.add(other)
    else friends.delete(other)
    if (standing === 'blocked') blocks.add(other)
    else blocks.delete(other)
  }

  function pairOf(session: Session, other: string) {
    const { id: player } = session.identified()
    requireStorage(session.address)
    if (other === player)
      throw new Refusal('INVALID_TARGET', 'player: expected another than oneself')
    return { player, other, at: world.date() }
  }

  function counted(found: Bonded | 'TOO_MANY' | 'TOO_MANY_ASKS'): Bonded {
    if (found !== 'TOO_MANY' && found !== 'TOO_MANY_ASKS') return found
    const limit = found === 'TOO_MANY' ? 'friends' : 'friend_asks'
    const text = `${limit}: one of the two players has as many as it may`
    throw new Refusal('TOO_MANY_FRIENDS', text, { cause: { limit } })
  }

  function withFriend(session: Session, other: string, found: Bonded) {
    const { own: friend } = found
    if (!friend) throw new Error('expected a standing, as one was stored')
    return new Committed(() => {
      tell(session.identified().id, other, found)
      return { friend }
    })
  }

  function without(session: Session, other: string, found: Bonded) {
    return new Committed(() => {
      tell(session.identified().id, other, found)
      return {}
    })
  }

  /** Tells all devices of both what is another way than before. */
  function tell(player: string, other: string, { own, other: its, changed }: Bonded): void {
    if (changed.own) turn(player, other, own)
    if (changed.other) turn(other, player, its)
  }

  function turn(player: string, other: string, bond: Bond | null): void {
    const standing = bond?.standing ?? null
    const known = here.get(player)
    if (known) set(known, other, standing)
    for (const { bonds } of arriving(player)) bonds.set(other, standing)
    changed(player, other, standing)
    const message = bond
      ? push('friend.changed', { friend: bond })
      : push('friend.removed', { player: other })
    for (const session of sessionsOf(player)) session.send(message)
  }
}

const NOBODY: ReadonlySet<string> = new Set()

const noPlayer = (type: string) => new Refusal('INVALID_TARGET', `${type}.player: no such player`)
