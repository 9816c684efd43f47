import { ERRORS } from '../protocol/errors.ts'
import type { AllMessages } from '../protocol/index.ts'
import { Ledger } from '../protocol/ledger.ts'
import { LIMITS, RATES } from '../protocol/limits.ts'
import type { DataOf } from '../protocol/message.ts'
import { createPacer, MOST_WAIT_MS } from '../protocol/pacer.ts'
import { failure } from './failure.ts'
import type { Data } from './link.ts'

/** What the server takes and keeps, as its welcome says. */
type Welcome = DataOf<AllMessages['welcome']>
export type ServerLimits = Welcome['limits']

/** A room keeps no more of one member for others. */
const MOST_HELD = LIMITS.latest_keys.value

/** Until the server has said so. */
const DEFAULTS: ServerLimits = {
  message_bytes: LIMITS.message_bytes.value,
  resume_bytes: LIMITS.resume_bytes.value,
  resume_frames: LIMITS.resume_frames.value,
  ack_frames: LIMITS.ack_frames.value,
  ack_ms: LIMITS.ack_ms.value,
}

/** A counted frame as it is handed in. */
interface Counted {
  readonly data: Data
  readonly bytes: number
  /** What it is charged to; nothing where it answers a question of the server's. */
  readonly rate: string | undefined
}

interface Frame {
  readonly data: Data
  readonly bytes: number
  /** Whether it answers a question of the server's, and means nothing once the counts begin again. */
  readonly isAnswer: boolean
  /** When it may go. */
  readonly at: number
}

interface Latest {
  readonly text: string
  readonly rate: string
}

export type Outgoing = ReturnType<typeof createOutgoing>

/**
 * What this client sends, no faster than the server admits it: counted frames in order, until they
 * have arrived, of *latest* ones the newest.
 */
export function createOutgoing() {
  let limits = DEFAULTS
  let ledger = createLedger(limits)
  let pacer = createPacer(RATES)
  /** How many counted frames were written to this connection, and ever to any. */
  let written = 0
  let everWritten = 0
  /** When the last counted frame may go: none overtakes another. */
  let lastAt = 0
  const held = new Map<string, Latest>()
  /** By their class, when the next *latest* frame may go. */
  const turns = new Map<string, number>()

  return {
    get limits() {
      return limits
    },
    get sent() {
      return ledger.sent
    },
    get forgotten() {
      return ledger.forgotten
    },
    get written() {
      return written
    },
    get everWritten() {
      return everWritten
    },

    /**
     * Adds a counted frame; returns whether it is to be written now, and else keeps it for `take`.
     * Throws RATE_LIMITED where it would have to wait too long, and BUFFER_FULL where it must wait and
     * there is no room.
     */
    add({ data, bytes, rate }: Counted, now: number, isLive: boolean): boolean {
      const next = rate === undefined ? now : pacer.next(rate, now)
      if (next - now > MOST_WAIT_MS) throw tooFast(rate, next - now - MOST_WAIT_MS)
      const at = Math.max(next, lastAt)
      const mustWait = !isLive || at > now || written < ledger.sent
      if (mustWait && ledger.isFull(bytes)) throw failure('BUFFER_FULL')
      if (rate !== undefined) pacer.take(rate, at)
      lastAt = at
      ledger.push({ data, bytes, isAnswer: rate === undefined, at })
      if (mustWait) return false
      written = ledger.sent
      everWritten = Math.max(everWritten, written)
      return true
    },

    /**
     * Keeps a *latest* frame for `take` in place of an older one of its key: behind what was kept
     * since that one, unless they wait for their turns, of which every key is to have one.
     */
    keepLatest(key: string, text: string, rate: string, now: number): void {
      if ((turns.get(rate) ?? 0) <= now) held.delete(key)
      held.set(key, { text, rate })
      const [oldest] = held.keys()
      if (held.size > MOST_HELD && oldest !== undefined) held.delete(oldest)
    },

    acknowledge: (count: number): void => ledger.acknowledge(count),

    /** A new connection, whose server has `count` frames. */
    rewind(count = everWritten): void {
      written = count
    },

    /** What is to be written now. */
    take(now: number): Data[] {
      const all: Data[] = []
      if (written < ledger.sent)
        for (const { data, at } of ledger.after(written)) {
          if (at > now) break
          written++
          all.push(data)
        }
      everWritten = Math.max(everWritten, written)
      for (const [key, { text, rate }] of held) {
        if (!isDue(rate, now)) continue
        turns.delete(rate)
        held.delete(key)
        all.push(text)
      }
      // Whose turn it was is given up where so much else was said since.
      for (const [rate, at] of turns) if (at <= now) turns.delete(rate)
      return all
    },

    /** When to `take` the next; undefined while nothing waits. */
    nextAt(): number | undefined {
      const [first] = written < ledger.sent ? ledger.after(written) : []
      const all = [...(first ? [first.at] : []), ...turns.values()]
      return all.length > 0 ? Math.min(...all) : undefined
    },

    /** Another session, with another server's limits: nothing said before concerns it. */
    renew(its: Pick<Welcome, 'limits' | 'rates'>): void {
      limits = its.limits
      ledger = createLedger(limits)
      pacer = createPacer(its.rates ?? {})
      written = 0
      everWritten = 0
      lastAt = 0
      held.clear()
      turns.clear()
    },

    /**
     * The same session, its counts from 0: what was never written is still to be sent, save answers.
     * Returns what a frame's number has become.
     */
    restart(): (count: number) => number {
      const first = everWritten
      const unwritten = ledger.after(first)
      ledger.reset()
      written = 0
      everWritten = 0
      for (const frame of unwritten) if (!frame.isAnswer) ledger.push(frame)
      return (count) => unwritten.slice(0, count - first).filter((one) => !one.isAnswer).length
    },
  }

  /** Whether a *latest* frame of this class may go; if not, it has its turn. */
  function isDue(rate: string, now: number): boolean {
    let at = turns.get(rate)
    if (at === undefined) {
      at = pacer.next(rate, now)
      pacer.take(rate, at)
      turns.set(rate, at)
    }
    return at <= now
  }
}

const tooFast = (rate: string | undefined, ms: number) =>
  failure('RATE_LIMITED', `${rate}: ${ERRORS.RATE_LIMITED.doc}`, { retry_ms: Math.ceil(ms) })

const createLedger = ({ resume_bytes, resume_frames }: ServerLimits) =>
  new Ledger<Frame>({ bytes: resume_bytes, frames: resume_frames }, ({ bytes }) => bytes)
