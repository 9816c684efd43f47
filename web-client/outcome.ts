import type { Report } from './emitter.ts'
import { NetworkError } from './failure.ts'
import type { Timers } from './link.ts'

/** Runs what asks for something; what comes of it never goes unnoticed. */
export type Watched = <T>(ask: () => Promise<T>) => Promise<T>

/**
 * Makes failures safe to forget: what nobody waits for is told to `report`, with the place of the
 * call as its stack, and ends no process as a rejection that is not handled would.
 */
export function createOutcomes(report: Report, timers: Timers): Watched {
  const unawaited = (outcome: Outcome<unknown>, error: unknown) => {
    // Whoever waits for it does so a moment after it has the promise.
    if (outcome.isAwaited) return
    timers.after(0, () => {
      if (!outcome.isAwaited) report(error)
    })
  }
  return <T>(ask: () => Promise<T>) => {
    const place = new Error()
    return new Outcome<T>((resolve, reject) => {
      const fail = (error: unknown) => reject(placed(error, place))
      try {
        ask().then(resolve, fail)
      } catch (error) {
        fail(error)
      }
    }).watch(unawaited)
  }
}

type Unawaited = (outcome: Outcome<unknown>, error: unknown) => void

/** A promise that knows whether anybody waits for it; what follows from it does as well. */
class Outcome<T> extends Promise<T> {
  #isAwaited = false
  #unawaited: Unawaited | undefined

  get isAwaited(): boolean {
    return this.#isAwaited
  }

  watch(unawaited: Unawaited): this {
    this.#unawaited = unawaited
    super.then(undefined, (error) => unawaited(this, error))
    return this
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  override then<A = T, B = never>(
    done?: ((value: T) => A | PromiseLike<A>) | null,
    failed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#isAwaited = true
    const next = super.then(done, failed)
    return this.#unawaited && next instanceof Outcome ? next.watch(this.#unawaited) : next
  }
}

/** A failure with the place of the call, rather than that where the answer was read. */
function placed(error: unknown, { stack }: Error): unknown {
  if (error instanceof NetworkError && stack !== undefined)
    error.stack = `${error}\n${stack.slice(stack.indexOf('\n') + 1)}`
  return error
}
