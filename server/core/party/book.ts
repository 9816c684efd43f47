import type { Change, Party } from './party.ts'

/** The parties as this node has heard of them: what players are in, and are invited to. */
export function createBook() {
  const byCode = new Map<string, Party>()
  const byPlayer = new Map<string, string>()
  const invitations = new Map<string, Set<string>>()

  return {
    byCode: byCode as ReadonlyMap<string, Party>,
    /** The party a player is in. */
    of: (player: string): Party | undefined => byCode.get(byPlayer.get(player) ?? ''),
    /** The parties a player is invited to. */
    invitingOf: (player: string): readonly Party[] =>
      [...(invitations.get(player) ?? [])].flatMap((code) => byCode.get(code) ?? []),
    keep,
  }

  function keep({ party, what, player }: Change, most: number): void {
    const before = playersOf(byCode.get(party.code)?.invited)
    const after = playersOf(party.members.length > 0 ? party.invited : [])
    for (const one of before) if (!after.has(one)) forget(one, party.code)
    // Who was invited before keeps its place among the invitations, unless it is invited anew.
    if (what === 'invited') forget(player, party.code)
    for (const one of after)
      if (!before.has(one) || (what === 'invited' && one === player))
        remember(one, party.code, most)
    if (party.members.length === 0) byCode.delete(party.code)
    else byCode.set(party.code, party)
    if (what === 'joined') byPlayer.set(player, party.code)
    if (what === 'left') byPlayer.delete(player)
  }

  function remember(player: string, code: string, most: number): void {
    const own = invitations.get(player) ?? new Set()
    invitations.set(player, own.add(code))
    const [oldest] = own
    if (own.size > most && oldest !== undefined) own.delete(oldest)
  }

  function forget(player: string, code: string): void {
    const own = invitations.get(player)
    own?.delete(code)
    if (own?.size === 0) invitations.delete(player)
  }
}

const playersOf = (invited: Party['invited'] = []): ReadonlySet<string> =>
  new Set(invited.map(({ player }) => player))
