import type { Id } from '../../protocol/message.ts'
import type { Heard } from '../core/session/dialect.ts'
import type { Session } from '../core/session/session.ts'

export type Data = Readonly<Record<string, unknown>>

export interface VerdictsOptions {
  readonly sessionOf: (id: string) => Session | undefined
}

/** What a backend was asked about. */
interface About {
  readonly target: string
  readonly token: unknown
}

/**
 * What passes between clients and backends about who a client is. A backend's word names the client,
 * and not what it was asked: it answers the question about that client that still waits, and where
 * none does it is late, or unasked.
 */
export function createVerdicts({ sessionOf }: VerdictsOptions) {
  /** Of each client, what it says of itself until it is answered. */
  const saying = new WeakMap<Session, readonly Data[]>()
  /** Of each client, what a backend would have it told beside the verdict. */
  const telling = new WeakMap<Session, Data>()
  const asked = new WeakMap<Session, Map<Id, About>>()

  return { say, answered, told, question, verdict }

  function say(client: Session, data: Data): void {
    saying.set(client, [...(saying.get(client) ?? []), data])
  }

  /** It has been answered. */
  function answered(client: Session, data: Data): void {
    saying.set(
      client,
      (saying.get(client) ?? []).filter((one) => one !== data),
    )
  }

  /** What a client is told beside the verdict; once. */
  function told(client: Session): Data {
    const more = telling.get(client) ?? {}
    telling.delete(client)
    return more
  }

  /** What a backend is asked about a client: all that it said, save what is not its to say. */
  function question(backend: Session, id: Id, target: string, token: unknown): Data {
    const questions = waiting(backend)
    asked.set(backend, questions.set(id, { target, token }))
    const client = sessionOf(target)
    const [{ token: _, user: _user, authenticated: _word, ...said } = {}] =
      (client && saying.get(client)) ?? []
    return { ...said, ...(token !== undefined && { token }), target }
  }

  /** A backend's word about a client, whether it was asked or not. */
  function verdict(said: Data, backend: Session): Heard[] {
    const { target, user, token, authenticated: word, ...more } = said
    const isNamed = Boolean(user) && user !== 'public'
    const authenticated = word ?? isNamed
    const named = authenticated === true && isNamed ? { user } : {}
    const [re] = [...waiting(backend)].find(isAnswered) ?? []
    if (re === undefined && !('user' in named)) return []
    const client = sessionOf(`${target}`)
    if (client) telling.set(client, more)
    if (re === undefined) {
      const mark = { event: 'client_connected', client }
      return [{ mark, type: 'backend.identify', data: { session: target, ...named } }]
    }
    asked.get(backend)?.delete(re)
    if (word === undefined && !user) return [{ type: 'error', re, data: NO_WORD }]
    return [{ type: 'backend.authenticate', re, data: { authenticated, ...named } }]

    /** One that repeats the token says which of two questions it answers. */
    function isAnswered([, about]: readonly [Id, About]): boolean {
      return about.target === target && (token === undefined || token === about.token)
    }
  }

  /** The questions that a backend may yet answer. */
  function waiting(backend: Session): Map<Id, About> {
    const questions = asked.get(backend) ?? new Map<Id, About>()
    for (const id of questions.keys()) if (!backend.isAsked(id)) questions.delete(id)
    return questions
  }
}

/** A backend that says neither who nor whether leaves it to the server. */
const NO_WORD = { code: 'UNREGISTERED_HANDLER', status: 404, message: 'the backend has no word' }
