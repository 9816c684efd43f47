import { CLOSES } from '../protocol/errors.ts'
import type { Flusher } from './core/delivery/flusher.ts'
import {
  Connection,
  type ConnectionEvents,
  type Received,
  type Transport,
} from './core/session/connection.ts'
import { conversing, type Say } from './core/session/conversation.ts'
import { type Dialect, type Endpoint, type Upgrade, upgradeOf } from './core/session/dialect.ts'
import type { Session } from './core/session/session.ts'
import type { Sessions } from './core/session/sessions.ts'
import type { Limits } from './core/wire/limits.ts'
import { type Round, sweepOf } from './rounds.ts'
import { claimIn, type Ear, TOO_MANY, Unproven } from './unproven.ts'
import type { World } from './world.ts'

export interface GateOptions {
  readonly world: World
  readonly limits: Limits
  readonly sessions: Sessions
  /** Where other contracts than ours are spoken; the first that matches is it. */
  readonly endpoints: readonly Endpoint[]
  readonly flusher: Flusher
  readonly receive: Received
  /** The way in of what a client of an endpoint said in no frame. */
  readonly say: Say
  /** At the native endpoint the server speaks first. */
  readonly welcome: (session: Session, token: string) => void
  /** Tells a client what has come, if it should be told. */
  readonly acknowledge: (session: Session) => void
  /** Within so many ms a session has to be identified; 0 for ever. */
  readonly identify_ms: number
  readonly isIdentified: (session: Session) => boolean
  /** Whether others see it in a room, so that its silence matters sooner. */
  readonly isSeated: (session: Session) => boolean
}

export type Gate = ReturnType<typeof createGate>

