import { actionOn, LONGEST_PAUSE_MS } from '../protocol/errors.ts'

export interface PausesOptions {
  readonly now: () => number
  /** How long to wait after a close that asks for a pause, in ms; 0: for ever. */
  readonly pause: number
}

/** What the code of a close says of coming back. */
export function createPauses({ now, pause }: PausesOptions) {
  let paused = 0
  let beganAt: number | undefined

  return {
    /** A connection is good. */
    succeed(): void {
      beganAt = now()
    },

    /** How long to wait after a close with `code`, in ms; undefined: no longer than after any other. */
    after(code: number): number | 'never' | undefined {
      const action = actionOn(code)
      if (action === 'refused' || code === LEFT) return 'never'
      return action === 'pause' ? longer() : undefined
    },
  }

  /** Twice the pause before, unless what came between lasted longer than that. */
  function longer(): number | 'never' {
    if (pause === 0) return 'never'
    const isSame = beganAt === undefined || now() - beganAt < paused
    const most = Math.max(pause, LONGEST_PAUSE_MS)
    paused = isSame && paused > 0 ? Math.min(2 * paused, most) : pause
    beganAt = undefined
    return paused
  }
}

const LEFT = 1000
