import { readEnvelope } from '../../../protocol/message.ts'
import { Connection } from '../session/connection.ts'
import type { Session } from '../session/session.ts'
import type { Request, Translator } from '../session/translator.ts'
import type { Decoded } from '../wire/decode.ts'
import { Refusal } from '../wire/refusal.ts'
import type { Admission } from './admission.ts'
import type { Incoming } from './answers.ts'

interface HearingOptions {
  readonly admission: Admission
  /** Reads a native frame of bytes. */
  readonly read: (session: Session, frame: Buffer) => Decoded
  readonly route: (incoming: Incoming, message: unknown) => void
}

/** What is said at compatibility endpoints, on its way in. */
export function createHearing({ admission, read, route }: HearingOptions) {
  const { isAdmitted, refuseFast, refuseMalformed } = admission
  return { hear, isPaid, say }

  /** A client of such an endpoint has said something in no frame. */
  function say(session: Session, said: readonly Request[]): void {
    const { connection } = session
    if (connection instanceof Connection)
      hear({ connection, session, isLate: false, bytes: 0 }, said)
  }

  /** Whether what its bytes cost is paid, where they cost anything; if not, the frame is refused unread. */
  function isPaid(incoming: Incoming, conversation: Translator, frame: Buffer): boolean {
    const { bytesRate } = conversation
    const kib = Math.ceil(frame.length / 1024)
    const retry_ms = bytesRate ? incoming.session.buckets.take(bytesRate, kib) : 0
    if (retry_ms === 0) return true
    const problem = new Refusal('RATE_LIMITED', `too many bytes: ${kib} KiB`, { retry_ms })
    const text = frame.toString('utf8', 0, HEAD_BYTES)
    const [one] = conversation.hear({ text, value: undefined, problem })
    refuseFast(incoming, problem, one && 'refusal' in one ? { id: one.id } : {})
    return false
  }

  /** What a frame means; one that means nothing costs as much as a request. */
  function hear(incoming: Incoming, heard: readonly Request[]): void {
    if (heard.length === 0) isAdmitted(incoming, 'request', {})
    for (const one of heard)
      if ('frame' in one) take(incoming, read(incoming.session, one.frame))
      else {
        const refusal = 'refusal' in one ? one.refusal : problemOf(one)
        if (refusal) refuseMalformed(incoming, refusal, { id: one.id })
        else route(incoming, one)
      }
  }

  function take(incoming: Incoming, decoded: Decoded): void {
    if (decoded.problem) refuseMalformed(incoming, decoded.problem, decoded.asked ?? {})
    else route(incoming, decoded.message)
  }
}

/** As much of what is not read is looked at for what it was called. */
const HEAD_BYTES = 4_096

/** What a frame of JSON means to this conversation. */
export function heardIn(
  conversation: Translator,
  bytes: Buffer,
  { problem, ...read }: Decoded,
): readonly Request[] {
  const value = problem ? undefined : (read as { readonly message: unknown }).message
  return conversation.hear({ text: bytes.toString('utf8'), value, problem })
}

/** Whether a dialect put into a message's outside what a client may not say there. */
function problemOf(message: unknown): Refusal | undefined {
  const envelope = readEnvelope(message)
  return typeof envelope === 'string' ? new Refusal('INVALID_MESSAGE', envelope) : undefined
}
