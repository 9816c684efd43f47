import type { Entry } from './search.ts'

/**
 * Splits searches into `count` teams of one size, each search whole; undefined where that cannot be.
 * The largest are placed first, each where the sum of the first number to be close is least, so that
 * the first split tried is a fair one (the greedy rule of number partitioning); others are tried only
 * where sizes do not come out.
 */
export function splitTeams(entries: readonly Entry[], count: number): Entry[][] | undefined {
  const total = entries.reduce((sum, { size }) => sum + size, 0)
  if (total % count !== 0) return undefined
  const teams = Array.from({ length: count }, () => new Team(total / count))
  const largest = [...entries].sort(
    (one, other) => other.size - one.size || rated(other) - rated(one),
  )
  return place(largest, 0, teams) ? teams.map(({ entries: own }) => own) : undefined
}

class Team {
  readonly entries: Entry[] = []
  free: number
  sum = 0

  constructor(size: number) {
    this.free = size
  }

  add(entry: Entry): void {
    this.entries.push(entry)
    this.free -= entry.size
    this.sum += rated(entry) * entry.size
  }

  remove(): void {
    const entry = this.entries.pop()
    if (!entry) return
    this.free += entry.size
    this.sum -= rated(entry) * entry.size
  }
}

/** Places what comes from `at` on. */
function place(entries: readonly Entry[], at: number, teams: readonly Team[]): boolean {
  const entry = entries[at]
  if (!entry) return true
  const tried = new Set<number>()
  for (const team of [...teams].sort((one, other) => one.sum - other.sum)) {
    // A team with as much room as one that was tried would end the same way.
    if (team.free < entry.size || tried.has(team.free)) continue
    tried.add(team.free)
    team.add(entry)
    if (place(entries, at + 1, teams)) return true
    team.remove()
  }
  return false
}

const rated = ({ means }: Entry): number => means[0] ?? 0
