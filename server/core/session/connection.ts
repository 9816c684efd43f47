import { CLOSES, type CloseCode, ENDING_CLOSES } from '../../../protocol/errors.ts'
import type { World } from '../../world.ts'
import type { Wire } from '../delivery/outbox.ts'
import { Progress } from '../delivery/progress.ts'
import type { Limits } from '../wire/limits.ts'
import type { Carrier } from './carrier.ts'
import { Hold } from './hold.ts'
import { LATE_MS, Probe } from './probe.ts'
import type { Ending, Session } from './session.ts'
import { SWEEP_MS } from './sweep.ts'

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
  /** The session lost this connection; with an ending it is over as well. */
  dropped(session: Session, ending: Ending | undefined): void
  slow(session: Session): void
}

export type Received = ConnectionEvents['received']

/** One WebSocket: perishable. It carries a session until it closes or another connection claims it. */
export class Connection implements Carrier {
  readonly transport: Transport
  readonly address: string
  session: Session | null = null
  /** How many frames came in so far. */
  frames = 0
  #world: World
  #limits: Limits
  #events: ConnectionEvents
  /** When its peer was last heard, or pinged since. */
  #waitedFrom: number
  #heardAt: number
  #missed = 0
  #progressAt: number
  #taken = 0
  #isForgiven = false
  /** Of a reader for whom more waits than the hard mark. */
  #progress: Progress | undefined
  /** How many counted frames its reader has acknowledged. */
  #acknowledged = 0
  #probe: Probe | undefined
  /** What came in while its claim is judged. */
  #hold: Hold | undefined
  /** Called whenever it goes on after a pause. */
  onGoingOn: (() => void) | undefined
  readonly openedAt: number

  constructor(transport: Transport, world: World, limits: Limits, events: ConnectionEvents) {
    this.transport = transport
    this.address = transport.address
    this.#world = world
    this.#limits = limits
    this.#events = events
    this.openedAt = world.now()
    this.#waitedFrom = this.openedAt
    this.#heardAt = this.openedAt
    this.#progressAt = this.openedAt
  }

  get isOpen(): boolean {
    return this.session !== null
  }

