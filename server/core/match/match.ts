import type { Room } from '../room/room.ts'
import type { Held, Outcome, Seating } from '../room/seating.ts'
import type { Session } from '../session/session.ts'
import { Refusal } from '../wire/refusal.ts'
import type { Entry } from './search.ts'

/** Who is to sit in a match’s room. */
export interface Seeker {
  readonly session: Session
  readonly entry: Entry
  readonly team: number
}

export interface MatchOptions {
  readonly room: Room
  readonly seating: Pick<Seating, 'hold'>
  readonly take_ms: number
  /** Whether so many are enough to play. */
  readonly isEnough: (teams: readonly number[]) => boolean
  /** One of them does not play: it did not come, was refused, or has left before all were there. */
  readonly lost: (seeker: Seeker, outcome: Exclude<Outcome, 'taken'> | 'left') => void
  /** Too few are left: what becomes of them is to be said. */
  readonly failed: (left: readonly Seeker[], why: Outcome | 'left') => void
  /** All who are left sit. */
  readonly complete: () => void
}

type Place = Held | { readonly forget: () => void }

export type Match = ReturnType<typeof createMatch>

/**
 * The way from a match to its room: a place is kept for each, who takes it or does not. Where one does
 * not, and too few are left, it fails at once; whoever sits by then gets up again.
 */
export function createMatch(options: MatchOptions) {
  const { room, seating, take_ms, isEnough, lost, failed, complete } = options
  const places = new Map<Seeker, Place>()
  let isOver = false
  let isComplete = false

  return {
    room,
    /** Those who play, or are expected. */
    get seekers(): Iterable<Seeker> {
      return places.keys()
    },
    get isComplete() {
      return isComplete
    },
    admit,
    dismiss,
    has: (seeker: Seeker): boolean => places.has(seeker),
    /** Whether its place is kept, and not taken yet. */
    isAwaited: (seeker: Seeker): boolean => isHeld(places.get(seeker)),
    /** Nobody is told anything any more. */
    close: end,
  }

  /** Keeps a place for each; those who were refused one, for whom nothing is kept then. */
  function admit(seekers: readonly Seeker[]): Seeker[] {
    const refused = seekers.filter((seeker) => !keep(seeker))
    if (refused.length > 0)
      for (const seeker of seekers) {
        const place = places.get(seeker)
        places.delete(seeker)
        if (isHeld(place)) place.release()
      }
    return refused
  }

  function keep(seeker: Seeker): boolean {
    try {
      const over = (outcome: Outcome) => decided(seeker, outcome)
      places.set(seeker, seating.hold(seeker.session, room, take_ms, over))
      return true
    } catch (error) {
      if (error instanceof Refusal) return false
      throw error
    }
  }

  /** Gives up the place of one who would not play after all. */
  function dismiss(seeker: Seeker): void {
    const place = places.get(seeker)
    if (isHeld(place)) place.release('gone')
  }

  function decided(seeker: Seeker, outcome: Outcome): void {
    if (isOver || !places.has(seeker)) return
    if (outcome !== 'taken') return without(seeker, outcome)
    const member = room.memberOf(seeker.session)
    if (!member) return without(seeker, 'left')
    places.set(seeker, { forget: room.whenLeft(member, () => without(seeker, 'left')) })
    settle()
  }

  function without(seeker: Seeker, outcome: Exclude<Outcome, 'taken'> | 'left'): void {
    if (isOver || !places.delete(seeker)) return
    lost(seeker, outcome)
    if (isOver || isComplete) return
    const left = [...places.keys()]
    if (isEnough(teamsOf(left))) return settle()
    end()
    failed(left, outcome)
  }

  function settle(): void {
    if (isComplete || [...places.values()].some(isHeld)) return
    isComplete = true
    complete()
  }

  function end(): void {
    isOver = true
    for (const place of [...places.values()])
      if (isHeld(place)) place.release()
      else place.forget()
    places.clear()
  }
}

const isHeld = (place: Place | undefined): place is Held => place !== undefined && 'ask' in place

/** How many are in each team that has somebody. */
function teamsOf(seekers: readonly Seeker[]): number[] {
  const sizes: number[] = []
  for (const { team } of seekers) sizes[team] = (sizes[team] ?? 0) + 1
  return sizes.filter((size) => size > 0)
}
