/** What a lookup that finds nothing may be told: wrong, as it is paid for, or only to come later. */
export type Look = 'paid' | 'unpaid' | 'crowded'

/**
 * Lets no more lookups run at a time than may all find nothing: each that does costs one of what is
 * `left`. The rest wait, in their order, for what becomes of those; where nothing is left, one runs at a
 * time, unpaid, as it may be right. A crowd bounds how many run, and wait, in any case.
 */
export function createLooks(left: () => number, { atOnce, mostWaiting }: Crowd = ANY) {
  let running = 0
  const waiting: ((look: Look) => void)[] = []

  return {
    /** Whether nobody looks or waits. */
    get isIdle() {
      return running === 0 && waiting.length === 0
    },
    /** Resolves when it may look, by now, unless too many wait; each that may has to `end`. */
    begin(): Promise<Look> {
      if (mayLook() && waiting.length === 0) return Promise.resolve(next())
      if (waiting.length >= mostWaiting) return Promise.resolve('crowded')
      return new Promise((resolve) => void waiting.push(resolve))
    },
    /** One has looked, and has paid where it found nothing. */
    end(): void {
      running--
      while (waiting.length > 0 && mayLook()) waiting.shift()?.(next())
    },
  }

  function mayLook(): boolean {
    return running === 0 || (running < atOnce && running + 1 <= left())
  }

  function next(): Look {
    running++
    return running <= left() ? 'paid' : 'unpaid'
  }
}

export interface Crowd {
  /** How many of one address look at a time. */
  readonly atOnce: number
  /** How many of one address may wait. */
  readonly mostWaiting: number
}

const ANY: Crowd = { atOnce: Number.POSITIVE_INFINITY, mostWaiting: 1_000 }
