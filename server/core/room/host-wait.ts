import { bounded } from '../../../protocol/timer.ts'
import type { World } from '../../world.ts'
import type { Asker } from '../delivery/receiver.ts'
import type { Limits } from '../wire/limits.ts'
import { Refusal } from '../wire/refusal.ts'
import type { Room } from './room.ts'

export type HostWaits = ReturnType<typeof createHostWaits>

/** What is asked of a host that is away waits until it is back or another is host. */
export function createHostWaits({ after }: Pick<World, 'after'>, limits: Limits) {
  const waiting = new Map<Room, Set<() => void>>()

  return {
    /** There is a host who is there, or none: what waited goes on. */
    end(room: Room): void {
      for (const go of waiting.get(room) ?? []) go()
    },

    /**
     * Resolves when there is a host who is there, or none; at once unless it is away. Rejects with
     * TIMEOUT after `ms`, TARGET_LEFT when its asker ends, TARGET_BUSY where too much waits already.
     */
    async over(room: Room, asker: Asker, ms: number): Promise<void> {
      const { host } = room
      if (!host?.away) return
      const cause = { member: host.number, player: host.receiver.player?.id ?? null }
      const own = waiting.get(room) ?? new Set()
      if (own.size >= limits.asks) throw new Refusal('TARGET_BUSY', undefined, { cause })
      let go = () => {}
      let fail: (code: 'TIMEOUT' | 'TARGET_LEFT') => void = () => {}
      const known = new Promise<void>((resolve, reject) => {
        go = resolve
        fail = (code) => reject(new Refusal(code, undefined, { cause }))
      })
      waiting.set(room, own.add(go))
      const cancel = after(bounded(ms, limits.ask_ms), () => fail('TIMEOUT'))
      const forgotten = known.finally(() => {
        cancel()
        own.delete(go)
        if (own.size === 0) waiting.delete(room)
      })
      await asker.awaiting(forgotten, () => fail('TARGET_LEFT'))
    },
  }
}
