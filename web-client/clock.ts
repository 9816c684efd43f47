/** The server's clock as seen from here, and how far away it is. */
export interface Clock {
  /** The server's monotonic time, in ms. */
  now(): number
  /** The last round trip, in ms; undefined before the first. */
  readonly roundTrip: number | undefined
}

interface Sample {
  readonly roundTrip: number
  readonly offset: number
}

const SAMPLES = 8

/**
 * Of the last eight pings the one with the lowest round trip tells the offset (the minimum filter
 * of NTP, RFC 5905 section 10).
 */
export function createClock(localNow: () => number) {
  let samples: Sample[] = []
  let offset = 0
  return {
    now: () => localNow() + offset,
    get roundTrip() {
      return samples.at(-1)?.roundTrip
    },
    /** A reply that left the server at `serverTime`, to what was sent at `sentAt`. */
    add(serverTime: number, sentAt: number, receivedAt: number): void {
      const roundTrip = receivedAt - sentAt
      samples = [
        ...samples.slice(1 - SAMPLES),
        { roundTrip, offset: serverTime - (sentAt + receivedAt) / 2 },
      ]
      offset = samples.reduce((best, one) => (one.roundTrip < best.roundTrip ? one : best)).offset
    },
    /** A welcome: good enough until the first ping returns. */
    begin(serverTime: number): void {
      samples = []
      offset = serverTime - localNow()
    },
  }
}
