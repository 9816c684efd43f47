import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Connection, type Transport } from '../../server/core/session/connection.ts'
import type { Upgrade } from '../../server/core/session/dialect.ts'
import type { Limits } from '../../server/core/wire/limits.ts'
import { createHub, type RoomDefinition, type Stats } from '../../server/server.ts'
import { createSockets } from '../../server/transport/socket.ts'
import { createTurns } from '../../server/transport/turns.ts'
import type { Log } from '../../server/world.ts'
import type { WebSocketConstructor } from '../../web-client/link.ts'
import type { Any } from './client.ts'
import { type Clock, createClock, createTestWorld } from './clock.ts'
import { type MemorySocket, memoryWebSocket } from './memory.ts'
import { KINDS } from './walk-rules.ts'
import { NodeSocket, type Over } from './world.ts'

/** Sees what arrives at a server, in the order in which it arrives, right after it was handled. */
export interface Witness {
  /** A connection was welcomed with a session of its own. */
  opened(session: string): void
  received(session: string, message: Any): void
  /** What the session said before is settled, and what it said since has been handled. */
  released(session: string): void
  /** The connection that carried the session is gone. */
  closed(session: string, code: number): void
}

/** A server that one can look into. */
export interface Host {
  readonly url: string
  readonly Socket: WebSocketConstructor
  readonly clock: Clock
  /** The codes of rooms made and not taken note of yet. */
  readonly codes: string[]
  /** How many rooms it ever made. */
  readonly made: number
  /** What it logged as a warning or worse. */
  readonly problems: unknown[]
  /** Connections, sessions and rooms there were, unless nothing holds them any more. */
  readonly remains: WeakRef<object>[]
  witness: Witness | undefined
  make(kind: string): string
  stats(): Stats
  close(): Promise<void>
}

const PULSE_MS = 7_000
/** Time passes in leaps, in which nobody can answer a ping. */
const HEARTBEAT_MS = 3_600_000

export async function openHost(over: Over, limits: Partial<Limits>, random: number): Promise<Host> {
  const clock = createClock()
  let made = 0
  const codes: string[] = []
  const problems: unknown[] = []
  const sockets: MemorySocket[] = []
  const remains: WeakRef<object>[] = []
  const world = {
    ...createTestWorld(clock, random),
    log: listening(problems, (code) => {
      made++
      codes.push(code)
    }),
  }
  const rooms = Object.fromEntries(
    Object.entries(KINDS).map(([name, kind]) => [name, observed(kind, remains)]),
  )
  const hub = createHub({
    ...{ dev: true, rates: false, world, rooms },
    limits: { ...limits, heartbeat_ms: HEARTBEAT_MS, seated_heartbeat_ms: HEARTBEAT_MS },
  })
  const accept = (transport: Transport, upgrade?: Upgrade) => {
    sockets.length = 0
    const connection = hub.accept(transport, upgrade)
    return connection instanceof Connection ? watched(connection, host) : connection
  }
  const { forget } = hub
  const host: Host = {
    ...{ url: 'memory:', Socket: memoryWebSocket({ accept, forget }, sockets) },
    get made() {
      return made
    },
    ...{ clock, codes, problems, remains, witness: undefined },
    make: (kind) => hub.rooms.create(kind),
    stats: hub.stats,
    close: async () => hub.close(),
  }
  if (over === 'memory') return host

  const http = createHttpServer()
  const server = createSockets({
    ...{ http, limits: hub.limits, frameBytes: hub.frameBytes },
    turns: createTurns(hub.world, hub.limits.turn_ms),
    ...{ accept, forget },
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  return Object.assign(host, {
    url: `ws://127.0.0.1:${port}`,
    Socket: NodeSocket,
    async close() {
      hub.close()
      server.close()
      await new Promise((resolve) => http.close(resolve))
    },
  })
}

/** A kind whose rooms have a pulse, a timer that has to end with them. */
const observed = (
  kind: RoomDefinition<undefined>,
  remains: WeakRef<object>[],
): RoomDefinition<unknown> => ({
  ...kind,
  onCreate(room) {
    remains.push(new WeakRef(room))
    room.every(PULSE_MS, () => {})
  },
})

function listening(problems: unknown[], created: (code: string) => void): Log {
  const ignore = () => {}
  const problem = (fields: unknown, text?: unknown) => void problems.push([text, fields])
  const info = ({ room }: Any, text?: unknown) => {
    if (text === 'room created') created(room)
  }
  return { trace: ignore, debug: ignore, info, warn: problem, error: problem }
}

/** Tells the host’s witness what comes in on a connection that carries a session. */
function watched(connection: Connection, host: Host): Connection {
  const receive = connection.receive.bind(connection)
  const closed = connection.closed.bind(connection)
  const { session } = connection
  host.remains.push(new WeakRef(connection))
  if (session) host.remains.push(new WeakRef(session))
  if (session) {
    const release = session.hold.release.bind(session.hold)
    session.hold.release = () => {
      release()
      host.witness?.released(session.id)
    }
    host.witness?.opened(session.id)
  }
  connection.receive = (bytes, isBinary) => {
    const { session } = connection
    receive(bytes, isBinary)
    if (session) host.witness?.received(session.id, JSON.parse(bytes.toString()))
  }
  connection.closed = (code) => {
    const { session } = connection
    closed(code)
    if (session) host.witness?.closed(session.id, code)
  }
  return connection
}
