import { createHash } from 'node:crypto'
import { MAX_NAME, type players as playersTable } from '../../protocol/players.ts'
import type { HandlersOf } from '../core/dispatch.ts'
import type { Limits } from '../core/limits.ts'
import { Refusal } from '../core/refusal.ts'
import type { Player } from '../core/session.ts'
import type { World } from '../world.ts'

/** Players: for now guests, remembered as long as the server runs. */
export function createPlayers({ world, limits }: { world: World; limits: Limits }) {
  const guests = new Map<string, Player>()

  const handlers: HandlersOf<(typeof playersTable)['messages']> = {
    'player.identify'({ session }, { guest_key, name }) {
      const found = guest_key === undefined ? undefined : recall(guest_key)
      if (session.player && session.player !== found) throw new Refusal('ALREADY_IDENTIFIED')
      const { player, key } = found ? { player: found, key: undefined } : create()
      if (name !== undefined) player.name = cleanName(name) || player.name
      session.player = player
      world.log.info({ session: session.id, player: player.id }, 'player identified')
      return { player: { ...player }, ...(key !== undefined && { guest_key: key }) }
    },
  }

  /** The guest with this key, now the one seen last. */
  function recall(key: string): Player {
    const keyHash = hash(key)
    const player = guests.get(keyHash)
    if (!player) throw new Refusal('INVALID_GUEST_KEY')
    guests.delete(keyHash)
    guests.set(keyHash, player)
    return player
  }

  function create(): { player: Player; key: string } {
    const key = world.random.text(24)
    const player = {
      id: world.random.text(12),
      guest: true,
      name: `Guest ${1 + world.random.below(9999)}`,
    }
    guests.set(hash(key), player)
    if (guests.size > limits.guests) guests.delete(guests.keys().next().value ?? '')
    return { player, key }
  }

  return { handlers }
}

/** Control and formatting characters out, white space folded; may be empty. */
export const cleanName = (name: string): string =>
  name
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_NAME)
    .replace(/[\p{Cs}\s]+$/u, '')

const hash = (key: string) => createHash('sha256').update(key).digest('base64url')
