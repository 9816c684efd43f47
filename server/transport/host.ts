import { isIP, isIPv6 } from 'node:net'

/** What a host may be, in words. */
export const EXPECTED_HOST = 'a name or an address, such as localhost, 127.0.0.1 or ::1'

const NAME = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i
const MOST_NAME = 253

/** Whether a text can be one; `[::1]`, as addresses of pages have it, is. */
export const isHost = (text: unknown): text is string =>
  typeof text === 'string' &&
  (isIP(bare(text)) > 0 || (NAME.test(text) && text.length <= MOST_NAME))

/** What to listen on: `localhost` is 127.0.0.1. */
export const listenable = (host: string): string =>
  host === 'localhost' ? '127.0.0.1' : bare(host)

/** As it stands before a port: an address with colons in brackets. */
export const hostInUrl = (host: string): string => (isIPv6(host) ? `[${host}]` : host)

const bare = (text: string) => {
  const [, inner = text] = /^\[(.*)\]$/.exec(text) ?? []
  return inner === text || isIPv6(inner) ? inner : text
}
