import { ERRORS, type ErrorCode } from '../../../protocol/errors.ts'
import type { Id } from '../../../protocol/message.ts'
import type { Json } from '../../../protocol/schema.ts'

export interface RefusalDetails {
  /** In place of the code's own. */
  readonly status?: number
  readonly cause?: Json
  readonly retry_ms?: number
  readonly incident?: string
}

/** An expected failure, told to the player: a handler throws it, dispatch answers with it. */
export class Refusal extends Error {
  readonly code: ErrorCode
  readonly details: RefusalDetails
  /** What only a Refusal has. */
  readonly #isRefusal = true

  /** Asked of whatever a game threw, so without asking that itself: a Proxy could throw once more. */
  static override [Symbol.hasInstance](thrown: unknown): boolean {
    return typeof thrown === 'object' && thrown !== null && #isRefusal in thrown
  }

  constructor(code: ErrorCode, message?: string, details: RefusalDetails = {}) {
    const doc = docOf(code)
    // A game's may be what cannot be text, and throws.
    const text = String(message ?? doc)
    const frames = Error.stackTraceLimit
    // Where it was thrown is nobody's concern, and costs more than all else of it.
    Error.stackTraceLimit = 0
    super(text)
    Error.stackTraceLimit = frames
    this.code = code
    this.details = details
  }
}

/** The sentence of a code; what a game calls a code may be none. */
function docOf(code: ErrorCode): string {
  if (Object.hasOwn(ERRORS, code)) return ERRORS[code].doc
  throw new TypeError(`Refusal: expected a code of errors.ts, got ${String(code)}`)
}

/** The `error` message that tells of a refusal; `request` is the type of what it answers. */
export const errorMessage = ({ code, message, details }: Refusal, request?: string, re?: Id) => ({
  type: 'error',
  ...(re !== undefined && { re }),
  data: {
    code,
    status: ERRORS[code].status,
    message,
    ...(request !== undefined && { request }),
    ...details,
  },
})
