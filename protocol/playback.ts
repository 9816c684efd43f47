/** The constants of the playback clock; PLAYBACK_DOCS says what each is. */
export const PLAYBACK = {
  window: 200,
  stale_ms: 30_000,
  part: 0.98,
  margin_ms: 5,
  most_delay_ms: 250,
  tolerance_ms: 5,
  ease_ms: 200,
  most_faster: 0.25,
  most_slower: 0.05,
  snap_ms: 1_000,
  extrapolate_ms: 50,
  wait_ms: 500,
  hitch_ms: 250,
} as const

export const PLAYBACK_DOCS: Readonly<Record<keyof typeof PLAYBACK, string>> = {
  window: 'How many arrivals tell how late frames come.',
  stale_ms: 'How old those may be, in ms.',
  part: 'What is shown is so far behind that this part of the frames would have been there.',
  margin_ms: 'And so much more, in ms.',
  most_delay_ms: 'The latest that is waited for, beyond the soonest arrival, in ms.',
  tolerance_ms: 'A clock that is wrong by no more than this is not mended, in ms.',
  ease_ms: 'In about how long it is mended, in ms.',
  most_faster: 'How much faster a clock that is late runs at most.',
  most_slower: 'How much slower one that is early runs at most.',
  snap_ms: 'What is further off than this is mended at once, in ms.',
  extrapolate_ms: 'How far beyond the newest frame what moves moves on, in ms.',
  wait_ms: 'How long it waits there for a frame before nothing moves any more, in ms.',
  hitch_ms:
    'Who has not looked for so long was busy: what arrived meanwhile says nothing of the line.',
}

interface Arrival {
  readonly at: number
  readonly offset: number
}

export type Playback = ReturnType<typeof createPlayback>

/**
 * Which time of a room is shown: a clock of its own, steered and not set, that does not pass the
 * newest frame. How far behind it is follows from how late frames came, as in the playout buffers
 * of voice over IP (Ramjee et al., Adaptive Playout Mechanisms, 1994). A room's time is its ticks
 * times `step_ms`.
 */
export function createPlayback(step_ms: number) {
  let arrivals: Arrival[] = []
  /** Our clock less the room's, at the soonest arrival and at one that is late. */
  let soonest = 0
  let late = 0
  /** In the room's time: the newest frame, and the ends of a while in which nothing changed. */
  let newest = Number.NEGATIVE_INFINITY
  let still = { from: 0, to: 0 }
  let shown = 0
  /** When we looked last, and for how long the clock has waited for a frame. */
  let looked = 0
  let waited = 0

  return {
    /** The time that is shown. */
    get shown() {
      return shown
    },
    /** The time of the newest frame. */
    get newest() {
      return newest
    },
    /** How far what is shown is behind the newest that could be known, in ms. */
    get delay() {
      return isBegun() ? looked - soonest - shown : 0
    },

    /** The frame of `tick` has arrived at `at`; until the tick `since` nothing had changed. */
    frame(tick: number, since: number, at: number): void {
      const time = tick * step_ms
      if (isBegun() && time <= newest) return
      const wasBusy = isBegun() && at - looked > PLAYBACK.hitch_ms
      if (!wasBusy || arrivals.length === 0) learn({ at, offset: at - time })
      if (!isBegun()) {
        shown = ideal(at)
        looked = at
      } else still = { from: newest, to: since * step_ms }
      newest = time
    },

    /** It is `now`: the time to show. */
    look(now: number): number {
      const elapsed = Math.max(0, now - looked)
      looked = Math.max(looked, now)
      if (!isBegun()) return shown
      const behind = ideal(looked) - shown - elapsed
      const before = shown
      shown = Math.abs(behind) > PLAYBACK.snap_ms ? ideal(looked) : shown + elapsed * rate(behind)
      rest(before)
      wait(before, elapsed)
      return shown
    },

    /** Begins anew: what comes is of another time. */
    clear(): void {
      arrivals = []
      newest = Number.NEGATIVE_INFINITY
    },
  }

  function isBegun(): boolean {
    return newest > Number.NEGATIVE_INFINITY
  }

  function learn(arrival: Arrival): void {
    const { window, stale_ms, part } = PLAYBACK
    arrivals.push(arrival)
    arrivals = arrivals.slice(-window).filter(({ at }) => arrival.at - at < stale_ms)
    const offsets = arrivals.map(({ offset }) => offset).sort((one, other) => one - other)
    soonest = offsets[0] ?? arrival.offset
    late = offsets[Math.ceil(offsets.length * part) - 1] ?? arrival.offset
  }

  /** What should be shown at a time of ours. */
  function ideal(now: number): number {
    const { margin_ms, most_delay_ms } = PLAYBACK
    return now - Math.min(late + step_ms + margin_ms, soonest + most_delay_ms)
  }

  /** While nothing changed no time need pass: who is late is in time at once. */
  function rest(before: number): void {
    if (before < still.from || before >= still.to) return
    shown = Math.max(shown, Math.min(ideal(looked), still.to))
  }

  /** The clock stops a little beyond the newest frame; where none comes, nothing moves any more. */
  function wait(before: number, elapsed: number): void {
    const end = newest + PLAYBACK.extrapolate_ms
    waited = shown < end ? 0 : waited + elapsed
    shown = Math.min(shown, end)
    if (waited > PLAYBACK.wait_ms) shown = Math.max(newest, before - elapsed * PLAYBACK.most_faster)
  }
}

/** How fast the clock runs that is so many ms behind. */
function rate(behind: number): number {
  const { tolerance_ms, ease_ms, most_faster, most_slower } = PLAYBACK
  if (Math.abs(behind) <= tolerance_ms) return 1
  return 1 + Math.min(Math.max(-most_slower, behind / ease_ms), most_faster)
}
