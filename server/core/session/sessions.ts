import type { ResumeReason } from '../../../protocol/errors.ts'
import type { Cancel, World } from '../../world.ts'
import type { Flusher } from '../delivery/flusher.ts'
import { hashOf } from '../store/secrets.ts'
import type { Alias } from '../store/store.ts'
import type { Limits, Rates } from '../wire/limits.ts'
import { Refusal } from '../wire/refusal.ts'
import type { Arrival } from './arrival.ts'
import type { Connection } from './connection.ts'
import type { Claim } from './resume.ts'
import { type Ending, type Player, Session } from './session.ts'

/** What a feature wants to know of sessions. */
export interface SessionObserver {
  opened?(session: Session): void
  away?(session: Session): void
  /** It has a connection again; nothing may be said yet, as its client has no snapshot. */
  back?(session: Session): void
  /**
   * It has a connection again, or new counts, and its snapshot: the time to send what is *latest*,
   * and to say of one that was away that it is back.
   */
  restored?(session: Session, wasAway: boolean): void
  ended?(session: Session, ending: Ending): void
}

/** What a feature wants to know of players. */
export interface PlayerObserver {
  /** A session will be a player's: finds out what takes time; what it returns is done as it is. */
  arriving?(arrival: Arrival): Promise<() => void>
  /** A session has become a player's, by an alias if there is one; it is told so next. */
  identified?(session: Session, player: Player, alias: Alias | undefined): void
  /** The player's first session is here. */
  online?(player: Player): void
  /** Its last one has ended. */
  offline?(player: Player): void
}

interface Claimed {
  readonly session: Session
  /** Why it is not a resume, if it is not. */
  readonly reason?: ResumeReason
  readonly wasAway: boolean
}

export type Sessions = ReturnType<typeof createSessions>

