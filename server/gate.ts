import {
  Connection,
  type ConnectionEvents,
  type Received,
  type Transport,
} from './core/session/connection.ts'
import { Conversation } from './core/session/conversation.ts'
import { type Dialect, type Endpoint, type Upgrade, upgradeOf } from './core/session/dialect.ts'
import type { Session } from './core/session/session.ts'
import type { Sessions } from './core/session/sessions.ts'
import type { Limits } from './core/wire/limits.ts'
import { type Round, sweepOf } from './rounds.ts'
import type { World } from './world.ts'

export interface GateOptions {
  readonly world: World
  readonly limits: Limits
  readonly sessions: Sessions
  /** Where other contracts than ours are spoken; the first that matches is it. */
  readonly endpoints: readonly Endpoint[]
  readonly receive: Received
  /** At the native endpoint the server speaks first. */
  readonly welcome: (session: Session, token: string) => void
  /** Tells a client what has come, if it should be told. */
  readonly acknowledge: (session: Session) => void
  /** Within so many ms a session has to be identified; 0 for ever. */
  readonly identify_ms: number
  readonly isIdentified: (session: Session) => boolean
}

export type Gate = ReturnType<typeof createGate>

/** Who comes in, and who goes. */
export function createGate(options: GateOptions) {
  const { world, limits, sessions, endpoints, welcome, acknowledge } = options
  const { identify_ms, isIdentified } = options
  const connections = new Set<Connection>()
  const perAddress = new Map<string, number>()
  const events: ConnectionEvents = {
    received: options.receive,
    dropped: sessions.drop,
    slow: sessions.dropSlow,
  }
  const rounds: readonly Round[] = [sweepOf(world, connections, look)]

  return {
    rounds,
    accept,
    expel,
    forget,
    get size() {
      return connections.size
    },
    /** Says goodbye to everybody. */
    close(): void {
      for (const one of connections) one.close(4000)
    },
  }

  function accept(transport: Transport, upgrade = upgradeOf('/')): Connection | undefined {
    const { address } = transport
    const dialect = endpoints.find(({ matches }) => matches(upgrade))?.dialect
    if (!dialect && upgrade.path !== '/') {
      transport.close(4100, `no endpoint at ${upgrade.path.slice(0, 64)}; connect to /`)
      return undefined
    }
    const opened = new Connection(transport, world, limits, events)
    const open = perAddress.get(address) ?? 0
    const begun = open < limits.connections ? sessions.open(opened) : undefined
    if (!begun) {
      world.log.warn({ address, open }, 'too many connections')
      const code = dialect?.closing(4105) ?? 4105
      transport.close(code, 'too many connections or sessions from this address')
      return undefined
    }
    connections.add(opened)
    perAddress.set(address, open + 1)
    const { session, token } = begun
    world.log.info({ session: session.id, address }, 'Client connected')
    if (dialect) converse(session, dialect, upgrade)
    else welcome(session, token)
    return opened
  }

  function converse(session: Session, dialect: Dialect, upgrade: Upgrade): void {
    const conversation = new Conversation(dialect, session, limits, world.log)
    // It never rejects: what fails closes the connection.
    void conversation.open(upgrade)
  }

  /** The session ends, and cannot come back. */
  function expel(session: Session, why: string): void {
    session.connection?.close(4102, why)
    sessions.end(session)
  }

  /** The socket of this connection is gone. */
  function forget(closed: Connection): void {
    if (!connections.delete(closed)) return
    const open = (perAddress.get(closed.address) ?? 1) - 1
    if (open > 0) perAddress.set(closed.address, open)
    else perAddress.delete(closed.address)
    world.log.info({ address: closed.address }, 'Client disconnected')
  }

  function look(one: Connection, wasBlocked: boolean): void {
    if (wasBlocked) one.forgive()
    one.sweep()
    const { session } = one
    if (!session) return
    acknowledge(session)
    const isLate = identify_ms > 0 && world.now() - one.openedAt > identify_ms
    if (isLate && !isIdentified(session)) one.close(4104)
  }
}
