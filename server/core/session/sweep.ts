import type { Cancel, World } from '../../world.ts'

/** How often everything is looked at. */
export const SWEEP_MS = 1_000
/** How many are looked at in one turn of the event loop, at least, and how long until the next. */
export const SWEPT_AT_ONCE = 64
const PAUSE_MS = 10
/** A round is over within so many turns, however many there are to look at. */
const MOST_TURNS = 90

interface Sweep {
  /** Begins a round, unless one is under way. */
  begin(): void
  close(): void
}

/** One walk over all, those first who were there when it began. */
interface Round<T> {
  readonly rest: Iterator<T>
  readonly atOnce: number
  turns: number
}

/**
 * Looks at all of a set, a few in each turn, so that nobody waits for all of them. Who comes
 * meanwhile may have to wait for the next round, so that this one ends in time.
 */
export function createSweep<T>(world: World, all: ReadonlySet<T>, look: (one: T) => void): Sweep {
  let round: Round<T> | undefined
  let stop: Cancel | undefined

  return {
    begin() {
      if (round) return
      const atOnce = Math.max(SWEPT_AT_ONCE, Math.ceil(all.size / MOST_TURNS))
      round = { rest: all.values(), atOnce, turns: Math.ceil(all.size / atOnce) }
      turn(round)
    },
    close() {
      stop?.()
      round = undefined
    },
  }

  function turn(now: Round<T>): void {
    for (let count = 0; count < now.atOnce; count++) {
      const { value, done } = now.rest.next()
      if (done) return end()
      look(value)
    }
    if (--now.turns <= 0) return end()
    stop = world.after(PAUSE_MS, () => turn(now))
  }

  function end(): void {
    round = undefined
  }
}
