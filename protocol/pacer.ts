/** What the server admits of each class of message, as its welcome says; others are not limited. */
export type ToldRates = Readonly<
  Record<string, { readonly per_second: number; readonly burst: number } | undefined>
>

/** How long a counted message above its rate waits at its sender at most; then it fails there. */
export const MOST_WAIT_MS = 1_000
/**
 * Who sends more slowly than it may by this much is never too fast for a server whose clock is
 * slower by that.
 */
export const PACE = 0.99
/**
 * Of a burst so much is left as fits into this time: what is sent over it may arrive at once, when
 * the way was slow for so long.
 */
export const SLACK_MS = 950

/** How many of a class at once, and the ms from one to the next. */
interface Pace {
  readonly burst: number
  readonly every: number
}

/**
 * When what is charged to a class may go, so that it is never too fast for its server. A bucket of
 * tokens is known by when it is full again (the generic cell rate algorithm, ITU-T I.371).
 */
export function createPacer(rates: ToldRates) {
  const paces = new Map(
    Object.entries(rates).flatMap(([name, rate]) => (rate ? [[name, paceOf(rate)] as const] : [])),
  )
  const fullAt = new Map<string, number>()

  return {
    /** When the next of this class may go, `now` or later, behind those that were taken. */
    next(name: string, now: number): number {
      const pace = paces.get(name)
      if (!pace) return now
      return Math.max(now, (fullAt.get(name) ?? 0) - (pace.burst - 1) * pace.every)
    },

    /** One of this class goes at `at`. */
    take(name: string, at: number): void {
      const pace = paces.get(name)
      if (pace) fullAt.set(name, Math.max(fullAt.get(name) ?? 0, at) + pace.every)
    },
  }
}

function paceOf({ per_second, burst }: { per_second: number; burst: number }): Pace {
  const kept = per_second * PACE
  return { burst: Math.max(1, burst - (kept * SLACK_MS) / 1_000), every: 1_000 / kept }
}
