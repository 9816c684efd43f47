import { randomBytes, randomInt } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import pino from 'pino'
import { MOST_TIMER_MS } from '../protocol/limits.ts'
import { patient } from '../protocol/timer.ts'

export type Cancel = () => void
export type Log = Pick<pino.Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error'>

/** Everything the server takes from outside itself: time, chance, the log. Tests bring their own. */
export interface World {
  /** Monotonic, in ms. */
  now(): number
  /** The calendar's time, in ms since 1970: for what is kept, never for measuring. */
  date(): number
  /** Calls back once after `ms`. */
  after(ms: number, callback: () => void): Cancel
  /** Calls back every `ms`. */
  every(ms: number, callback: () => void): Cancel
  /** Calls back when this turn of the event loop is over. */
  soon(callback: () => void): void
  readonly random: Random
  readonly log: Log
}

export interface Random {
  /** `bytes` of chance in base64url: 16 for an id, 24 for a secret. */
  text(bytes: number): string
  /** A whole number from 0 to `below` - 1. */
  below(below: number): number
}

export interface WorldOptions {
  readonly log?: Log
}

/** The real world. */
export function createWorld({ log = pino({ level: 'silent' }) }: WorldOptions = {}): World {
  return {
    now: () => performance.now(),
    date: () => Date.now(),
    after,
    every(ms, callback) {
      if (ms > MOST_TIMER_MS) return again(ms, callback)
      const timer = setInterval(callback, ms)
      return () => clearInterval(timer)
    },
    soon: (callback) => void setImmediate(callback),
    random: {
      text: (bytes) => randomBytes(bytes).toString('base64url'),
      below: (below) => randomInt(below),
    },
    log,
  }
}

const after = patient((ms, callback) => {
  const timer = setTimeout(callback, ms)
  return () => clearTimeout(timer)
})

/** For what an interval would call back about at once. */
function again(ms: number, callback: () => void): Cancel {
  let cancel = after(ms, function each() {
    cancel = after(ms, each)
    callback()
  })
  return () => cancel()
}

/** A moment of `date()` as text: `2026-01-01T00:00:00.000Z`. */
export const isoOf = (ms: number): string => new Date(ms).toISOString()

/** The moment of `date()` that a text of any usual form names; NaN for none. */
export const momentOf = (text: string): number => Date.parse(text)
