import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'

interface Asset {
  readonly type: string
  readonly body: Buffer
  readonly etag: string
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
}

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

/** What every answer carries. */
export const SECURITY_HEADERS = {
  'content-security-policy': POLICY,
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

/**
 * The API under `/v1`, `/healthz`, what `own` answers, the page of `pageFolder` at `/`, and a proper
 * 404 elsewhere.
 */
export function createHttp(
  pageFolder: string,
  api: RequestListener,
  own: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
): RequestListener {
  const assets = readAssets(pageFolder)
  return (request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    if (path === '/v1' || path.startsWith('/v1/')) return api(request, response)
    if (path !== '/healthz' && own(request, response)) return
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      return say(response, 405, 'Method Not Allowed')
    }
    if (path === '/healthz') return say(response, 200, 'OK')
    const asset = assets.get(path === '/' ? '/index.html' : path)
    if (asset) return serve(request, response, asset)
    if (path === '/') return say(response, 503, NOT_BUILT)
    say(response, 404, 'Not Found')
  }
}

const NOT_BUILT = 'The page is not built. Run `npm run build` once, then start the server again.'

function readAssets(folder: string): ReadonlyMap<string, Asset> {
  if (!existsSync(folder)) return new Map()
  const files = readdirSync(folder).filter((name) => TYPES[extname(name)])
  return new Map(
    files.map((name) => {
      const body = readFileSync(join(folder, name))
      const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
      return [`/${name}`, { type: TYPES[extname(name)] ?? '', body, etag }]
    }),
  )
}

function serve(request: IncomingMessage, response: ServerResponse, asset: Asset): void {
  const headers = { ...SECURITY_HEADERS, etag: asset.etag, 'cache-control': 'no-cache' }
  if (request.headers['if-none-match'] === asset.etag) {
    response.writeHead(304, headers).end()
    return
  }
  response.writeHead(200, {
    ...headers,
    'content-type': asset.type,
    'content-length': asset.body.length,
  })
  response.end(asset.body)
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}
