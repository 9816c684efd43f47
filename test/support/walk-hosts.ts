import { isAtLeast, KINDS, type MemberInfo, type ModelRoom, rankOf } from './walk-rules.ts'

/** How long a host may be away where its kind does not say. */
export const HOST_MS = 5_000

/**
 * The host’s number from now on, as PROTOCOL.md has it: the same as before while it has the role
 * and is there, or has not been away for long, or nobody else is there; unless `changed` is there
 * with a higher role. Then the highest of those present, then the first.
 */
export function nextHost(room: ModelRoom, now: number, changed?: number): number | null {
  const all = [...room.members.values()]
  const here = all.filter(({ away }) => !away)
  const able = (here.length > 0 ? here : all).filter(isAble)
  able.sort((a, b) => rankOf(b.role) - rankOf(a.role) || a.number - b.number)
  const [first] = able
  const host = all.find(({ number }) => number === room.host)
  if (!host || !isAble(host)) return first?.number ?? null
  const isGone = host.away && here.length > 0 && now >= leaveOf(room, host)
  if (isGone) return first?.number ?? null
  const rival = changed === host.number ? first : here.find(({ number }) => number === changed)
  return rival && rankOf(rival.role) > rankOf(host.role) ? rival.number : host.number
}

/**
 * Who is made host where nobody may be: the first of those present, one without any role only where
 * all are, another than who may no longer.
 */
export function heirOf(room: ModelRoom, demoted?: number): MemberInfo | undefined {
  if (KINDS[room.kind]?.succession === 'none') return undefined
  // Not in order of joining, as a seat that was taken over is its next session’s.
  const here = [...room.members.values()].filter(({ away }) => !away)
  here.sort((one, other) => one.number - other.number)
  const heirs = here.some(({ role }) => role !== 'none')
    ? here.filter(({ role }) => role !== 'none')
    : here
  return heirs.find(({ number }) => number !== demoted) ?? heirs[0]
}

/** When a host that is away is host no longer. */
export function leaveOf({ kind, away }: ModelRoom, { number }: MemberInfo): number {
  return (away.get(number) ?? 0) + (KINDS[kind]?.host_ms ?? HOST_MS)
}

const isAble = ({ role }: MemberInfo) => isAtLeast(role, 'assistant')
