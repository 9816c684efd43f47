import { isUtf8 } from 'node:buffer'
import type { AnswerOf, Asked } from '../../../protocol/http.ts'
import type { RateClass } from '../../../protocol/limits.ts'
import { toText } from '../../../protocol/message.ts'
import type { Scope } from '../../../protocol/players.ts'
import { check, type Schema } from '../../../protocol/schema.ts'
import { wholeText } from '../../../protocol/whole.ts'
import type { World } from '../../world.ts'
import type { AccessKey } from '../store/store.ts'
import { isDeeper } from '../wire/decode.ts'
import { incidentOf } from '../wire/incident.ts'
import { readJson } from '../wire/json.ts'
import type { Limits } from '../wire/limits.ts'
import { errorMessage, Refusal } from '../wire/refusal.ts'
import { allowed, createMatching, type Hit, type Pair, type ServedRoutes } from './routes.ts'

/** What says whether a request is a call of an API, and of whose. */
export interface ApiHead {
  readonly method: string
  /** With its query, and percent signs as they came. */
  readonly url: string
  /** Any header, by its name in lower case. */
  header(name: string): string | undefined
}

/** A request, as far as the API looks at it. */
export interface ApiRequest extends ApiHead {
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

/** What comes with a call beside what its schemas read. */
export interface Caller {
  /** Undefined only where the route needs none. */
  readonly key: AccessKey
  readonly header: ApiRequest['header']
}

/** Handlers of any table; what answers nothing is answered for with 204. */
export type ServedHandlers<R> = {
  readonly [K in keyof R]: (call: Asked<R[K]> & Caller) => Promise<AnswerOf<R[K]> | undefined>
}

/** What an error says: the data of an `error` message. */
export type ErrorData = ReturnType<typeof errorMessage>['data']

export interface ApiOptions<R extends ServedRoutes> {
  readonly world: World
  readonly limits: Limits
  readonly routes: R
  readonly handlers: ServedHandlers<R>
  /** An error in the words of another API than ours. */
  readonly tell?: (error: ErrorData) => object
  /** The key behind a secret; refuses the unknown and the revoked. */
  readonly authenticate: (secret: string, address: string) => Promise<AccessKey>
  /** Refuses what a key may not do. */
  readonly permit: (key: AccessKey, scope: Scope) => void
  /** Takes a token of an address; refuses who is too fast. */
  readonly charge: (address: string, rate: RateClass) => void
  /** Also checks what the handlers return; for development and tests. */
  readonly checkReplies: boolean
}

/** Whether the path of a call is one of ours. */
export const isOurs = ({ url }: ApiHead): boolean => /^\/v1(?=[/?]|$)/.test(url)

export type Api = (request: ApiRequest) => Promise<ApiAnswer>

type AnyHandler = (call: Asked<unknown> & Caller) => Promise<unknown>

/** Match, charge, authenticate, check, handle, answer: the way in for every HTTP call. */
export function createApi<R extends ServedRoutes>(options: ApiOptions<R>): Api {
  const { world, limits, authenticate, permit, charge, checkReplies, tell } = options
  const handlers = options.handlers as unknown as Readonly<Record<string, AnyHandler>>
  const matching = createMatching(options.routes)

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
      if (reply === undefined) return { status: 204, headers: {}, body: '' }
      return { status: 200, headers: {}, body: toText(reply) }
    } catch (error) {
      return refused(error, hit?.line.name, allowed(found))
    }
  }

  async function call(request: ApiRequest, { line, params }: Hit): Promise<unknown> {
    const { name, route } = line
    const { open = false, lenient = false } = route
    const key = open ? undefined : await authenticate(secretOf(request), request.address)
    if (key && route.scope !== undefined) permit(key, route.scope)
    const query = readTexts(route.query, queryOf(request), 'query')
    const asked = {
      params: checked(route.params, readTexts(route.params, params, 'path'), 'path'),
      query: checked(route.query, query, 'query', !lenient),
      body: route.body
        ? checked(route.body, await readBody(request, limits), 'body', !lenient)
        : {},
    }
    const { header } = request
    const reply = await handlers[name]?.({ ...asked, key, header } as Parameters<AnyHandler>[0])
    const wrong = checkReplies && route.reply && check(route.reply, reply, `${name} reply`)
    if (wrong) throw new Error(wrong)
    world.log.debug({ route: name, key: key?.id }, 'HTTP call')
    return reply
  }

  /** Tells a refusal; anything else is a bug, logged under a number that the caller is told. */
  function refused(error: unknown, route: string | undefined, allow: string): ApiAnswer {
    const refusal =
      error instanceof Refusal
        ? error
        : incidentOf(world, error, { what: 'HTTP call failed', where: { route } })
    const { data } = errorMessage(refusal, route)
    return {
      status: data.status,
      headers: headersOf(refusal, allow),
      body: toText(tell ? tell(data) : data),
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

function checked(schema: Schema | undefined, value: unknown, place: string, exact = true): unknown {
  const problem = check(schema ?? NOTHING, value, place, exact)
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
  for (const [name, text] of pairs.map(wholePair)) {
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

const wholePair = ([name, text]: Pair): Pair => [wholeText(name), wholeText(text)]

const NUMBER = /^-?\d+(\.\d+)?$/

async function readBody(request: ApiRequest, { body_bytes, depth }: Limits): Promise<unknown> {
  const bytes = await request.body(body_bytes)
  if (bytes.length === 0) return {}
  if (!/^application\/json *(;|$)/i.test(request.contentType ?? ''))
    throw new Refusal('INVALID_MESSAGE', 'body: expected the header content-type: application/json')
  if (isDeeper(bytes, depth))
    throw new Refusal('INVALID_MESSAGE', `body: expected at most ${depth} levels of nesting`)
  try {
    const read = isUtf8(bytes) ? readJson(bytes, body_bytes, 'body') : undefined
    if (read?.problem) throw read.problem
    if (read) return read.value
  } catch (error) {
    if (error instanceof Refusal) throw error
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
