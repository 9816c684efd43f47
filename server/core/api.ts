import { isUtf8 } from 'node:buffer'
import type { AnswerOf, Asked, ROUTES } from '../../protocol/http.ts'
import type { RateClass } from '../../protocol/limits.ts'
import { toText } from '../../protocol/message.ts'
import type { Scope } from '../../protocol/players.ts'
import { check, type Schema } from '../../protocol/schema.ts'
import type { World } from '../world.ts'
import { isDeeper } from './decode.ts'
import type { Limits } from './limits.ts'
import { errorMessage, Refusal } from './refusal.ts'
import { allowed, type Hit, matching, type Pair } from './routes.ts'
import type { AccessKey } from './store.ts'

/** A request, as far as the API looks at it. */
export interface ApiRequest {
  readonly method: string
  /** With its query, and percent signs as they came. */
  readonly url: string
  readonly address: string
  readonly authorization: string | undefined
  readonly contentType: string | undefined
  /** Reads the body; rejects with TOO_LARGE above so many bytes, and ABORTED when the client goes. */
  body(most: number): Promise<Buffer>
}

/** An answer: JSON, and the headers that go with its status. */
export interface ApiAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The handlers a table of routes demands. */
export type RouteHandlers<R> = {
  readonly [K in keyof R]: (
    call: Asked<R[K]> & { readonly key: AccessKey },
  ) => Promise<AnswerOf<R[K]>>
}

export interface ApiOptions {
  readonly world: World
  readonly limits: Limits
  readonly handlers: RouteHandlers<typeof ROUTES>
  /** The key behind a secret; refuses the unknown and the revoked. */
  readonly authenticate: (secret: string, address: string) => Promise<AccessKey>
  /** Refuses what a key may not do. */
  readonly permit: (key: AccessKey, scope: Scope) => void
  /** Takes a token of an address; refuses who is too fast. */
  readonly charge: (address: string, rate: RateClass) => void
  /** Also checks what the handlers return; for development and tests. */
  readonly checkReplies: boolean
}

export type Api = (request: ApiRequest) => Promise<ApiAnswer>

type AnyHandler = (call: Asked<unknown> & { key: AccessKey }) => Promise<unknown>

/** Match, charge, authenticate, check, handle, answer: the way in for every HTTP call. */
export function createApi(options: ApiOptions): Api {
  const { world, limits, authenticate, permit, charge, checkReplies } = options
  const handlers = options.handlers as unknown as Readonly<Record<string, AnyHandler>>

  return async function answer(request) {
    const path = request.url.split('?', 1)[0] ?? ''
    const found = matching(path)
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const hit = found.find(({ line }) => line.method === method)
    try {
      charge(request.address, hit?.line.route.rate ?? 'http')
      if (found.length === 0)
        throw new Refusal('UNKNOWN_ROUTE', `there is nothing at ${path.slice(0, MAX_TOLD)}`)
      if (!hit) throw new Refusal('METHOD_NOT_ALLOWED')
      const reply = await call(request, hit)
      return { status: 200, headers: {}, body: toText(reply) }
    } catch (error) {
      return refused(error, hit?.line.name, allowed(found))
    }
  }

  async function call(request: ApiRequest, { line, params }: Hit): Promise<unknown> {
    const { name, route } = line
    const key = await authenticate(secretOf(request), request.address)
    if (route.scope !== undefined) permit(key, route.scope)
    const asked = {
      params: checked(route.params, readTexts(route.params, params, 'path'), 'path'),
      query: checked(route.query, readTexts(route.query, queryOf(request), 'query'), 'query'),
      body: route.body ? checked(route.body, await readBody(request, limits), 'body') : {},
    }
    const reply = (await handlers[name]?.({ ...asked, key } as Parameters<AnyHandler>[0])) ?? {}
    const wrong = checkReplies && check(route.reply, reply, `${name} reply`)
    if (wrong) throw new Error(wrong)
    world.log.debug({ route: name, key: key.id }, 'HTTP call')
    return reply
  }

  /** Tells a refusal; anything else is a bug, logged under a number that the caller is told. */
  function refused(error: unknown, route: string | undefined, allow: string): ApiAnswer {
    let refusal = error
    if (!(refusal instanceof Refusal)) {
      const incident = world.random.text(6)
      world.log.error({ err: error, incident, route }, 'HTTP call failed')
      refusal = new Refusal('INTERNAL', `the server failed; incident ${incident}`, { incident })
    }
    const { data } = errorMessage(refusal as Refusal, route)
    return {
      status: data.status,
      headers: headersOf(refusal as Refusal, allow),
      body: toText(data),
    }
  }
}

/** How much of a path is told back. */
const MAX_TOLD = 64

function secretOf({ authorization = '' }: ApiRequest): string {
  const [, secret] = /^Bearer +(\S+)$/i.exec(authorization) ?? []
  if (secret !== undefined) return secret
  throw new Refusal('INVALID_ACCESS_KEY', 'expected the header authorization: Bearer KEY')
}

function checked(schema: Schema | undefined, value: unknown, place: string): unknown {
  const problem = check(schema ?? NOTHING, value, place)
  if (problem) throw new Refusal('INVALID_MESSAGE_DATA', problem)
  return value
}

const NOTHING: Schema = { kind: 'object', fields: {} }

const queryOf = ({ url }: ApiRequest): readonly Pair[] => {
  const at = url.indexOf('?')
  return at < 0 ? [] : [...new URLSearchParams(url.slice(at))]
}

/** Paths and queries hold text; where their schema wants a number, what reads as one is one. */
function readTexts(schema: Schema | undefined, pairs: readonly Pair[], place: string): object {
  const fields = schema?.kind === 'object' ? schema.fields : {}
  const read = new Map<string, string | number>()
  for (const [name, text] of pairs) {
    if (read.has(name))
      throw new Refusal(
        'INVALID_MESSAGE_DATA',
        `${place}.${name.slice(0, MAX_TOLD)}: expected once`,
      )
    const isText = !Object.hasOwn(fields, name) || fields[name]?.kind === 'string'
    read.set(name, !isText && NUMBER.test(text) ? Number(text) : text)
  }
  return Object.fromEntries(read)
}

const NUMBER = /^-?\d+(\.\d+)?$/

async function readBody(request: ApiRequest, { body_bytes, depth }: Limits): Promise<unknown> {
  const bytes = await request.body(body_bytes)
  if (bytes.length === 0) return {}
  if (!/^application\/json *(;|$)/i.test(request.contentType ?? ''))
    throw new Refusal('INVALID_MESSAGE', 'body: expected the header content-type: application/json')
  if (isDeeper(bytes, depth))
    throw new Refusal('INVALID_MESSAGE', `body: expected at most ${depth} levels of nesting`)
  try {
    if (isUtf8(bytes)) return JSON.parse(bytes.toString('utf8'))
  } catch {
    // It is no JSON.
  }
  throw new Refusal('INVALID_MESSAGE', 'body: expected JSON in UTF-8')
}

function headersOf({ code, details }: Refusal, allow: string): Readonly<Record<string, string>> {
  if (code === 'METHOD_NOT_ALLOWED') return { allow }
  if (code === 'INVALID_ACCESS_KEY') return { 'www-authenticate': 'Bearer' }
  const { retry_ms } = details
  return retry_ms === undefined ? {} : { 'retry-after': `${Math.ceil(retry_ms / 1000)}` }
}
