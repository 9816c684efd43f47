import pino from 'pino'
import type { Cancel, World } from '../../server/world.ts'
import { sized } from './soak.ts'

/** Time that moves only when a test says so. */
export interface Clock {
  now(): number
  /** Moves on by `ms`, calling back everything that falls due on the way, in order. */
  advance(ms: number): void
  /** How many timers are set. */
  readonly pending: number
  after(ms: number, callback: () => void): Cancel
  every(ms: number, callback: () => void): Cancel
}

export type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string }

export function createClock(start = 1_000): Clock {
  let time = start
  const timers = new Set<{ due: number; callback: () => void }>()

  const after = (ms: number, callback: () => void): Cancel => {
    const timer = { due: time + ms, callback }
    timers.add(timer)
    return () => void timers.delete(timer)
  }

  const every = (ms: number, callback: () => void): Cancel => {
    let cancel = after(ms, function again() {
      cancel = after(ms, again)
      callback()
    })
    return () => cancel()
  }

  return {
    now: () => time,
    after,
    every,
    get pending() {
      return timers.size
    },
    advance(ms) {
      const end = time + ms
      for (;;) {
        let next: { due: number; callback: () => void } | undefined
        for (const timer of timers)
          if (timer.due <= end && (!next || timer.due < next.due)) next = timer
        if (!next) break
        timers.delete(next)
        time = next.due
        next.callback()
      }
      time = end
    },
  }
}

/** Numbers from a seed (mulberry32); the same seed, the same numbers. */
export function createRandom(seed: number) {
  let state = seed >>> 0
  const float = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(float() * limit)
  return {
    float,
    below,
    pick: <T>(items: readonly T[]): T => items[below(items.length)] as T,
    text: (bytes: number) =>
      Array.from({ length: Math.ceil((bytes * 4) / 3) }, () => LETTERS[below(LETTERS.length)]).join(
        '',
      ),
  }
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

const FIXED_SEED = 1

/**
 * A seed from the environment (`SEED`); or else the same each time, and one of chance at the full
 * size. Print it with the test.
 */
export const seedOf = (env = process.env.SEED): number =>
  env ? Number(env) : sized(FIXED_SEED, Math.floor(Math.random() * 2 ** 31))

/** When the tests’ calendar begins. */
const BEGAN = Date.UTC(2026, 0, 1)

/** A world for a server under test: the clock, seeded chance, and a log that can be read. */
export function createTestWorld(clock: Clock, seed = 1): World & { readonly lines: LogLine[] } {
  const lines: LogLine[] = []
  const log = pino(
    { level: 'trace' },
    { write: (line: string) => void lines.push(JSON.parse(line)) },
  )
  return {
    now: clock.now,
    date: () => BEGAN + clock.now(),
    after: clock.after,
    every: clock.every,
    soon: (callback) => void setImmediate(callback),
    random: createRandom(seed),
    log,
    lines,
  }
}
