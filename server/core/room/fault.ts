import type { World } from '../../world.ts'
import { incidentOf, logFailure } from '../wire/incident.ts'
import { promisedBy } from '../wire/promised.ts'
import { Refusal } from '../wire/refusal.ts'

/** Whose fault it is. */
export interface Place {
  readonly code: string
  readonly kind: { readonly name: string }
}

/** Runs what a game wrote for a room; what that fails with is logged with the room, and ends there. */
export function createFaults(world: Pick<World, 'log' | 'random'>) {
  return { attempt, failed, guard }

  /** Runs what somebody waits for: throws what may be told, a Refusal. */
  function attempt<T>(room: Place, run: () => T): T {
    try {
      return run()
    } catch (error) {
      throw failed(room, error)
    }
  }

  /** What a member is told of a failure, which the log explains. */
  function failed(room: Place, error: unknown): Refusal {
    if (error instanceof Refusal) return error
    return incidentOf(world, error, { what: FAILED, where: whereOf(room) })
  }

  /**
   * Runs what nobody waits for; what it throws, now or later, is logged and harms nobody. Where it
   * takes its time: a promise of its end, which never rejects.
   */
  function guard(room: Place, run: () => unknown): Promise<unknown> | undefined {
    const log = (error: unknown) =>
      logFailure(world.log, error, { what: FAILED, where: whereOf(room) })
    try {
      return promisedBy(run())?.catch(log)
    } catch (error) {
      log(error)
      return undefined
    }
  }
}

const FAILED = 'room hook failed'

/** A room in the fields of the log. */
export const whereOf = ({ code, kind }: Place) => ({ room: code, kind: kind.name })
