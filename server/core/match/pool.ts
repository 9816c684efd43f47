import type { Cancel, World } from '../../world.ts'
import { type Choice, choose, isOverdue } from './choose.ts'
import type { Opening } from './opening.ts'
import { type QueueRules, untilWider, windowOf } from './rules.ts'
import { agree, byAge, type Entry, entryOf, type Search } from './search.ts'

export interface PoolOptions {
  readonly rules: QueueRules
  readonly world: Pick<World, 'now' | 'after'>
  /** How many combinations are tried for one match. */
  readonly tries: number
  /** Whether a game’s own rule lets these play together. */
  readonly mayPlay: (entries: readonly Entry[]) => boolean
  /** These play together: they search no longer. */
  readonly found: (choice: Choice) => void
  /** One plays in a match that is there already, in that team: it searches no longer. */
  readonly joins: (opening: Opening, entry: Entry, team: number) => void
  /** Nobody was found in time: it searches no longer. */
  readonly expired: (search: Search) => void
}

/**
 * Who searches in one queue, for all nodes. A Redis behind it is told of searches and openings as they
 * come, and tells whoever holds them what was found; what `found` hears is in no match but that one.
 */
export interface Pool {
  /** Judges a search, and has it wait where it is in no match. */
  add(search: Search): void
  /** Whether it was there. */
  remove(id: string): boolean
  /** Lets those who search into a match, now and later, the oldest first, until it is withdrawn. */
  offer(opening: Opening): void
  withdraw(opening: Opening): void
  /** How many search. */
  readonly size: number
  close(): void
}

/** What opens the pool of a queue. */
export type OpenPool = (options: PoolOptions) => Pool

/**
 * Who searches in one queue. A search is judged against its neighbours when it comes, when its windows
 * widen, and when it has waited for long enough: between these nothing that could be a match becomes
 * one, so that nobody waits while there is one. Searches that must be the same lie in a group, in the
 * order of the first number that must be close.
 */
export function createPool(options: PoolOptions): Pool {
  const { rules, world, tries, mayPlay, found, joins, expired } = options
  const groups = new Map<string, Entry[]>()
  const byId = new Map<string, Entry>()
  const timers = new Map<Entry, Cancel>()
  const openings = new Set<Opening>()
  const near = Object.values(rules.near ?? {})
  let serial = 0

  return {
    add,
    remove,
    offer,
    withdraw: (opening) => void openings.delete(opening),
    get size() {
      let size = 0
      for (const entry of byId.values()) size += entry.size
      return size
    },
    close(): void {
      for (const cancel of timers.values()) cancel()
      timers.clear()
    },
  }

  function add(search: Search): void {
    const entry = entryOf(rules, search, ++serial)
    byId.set(search.id, entry)
    const group = groups.get(entry.key) ?? []
    groups.set(entry.key, group)
    group.splice(placeOf(group, entry), 0, entry)
    // What began long ago may have waited for long enough already.
    wake(entry)
  }

  function remove(id: string): boolean {
    const entry = byId.get(id)
    if (entry) take(entry)
    return entry !== undefined
  }

  function offer(opening: Opening): void {
    openings.add(opening)
    for (const entry of [...(groups.get(opening.key) ?? [])].sort(byAge)) {
      if (!openings.has(opening)) return
      // What it let in may have sent others away.
      if (byId.get(entry.search.id) === entry) lets(opening, entry)
    }
  }

  /** Whether it plays there from now on. */
  function lets(opening: Opening, entry: Entry): boolean {
    const team = opening.teamFor(entry, world.now())
    if (team === undefined) return false
    take(entry)
    joins(opening, entry, team)
    return true
  }

  function take(entry: Entry): void {
    timers.get(entry)?.()
    timers.delete(entry)
    byId.delete(entry.search.id)
    const group = groups.get(entry.key) ?? []
    group.splice(placeOf(group, entry), 1)
    if (group.length === 0) groups.delete(entry.key)
  }

  /** Judges one that has come, or for which more is possible now, until nothing is to be had. */
  function wake(entry: Entry): void {
    timers.delete(entry)
    for (const opening of openings) if (lets(opening, entry)) return
    const now = world.now()
    const choice = choose(entry, neighbours(entry, now), { rules, now, tries, mayPlay })
    if (choice) {
      for (const one of choice.entries) take(one)
      return found(choice)
    }
    if (isLate(entry, now)) {
      take(entry)
      return expired(entry.search)
    }
    const ms = untilNext(entry, now)
    if (ms !== undefined)
      timers.set(
        entry,
        world.after(ms, () => wake(entry)),
      )
  }

  /** Those who agree with it, the oldest first. */
  function neighbours(entry: Entry, now: number): Entry[] {
    const group = groups.get(entry.key) ?? []
    const reach = near[0] ? windowOf(near[0], now - entry.search.since) : Number.POSITIVE_INFINITY
    const [mean = 0] = entry.means
    const some: Entry[] = []
    for (let at = firstFrom(group, mean - reach); at < group.length; at++) {
      const other = group[at] as Entry
      if (other !== entry && agree(rules, entry, other, now)) some.push(other)
      if ((other.means[0] ?? 0) > mean + reach) break
    }
    return some.sort(byAge)
  }

  function isLate({ search }: Entry, now: number): boolean {
    const { min, wait_ms } = rules
    return min === undefined && wait_ms !== undefined && now - search.since >= wait_ms
  }

  /** In how many ms more may be possible for it; undefined where nothing changes by itself. */
  function untilNext(entry: Entry, now: number): number | undefined {
    const waited = now - entry.search.since
    const moments = near.map((rule) => untilWider(rule, waited))
    const { wait_ms } = rules
    if (wait_ms !== undefined && !isOverdue(rules, entry, now)) moments.push(wait_ms - waited)
    const some = moments.filter((ms) => ms !== undefined)
    return some.length > 0 ? Math.max(1, Math.ceil(Math.min(...some))) : undefined
  }
}

/** Where a search lies, or would, in a group: by the first number to be close, then by age. */
function placeOf(group: readonly Entry[], entry: Entry): number {
  return search(group, (one) => byPlace(one, entry) < 0)
}

const firstFrom = (group: readonly Entry[], mean: number): number =>
  search(group, (one) => (one.means[0] ?? 0) < mean)

const byPlace = (one: Entry, other: Entry): number =>
  (one.means[0] ?? 0) - (other.means[0] ?? 0) || byAge(one, other)

/** The first place where something is no longer so, by halving. */
function search(group: readonly Entry[], isBefore: (entry: Entry) => boolean): number {
  let [low, high] = [0, group.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (isBefore(group[middle] as Entry)) low = middle + 1
    else high = middle
  }
  return low
}
