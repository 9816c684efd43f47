import { Ledger } from '../../../protocol/ledger.ts'
import { FRAMES, type Outgoing } from '../wire/frame.ts'
import type { Limits } from '../wire/limits.ts'
import type { Flusher, Writer } from './flusher.ts'
import { Queue, type Taker } from './queue.ts'
import type { Sharing } from './receiver.ts'
import { Share } from './share.ts'
import type { Source } from './source.ts'

/** The writing end of a socket, as the outbox needs it. */
export interface Wire {
  /** Bytes handed over that the operating system has not taken. */
  readonly unwritten: number
  /** Writes whole frames; whether all was taken, so that the buffer may be used for something else. */
  write(frames: Buffer): boolean
}

/** Whose outbox it is. */
export interface Reader extends Taker {
  /** More waits for it than the hard mark, offered though it was. */
  behind(): void
  /** It does not read. */
  slow(): void
  /** What it was sent could not be made or written. */
  failed(error: unknown): void
}

/**
 * What one session is sent: the queue of its present connection, and the ledger of counted frames
 * that its next connection may need again. Frames are shared with every other receiver.
 */
export class Outbox<R extends Reader> implements Writer {
  readonly #limits: Limits
  readonly #flusher: Flusher
  readonly #reader: R
  readonly #ledger: Ledger<Buffer>
  readonly #queue = new Queue<R>()
  /** *Latest* messages that wait until the queue is below the soft mark. */
  #held: Map<string, Outgoing> | undefined
  #heldBytes = 0
  #wire: Wire | undefined
  #flushing = false
  #isWriting = false
  /** What the socket had not taken when it was last asked in this turn. */
  #onWire = 0
  /** What becomes of the connection when this turn is over, whatever else is said in it. */
  #fate: (() => void) | undefined
  /** Whether the flusher was told that something waits. */
  #owes = false
  /** What a room says to this one among others, and how much of it has been taken over. */
  #batch: Sharing | undefined
  #taken = 0

  constructor(limits: Limits, flusher: Flusher, reader: R) {
    this.#limits = limits
    this.#flusher = flusher
    this.#reader = reader
    const budget = { bytes: limits.resume_bytes, frames: limits.resume_frames }
    this.#ledger = new Ledger(budget, sizeOf, FRAMES)
  }

  get ledger(): Ledger<Buffer> {
    this.#takeOver()
    return this.#ledger
  }

  /** Bytes queued here or handed to the socket that the operating system has not taken. */
  get unwritten(): number {
    this.#takeOver()
    return this.#queue.bytes + (this.#wire?.unwritten ?? 0)
  }

  attach(wire: Wire): void {
    this.detach()
    this.#wire = wire
    this.#onWire = wire.unwritten
  }

  /** The connection is gone: its queue goes, the ledger stays. */
  detach(): void {
    this.#takeOver()
    this.#wire = undefined
    this.#fate = undefined
    this.#queue.clear()
    this.#held = undefined
    this.#heldBytes = 0
    this.#report(0)
  }

