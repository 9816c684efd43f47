import { AsyncLocalStorage } from 'node:async_hooks'
import type { World } from '../../world.ts'
import { incidentOf } from '../wire/incident.ts'
import { whereOf } from './fault.ts'
import type { Room } from './room.ts'

/** The room whose own logic runs, and that all comes of which it begins: timers, promises, sockets. */
export type Inside = ReturnType<typeof createInside>

/** Knows whose doing it is what fails where no hook runs any more. */
export function createInside(world: Pick<World, 'log' | 'random'>) {
  const rooms = new AsyncLocalStorage<Room>()

  return {
    /** Runs what a room's own logic does. */
    run: <T>(room: Room, run: () => T): T => rooms.run(room, run),

    /**
     * To be called where the process hears of an error that nobody caught: logs it with the room whose
     * doing it is; false, and nothing logged, where it is no room's.
     */
    uncaught(error: unknown): boolean {
      const room = rooms.getStore()
      if (!room) return false
      incidentOf(world, error, { what: 'room failed outside of its hooks', where: whereOf(room) })
      return true
    },
  }
}
