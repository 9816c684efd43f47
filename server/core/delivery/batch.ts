import type { Outgoing } from '../wire/frame.ts'
import { type Receiver, SHARED_BYTES, type Sharing } from './receiver.ts'
import { Share, type Shared } from './share.ts'

/** A batch that holds so much is closed; what follows goes into the next. */
const FULL_BYTES = 32_768

/** Whether a message may wait in a batch: nothing newer takes its place, and it fits all who share. */
export const isSharable = ({ delivery, size }: Outgoing): boolean =>
  delivery === 'counted' && size <= SHARED_BYTES

/**
 * What a room says to all its members in one turn of the event loop, kept once for all of them: a
 * message is one step however many share it, and where nothing else was said to somebody meanwhile
 * the whole is written as one buffer. Each outbox remembers how much of it it has taken over.
 */
export class Batch implements Sharing, Shared {
  /** Until they are joined. */
  #messages: Outgoing[] = []
  /** Where each message ends among the bytes of all. */
  readonly #ends: number[] = []
  #bytes = 0
  #joined: Buffer | undefined
  #whole: Share | undefined
  /** Who gets each message by itself. */
  #apart: Set<Receiver> | undefined
  #isClosed = false
  /** Whether it stays open when somebody who shares it writes. */
  #waits: boolean

  constructor(waits = false) {
    this.#waits = waits
  }

  /** Whether it takes more: until it is written, or it is full. */
  get isOpen(): boolean {
    return !this.#isClosed && this.#bytes < FULL_BYTES
  }

  /** How many messages there are. */
  get length(): number {
    return this.#ends.length
  }

  /** From now on this one gets what is added. */
  admit(receiver: Receiver): void {
    if (!receiver.share(this)) this.#setApart(receiver)
  }

  /** It gets each message by itself from now on. */
  part(receiver: Receiver): void {
    receiver.unshare(this)
    this.#setApart(receiver)
  }

  /** It gets nothing more. */
  release(receiver: Receiver): void {
    if (!this.#apart?.delete(receiver)) receiver.unshare(this)
  }

  /** Adds a message for all but `except`. */
  add(message: Outgoing, except?: Receiver): void {
    except?.skip(this)
    this.#bytes += message.frame.length
    this.#ends.push(this.#bytes)
    this.#messages.push(message)
    if (this.#apart) for (const one of this.#apart) if (one !== except) one.send(message)
  }

  /** What waits for more of it, rather than for the end of the turn. */
  get waits(): boolean {
    return this.#waits
  }

  /** A turn is over, in which somebody who shares it writes: it takes no more, unless it waits. */
  endTurn(): void {
    if (!this.#waits) this.#isClosed = true
  }

  /** It has waited long enough, and is written at the end of this turn. */
  due(): void {
    this.#waits = false
    this.#isClosed = true
  }

  /** The messages from `from` on, up to but without `to`. */
  take(from: number, to: number): Outgoing | Share {
    const only = to - from === 1 ? this.#messages[from] : undefined
    if (only) return only
    if (from > 0 || to < this.length || !this.#isClosed) return new Share(this, from, to)
    this.#whole ??= new Share(this, from, to)
    return this.#whole
  }

  /** How many bytes those are. */
  bytesIn(from: number, to: number): number {
    return this.#endOf(to) - this.#endOf(from)
  }

  /**
   * What stays in memory for their sake: they alone where they are most of a batch, else as much as
   * a whole batch may become.
   */
  pinnedBy(from: number, to: number): number {
    const bytes = this.bytesIn(from, to)
    const isAll = from === 0 && to === this.length && this.#isClosed
    return isAll || bytes * 2 > FULL_BYTES ? bytes : FULL_BYTES
  }

  /** Their frames, one after the other. */
  framesIn(from: number, to: number): Buffer {
    if (!this.#isClosed) return join(this.#messages.slice(from, to), this.bytesIn(from, to))
    if (!this.#joined) {
      this.#joined = join(this.#messages, this.#bytes)
      this.#messages = []
    }
    const isAll = from === 0 && to === this.length
    return isAll ? this.#joined : this.#joined.subarray(this.#endOf(from), this.#endOf(to))
  }

  #setApart(receiver: Receiver): void {
    this.#apart ??= new Set()
    this.#apart.add(receiver)
  }

  #endOf(count: number): number {
    return count === 0 ? 0 : (this.#ends[count - 1] ?? 0)
  }
}

const join = (messages: readonly Outgoing[], bytes: number): Buffer =>
  Buffer.concat(
    messages.map(({ frame }) => frame),
    bytes,
  )
