import { BACKEND_SERVICE } from '../../protocol/backends.ts'
import type { notifyRoutes } from '../../protocol/http.ts'
import { addressKind, addressName, type Sender, toText } from '../../protocol/message.ts'
import { groupAddress, type notify as notifyTable, sessionId } from '../../protocol/notify.ts'
import { check, type Json, json } from '../../protocol/schema.ts'
import type { RouteHandlers } from '../core/api/api.ts'
import type { HandlersOf } from '../core/dispatch/dispatch.ts'
import type { Session } from '../core/session/session.ts'
import type { PlayerObserver, SessionObserver } from '../core/session/sessions.ts'
import { pushText } from '../core/wire/frame.ts'
import { Refusal } from '../core/wire/refusal.ts'

/** Sessions, of which it costs nothing to say whether one is among them. */
export interface Group {
  readonly size: number
  has(session: Session): boolean
  keys(): Iterable<Session>
}

export interface NotifyOptions {
  readonly all: () => Iterable<Session>
  readonly sessionOf: (id: string) => Session | undefined
  readonly sessionsOf: (player: string) => Group
  readonly membersOf: (room: string) => Group
  readonly listenersOf: (channel: number) => Group
  readonly isBackend: (session: Session) => boolean
  /** Whether the session takes notifications at all. */
  readonly hears: (session: Session) => boolean
  /** How the data of a request was written, where it is to be passed on byte for byte. */
  readonly textOf: (asked: object) => string | undefined
  /** Whom one that is no backend may notify beside its own devices, if anybody. */
  readonly openTo: (sender: Session) => Group | undefined
}

