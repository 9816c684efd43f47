import type { Cancel, World } from '../world.ts'

export interface Tick {
  /** Calls back every tick until cancelled. */
  add(callback: (now: number) => void): Cancel
  close(): void
}

/** One shared clock for all rooms; it stands still while nobody listens. */
export function createTick(world: World, ms: number): Tick {
  const callbacks = new Set<(now: number) => void>()
  let stop: Cancel | undefined

  const run = () => {
    const now = world.now()
    for (const callback of callbacks) {
      try {
        callback(now)
      } catch (error) {
        world.log.error({ err: error }, 'tick failed')
      }
    }
  }

  return {
    add(callback) {
      callbacks.add(callback)
      stop ??= world.every(ms, run)
      return () => {
        callbacks.delete(callback)
        if (callbacks.size > 0) return
        stop?.()
        stop = undefined
      }
    },
    close() {
      callbacks.clear()
      stop?.()
      stop = undefined
    },
  }
}
