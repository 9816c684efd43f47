import type { Timers } from './link.ts'

export interface LivenessOptions {
  readonly timers: Timers
  /** How often to ping, in ms. */
  readonly pingEvery: number
  /** Sends a ping under this id. */
  readonly ping: (id: string) => void
  /** A ping was answered: the server's clock then, and when it was sent, by ours. */
  readonly ponged: (serverTime: number, sentAt: number) => void
  /** Nothing answers any more. */
  readonly silent: (reason: string) => void
}

/** Notices when a connection is no longer one, and measures the round trip meanwhile. */
export function createLiveness({ timers, pingEvery, ping, ponged, silent }: LivenessOptions) {
  let pending: { readonly id: string; readonly at: number } | undefined
  let numbered = 0
  let cancel = () => {}
  let again = () => {}
  let cancelProbe: (() => void) | undefined

  return {
    /** From now on pings, and calls `tick` every `every` ms. */
    begin(every: number, tick: () => void): void {
      cancel()
      const round = (untilPing: number) => {
        cancel = timers.after(every, () => {
          tick()
          if (untilPing > every) return round(untilPing - every)
          if (pending) return silent('the server fell silent')
          send()
          round(pingEvery)
        })
      }
      again = () => {
        cancel()
        send()
        round(pingEvery)
      }
      again()
    },

    /** Whether it is there still has to show within `ms`; asked again meanwhile changes nothing. */
    probe(ms: number): void {
      if (cancelProbe) return
      again()
      cancelProbe = timers.after(ms, () => silent(`no answer within ${ms} ms`))
    },

    /** Until it begins or stops, something has to come within `timeout` ms. */
    expect(timeout: number): void {
      cancel()
      cancel = timers.after(timeout, () => silent(`no answer within ${timeout} ms`))
    },

    stop(): void {
      cancel()
      answered()
    },

    /** Whether `re` answers the last ping; if so it has been heard. */
    hears(re: string | undefined, data: { readonly time?: number }): boolean {
      if (!pending || re !== pending.id) return false
      if (data.time !== undefined) ponged(data.time, pending.at)
      answered()
      return true
    },
  }

  function answered(): void {
    pending = undefined
    cancelProbe?.()
    cancelProbe = undefined
  }

  function send(): void {
    pending = { id: `ping-${++numbered}`, at: timers.now() }
    ping(pending.id)
  }
}
