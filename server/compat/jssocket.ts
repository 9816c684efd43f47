import type { CloseCode, ErrorCode } from '../../protocol/errors.ts'
import { toText } from '../../protocol/message.ts'
import { groupAddress, sessionId } from '../../protocol/notify.ts'
import { check, type Schema } from '../../protocol/schema.ts'
import type { Dialect, Endpoint, Heard } from '../core/session/dialect.ts'
import type { Session } from '../core/session/session.ts'
import type { SessionObserver } from '../core/session/sessions.ts'
import type { ForeignFrame, Frames, Native } from '../core/session/translator.ts'
import { type errorMessage, Refusal } from '../core/wire/refusal.ts'
import { verbatim } from '../core/wire/verbatim.ts'
import type { Log } from '../world.ts'
import { createVerdicts, type Data } from './jssocket-verdicts.ts'

export interface JssocketOptions {
  readonly log: Log
  /** How large a message may be. */
  readonly message_bytes: number
  readonly sessionOf: (id: string) => Session | undefined
  /** What makes a session a backend's; refuses a wrong secret. */
  readonly admit: (session: Session, secret: string) => Promise<() => void>
  readonly isBackend: (session: Session) => boolean
}

/** What a request was, for who reads its answer. */
interface Mark {
  readonly event: string
  /** What it was called, where it could not be read whole. */
  readonly unread?: string | undefined
  readonly callback?: unknown
  /** Of client_connect, all that it said. */
  readonly said?: Data
  /** Of client_connected, about whom it is. */
  readonly client?: Session | undefined
}

