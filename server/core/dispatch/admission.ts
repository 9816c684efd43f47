import type { RateClass } from '../../../protocol/limits.ts'
import type { World } from '../../world.ts'
import type { Connection } from '../session/connection.ts'
import type { Session } from '../session/session.ts'
import type { Limits } from '../wire/limits.ts'
import { errorMessage, Refusal } from '../wire/refusal.ts'
import type { Answers, Incoming, Subject } from './answers.ts'

export interface AdmissionOptions {
  readonly world: World
  readonly limits: Limits
  readonly refuse: Answers['refuse']
}

export type Admission = ReturnType<typeof createAdmission>

/** What is charged for a message, and what becomes of who cannot pay. */
export function createAdmission({ world, limits, refuse }: AdmissionOptions) {
  return { isAdmitted, refuseFast, refuseMalformed, closeFlood }

  /** Whether the message may be handled now; if not, it has been refused. */
  function isAdmitted(incoming: Incoming, rate: RateClass, asked: Subject): boolean {
    const { session, isLate } = incoming
    const retry_ms = session.buckets.take(rate)
    const isBusy = isLate ? isFull(incoming) : isTooMany(session)
    if (retry_ms === 0 && !isBusy) return true
    const text = isBusy ? `expected at most ${limits.requests} requests in flight` : undefined
    const details = retry_ms > 0 ? { retry_ms } : {}
    refuseFast(incoming, new Refusal('RATE_LIMITED', text, details), asked)
    return false
  }

  /** Refuses what came too fast; who goes on like that is closed. */
  function refuseFast(incoming: Incoming, problem: Refusal, asked: Subject): void {
    const { session, connection } = incoming
    refuse(incoming, problem, asked)
    if (session.buckets.take('refused') > 0) closeFlood(connection, session)
  }

  function isTooMany({ requests, hold }: Session): boolean {
    return Math.max(requests.inFlight, hold.size) >= limits.requests
  }

  /**
   * Whether of what comes late more waits than a client can have kept. Less may be more than
   * `requests`: its client could not have been told sooner that it should wait.
   */
  function isFull({ session, bytes }: Incoming): boolean {
    const { hold } = session
    return hold.size >= limits.resume_frames || hold.bytes + bytes > limits.resume_bytes
  }

  function closeFlood(connection: Connection, session: Session): void {
    world.log.warn({ session: session.id, address: connection.address }, 'flood closed')
    connection.close(4101)
  }

  function refuseMalformed(incoming: Incoming, problem: Refusal, asked: Subject): void {
    const { session, connection } = incoming
    refuse(incoming, problem, asked)
    if (session.buckets.take('malformed') === 0) return
    world.log.warn({ session: session.id, address: connection.address }, 'malformed input closed')
    connection.close(4100)
  }
}

/** RATE_LIMITED, in the numeric dialect. */
export const tooFast = (type: number, retry_ms: number) => ({
  type: Number.isFinite(type) ? type : -1,
  error: errorMessage(new Refusal('RATE_LIMITED', undefined, { retry_ms })).data,
})
