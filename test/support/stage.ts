import type { Test } from 'tap'
import { Connection, type Transport } from '../../server/core/connection.ts'
import { type AllHandlers, createDispatch } from '../../server/core/dispatch.ts'
import { type Limits, limitsOf, type Rates, ratesOf } from '../../server/core/limits.ts'
import { createFlusher } from '../../server/core/outbox.ts'
import type { RoomKind } from '../../server/core/room.ts'
import type { Session } from '../../server/core/session.ts'
import { createSessions, type SessionObserver } from '../../server/core/sessions.ts'
import { createTick } from '../../server/core/tick.ts'
import { createConnections } from '../../server/features/connection.ts'
import { createEvents } from '../../server/features/events.ts'
import { cleanName, createPlayers } from '../../server/features/players.ts'
import { createPlaza } from '../../server/features/plaza.ts'
import { createRooms, type Rooms } from '../../server/features/rooms.ts'
import { connect, type Network } from '../../web-client/client.ts'
import { openRaw, type RawClient } from './client.ts'
import { type Clock, createClock, createTestWorld, type LogLine } from './clock.ts'
import { memoryWebSocket } from './memory.ts'

export interface StageOptions {
  /** The kinds of room there are, beside the plaza. */
  readonly kinds?: readonly RoomKind[]
  /** Replace the features’ own. */
  readonly handlers?: Partial<AllHandlers>
  readonly limits?: Partial<Limits>
  readonly rates?: Partial<Rates> | false
}

export interface Stage {
  readonly clock: Clock
  readonly lines: readonly LogLine[]
  readonly rooms: Rooms
  raw(): Promise<RawClient>
  connect(): Promise<Network>
}

/** A hub in memory whose kinds of room and handlers are the test’s own. */
export function stage(t: Test, { kinds = [], handlers = {}, ...rest }: StageOptions = {}): Stage {
  const clock = createClock()
  const world = createTestWorld(clock)
  const limits = limitsOf(rest.limits)
  const rates = rest.rates === false ? false : ratesOf(rest.rates)
  const observers: SessionObserver[] = []
  const sessions = createSessions(world, createFlusher(world.soon), limits, rates, observers)
  const tick = createTick(world, 50)
  const players = createPlayers({ world, limits })
  const all: RoomKind[] = [...kinds]
  const rooms = createRooms({ world, limits, kinds: all, cleanName })
  const plaza = createPlaza({ world, tick, resolve: rooms.resolve })
  const events = createEvents({ resolve: rooms.resolve })
  const snapshot = (session: Session) => {
    const seats = rooms.seatPages(session, session.receiveBytes)
    return [{ player: session.player ? { ...session.player } : null, rooms: seats, more: false }]
  }
  const connections = createConnections({ world, limits, sessions, snapshot })
  all.push(plaza.kind)
  observers.push(rooms.observer)
  const received = createDispatch({
    world,
    limits,
    handlers: {
      ...connections.handlers,
      ...players.handlers,
      ...rooms.handlers,
      ...events.handlers,
      ...plaza.handlers,
      ...handlers,
    },
    numeric: ({ session }, { type }) => ({ type, session: session?.id }),
    confirmReset: connections.confirmReset,
    acknowledge: connections.acknowledge,
    checkReplies: true,
  })
  const Socket = memoryWebSocket({
    accept(transport: Transport) {
      const connection = new Connection(transport, world, limits, {
        received,
        dropped: sessions.drop,
        slow: sessions.dropSlow,
      })
      const opened = sessions.open(connection)
      if (opened) connections.welcome(connection, opened.token)
      return connection
    },
    forget: () => {},
  })
  const open: { close(): void }[] = []
  t.teardown(() => {
    for (const client of open) client.close()
  })

  return {
    clock,
    lines: world.lines,
    rooms,
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
