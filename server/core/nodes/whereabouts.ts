import type { AllMessages } from '../../../protocol/index.ts'
import type { DataOf } from '../../../protocol/message.ts'

/** How a player is, as others see it. */
export type Presence = DataOf<AllMessages['presence.changed']>

/** What knows of all nodes how their players are. */
export interface Whereabouts {
  /** A player of this node is so from now on; offline, where it is not here or does not want to be. */
  set(presence: Presence): void
  /**
   * Tells how these players are, those who are offline left out: in order with what is heard, so that
   * nothing that was heard before is newer.
   */
  look(players: readonly string[], told: (found: readonly Presence[]) => void): void
  /** Hears every change, those of one player in their order, until what it returns is called. */
  listen(hear: (presence: Presence) => void): () => void
}

/** How somebody is who is not here. */
export const offline = (player: string): Presence => ({
  ...{ player, status: 'offline', text: '', data: {} },
})
