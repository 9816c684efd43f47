import { type QueueRules, sizesOf } from './rules.ts'
import { agree, type Entry } from './search.ts'
import { withinSpan } from './span.ts'
import { splitTeams } from './teams.ts'

/** Who plays together, and in which teams (one, where there are none). */
export interface Choice {
  readonly entries: readonly Entry[]
  readonly teams: readonly (readonly Entry[])[]
}

export interface Choosing {
  readonly rules: QueueRules
  readonly now: number
  /** How many combinations are tried. */
  readonly tries: number
  /** Whether a game’s own rule and what players want of each other let these play together. */
  readonly mayPlay: (entries: readonly Entry[]) => boolean
}

/**
 * The match that `first` is in, of those who agree with it, the oldest first: the largest there is, and
 * of those of one size the one with the oldest. Tries combinations depth first, leaves out whatever
 * disagrees, and gives up after so many `tries`: whom it then passes over is looked at again with whoever
 * comes next. undefined where there is none.
 */
export function choose(
  first: Entry,
  others: readonly Entry[],
  choosing: Choosing,
): Choice | undefined {
  const { rules, now } = choosing
  const teamSize = (size: number) => size / (rules.teams ?? 1)
  let some = others
  let left = sizesFrom(others)
  let tried = 0

  for (const size of sizesOf(rules)) {
    const lacking = size - first.size
    if (lacking < 0 || (left[0] ?? 0) < lacking) continue
    some = withinSpan(first, others, lacking, choosing)
    left = sizesFrom(some)
    const found = fill([first], 0, lacking, size)
    if (found) return found
    left = sizesFrom(others)
  }
  return undefined

  function fill(
    chosen: readonly Entry[],
    from: number,
    lacking: number,
    size: number,
  ): Choice | undefined {
    if (lacking === 0) return accepted(chosen, size)
    for (let at = from; at < some.length; at++) {
      if ((left[at] ?? 0) < lacking || ++tried > choosing.tries) return undefined
      const other = some[at] as Entry
      if (other.size > lacking || other.size > teamSize(size)) continue
      if (!chosen.every((one) => agree(rules, one, other, now))) continue
      const found = fill([...chosen, other], at + 1, lacking - other.size, size)
      if (found) return found
    }
    return undefined
  }

  function accepted(entries: readonly Entry[], size: number): Choice | undefined {
    const isEnough = size === rules.max || entries.some((one) => isOverdue(rules, one, now))
    if (!isEnough) return undefined
    const teams = splitTeams(entries, rules.teams ?? 1)
    return teams && choosing.mayPlay(entries) ? { entries, teams } : undefined
  }
}

/** Whether a search has waited for so long that `min` is enough for it. */
export const isOverdue = ({ wait_ms, min }: QueueRules, { search }: Entry, now: number): boolean =>
  min !== undefined && now - search.since >= (wait_ms ?? 0)

/** How many search from each place on. */
function sizesFrom(entries: readonly Entry[]): number[] {
  const sizes: number[] = []
  let sum = 0
  for (let at = entries.length - 1; at >= 0; at--) {
    sum += (entries[at] as Entry).size
    sizes[at] = sum
  }
  return sizes
}
