import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createPlayback } from '../../protocol/playback.ts'
import { createTrack } from '../../protocol/smoothing.ts'
import { createRandom, seedOf } from './clock.ts'

/** A line as TCP shows it: what is lost is sent again, and what comes after it waits. */
export interface Line {
  readonly seed: number
  /** The chance that a packet is lost. */
  readonly loss: number
  readonly ticks: number
}

export const STEP_MS = 50
export const LOOK_MS = 1_000 / 60
/** One way, and how uneven that is. */
const WAY_MS = 50
const JITTER_MS = 3
/**
 * A packet that is lost is sent again when the next one's acknowledgement is there (50 + 100 ms) and
 * a quarter of a round trip has passed (RACK, RFC 8985); one lost again after the time-out of
 * RFC 6298 (200 ms more than the round trip), doubled each time.
 */
const AGAIN_MS = STEP_MS + 2 * WAY_MS + WAY_MS / 2
const TIMEOUT_MS = 200 + 2 * WAY_MS

type Random = ReturnType<typeof createRandom>

/** How long one packet is on its way, in ms. */
export function wayOf(random: Random, loss: number): number {
  const way = WAY_MS + random.float() * JITTER_MS
  if (random.float() >= loss) return way
  let again = AGAIN_MS
  for (let more = TIMEOUT_MS; random.float() < loss; more *= 2) again += more
  return way + again
}

/** When the frame of each tick is there, in ms after the first was made. */
export function recorded({ seed, loss, ticks }: Line): number[] {
  const random = createRandom(seed)
  let latest = 0
  return Array.from({ length: ticks }, (_, tick) => {
    latest = Math.max(latest, tick * STEP_MS + wayOf(random, loss))
    return latest
  })
}

/** Where somebody is at each tick. */
export type Walk = readonly (readonly [x: number, y: number])[]

/** As many units as somebody goes in a tick. */
export const PACE = 10
const STEP = 0.01

/** Somebody goes straight on, or turns about every second; as exact as the wire is. */
export function walk(seed: number, ticks: number, turns: boolean): Walk {
  const random = createRandom(seed)
  let [x, y, way] = [0, 0, 0.5]
  const exact = (value: number) => Math.round(value / STEP) * STEP
  return Array.from({ length: ticks }, () => {
    if (turns && random.below(20) === 0) way += (random.float() - 0.5) * 2 * Math.PI
    x += PACE * Math.cos(way)
    y += PACE * Math.sin(way)
    return [exact(x), exact(y)] as const
  })
}

/** What is drawn sixty times a second: when, which time of the room, and where somebody is then. */
export type Drawn = readonly (readonly [now: number, shown: number, x: number, y: number])[]

/**
 * Draws a walk whose frames arrive so. `polled`: they are found when we look, and may have been
 * there since we looked before; otherwise they say themselves when they came.
 */
export function drawn(arrivals: readonly number[], way: Walk, polled: boolean): Drawn {
  const playback = createPlayback(STEP_MS)
  const frames: [number, number, number, number][] = []
  let track: ReturnType<typeof createTrack> | undefined
  let looked = 0
  let tick = 0
  for (let now = 0; tick < arrivals.length; now += LOOK_MS) {
    for (; (arrivals[tick] ?? now + 1) <= now; tick++) {
      const place = way[tick] ?? [0, 0]
      const time = tick * STEP_MS
      playback.frame(tick, tick - 1, polled ? looked : (arrivals[tick] ?? 0))
      if (track) track.add(place, time, time - STEP_MS, playback.shown)
      else track = createTrack({ smoothing: 'linear', leap: Number.POSITIVE_INFINITY }, place, time)
    }
    looked = now
    if (!track) continue
    const shown = playback.look(now)
    const [x = 0, y = 0] = track.at(shown, playback.newest) as readonly number[]
    frames.push([now, shown, x, y])
  }
  return frames
}

/** How smooth that is, the first two seconds apart; steps in those that even drawing would have. */
export function judged(all: Drawn) {
  const nominal = (PACE * LOOK_MS) / STEP_MS
  const frames = all.slice(2_000 / LOOK_MS)
  const steps = frames.slice(1).map(([, , x, y], index) => {
    const [, , fromX, fromY] = frames[index] ?? [0, 0, x, y]
    return Math.hypot(x - fromX, y - fromY) / nominal
  })
  const sorted = [...steps].sort((one, other) => one - other)
  return {
    most: sorted.at(-1) ?? 0,
    p999: sorted[Math.floor(sorted.length * 0.999)] ?? 0,
    frozen: steps.filter((step) => step < 0.05).length / steps.length,
    /** How far behind the room what is drawn is on average, in ms. */
    behind: frames.reduce((sum, [now, shown]) => sum + now - shown, 0) / frames.length,
  }
}

/** Writes what the web client draws on lines of one seed, for engines to draw the same; its path. */
export function linesFile(folder: string): string {
  const ticks = 900
  const seed = seedOf()
  const lines = [0, 0.01, 0.02].flatMap((loss) =>
    [false, true].map((polled) => {
      const arrivals = recorded({ seed, loss, ticks })
      const way = walk(seed, ticks, true)
      const name = `${loss * 100} % loss, ${polled ? 'polled' : 'told'} (seed ${seed})`
      const shown = drawn(arrivals, way, polled)
      return { name, step_ms: STEP_MS, polled, arrivals, walk: way, drawn: shown }
    }),
  )
  const path = join(folder, 'lines.json')
  writeFileSync(path, JSON.stringify({ lines }))
  return path
}
