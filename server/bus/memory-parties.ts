import type { Parties } from '../core/party/parties.ts'
import { type Change, type Deed, done, type Party } from '../core/party/party.ts'
import type { Limits } from '../core/wire/limits.ts'
import { Refusal } from '../core/wire/refusal.ts'

/** Parties for the nodes of one process. */
export function createMemoryParties(): Parties {
  const byCode = new Map<string, Party>()
  const byPlayer = new Map<string, string>()
  const listeners = new Set<(change: Change) => void>()

  return {
    act: async (deed, limits) => act(deed, limits),
    listen(hear) {
      const own = (change: Change) => hear(change)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
  }

  function act(deed: Deed, limits: Limits): Party {
    const { player } = deed
    const code = 'code' in deed ? deed.code : (byPlayer.get(player) ?? '')
    const before = byCode.get(code)
    const enters = deed.do === 'create' || deed.do === 'join'
    if (enters && byPlayer.has(player)) throw new Refusal('ALREADY_IN_PARTY')
    if (deed.do === 'create' && before) throw new Error(`party: "${code}" is taken`)
    const changes = done(before, deed, limits)
    for (const change of changes) keep(change)
    const after = changes.at(-1)?.party ?? before
    if (!after) throw new Refusal('NOT_IN_PARTY')
    return after
  }

  function keep(change: Change): void {
    const { party, what, player } = change
    if (party.members.length > 0) byCode.set(party.code, party)
    else byCode.delete(party.code)
    if (what === 'joined') byPlayer.set(player, party.code)
    if (what === 'left') byPlayer.delete(player)
    for (const hear of listeners) hear(change)
  }
}
