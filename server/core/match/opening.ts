import type { Room } from '../room/room.ts'
import type { Seeker } from './match.ts'
import type { QueueRules } from './rules.ts'
import { agree, type Entry } from './search.ts'

/** A match that is played, in whose room others may be let in. */
export interface Opening {
  /** What must be the same of who comes, as text. */
  readonly key: string
  /** Which team an entry may join; undefined where it does not fit. */
  teamFor(entry: Entry, now: number): number | undefined
}

export interface OpeningOptions {
  readonly rules: QueueRules
  readonly room: Pick<Room, 'locked' | 'capacity' | 'size' | 'reserved'>
  /** Those who play, or are expected. */
  readonly seekers: () => Iterable<Pick<Seeker, 'entry' | 'team'>>
  readonly key: string
  /** Whether a game’s own rule lets these play together. */
  readonly mayPlay: (entries: readonly Entry[]) => boolean
}

/**
 * The open seats of a match: for who has the same, is close to everybody who plays, by its own window,
 * and finds room in one team, the emptiest of them.
 */
export function createOpening(options: OpeningOptions): Opening {
  const { rules, room, seekers, key, mayPlay } = options

  return {
    key,
    teamFor(entry, now) {
      if (entry.key !== key || room.locked) return undefined
      if (room.size + room.reserved.size + entry.size > room.capacity) return undefined
      const there = [...seekers()]
      const team = emptiest(there)
      if (sizeOf(there, team) + entry.size > rules.max / (rules.teams ?? 1)) return undefined
      const entries = [...new Set(there.map((one) => one.entry))]
      if (!entries.every((one) => agree(rules, one, entry, now))) return undefined
      return mayPlay([...entries, entry]) ? team : undefined
    },
  }

  function emptiest(there: readonly Pick<Seeker, 'team'>[]): number {
    let best = 0
    for (let team = 1; team < (rules.teams ?? 1); team++)
      if (sizeOf(there, team) < sizeOf(there, best)) best = team
    return best
  }
}

const sizeOf = (there: readonly Pick<Seeker, 'team'>[], team: number): number =>
  there.filter((one) => one.team === team).length
