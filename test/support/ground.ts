import { PLAZA, type Point, stood, walk, wayTo } from '../../protocol/plaza.ts'
import type { plaza } from '../../protocol/plaza-state.ts'
import { defineState, fixed, table } from '../../protocol/state.ts'
import type { Network, Room } from '../../web-client/client.ts'

/** A room of the plaza's kind, whoever has taken the seat. */
export const plazaIn = (room: Room) => room as unknown as Plaza // as its kind says

type Plaza = Room<typeof plaza>

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

/** Our own figure goes so far, from where it is going; before it is there, nowhere. */
export function stroll(network: Network, far: number, down = 0): readonly [number, number] {
  const room = plazaOf(network)
  const { mine } = room.state.players
  if (!mine) return [0, 0]
  const { x, y } = goals.get(room) ?? mine
  const to = stood({ x: x + far, y: y + down })
  head(network, to)
  return [to.x, to.y]
}

/** Our own figure goes to a place, as fast as the plaza lets anybody; resolves once it stays there. */
export async function stand(network: Network, x: number, y: number): Promise<void> {
  await rowOf(network)
  head(network, { x, y })
  await seen(network, plazaOf(network).you, [x, y])
}

/** Our own figure goes there from now on, in ticks of its own. */
export function head(network: Network, to: Point): void {
  const room = plazaOf(network)
  const isNew = !goals.has(room)
  goals.set(room, stood(to))
  if (isNew) {
    room.predict('players', walk)
    room.on('sampling', () => steer(room))
  }
  steer(room)
}

/** Where somebody goes to, or went. */
const goals = new WeakMap<Plaza, Point>()

function steer(room: Plaza): void {
  const [{ mine }, goal] = [room.state.players, goals.get(room)]
  if (!mine || !goal) return
  const { predicted = mine } = mine
  const hasCome = [mine, predicted].every(({ x, y }) => x === goal.x && y === goal.y)
  if (hasCome) room.rest()
  else room.input(wayTo(predicted, goal, PLAZA.tick_ms / 1_000))
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
