import type { ResumeReason } from '../../protocol/errors.ts'
import type { Id } from '../../protocol/message.ts'
import type { Outbox } from './outbox.ts'

export type ResetReason = Extract<ResumeReason, 'SLOW' | 'BUDGET' | 'DESYNC'>

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
  /** The id of a `session.reset` whose reply is awaited; what comes before it is not handled. */
  resetting: Id | undefined
  readonly #outbox: Outbox
  readonly #mostExempt: number
  /** Counted frames still to come that are re-sent, and therefore free of charge. */
  #exempt = 0
  #toldSent = 0
  #toldReceived = 0

  constructor(outbox: Outbox, mostExempt: number) {
    this.#outbox = outbox
    this.#mostExempt = mostExempt
  }

  /** Counted frames sent. */
  get sent(): number {
    return this.#outbox.ledger.sent
  }

  /** How many frames were received since the client was last told. */
  get untold(): number {
    return this.received - this.#toldReceived
  }

  /** Counts a frame that arrived; true when it is a re-sent one, which was charged for before. */
  count(): boolean {
    this.received++
    if (this.#exempt === 0) return false
    this.#exempt--
    return true
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

  /** A claim was granted: goes on from its counts, or says why both must begin anew. */
  claim(claim: Claim): ResetReason | undefined {
    this.attempt = claim.attempt
    const reason = this.#whyNot(claim)
    if (reason) return reason
    this.#outbox.ledger.acknowledge(claim.received)
    this.#exempt = Math.min(claim.sent - this.received, this.#mostExempt)
    return undefined
  }

  /** Begins both counts anew; what was in flight in either direction is forgotten. */
  reset(reason: ResetReason): void {
    this.#outbox.ledger.reset()
    this.received = 0
    this.#exempt = 0
    this.generation++
    this.pending = reason
    this.#toldSent = 0
    this.#toldReceived = 0
  }

  /** The client knows of the reset: from here on its frames count again. */
  confirm(): void {
    this.resetting = undefined
    this.pending = undefined
  }

  /** A frame arrived: what a client says after the answer to its claim shows that it has read it. */
  heard(): void {
    if (this.resetting === undefined) this.pending = undefined
  }

  /** Compares the counts that the client tells with ours, and forgets what it has; false: they contradict. */
  compare({ sent, received }: Counts): boolean {
    if (sent !== this.received || received > this.sent) return false
    this.#outbox.ledger.acknowledge(received)
    return true
  }

  #whyNot(claim: Claim): ResetReason | undefined {
    if (this.pending) return this.pending
    const { ledger } = this.#outbox
    if (claim.received > ledger.sent || claim.sent < this.received) return 'DESYNC'
    if (!ledger.covers(claim.received) || claim.forgotten > this.received) return 'BUDGET'
    return undefined
  }
}
