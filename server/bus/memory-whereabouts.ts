import type { Presence, Whereabouts } from '../core/nodes/whereabouts.ts'

/** How players are, for the nodes of one process. */
export function createMemoryWhereabouts(): Whereabouts {
  const byPlayer = new Map<string, Presence>()
  const listeners = new Set<(presence: Presence) => void>()

  return {
    set(presence) {
      const { player, status } = presence
      if (status === 'offline' && !byPlayer.has(player)) return
      if (status === 'offline') byPlayer.delete(player)
      else byPlayer.set(player, presence)
      for (const hear of listeners) hear(presence)
    },
    look(players, told) {
      told(players.flatMap((player) => byPlayer.get(player) ?? []))
    },
    listen(hear) {
      const own = (presence: Presence) => hear(presence)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
  }
}
