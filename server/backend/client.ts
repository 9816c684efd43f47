import pino from 'pino'
import type { Json } from '../../protocol/schema.ts'
import { type Link, openLink } from './link.ts'
import { createPending } from './pending.ts'
import { type BackendSettings, readSettings } from './settings.ts'

type Log = Pick<pino.Logger, 'info' | 'warn' | 'error'>

/** What a backend says of a token. */
export type Verdict =
  /** The user, by the backend's own name for them. */
  | string
  /** Good, whoever that is: a guest. */
  | true
  /** Not good. */
  | false
  /** The server may judge by itself. */
  | undefined

export interface BackendOptions extends BackendSettings {
  /** Whether it connects at all (true). */
  readonly enabled?: boolean
  /** Whether it logs nothing (false). */
  readonly quiet?: boolean
  /**
   * Says who a client is, by the token it brought, if any, and what else it said. The server waits
   * 1.5 s; later it still learns who that is. What is thrown is logged, and means undefined.
   */
  readonly onAuthenticate?: (
    token: string | undefined,
    client: string,
    said: Readonly<Record<string, Json>>,
  ) => Verdict | Promise<Verdict>
  /** A pino logger or alike; one of its own unless given. */
  readonly log?: Log
  /** Calls back after so many ms, until it is cancelled; the real time unless given. */
  readonly after?: (ms: number, callback: () => void) => () => void
}

export type BackendState = 'disabled' | 'connecting' | 'open' | 'away' | 'closed'

export interface Backend {
  readonly state: BackendState
  /**
   * Resolves once it is connected, however long the server takes to be there; rejects where it is
   * disabled or closed, or what is there refuses the secret, is no such endpoint or says nothing.
   */
  ready(): Promise<void>
  /** Notifies one client by its connection id; resolves once the server has handled it. */
  notifyClient(target: string, data: Json): Promise<void>
  /** Notifies a group: `public`, a user, or that of a connection id. */
  notifyGroup(target: string, data: Json): Promise<void>
  /** Notifies everybody; resolves once it is written. */
  notifyAll(data: Json): Promise<void>
  close(): void
}

const RECONNECT_MS = 5_000
const PING_MS = 5_000

/**
 * A trusted service's connection to the server, as jssocket's document has it: looks at its health,
 * then connects, and does so again 5 s after whatever ended it. Notifications are not kept: while
 * it is not connected they are rejected.
 */
