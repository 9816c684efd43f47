import type { Limits } from '../wire/limits.ts'
import type { Change, Deed, Party } from './party.ts'

/**
 * What holds the parties of all nodes: each is in one place, and a player in one party. A Redis behind
 * it runs the same `done` of party.ts, as one moment for all nodes.
 */
export interface Parties {
  /**
   * Does something to a party: that of the deed’s code, or the one its player is in. Resolves with what
   * is left of it, once every listener of this node has heard what changed; rejects with the Refusal of
   * who may not, and nothing has changed then.
   */
  act(deed: Deed, limits: Limits): Promise<Party>
  /** Hears every change, those of one party in their order, until what it returns is called. */
  listen(hear: (change: Change) => void): () => void
}