/** Notifications: what a service tells players. Without an asker it is the server itself. */
export function createNotify(options: NotifyOptions) {
  const { all, sessionOf, sessionsOf, membersOf, listenersOf, isBackend, hears, openTo } = options
  const { textOf } = options
  /** The player of each user whose sessions are here. */
  const users = new Map<string, { readonly player: string; readonly sessions: Set<Session> }>()
  const userOf = new Map<Session, string>()
  /** Those who may be anonymous: who has become somebody else since is not. */
  const unnamed = new Set<Session>()
  const anonymous: Group = {
    get size() {
      return unnamed.size
    },
    has: isAnonymous,
    keys: () => filtered(unnamed, isAnonymous),
  }

  const handlers: HandlersOf<(typeof notifyTable)['messages']> = {
    'notify.client': ({ session }, asked) =>
      client(asked.target ?? session.id, written(asked), session),
    'notify.group': ({ session }, asked) =>
      group(asked.target ?? `session:${session.id}`, written(asked), session),
    'notify.all'({ session }, asked) {
      if (!isBackend(session)) throw new Refusal('BACKEND_REQUIRED')
      return everybody(written(asked))
    },
  }

  const routes: RouteHandlers<typeof notifyRoutes> = {
    'POST /v1/notify/clients/:session': async ({ params, body }) =>
      client(params.session, toText(body.data)),
    'POST /v1/notify/groups/:group': async ({ params, body }) =>
      group(params.group, toText(body.data)),
    'POST /v1/notify/all': async ({ body }) => everybody(toText(body.data)),
  }

  const observer: SessionObserver = {
    opened: (session) => void unnamed.add(session),
    ended(session) {
      unnamed.delete(session)
      unname(session)
    },
  }

  /** A backend's user is a group by its name too. */
  const players: PlayerObserver = {
    identified(session, { id, guest }, alias) {
      if (!guest) unnamed.delete(session)
      unname(session)
      if (alias?.service !== BACKEND_SERVICE) return
      const found = users.get(alias.identifier) ?? { player: id, sessions: new Set() }
      users.set(alias.identifier, found)
      found.sessions.add(session)
      userOf.set(session, alias.identifier)
    },
  }

  return {
    handlers,
    routes,
    observer,
    players,
    /** The group `public`. */
    anonymous: () => anonymous.keys(),
    /** The same for the server's own code, which no table has checked. */
    server: {
      client(target: string, data: Json) {
        refuseWrong(check(sessionId(), target, 'target') ?? check(json(), data, 'data'))
        return client(target, toText(data))
      },
      group(target: string, data: Json) {
        refuseWrong(check(groupAddress(), target, 'target') ?? check(json(), data, 'data'))
        return group(target, toText(data))
      },
      all(data: Json) {
        refuseWrong(check(json(), data, 'data'))
        return everybody(toText(data))
      },
    },
  }

  /** It is no user of a backend’s, or another from now on. */
  function unname(session: Session): void {
    const user = userOf.get(session) ?? ''
    userOf.delete(session)
    const found = users.get(user)
    if (found?.sessions.delete(session) && found.sessions.size === 0) users.delete(user)
  }

  function written(asked: { readonly data: Json }): string {
    return textOf(asked) ?? toText(asked.data)
  }

  function client(target: string, data: string, asker?: Session) {
    const session = sessionOf(target)
    return deliver(`session:${target}`, session ? new Set([session]) : NOBODY, data, asker)
  }

  function group(target: string, data: string, asker?: Session) {
    return deliver(target, groupAt(target), data, asker)
  }

  /** Nobody at all is everybody, where there is nobody. */
  function everybody(data: string) {
    return send([...filtered(filtered(all(), isPlayer), hears)], data)
  }

  function deliver(target: string, group: Group, data: string, asker?: Session) {
    const named =
      !asker || isBackend(asker) ? group.keys() : filtered(reached(asker, group), isPlayer)
    const receivers = [...filtered(named, hears)]
    if (receivers.length > 0) return send(receivers, data, asker)
    throw new Refusal('INVALID_TARGET', `target: nobody you may notify is at ${target}`)
  }

  /** Encoded once for all. */
  function send(receivers: readonly Session[], data: string, asker?: Session) {
    const from = asker && !isBackend(asker) ? playerSender(asker) : BACKEND
    const message = pushText('notify', `{"data":${data}}`, { from })
    for (const session of receivers) session.send(message)
    return { delivered: receivers.length }
  }

  /**
   * A backend reaches all, a player its own devices and who is open to it: to others it speaks in
   * rooms and channels. However large a group is, no more are looked at than it could reach.
   */
  function* reached(asker: Session, group: Group): Generator<Session, void> {
    const own = asker.player ? sessionsOf(asker.player.id) : new Set([asker])
    yield* common(group, own)
    const open = openTo(asker)
    if (open) for (const session of common(group, open)) if (!own.has(session)) yield session
  }

  function groupAt(address: string): Group {
    const value = addressName(address)
    switch (addressKind(address)) {
      case 'public':
        return anonymous
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
  function bareGroup(id: string): Group {
    const session = sessionOf(id)
    if (session) return ownGroup(session)
    const own = sessionsOf(id)
    return own.size > 0 ? own : ofUser(id)
  }

  function ofUser(user: string): Group {
    const found = users.get(user)
    return found ? sessionsOf(found.player) : NOBODY
  }

  /** Its player's; guests count as anonymous. A backend has none. */
  function ownGroup(session: Session | undefined): Group {
    if (!session || isBackend(session)) return NOBODY
    if (isAnonymous(session)) return anonymous
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

const NOBODY: Group = new Set<Session>()

/** Those in both, at the price of the smaller. */
function common(one: Group, other: Group): Iterable<Session> {
  const [few, many] = one.size <= other.size ? [one, other] : [other, one]
  return filtered(few.keys(), (session) => many.has(session))
}

function* filtered(sessions: Iterable<Session>, fits: (session: Session) => boolean) {
  for (const session of sessions) if (fits(session)) yield session
}

function refuseWrong(problem: string | undefined): void {
  if (problem) throw new Refusal('INVALID_MESSAGE_DATA', problem)
}
