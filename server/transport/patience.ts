import type { Limits } from '../core/wire/limits.ts'

/** How often Node looks for who is late, unless told otherwise, is every 30 s. */
const LOOK_MS = 1_000

/**
 * How long a server of Node's waits for who connects: settings for `http` and `https`. The head has
 * to be there before the whole request is, so it has no more time than that.
 */
export function patienceOf({ head_ms, request_ms }: Pick<Limits, 'head_ms' | 'request_ms'>) {
  return {
    handshakeTimeout: head_ms,
    headersTimeout: Math.min(head_ms, request_ms),
    requestTimeout: request_ms,
    connectionsCheckingInterval: Math.min(LOOK_MS, head_ms, request_ms),
  }
}
