import { isHost, type Member, rankOf } from './member.ts'

/** The active host: of those whose role is enough the highest, then the one with the lowest number. */
export function hostAmong(members: Iterable<Member>): Member | null {
  let host: Member | null = null
  for (const member of members) {
    if (!isHost(member)) continue
    // Members are in order of their numbers, so that the first of a role has the lowest.
    if (!host || rankOf(member.role) > rankOf(host.role)) host = member
  }
  return host
}