  /** A frame came in. From a close or a claim on, frames are no longer anybody's. */
  receive(bytes: Buffer, isBinary: boolean): void {
    const before = this.#heardAt
    this.#heard()
    this.session?.resume.stood(this.#heardAt - before)
    if (this.#hold?.isOn) return this.#keep(this.#hold, bytes, isBinary)
    this.frames++
    if (this.session) this.#events.received(this, bytes, isBinary)
  }

  /** The peer answered a ping, so it has read everything before it; what it carried comes back. */
  ponged(payload?: Buffer): void {
    this.#heard()
    if (payload && payload.length > 0) this.session?.onPonged?.(payload)
    this.#probed(true)
    this.progressed()
    this.#progress?.anew(this.transport.taken)
  }

  /**
   * The peer shows that it reads. The socket alone does not tell: the kernel may hold megabytes, and
   * says that it takes more only once a good part of them is gone.
   */
  progressed(): void {
    this.#progressAt = this.#world.now()
    this.#isForgiven = false
  }

  /** The peer has read so many counted frames. */
  acknowledged(count: number): void {
    const before = count < this.#acknowledged ? 0 : this.#acknowledged
    this.#acknowledged = count
    if (!this.session || count === before) return
    this.progressed()
    const { bytes, held } = this.session.outbox.ledger
    this.#progress?.read(((count - before) * bytes) / Math.max(1, held))
  }

  /** The loop was blocked: its reader has its time anew, but only once until it comes on. */
  forgive(): void {
    if (this.#isForgiven) return
    this.progressed()
    this.#isForgiven = true
  }

  /** The operating system has taken what it had to be waited for. */
  written(): void {
    this.progressed()
    this.session?.outbox.flush()
  }

  /** More waits for its reader than the hard mark: it is watched until that is less. */
  behind(): void {
    if (this.#progress) return
    this.#progress = new Progress(this.transport.taken)
    this.#lookAfter(this.#limits.slow_ms / LOOKS, this.#progress)
  }

  /** The socket is gone. `code` is the peer's; 1006 where it gave none. */
  closed(code: number): void {
    this.#leave(endingOf(code))
  }

  /** Closes with a code of ours, after everything written so far. */
  close(code: CloseCode, reason: string = CLOSES[code].doc): void {
    if (!this.session) return
    const { outbox, conversation } = this.session
    const ending = endingOf(code)
    try {
      // Whether it is slow makes no difference any more.
      outbox.offer()
    } catch (error) {
      return this.fail(error, ending)
    }
    this.#leave(ending)
    this.transport.close(conversation?.closing(code) ?? code, reason)
  }

  /** Whether its peer answers a ping in time; it does not, once it is closed. */
  probe(): Promise<boolean> {
    if (!this.session) return Promise.resolve(false)
    this.#probe ??= new Probe(this.#world, this.#limits.in_use_ms)
    const { answered } = this.#probe
    this.transport.ping()
    return answered
  }

  /** More pings came at once than anybody needs. */
  flooded(): void {
    this.#world.log.warn({ session: this.session?.id, address: this.address }, 'flood closed')
    this.close(4101)
  }

  /** What comes in waits, until what is returned is called. */
  pause(): () => void {
    this.#hold ??= new Hold()
    const goOn = this.#hold.begin()
    return () => {
      goOn()
      this.onGoingOn?.()
    }
  }

  get isPaused(): boolean {
    return this.#hold?.isOn ?? false
  }

  /** Another connection took the session. */
  replace(): void {
    this.session = null
    this.#probed(false)
    this.#progress?.cancel()
    this.transport.close(4103, CLOSES[4103].doc)
  }

  /** The reader is too slow: frees what waits for it, in the kernel too. The session is kept. */
  dropSlow(): void {
    if (!this.session) return
    this.#world.log.warn(
      { session: this.session.id, code: 4001, unwritten: this.session.outbox.unwritten },
      'slow reader reset',
    )
    this.#leave(undefined)
    this.transport.reset()
  }

  /** What it was sent could not be made or written: it comes back for what it lacks. */
  fail(error: unknown, ending?: Ending): void {
    if (!this.session) return
    this.#world.log.error({ err: error, session: this.session.id }, 'connection failed')
    this.#leave(ending)
    try {
      this.transport.reset()
    } catch (err) {
      this.#world.log.error({ err }, 'connection not reset')
    }
  }

  /**
   * Called every second: looks for stalls, and pings a peer that said nothing for `heartbeat_ms`,
   * as long as it is not too late by the next time.
   */
  sweep(heartbeat_ms: number = this.#limits.heartbeat_ms): void {
    if (!this.session) return
    const now = this.#world.now()
    const { unwritten, taken } = this.transport
    if (unwritten === 0 || taken !== this.#taken) this.progressed()
    else if (now - this.#progressAt > this.#limits.stall_ms) {
      this.#events.slow(this.session)
      return
    }
    this.#taken = taken
    if (now + SWEEP_MS <= this.#waitedFrom + heartbeat_ms) return
    if (this.#missed >= MISSED_PINGS) return this.close(4002)
    this.#missed++
    this.#waitedFrom = now
    this.transport.ping()
  }

  #heard(): void {
    this.#missed = 0
    this.#heardAt = this.#world.now()
    this.#waitedFrom = this.#heardAt
  }

  /** Looks several times whether it comes on, so that a loop that was blocked shows. */
  #lookAfter(ms: number, progress: Progress): void {
    const due = this.#world.now() + ms
    progress.cancel = this.#world.after(ms, () => {
      const { session, transport } = this
      const { hard_bytes, slow_bytes } = this.#limits
      if (!session || session.outbox.unwritten <= hard_bytes) {
        this.#progress = undefined
        return
      }
      const isLate = this.#world.now() - due > LATE_MS
      if (isLate && progress.forgive(transport.taken)) return this.#lookAfter(ms, progress)
      if (progress.isSlow(transport.taken, slow_bytes, LOOKS)) return this.#events.slow(session)
      this.#lookAfter(ms, progress)
    })
  }

  #probed(isThere: boolean): void {
    this.#probe?.settle(isThere)
    this.#probe = undefined
  }

  /** A frame waits; too many close the connection. */
  #keep(hold: Hold, bytes: Buffer, isBinary: boolean): void {
    const { requests, hard_bytes } = this.#limits
    hold.add(() => this.receive(bytes, isBinary), bytes.length)
    if (hold.size > requests || hold.bytes > hard_bytes) this.close(4101)
  }

  #leave(ending: Ending | undefined): void {
    const { session } = this
    this.session = null
    this.#probed(false)
    this.#progress?.cancel()
    if (session) this.#events.dropped(session, ending)
  }
}

/** What a close with this code makes of the session; undefined: it is away. */
const endingOf = (code: number): Ending | undefined =>
  code === LEAVING ? 'left' : ENDING_CLOSES.has(code) ? 'lost' : undefined

const LEAVING = 1000
const MISSED_PINGS = 2

/** How often a reader is looked at before it is slow. */
const LOOKS = 4
