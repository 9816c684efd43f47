import type { Cancel, World } from '../../world.ts'

export type Timers = ReturnType<typeof createTimers>

/** Timers that end together, such as those of one room; none begins after that. */
export function createTimers(
  world: Pick<World, 'after' | 'every'>,
  guard: (run: () => unknown) => void = (run) => void run(),
) {
  const running = new Set<Cancel>()
  let isOver = false

  return {
    /** Calls back once after `ms`, unless cancelled or over. */
    after(ms: number, callback: () => unknown): Cancel {
      if (isOver) return nothing
      const cancel = world.after(ms, () => {
        running.delete(stop)
        guard(callback)
      })
      const stop = kept(cancel)
      return stop
    },
    /** Calls back every `ms`, until cancelled or over. */
    every: (ms: number, callback: () => unknown): Cancel =>
      isOver ? nothing : kept(world.every(ms, () => guard(callback))),
    /** Ends all. */
    close(): void {
      isOver = true
      for (const cancel of running) cancel()
      running.clear()
    },
  }

  function kept(cancel: Cancel): Cancel {
    const stop = () => {
      running.delete(stop)
      cancel()
    }
    running.add(stop)
    return stop
  }
}

const nothing = () => {}
