import type { AllMessages } from '../protocol/index.ts'
import type { DataOf, ReplyOf } from '../protocol/message.ts'
import type { Json } from '../protocol/schema.ts'
import type { Session } from './session.ts'

export type Player = ReplyOf<AllMessages['player.identify']>['player']
type Page = ReplyOf<AllMessages['player.get']>
type WireProfile = Page['player']
/** Values by key. */
export type Props = Readonly<Record<string, Json>>
/**
 * All that is known of oneself: also `groups`, and when it was made and last seen, in ms since 1970.
 * `too_large` are the keys of props that are more than this client takes, where there are any.
 */
export type Profile = Omit<WireProfile, 'props'> & {
  readonly props: Props
  readonly too_large?: readonly string[]
}
/** What identifying answered; `guest_key` comes to a new guest only. */
export type Identified = ReplyOf<AllMessages['player.identify']>
/** What to change; props are merged into what is there, and null removes one. */
export interface PlayerChanges {
  readonly name?: string
  readonly props?: Props
}

/**
 * Who says so: a new guest, a guest by its key, a player by an alias and its token, or by a token alone
 * whoever a backend says.
 */
export type Who = {
  /** The display name from now on; a new guest is given one otherwise. */
  readonly name?: string
  /** From your own service, which asked for it with an access key; good once, for five minutes. */
  readonly ticket?: string
} & (
  | { readonly guest_key?: string; readonly alias?: never; readonly token?: never }
  | { readonly alias?: number; readonly token: string; readonly guest_key?: never }
)

export type Players = ReturnType<typeof createPlayers>

/** Who this client is. */
export function createPlayers(session: Session) {
  let me: Player | undefined
  let props: Props = {}
  session.on('lost', () => know(undefined))
  session.on('snapshot', ([page]) => know(page?.player ?? undefined))
  session.on('message', ({ type, data }) => {
    if (type === 'player.identified')
      know((data as DataOf<AllMessages['player.identified']>).player)
  })

  return {
    /** The player this session is; undefined before `identify`, and after `lost`. */
    get me() {
      return me
    },

    /** What is kept of us, as `get` or `update` told last; empty before. */
    get props() {
      return props
    },

    /**
     * Says who we are: with nothing, a new guest, whose `guest_key` is told only here: keep it;
     * with that key, the same guest again; with an alias and its token, which your own service gets
     * for those it knows, the player behind it. A ticket beside it fixes what this session may do.
     * Rejects with INVALID_GUEST_KEY, INVALID_SOCKET_TOKEN, INVALID_TICKET, TICKET_REQUIRED,
     * MISSING_SCOPE, or ALREADY_IDENTIFIED: who wants to be another connects anew.
     */
    identify: (who: Who = {}): Promise<Identified> =>
      session.request('player.identify', who, {}, (answer) => {
        know(answer.player)
        return answer
      }),

    /** All that is known of us. Rejects with NO_PLAYER_FOUND before `identify`. */
    get: (): Promise<Profile> =>
      session.watched(async () => session.request('player.get', {}, {}, whole)),

    /**
     * Changes our name and props, on all our devices; resolves with all there is then. Rejects with
     * NO_PLAYER_FOUND, TOO_LARGE, TOO_MANY_PROPS or MISSING_SCOPE.
     */
    update({ props: changed, ...changes }: PlayerChanges): Promise<Profile> {
      const asked = changed && Object.entries(changed).map(([key, value]) => ({ key, value }))
      const all = { ...changes, ...(asked && { props: asked }) }
      return session.watched(async () => session.request('player.update', all, {}, whole))
    },
  }

  /** Asks for the pages that follow the first, if any do. */
  function whole(first: Page): Profile | Promise<Profile> {
    const { player, too_large = [], next } = first
    return next === null ? known(player, too_large) : rest(player, too_large, next)
  }

  async function rest(
    first: WireProfile,
    too_large: readonly string[],
    from: string,
  ): Promise<Profile> {
    const all = [...first.props]
    const tooLarge = [...too_large]
    let after: string | null = from
    while (after !== null) {
      const page: Page = await session.request('player.get', { after })
      all.push(...page.player.props)
      tooLarge.push(...(page.too_large ?? []))
      after = page.next
    }
    return known({ ...first, props: all }, tooLarge)
  }

  function known(player: WireProfile, too_large: readonly string[]): Profile {
    const { id, name, guest } = player
    me = { id, name, guest }
    props = Object.fromEntries(player.props.map(({ key, value }) => [key, value]))
    return { ...player, props, ...(too_large.length > 0 && { too_large }) }
  }

  /** Another player's props are none of ours. */
  function know(player: Player | undefined): void {
    if (me?.id !== player?.id) props = {}
    me = player
  }
}
