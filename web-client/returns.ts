import { actionOn, LONGEST_PAUSE_MS } from '../protocol/errors.ts'

export interface ReturnsOptions {
  readonly now: () => number
  /** How long to wait before the `attempt`-th try to come back, in ms. */
  readonly backoff: (attempt: number) => number
  /** How long to wait after a close that asks for a pause, in ms; 0: for ever. */
  readonly pause: number
}

export type Returns = ReturnType<typeof createReturns>

/** When to come back. */
export function createReturns({ now, backoff, pause }: ReturnsOptions) {
  let tries = 0
  let paused = 0
  let beganAt: number | undefined

  return {
    /** A connection is good: the first try after it comes soon. */
    succeed(): void {
      tries = 0
      beganAt = now()
    },

    /** How long to wait after a close with `code`, in ms; undefined: do not come back. */
    waitAfter(code: number): number | undefined {
      const action = actionOn(code)
      if (action === 'refused' || code === LEFT) return undefined
      return action === 'pause' ? longer() : backoff(++tries)
    },
  }

  /** Twice the pause before, unless what came between lasted longer than that. */
  function longer(): number | undefined {
    if (pause === 0) return undefined
    const isSame = beganAt === undefined || now() - beganAt < paused
    const most = Math.max(pause, LONGEST_PAUSE_MS)
    paused = isSame && paused > 0 ? Math.min(2 * paused, most) : pause
    beganAt = undefined
    return paused
  }
}

const LEFT = 1000
