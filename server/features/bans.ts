import type { banRoutes } from '../../protocol/http.ts'
import type { RouteHandlers } from '../core/api/api.ts'
import type { Session } from '../core/session/session.ts'
import { noPlayer, type Store } from '../core/store/store.ts'
import { Refusal } from '../core/wire/refusal.ts'
import type { World } from '../world.ts'

export interface BansOptions {
  readonly world: World
  readonly store: Store
  /** Of all players who are here, or have a seat, their ids. */
  readonly here: () => readonly string[]
  /** The sessions of a player, and those about to be. */
  readonly sessionsOf: (player: string) => Iterable<Session>
  /** Takes the seats of a player, also those that outlived their sessions. */
  readonly unseat: (player: string) => void
  /** Ends a session of somebody banned. */
  readonly end: (session: Session) => void
}

/** Often enough that a ban is noticed within a second. */
const CHECK_MS = 500

/** Bans from the whole server, by services that may change players. */
export function createBans({ world, store, here, sessionsOf, unseat, end }: BansOptions) {
  const routes: RouteHandlers<typeof banRoutes> = {
    async 'PUT /v1/players/:id/ban'({ params: { id }, body: { reason = '', ms } }) {
      const at = world.date()
      const ban = { reason, until: ms === undefined ? null : momentAfter(at, ms) }
      if (!(await store.run('player.ban', { id, at, ...ban }))) throw noPlayer()
      world.log.warn({ player: id, until: ban.until }, 'player banned')
      putOut(id)
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
    rounds: [{ name: 'bans', every_ms: CHECK_MS, run: endBanned }],
    /** Refuses a player who is banned with PLAYER_BANNED. */
    async refuse(id: string): Promise<void> {
      const ban = await store.run('player.ban_of', { id, at: world.date() })
      if (ban) throw new Refusal('PLAYER_BANNED', ban.reason || undefined, { cause: { ...ban } })
    },
  }

  /** Puts out whom another process on the same file has banned. */
  async function endBanned(): Promise<void> {
    const ids = here()
    if (ids.length === 0) return
    for (const id of await store.run('player.banned', { ids, at: world.date() })) {
      world.log.warn({ player: id }, 'banned player put out')
      putOut(id)
    }
  }

  function putOut(id: string): void {
    unseat(id)
    for (const session of [...sessionsOf(id)]) end(session)
  }
}

/** The store keeps whole ms, and no later moment than a number says exactly. */
const momentAfter = (at: number, ms: number): number =>
  Math.min(Math.ceil(at + ms), Number.MAX_SAFE_INTEGER)