/** jssocket's contract, as its document has it, at `/ws`; with its header form of authentication. */
export function createJssocket(options: JssocketOptions) {
  const { log, message_bytes, admit, isBackend, sessionOf } = options
  /** Those who were answered with `client_connected`. */
  const clients = new Set<Session>()
  const verdicts = createVerdicts({ sessionOf })
  /** How the data of a notification was written. */
  const texts = new WeakMap<object, string>()

  const dialect: Dialect = {
    async opened(session, { headers: { auth } }) {
      if (typeof auth !== 'string') return
      try {
        const enter = await admit(session, auth)
        enter()
      } catch (error) {
        // As in the contract, it is told nothing until it says server_connect.
        if (!(error instanceof Refusal)) throw error
      }
    },

    incoming(frame, session) {
      const { value, problem, text } = frame
      if (problem) {
        const isTold = isLimit(problem.code, problem.details)
        return isTold ? [{ refusal: problem, mark: markIn(text) }] : []
      }
      const { type, data: said } = (value ?? {}) as { type?: unknown; data?: unknown }
      const read = Object.hasOwn(EVENTS, `${type}`) ? EVENTS[`${type}`] : undefined
      return read ? read(dataOf(said), session, frame) : []
    },

    outgoing(native, session, mark, text) {
      if (native.re !== undefined) return answered(native, session, mark as Mark | undefined)
      const data = native.data as Data
      switch (native.type) {
        case 'notify':
          return [verbatim(text, ['data', 'data']) ?? toText(data.data)]
        case 'player.identified':
          if (!session.ended) clients.add(session)
          return [connected(session, true)]
        case 'backend.authenticate':
          return [
            {
              type: 'client_connect',
              data: verdicts.question(session, native.id ?? '', `${data.session}`, data.token),
            },
          ]
        case 'error':
          return overLimit(native, session)
        default:
          return []
      }
    },

    closing: (code) => CLOSING[code] ?? (code < 4000 ? code : 1008),
  }

  const EVENTS: Readonly<Record<string, Read>> = {
    server_connect({ auth }, session) {
      const mark = { event: 'server_connect' }
      if (!isBackend(session))
        return [{ mark, type: 'backend.connect', data: { secret: auth }, holds: true }]
      session.conversation?.say({ type: 'server_connect', data: true })
      return []
    },
    client_connect(said, session) {
      const mark = { event: 'client_connect', said }
      verdicts.say(session, said)
      return [{ mark, type: 'player.identify', data: { token: said.token ?? '' } }]
    },
    client_connected: (said, session) =>
      isBackend(session) ? verdicts.verdict(said, session) : [],
    client_disconnect(_, session) {
      session.connection?.close(1000)
      return []
    },
    notify_client: (said, session, frame) =>
      notification('notify_client', 'notify.client', sessionId(), said, session, frame),
    notify_group: (said, session, frame) =>
      notification('notify_group', 'notify.group', groupAddress(), said, session, frame),
    notify_all: (_, _session, { value, text }) => [
      {
        mark: { event: 'notify_all' },
        type: 'notify.all',
        data: asWritten({}, (value as Data).data, text, ['data']),
      },
    ],
  }

  const observer: SessionObserver = {
    ended: (session) => void clients.delete(session),
  }

  return {
    endpoints: [
      { matches: ({ path }) => path === '/ws', dialect, message_bytes, bytes_rate: 'jssocket' },
    ] satisfies Endpoint[],
    /** How the data of a notification was written, where it came from here. */
    textOf: (asked: object) => texts.get(asked),
    observer,
    /** The clients here, who may notify each other. */
    clients: clients as ReadonlySet<Session>,
    isClient: (session: Session) => clients.has(session),
  }

  /** Nobody hears from who has not said client_connect. */
  function notification(
    event: string,
    type: string,
    address: Schema,
    { target, data, callback }: Data,
    session: Session,
    { text }: ForeignFrame,
  ): Heard[] {
    if (!isBackend(session) && !clients.has(session)) return []
    const isTooLong = typeof target === 'string' && check(address, target, 'target') !== undefined
    const named = { ...(Boolean(target) && { target: isTooLong ? NOBODY : target }) }
    const mark = { event, callback }
    return [{ mark, type, data: asWritten(named, data, text, ['data', 'data']) }]
  }

  /** With the data of a notification, which is passed on as it was written; an empty object for none. */
  function asWritten(named: object, data: unknown, text: string, path: readonly string[]): object {
    const asked = { ...named, data: data === undefined ? {} : data }
    const written = data === undefined ? undefined : verbatim(text, path)
    if (written !== undefined) texts.set(asked, written)
    return asked
  }

  function answered(native: Native, session: Session, mark: Mark | undefined): Frames {
    const { type, data } = native
    const isGood = type !== 'error'
    const limit = isGood ? [] : overLimit(native, session, mark)
    switch (mark?.event) {
      case 'server_connect':
        return isGood ? [{ type: mark.event, data: true }] : rejected(session, limit)
      case 'client_connect':
        if (!session.ended) clients.add(session)
        if (mark.said) verdicts.answered(session, mark.said)
        return [...limit, connected(session, isGood)]
      case 'client_connected':
        if (!isGood && mark.client) verdicts.told(mark.client)
        return limit
      default:
        return mark?.callback && (isGood || (data as Data).code === 'INVALID_TARGET')
          ? [{ type: 'callback', data: mark.callback }]
          : limit
    }
  }

  function rejected(session: Session, limit: Frames): Frames {
    session.conversation?.say(...limit, { type: 'server_connect', data: false })
    session.connection?.close(1000)
    return []
  }

  /** What the document leaves open: who is over one of our limits is told so, by an event of ours. */
  function overLimit({ data }: Native, session: Session, mark?: Mark): Frames {
    const { request: _, ...problem } = data as ReturnType<typeof errorMessage>['data']
    if (!isLimit(problem.code, problem)) return []
    const { event, unread: request = event, callback } = mark ?? {}
    log.warn({ session: session.id, code: problem.code, request }, 'over a limit at /ws')
    const more = { ...(request && { request }), ...(Boolean(callback) && { callback }) }
    return [{ type: 'error', data: { ...problem, ...more } }]
  }

  function connected(client: Session, authenticated: boolean) {
    const { target: _, authenticated: _said, ...more } = verdicts.told(client)
    return { type: 'client_connected', data: { target: client.id, authenticated, ...more } }
  }
}

type Read = (data: Data, session: Session, frame: ForeignFrame) => readonly Heard[]

/** What was said, where nobody has read it. */
function markIn(text: string): Mark {
  const [event, callback] = [['type'], ['data', 'callback']].map((path) => {
    try {
      return JSON.parse(verbatim(text, path) ?? 'null')
    } catch {
      return undefined // it is no JSON
    }
  })
  return {
    event: '',
    unread: typeof event === 'string' ? event.slice(0, MAX_EVENT) : undefined,
    callback: typeof callback === 'string' || typeof callback === 'number' ? callback : undefined,
  }
}

const MAX_EVENT = 64

/** An address that is nobody's, in place of one too long to be anybody's. */
const NOBODY = 'session:-'

/** Whether it is by a limit that something was refused. */
const isLimit = (code: string, { cause }: { readonly cause?: unknown }): boolean =>
  OVER.has(code) || Object.hasOwn(cause ?? {}, 'depth')

const OVER: ReadonlySet<string> = new Set<ErrorCode>(['TOO_LARGE', 'RATE_LIMITED', 'STORAGE_BUSY'])

/** What the document has no code for is told as WebSocket tells it. */
const CLOSING: Readonly<Partial<Record<CloseCode, number>>> = { 4000: 1001, 4001: 1013, 4105: 1013 }

const dataOf = (said: unknown): Data =>
  typeof said === 'object' && said !== null ? (said as Data) : {}
