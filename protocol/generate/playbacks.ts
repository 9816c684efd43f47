import { createPlayback } from '../playback.ts'
import { createTrack, type Moving, type Smoothing } from '../smoothing.ts'

/** A frame of `tick` that arrives at `at`; until the tick `since` nothing had changed. */
type Frame = readonly [tick: number, since: number, at: number]

const STEP_MS = 50
const WAY_MS = 50
const LOOK_MS = 17
/** Our clock less the room's, before any way. */
const AHEAD_MS = 10_000

interface Line {
  readonly name: string
  readonly frames: readonly Frame[]
  /** From when to when nobody looks, in the room's time. */
  readonly busy?: readonly [from: number, to: number]
}

const LINES: readonly Line[] = [
  { name: 'frames that are on time', frames: frames(0, 30) },
  {
    name: 'frames that are late by turns',
    frames: frames(0, 60, (tick) => WAY_MS + ((tick * 7) % 12) * 9),
  },
  {
    name: 'more frames than are remembered',
    frames: frames(0, 230, (tick) => (tick < 20 ? 4 : 1) * WAY_MS),
  },
  { name: 'a line that stands still and brings all at once', frames: frames(0, 50, held(20, 34)) },
  {
    name: 'one that stands still for so long that nothing moves',
    frames: frames(0, 90, held(20, 80)),
  },
  {
    name: 'a room in which nothing happens for a while',
    frames: [...frames(0, 8), ...frames(80, 90)],
  },
  {
    name: 'who missed what happened for a while',
    frames: [...frames(0, 8), ...frames(18, 30, () => WAY_MS, 7)],
  },
  {
    name: 'who was busy for three seconds',
    frames: frames(0, 110, held(20, 80)),
    busy: [1_000, 4_050],
  },
]

/** What is shown when, by the arrivals of frames. */
export const playbackVectors = (): object[] =>
  LINES.map(({ name, frames, busy: [from, to] = [0, 0] }) => {
    const playback = createPlayback(STEP_MS)
    const waiting = [...frames]
    const end = (frames.at(-1)?.[2] ?? 0) + 1_500
    const steps: unknown[][] = []
    for (let now = AHEAD_MS; now < end; now += LOOK_MS) {
      for (let [frame] = waiting; frame && frame[2] <= now; [frame] = waiting) {
        waiting.shift()
        playback.frame(...frame)
        steps.push(['frame', ...frame])
      }
      if (now > AHEAD_MS + from && now < AHEAD_MS + to) continue
      steps.push(['look', now, playback.look(now), playback.delay])
    }
    return { name, step_ms: STEP_MS, steps }
  })

interface Course {
  readonly name: string
  readonly smoothing: Smoothing
  readonly leap: number
  readonly values: readonly Moving[]
  /** After so many of them nothing happens for as many ticks. */
  readonly quiet?: number
  /** Which of them leap because something says so. */
  readonly leaps?: number
}

/** More than any value changes by. */
const NEVER = 1_000_000
const TURNS = [0, 0.5, 1.2, 1.6, 3.4].map((angle) => [0, Math.sin(angle), 0, Math.cos(angle)])

const TRACKS: readonly Course[] = [
  { name: 'a walk', smoothing: 'linear', leap: NEVER, values: [0, 1, 3, 3, 8] },
  { name: 'a walk after a rest', smoothing: 'linear', leap: NEVER, values: [0, 1, 3, 5], quiet: 2 },
  { name: 'a leap', smoothing: 'linear', leap: 4, values: [0, 3, 6, 11, 12] },
  { name: 'a leap that is told', smoothing: 'linear', leap: NEVER, values: [0, 3, 6], leaps: 1 },
  {
    ...{ name: 'a place', smoothing: 'linear', leap: 5 },
    values: [
      [0, 0],
      [3, 4],
      [6, 9],
      [7, 9],
      [7, 9],
    ].map(([x = 0, y = 0]) => [x, y]),
  },
  { name: 'a turn', smoothing: 'angle', leap: NEVER, values: [0.5, 6, 5, 1, 4.5] },
  { name: 'a turn that leaps', smoothing: 'angle', leap: 1, values: [0.5, 6, 5, 1, 1.5] },
  { name: 'a turn in space', smoothing: 'quaternion', leap: NEVER, values: TURNS },
  {
    ...{ name: 'one the other way about', smoothing: 'quaternion', leap: 1.5 },
    values: TURNS.map((one, index) => (index % 2 ? one.map((part) => -part) : one)),
  },
  { name: 'what has nothing between', smoothing: 'none', leap: NEVER, values: [1, 2, 7, 7, 3] },
]

/** What a value is shown as, between and beyond what it was. */
export const smoothingVectors = (): object[] =>
  TRACKS.map(({ name, smoothing, leap, values, quiet = values.length, leaps = -1 }) => {
    const [first = 0, ...rest] = values
    const track = createTrack({ smoothing, leap }, first, 0)
    const steps: unknown[][] = []
    let time = 0
    for (const [index, value] of rest.entries()) {
      const since = time + (index === quiet ? values.length * STEP_MS : 0)
      time = since + STEP_MS
      const added = [value, time, since, time - 2 * STEP_MS, index === leaps] as const
      track.add(...added)
      steps.push(['add', ...added])
      for (let at = time - 130; at <= time + 50; at += 22.5) {
        steps.push(['at', at, time, track.at(at, time)])
        steps.push(['at', at, time + STEP_MS, track.at(at, time + STEP_MS)])
      }
    }
    return { name, smoothing, leap, first, steps }
  })

/** Ticks from one to another, each so long on its way; until `since` nothing had changed. */
function frames(from: number, to: number, way = (_: number) => WAY_MS, since = from - 1): Frame[] {
  return Array.from({ length: to - from }, (_, index) => {
    const tick = from + index
    return [tick, index === 0 ? since : tick - 1, AHEAD_MS + tick * STEP_MS + way(tick)]
  })
}

/** A line on which the frames from one tick on arrive together with that of another. */
function held(from: number, to: number): (tick: number) => number {
  return (tick) => WAY_MS + (tick >= from && tick < to ? (to - tick) * STEP_MS : 0)
}
