import type { ResumeReason } from '../../../protocol/errors.ts'
import type { Ledger } from '../../../protocol/ledger.ts'
import type { Id } from '../../../protocol/message.ts'
import type { Buckets, Limits } from '../wire/limits.ts'

export type ResetReason = Extract<ResumeReason, 'SLOW' | 'BUDGET' | 'DESYNC' | 'RELOADED'>

/** What a client says of its counts when it claims its session. */
export interface Claim {
  readonly token: string
  readonly attempt: number
  readonly sent: number
  readonly received: number
  readonly forgotten: number
}

export interface Counts {
  readonly sent: number
  readonly received: number
}

/** Where what was sent is kept. */
interface Sent {
  readonly ledger: Ledger<Buffer>
}

/**
 * What lets one session go on over another connection: both counts, the claims so far, and whether
 * the counts must begin anew.
 */
export class Resume {
  /** Counted frames received. */
  received = 0
  /** The highest `attempt` of a claim so far. */
  attempt = 0
  /** Rises with every reset: answers to what was asked before it are not sent. */
  generation = 0
  /** Why the next claim cannot be a resume, if it cannot; after a reset, until its client knows. */
  pending: ResetReason | undefined
  /** After a fresh claim, until its client has shown that it knows its next token. */
  isReloaded = false
  /** The id of a `session.reset` whose reply is awaited; what comes before it is not handled. */
  resetting: Id | undefined
  readonly #outbox: Sent
  readonly #buckets: Buckets
  readonly #limits: Limits
  /** The count of the last frame that is re-sent: what was saved for them is theirs alone. */
  #resentTo = 0
  /** How many frames the client said that it has. */
  #acknowledged = 0
  /** When the counts began. */
  #beganAt = 0
  #toldSent = 0
  #toldReceived = 0

  constructor(outbox: Sent, buckets: Buckets, limits: Limits) {
    this.#outbox = outbox
    this.#buckets = buckets
    this.#limits = limits
  }

  /** Counted frames sent. */
  get sent(): number {
    return this.#outbox.ledger.sent
  }

  /** How many frames were received since the client was last told. */
  get untold(): number {
    return this.received - this.#toldReceived
  }

  /** Counts a frame that arrived; true when it is a re-sent one. */
  count(): boolean {
    this.received++
    if (this.#resentTo === 0) return false
    if (this.received <= this.#resentTo) return true
    this.#resentTo = 0
    this.#buckets.spend()
    return false
  }

  /** The counts, where they changed since they were last told; they are told now. */
  tell(): Counts | undefined {
    const { sent, received } = this
    if (this.resetting !== undefined) return undefined
    if (this.#toldSent === sent && this.#toldReceived === received) return undefined
    this.#toldSent = sent
    this.#toldReceived = received
    return { sent, received }
  }

  /**
   * Whether a claim, on a connection opened at `openedAt`, was written before what the client has said
   * since over another one: claims of one client race, and any may come late. Whoever claims once
   * more, over a new connection, is never late.
   */
  isLate({ sent, received }: Claim, openedAt: number): boolean {
    if (this.pending) return false
    if (openedAt < this.#beganAt) return true
    const isOlder = sent < this.received || received < this.#acknowledged
    return isOlder && openedAt < this.#buckets.heardAt
  }

  /** A claim was granted: goes on from its counts, or says why both must begin anew. */
  claim(claim: Claim): ResetReason | undefined {
    this.attempt = claim.attempt
    if (this.pending === 'RELOADED') this.pending = undefined
    this.isReloaded = false
    const reason = this.#whyNot(claim)
    if (reason) return reason
    this.acknowledge(claim.received)
    this.expect(claim.sent)
    return undefined
  }

  /** How many frames a claim says were sent that never arrived. */
  lacking({ sent }: Claim): number {
    return Math.max(0, sent - this.received)
  }

  /**
   * Up to `sent` frames come again, or late, and all at once, but were said in time: the buckets hold
   * for them what they would have admitted since the client was last heard, and no more.
   */
  expect(sent: number): void {
    const { resume_frames, resume_ms, heartbeat_ms } = this.#limits
    if (this.received >= this.#resentTo) this.#buckets.spend()
    this.#resentTo = Math.min(sent, this.received + resume_frames)
    this.#buckets.save(resume_ms + UNNOTICED * heartbeat_ms)
  }

  /** Nothing came for so many ms on a connection that was there, and may have stood still. */
  stood(ms: number): void {
    const { resume_ms, seated_heartbeat_ms } = this.#limits
    this.#buckets.stood(ms, Math.min(resume_ms, UNNOTICED * seated_heartbeat_ms))
  }

  /** Begins both counts anew; what was in flight in either direction is forgotten. */
  reset(reason: ResetReason): void {
    this.#outbox.ledger.reset()
    this.received = 0
    this.#resentTo = 0
    this.#buckets.spend()
    this.generation++
    this.pending = reason
    this.#acknowledged = 0
    this.#beganAt = this.#buckets.now()
    this.#toldSent = 0
    this.#toldReceived = 0
  }

  /** A fresh claim was granted: its client has another token, and counts its claims anew. */
  reload(): void {
    this.attempt = 0
    this.isReloaded = true
  }

  /** The client knows of the reset: from here on its frames count again. */
  confirm(): void {
    this.resetting = undefined
    this.pending = undefined
  }

  /** A frame arrived: what a client says after the answer to its claim shows that it has read it. */
  heard(): void {
    this.isReloaded = false
    if (this.resetting === undefined) this.pending = undefined
  }

  /** Whether the counts that the client tells are ours. */
  agrees({ sent, received }: Counts): boolean {
    return sent === this.received && received <= this.sent
  }

  /** The client has so many frames: they are forgotten. */
  acknowledge(received: number): void {
    this.#outbox.ledger.acknowledge(received)
    this.#acknowledged = received
  }

  #whyNot(claim: Claim): ResetReason | undefined {
    if (this.pending) return this.pending
    const { ledger } = this.#outbox
    if (claim.received > ledger.sent || claim.sent < this.received) return 'DESYNC'
    if (!ledger.covers(claim.received) || claim.forgotten > this.received) return 'BUDGET'
    return undefined
  }
}

/** For so many heartbeats nobody may have noticed that a connection is gone. */
const UNNOTICED = 3
