import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/**
 * Whose request it is. Behind a proxy that is trusted: whom that proxy, and no one before it, says
 * it had it from, which is the last entry of X-Forwarded-For; what a client writes comes before it.
 */
export function addressOf({ headers, socket }: IncomingMessage, trustProxy = false): string {
  const forwarded = trustProxy ? [headers['x-forwarded-for'] ?? []].flat().join() : ''
  const last = forwarded.split(',').at(-1)?.trim() ?? ''
  return isIP(last) > 0 ? last : (socket.remoteAddress ?? 'unknown')
}
