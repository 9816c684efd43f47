import { existsSync } from 'node:fs'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import type { Addresses } from './addresses.ts'
import type { Downloads } from './downloads.ts'
import { createFolder, type Serve } from './folder.ts'
import { SECURITY_HEADERS, say } from './http.ts'

export interface PageOptions {
  /** The folder of the operator's own, NO_PAGE, or the plaza's page. */
  readonly page: string | undefined
  /** Where the plaza's page is, once it is built. */
  readonly built: string
  readonly hasPlaza: boolean
  /** Whether the page has what threads ask for: nobody else’s windows and files. */
  readonly isIsolated: boolean
  readonly addresses: () => Addresses
  readonly downloads: Downloads
}

export const NO_PAGE = 'none'
/** Where the plaza's page asks for the address that others reach it by. */
const ADDRESSES = '/addresses.json'

/** What is served at `/`, if anything. */
export function createPage(options: PageOptions): Serve | undefined {
  const { page, built, hasPlaza, isIsolated, addresses, downloads } = options
  const alone = isIsolated ? ISOLATED : {}
  if (page === NO_PAGE || (page === undefined && !hasPlaza)) return undefined
  if (page !== undefined) return createFolder(page, { ...OWN_HEADERS, ...alone }, downloads)
  if (!existsSync(join(built, 'index.html'))) return notBuilt
  const plaza = createFolder(built, { ...SECURITY_HEADERS, ...alone }, downloads)
  return async (request, response, path) => {
    if (path !== ADDRESSES || !isHere(request)) return plaza(request, response, path)
    say(response, 200, JSON.stringify(addresses()), 'application/json')
    return true
  }
}

/**
 * What a folder of the operator's own may do, such as a Godot web export: run its WebAssembly and
 * workers, connect anywhere, and be framed by nobody else.
 */
const OWN_POLICY = [
  "default-src 'self' data: blob:",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob:",
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'self' ws: wss: http: https: data: blob:",
  "worker-src 'self' blob:",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'self'",
].join('; ')

const OWN_HEADERS: OutgoingHttpHeaders = {
  'content-security-policy': OWN_POLICY,
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

const ISOLATED: OutgoingHttpHeaders = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
}

const notBuilt: Serve = async (_, response, path) => {
  if (path === '/') say(response, 503, NOT_BUILT)
  return path === '/'
}

const NOT_BUILT = 'The page is not built. Run `npm run build` once, then start the server again.'

/** Whether a browser of this machine asks, by a name that only this machine has for itself. */
const isHere = ({ headers: { host = '' }, socket }: IncomingMessage): boolean =>
  /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host) &&
  /^(::1|(::ffff:)?127\.)/.test(socket.remoteAddress ?? '')
