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

  constructor(code: ErrorCode, message: string = ERRORS[code].doc, details: RefusalDetails = {}) {
    super(message)
    this.code = code
    this.details = details
  }
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
