import { push } from '../wire/frame.ts'
import { Refusal } from '../wire/refusal.ts'
import type { Peer } from './peer.ts'

/** What one peer 1 leaves to the next: the newest that came whole. */
export class Handover {
  readonly #most: number
  #whole: Buffer | undefined
  #parts: Buffer[] = []
  #bytes = 0

  constructor(most: number) {
    this.#most = most
  }

  /** How many bytes there are to hand over. */
  get bytes(): number {
    return this.#whole?.length ?? 0
  }

  /** Takes the next part, in base64; refused where the whole would be too large. */
  take(data: string, more: boolean): void {
    const part = Buffer.from(data, 'base64')
    this.#bytes += part.length
    if (this.#bytes > this.#most) {
      this.forgetParts()
      const text = `relay.hand_over: expected at most ${this.#most} bytes`
      throw new Refusal('TOO_LARGE', text)
    }
    this.#parts.push(part)
    if (more) return
    this.#whole = Buffer.concat(this.#parts)
    this.forgetParts()
  }

  /** What is not whole yet will never be. */
  forgetParts(): void {
    this.#parts = []
    this.#bytes = 0
  }

  forget(): void {
    this.#whole = undefined
    this.forgetParts()
  }

  /** Tells a new peer 1 all of it, in parts that its client takes. */
  tell({ session }: Peer, room: string): void {
    const whole = this.#whole
    if (!whole) return
    const most = Math.max(1, Math.floor((session.receiveBytes - AROUND_BYTES) / 4)) * 3
    for (let at = 0; at < whole.length; at += most) {
      const data = whole.toString('base64', at, at + most)
      const more = at + most < whole.length
      session.send(push('relay.handed_over', { data, more }, { room }))
    }
  }
}

/** What a message has around the data of a part, at most. */
const AROUND_BYTES = 192
