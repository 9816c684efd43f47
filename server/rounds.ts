import { LATE_MS } from './core/session/probe.ts'
import { createSweep, SWEEP_MS } from './core/session/sweep.ts'
import type { Store } from './core/store/store.ts'
import { logFailure } from './core/wire/incident.ts'
import type { Limits } from './core/wire/limits.ts'
import type { World } from './world.ts'

/** What happens every so often. */
export interface Round {
  readonly name: string
  readonly every_ms: number
  run(): void | Promise<void>
  close?(): void
}

/**
 * Lets every round happen at its time, unless it still does; what one throws is logged, and it happens
 * again.
 */
export function createRounds(world: World, rounds: readonly Round[]) {
  const running = new Set<Round>()
  const cancels = rounds.map((round) => world.every(round.every_ms, () => run(round)))

  return {
    close(): void {
      for (const cancel of cancels) cancel()
      for (const round of rounds) round.close?.()
    },
  }

  function run(round: Round): void {
    if (running.has(round)) return
    try {
      const result = round.run()
      if (result) void finish(round, result)
    } catch (error) {
      failed(round, error)
    }
  }

  async function finish(round: Round, result: Promise<void>): Promise<void> {
    running.add(round)
    try {
      await result
    } catch (error) {
      failed(round, error)
    } finally {
      running.delete(round)
    }
  }

  function failed({ name }: Round, error: unknown): void {
    logFailure(world.log, error, { what: 'round failed', where: { round: name } })
  }
}

const PRUNE_MS = 3_600_000

/** Looks at all of a set each second, a few in a turn; says whether the event loop was blocked. */
export function sweepOf<T>(
  world: World,
  all: ReadonlySet<T>,
  look: (one: T, wasBlocked: boolean) => void,
): Round {
  let sweptAt = world.now()
  let wasBlocked = false
  const sweep = createSweep(world, all, (one) => look(one, wasBlocked))

  return {
    name: 'sweep',
    every_ms: SWEEP_MS,
    run() {
      const now = world.now()
      wasBlocked = now - sweptAt > SWEEP_MS + LATE_MS
      sweptAt = now
      sweep.begin()
    },
    close: sweep.close,
  }
}

/** Forgets what is kept in memory of addresses, as it ages. */
export const addressesRound = (...sweeps: readonly (() => void)[]): Round => ({
  name: 'addresses',
  every_ms: SWEEP_MS,
  run() {
    for (const sweep of sweeps) sweep()
  },
})

/** Forgets what is too old to keep. */
export const pruneRound = (world: World, store: Store, limits: Limits): Round => ({
  name: 'prune',
  every_ms: PRUNE_MS,
  async run() {
    const at = world.date()
    const messages_before = at - limits.channel_message_ms
    await store.run('prune', { at, messages_before, guests_before: at - limits.guest_ms })
  },
})
