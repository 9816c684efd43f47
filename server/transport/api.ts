import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Api, ApiAnswer, ApiHead } from '../core/api/api.ts'
import { Refusal } from '../core/wire/refusal.ts'
import type { World } from '../world.ts'
import { addressOf } from './address.ts'
import { SECURITY_HEADERS } from './http.ts'

export interface ApiListenerOptions {
  readonly world: World
  readonly api: Api
  /** Whether a proxy in front says who asks (false). */
  readonly trustProxy?: boolean
}

/** The API's side of HTTP: bounded bodies in, JSON out, and no socket left hanging. */
export function createApiListener(options: ApiListenerOptions): RequestListener {
  const { world, api, trustProxy = false } = options
  return (request, response) => {
    const { authorization, 'content-type': contentType } = request.headers
    const asked = {
      ...{ ...headOf(request), authorization, contentType },
      address: addressOf(request, trustProxy),
      body: (most: number) => readBody(request, most),
    }
    const answered = api(asked).then((answer) => respond(request, response, answer, world))
    answered.catch((error: unknown) => {
      world.log.error({ err: error }, 'HTTP answer failed')
      response.destroy()
    })
  }
}

export const headOf = ({ method = '', url = '/', headers }: IncomingMessage): ApiHead => ({
  ...{ method, url },
  header: (name) => [headers[name] ?? []].flat()[0],
})

const NO_CONTENT = 204

/** How long a client that is still sending may go on, so that it reads its answer and no reset. */
const LINGER_MS = 1_000

function readBody(request: IncomingMessage, most: number): Promise<Buffer> {
  const tooLarge = () => new Refusal('TOO_LARGE', `body: expected at most ${most} bytes`)
  if (Number(request.headers['content-length'] ?? 0) > most) return Promise.reject(tooLarge())
  if (request.destroyed) return Promise.reject(new Refusal('ABORTED'))
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const take = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= most) return void chunks.push(chunk)
      request.off('data', take)
      reject(tooLarge())
    }
    const gone = () => reject(new Refusal('ABORTED'))
    request.on('data', take)
    request.once('end', () => resolve(Buffer.concat(chunks)))
    request.once('error', gone)
    request.once('close', gone)
  })
}

function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: ApiAnswer,
  { after }: World,
): void {
  const isWhole = request.complete
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    ...headers,
    'cache-control': 'no-store',
    ...(status !== NO_CONTENT && {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    }),
    ...(!isWhole && { connection: 'close' }),
  })
  if (isWhole) return void response.end(body)
  // What still comes is read and forgotten: closing over it would reset the connection.
  response.write(body)
  request.resume()
  const cancel = after(LINGER_MS, () => response.end())
  request.once('close', () => {
    cancel()
    response.end()
  })
}
