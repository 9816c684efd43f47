import type { banRoutes } from '../../protocol/http.ts'
import type { RouteHandlers } from '../core/api/api.ts'
import type { Session } from '../core/session/session.ts'
import { noPlayer, type Store } from '../core/store/store.ts'
import { Refusal } from '../core/wire/refusal.ts'
import type { World } from '../world.ts'

export interface BansOptions {
  readonly world: World
  readonly store: Store
  /** The sessions of a player, and those about to be. */
  readonly sessionsOf: (player: string) => Iterable<Session>
  /** Takes the seats of a player, also those that outlived their sessions. */
  readonly unseat: (player: string) => void
  /** Ends a session of somebody banned. */
  readonly end: (session: Session) => void
}

/** Bans from the whole server, by services that may change players. */
export function createBans({ world, store, sessionsOf, unseat, end }: BansOptions) {
  const routes: RouteHandlers<typeof banRoutes> = {
    async 'PUT /v1/players/:id/ban'({ params: { id }, body: { reason = '', ms } }) {
      const at = world.date()
      const ban = { reason, until: ms === undefined ? null : momentAfter(at, ms) }
      if (!(await store.run('player.ban', { id, at, ...ban }))) throw noPlayer()
      world.log.warn({ player: id, until: ban.until }, 'player banned')
      unseat(id)
      for (const session of [...sessionsOf(id)]) end(session)
      return { ban }
    },
    async 'DELETE /v1/players/:id/ban'({ params: { id } }) {
      const wasBanned = await store.run('player.unban', { id })
      if (wasBanned === null) throw noPlayer()
      if (wasBanned) world.log.warn({ player: id }, 'player let in again')
      return {}
    },
  }

  return {
    routes,
    /** Refuses a player who is banned with PLAYER_BANNED. */
    async refuse(id: string): Promise<void> {
      const ban = await store.run('player.ban_of', { id, at: world.date() })
      if (ban) throw new Refusal('PLAYER_BANNED', ban.reason || undefined, { cause: { ...ban } })
    },
  }
}

/** The store keeps whole ms, and no later moment than a number says exactly. */
const momentAfter = (at: number, ms: number): number =>
  Math.min(Math.ceil(at + ms), Number.MAX_SAFE_INTEGER)
