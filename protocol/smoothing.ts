/** A value that moves: a number, or the parts of a vector or a quaternion. */
export type Moving = number | readonly number[]

/**
 * What is between two values: a straight line, the shortest turn of an angle in radians or of a
 * quaternion, or nothing: the older one.
 */
export type Smoothing = 'linear' | 'angle' | 'quaternion' | 'none'

export interface TrackOptions {
  readonly smoothing: Smoothing
  /** A change of more than so much is a leap: nothing is shown between. */
  readonly leap: number
}

/** What a value was at a time of the room's; `leaps`: it was elsewhere until just then. */
interface Sample {
  readonly time: number
  readonly value: Moving
  readonly leaps: boolean
}

/** So much of what was shown is kept, in ms: the clock may go back a little. */
const KEEP_MS = 100

export type Track = ReturnType<typeof createTrack>

/** What one value was in the last moments, and what it is shown as at any time between. */
export function createTrack({ smoothing, leap }: TrackOptions, first: Moving, time: number) {
  const samples: Sample[] = [{ time, value: first, leaps: false }]
  const mix = MIXES[smoothing]

  return {
    /** It is `value` at `time`; until `since` it was what it had been. `shown` is what is shown now. */
    add(value: Moving, time: number, since: number, shown: number, leaps = false): void {
      const last = samples.at(-1)
      if (last && last.time < since) samples.push({ ...last, time: since, leaps: false })
      const isFar = last !== undefined && distance(smoothing, last.value, value) > leap
      samples.push({ time, value, leaps: leaps || isFar })
      while ((samples[1]?.time ?? shown) < shown - KEEP_MS) samples.shift()
    },

    /** What to show at `time`, where frames until `newest` have come. */
    at(time: number, newest: number): Moving {
      let index = samples.length - 1
      while (index > 0 && (samples[index]?.time ?? time) > time) index--
      const from = samples[index] as Sample // there is always one
      const to = samples[index + 1]
      if (to) return time <= from.time || to.leaps ? from.value : between(from, to, time)
      const before = samples[index - 1]
      if (!before || from.leaps || from.time < newest || time <= from.time) return from.value
      return between(before, from, time)
    },
  }

  function between(from: Sample, to: Sample, time: number): Moving {
    return mix(from.value, to.value, (time - from.time) / (to.time - from.time))
  }
}

type Mix = (from: Moving, to: Moving, part: number) => Moving

/** What is at a part, 0 to 1, of the way from one value to another. */
export const MIXES: Readonly<Record<Smoothing, Mix>> = {
  linear: (from, to, part) =>
    typeof from === 'number'
      ? from + ((to as number) - from) * part // both of one field
      : from.map((one, index) => one + (at(to, index) - one) * part),
  angle: (from, to, part) => (from as number) + turn(from as number, to as number) * part,
  quaternion(from, to, part) {
    const way = dot(from, to) < 0 ? -1 : 1
    const parts = [0, 1, 2, 3].map((n) => at(from, n) + (at(to, n) * way - at(from, n)) * part)
    const length = Math.sqrt(dot(parts, parts)) || 1
    return parts.map((one) => one / length)
  },
  none: (from, to, part) => (part < 1 ? from : to),
}

/** How far two values are from each other: in their unit, or in radians. */
export function distance(smoothing: Smoothing, from: Moving, to: Moving): number {
  if (smoothing === 'none') return 0
  if (smoothing === 'quaternion') return 2 * Math.acos(Math.min(1, Math.abs(dot(from, to))))
  if (typeof from !== 'number') return Math.hypot(...from.map((one, index) => at(to, index) - one))
  return Math.abs(smoothing === 'angle' ? turn(from, to as number) : (to as number) - from)
}

/** The shortest way from one angle to another, within half a turn. */
export function turn(from: number, to: number): number {
  const way = (to - from) % (2 * Math.PI)
  return way > Math.PI ? way - 2 * Math.PI : way < -Math.PI ? way + 2 * Math.PI : way
}

const dot = (one: Moving, other: Moving) =>
  [0, 1, 2, 3].reduce((sum, index) => sum + at(one, index) * at(other, index), 0)

const at = (value: Moving, index: number): number =>
  typeof value === 'number' ? value : (value[index] ?? 0)
