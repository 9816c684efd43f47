import type { ResumeReason } from '../../../protocol/errors.ts'
import type { Cancel, World } from '../../world.ts'
import type { Flusher } from '../delivery/flusher.ts'
import type { Alias } from '../store/store.ts'
import type { Limits, Rates } from '../wire/limits.ts'
import { Refusal } from '../wire/refusal.ts'
import type { Arrival } from './arrival.ts'
import type { Connection } from './connection.ts'
import { createNewcomers } from './newcomers.ts'
import type { Claim } from './resume.ts'
import { type Ending, type Player, Session } from './session.ts'
import { createTokens } from './tokens.ts'

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

export interface Claimed {
  readonly session: Session
  /** Why it is not a resume, if it is not. */
  readonly reason?: ResumeReason
  readonly wasAway: boolean
  /** What claims it from now on, where that is another token. */
  readonly token?: string
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
  const tokens = createTokens(world.random)
  const byId = new Map<string, Session>()
  const windows = new Map<Session, Cancel>()
  const newcomers = createNewcomers(limits, rates, world.now)
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
      return byId.size
    },
    get away() {
      return windows.size
    },
    get: (id: string): Session | undefined => byId.get(id),
    all: (): Iterable<Session> => byId.values(),

    /** The session that a token would claim now. */
    living: tokens.find,

    /** A new session on this connection, with the token that claims it; undefined where too many. */
    open(connection: Connection): { session: Session; token: string } | undefined {
      return newcomers.admit(connection.address) ? begin(connection) : undefined
    },

    /** A session that is to give way to the one its connection claims at once: it counts for nobody. */
    openSpare(connection: Connection): { session: Session; token: string } {
      const begun = begin(connection)
      newcomers.admitSpare(begun.session)
      return begun
    },

    /** Moves an existing session onto this connection, or says why that cannot be. */
    claim(connection: Connection, own: Session, claim: Claim): Claimed {
      const session = tokens.find(claim.token, false)
      if (!session || session === own) return left(own, tokens.whyNot(claim.token))
      // Its client tries again on another socket: nobody will come back for this session.
      own.started = false
      refuseTooMany(session)
      refuseStale(session, claim, connection.openedAt)
      const wasAway = takeOver(session, own, connection)
      const lacking = session.resume.lacking(claim)
      const reason = session.resume.claim(claim)
      if (reason) {
        session.restart(reason)
        session.resume.expect(lacking)
      }
      return { session, wasAway, ...(reason && { reason }) }
    },

    /**
     * The same for a client that has nothing left of its session but the token: not while another
     * is there who carries on with it. That may take its time to find out.
     */
    reload(connection: Connection, own: Session, token: string): Claimed | Promise<() => Claimed> {
      const session = tokens.find(token, true)
      if (!session || session === own) return left(own, tokens.whyNot(token))
      own.started = false
      refuseTooMany(session)
      const { connection: rival } = session
      if (!rival) return reloaded(session, own, connection, token)
      return rival.probe().then((isThere) => () => {
        const living = tokens.find(token, true)
        if (!living) return left(own, tokens.whyNot(token))
        const isTaken = living.connection !== null && (isThere || living.connection !== rival)
        if (isTaken) return left(own, 'SESSION_IN_USE')
        return reloaded(living, own, connection, token)
      })
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
          tokens.expire(session)
          end(session)
        }),
      )
      notify('away', session, (tell) => tell(session))
    },

    /** Nobody comes back to it: it is away from now on, and its seats are kept as long as if somebody might. */
    retire(session: Session): void {
      tokens.expire(session)
      tokens.forget(session)
      session.connection?.close(4106)
    },

    end,
    dismiss,
    dropSlow,
    /** Forgets what need not be known of addresses any more. */
    sweep: newcomers.sweep,

    /** Ends everything without telling anybody: what waits for an answer is given up. */
    close(): void {
      closed = true
      for (const cancel of windows.values()) cancel()
      windows.clear()
      for (const session of byId.values()) session.end()
      tokens.clear()
      byId.clear()
      newcomers.close()
    },
  }

  function begin(connection: Connection): { session: Session; token: string } {
    const { address } = connection
    const buckets = newcomers.bucketsOf(address)
    const { session, token } = tokens.issue(
      (hash) => new Session(world.random.text(12), hash, address, sessionWorld, buckets),
    )
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
    newcomers.giveBack(own)
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

  /** A session goes on from its token alone; its client has another from now on. */
  function reloaded(session: Session, own: Session, connection: Connection, claimed: string) {
    const wasAway = takeOver(session, own, connection)
    session.restart('RELOADED')
    session.resume.reload()
    return { session, wasAway, reason: 'RELOADED', token: tokens.renew(session, claimed) } as const
  }

  /** What was claimed cannot be: its connection keeps the session it came with. */
  function left(own: Session, reason: ResumeReason): Claimed {
    own.started = true
    return { session: own, reason, wasAway: false }
  }

  /** Ends a session whose connection is another's, or nobody's: what it was to hear is written. */
  function dismiss(own: Session): void {
    own.outbox.flush()
    own.connection = null
    own.outbox.detach()
    end(own)
  }

  function end(session: Session, ending: Ending = 'lost'): void {
    if (!byId.delete(session.id)) return
    tokens.forget(session)
    windows.get(session)?.()
    windows.delete(session)
    newcomers.left(session)
    notify('ended', session, (tell) => tell(session, ending))
    session.end()
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

function refuseTooMany({ buckets }: Session): void {
  const retry_ms = buckets.take('resume')
  if (retry_ms > 0) throw new Refusal('RATE_LIMITED', undefined, { retry_ms })
}

function refuseStale({ resume }: Session, claim: Claim, openedAt: number): void {
  const { attempt } = resume
  const isLate = claim.attempt > attempt && resume.isLate(claim, openedAt)
  if (claim.attempt > attempt && !isLate) return
  const text = isLate ? LATE : `session.resume.attempt: expected more than ${attempt}`
  throw new Refusal('STALE_ATTEMPT', text, { cause: { attempt } })
}
