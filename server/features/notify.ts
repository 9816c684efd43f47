import { BACKEND_SERVICE } from '../../protocol/backends.ts'
import type { notifyRoutes } from '../../protocol/http.ts'
import type { Sender } from '../../protocol/message.ts'
import { groupAddress, type notify as notifyTable, sessionId } from '../../protocol/notify.ts'
import { check, type Json, json } from '../../protocol/schema.ts'
import type { RouteHandlers } from '../core/api.ts'
import type { HandlersOf } from '../core/dispatch.ts'
import { push } from '../core/frame.ts'
import { Refusal } from '../core/refusal.ts'
import type { Player, Session } from '../core/session.ts'
import type { SessionObserver } from '../core/sessions.ts'
import type { Alias } from '../core/store.ts'

export interface NotifyOptions {
  readonly all: () => Iterable<Session>
  readonly sessionOf: (id: string) => Session | undefined
  readonly sessionsOf: (player: string) => Iterable<Session>
  readonly membersOf: (room: string) => Iterable<Session>
  readonly listenersOf: (channel: number) => Iterable<Session>
  readonly isBackend: (session: Session) => boolean
  /** Whether the session takes notifications at all. */
  readonly hears: (session: Session) => boolean
  /** Whether these two, neither of them a backend, may notify each other. */
  readonly areOpen: (sender: Session, receiver: Session) => boolean
}

export type Notify = ReturnType<typeof createNotify>

/** Notifications: what a service tells players. Without an asker it is the server itself. */
export function createNotify(options: NotifyOptions) {
  const { all, sessionOf, sessionsOf, membersOf, listenersOf, isBackend, hears, areOpen } = options
  /** The player of each user whose sessions are here. */
  const users = new Map<string, { readonly player: string; readonly sessions: Set<Session> }>()
  const userOf = new Map<Session, string>()

  const handlers: HandlersOf<(typeof notifyTable)['messages']> = {
    'notify.client': ({ session }, { target = session.id, data }) => client(target, data, session),
    'notify.group': ({ session }, { target = `session:${session.id}`, data }) =>
      group(target, data, session),
    'notify.all'({ session }, { data }) {
      if (!isBackend(session)) throw new Refusal('BACKEND_REQUIRED')
      return everybody(data)
    },
  }

  const routes: RouteHandlers<typeof notifyRoutes> = {
    'POST /v1/notify/clients/:session': async ({ params, body }) =>
      client(params.session, body.data),
    'POST /v1/notify/groups/:group': async ({ params, body }) => group(params.group, body.data),
    'POST /v1/notify/all': async ({ body }) => everybody(body.data),
  }

  const observer: SessionObserver = {
    ended(session) {
      const user = userOf.get(session) ?? ''
      userOf.delete(session)
      const found = users.get(user)
      if (found?.sessions.delete(session) && found.sessions.size === 0) users.delete(user)
    },
  }

  return {
    handlers,
    routes,
    observer,
    /** The same for the server's own code, which no table has checked. */
    server: {
      client(target: string, data: Json) {
        refuseWrong(check(sessionId(), target, 'target') ?? check(json(), data, 'data'))
        return client(target, data)
      },
      group(target: string, data: Json) {
        refuseWrong(check(groupAddress(), target, 'target') ?? check(json(), data, 'data'))
        return group(target, data)
      },
      all(data: Json) {
        refuseWrong(check(json(), data, 'data'))
        return everybody(data)
      },
    },

    /** A session has become a player's; a backend's user is a group by its name too. */
    identified(session: Session, { id }: Player, alias: Alias | undefined): void {
      if (alias?.service !== BACKEND_SERVICE || session.ended) return
      const found = users.get(alias.identifier) ?? { player: id, sessions: new Set() }
      users.set(alias.identifier, found)
      found.sessions.add(session)
      userOf.set(session, alias.identifier)
    },
  }

  function client(target: string, data: Json, asker?: Session) {
    const session = sessionOf(target)
    return deliver(`session:${target}`, session ? [session] : [], data, asker)
  }

  function group(target: string, data: Json, asker?: Session) {
    return deliver(target, groupAt(target), data, asker)
  }

  /** Nobody at all is everybody, where there is nobody. */
  function everybody(data: Json) {
    return send(heard(filtered(all(), isPlayer), undefined), data)
  }

  function deliver(target: string, named: Iterable<Session>, data: Json, asker?: Session) {
    const receivers = heard(named, asker)
    if (receivers.length > 0) return send(receivers, data, asker)
    throw new Refusal('INVALID_TARGET', `target: nobody you may notify is at ${target}`)
  }

  /** Encoded once for all. */
  function send(receivers: readonly Session[], data: Json, asker?: Session) {
    const from = asker && !isBackend(asker) ? playerSender(asker) : BACKEND
    const message = push('notify', { data }, { from })
    for (const session of receivers) session.send(message)
    return { delivered: receivers.length }
  }

  /** Who of these takes notifications, and from this asker. */
  function heard(sessions: Iterable<Session>, asker: Session | undefined): Session[] {
    const found: Session[] = []
    for (const session of sessions)
      if (hears(session) && (!asker || reaches(asker, session))) found.push(session)
    return found
  }

  /** A backend reaches all, a player its own devices: to others it speaks in rooms and channels. */
  function reaches(asker: Session, session: Session): boolean {
    if (asker === session || isBackend(asker)) return true
    const isOwn = asker.player !== null && asker.player.id === session.player?.id
    return isOwn || areOpen(asker, session)
  }

  function groupAt(address: string): Iterable<Session> {
    if (address === 'public') return filtered(all(), isAnonymous)
    const colon = address.indexOf(':')
    const value = address.slice(colon + 1)
    switch (address.slice(0, colon + 1)) {
      case 'session:':
        return ownGroup(sessionOf(value))
      case 'player:':
        return sessionsOf(value)
      case 'user:':
        return ofUser(value)
      case 'room:':
        return membersOf(value)
      case 'channel:':
        return listenersOf(Number(value))
      default:
        return bareGroup(address)
    }
  }

  /** An id without what it is of: a session's, a player's, a user's. */
  function bareGroup(id: string): Iterable<Session> {
    const session = sessionOf(id)
    if (session) return ownGroup(session)
    const [first, ...more] = sessionsOf(id)
    return first ? [first, ...more] : ofUser(id)
  }

  function ofUser(user: string): Iterable<Session> {
    const found = users.get(user)
    return found ? sessionsOf(found.player) : []
  }

  /** Its player's; guests count as anonymous. A backend has none. */
  function ownGroup(session: Session | undefined): Iterable<Session> {
    if (!session || isBackend(session)) return []
    if (isAnonymous(session)) return filtered(all(), isAnonymous)
    return sessionsOf(session.player?.id ?? '')
  }

  function isPlayer(session: Session): boolean {
    return !isBackend(session)
  }

  function isAnonymous(session: Session): boolean {
    return isPlayer(session) && (session.player?.guest ?? true)
  }
}

/** Who a service is to players; no member has this role. */
const BACKEND: Sender = Object.freeze({ member: 0, player: null, role: 'backend', name: '' })

const playerSender = ({ player }: Session): Sender => ({
  member: 0,
  player: player?.id ?? null,
  role: 'player',
  name: player?.name ?? '',
})

function* filtered(sessions: Iterable<Session>, fits: (session: Session) => boolean) {
  for (const session of sessions) if (fits(session)) yield session
}

function refuseWrong(problem: string | undefined): void {
  if (problem) throw new Refusal('INVALID_MESSAGE_DATA', problem)
}
