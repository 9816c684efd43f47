import { CLOSES, type CloseCode, ENDING_CLOSES } from '../../protocol/errors.ts'
import type { World } from '../world.ts'
import type { Limits } from './limits.ts'
import type { Wire } from './outbox.ts'
import type { Session } from './session.ts'

/** One socket, as core needs it: sockets and in-memory pairs implement it. */
export interface Transport extends Wire {
  readonly address: string
  /** Rises as the operating system takes what was written. */
  readonly taken: number
  ping(): void
  /** Says goodbye with a code; what was written before is still delivered. */
  close(code: number, reason: string): void
  /** Drops the socket at once, with whatever the kernel still holds for it. */
  reset(): void
}

/** What happens around a connection, decided by the server that owns it. */
export interface ConnectionEvents {
  /** A whole message arrived. */
  received(connection: Connection, bytes: Buffer, isBinary: boolean): void
  /** The session lost this connection; with `ends` it ends as well. */
  dropped(session: Session, ends: boolean): void
  slow(session: Session): void
}

export type Received = ConnectionEvents['received']

/** One WebSocket: perishable. It carries a session until it closes or another connection claims it. */
export class Connection {
  readonly transport: Transport
  readonly address: string
  session: Session | null = null
  /** How many frames came in so far. */
  frames = 0
  #world: World
  #limits: Limits
  #events: ConnectionEvents
  #pingedAt: number
  #missed = 0
  #progressAt: number
  #taken = 0
  readonly openedAt: number

  constructor(transport: Transport, world: World, limits: Limits, events: ConnectionEvents) {
    this.transport = transport
    this.address = transport.address
    this.#world = world
    this.#limits = limits
    this.#events = events
    this.openedAt = world.now()
    this.#pingedAt = this.openedAt
    this.#progressAt = this.openedAt
  }

  get isOpen(): boolean {
    return this.session !== null
  }

  /** A frame came in. From a close or a claim on, frames are no longer anybody's. */
  receive(bytes: Buffer, isBinary: boolean): void {
    this.#missed = 0
    this.frames++
    if (this.session) this.#events.received(this, bytes, isBinary)
  }

  /** The peer answered a ping, so it has read everything before it. */
  ponged(): void {
    this.#missed = 0
    this.progressed()
  }

  /**
   * The peer shows that it reads. The socket alone does not tell: the kernel may hold megabytes, and
   * says that it takes more only once a good part of them is gone.
   */
  progressed(): void {
    this.#progressAt = this.#world.now()
  }

  /** The operating system has taken what it had to be waited for. */
  written(): void {
    this.progressed()
    this.session?.outbox.flush()
  }

  /** The socket is gone. `code` is the peer's; 1006 where it gave none. */
  closed(code: number): void {
    this.#leave(ENDING_CLOSES.has(code))
  }

  /** Closes with a code of ours, after everything written so far. */
  close(code: CloseCode, reason: string = CLOSES[code].doc): void {
    if (!this.session) return
    const { outbox, conversation } = this.session
    outbox.flush()
    this.#leave(ENDING_CLOSES.has(code))
    this.transport.close(conversation?.closing(code) ?? code, reason)
  }

  /** Another connection took the session. */
  replace(): void {
    this.session = null
    this.transport.close(4103, CLOSES[4103].doc)
  }

  /** The reader is too slow: frees what waits for it, in the kernel too. The session is kept. */
  dropSlow(): void {
    if (!this.session) return
    this.#world.log.warn(
      { session: this.session.id, code: 4001, unwritten: this.session.outbox.unwritten },
      'slow reader reset',
    )
    this.#leave(false)
    this.transport.reset()
  }

  /** Called every second: pings, and looks for silence and stalls. */
  sweep(): void {
    if (!this.session) return
    const now = this.#world.now()
    const { unwritten, taken } = this.transport
    if (unwritten === 0 || taken !== this.#taken) this.#progressAt = now
    else if (now - this.#progressAt > this.#limits.stall_ms) {
      this.#events.slow(this.session)
      return
    }
    this.#taken = taken
    if (now - this.#pingedAt < this.#limits.heartbeat_ms) return
    if (this.#missed >= MISSED_PINGS) return this.close(4002)
    this.#missed++
    this.#pingedAt = now
    this.transport.ping()
  }

  #leave(ends: boolean): void {
    const { session } = this
    this.session = null
    if (session) this.#events.dropped(session, ends)
  }
}

const MISSED_PINGS = 2
