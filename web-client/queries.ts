import { type AllMessages, MESSAGES } from '../protocol/index.ts'
import { ADDRESS_WORDS, type DataOf, type Sender } from '../protocol/message.ts'
import { type BUILT_IN_QUERIES, DEFAULT_ASK_MS } from '../protocol/queries.ts'
import { check, type Infer, type Json } from '../protocol/schema.ts'
import { heardMs, toldMs } from '../protocol/timer.ts'
import { type Answering, answer } from './answering.ts'
import { createHandlers } from './handlers.ts'
import { senderOf } from './message.ts'

/**
 * Answers a query with what it returns or resolves with; `timeout` is how long the asker waits, in
 * ms (`Infinity` for ever), and `room` the code of the room it was asked in.
 */
export type QueryHandler = (
  // biome-ignore lint/suspicious/noExplicitAny: what the asker sent, for the handler to judge
  data: any,
  options: { readonly timeout: number },
  from: Sender,
  room: string,
) => unknown

export interface AskOptions {
  /** How long to wait, in ms (30,000), or `Infinity`: as long as both are here; then TIMEOUT. */
  readonly timeout?: number
  /** Which room, where we are in several. */
  readonly room?: string
  /** Ends the wait with ABORTED. */
  readonly signal?: AbortSignal
}

type BuiltIn = keyof typeof BUILT_IN_QUERIES
/** What asks the person at this client, until the signal says that nobody waits any more. */
export type BuiltIns = {
  readonly [K in BuiltIn]: (
    data: Infer<(typeof BUILT_IN_QUERIES)[K]['data']>,
    from: Sender,
    signal: AbortSignal,
  ) => Promise<Infer<(typeof BUILT_IN_QUERIES)[K]['value']>>
}

export interface QueriesOptions extends Answering {
  /** Where there is nobody to ask, there are none. */
  readonly builtIns: BuiltIns | undefined
}

export type Queries = ReturnType<typeof createQueries>

/** How much longer than the server we wait, so that its answer comes before our own. */
export const GRACE_MS = 250

/** Questions to and from other players, awaited. */
export function createQueries(options: QueriesOptions) {
  const { session, builtIns } = options
  const handlers = createHandlers<QueryHandler>('queries', problemOf, session.warn)

  session.on('message', (message) => {
    if (message.type !== 'query') return
    const asked = message.data as DataOf<AllMessages['query']>
    const { name, data } = asked
    const timeout = heardMs(asked.timeout ?? DEFAULT_ASK_MS)
    const from = senderOf(message)
    const own = handlers.get(name)
    const builtIn = builtInNamed(name)
    const run = own
      ? () => own(data, { timeout }, from, message.room ?? '')
      : builtIn && ((signal: AbortSignal) => builtIn(data as never, from, signal))
    void answer(options, message, { name, timeout }, run) // it handles its own failures
  })

  return {
    /**
     * Answers queries of this name until the returned function is called; what the handler throws
     * is told by its message. Throws INVALID_NAME for a name without a prefix, save `dialog` and
     * `confirm`, which replaces what the library does. A name that is taken is a `warning`.
     */
    register: handlers.register,

    /**
     * Asks one session, and resolves with its handler's value. `target` is a player's id, or an
     * address such as `host`, `session:ID` or `server`, the room's own logic. Rejects with the codes of `query` in MESSAGES.md.
     */
    ask: (
      target: string,
      name: string,
      data: Json = null,
      { timeout = DEFAULT_ASK_MS, ...rest }: AskOptions = {},
    ): Promise<Json> =>
      session.watched(async () =>
        session.request(
          'query',
          { name, data, timeout: toldMs(timeout) },
          { to: addressOf(target), timeout: timeout + GRACE_MS, ...rest },
          ({ value }) => value,
        ),
      ),
  }

  function builtInNamed(name: string): BuiltIns[BuiltIn] | undefined {
    return builtIns && Object.hasOwn(builtIns, name) ? builtIns[name as BuiltIn] : undefined
  }
}

/** The address a target means: a bare id is a player's. */
export const addressOf = (target: string): string =>
  target.includes(':') || WORDS.has(target) ? target : `player:${target}`

const WORDS: ReadonlySet<string> = new Set(ADDRESS_WORDS)

const problemOf = (name: string) => check(MESSAGES.query.data, { name, data: null }, 'register')
