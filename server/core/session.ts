import type { ResumeReason } from '../../protocol/errors.ts'
import type { Id } from '../../protocol/message.ts'
import type { Connection } from './connection.ts'
import { encode, type Outgoing } from './frame.ts'
import { Buckets, type Limits, type Rates } from './limits.ts'
import { type Flusher, Outbox } from './outbox.ts'
import { errorMessage, Refusal } from './refusal.ts'

/** A player as every feature knows it. */
export interface Player {
  readonly id: string
  readonly guest: boolean
  name: string
}

export interface SessionWorld {
  readonly limits: Limits
  readonly rates: Rates | false
  readonly flusher: Flusher
  readonly now: () => number
  readonly onSlow: (session: Session) => void
}

export type ResetReason = Extract<ResumeReason, 'SLOW' | 'BUDGET' | 'DESYNC'>

/** What survives a dropped connection: identity, counts, and what was sent but may not have come. */
export class Session {
  readonly id: string
  readonly tokenHash: string
  readonly address: string
  readonly buckets: Buckets
  readonly outbox: Outbox
  player: Player | null = null
  /** The connection that carries it now; null while away. */
  connection: Connection | null = null
  /** Whether it ever sent anything; one that never did ends with its socket. */
  started = false
  /** Whether its client introduced itself as a library that acknowledges and may resume. */
  introduced = false
  resumable = true
  receiveBytes: number
  /** Counted frames received. */
  received = 0
  /** Counted frames still to come that are re-sent, and therefore free of charge. */
  exempt = 0
  /** The highest `attempt` of a claim so far. */
  attempt = 0
  /** Why the next claim cannot be a resume, if it cannot; after a reset, until its client knows. */
  mustReset: ResetReason | undefined
  /** Rises with every reset: answers to what was asked before it are not sent. */
  epoch = 0
  /** The id of a `session.reset` whose reply is awaited; what comes before it is not handled. */
  resetting: Id | undefined
  readonly inFlight = new Set<Id>()
  readonly told = { sent: 0, received: 0 }
  #tooLarge: Set<string> | undefined

  constructor(id: string, tokenHash: string, address: string, world: SessionWorld) {
    this.id = id
    this.tokenHash = tokenHash
    this.address = address
    this.receiveBytes = world.limits.receive_bytes
    this.buckets = new Buckets(world.rates, world.now)
    this.outbox = new Outbox(world.limits, world.flusher, () => world.onSlow(this))
  }

  /** Counted frames sent. */
  get sent(): number {
    return this.outbox.ledger.sent
  }

  /** Counts a frame that arrived; true when it is a re-sent one, which was charged for before. */
  count(): boolean {
    this.received++
    if (this.exempt === 0) return false
    this.exempt--
    return true
  }

  /** Sends a message, or in its place the error that says it would not fit this client. */
  send(message: Outgoing, re?: Id): void {
    if (!this.connection && this.mustReset) return
    if (message.size > this.receiveBytes) this.#sendTooLarge(message, re)
    else {
      if (message.delivery === 'latest') this.#tooLarge?.delete(message.key)
      this.outbox.push(message)
    }
  }

  /** Starts both counts anew; what was in flight in either direction is forgotten. */
  restart(reason: ResetReason): void {
    this.outbox.ledger.reset()
    this.received = 0
    this.exempt = 0
    this.epoch++
    this.mustReset = reason
    this.inFlight.clear()
    this.told.sent = 0
    this.told.received = 0
  }

  /** State that comes again every tick is refused once, until it fits again. */
  #sendTooLarge(message: Outgoing, re?: Id): void {
    if (message.delivery === 'latest') {
      if (this.#tooLarge?.has(message.key)) return
      this.#tooLarge ??= new Set()
      this.#tooLarge.add(message.key)
    }
    const delivery = message.delivery === 'connection' ? 'connection' : 'counted'
    const text = `${message.type}: ${message.size} bytes do not fit receive_bytes ${this.receiveBytes}`
    this.outbox.push(
      encode(errorMessage(new Refusal('TOO_LARGE', text), message.type, re), delivery),
    )
  }
}
