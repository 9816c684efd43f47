import type { Timers } from './link.ts'

export interface WritingOptions<B> {
  readonly timers: Timers
  /** How long a tick of the room is, in ms: nothing is written more often. */
  readonly step: () => number
  /** What was written since the last time; or all that nobody has confirmed. */
  readonly blocks: (isAll: boolean) => readonly B[]
  /** Sends it; whether it could be. */
  readonly send: (block: B) => boolean
}

/** As many ms for each frame, so that they are never too fast for the server. */
const LEAST_MS = 20

/** When what a game writes of its rows goes to the server: at once, and not again within a tick. */
export function createWriting<B>({ timers, step, blocks, send }: WritingOptions<B>) {
  let nextAt = Number.NEGATIVE_INFINITY
  let cancel: (() => void) | undefined

  return {
    /** Something was written; what else is within this turn goes with it. */
    soon(): void {
      cancel ??= timers.after(Math.max(0, nextAt - timers.now()), () => flush(false))
    },

    /** Says again what nobody has confirmed. */
    again: (): void => flush(true),

    close(): void {
      cancel?.()
      cancel = undefined
    },
  }

  function flush(isAll: boolean): void {
    cancel?.()
    cancel = undefined
    const all = blocks(isAll)
    if (all.length > 0) nextAt = timers.now() + Math.max(step(), all.length * LEAST_MS)
    for (const block of all) send(block)
  }
}
