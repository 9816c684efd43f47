/** Frames that were sent together and are kept in one piece. */
export abstract class Run<Frame> {
  /** How many there are. */
  readonly count: number
  /** What they count together. */
  readonly bytes: number
  /** What is kept in memory for their sake, which may be more. */
  readonly pinned: number

  constructor(count: number, bytes: number, pinned = bytes) {
    this.count = count
    this.bytes = bytes
    this.pinned = pinned
  }

  /** The same frames in memory of their own. */
  abstract copy(): Run<Frame>

  abstract at(index: number): Frame
  /** What those from `from` on count, up to but without `to`. */
  abstract bytesIn(from: number, to: number): number
}

/** What single frames take in memory beside themselves, where that is known. */
export interface Memory<Frame> {
  /** How many bytes are kept only because this frame is. */
  wastedBy(frame: Frame): number
  /** The same frame in memory of its own. */
  copy(frame: Frame): Frame
}

/**
 * One direction of a resumable session: how many counted frames were sent, and those of them that
 * may still have to be sent again. Both sides keep one for what they send. Frames are numbered from
 * 1; the ledger holds those numbered `forgotten + 1` to `sent`.
 */
export class Ledger<Frame> {
  readonly #maxBytes: number
  readonly #maxFrames: number
  readonly #sizeOf: (frame: Frame) => number
  readonly #memory: Memory<Frame> | undefined
  /** Those before the head are forgotten and undefined, so that their memory is free at once. */
  #entries: (Frame | Run<Frame> | undefined)[] = []
  #head = 0
  /** How many frames of the run at the head are forgotten. */
  #within = 0
  #held = 0
  #bytes = 0
  /** What is in memory for the sake of runs, beside themselves. */
  #wasted = 0
  /** Before this no memory is wasted. */
  #saved = 0
  #forgotten = 0

  constructor(
    budget: { readonly bytes: number; readonly frames: number },
    sizeOf: (frame: Frame) => number,
    memory?: Memory<Frame>,
  ) {
    this.#maxBytes = budget.bytes
    this.#maxFrames = budget.frames
    this.#sizeOf = sizeOf
    this.#memory = memory
  }

  /** How many frames were ever added. */
  get sent(): number {
    return this.#forgotten + this.#held
  }

  /** How many of the oldest frames cannot be sent again: acknowledged, or pushed out. */
  get forgotten(): number {
    return this.#forgotten
  }

  get held(): number {
    return this.#held
  }

  get bytes(): number {
    return this.#bytes
  }

  /** What is in memory for its sake. */
  get pinned(): number {
    return this.#bytes + this.#wasted
  }

  /** Whether one more frame of `bytes` would push out an older one. */
  isFull(bytes: number): boolean {
    return this.#held + 1 > this.#maxFrames || this.#bytes + bytes > this.#maxBytes
  }

  /** Adds a frame; above the budget the oldest are forgotten. */
  push(frame: Frame): void {
    this.#entries.push(frame)
    this.#bytes += this.#sizeOf(frame)
    this.#held++
    if (this.#memory) this.#waste(this.#memory.wastedBy(frame))
    this.#trim()
  }

  /** Adds all frames of a run, as if one after the other. */
  pushRun(run: Run<Frame>): void {
    this.#entries.push(run)
    this.#bytes += run.bytes
    this.#held += run.count
    this.#waste(run.pinned - run.bytes)
    this.#trim()
  }

  /** The peer has `count` frames; a count beyond what was sent is ignored (see `covers`). */
  acknowledge(count: number): void {
    if (count <= this.sent) this.#forget(count - this.#forgotten)
  }

  /** Whether a peer that has `count` frames can be brought up to date. */
  covers(count: number): boolean {
    return count >= this.#forgotten && count <= this.sent
  }

  /** The frames a peer with `count` of them lacks, oldest first. */
  after(count: number): Frame[] {
    const frames: Frame[] = []
    let at = this.#within
    for (let index = this.#head; index < this.#entries.length; index++) {
      // From the head on every entry is there.
      const entry = this.#entries[index] as Frame | Run<Frame>
      if (entry instanceof Run) for (; at < entry.count; at++) frames.push(entry.at(at))
      else frames.push(entry)
      at = 0
    }
    return frames.slice(Math.max(0, count - this.#forgotten))
  }

  /** Forgets everything, the counts included. */
  reset(): void {
    this.#entries = []
    this.#head = 0
    this.#within = 0
    this.#held = 0
    this.#bytes = 0
    this.#wasted = 0
    this.#saved = 0
    this.#forgotten = 0
  }

  #waste(bytes: number): void {
    this.#wasted += bytes
    if (this.#wasted > this.#maxBytes) this.#save()
  }

  /** Copies out of memory that is mostly others' what is still needed of it. */
  #save(): void {
    for (let index = Math.max(this.#head, this.#saved); index < this.#entries.length; index++) {
      const entry = this.#entries[index] as Frame | Run<Frame>
      if (this.#wastedBy(entry) === 0) continue
      this.#entries[index] = entry instanceof Run ? entry.copy() : this.#memory?.copy(entry)
    }
    this.#saved = this.#entries.length
    this.#wasted = 0
  }

  #wastedBy(entry: Frame | Run<Frame>): number {
    if (entry instanceof Run) return entry.pinned - entry.bytes
    return this.#memory ? this.#memory.wastedBy(entry) : 0
  }

  #trim(): void {
    while (this.#held > this.#maxFrames || (this.#bytes > this.#maxBytes && this.#held > 0))
      this.#forget(1)
  }

  /** Forgets the oldest `count` frames, as far as there are so many. */
  #forget(count: number): void {
    let rest = Math.min(count, this.#held)
    while (rest > 0) {
      const entry = this.#entries[this.#head] as Frame | Run<Frame>
      const whole = entry instanceof Run ? entry.count - this.#within : 1
      const some = Math.min(rest, whole)
      this.#bytes -=
        entry instanceof Run
          ? entry.bytesIn(this.#within, this.#within + some)
          : this.#sizeOf(entry)
      this.#forgotten += some
      this.#held -= some
      rest -= some
      if (some === whole) {
        this.#wasted -= this.#wastedBy(entry)
        this.#advance()
      } else this.#within += some
    }
  }

  /** The entry at the head is no longer needed. */
  #advance(): void {
    this.#within = 0
    this.#entries[this.#head] = undefined
    this.#head++
    if (this.#head === this.#entries.length) this.#entries = []
    else if (this.#head < COMPACT_AT || this.#head * 2 < this.#entries.length) return
    else this.#entries = this.#entries.slice(this.#head)
    this.#saved = Math.max(0, this.#saved - this.#head)
    this.#head = 0
  }
}

const COMPACT_AT = 64
