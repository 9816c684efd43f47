import type { Id } from '../../../protocol/message.ts'
import type { Hold } from './hold.ts'

/** What one client has asked and was not answered yet. */
export class Requests {
  readonly #hold: Hold
  /** The ids of those whose answers are awaited. */
  #inFlight: Set<Id> | undefined
  /** How many are being handled, those that ask for no answer included. */
  #running = 0
  /** Lets on what waits for one of them to be done. */
  #ease: (() => void) | undefined

  constructor(hold: Hold) {
    this.#hold = hold
  }

  /** How many are being answered, or handled without an answer. */
  get inFlight(): number {
    return Math.max(this.#inFlight?.size ?? 0, this.#running)
  }

  /** How many are being handled. */
  get running(): number {
    return this.#running
  }

  /** Whether one with this id is being answered. */
  has(id: Id): boolean {
    return this.#inFlight?.has(id) ?? false
  }

  /** One with this id is being answered until it has been. */
  began(id: Id): void {
    this.#inFlight ??= new Set()
    this.#inFlight.add(id)
  }

  answered(id: Id): void {
    this.#inFlight?.delete(id)
  }

  /** Something that takes its time is being handled. */
  handling(): void {
    this.#running++
  }

  /** It is done, with its answer; what waited for that goes on. */
  finished(): void {
    this.#running--
    const ease = this.#ease
    this.#ease = undefined
    ease?.()
  }

  /** What its client says waits until something is done. */
  slowDown(): void {
    this.#ease = this.#hold.begin()
  }

  /** They will not be answered any more. */
  forget(): void {
    this.#inFlight = undefined
    this.#running = 0
    this.#hold.drop()
  }
}
