/**
 * One direction of a resumable session: how many counted frames were sent, and those of them that
 * may still have to be sent again. Both sides keep one for what they send. Frames are numbered from
 * 1; the ledger holds those numbered `forgotten + 1` to `sent`.
 */
export class Ledger<Frame> {
  readonly #maxBytes: number
  readonly #maxFrames: number
  readonly #sizeOf: (frame: Frame) => number
  /** Those before the head are forgotten and undefined, so that their memory is free at once. */
  #frames: (Frame | undefined)[] = []
  #head = 0
  #bytes = 0
  #forgotten = 0

  constructor(
    budget: { readonly bytes: number; readonly frames: number },
    sizeOf: (frame: Frame) => number,
  ) {
    this.#maxBytes = budget.bytes
    this.#maxFrames = budget.frames
    this.#sizeOf = sizeOf
  }

  /** How many frames were ever added. */
  get sent(): number {
    return this.#forgotten + this.held
  }

  /** How many of the oldest frames cannot be sent again: acknowledged, or pushed out. */
  get forgotten(): number {
    return this.#forgotten
  }

  get held(): number {
    return this.#frames.length - this.#head
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Whether one more frame of `bytes` would push out an older one. */
  isFull(bytes: number): boolean {
    return this.held + 1 > this.#maxFrames || this.#bytes + bytes > this.#maxBytes
  }

  /** Adds a frame; above the budget the oldest are forgotten. */
  push(frame: Frame): void {
    this.#frames.push(frame)
    this.#bytes += this.#sizeOf(frame)
    while (this.held > this.#maxFrames || (this.#bytes > this.#maxBytes && this.held > 0))
      this.#forgetOldest()
  }

  /** The peer has `count` frames; a count beyond what was sent is ignored (see `covers`). */
  acknowledge(count: number): void {
    if (count > this.sent) return
    while (this.#forgotten < count) this.#forgetOldest()
  }

  /** Whether a peer that has `count` frames can be brought up to date. */
  covers(count: number): boolean {
    return count >= this.#forgotten && count <= this.sent
  }

  /** The frames a peer with `count` of them lacks, oldest first. */
  after(count: number): Frame[] {
    // From the head on every frame is there.
    return this.#frames.slice(this.#head + Math.max(0, count - this.#forgotten)) as Frame[]
  }

  /** Forgets everything, the counts included. */
  reset(): void {
    this.#frames = []
    this.#head = 0
    this.#bytes = 0
    this.#forgotten = 0
  }

  #forgetOldest(): void {
    this.#bytes -= this.#sizeOf(this.#frames[this.#head] as Frame)
    this.#frames[this.#head] = undefined
    this.#head++
    this.#forgotten++
    if (this.#head === this.#frames.length) this.#frames = []
    else if (this.#head < COMPACT_AT || this.#head * 2 < this.#frames.length) return
    else this.#frames = this.#frames.slice(this.#head)
    this.#head = 0
  }
}

const COMPACT_AT = 64
