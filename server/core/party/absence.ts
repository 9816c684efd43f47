import type { Cancel, World } from '../../world.ts'
import type { Limits } from '../wire/limits.ts'

export interface AbsenceOptions {
  readonly world: Pick<World, 'after'>
  readonly limits: Pick<Limits, 'party_lead_ms' | 'party_ms'>
  /** A player has been away for so long that another may lead in its place. */
  readonly overdue: (player: string) => void
  /** For so long that it is in the party no longer. */
  readonly lost: (player: string) => void
}

/** How long players of parties have been away, by the two windows that there are for that. */
export function createAbsence({ world, limits, overdue, lost }: AbsenceOptions) {
  const waits = new Map<string, readonly Cancel[]>()
  const late = new Set<string>()

  return {
    begin(player: string): void {
      end(player)
      waits.set(player, [
        world.after(limits.party_lead_ms, () => {
          late.add(player)
          overdue(player)
        }),
        world.after(limits.party_ms, () => {
          end(player)
          lost(player)
        }),
      ])
    },
    end,
    /** Whether another may lead in its place. */
    isOverdue: (player: string): boolean => late.has(player),
    close(): void {
      for (const player of [...waits.keys()]) end(player)
    },
  }

  function end(player: string): void {
    for (const cancel of waits.get(player) ?? []) cancel()
    waits.delete(player)
    late.delete(player)
  }
}
