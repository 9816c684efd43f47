import type { NumericDialect } from '../core/dispatch/dispatch.ts'
import type { Dialect, Endpoint } from '../core/session/dialect.ts'
import type { errorMessage } from '../core/wire/refusal.ts'
import { Refusal } from '../core/wire/refusal.ts'
import type { Log } from '../world.ts'

/** What the article's server says: to its hello, and with `--greeting` on connection. */
export const GREETING = { type: 1, message: { text: 'hello, client!' } } as const

export interface ArticleOptions {
  readonly log: Log
  /** Whether it is said on connection (false). */
  readonly greeting?: boolean | undefined
}

interface Numbered {
  readonly type: number
  readonly text?: unknown
}

const HELLO = 0
const MAX_LOGGED = 200
/** The type of an error that answers no number. */
const NO_TYPE = -1

/**
 * The numeric dialect of the Godot-and-Node article: type 0 is a hello, answered with type 1. It is
 * answered on any connection, and at `/article` nothing else is said.
 */
export function createArticle({ log, greeting = false }: ArticleOptions) {
  const numeric: NumericDialect = ({ session }, message) => answer(session?.id, message)

  const dialect: Dialect = {
    opened(session) {
      if (greeting) session.conversation?.say(GREETING)
    },
    incoming({ value, problem }) {
      if (problem) return [{ refusal: problem }]
      const { type } = (value ?? {}) as { type?: unknown }
      // It costs what a ping does, and is answered where that is.
      if (typeof type === 'number') return [{ type: 'ping', mark: value }]
      return [{ refusal: new Refusal('INVALID_MESSAGE', 'message.type: expected a number') }]
    },
    outgoing({ type, re, data }, { id }, mark) {
      const asked = mark as Numbered | undefined // as `incoming` marked it
      if (type === 'error') return [inKind(asked?.type ?? NO_TYPE, data as Problem)]
      return re !== undefined && asked ? [answer(id, asked)] : []
    },
    closing: (code) => code,
  }

  return {
    numeric,
    endpoints: [{ matches: ({ path }) => path === '/article', dialect }] satisfies Endpoint[],
  }

  function answer(session: string | undefined, { type, text }: Numbered) {
    if (type !== HELLO) return unmapped(type)
    const said = typeof text === 'string' ? text.slice(0, MAX_LOGGED) : undefined
    log.info({ session, type, text: said }, 'hello')
    return GREETING
  }
}

type Problem = ReturnType<typeof errorMessage>['data']

const inKind = (type: number, { request: _, ...error }: Problem) => ({
  type: Number.isFinite(type) ? type : NO_TYPE,
  error,
})

const unmapped = (type: number) =>
  inKind(type, {
    code: 'INVALID_MESSAGE',
    status: 400,
    message: `message.type: no message has the number ${type}; types are text such as "ping"`,
  })
