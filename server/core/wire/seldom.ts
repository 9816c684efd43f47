/** Says of what may happen a thousand times a second no more than once in `ms`, with how often it was. */
export function createSeldom(now: () => number, ms = SELDOM_MS) {
  let saidAt = Number.NEGATIVE_INFINITY
  let times = 0

  return (say: (times: number) => void): void => {
    times++
    if (now() - saidAt < ms) return
    saidAt = now()
    say(times)
    times = 0
  }
}

const SELDOM_MS = 10_000