/** Who comes in, and who goes. */
export function createGate(options: GateOptions) {
  const { world, limits, sessions, welcome, acknowledge } = options
  const { identify_ms, isIdentified, isSeated } = options
  const endpoints = options.endpoints.map((endpoint) => ({
    ...endpoint,
    converse: conversing(endpoint, limits, world.log, options.flusher, options.say),
  }))
  const connections = new Set<Connection>()
  const open = createTally()
  /** Beside these, those that may yet prove a claim, and those that they have replaced. */
  const beside = new Set<Beside>()
  const besides = createTally()
  const events: ConnectionEvents = {
    received: options.receive,
    dropped: sessions.drop,
    slow: sessions.dropSlow,
  }
  const rounds: readonly Round[] = [
    sweepOf(world, connections, look),
    sweepOf(world, beside, refuseLate),
  ]

  return {
    rounds,
    accept,
    /** How large a frame the socket of such a request may take. */
    frameBytes: (upgrade: Upgrade) => endpointAt(upgrade)?.message_bytes ?? limits.frame_bytes,
    expel,
    forget,
    get size() {
      return connections.size
    },
    /** Says goodbye to everybody. */
    close(): void {
      for (const one of connections) one.close(4000)
      for (const one of beside) if (one instanceof Unproven) one.refuse(4000, CLOSES[4000].doc)
    },
  }

  function endpointAt(upgrade: Upgrade) {
    return endpoints.find(({ matches }) => matches(upgrade))
  }

  function accept(transport: Transport, upgrade = upgradeOf('/')): Ear | undefined {
    const { address } = transport
    const endpoint = endpointAt(upgrade)
    if (!endpoint && upgrade.path !== '/') {
      transport.close(4100, `no endpoint at ${upgrade.path.slice(0, 64)}; connect to /`)
      return undefined
    }
    const opened = new Connection(transport, world, limits, events)
    const begun = open.of(address) < limits.connections ? sessions.open(opened) : undefined
    if (!begun) return acceptUnproven(transport, endpoint?.dialect)
    enter(opened, connections, open)
    const { session, token } = begun
    world.log.info({ session: session.id, address }, 'Client connected')
    // It never rejects: what fails closes the connection.
    if (endpoint) void endpoint.converse(session).open(upgrade)
    else welcome(session, token)
    return opened
  }

  /** Whoever is to replace a connection that is there may say so, as its place is not one more. */
  function acceptUnproven(transport: Transport, dialect?: Dialect): Unproven | undefined {
    const { address } = transport
    if (dialect || besides.of(address) >= limits.unproven) {
      world.log.warn({ address, open: open.of(address) }, 'too many connections')
      transport.close(dialect?.closing(4105) ?? 4105, TOO_MANY)
      return undefined
    }
    const one: Unproven = new Unproven(transport, world.now(), (claim, isBinary) =>
      prove(one, transport, claim, isBinary),
    )
    enter<Beside>(one, beside, besides)
    return one
  }

  /** Its connection, where the session that it claims leaves a place for it. */
  function prove(one: Unproven, transport: Transport, claim: Buffer, isBinary: boolean) {
    const { address } = transport
    const said = claimIn(claim)
    const session = said && sessions.living(said.token, said.fresh ?? false)
    const carrier = session?.connection
    const replaced = carrier instanceof Connection ? carrier : undefined
    const isSwap = replaced?.address === address && connections.has(replaced)
    if (!session || !(isSwap || open.of(address) < limits.connections)) return undefined
    const opened = new Connection(transport, world, limits, events)
    const own = sessions.openSpare(opened)
    if (said?.fresh) welcome(own.session, own.token)
    opened.receive(claim, isBinary)
    const judge = () => {
      if (opened.session === session) return admit(one, opened, isSwap ? replaced : undefined)
      sessions.dismiss(own.session)
      return undefined
    }
    if (!opened.isPaused) return judge()
    opened.onGoingOn = () => judge() ?? one.disprove()
    return opened
  }

  /** It has shown that it replaces another, which is there for a while yet. */
  function admit(one: Unproven, opened: Connection, replaced: Connection | undefined): Connection {
    const isThere = replaced !== undefined && leave(replaced, connections, open)
    leave(one, beside, besides)
    if (isThere) enter<Beside>(replaced, beside, besides)
    enter(opened, connections, open)
    world.log.info({ session: opened.session?.id, address: opened.address }, 'Client connected')
    return opened
  }

  /** The session ends, and cannot come back. */
  function expel(session: Session, why: string): void {
    session.connection?.close(4102, why)
    sessions.end(session)
  }

  /** The socket of this connection is gone. */
  function forget(ear: Ear): void {
    const gone = ear instanceof Unproven ? (ear.connection ?? ear) : (ear as Connection)
    const isGone = leave(gone, connections, open) || leave(gone, beside, besides)
    if (ear instanceof Unproven) leave(ear, beside, besides)
    if (isGone && gone instanceof Connection)
      world.log.info({ address: gone.address }, 'Client disconnected')
  }

  function refuseLate(one: Beside): void {
    const isLate = world.now() - one.openedAt > limits.unproven_ms
    if (isLate && one instanceof Unproven) one.refuse()
  }

  function look(one: Connection, wasBlocked: boolean): void {
    if (wasBlocked) one.forgive()
    const { session } = one
    if (!session) return
    one.sweep(isSeated(session) ? limits.seated_heartbeat_ms : limits.heartbeat_ms)
    if (!one.session) return
    acknowledge(session)
    const isLate = identify_ms > 0 && world.now() - one.openedAt > identify_ms
    if (isLate && !isIdentified(session)) one.close(4104)
  }
}

type Beside = Unproven | Connection

/** How many there are of each address. */
interface Tally {
  of(address: string): number
  change(address: string, by: number): void
}

function createTally(): Tally {
  const counts = new Map<string, number>()
  return {
    of: (address) => counts.get(address) ?? 0,
    change(address, by) {
      const count = (counts.get(address) ?? 0) + by
      if (count > 0) counts.set(address, count)
      else counts.delete(address)
    },
  }
}

function enter<T extends Beside>(one: T, all: Set<T>, tally: Tally): void {
  all.add(one)
  tally.change(one.address, 1)
}

/** False where it was not among them. */
function leave(one: Beside, all: { delete(one: Beside): boolean }, tally: Tally): boolean {
  if (!all.delete(one)) return false
  tally.change(one.address, -1)
  return true
}
