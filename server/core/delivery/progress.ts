/** How far a reader comes while more waits for it than the hard mark. */
export class Progress {
  /** Calls off the next look at it. */
  cancel = () => {}
  /** What the operating system had taken, and what the peer has said since that it read. */
  #taken: number
  #read = 0
  #looks = 0
  #isForgiven = false

  constructor(taken: number) {
    this.#taken = taken
  }

  /** The peer has read about so many bytes more. */
  read(bytes: number): void {
    this.#read += bytes
  }

  /** It has its time anew. */
  anew(taken: number): void {
    this.#taken = taken
    this.#read = 0
    this.#looks = 0
    this.#isForgiven = false
  }

  /** The loop was blocked: whether it has its time anew, which is only once until it comes on. */
  forgive(taken: number): boolean {
    if (this.#isForgiven) return false
    this.anew(taken)
    this.#isForgiven = true
    return true
  }

  /** Whether less than `least` bytes went out in all of its time, by its `looks`th look. */
  isSlow(taken: number, least: number, looks: number): boolean {
    if (Math.max(taken - this.#taken, this.#read) >= least) this.anew(taken)
    else this.#looks++
    return this.#looks >= looks
  }
}
