import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createSeldom } from '../core/wire/seldom.ts'
import type { World } from '../world.ts'
import { isOutOfDescriptors } from './descriptors.ts'
import type { Serve } from './folder.ts'

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** What every answer of the server's own carries. */
export const SECURITY_HEADERS = {
  'content-security-policy': POLICY,
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

export interface HttpOptions {
  readonly log: World['log']
  readonly now: World['now']
  /** Whether what keeps players and channels answers. */
  readonly isWell: () => boolean
  readonly api: RequestListener
  /** Whether a request is for the API. */
  readonly isCall: (request: IncomingMessage) => boolean
  /** What is at `/`, if anything. */
  readonly page?: Serve | undefined
  /** The game's own answers, which come first. */
  readonly own?: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
}

/** The API’s calls, `/healthz`, what `own` answers, the page at `/`, and a proper 404 elsewhere. */
export function createHttp(options: HttpOptions): RequestListener {
  const { log, now, isWell, api, isCall, page, own } = options
  const seldom = createSeldom(now)
  return (request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    if (isCall(request)) return api(request, response)
    if (path !== '/healthz' && own?.(request, response)) return
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      return say(response, 405, 'Method Not Allowed')
    }
    if (path === '/healthz')
      return isWell() ? say(response, 200, 'OK') : say(response, 503, 'STORAGE_FAILED')
    if (!page) return say(response, 404, NOT_FOUND)
    page(request, response, path)
      .then((isThere) => isThere || say(response, 404, NOT_FOUND))
      .catch((error: unknown) => fail(response, error, path))
  }

  function fail(response: ServerResponse, error: unknown, path: string): void {
    const isOut = isOutOfDescriptors(error)
    if (isOut) seldom((times) => log.error({ code: error.code, path, times }, 'page not served'))
    else log.error({ err: error, path }, 'page not served')
    if (response.headersSent) return void response.destroy()
    if (!isOut) return say(response, 500, 'Internal Server Error')
    response.setHeader('retry-after', RETRY_S)
    say(response, 503, 'Service Unavailable')
  }
}

const RETRY_S = 5
const NOT_FOUND = 'Not Found'

export function say(response: ServerResponse, status: number, text: string, type = PLAIN): void {
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    'content-type': type,
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

const PLAIN = 'text/plain; charset=utf-8'
