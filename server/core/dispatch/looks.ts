/**
 * Lets no more lookups run at a time than may all find nothing: each that does costs one of what is
 * `left`. The rest wait, in their order, for what becomes of those.
 */
export function createLooks(left: () => number) {
  let running = 0
  const waiting: ((mayLook: boolean) => void)[] = []

  return {
    /** Whether nobody looks or waits. */
    get isIdle() {
      return running === 0 && waiting.length === 0
    },
    /** Whether one may look, by now; each that may has to `end`. */
    begin(): Promise<boolean> {
      if (isFree() && waiting.length === 0) {
        running++
        return Promise.resolve(true)
      }
      if (running === 0 || waiting.length >= MAX_WAITING) return Promise.resolve(false)
      return new Promise((resolve) => void waiting.push(resolve))
    },
    /** One has looked, and has paid where it found nothing. */
    end(): void {
      running--
      while (waiting.length > 0 && (isFree() || running === 0)) {
        const mayLook = isFree()
        if (mayLook) running++
        waiting.shift()?.(mayLook)
      }
    },
  }

  function isFree(): boolean {
    return running + 1 <= left()
  }
}

/** How many of one address may wait. */
const MAX_WAITING = 1_000
