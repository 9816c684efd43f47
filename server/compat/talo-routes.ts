import { record } from '../../protocol/schema.ts'
import { TALO_ABSENT, TALO_CALLS } from '../../protocol/talo.ts'
import type { ServedHandlers } from '../core/api/api.ts'
import type { ServedRoutes } from '../core/api/routes.ts'
import { Refusal } from '../core/wire/refusal.ts'
import { channelRoutes, createTaloChannels, type TaloChannelsOptions } from './talo-channels.ts'
import { createTaloPlayers, playerRoutes, type TaloPlayersOptions } from './talo-players.ts'

export type TaloRoutesOptions = TaloChannelsOptions & TaloPlayersOptions

type Served = ServedRoutes[keyof ServedRoutes]

/** What is answered, which is all that the list of Talo's calls says is. */
const OFFERED: Readonly<Record<keyof typeof TALO_CALLS, Served>> = {
  ...playerRoutes,
  ...channelRoutes,
}

const named = <V>(table: object, value: (name: keyof ServedRoutes) => V) =>
  Object.fromEntries(
    Object.keys(table).map((name) => [name, value(name as keyof ServedRoutes)]),
  ) as Readonly<Record<keyof ServedRoutes, V>>

/** Of two that match, the first is meant: what is not there comes first, as it names no ids. */
export const TALO_ROUTES: ServedRoutes = {
  ...named(TALO_ABSENT, () => ({ lenient: true, params: record() })),
  ...named(TALO_CALLS, (name) => ({ ...TALO_CALLS[name as Name], ...OFFERED[name as Name] })),
}
type Name = keyof typeof TALO_CALLS

export function createTaloRoutes(options: TaloRoutesOptions): ServedHandlers<ServedRoutes> {
  const absent = named(TALO_ABSENT, (name) => async () => {
    throw new Refusal('UNKNOWN_ROUTE', `there is nothing at ${name}`)
  })
  const offered = { ...createTaloPlayers(options), ...createTaloChannels(options) }
  // Each gets what its own route has checked, of which a table of any routes knows nothing.
  return { ...absent, ...offered } as unknown as ServedHandlers<ServedRoutes>
}
