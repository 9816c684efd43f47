import type { NumericDialect } from '../core/dispatch/dispatch.ts'
import type { Log } from '../world.ts'

/** What the article's server says: to its hello, and with `--greeting` on connection. */
export const GREETING = { type: 1, message: { text: 'hello, client!' } } as const

const HELLO = 0
const MAX_LOGGED = 200

/** The numeric dialect of the Godot-and-Node article: type 0 is a hello, answered with type 1. */
export const createArticle =
  (log: Log): NumericDialect =>
  (connection, message) => {
    const { type, text } = message as { type: number; text?: unknown }
    if (type !== HELLO) return unmapped(type)
    const said = typeof text === 'string' ? text.slice(0, MAX_LOGGED) : undefined
    log.info({ session: connection.session?.id, type, text: said }, 'hello')
    return GREETING
  }

const unmapped = (type: number) => ({
  type: Number.isFinite(type) ? type : -1,
  error: {
    code: 'INVALID_MESSAGE',
    status: 400,
    message: `message.type: no message has the number ${type}; types are text such as "ping"`,
  },
})
