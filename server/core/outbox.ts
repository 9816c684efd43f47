import { Ledger } from '../../protocol/ledger.ts'
import type { Outgoing } from './frame.ts'
import type { Limits } from './limits.ts'

/** The writing end of a socket, as the outbox needs it. */
export interface Wire {
  /** Bytes handed over that the operating system has not taken. */
  readonly unwritten: number
  /** Writes whole frames, `bytes` together. */
  write(frames: readonly Buffer[], bytes: number): void
}

/** Collects who has something to write, and lets each write once at the end of the turn. */
export interface Flusher {
  later(outbox: Outbox): void
}

export function createFlusher(soon: (callback: () => void) => void): Flusher {
  let waiting: Outbox[] = []
  const flush = () => {
    const now = waiting
    waiting = []
    for (const outbox of now) outbox.flush()
  }
  return {
    later(outbox) {
      if (waiting.push(outbox) === 1) soon(flush)
    },
  }
}

/**
 * What one session is sent: the queue of its present connection, and the ledger of counted frames
 * that its next connection may need again. Frames are shared with every other receiver.
 */
export class Outbox {
  readonly #limits: Limits
  readonly #flusher: Flusher
  readonly #onSlow: () => void
  readonly #ledger: Ledger<Buffer>
  #queue: (Outgoing | undefined)[] = []
  #bytes = 0
  /** Where in the queue the newest *latest* message of a key is. */
  #latest: Map<string, number> | undefined
  /** *Latest* messages that wait until the queue is below the soft mark. */
  #held: Map<string, Outgoing> | undefined
  #wire: Wire | undefined
  /** Bytes of a replay still queued; they do not count towards the hard mark. */
  #replaying = 0
  #flushing = false
  /** What the socket had not taken when something was first queued in this turn. */
  #onWire = 0
  #slow = false

  constructor(limits: Limits, flusher: Flusher, onSlow: () => void) {
    this.#limits = limits
    this.#flusher = flusher
    this.#onSlow = onSlow
    this.#ledger = new Ledger({ bytes: limits.resume_bytes, frames: limits.resume_frames }, sizeOf)
  }

  get ledger(): Ledger<Buffer> {
    return this.#ledger
  }

  /** Bytes queued here or handed to the socket that the operating system has not taken. */
  get unwritten(): number {
    return this.#bytes + (this.#wire?.unwritten ?? 0)
  }

  get isAttached(): boolean {
    return this.#wire !== undefined
  }

  attach(wire: Wire): void {
    this.detach()
    this.#wire = wire
    this.#slow = false
  }

  /** The connection is gone: its queue goes, the ledger stays. */
  detach(): void {
    this.#wire = undefined
    this.#queue = []
    this.#bytes = 0
    this.#replaying = 0
    this.#latest = undefined
    this.#held = undefined
  }

  push(message: Outgoing): void {
    if (message.delivery === 'counted') this.#ledger.push(message.frame)
    if (!this.#wire || this.#slow) return
    if (message.delivery === 'latest') this.#pushLatest(message)
    else this.#enqueue(message)
  }

  /** Queues what the peer lacks; its frames are in the ledger already. */
  replayAfter(count: number): number {
    const frames = this.#ledger.after(count)
    for (const frame of frames) {
      this.#replaying += frame.length
      this.#enqueue({ type: '', delivery: 'counted', key: '', frame, size: frame.length })
    }
    return frames.length
  }

  /** Writes what there is, as far as the socket takes it; called at the end of a turn. */
  flush(): void {
    const isTurn = this.#flushing
    this.#flushing = false
    if (this.#slow) return this.#onSlow()
    const wire = this.#wire
    if (!wire) return
    // Most sockets take all there is at once: asked once a turn, as every question costs.
    let unwritten = isTurn ? this.#onWire : wire.unwritten
    while (this.#queue.length > 0 && unwritten < CHUNK_BYTES) {
      this.#writeChunk(wire)
      if (this.#queue.length > 0) unwritten = wire.unwritten
    }
    if (this.#held && this.unwritten < this.#limits.soft_bytes) this.#release()
  }

  #pushLatest(message: Outgoing): void {
    if (this.#held?.has(message.key) || this.#backlog >= this.#limits.soft_bytes) {
      this.#held ??= new Map()
      this.#held.set(message.key, message)
      return
    }
    this.#latest ??= new Map()
    const older = this.#latest.get(message.key)
    if (older !== undefined) {
      this.#bytes -= this.#queue[older]?.frame.length ?? 0
      this.#queue[older] = undefined
    }
    if (this.#enqueue(message)) this.#latest.set(message.key, this.#queue.length - 1)
  }

  #enqueue(message: Outgoing): boolean {
    const backlog = this.#backlog + message.frame.length - this.#replaying
    if (backlog > this.#limits.hard_bytes) this.#slow = true
    else {
      this.#queue.push(message)
      this.#bytes += message.frame.length
    }
    if (!this.#flushing) {
      this.#flushing = true
      this.#flusher.later(this)
    }
    return !this.#slow
  }

  /** The same as `unwritten`; within a turn the socket is asked only once. */
  get #backlog(): number {
    if (!this.#flushing) this.#onWire = this.#wire?.unwritten ?? 0
    return this.#bytes + this.#onWire
  }

  #writeChunk(wire: Wire): void {
    const [only] = this.#queue
    if (only && this.#queue.length === 1) {
      this.#queue = []
      this.#latest = undefined
      this.#count(only.frame.length)
      return wire.write([only.frame], only.frame.length)
    }
    const frames: Buffer[] = []
    let bytes = 0
    let taken = 0
    for (const message of this.#queue) {
      if (bytes >= CHUNK_BYTES) break
      taken++
      if (!message) continue
      frames.push(message.frame)
      bytes += message.frame.length
    }
    this.#queue = taken === this.#queue.length ? [] : this.#queue.slice(taken)
    this.#count(bytes)
    this.#reindex()
    if (bytes > 0) wire.write(frames, bytes)
  }

  /** Takes what is written off what is queued. */
  #count(bytes: number): void {
    this.#bytes -= bytes
    if (this.#replaying > 0) this.#replaying = Math.max(0, this.#replaying - bytes)
  }

  #reindex(): void {
    this.#latest = undefined
    for (let index = 0; index < this.#queue.length; index++) {
      const message = this.#queue[index]
      if (message?.delivery !== 'latest') continue
      this.#latest ??= new Map()
      this.#latest.set(message.key, index)
    }
  }

  #release(): void {
    const held = this.#held
    this.#held = undefined
    for (const message of held?.values() ?? []) this.#pushLatest(message)
  }
}

/** How much is handed to a socket before its progress is awaited. */
const CHUNK_BYTES = 65_536

const sizeOf = (frame: Buffer) => frame.length
