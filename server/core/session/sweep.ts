import type { Cancel, World } from '../../world.ts'

/** How many are looked at in one turn of the event loop, at least, and how long until the next. */
export const SWEPT_AT_ONCE = 64
const PAUSE_MS = 10
/** A round is over within so many turns, however many there are to look at. */
const MOST_TURNS = 90

export interface Sweep {
  /** Begins a round, unless one is under way. */
  begin(): void
  close(): void
}

/** Looks at all of a set, a few in each turn, so that nobody waits for all of them. */
export function createSweep<T>(world: World, all: ReadonlySet<T>, look: (one: T) => void): Sweep {
  let round: Iterator<T> | undefined
  let stop: Cancel | undefined

  return {
    begin() {
      if (round) return
      round = all.values()
      turn(round)
    },
    close() {
      stop?.()
      round = undefined
    },
  }

  function turn(rest: Iterator<T>): void {
    const most = Math.max(SWEPT_AT_ONCE, Math.ceil(all.size / MOST_TURNS))
    for (let count = 0; count < most; count++) {
      const { value, done } = rest.next()
      if (done) {
        round = undefined
        return
      }
      look(value)
    }
    stop = world.after(PAUSE_MS, () => turn(rest))
  }
}
