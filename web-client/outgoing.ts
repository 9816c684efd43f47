import type { AllMessages } from '../protocol/index.ts'
import { Ledger } from '../protocol/ledger.ts'
import { LIMITS } from '../protocol/limits.ts'
import type { DataOf } from '../protocol/message.ts'
import type { Data } from './link.ts'

/** What the server takes and keeps, as its welcome says. */
export type ServerLimits = DataOf<AllMessages['welcome']>['limits']

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

interface Frame {
  readonly data: Data
  readonly bytes: number
  /** Whether it answers a question of the server's, and means nothing once the counts begin again. */
  readonly isAnswer: boolean
}

export type Outgoing = ReturnType<typeof createOutgoing>

/** What this client sends: counted frames until they have arrived, of *latest* ones the newest. */
export function createOutgoing() {
  let limits = DEFAULTS
  let ledger = createLedger(limits)
  /** How many counted frames were ever written to a connection. */
  let written = 0
  const held = new Map<string, string>()

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

    isFull: (bytes: number): boolean => ledger.isFull(bytes),

    /** Adds a counted frame; `isWritten` when it goes out at once. */
    add(frame: Frame, isWritten: boolean): void {
      ledger.push(frame)
      if (isWritten) written = ledger.sent
    },

    /**
     * Keeps a *latest* frame until there is a connection, in place of an older one of its key and
     * behind what was kept since that one.
     */
    keepLatest(key: string, text: string): void {
      held.delete(key)
      held.set(key, text)
      const [oldest] = held.keys()
      if (held.size > MOST_HELD && oldest !== undefined) held.delete(oldest)
    },

    acknowledge: (count: number): void => ledger.acknowledge(count),

    /** What to write to a new connection whose server has `count` frames. */
    take(count = written): Data[] {
      const all = [...ledger.after(count).map(({ data }) => data), ...held.values()]
      written = ledger.sent
      held.clear()
      return all
    },

    /** Another session, with another server's limits: nothing said before concerns it. */
    renew(its: ServerLimits): void {
      limits = its
      ledger = createLedger(limits)
      written = 0
      held.clear()
    },

    /**
     * The same session, its counts from 0: what was never written is still to be sent, save answers.
     * Returns what a frame's number has become.
     */
    restart(): (count: number) => number {
      const first = written
      const unwritten = ledger.after(first)
      ledger.reset()
      written = 0
      for (const frame of unwritten) if (!frame.isAnswer) ledger.push(frame)
      return (count) => unwritten.slice(0, count - first).filter((one) => !one.isAnswer).length
    },
  }
}

const createLedger = ({ resume_bytes, resume_frames }: ServerLimits) =>
  new Ledger<Frame>({ bytes: resume_bytes, frames: resume_frames }, ({ bytes }) => bytes)
