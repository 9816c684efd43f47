import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { HubOptions } from '../../server/server.ts'
import { NetworkError } from '../../web-client/client.ts'
import { OVERS, type Over, type TestWorld, world } from './world.ts'

const BOUND_MS = 20_000

/** The same promise in memory and over sockets. */
export function both(
  name: string,
  options: HubOptions,
  run: (t: Test, w: TestWorld, over: Over) => Promise<void>,
): void {
  for (const over of OVERS)
    t.test(`${name} (${over})`, async (t) => {
      await within(run(t, await world(t, { over, ...options }), over))
    })
}

/** A promise that is never kept would end the whole file, not its own test. */
export async function within<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${BOUND_MS} ms`)), BOUND_MS)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** Waits until something is so; says what was wanted when it takes too long. */
export async function until(fits: () => boolean, wanted: string): Promise<void> {
  const end = performance.now() + BOUND_MS
  while (!fits()) {
    if (performance.now() > end) throw new Error(`not within ${BOUND_MS} ms: ${wanted}`)
    await turn()
  }
}

/** The error a request is answered with. */
export async function failing(promise: Promise<unknown>): Promise<NetworkError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof NetworkError) return error
    throw error
  }
  throw new Error('expected a failure')
}
