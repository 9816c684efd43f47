import { MOST_TIMER_MS, MOST_TOLD_MS } from './limits.ts'

type After = (ms: number, callback: () => void) => () => void

/** Timers of a platform that waits `MOST_TIMER_MS` at most, for however long; Infinity is for ever. */
export const patient =
  (after: After): After =>
  (ms, callback) => {
    if (!(ms > MOST_TIMER_MS)) return after(ms, callback)
    let left = ms
    const wait = (): (() => void) => {
      const next = Math.min(left, MOST_TIMER_MS)
      left -= next
      return after(next, () => {
        if (left > 0) cancel = wait()
        else callback()
      })
    }
    let cancel = wait()
    return () => cancel()
  }

/**
 * How long somebody is to wait, in ms: `Infinity` is for ever. Throws a RangeError that names the
 * place for what is no number, which a timer would take for at once.
 */
export function duration(ms: unknown, place: string, least = 0): number {
  if (typeof ms === 'number' && ms >= least) return ms
  throw new RangeError(`${place}: expected a number of ms, ${least} or more, got ${String(ms)}`)
}

/** A duration as messages tell it: whole, and no longer than their field holds, which is for ever. */
export const toldMs = (ms: number): number =>
  Math.min(MOST_TOLD_MS, Math.max(1, Math.ceil(duration(ms, 'timeout'))))

/** A duration that a message told: the longest that its field holds (49 days) is for ever. */
export const heardMs = (ms: number): number => (ms >= MOST_TOLD_MS ? Number.POSITIVE_INFINITY : ms)

/** How long somebody waits who would wait so long: at most `most`, unless it is for ever. */
export const bounded = (ms: number, most: number): number =>
  ms === Number.POSITIVE_INFINITY ? ms : Math.min(ms, most)
