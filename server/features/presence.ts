import type { AllMessages } from '../../protocol/index.ts'
import { type DataOf, toText } from '../../protocol/message.ts'
import type { presences as presenceTable } from '../../protocol/presence.ts'
import { isBlocked } from '../core/delivery/receiver.ts'
import type { HandlersOf } from '../core/dispatch/dispatch.ts'
import { offline, type Presence, type Whereabouts } from '../core/nodes/whereabouts.ts'
import type { Session } from '../core/session/session.ts'
import type { PlayerObserver, SessionObserver } from '../core/session/sessions.ts'
import type { Bond } from '../core/store/store.ts'
import { type Outgoing, push } from '../core/wire/frame.ts'
import type { Limits } from '../core/wire/limits.ts'
import { createPage } from '../core/wire/page.ts'
import { Refusal } from '../core/wire/refusal.ts'
import { checkBytes } from '../core/wire/size.ts'

export interface PresenceOptions {
  readonly limits: Limits
  readonly whereabouts: Whereabouts
  readonly sessionsOf: (player: string) => ReadonlySet<Session>
  readonly friendsOf: (player: string) => ReadonlySet<string>
}

type Own = DataOf<AllMessages['presence.own']>

/** A player who is here: how it wants to be seen, how it is, and whom it follows. */
interface Here {
  own: Own
  shown: Presence
  readonly follows: Set<string>
  /** Its friends, and whom it follows. */
  readonly watched: Set<string>
}

/** How players are, over all their devices. */
export function createPresence({ limits, whereabouts, sessionsOf, friendsOf }: PresenceOptions) {
  const here = new Map<string, Here>()
  /** The players here who are told how one is. */
  const watching = new Map<string, Set<string>>()
  const stop = whereabouts.listen((presence) => {
    const message = pushOf(presence)
    for (const watcher of watching.get(presence.player) ?? []) tell(watcher, message)
  })

  const handlers: HandlersOf<(typeof presenceTable)['messages']> = {
    'presence.set'({ session }, changes) {
      const { id } = session.identified()
      checkBytes('presence.set.data', changes.data, limits.presence_bytes)
      const known = hereAs(id)
      known.own = { ...known.own, ...changes }
      publish(id)
      tell(id, push('presence.own', known.own))
      return { own: known.own }
    },
    async 'presence.follow'({ session }, { player: other }) {
      const { id } = session.identified()
      const { follows } = hereAs(id)
      if (other === id)
        throw new Refusal('INVALID_TARGET', 'presence.follow.player: expected another than oneself')
      if (follows.size >= limits.follows && !follows.has(other))
        throw new Refusal('TOO_MANY_FOLLOWED', `this player follows ${limits.follows} others`)
      if (!(await followed(id, other)))
        throw new Refusal('INVALID_TARGET', `presence.follow.player: ${other} is not here`)
      return () => ({})
    },
    'presence.unfollow'({ session }, { player: other }) {
      const { id } = session.identified()
      if (hereAs(id).follows.delete(other)) judge(id, other)
      return {}
    },
  }

  const observer: SessionObserver = {
    away: ({ player }) => publish(player?.id),
    // What is *latest* was not kept for it.
    restored(session) {
      publish(session.player?.id)
      list(session)
    },
    ended: ({ player }) => publish(player?.id),
  }

  const players: PlayerObserver = {
    online({ id }) {
      const own: Own = { status: 'online', text: '', data: {} }
      here.set(id, { own, shown: offline(id), follows: new Set(), watched: new Set() })
      for (const friend of friendsOf(id)) watch(id, friend)
    },
    identified(session, { id }) {
      publish(id)
      list(session)
    },
    offline({ id }) {
      for (const other of here.get(id)?.watched ?? []) unwatch(id, other)
      here.delete(id)
      whereabouts.set(offline(id))
    },
  }

  return {
    handlers,
    observer,
    players,
    /** A player stands to another in another way. */
    bonded(player: string, other: string, standing: Bond['standing'] | null): void {
      if (standing === 'blocked' && here.get(other)?.follows.delete(player)) judge(other, player)
      judge(player, other)
    },
    close: stop,
  }

  /** Follows one who is there to be followed; whether it is. */
  function followed(id: string, other: string): Promise<boolean> {
    return new Promise((resolve) =>
      whereabouts.look([other], ([found]) => {
        const known = here.get(id)
        const isHidden = [...sessionsOf(other)].some((one) => isBlocked(one.player, { id }))
        if (!known || !found || isHidden) return resolve(false)
        known.follows.add(other)
        watch(id, other)
        tell(id, pushOf(found))
        resolve(true)
      }),
    )
  }

  /** Watches one who is a friend now, or is followed; not who is neither any more. */
  function judge(id: string, other: string): void {
    const known = here.get(id)
    if (!known) return
    const wants = friendsOf(id).has(other) || known.follows.has(other)
    if (wants === known.watched.has(other)) return
    if (!wants) {
      unwatch(id, other)
      return tell(id, pushOf(offline(other)))
    }
    watch(id, other)
    whereabouts.look([other], ([found]) => found && tell(id, pushOf(found)))
  }

  function watch(id: string, other: string): void {
    here.get(id)?.watched.add(other)
    watching.set(other, (watching.get(other) ?? new Set()).add(id))
  }

  function unwatch(id: string, other: string): void {
    here.get(id)?.watched.delete(other)
    const all = watching.get(other)
    if (all?.delete(id) && all.size === 0) watching.delete(other)
  }

  /** Says how a player is now, if that is otherwise than before. */
  function publish(id = ''): void {
    const known = here.get(id)
    if (!known) return
    const shown = shownOf(id, known.own)
    if (toText(shown) === toText(known.shown)) return
    known.shown = shown
    whereabouts.set(shown)
  }

  function shownOf(player: string, { status, text, data }: Own): Presence {
    if (status === 'invisible') return offline(player)
    const isThere = [...sessionsOf(player)].some((one) => one.connection && !one.ended)
    return { player, status: isThere ? status : 'away', text, data }
  }

  function tell(id: string, message: Outgoing): void {
    for (const session of sessionsOf(id)) session.send(message)
  }

  /** Tells a session all about those whom its player watches, in as many parts as it takes. */
  function list(session: Session): void {
    const known = here.get(session.player?.id ?? '')
    if (!known) return
    session.send(push('presence.own', known.own))
    whereabouts.look([...known.watched], (found) => {
      const parts = partsOf(found, session.receiveBytes)
      for (const [at, presences] of parts.entries()) {
        const data = { presences, first: at === 0, more: at < parts.length - 1 }
        session.send(push('presence.list', data, {}, `presence.list ${at}`))
      }
    })
  }

  function hereAs(id: string): Here {
    const known = here.get(id)
    if (!known) throw new Refusal('NO_PLAYER_FOUND')
    return known
  }
}

/** How one is: to each reader it replaces what waits of the same player. */
const pushOf = (presence: Presence): Outgoing =>
  push('presence.changed', presence, {}, `presence.changed ${presence.player}`)

/** At least one part, each of which fits so many bytes; what never does is left out. */
function partsOf(found: readonly Presence[], bytes: number): Presence[][] {
  let part: Presence[] = []
  let page = createPage(bytes)
  const parts = [part]
  for (const one of found) {
    let verdict = page.take(one)
    if (verdict === 'full') {
      part = []
      parts.push(part)
      page = createPage(bytes)
      verdict = page.take(one)
    }
    if (verdict === 'fits') part.push(one)
  }
  return parts
}
