import type { Timers } from './link.ts'

/**
 * How long to wait before the `attempt`-th try to come back (1, 2, …), in ms; `left` is for how many
 * ms the session can still be claimed, 0 once it is lost anyway.
 */
export type Backoff = (attempt: number, left: number) => number

export interface RetryOptions {
  readonly timers: Timers
  readonly backoff: Backoff
  /** Opens a connection. */
  readonly open: () => void
}

/** A device says several things at once when it is back. */
const SOONEST_MS = 1_000

/** When to open the next connection, while there is none that carries the session. */
export function createRetry({ timers, backoff, open }: RetryOptions) {
  let tries = 0
  let lostAt: number | undefined
  let triedAt = Number.NEGATIVE_INFINITY
  /** When the next opens, where one waits for its time. */
  let dueAt: number | undefined
  /** Whether the server said how long to wait. */
  let isPaused = false
  let cancel = () => {}

  return {
    /** A connection carries the session. */
    succeed(): void {
      tries = 0
      lostAt = undefined
    },

    /**
     * Opens the next after a while, or after `pause` ms; the session is kept for `resume_ms`. Returns
     * in how many ms.
     */
    later(resume_ms: number, pause?: number): number {
      const now = timers.now()
      lostAt ??= now + resume_ms
      isPaused = pause !== undefined
      const ms = pause ?? backoff(++tries, Math.max(0, lostAt - now))
      wait(ms, now)
      return ms
    },

    /**
     * Opens one at once, or as soon as may be after a try that failed just now, unless it is to wait;
     * `giveUp` is for one that has not got anywhere.
     */
    hurry(giveUp: () => void): void {
      if (isPaused) return
      const now = timers.now()
      const soonest = triedAt + SOONEST_MS
      if (soonest > now) {
        if (dueAt !== undefined && dueAt > soonest) wait(soonest - now, now)
        return
      }
      tries = 0
      cancel()
      giveUp()
      tryNow()
    },

    /** Opens none any more. */
    stop: (): void => cancel(),
  }

  function wait(ms: number, now: number): void {
    cancel()
    dueAt = now + ms
    cancel = timers.after(ms, tryNow)
  }

  function tryNow(): void {
    dueAt = undefined
    isPaused = false
    triedAt = timers.now()
    open()
  }
}
