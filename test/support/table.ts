import type { Test } from 'tap'
import { MOST_TIMER_MS } from '../../protocol/limits.ts'
import { defineRoom, type HubOptions, type RoomDefinition } from '../../server/server.ts'
import type { Any, RawClient } from './client.ts'
import { stage } from './stage.ts'

/* A room that says what its hooks hear, and players at it. */

type Definition = RoomDefinition<unknown>

/** A kind of room that writes down what its hooks are called for, and thinks when asked to. */
export function duel(options: Partial<Definition> = {}) {
  const calls: string[] = []
  const waiting: (() => void)[] = []
  const told =
    (what: string) =>
    (_: unknown, { number, session }: { number: number; session: string }) =>
      void calls.push(`${what} ${number} ${session}`)
  const kind = defineRoom<unknown>({
    capacity: 3,
    namespaces: ['duel'],
    onJoin(_, { data }) {
      calls.push('onJoin')
      if (data !== 'slow') return { asked: data ?? null }
      return new Promise((resolve) => waiting.push(() => resolve({ asked: 'slow' })))
    },
    onJoined: told('onJoined'),
    onAway: told('onAway'),
    onBack: told('onBack'),
    onLeave: (_, { number }, reason) => void calls.push(`onLeave ${number} ${reason}`),
    ...options,
  })
  return { kind, calls, waiting }
}

/** A stage with a duel, and players who come and go. */
export function scene(t: Test, options: Partial<Definition> = {}, hub: HubOptions = {}) {
  const { kind, calls, waiting } = duel(options)
  const on = stage(t, { rooms: { duel: kind }, limits: { heartbeat_ms: MOST_TIMER_MS }, ...hub })
  return {
    ...on,
    calls,
    waiting,
    /** A client of this player's, or of a new one. */
    async player(guest_key?: string) {
      const client = await on.raw()
      const { data } = await client.ask('player.identify', guest_key ? { guest_key } : {})
      return Object.assign(client, {
        key: (data.guest_key ?? guest_key) as string,
        id: data.player.id as string,
        session: client.welcome.session as string,
      })
    },
  }
}

export const create = async (client: RawClient, data: object = {}) =>
  (await client.ask('room.create', { kind: 'duel', ...data })).data.room?.code as string

export const join = (client: RawClient, code: string, more: object = {}) =>
  client.ask('room.join', { code, ...more })

/** What a client was told of a room since, without its own answers. */
export const told = (client: RawClient, from = 0) =>
  client.seen
    .slice(from)
    .filter(({ type, re }) => `${type}`.startsWith('room.') && re === undefined)

export const types = (client: RawClient, from = 0) => told(client, from).map(({ type }) => type)

export const seats = (members: readonly Any[]) =>
  members.map(({ number, session, role, away }) => [number, session, role, away])

/** A host and somebody who sits beside it. */
export async function table(t: Test, options: Partial<Definition> = {}, hub: HubOptions = {}) {
  const here = scene(t, options, hub)
  const [host, ada] = [await here.player(), await here.player()]
  const code = await create(host)
  await join(ada, code, { name: 'Ada', data: { suit: 'red' } })
  await host.settled()
  return { ...here, host, ada, code }
}
