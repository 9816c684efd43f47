import { PLAZA } from '../../protocol/plaza.ts'
import type { Rows } from '../plaza.ts'

export interface Point {
  readonly x: number
  readonly y: number
}

/** Where somebody was at a time of the server's. */
interface Sample extends Point {
  readonly time: number
}

/** How much older than our clock the shown time has to be for rows that came at `at`. */
interface Need {
  readonly at: number
  readonly delay: number
}

/** Which of the server's times was shown at which of ours. */
interface Moment {
  readonly at: number
  readonly shown: number
}

/** After so long without rows nobody has moved; the next tell of a start, so long before them. */
const QUIET_MS = 4 * PLAZA.tick_ms
const START_MS = 2 * PLAZA.tick_ms
/** How long a late message is remembered, and how much later than the soonest is waited for. */
const MEMORY_MS = 3_000
const MOST_LATE_MS = 1_000
/** A lag that is wrong is mended in about so long, by playing at most so much faster or slower. */
const EASE_MS = 2_000
const MOST_HASTE = 0.1
/** What is further behind is caught up with at once. */
const SNAP_MS = 1_500
/** The shown place is the mean over two ticks: a step that missed its tick is no stop and leap. */
const BLUR_MS = PLAZA.tick_ms
const KEEP_MS = 2 * SNAP_MS

export type Playback = ReturnType<typeof createPlayback>

/**
 * Shows where others were a little while ago, between the rows that tell of before and after. How
 * long ago follows from how late rows have come in the last seconds, as in the playout buffers of
 * voice over IP (Ramjee et al., Adaptive Playout Mechanisms, 1994). Rows that come later still make
 * everybody wait, never leap.
 */
export function createPlayback() {
  const tracks = new Map<number, Sample[]>()
  let needs: Need[] = []
  let moments: Moment[] = []
  /** The server's times of the newest rows and of what is shown. */
  let newest = 0
  let shown = 0
  /** What is shown, and what was one and two ticks before. */
  let blurred: readonly number[] = []
  let isBegun = false

  return {
    clear(): void {
      tracks.clear()
      needs = []
      moments = []
      blurred = []
      isBegun = false
    },

    forget: (number: number): void => void tracks.delete(number),

    /** Where everybody was at `time` by the server's clock; `now` is ours. */
    add(rows: Rows, time: number, now: number): void {
      if (isBegun && time <= newest) return
      const isQuiet = !isBegun || time - newest > QUIET_MS
      const since = isQuiet ? time - START_MS : newest
      needs = [...needs.filter(({ at }) => now - at < MEMORY_MS), { at: now, delay: now - since }]
      if (!isBegun) shown = now - lag()
      else if (isQuiet && shown === newest) shown = within(newest, now - lag(), since)
      for (const [number, x, y] of rows) extend(number, { time, x, y }, since)
      newest = time
      isBegun = true
    },

    /** Lets time pass until `now`. */
    step(now: number): void {
      if (!isBegun) return
      const elapsed = now - (moments.at(-1)?.at ?? now)
      const behind = now - lag() - (shown + elapsed)
      const haste = within(-MOST_HASTE, behind / EASE_MS, MOST_HASTE)
      const next = behind > SNAP_MS ? now - lag() : shown + elapsed * (1 + haste)
      shown = Math.max(shown, Math.min(next, newest))
      moments.push({ at: now, shown })
      while ((moments[1]?.at ?? now) < now - 2 * BLUR_MS) moments.shift()
      blurred = [2, 1, 0].map((age) => shownAt(now - age * BLUR_MS))
    },

    /** Where a member is shown at the time last stepped to; undefined for who is not known. */
    at(number: number): Point | undefined {
      const track = tracks.get(number)
      if (!track) return undefined
      const [old, middle, young] = blurred.map((time) => placeAt(track, time))
      if (!old || !middle || !young) return undefined
      return { x: (old.x + 2 * middle.x + young.x) / 4, y: (old.y + 2 * middle.y + young.y) / 4 }
    },
  }

  /** How much older than our clock what is shown should be. */
  function lag(): number {
    const delays = needs.map(({ delay }) => delay)
    return Math.min(Math.max(...delays), Math.min(...delays) + MOST_LATE_MS)
  }

  /** Somebody stood until `since`, and was there at a sample's time. */
  function extend(number: number, sample: Sample, since: number): void {
    const track = tracks.get(number) ?? []
    tracks.set(number, track)
    const last = track.at(-1)
    if (last && last.time < since) track.push({ ...last, time: since })
    track.push(sample)
    while ((track[1]?.time ?? sample.time) < sample.time - KEEP_MS) track.shift()
  }

  /** Which of the server's times was shown at one of ours. */
  function shownAt(at: number): number {
    const index = moments.findLastIndex((moment) => moment.at <= at)
    const from = moments[index] ?? moments[0]
    const to = moments[index + 1]
    if (!from || !to || to === from) return from?.shown ?? shown
    return from.shown + ((to.shown - from.shown) * (at - from.at)) / (to.at - from.at)
  }
}

function placeAt(track: readonly Sample[], time: number): Point | undefined {
  const index = track.findLastIndex((sample) => sample.time <= time)
  const from = track[index] ?? track[0]
  const to = track[index + 1]
  if (!from || !to || to === from) return from
  const part = (time - from.time) / (to.time - from.time)
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part }
}

const within = (least: number, value: number, most: number) =>
  Math.min(Math.max(value, least), most)
