import pino from 'pino'
import { WebSocket } from 'ws'
import type { Json } from '../../protocol/schema.ts'
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
   * Says who a client is, by the token it brought, if any. The server waits 1.5 s; what is thrown is
   * logged, and means undefined.
   */
  readonly onAuthenticate?: (
    token: string | undefined,
    client: string,
  ) => Verdict | Promise<Verdict>
  /** A pino logger or alike; one of its own unless given. */
  readonly log?: Log
  /** Calls back after so many ms, until it is cancelled; the real time unless given. */
  readonly after?: (ms: number, callback: () => void) => () => void
}

export type BackendState = 'disabled' | 'connecting' | 'open' | 'away' | 'closed'

export interface Backend {
  readonly state: BackendState
  /** Resolves once it is connected; rejects where it is disabled or closed. */
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
/** Three of the server's heartbeats. */
const SILENCE_MS = 60_000
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
  let socket: WebSocket | undefined
  let cancelRetry = () => {}

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
      socket?.close(1000)
      pending.fail(notConnected())
      for (const { reject } of waiting) reject(notConnected())
      waiting.clear()
    },
  }

  /** Its health first: a server that is not there is not knocked at. */
  async function connect(): Promise<void> {
    try {
      const { ok, status } = await fetch(pingUrl, { signal: AbortSignal.timeout(PING_MS) })
      if (!ok) throw new Error(`${pingUrl} answered ${status}`)
    } catch (error) {
      return retry(`not healthy: ${reasonOf(error)}`)
    }
    if (state !== 'closed') open()
  }

  function open(): void {
    const opened = new WebSocket(url)
    socket = opened
    let last = 'connection closed'
    let cancelSilence = () => {}
    const alive = () => {
      cancelSilence()
      cancelSilence = after(SILENCE_MS, () => opened.terminate())
    }
    opened.on('open', () => {
      alive()
      opened.send(JSON.stringify({ type: 'server_connect', data: { auth } }))
    })
    opened.on('ping', alive)
    opened.on('message', (data) => {
      if (opened === socket) receive(String(data))
    })
    opened.on('error', (error) => {
      last = error.message
    })
    opened.on('close', (code) => {
      cancelSilence()
      retry(`${last} (${code})`)
    })
  }

  function retry(reason: string): void {
    socket = undefined
    pending.fail(notConnected())
    if (state === 'closed') return
    state = 'away'
    if (!quiet) log.warn({ url, reason, retry_ms: RECONNECT_MS }, 'not connected')
    cancelRetry = after(RECONNECT_MS, () => {
      state = 'connecting'
      void connect()
    })
  }

  function receive(text: string): void {
    const { type, data } = parse(text)
    if (type === 'server_connect') return admitted(data === true)
    if (type === 'callback') return pending.resolve(`${data}`)
    if (type === 'client_connect') void authenticate((data ?? {}) as Question)
  }

  function admitted(isIn: boolean): void {
    if (!isIn) {
      if (!quiet) log.error({ url }, 'the server refused the secret')
      return
    }
    state = 'open'
    if (!quiet) log.info({ url }, 'connected')
    for (const { resolve } of waiting) resolve()
    waiting.clear()
  }

  async function authenticate({ token, target }: Question): Promise<void> {
    const verdict = await judge(token, target)
    const said = typeof verdict === 'string' ? { user: verdict, authenticated: true } : {}
    const authenticated = typeof verdict === 'boolean' ? { authenticated: verdict } : {}
    const data = { target, ...said, ...authenticated }
    // Gone meanwhile: the server judges by itself.
    await write({ type: 'client_connected', data }).catch(() => {})
  }

  async function judge(token: string | undefined, client: string): Promise<Verdict> {
    try {
      return await onAuthenticate?.(token, client)
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
    const open = socket
    if (state !== 'open' || !open) return Promise.reject(notConnected())
    return new Promise((resolve, reject) =>
      open.send(JSON.stringify(event), (error) => (error ? reject(error) : resolve())),
    )
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
}

function parse(text: string): { readonly type?: unknown; readonly data?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as object
  } catch {
    return {}
  }
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
