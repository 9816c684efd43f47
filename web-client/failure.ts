import { ERRORS, type ErrorCode } from '../protocol/errors.ts'
import type { Json } from '../protocol/schema.ts'

/** What the wire's `error` carries. */
export interface FailureData {
  readonly code: string
  readonly status: number
  readonly message: string
  readonly request?: string
  readonly cause?: Json
  readonly retry_ms?: number
  readonly incident?: string
}

/** Why something did not happen: a stable `code` of LIMITS.md, and a sentence. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError'
  readonly code: string
  readonly status: number
  readonly data: FailureData

  constructor(data: FailureData) {
    super(data.message)
    this.code = data.code
    this.status = data.status
    this.data = data
  }
}

/** A failure that arose on this side of the wire. */
export const failure = (
  code: ErrorCode,
  message: string = ERRORS[code].doc,
  more: Pick<FailureData, 'retry_ms'> = {},
) => new NetworkError({ code, status: ERRORS[code].status, message, ...more })
