import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')

/** Collects what nothing holds any more. */
export const collect = runInNewContext('gc') as () => void

/** What is in use once nothing more can be collected. */
export async function heap(): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    for (let count = 0; count < 20; count++) await turn()
    collect()
    least = Math.min(least, process.memoryUsage().heapUsed)
  }
  return least
}

export const mega = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`
