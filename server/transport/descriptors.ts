import { close, open } from 'node:fs'
import { devNull } from 'node:os'
import { createSeldom } from '../core/wire/seldom.ts'
import type { World } from '../world.ts'

const LOOK_MS = 1_000

/**
 * Says so while the process has no file descriptors left: the operating system then refuses
 * connections without a word to anybody. Returns what ends it.
 */
export function watchDescriptors({ log, now, every }: Pick<World, 'log' | 'now' | 'every'>) {
  const seldom = createSeldom(now)
  let isOut = false
  let isLooking = false

  return every(LOOK_MS, () => {
    if (isLooking) return
    isLooking = true
    open(devNull, 'r', (error, file) => {
      isLooking = false
      if (!error) close(file, () => {})
      if (isOutOfDescriptors(error)) seldom(() => log.error({ code: error.code }, OUT))
      else if (isOut) log.warn({}, BACK)
      isOut = isOutOfDescriptors(error)
    })
  })
}

const OUT = 'out of file descriptors: connections are refused; raise the limit (ulimit -n)'
const BACK = 'file descriptors again'

export const isOutOfDescriptors = (error: unknown): error is NodeJS.ErrnoException =>
  ['EMFILE', 'ENFILE'].includes((error as NodeJS.ErrnoException | null)?.code ?? '')