export function createBackend(options: BackendOptions = {}): Backend {
  const { enabled = true, quiet = false, onAuthenticate, after = realTime } = options
  const { url, pingUrl, auth } = readSettings(options, process.env)
  const log = loggerOf(options.log) ?? pino({ name: 'estragon-backend' })
  const pending = createPending(after)
  const waiting = new Set<{ resolve(): void; reject(error: Error): void }>()
  let state: BackendState = enabled ? 'connecting' : 'disabled'
  let link: Link | undefined
  let cancelRetry = () => {}
  let cancelPing = () => {}

  if (enabled) void connect()

  return {
    get state() {
      return state
    },
    ready() {
      if (state === 'open') return Promise.resolve()
      if (state === 'disabled' || state === 'closed') return Promise.reject(notConnected())
      return new Promise((resolve, reject) => waiting.add({ resolve, reject }))
    },
    notifyClient: (target, data) => notify('notify_client', target, data),
    notifyGroup: (target, data) => notify('notify_group', target, data),
    notifyAll: (data) => write({ type: 'notify_all', data }),
    close() {
      if (state === 'disabled') return
      state = 'closed'
      cancelRetry()
      cancelPing()
      link?.close()
      pending.fail(notConnected())
      for (const { reject } of waiting) reject(notConnected())
      waiting.clear()
    },
  }

  /** Its health first: a server that is not there is not knocked at. */
  async function connect(): Promise<void> {
    const silence = new AbortController()
    const cancel = after(PING_MS, () => silence.abort())
    cancelPing = () => silence.abort()
    try {
      const { ok, status } = await fetch(pingUrl, { signal: silence.signal })
      if (status >= 400 && status < 500) wrong(`${pingUrl} answered ${status}`)
      if (!ok) throw new Error(`${pingUrl} answered ${status}`)
    } catch (error) {
      if (state === 'closed') return
      if (silence.signal.aborted) wrong(`${pingUrl} said nothing for ${PING_MS} ms`)
      return retry(`not healthy: ${reasonOf(error)}`)
    } finally {
      cancel()
    }
    if (state === 'closed') return
    link = openLink({ url, auth, after }, { admitted, wrong, said, closed: retry })
  }

  function retry(reason: string): void {
    link = undefined
    pending.fail(notConnected())
    if (state === 'closed') return
    state = 'away'
    if (!quiet) log.warn({ url, reason, retry_ms: RECONNECT_MS }, 'not connected')
    cancelRetry = after(RECONNECT_MS, () => {
      state = 'connecting'
      void connect()
    })
  }

  /** Who waits is told that it comes to nothing; it is tried again all the same. */
  function wrong(reason: string): void {
    if (!quiet) log.error({ url, reason }, 'misconfigured')
    for (const { reject } of waiting) reject(new Error(reason))
    waiting.clear()
  }

  function admitted(): void {
    state = 'open'
    if (!quiet) log.info({ url }, 'connected')
    for (const { resolve } of waiting) resolve()
    waiting.clear()
  }

  function said(type: unknown, data: unknown): void {
    if (type === 'callback') pending.resolve(`${data}`)
    else if (type === 'client_connect') void authenticate((data ?? {}) as Question)
    else if (type === 'error') refused(data)
  }

  /** The server says what of ours was over a limit. */
  function refused(data: unknown): void {
    const { callback, code, message } = (data ?? {}) as Readonly<Record<string, unknown>>
    if (!quiet) log.warn({ url, code, message }, 'refused')
    pending.reject(`${callback}`, new Error(`${code}: ${message}`))
  }

  async function authenticate(asked: Question): Promise<void> {
    const { token, target, ...more } = asked
    const verdict = await judge(token, target, more)
    const said = typeof verdict === 'string' ? { user: verdict, authenticated: true } : {}
    const authenticated = typeof verdict === 'boolean' ? { authenticated: verdict } : {}
    // With the token, by which one answer is told from another.
    const data = { ...asked, ...said, ...authenticated }
    // Gone meanwhile: the server judges by itself.
    await write({ type: 'client_connected', data }).catch(() => {})
  }

  async function judge(
    token: string | undefined,
    client: string,
    said: Readonly<Record<string, Json>>,
  ): Promise<Verdict> {
    try {
      return await onAuthenticate?.(token, client, said)
    } catch (error) {
      if (!quiet) log.error({ err: error, client }, 'onAuthenticate failed')
      return undefined
    }
  }

  function notify(type: string, target: string, data: Json): Promise<void> {
    const { id: callback, answered } = pending.add()
    write({ type, data: { target, data, callback } }).catch((error) =>
      pending.reject(callback, error),
    )
    return answered
  }

  function write(event: unknown): Promise<void> {
    return state === 'open' && link ? link.send(event) : Promise.reject(notConnected())
  }

  function notConnected(): Error {
    return new Error(`not connected to ${url} (${state}); notifications are not kept`)
  }
}

function loggerOf(log: Log | undefined): Log | undefined {
  const isOne = (['info', 'warn', 'error'] as const).every(
    (level) => typeof (log as Partial<Log> | null | undefined)?.[level] === 'function',
  )
  if (log === undefined || isOne) return log
  throw new Error('log: expected a logger such as pino')
}

interface Question {
  readonly target: string
  readonly token?: string
  readonly [more: string]: Json
}

const reasonOf = (error: unknown): string => {
  const { message, cause } = error as Error
  return cause instanceof Error ? `${message}: ${cause.message}` : message
}

/** It runs in processes of its own, which have no world of the server's. */
function realTime(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms)
  return () => clearTimeout(timer)
}