  /**
   * From now on what is added to the batch is sent, in order with whatever else is. False where
   * another batch is shared already.
   */
  share(batch: Sharing): boolean {
    if (this.#batch?.isOpen) return false
    this.#takeOver()
    this.#batch = batch
    this.#taken = batch.length
    if (!batch.waits) this.#flushLater()
    return true
  }

  /** What a room says to this session among others, if it is saying something. */
  get batch(): Sharing | undefined {
    return this.#batch
  }

  /** What this batch holds has waited long enough. */
  due(batch: Sharing): void {
    if (this.#batch === batch) this.#flushLater()
  }

  /** No longer shares it; what it held until now is sent. */
  unshare(batch: Sharing): void {
    if (this.#batch !== batch) return
    this.#takeOver()
    this.#batch = undefined
  }

  /** What is added to the batch next is not sent. */
  skip(batch: Sharing): void {
    if (this.#batch !== batch) return
    this.#takeOver()
    this.#taken++
  }

  push(message: Outgoing): void {
    this.#takeOver()
    const { delivery, frame } = message
    if (delivery === 'counted') this.#ledger.push(frame)
    if (!this.#wire || this.#fate) return
    if (delivery === 'latest') this.#pushLatest(message)
    else if (delivery !== 'droppable' || !this.#isAbove(this.#limits.soft_bytes))
      this.#enqueue(message)
  }

  /** What a source makes is written, in its place among what is sent, unless it waits already. */
  mark(source: Source<R>): void {
    this.#takeOver()
    if (!this.#wire || this.#fate) return
    this.#flushLater()
    this.#queue.mark(source)
  }

  /** Queues what the peer lacks; its frames are in the ledger already. */
  replayAfter(count: number): number {
    const frames = this.#ledger.after(count)
    for (const frame of frames)
      this.#enqueue({ type: '', delivery: 'counted', key: '', frame, size: frame.length })
    return frames.length
  }

  /** Writes what there is, as far as the socket takes it; called at the end of a turn. */
  flush(): void {
    try {
      this.#flush()
    } catch (error) {
      this.#reader.failed(error)
    }
  }

  /** Writes what there is, and judges nobody; throws what the socket does. */
  offer(): void {
    this.#takeOver()
    if (this.#wire) this.#write(this.#wire)
  }

  giveUp(): void {
    this.#reader.slow()
  }

  /** The same at the end of this turn; until then nothing more is queued. */
  giveUpLater(): void {
    this.#fate ??= () => this.#reader.slow()
    this.#flushLater()
  }

  #flush(): void {
    const isTurn = this.#flushing
    if (isTurn) {
      this.#batch?.endTurn()
      if (this.#writeAtOnce()) return
    }
    this.#takeOver()
    if (isTurn) this.#endTurn()
    if (this.#fate) return this.#fate()
    const wire = this.#wire
    if (!wire) return
    // Most sockets take all there is at once: asked once a turn, as every question costs.
    this.#write(wire, isTurn ? this.#onWire : wire.unwritten)
    if (this.#wire === wire) this.#judge(wire)
    if (this.#held && this.unwritten < this.#limits.soft_bytes) this.#release()
  }

  /** What was offered and not taken may be too much. */
  #judge(wire: Wire): void {
    const unwritten = this.#queue.bytes + wire.unwritten
    if (unwritten > 0 || this.#owes) this.#report(unwritten)
    if (unwritten > this.#limits.queue_bytes) this.#reader.slow()
    else if (unwritten > this.#limits.hard_bytes) this.#reader.behind()
  }

  #report(unwritten: number): void {
    if (unwritten === 0 && !this.#owes) return
    this.#owes = unwritten > 0
    this.#flusher.owes(this, unwritten)
  }

  #pushLatest(message: Outgoing): void {
    if (this.#held || this.#backlog >= this.#limits.soft_bytes) {
      this.#hold(message)
      this.#flushLater()
      return
    }
    this.#flushLater()
    this.#queue.pushLatest(message)
  }

  /** Those of its key go; of ever new keys there is a most, as of all that waits. */
  #hold(message: Outgoing): void {
    this.#held ??= new Map()
    const older = this.#held.get(message.key)
    this.#heldBytes += message.frame.length - (older?.frame.length ?? 0)
    this.#held.delete(message.key)
    this.#held.set(message.key, message)
    if (this.#heldBytes > this.#limits.queue_bytes) this.giveUpLater()
  }

  #enqueue(message: Outgoing | Share): void {
    this.#flushLater()
    this.#queue.push(message)
    if (this.#isAbove(this.#limits.queue_bytes)) this.giveUpLater()
  }

  /** Whether more waits than this, although it was offered. */
  #isAbove(bytes: number): boolean {
    const wire = this.#wire
    if (!wire || this.#backlog <= bytes) return false
    try {
      this.#write(wire)
    } catch (error) {
      // Whoever says something is not to blame.
      this.#fate ??= () => this.#reader.failed(error)
      this.#flushLater()
    }
    this.#onWire = wire.unwritten
    return this.#backlog > bytes
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
    if (this.#wire && !this.#fate) this.#enqueue(message)
  }

  /** Writes what the batch holds where that is all there is, and the socket has taken all before it. */
  #writeAtOnce(): boolean {
    const [batch, wire] = [this.#batch, this.#wire]
    if (!batch || !wire || this.#taken === batch.length || !this.#queue.isEmpty) return false
    if (batch.waits || this.#held || this.#onWire > 0 || this.#owes) return false
    const message = batch.take(this.#taken, batch.length)
    this.#taken = batch.length
    this.#endTurn()
    this.#record(message)
    if (!wire.write(message.frame)) this.#judge(wire)
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
    return this.#queue.bytes + this.#onWire
  }

  #write(wire: Wire, before = wire.unwritten): void {
    // What is being made may say something itself.
    if (this.#isWriting) return
    this.#isWriting = true
    try {
      let unwritten = before
      while (!this.#queue.isEmpty && unwritten < CHUNK_BYTES && this.#wire === wire) {
        this.#writeChunk(wire)
        if (!this.#queue.isEmpty) unwritten = wire.unwritten
      }
    } finally {
      this.#isWriting = false
    }
  }

  #writeChunk(wire: Wire): void {
    const only = this.#queue.takeOnly()
    if (only) return void wire.write(only.frame)
    const { frames, bytes } = this.#queue.take(CHUNK_BYTES, this.#reader)
    if (bytes === 0 || this.#wire !== wire) return
    const [first] = frames
    if (first && frames.length === 1) return void wire.write(first)
    this.#flusher.pool.writeTogether(frames, bytes, (all) => wire.write(all))
  }

  #release(): void {
    const held = this.#held
    this.#held = undefined
    this.#heldBytes = 0
    for (const message of held?.values() ?? []) this.#pushLatest(message)
  }
}

/** How much is handed to a socket before its progress is awaited. */
const CHUNK_BYTES = 65_536

const sizeOf = (frame: Buffer) => frame.length
