import { Run } from '../../../protocol/ledger.ts'

/** What several share, of which each has taken over a part. */
export interface Shared {
  /** How many bytes the messages from `from` on are, up to but without `to`. */
  bytesIn(from: number, to: number): number
  /** What stays in memory for their sake. */
  pinnedBy(from: number, to: number): number
  /** Their frames, one after the other. */
  framesIn(from: number, to: number): Buffer
}

/** A part of a batch, as one outbox queues it and its ledger keeps it. */
export class Share extends Run<Buffer> {
  readonly #shared: Shared
  readonly #from: number
  readonly #to: number

  constructor(shared: Shared, from: number, to: number) {
    super(to - from, shared.bytesIn(from, to), shared.pinnedBy(from, to))
    this.#shared = shared
    this.#from = from
    this.#to = to
  }

  /** Its frames, one after the other. */
  get frame(): Buffer {
    return this.#shared.framesIn(this.#from, this.#to)
  }

  at(index: number): Buffer {
    return this.#shared.framesIn(this.#from + index, this.#from + index + 1)
  }

  bytesIn(from: number, to: number): number {
    return this.#shared.bytesIn(this.#from + from, this.#from + to)
  }

  copy(): Run<Buffer> {
    return new Copy(this)
  }
}

/** A part of a batch that is left when the batch need not be. */
class Copy extends Run<Buffer> {
  readonly #frames: Buffer
  readonly #ends: readonly number[]

  constructor(share: Share) {
    super(share.count, share.bytes)
    // From no pool, of which it would hold more than itself.
    this.#frames = Buffer.allocUnsafeSlow(share.bytes)
    share.frame.copy(this.#frames)
    this.#ends = Array.from({ length: share.count }, (_, index) => share.bytesIn(0, index + 1))
  }

  at(index: number): Buffer {
    return this.#frames.subarray(this.#endOf(index), this.#endOf(index + 1))
  }

  bytesIn(from: number, to: number): number {
    return this.#endOf(to) - this.#endOf(from)
  }

  copy(): this {
    return this
  }

  #endOf(count: number): number {
    return count === 0 ? 0 : (this.#ends[count - 1] ?? 0)
  }
}
