import type { plaza } from '../../protocol/plaza-state.ts'
import type { Network, Room } from '../../web-client/client.ts'

/** A room of the plaza's kind, whoever has taken the seat. */
export const plazaIn = (room: Room) => room as unknown as Room<typeof plaza> // as its kind says

/** The plaza that somebody sits in. */
export function plazaOf({ rooms }: Network) {
  const [room] = rooms.all.values()
  if (!room) throw new Error('expected a seat in a plaza')
  return plazaIn(room)
}

/** Puts our own figure somewhere, as soon as the room has told of it. */
export async function stand(network: Network, x: number, y: number): Promise<void> {
  const { you, state } = plazaOf(network)
  const { players } = state
  const put = () => players.mine && Object.assign(players.mine, { x, y })
  if (put()) return
  await new Promise<void>((resolve) => {
    const off = players.on('added', ({ owner }) => {
      if (owner !== you) return
      off()
      put()
      resolve()
    })
  })
}

/** Resolves once we see a member, by its number, at a place. */
export function seen(network: Network, member: number, [x, y]: readonly [number, number]) {
  const { players } = plazaOf(network).state
  const isThere = () => {
    const row = players.of(member)
    return row?.x === x && row.y === y
  }
  return new Promise<void>((resolve) => {
    if (isThere()) return resolve()
    const off = players.on('changed', () => {
      if (!isThere()) return
      off()
      resolve()
    })
  })
}
