import type { AllMessages } from '../protocol/index.ts'
import type { DataOf, ReplyOf } from '../protocol/message.ts'
import type { Session } from './session.ts'

export type Player = ReplyOf<AllMessages['player.identify']>['player']

export type Players = ReturnType<typeof createPlayers>

/** Who this client is. */
export function createPlayers(session: Session) {
  let me: Player | undefined
  session.on('lost', () => {
    me = undefined
  })
  session.on('snapshot', ([page]) => {
    me = page?.player ?? undefined
  })
  return {
    /** The player this session is; undefined before `identify`. */
    get me() {
      return me
    },
    /**
     * Says who we are: with nothing, a new guest, whose `guest_key` is told only here: keep it;
     * with that key, the same guest again. Rejects with INVALID_GUEST_KEY or ALREADY_IDENTIFIED.
     */
    async identify(who: DataOf<AllMessages['player.identify']> = {}) {
      const answer = await session.request('player.identify', who)
      me = answer.player
      return answer
    },
  }
}
