import type { Member } from '../room/member.ts'
import type { Room } from '../room/room.ts'
import { Session } from '../session/session.ts'
import { push } from '../wire/frame.ts'
import type { Plan } from './known.ts'
import { askedBy } from './ping.ts'
import type { State } from './state.ts'
import type { Viewer } from './viewer.ts'

/** Where a session is shown the state of a room. */
export interface Place<R> {
  readonly room: R
  readonly member: Member
  readonly viewer: Viewer
}

/** Which sessions are shown which rooms' state, and what they said that they have of it. */
export function createShown<R extends { readonly room: Room; readonly state: State }>() {
  const bySession = new Map<Session, Map<number, Place<R>>>()
  /** Hashes of the tables that a client knows. */
  const known = new WeakMap<Session, ReadonlySet<string>>()
  /** What a claim says: which tick of which room, by its number. */
  const claims = new WeakMap<Session, ReadonlyMap<number, number>>()
  /** The count of resets at which a session was told of the tables. */
  const told = new WeakMap<Viewer, number>()

  return {
    show,
    at: (session: Session, room: number): Place<R> | undefined => bySession.get(session)?.get(room),
    knows(session: Session, hashes: readonly string[] | undefined): void {
      if (hashes) known.set(session, new Set(hashes))
    },
    claims(session: Session, states: readonly (readonly [number, number])[] | undefined): void {
      if (states) claims.set(session, new Map(states))
      else claims.delete(session)
    },

    /** A member has another connection, or new counts, or is another session. */
    renew(shown: R, plan: Plan, member: Member): void {
      const viewer = shown.state.viewerOf(member)
      const session = member.receiver
      if (!viewer || viewer.receiver !== session || !(session instanceof Session))
        return show(shown, plan, member)
      const tick = claims.get(session)?.get(shown.state.number)
      viewer.begin(tick)
      if (tick === undefined && told.get(viewer) !== session.resume.generation)
        tell(shown, plan, session, viewer)
    },

    hide({ state }: R, member: Member): void {
      const { receiver } = state.viewerOf(member) ?? {}
      state.hide(member)
      if (receiver instanceof Session) forget(receiver, state.number)
    },

    /** What it claimed has been gone on from. */
    restored: (session: Session): void => void claims.delete(session),
    ended: (session: Session): void => void bySession.delete(session),
  }

  /** Shows a room's state to a member from now on; who is at another's endpoint is not shown any. */
  function show(shown: R, plan: Plan, member: Member): void {
    const { receiver: session } = member
    const before = shown.state.viewerOf(member)?.receiver
    if (before instanceof Session) forget(before, shown.state.number)
    shown.state.hide(member)
    if (!(session instanceof Session) || session.conversation) return
    const viewer = shown.state.show(member)
    const own = bySession.get(session) ?? new Map<number, Place<R>>()
    bySession.set(session, own)
    own.set(shown.state.number, { room: shown, member, viewer })
    session.onPonged = (payload) => ponged(session, payload)
    tell(shown, plan, session, viewer)
  }

  function tell({ room, state }: R, plan: Plan, session: Session, viewer: Viewer): void {
    const { schema, hash, tick_hz } = plan
    const { number } = state
    told.set(viewer, session.resume.generation)
    const isKnown = known.get(session)?.has(hash) ?? false
    const tables = isKnown ? {} : schema
    session.send(push('state.schema', { number, tick_hz, hash, ...tables }, { room: room.code }))
  }

  function ponged(session: Session, payload: Buffer): void {
    const asked = askedBy(payload)
    if (asked) bySession.get(session)?.get(asked.room)?.viewer.acknowledge(asked.tick)
  }

  function forget(session: Session, room: number): void {
    const own = bySession.get(session)
    if (own?.delete(room) && own.size === 0) bySession.delete(session)
  }
}
