import type { Room } from '../room/room.ts'
import type { Held, Outcome, Seating } from '../room/seating.ts'
import type { Session } from '../session/session.ts'
import { Refusal } from '../wire/refusal.ts'
import type { Entry } from './search.ts'

/** Who is to sit in a match’s room. */
export interface Seeker {
  readonly session: Session
  readonly name: string
  /** What it searched by; those who searched together have one. */
  readonly entry: Entry
  readonly team: number
}

/** Why somebody does not play: the place was not taken, or was given up again before all were there. */
export type Loss = Exclude<Outcome, 'taken'> | 'left'

export interface MatchOptions {
  readonly room: Room
  readonly seating: Pick<Seating, 'hold'>
  readonly take_ms: number
  /** Whether so many are enough to play. */
  readonly isEnough: (teams: readonly number[]) => boolean
  /** One of them does not play, nor do those who searched with it: their places are gone. */
  readonly lost: (seeker: Seeker, mates: readonly Seeker[], outcome: Loss) => void
  /** Too few are left: what becomes of them is to be said. */
  readonly failed: (left: readonly Seeker[], why: Loss) => void
  /** These sit, as do all who were expected with them. */
  readonly started: (seekers: readonly Seeker[]) => void
  /** One who played has got up. */
  readonly freed: (seeker: Seeker) => void
}

type Place = Held | { readonly forget: () => void }

export type Match = ReturnType<typeof createMatch>

/**
 * The way from a match to its room: a place is kept for each, who takes it or does not. Where one does
 * not, and too few are left, it fails at once; whoever sits by then gets up again. Once it is played,
 * others may be let in where somebody has left.
 */
export function createMatch(options: MatchOptions) {
  const { room, seating, take_ms, isEnough, lost, failed, started, freed } = options
  const places = new Map<Seeker, Place>()
  const playing = new Set<Seeker>()
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
    if (refused.length > 0) for (const seeker of seekers) vacate(seeker)
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

  function without(seeker: Seeker, outcome: Loss): void {
    if (isOver || !places.delete(seeker)) return
    if (playing.delete(seeker)) return freed(seeker)
    const mates = [...places.keys()].filter(({ entry }) => entry === seeker.entry)
    for (const mate of mates) vacate(mate)
    lost(seeker, mates, outcome)
    if (isOver || isComplete) return
    const left = [...places.keys()]
    if (isEnough(teamsOf(left))) return settle()
    end()
    failed(left, outcome)
  }

  /** Whoever is there begins to play: all at first, later those who came together. */
  function settle(): void {
    const awaited = [...places].filter(([, place]) => isHeld(place)).map(([{ entry }]) => entry)
    if (!isComplete && awaited.length > 0) return
    isComplete = true
    const ready = [...places.keys()].filter(
      (one) => !playing.has(one) && !awaited.includes(one.entry),
    )
    for (const one of ready) playing.add(one)
    if (ready.length > 0) started(ready)
  }

  function vacate(seeker: Seeker): void {
    const place = places.get(seeker)
    places.delete(seeker)
    if (isHeld(place)) place.release()
    else place?.forget()
  }

  function end(): void {
    isOver = true
    for (const seeker of [...places.keys()]) vacate(seeker)
  }
}

const isHeld = (place: Place | undefined): place is Held => place !== undefined && 'ask' in place

/** How many are in each team that has somebody. */
function teamsOf(seekers: readonly Seeker[]): number[] {
  const sizes: number[] = []
  for (const { team } of seekers) sizes[team] = (sizes[team] ?? 0) + 1
  return sizes.filter((size) => size > 0)
}
