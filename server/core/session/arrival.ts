import type { Bond } from '../store/store.ts'
import type { Player, Session } from './session.ts'

/** A session that will be a player's once all that takes time about it is decided. */
export interface Arrival {
  readonly session: Session
  readonly player: Player
  /** The channels that the player joined (true) or left (false) meanwhile. */
  readonly channels: Map<number, boolean>
  /** Others to whom the player stands in another way since, or in none. */
  readonly bonds: Map<string, Bond['standing'] | null>
}
