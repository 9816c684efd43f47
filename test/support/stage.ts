import type { Test } from 'tap'
import type { RoomKind } from '../../server/core/room/room.ts'
import { createHub, type GameServer, type HubOptions } from '../../server/server.ts'
import { connect, type Network } from '../../web-client/client.ts'
import { openRaw, type RawClient } from './client.ts'
import { type Clock, createClock, createTestWorld, type LogLine } from './clock.ts'
import { memoryWebSocket } from './memory.ts'
import { UNHURRIED_MS } from './world.ts'

export interface Stage {
  readonly clock: Clock
  readonly lines: readonly LogLine[]
  readonly rooms: { readonly size: number; close(): void }
  /** Makes a room as the server itself does; its code. */
  readonly make: GameServer['rooms']['create']
  raw(): Promise<RawClient>
  connect(): Promise<Network>
}

/** A hub in memory whose kinds of room and handlers are the test’s own. */
export function stage(t: Test, options: HubOptions = {}): Stage {
  const clock = createClock()
  const world = createTestWorld(clock)
  const limits = { seated_heartbeat_ms: UNHURRIED_MS, ...options.limits }
  const hub = createHub({ dev: true, world, ...options, limits })
  const Socket = memoryWebSocket(hub)
  const open: { close(): void }[] = []
  t.teardown(() => {
    for (const client of open) client.close()
    hub.close()
  })

  return {
    clock,
    lines: world.lines,
    make: hub.rooms.create,
    rooms: {
      get size() {
        return hub.stats().rooms
      },
      close: hub.close,
    },
    async raw() {
      const client = await openRaw(Socket, 'memory:')
      open.push(client)
      return client
    },
    async connect() {
      const network = await connect('memory:', {
        WebSocket: Socket,
        timers: clock,
        backoff: () => 0,
      })
      open.push(network)
      return network
    },
  }
}

/** A kind of room that does nothing but what the test says. */
export const kindOf = (name: string, options: Partial<RoomKind> = {}): RoomKind => ({
  name,
  capacity: 8,
  namespaces: [name],
  linger_ms: 30_000,
  open: () => ({}),
  ...options,
})