/** All sessions: opened with a connection, away when it drops, claimed, ended. */
export function createSessions(
  world: World,
  flusher: Flusher,
  limits: Limits,
  rates: Rates | false,
  observers: readonly SessionObserver[],
) {
  const byToken = new Map<string, Session>()
  const byId = new Map<string, Session>()
  const perAddress = new Map<string, number>()
  const windows = new Map<Session, Cancel>()
  /** Those that no address is charged for. */
  const spare = new Set<Session>()
  const expired = new Set<string>()
  let closed = false
  const sessionWorld = {
    limits,
    rates,
    flusher,
    now: world.now,
    after: world.after,
    onSlow: dropSlow,
  }

  return {
    get size() {
      return byToken.size
    },
    get away() {
      return windows.size
    },
    get: (id: string): Session | undefined => byId.get(id),
    all: (): Iterable<Session> => byId.values(),

    /** The session that a token would claim now. */
    living: (token: string): Session | undefined => byToken.get(hashOf(token)),

    /** A new session on this connection, with the token that claims it; undefined where too many. */
    open(connection: Connection): { session: Session; token: string } | undefined {
      const { address } = connection
      const count = perAddress.get(address) ?? 0
      if (count >= limits.sessions) return undefined
      perAddress.set(address, count + 1)
      return begin(connection)
    },

    /** A session that is to give way to the one its connection claims at once: it counts for nobody. */
    openSpare(connection: Connection): Session {
      const { session } = begin(connection)
      spare.add(session)
      return session
    },

    /** Moves an existing session onto this connection, or says why that cannot be. */
    claim(connection: Connection, own: Session, claim: Claim): Claimed {
      const tokenHash = hashOf(claim.token)
      const session = byToken.get(tokenHash)
      if (!session || session === own)
        return { session: own, reason: refusedAs(tokenHash), wasAway: false }
      const refusal = refusalOf(session, claim, connection.openedAt)
      if (refusal) {
        // Its client tries again on another socket: nobody will come back for this session.
        own.started = false
        throw refusal
      }
      const wasAway = takeOver(session, own, connection)
      const reason = session.resume.claim(claim)
      if (reason) session.restart(reason)
      return { session, wasAway, ...(reason && { reason }) }
    },

    /** The session has been told everything it missed. */
    restored: (session: Session, wasAway = false): void =>
      notify('restored', session, (tell) => tell(session, wasAway)),

    /** The connection is gone; the session waits for the next one, or ends. */
    drop(session: Session, ending?: Ending): void {
      if (!session.connection || closed) return
      session.connection = null
      session.outbox.detach()
      session.resume.resetting = undefined
      if (ending || !session.started || !session.resumable) return end(session, ending)
      windows.set(
        session,
        world.after(limits.resume_ms, () => {
          remember(session.tokenHash)
          end(session)
        }),
      )
      notify('away', session, (tell) => tell(session))
    },

    end,
    dismiss,
    dropSlow,

    /** Ends everything without telling anybody: what waits for an answer is given up. */
    close(): void {
      closed = true
      for (const cancel of windows.values()) cancel()
      windows.clear()
      for (const session of byToken.values()) session.end()
      byToken.clear()
      byId.clear()
      perAddress.clear()
      spare.clear()
      expired.clear()
    },
  }

  function begin(connection: Connection): { session: Session; token: string } {
    const token = world.random.text(24)
    const { address } = connection
    const session = new Session(world.random.text(12), hashOf(token), address, sessionWorld)
    byToken.set(session.tokenHash, session)
    byId.set(session.id, session)
    bind(session, connection)
    notify('opened', session, (tell) => tell(session))
    return { session, token }
  }

  function dropSlow(session: Session): void {
    const { connection } = session
    if (!connection) return
    session.resume.pending = 'SLOW'
    connection.dropSlow()
    session.outbox.ledger.reset()
  }

  function bind(session: Session, connection: Connection): void {
    session.connection = connection
    connection.session = session
    session.outbox.attach(connection.transport)
  }

  /** `own` was made for the connection a moment ago and has seen nothing; it gives way. True: it was away. */
  function takeOver(session: Session, own: Session, connection: Connection): boolean {
    dismiss(own)
    const wasAway = windows.get(session)
    wasAway?.()
    windows.delete(session)
    session.connection?.replace()
    session.resume.resetting = undefined
    bind(session, connection)
    if (wasAway) notify('back', session, (tell) => tell(session))
    return wasAway !== undefined
  }

  /** Ends a session whose connection is another's, or nobody's: what it was to hear is written. */
  function dismiss(own: Session): void {
    own.outbox.flush()
    own.connection = null
    own.outbox.detach()
    end(own)
  }

  function end(session: Session, ending: Ending = 'lost'): void {
    if (!byToken.delete(session.tokenHash)) return
    byId.delete(session.id)
    windows.get(session)?.()
    windows.delete(session)
    if (!spare.delete(session)) discount(session.address)
    notify('ended', session, (tell) => tell(session, ending))
    session.end()
  }

  function discount(address: string): void {
    const count = (perAddress.get(address) ?? 1) - 1
    if (count > 0) perAddress.set(address, count)
    else perAddress.delete(address)
  }

  function refusedAs(tokenHash: string): ResumeReason {
    return expired.has(tokenHash) ? 'EXPIRED' : 'UNKNOWN'
  }

  function remember(tokenHash: string): void {
    expired.add(tokenHash)
    if (expired.size <= MAX_EXPIRED) return
    for (const oldest of expired) {
      expired.delete(oldest)
      break
    }
  }

  function notify<K extends keyof SessionObserver>(
    what: K,
    session: Session,
    tell: (how: NonNullable<SessionObserver[K]>) => void,
  ): void {
    for (const observer of observers) {
      const told = observer[what]
      try {
        if (told) tell(told)
      } catch (error) {
        world.log.error({ error, session: session.id, what }, 'session observer failed')
      }
    }
  }
}

const LATE =
  'session.resume: expected counts that know of what was said since over another connection'

/** How many tokens of expired sessions are remembered, to say EXPIRED rather than UNKNOWN. */
const MAX_EXPIRED = 10_000

function refusalOf(session: Session, claim: Claim, openedAt: number): Refusal | undefined {
  const { attempt } = session.resume
  const retry_ms = session.buckets.take('resume')
  if (retry_ms > 0) return new Refusal('RATE_LIMITED', undefined, { retry_ms })
  const isLate = claim.attempt > attempt && session.resume.isLate(claim, openedAt)
  if (claim.attempt > attempt && !isLate) return undefined
  const text = isLate ? LATE : `session.resume.attempt: expected more than ${attempt}`
  return new Refusal('STALE_ATTEMPT', text, { cause: { attempt } })
}
