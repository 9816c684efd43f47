import type { AllMessages } from '../protocol/index.ts'
import type { DataOf, ReplyOf } from '../protocol/message.ts'
import { createEmitter, type Report } from './emitter.ts'
import type { Session } from './session.ts'

/** Another player, and how we stand to it: `standing` is friend, asked, asking or blocked. */
export type Friend = ReplyOf<AllMessages['friend.ask']>['friend']
export type Standing = Friend['standing']

export type FriendsEvents = {
  /** We stand to somebody in another way, by ourselves, on whichever device, or by that player. */
  changed: [friend: Friend]
  /** We stand to this player in no way any more. */
  removed: [player: string]
}

export interface FriendsListing {
  /** Only those. */
  readonly standing?: Standing
  /** The `next` of the page before. */
  readonly after?: string
  readonly limit?: number
}

export type Friends = ReturnType<typeof createFriends>

/**
 * Friends and blocks, which the server keeps; for whoever has identified. What changed while the
 * session was lost is in `list`.
 */
export function createFriends(session: Session, report: Report) {
  const { on, emit } = createEmitter<FriendsEvents>(report)
  session.on('message', ({ type, data }) => {
    if (type === 'friend.changed') {
      const { friend } = data as DataOf<AllMessages['friend.changed']>
      emit('changed', friend)
    } else if (type === 'friend.removed') {
      const { player } = data as DataOf<AllMessages['friend.removed']>
      emit('removed', player)
    }
  })

  return {
    on,
    /**
     * Asks a player, be it here or not, to be a friend; who asks us already is one then. Rejects with
     * INVALID_TARGET, BLOCKED or TOO_MANY_FRIENDS.
     */
    ask: (player: string) => bonded('friend.ask', player),
    /** Accepts who asks us. Rejects with NOT_ASKED or TOO_MANY_FRIENDS. */
    accept: (player: string) => bonded('friend.accept', player),
    /** Ends a friendship, takes back what we asked, or declines. */
    remove: (player: string) => ended('friend.remove', player),
    /**
     * Hears and is asked nothing by a player any more; what it says in channels is marked `blocked`.
     * Rejects with INVALID_TARGET or TOO_MANY_BLOCKS.
     */
    block: (player: string) => bonded('friend.block', player),
    unblock: (player: string) => ended('friend.unblock', player),
    /** Whom we stand to in some way, by id; resolves with a page, and `next` for the one after it. */
    list: (listing: FriendsListing = {}) => session.request('friend.list', listing),
  }

  function bonded(
    type: 'friend.ask' | 'friend.accept' | 'friend.block',
    player: string,
  ): Promise<Friend> {
    return session.request(type, { player }, {}, ({ friend }) => friend)
  }

  function ended(type: 'friend.remove' | 'friend.unblock', player: string): Promise<void> {
    return session.request(type, { player }, {}, () => undefined)
  }
}
