import type { Cancel, World } from '../../world.ts'

/** Whether somebody is at the other end of a connection, who has so many ms to answer a ping. */
export class Probe {
  readonly answered: Promise<boolean>
  readonly #world: World
  readonly #ms: number
  #cancel: Cancel = () => {}
  #resolve: (isThere: boolean) => void = () => {}

  constructor(world: World, ms: number) {
    this.#world = world
    this.#ms = ms
    this.answered = new Promise((resolve) => {
      this.#resolve = resolve
    })
    this.#wait()
  }

  settle(isThere: boolean): void {
    this.#cancel()
    this.#resolve(isThere)
  }

  /** What was answered while the loop was blocked is heard only now: it has its time anew. */
  #wait(): void {
    const due = this.#world.now() + this.#ms
    this.#cancel = this.#world.after(this.#ms, () => {
      if (this.#world.now() - due > LATE_MS) this.#wait()
      else this.settle(false)
    })
  }
}

/** What comes so much later than it was meant to shows that the loop was blocked. */
export const LATE_MS = 250
