import type { Limits } from '../wire/limits.ts'
import { Refusal } from '../wire/refusal.ts'

/** Whose doing a room is. */
export interface Maker {
  readonly player: { readonly id: string } | null
  readonly address: string
}

/** Who has made which rooms, as long as they are there; those of the server's own making are nobody's. */
export function createMakers<R>({ rooms_made, rooms_address }: Limits) {
  const byPlayer = createTally()
  const byAddress = createTally()
  const makers = new Map<R, { readonly player: string | undefined; readonly address: string }>()

  return {
    refuseTooMany({ player, address }: Maker): void {
      if (player && byPlayer.of(player.id) >= rooms_made)
        throw tooMany(`this player has made ${rooms_made}`)
      if (byAddress.of(address) >= rooms_address)
        throw tooMany(`this address has made ${rooms_address}`)
    },

    made(room: R, { player, address }: Maker): void {
      makers.set(room, { player: player?.id, address })
      byPlayer.change(player?.id, 1)
      byAddress.change(address, 1)
    },

    gone(room: R): void {
      const maker = makers.get(room)
      if (!maker) return
      makers.delete(room)
      byPlayer.change(maker.player, -1)
      byAddress.change(maker.address, -1)
    },
  }
}

const tooMany = (who: string) => new Refusal('TOO_MANY_ROOMS', `${who} rooms that are there still`)

function createTally() {
  const counts = new Map<string, number>()
  return {
    of: (key: string): number => counts.get(key) ?? 0,
    change(key: string | undefined, by: number): void {
      if (key === undefined) return
      const count = (counts.get(key) ?? 0) + by
      if (count > 0) counts.set(key, count)
      else counts.delete(key)
    },
  }
}
