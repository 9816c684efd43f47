import { MOST_TIMER_MS } from './limits.ts'

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
