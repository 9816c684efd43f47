import type { CloseCode } from '../../protocol/errors.ts'
import { type Id, toText } from '../../protocol/message.ts'
import type { Dialect, Endpoint, Heard } from '../core/session/dialect.ts'
import type { Session } from '../core/session/session.ts'
import type { SessionObserver } from '../core/session/sessions.ts'
import type { Frames, Native } from '../core/session/translator.ts'
import { Refusal } from '../core/wire/refusal.ts'

export interface JssocketOptions {
  /** What makes a session a backend's; refuses a wrong secret. */
  readonly admit: (session: Session, secret: string) => Promise<() => void>
  readonly isBackend: (session: Session) => boolean
}

/** What a request was, for who reads its answer. */
interface Mark {
  readonly event: string
  readonly callback?: unknown
}

type Data = Readonly<Record<string, unknown>>

/** How many questions to one backend are remembered; the oldest goes first. */
const MAX_ASKED = 256

/** jssocket's contract, as its document has it, at `/ws`; with its header form of authentication. */
export function createJssocket({ admit, isBackend }: JssocketOptions) {
  /** Those who were answered with `client_connected`. */
  const clients = new Set<Session>()
  /** Of each backend, about which client it was asked under which id. */
  const asked = new WeakMap<Session, Map<Id, string>>()

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

    incoming({ value }, session) {
      const { type, data: said } = (value ?? {}) as { type?: unknown; data?: unknown }
      const read = Object.hasOwn(EVENTS, `${type}`) ? EVENTS[`${type}`] : undefined
      return read ? read(dataOf(said), session) : []
    },

    outgoing(native, session, mark) {
      if (native.re !== undefined) return answered(native, session, mark as Mark | undefined)
      const data = native.data as Data
      switch (native.type) {
        case 'notify':
          return [toText(data.data)]
        case 'player.identified':
          if (!session.ended) clients.add(session)
          return [connected(session, true)]
        case 'backend.authenticate':
          return [question(session, native.id ?? '', `${data.session}`, data.token)]
        default:
          return []
      }
    },

    closing: (code) => CLOSING[code] ?? (code < 4000 ? code : 1008),
  }

  const EVENTS: Readonly<Record<string, (data: Data, session: Session) => readonly Heard[]>> = {
    server_connect({ auth }, session) {
      const mark = { event: 'server_connect' }
      if (!isBackend(session)) return [{ mark, type: 'backend.connect', data: { secret: auth } }]
      session.conversation?.say({ type: 'server_connect', data: true })
      return []
    },
    client_connect: ({ token }) => [
      {
        mark: { event: 'client_connect' },
        type: 'player.identify',
        data: { token: token ?? '' },
      },
    ],
    client_connected: verdict,
    client_disconnect(_, session) {
      session.connection?.close(1000)
      return []
    },
    notify_client: (data, session) => notification('notify.client', data, session),
    notify_group: (data, session) => notification('notify.group', data, session),
    notify_all: (data) => [{ type: 'notify.all', data: { data } }],
  }

  const observer: SessionObserver = {
    ended: (session) => void clients.delete(session),
  }

  return {
    endpoints: [{ matches: ({ path }) => path === '/ws', dialect }] satisfies Endpoint[],
    observer,
    /** The clients here, who may notify each other. */
    clients: clients as ReadonlySet<Session>,
    isClient: (session: Session) => clients.has(session),
  }

  /** Nobody hears from who has not said client_connect. */
  function notification(type: string, { target, data, callback }: Data, session: Session): Heard[] {
    if (!isBackend(session) && !clients.has(session)) return []
    const mark = { event: type, callback }
    return [{ mark, type, data: { ...(Boolean(target) && { target }), data: data ?? {} } }]
  }

  function answered({ type, data }: Native, session: Session, mark: Mark | undefined): Frames {
    const isGood = type !== 'error'
    switch (mark?.event) {
      case 'server_connect':
        return isGood ? [{ type: mark.event, data: true }] : rejected(session)
      case 'client_connect':
        if (!session.ended) clients.add(session)
        return [connected(session, isGood)]
      default:
        return mark?.callback && (isGood || (data as Data).code === 'INVALID_TARGET')
          ? [{ type: 'callback', data: mark.callback }]
          : []
    }
  }

  function rejected(session: Session): Frames {
    session.conversation?.say({ type: 'server_connect', data: false })
    session.connection?.close(1000)
    return []
  }

  function question(backend: Session, id: Id, target: string, token: unknown) {
    const questions = asked.get(backend) ?? new Map<Id, string>()
    asked.set(backend, questions.set(id, target))
    const [oldest] = questions.keys()
    if (oldest !== undefined && questions.size > MAX_ASKED) questions.delete(oldest)
    return { type: 'client_connect', data: { ...(token !== undefined && { token }), target } }
  }

  /** A backend's word about a client, whether it was asked or not. */
  function verdict({ target, user, ...said }: Data, backend: Session): Heard[] {
    const isNamed = Boolean(user) && user !== 'public'
    const authenticated = said.authenticated ?? isNamed
    const named = authenticated === true && isNamed ? { user } : {}
    const questions = asked.get(backend)
    const [re] = [...(questions ?? [])].find(([, about]) => about === target) ?? []
    if (re !== undefined) {
      questions?.delete(re)
      if (said.authenticated === undefined && !user) return [{ type: 'error', re, data: NO_WORD }]
      return [{ type: 'backend.authenticate', re, data: { authenticated, ...named } }]
    }
    if (!('user' in named)) return []
    return [{ type: 'backend.identify', data: { session: target, ...named } }]
  }
}

/** A backend that says neither who nor whether leaves it to the server. */
const NO_WORD = { code: 'UNREGISTERED_HANDLER', status: 404, message: 'the backend has no word' }

const connected = ({ id }: Session, authenticated: boolean) => ({
  type: 'client_connected',
  data: { target: id, authenticated },
})

/** What the document has no code for is told as WebSocket tells it. */
const CLOSING: Readonly<Partial<Record<CloseCode, number>>> = { 4000: 1001, 4001: 1013, 4105: 1013 }

const dataOf = (said: unknown): Data =>
  typeof said === 'object' && said !== null ? (said as Data) : {}
