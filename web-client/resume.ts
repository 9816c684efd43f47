import type { ResumeReason } from '../protocol/errors.ts'
import type { AllMessages } from '../protocol/index.ts'
import type { DataOf, ReplyOf } from '../protocol/message.ts'
import type { FailureData } from './failure.ts'
import type { Received } from './message.ts'
import type { Outgoing } from './outgoing.ts'
import type { Requests } from './requests.ts'

export type Welcome = DataOf<AllMessages['welcome']>
export type Snapshot = DataOf<AllMessages['session.snapshot']>

/** What the answer to a claim means. */
export type Outcome =
  /** The server has this many frames; what follows them is to be sent again. */
  | { readonly is: 'resumed'; readonly received: number }
  /** The same session, both counts from 0. */
  | { readonly is: 'kept'; readonly reason: ResumeReason }
  /** The session whose token was kept, with a token of its own from now on. */
  | { readonly is: 'reloaded'; readonly reason: ResumeReason; readonly welcome: Welcome }
  /** The session of this connection's welcome in place of ours. */
  | { readonly is: 'lost'; readonly reason: ResumeReason; readonly welcome: Welcome }
  /** Another connection has to try, once the server's time is over. */
  | { readonly is: 'refused'; readonly retry_ms: number | undefined }

export interface ResumeOptions {
  readonly outgoing: Outgoing
  readonly requests: Requests
  /** What a hello says of this client, and a claim as well. */
  readonly abilities: object
  /** Of each room whose state we have: its number in frames, and the tick. */
  readonly states: () => readonly (readonly [room: number, tick: number])[]
  readonly write: (message: object) => void
}

export type Resume = ReturnType<typeof createResume>

/** How a session gets over a drop: what both sides have of each other, and claims of it. */
export function createResume({ outgoing, requests, abilities, states, write }: ResumeOptions) {
  /** Counted frames that arrived. */
  let received = 0
  const told = { sent: 0, received: 0 }
  let attempt = 0
  /** The id of the claim that is not answered yet. */
  let claimId: string | undefined
  /** The welcome of the connection that makes it. */
  let candidate: Welcome | undefined
  /** Why the session cannot be claimed, if it cannot. */
  let hopeless: ResumeReason | undefined
  let pages: Snapshot[] = []
  /** Whether a claim told us nothing yet of where we sit. */
  let awaitsSnapshot = false

  return {
    get awaitsSnapshot() {
      return awaitsSnapshot
    },

    get received() {
      return received
    },

    /** A counted frame arrived. */
    count(): void {
      received++
    },

    /**
     * The first frame of a connection: a claim of the session with this token, or a hello. It is a
     * fresh one where nothing is left of that session here but the token.
     */
    introduce(token: string | undefined, fresh = false): void {
      candidate = undefined
      claimId = undefined
      if (token === undefined || hopeless) {
        write({ type: 'session.hello', id: 'hello', data: abilities })
        return
      }
      attempt++
      claimId = `claim-${attempt}`
      const { sent, forgotten } = outgoing
      const had = states()
      const told = { ...(had.length > 0 && { states: had }) }
      const known = fresh ? { fresh } : { attempt, sent, received, forgotten, ...told }
      const data = { token, ...known, ...abilities }
      write({ type: 'session.resume', id: claimId, data })
    },

    /** Keeps the welcome of a connection whose claim is not answered yet; false where there is none. */
    holds(welcome: Welcome): boolean {
      candidate = welcome
      return claimId !== undefined
    },

    isClaim: (re: string | undefined): boolean => claimId !== undefined && re === claimId,

    /** What the answer to the claim means for the session. */
    outcomeOf({ type, data }: Received): Outcome {
      claimId = undefined
      if (type === 'error') return refused(data)
      const answer = data as ReplyOf<AllMessages['session.resume']>
      if (answer.resumed) {
        outgoing.acknowledge(answer.received)
        return { is: 'resumed', received: answer.received }
      }
      const reason = answer.reason ?? 'UNKNOWN'
      const { session, token } = answer
      if (token !== undefined && candidate) {
        awaitsSnapshot = true
        return { is: 'reloaded', reason, welcome: { ...candidate, session, token } }
      }
      if (answer.kept || !candidate) return { is: 'kept', reason }
      return { is: 'lost', reason, welcome: candidate }
    },

    /** From now on the session cannot be claimed; the first reason is the one that is told. */
    despair(reason: ResumeReason): void {
      hopeless ??= reason
    },

    /** A new session; returns why there is no more of the old one, as far as is known here. */
    begin(welcome: Welcome): ResumeReason | undefined {
      const reason = hopeless
      hopeless = undefined
      attempt = 0
      const { everWritten } = outgoing
      outgoing.renew(welcome)
      requests.abandon((count) => (count > everWritten ? 'SESSION_LOST' : 'OUTCOME_UNKNOWN'))
      recount()
      return reason
    },

    /** The counts begin again: what was written has no known outcome, the rest is still to come. */
    beginAgain(): void {
      const { everWritten } = outgoing
      requests.abandon((count) => (count > everWritten ? undefined : 'OUTCOME_UNKNOWN'))
      requests.renumber(outgoing.restart())
      recount()
    },

    /** Tells the counts, where they are not known over there. */
    acknowledge,

    /** The same once enough has arrived. */
    acknowledgeIfMany(): void {
      if (received - told.received >= outgoing.limits.ack_frames) acknowledge()
    },

    /** What the server has sent and received; if it does not match, the counts begin again. */
    compare({ sent, received: arrived }: DataOf<AllMessages['session.ack']>): void {
      outgoing.acknowledge(arrived)
      if (sent !== received)
        write({ type: 'session.desync', data: { sent: outgoing.written, received } })
    },

    /** A page of a snapshot; all of them once the last has come. */
    collect(page: Snapshot): readonly Snapshot[] | undefined {
      pages.push(page)
      if (page.more) return undefined
      const all = pages
      pages = []
      awaitsSnapshot = false
      return all
    },

    /** What came of a snapshot is no longer true. */
    discard(): void {
      pages = []
    },
  }

  /** It came too late or too often: the next attempt must be higher. */
  function refused({ retry_ms, cause }: FailureData): Outcome {
    const highest = (cause as { attempt?: unknown } | undefined)?.attempt
    if (typeof highest === 'number') attempt = Math.max(attempt, highest)
    return { is: 'refused', retry_ms }
  }

  function acknowledge(): void {
    const { written: sent } = outgoing
    if (told.sent === sent && told.received === received) return
    told.sent = sent
    told.received = received
    write({ type: 'session.ack', data: { sent, received } })
  }

  /** What arrived and what was told of it, from zero. */
  function recount(): void {
    received = 0
    told.sent = 0
    told.received = 0
  }
}
