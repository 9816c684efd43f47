import { Ledger } from '../../protocol/ledger.ts'
import { type Batch, Share } from './batch.ts'
import type { Outgoing } from './frame.ts'
import { gathered } from './gather.ts'
import type { Limits } from './limits.ts'

/** The writing end of a socket, as the outbox needs it. */
export interface Wire {
  /** Bytes handed over that the operating system has not taken. */
  readonly unwritten: number
  /** Writes whole frames; whether all was taken, so that the buffer may be used for something else. */
  write(frames: Buffer): boolean
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
  #queue: (Outgoing | Share | undefined)[] = []
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
  /** What a room says to this one among others, and how much of it has been taken over. */
  #batch: Batch | undefined
  #taken = 0

  constructor(limits: Limits, flusher: Flusher, onSlow: () => void) {
    this.#limits = limits
    this.#flusher = flusher
    this.#onSlow = onSlow
    this.#ledger = new Ledger({ bytes: limits.resume_bytes, frames: limits.resume_frames }, sizeOf)
  }

  get ledger(): Ledger<Buffer> {
    this.#takeOver()
    return this.#ledger
  }

  /** Bytes queued here or handed to the socket that the operating system has not taken. */
  get unwritten(): number {
    this.#takeOver()
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
    this.#takeOver()
    this.#wire = undefined
    this.#queue = []
    this.#bytes = 0
    this.#replaying = 0
    this.#latest = undefined
    this.#held = undefined
  }

  /**
   * From now on what is added to the batch is sent, in order with whatever else is. False where
   * another batch is shared already.
   */
  share(batch: Batch): boolean {
    if (this.#batch?.isOpen) return false
    this.#takeOver()
    this.#batch = batch
    this.#taken = batch.length
    if (!batch.waits) this.#flushLater()
    return true
  }

  /** What a room says to this session among others, if it is saying something. */
  get batch(): Batch | undefined {
    return this.#batch
  }

  /** What this batch holds has waited long enough. */
  due(batch: Batch): void {
    if (this.#batch === batch) this.#flushLater()
  }

  /** No longer shares it; what it held until now is sent. */
  unshare(batch: Batch): void {
    if (this.#batch !== batch) return
    this.#takeOver()
    this.#batch = undefined
  }

  /** What is added to the batch next is not sent. */
  skip(batch: Batch): void {
    if (this.#batch !== batch) return
    this.#takeOver()
    this.#taken++
  }

  push(message: Outgoing): void {
    this.#takeOver()
    this.#push(message)
  }

  #push(message: Outgoing): void {
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
    if (isTurn) {
      this.#batch?.endTurn()
      if (this.#writeAtOnce()) return
    }
    this.#takeOver()
    if (isTurn) this.#endTurn()
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
      const replaced = this.#queue[older]
      this.#bytes -= replaced ? bytesOf(replaced) : 0
      this.#queue[older] = undefined
    }
    if (this.#enqueue(message)) this.#latest.set(message.key, this.#queue.length - 1)
  }

  #enqueue(message: Outgoing | Share): boolean {
    const bytes = bytesOf(message)
    this.#flushLater()
    if (this.#backlog + bytes - this.#replaying > this.#limits.hard_bytes) this.#slow = true
    else {
      this.#queue.push(message)
      this.#bytes += bytes
    }
    return !this.#slow
  }

  #flushLater(): void {
    if (this.#flushing) return
    this.#onWire = this.#wire?.unwritten ?? 0
    this.#flushing = true
    this.#flusher.later(this)
  }

  /** Queues what the batch holds and has not been taken over yet. */
  #takeOver(): void {
    const batch = this.#batch
    if (!batch || this.#taken === batch.length) return
    const message = batch.take(this.#taken, batch.length)
    this.#taken = batch.length
    this.#record(message)
    if (this.#wire && !this.#slow) this.#enqueue(message)
  }

  /** Writes what the batch holds where that is all there is, and the socket has taken all before it. */
  #writeAtOnce(): boolean {
    const [batch, wire] = [this.#batch, this.#wire]
    if (!batch || !wire || this.#taken === batch.length || this.#queue.length > 0) return false
    if (batch.waits || this.#slow || this.#held || this.#onWire > 0) return false
    const message = batch.take(this.#taken, batch.length)
    if (bytesOf(message) > this.#limits.hard_bytes) return false
    this.#endTurn()
    this.#record(message)
    wire.write(message.frame)
    return true
  }

  /** What is said from here on belongs to the next turn. */
  #endTurn(): void {
    if (!this.#batch?.waits) this.#batch = undefined
    this.#flushing = false
  }

  #record(message: Outgoing | Share): void {
    if (message instanceof Share) this.#ledger.pushRun(message)
    else this.#ledger.push(message.frame)
  }

  /** The same as `unwritten`; within a turn the socket is asked only once. */
  get #backlog(): number {
    if (!this.#flushing) this.#onWire = this.#wire?.unwritten ?? 0
    return this.#bytes + this.#onWire
  }

  #writeChunk(wire: Wire): void {
    const [only] = this.#queue
    if (only && this.#queue.length === 1) {
      this.#queue.pop()
      this.#latest = undefined
      const { frame } = only
      this.#count(frame.length)
      wire.write(frame)
      return
    }
    const frames: Buffer[] = []
    let bytes = 0
    let taken = 0
    for (const message of this.#queue) {
      if (bytes >= CHUNK_BYTES) break
      taken++
      if (!message) continue
      frames.push(message.frame)
      bytes += bytesOf(message)
    }
    this.#queue = taken === this.#queue.length ? [] : this.#queue.slice(taken)
    this.#count(bytes)
    this.#reindex()
    if (bytes > 0) gathered(frames, bytes, (all) => wire.write(all))
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
      if (message instanceof Share || message?.delivery !== 'latest') continue
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

const bytesOf = (message: Outgoing | Share): number =>
  message instanceof Share ? message.bytes : message.frame.length

const sizeOf = (frame: Buffer) => frame.length
