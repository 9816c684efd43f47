import { PLAZA } from '../../protocol/plaza.ts'
import type { plaza } from '../../protocol/plaza-state.ts'
import { defineState, fixed, table } from '../../protocol/state.ts'
import type { Network, Room } from '../../web-client/client.ts'

/** A room of the plaza's kind, whoever has taken the seat. */
export const plazaIn = (room: Room) => room as unknown as Room<typeof plaza> // as its kind says

/** The plaza that somebody sits in. */
export function plazaOf({ rooms }: Network) {
  const [room] = rooms.all.values()
  if (!room) throw new Error('expected a seat in a plaza')
  return plazaIn(room)
}

/** Tables without rules, for rooms of the kind `open` in which positions are looked at. */
export const field = defineState({
  players: table(
    { x: fixed(0, 1_600, 0.1), y: fixed(0, 1_600, 0.1) },
    { rows: 'members', write: 'owner' },
  ),
})

/** Resolves once the room has told of our own row. */
export async function rowOf(network: Network): Promise<void> {
  const { players } = plazaOf(network).state
  while (!players.mine) await once(players, 'added')
}

/** Our own figure goes so far, from where it is; before it is there, nowhere. */
export function stroll(network: Network, far: number, down = 0): readonly [number, number] {
  const { mine } = plazaOf(network).state.players
  if (!mine) return [0, 0]
  const to = { x: inside(mine.x + far, PLAZA.width), y: inside(mine.y + down, PLAZA.height) }
  Object.assign(mine, to)
  return [to.x, to.y]
}

/** Our own figure goes to a place, as fast as the plaza lets anybody; resolves once it stays there. */
export async function stand(network: Network, x: number, y: number): Promise<void> {
  const { players, round } = plazaOf(network).state
  await rowOf(network)
  for (let { mine } = players; mine && (mine.x !== x || mine.y !== y); { mine } = players) {
    const part = Math.min(1, PLAZA.speed / Math.hypot(x - mine.x, y - mine.y))
    const [far, down] = [(x - mine.x) * part, (y - mine.y) * part]
    Object.assign(mine, { x: tenths(mine.x + far), y: tenths(mine.y + down) })
    await once(round, 'changed') // a second at most: what was too far is corrected by then
  }
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

const once = (
  table: { on(what: 'added' | 'changed', listener: () => void): () => void },
  what: 'added' | 'changed',
) =>
  new Promise<void>((resolve) => {
    const off = table.on(what, () => {
      off()
      resolve()
    })
  })

const inside = (value: number, extent: number) => tenths(Math.min(Math.max(value, 0), extent))
const tenths = (value: number) => Math.round(value * 10) / 10
