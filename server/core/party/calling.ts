import type { Room } from '../room/room.ts'
import type { Held, Outcome, Seating } from '../room/seating.ts'
import type { Session } from '../session/session.ts'
import { Refusal } from '../wire/refusal.ts'

/** Who is to come where. */
export interface Calling {
  readonly room: Room
  readonly others: readonly string[]
  readonly sessionOf: (player: string) => Session | undefined
  readonly hold: Seating['hold']
  readonly take_ms: number
}

/** How a call came out. */
export interface Called {
  readonly called: readonly { readonly player: string; readonly session: Session }[]
  readonly absent: readonly string[]
  readonly refused: readonly { readonly player: string; readonly code: string }[]
}

/**
 * Keeps a seat in a room for each of those who are there and do not sit in it; `missed` hears who did
 * not take it. Where there are too few, none is kept, and that is what it throws.
 */
export function callInto(
  { room, others, sessionOf, hold, take_ms }: Calling,
  missed: (player: string, outcome: Exclude<Outcome, 'taken'>) => void,
): Called {
  const called: { player: string; session: Session; place: Held }[] = []
  const absent: string[] = []
  const refused: { player: string; code: string }[] = []
  let isGivenUp = false
  for (const player of others) {
    if ([...room.ofPlayer(player)].some(({ away }) => !away)) continue
    const session = sessionOf(player)
    if (!session) {
      absent.push(player)
      continue
    }
    const over = (outcome: Outcome) => {
      if (outcome !== 'taken' && !isGivenUp) missed(player, outcome)
    }
    try {
      called.push({ player, session, place: hold(session, room, take_ms, over) })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (error.code === 'ROOM_FULL' || error.code === 'ROOM_LOCKED') {
        isGivenUp = true
        for (const { place } of called) place.release()
        throw error
      }
      refused.push({ player, code: error.code })
    }
  }
  return { called, absent, refused }
}
