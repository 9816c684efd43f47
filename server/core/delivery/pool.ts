const POOL_BYTES = 131_072

/** Where the frames that are written together are joined. */
export class Pool {
  #bytes: Buffer = Buffer.alloc(0)
  /** What comes before this in the pool may still be in use. */
  #used = 0

  /**
   * Hands frames over as one buffer, so that they are one system call. `write` says whether it is
   * done with the buffer: mostly it is, and the next ones are joined in the same place.
   */
  writeTogether(frames: readonly Buffer[], bytes: number, write: (all: Buffer) => boolean): void {
    if (bytes > POOL_BYTES) return void write(Buffer.concat(frames, bytes))
    if (this.#used + bytes > this.#bytes.length) {
      this.#bytes = Buffer.allocUnsafeSlow(POOL_BYTES)
      this.#used = 0
    }
    const all = this.#bytes
    let at = this.#used
    for (const frame of frames) {
      all.set(frame, at)
      at += frame.length
    }
    if (!write(all.subarray(this.#used, at))) this.#used = at
  }
}
