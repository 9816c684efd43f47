import { existsSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { ROUTES } from '../protocol/http.ts'
import { type LagOptions, lagOf, lagText } from '../protocol/lag.ts'
import type { Json } from '../protocol/schema.ts'
import { createMemoryBus } from './bus/memory.ts'
import { createArticle, GREETING } from './compat/article.ts'
import { createJssocket } from './compat/jssocket.ts'
import { createTalo } from './compat/talo.ts'
import { createTaloApi, isTalos } from './compat/talo-api.ts'
import { createShapes } from './compat/talo-shapes.ts'
import { type ApiRequest, createApi } from './core/api/api.ts'
import { createFlusher } from './core/delivery/flusher.ts'
import { createDispatch } from './core/dispatch/dispatch.ts'
import { createGuesses } from './core/dispatch/guesses.ts'
import type { AskNodes } from './core/nodes/bus.ts'
import { createPacketDesk, type PacketDesk } from './core/room/packets-desk.ts'
import { createPacketSender } from './core/room/packets-sending.ts'
import type { RoomKind, Wishes } from './core/room/room.ts'
import { createRooms } from './core/room/rooms.ts'
import { createSeating, type Seat } from './core/room/seating.ts'
import {
  Connection,
  type ConnectionEvents,
  LATE_MS,
  type Transport,
} from './core/session/connection.ts'
import { Conversation } from './core/session/conversation.ts'
import { type Dialect, type Endpoint, type Upgrade, upgradeOf } from './core/session/dialect.ts'
import type { Player, Session } from './core/session/session.ts'
import {
  createSessions,
  type PlayerObserver,
  type SessionObserver,
} from './core/session/sessions.ts'
import { createSweep } from './core/session/sweep.ts'
import { createTicks } from './core/state/tick.ts'
import { encode, type Outgoing, push } from './core/wire/frame.ts'
import { limitsOf, ratesOf } from './core/wire/limits.ts'
import { Refusal } from './core/wire/refusal.ts'
import { createBackends } from './features/backends.ts'
import { createBans } from './features/bans.ts'
import { createChannels } from './features/channels.ts'
import { createChannelsRoutes } from './features/channels-routes.ts'
import { createConnections } from './features/connection.ts'
import { createEvents } from './features/events.ts'
import { createFunctions } from './features/functions.ts'
import { createIntercom } from './features/intercom.ts'
import { createKeys, requireScope } from './features/keys.ts'
import { createNotify } from './features/notify.ts'
import { createPackets } from './features/packets.ts'
import { cleanName, createPlayers, type Players } from './features/players.ts'
import { createPlayersRoutes } from './features/players-routes.ts'
import { createPlaza } from './features/plaza.ts'
import { createQueries } from './features/queries.ts'
import { createRoomFeature } from './features/rooms.ts'
import { kindOf } from './game/definition.ts'
import { checkOptions, type HubOptions, SERVER_OPTIONS, type ServerOptions } from './options.ts'
import { createDirectStore } from './store/direct.ts'
import { IN_MEMORY, openStore } from './store/store.ts'
import { createApiListener } from './transport/api.ts'
import { createHttp } from './transport/http.ts'
import { createLaggingDoor, type Door } from './transport/lag.ts'
import { originsOf } from './transport/origins.ts'
import { createOwn } from './transport/own.ts'
import { createSockets } from './transport/socket.ts'
import { createWorld, type World } from './world.ts'

export { createMemoryBus } from './bus/memory.ts'
export type { AskNodes, Bus, IntercomAnswer, Node } from './core/nodes/bus.ts'
export type { Limits, Rates } from './core/wire/limits.ts'
export {
  defineRoom,
  type Entrant,
  type GameRoom,
  type RoomDefinition,
  type RoomGroup,
  type RoomMember,
  type Said,
} from './game/definition.ts'
export * from './game/packets.ts'
export type { HubOptions, ServerOptions } from './options.ts'
export { Refusal }

/** What a running server holds just now. */
export interface Stats {
  readonly connections: number
  readonly sessions: number
  readonly away: number
  readonly rooms: number
}

/** How many sessions were notified, those away included. */
export interface Notified {
  readonly delivered: number
}

export interface GameServer {
  readonly host: string
  readonly port: number
  readonly rooms: {
    /** Makes an empty room of a kind, which goes unless somebody comes in time; returns its code. */
    create(kind: string, wishes?: Wishes): string
  }
  /** Asks all nodes of the bus, this one included; an entry each, whatever happens to them. */
  readonly intercom: AskNodes
  /**
   * Notifies one session by its id, a group (as `notify.group` in PROTOCOL.md), or everybody; says
   * how many that were. Throws a Refusal: INVALID_TARGET where that is nobody, INVALID_MESSAGE_DATA.
   */
  notifyClient(target: string, data: Json): Notified
  notifyGroup(target: string, data: Json): Notified
  notifyAll(data: Json): Notified
  readonly packets: PacketDesk
  stats(): Stats
  /** Says 4000 to every client and stops listening; resolves when every socket is gone. */
  close(): Promise<void>
}

const SWEEP_MS = 1_000
/** Often enough that a revoked key is noticed within a second. */
const KEYS_MS = 500
const PRUNE_MS = 3_600_000
/** What needs no ticket: it brings one, or stands for more. */
const IDENTIFYING: readonly string[] = ['player.identify', 'backend.connect']

/** A server without a socket: takes transports in. The only place where features are wired. */
export function createHub(options: HubOptions = {}) {
  checkOptions(options)
  const world = options.world ?? createWorld(options.log ? { log: options.log } : {})
  const limits = limitsOf(options.limits)
  const rates = options.rates === false ? false : ratesOf(options.rates)
  const connections = new Set<Connection>()
  const perAddress = new Map<string, number>()

  const observers: SessionObserver[] = []
  const playerObservers: PlayerObserver[] = []
  const flusher = createFlusher(world.soon, limits.queue_bytes_total)
  const sessions = createSessions(world, flusher, limits, rates, observers)
  const ticks = createTicks(world)
  const kinds: RoomKind[] = []
  const rooms = createRooms(world, limits)
  const intercom = createIntercom({
    world,
    bus: options.bus ?? createMemoryBus(),
    node: options.node ?? (options.bus ? world.random.text(6) : 'alone'),
    handlers: options.intercom ?? {},
  })
  const guesses = createGuesses(rates, world.now)
  const store = options.store ?? createDirectStore(world.log)
  const { requireTicket = false } = options
  const keys = createKeys({
    ...{ world, store, guesses, ticket_ms: limits.ticket_ms },
    end: (session) => expel(session, 'access key revoked'),
  })
  const bans = createBans({
    ...{ world, store },
    sessionsOf: (player) => [
      ...players.sessionsOf(player),
      ...players.arriving(player).map(({ session }) => session),
    ],
    end: (session) => expel(session, 'banned'),
  })
  const players: Players = createPlayers({
    ...{ world, limits, store, guesses, requireTicket },
    grant: (session, access) => keys.grant(session, access),
    refuseBanned: bans.refuse,
    judge: (session, token) => backends.judge(session, token),
    observers: playerObservers,
  })
  const backends = createBackends({
    ...{ world, limits, guesses, sessionOf: sessions.get, become: players.become },
    ...{ secret: options.backendSecret, dev: options.dev ?? false },
  })
  const { sessionsOf, arriving } = players
  const channels = createChannels({ world, limits, store, sessionsOf, arriving })
  const notify = createNotify({
    ...{ all: sessions.all, sessionOf: sessions.get, sessionsOf: players.sessionsOf },
    membersOf: rooms.sessionsIn,
    listenersOf: channels.listenersOf,
    isBackend: backends.has,
    hears(session) {
      if (requireTicket && !session.access && !backends.has(session)) return false
      return !session.conversation || backends.has(session) || jssocket.isClient(session)
    },
    openTo: (session) => (jssocket.isClient(session) ? jssocket.clients : undefined),
  })
  const jssocket = createJssocket({ admit: backends.admit, isBackend: backends.has })
  const seating = createSeating({ world, limits, rooms })
  const seats = createRoomFeature({ world, limits, rooms, seating, kinds, guesses, cleanName })
  const queries = createQueries({ resolve: rooms.resolve })
  const functions = createFunctions({ now: world.now, resolve: rooms.resolve })
  const plaza = createPlaza({ world, ticks, resolve: rooms.resolve })
  const events = createEvents({ resolve: rooms.resolve })
  const sender = createPacketSender(options.packets)
  const packets = createPackets({
    ...{ world, limits, sender, packets: options.packets, dev: options.dev ?? false },
    resolve: rooms.resolve,
  })
  const hash = options.packets?.hash ?? null
  const connection = createConnections({ world, limits, sessions, snapshot, packets: hash })
  if (options.plaza ?? true) kinds.push(plaza.kind)
  for (const [name, definition] of Object.entries(options.rooms ?? {}))
    kinds.push(kindOf(name, definition, { rooms, world, intercom: intercom.ask, packets: sender }))
  kinds.push(...(options.kinds ?? []))
  observers.push(rooms.observer, seating.observer, channels.observer, players.observer)
  observers.push(keys.observer, backends.observer, notify.observer, jssocket.observer)
  playerObservers.push(rooms.playerObserver, notify.playerObserver, channels.playerObserver)

  const receive = createDispatch({
    world,
    limits,
    handlers: {
      ...connection.handlers,
      ...players.handlers,
      ...seats.handlers,
      ...events.handlers,
      ...queries.handlers,
      ...functions.handlers,
      ...channels.handlers,
      ...notify.handlers,
      ...backends.handlers,
      ...packets.handlers,
      ...plaza.handlers,
      ...options.handlers,
    },
    numeric: createArticle(world.log),
    confirmReset: connection.confirmReset,
    acknowledge: connection.acknowledge,
    permit(session, type) {
      const isKnown = session.access !== null || backends.has(session)
      if (requireTicket && !isKnown && !IDENTIFYING.includes(type))
        throw new Refusal('TICKET_REQUIRED')
    },
    binary: packets.wire ? { packet: packets.wire.read } : {},
    packets: packets.wire,
    checkReplies: options.dev ?? false,
  })
  const { token_ms } = limits
  const { change, upgraded } = players
  const own = {
    ...keys.routes,
    ...bans.routes,
    ...createPlayersRoutes({ world, store, token_ms, cleanName, change, upgraded }),
    ...createChannelsRoutes({ limits, store, channels }),
    ...notify.routes,
    ...options.routes,
  }
  const calls = {
    ...{ world, limits, authenticate: keys.authenticate, permit: requireScope },
    ...{ charge: guesses.newCall, checkReplies: options.dev ?? false },
  }
  const shapes = createShapes(store)
  const talo = createTalo({ shapes, admit: players.admit })
  const taloApi = createTaloApi({ api: calls, store, shapes, own, member: channels.member })
  const api = createApi({ ...calls, routes: ROUTES, handlers: own })
  /** Where other contracts than ours are spoken; the first that matches is it. */
  const endpoints: readonly Endpoint[] = [...(options.endpoints ?? []), jssocket.endpoint, talo]
  const connectionEvents: ConnectionEvents = {
    received: receive,
    dropped: sessions.drop,
    slow: sessions.dropSlow,
  }
  const sweeping = createSweep(world, connections, look)
  let sweptAt = world.now()
  let wasBlocked = false
  const stopSweeping = world.every(SWEEP_MS, sweep)
  const stopPruning = world.every(PRUNE_MS, prune)
  const stopChecking = world.every(KEYS_MS, checkKeys)

  return {
    world,
    limits,
    accept,
    /** Answers a call of the HTTP API. */
    api: (request: ApiRequest) => (isTalos(request) ? taloApi(request) : api(request)),
    /** The socket of this connection is gone. */
    forget,
    rooms: { create: seats.make },
    intercom: intercom.ask,
    notify: notify.server,
    packets: createPacketDesk({ sender, sessions, rooms, sessionsOf: players.sessionsOf }),
    stats: (): Stats => ({
      connections: connections.size,
      sessions: sessions.size,
      away: sessions.away,
      rooms: rooms.size,
    }),
    close(): void {
      stopSweeping()
      sweeping.close()
      stopPruning()
      stopChecking()
      sessions.close()
      rooms.close()
      intercom.close()
      for (const one of connections) one.close(4000)
      ticks.close()
      // One that was handed in is closed by whoever opened it.
      if (!options.store) void store.close()
    },
  }

  function accept(transport: Transport, upgrade = upgradeOf('/')): Connection | undefined {
    const { address } = transport
    const dialect = endpoints.find(({ matches }) => matches(upgrade))?.dialect
    if (!dialect && upgrade.path !== '/') {
      transport.close(4100, `no endpoint at ${upgrade.path.slice(0, 64)}; connect to /`)
      return undefined
    }
    const opened = new Connection(transport, world, limits, connectionEvents)
    const open = perAddress.get(address) ?? 0
    const session = open < limits.connections ? sessions.open(opened) : undefined
    if (!session) {
      world.log.warn({ address, open }, 'too many connections')
      const code = dialect?.closing(4105) ?? 4105
      transport.close(code, 'too many connections or sessions from this address')
      return undefined
    }
    connections.add(opened)
    perAddress.set(address, open + 1)
    world.log.info({ session: session.session.id, address }, 'Client connected')
    if (dialect) converse(session.session, dialect, upgrade)
    else welcome(session)
    return opened
  }

  /** At the native endpoint the server speaks first. */
  function welcome({ session, token }: { session: Session; token: string }): void {
    if (options.greeting) session.send(encode(GREETING, 'socket'))
    if (session.connection) connection.welcome(session, token)
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

  function forget(closed: Connection): void {
    if (!connections.delete(closed)) return
    const open = (perAddress.get(closed.address) ?? 1) - 1
    if (open > 0) perAddress.set(closed.address, open)
    else perAddress.delete(closed.address)
    world.log.info({ address: closed.address }, 'Client disconnected')
  }

  function sweep(): void {
    const now = world.now()
    wasBlocked = now - sweptAt > SWEEP_MS + LATE_MS
    sweptAt = now
    guesses.sweep()
    sweeping.begin()
  }

  function look(one: Connection): void {
    if (wasBlocked) one.forgive()
    one.sweep()
    const { session } = one
    if (!session) return
    connection.acknowledge(session)
    const deadline = limits.identify_ms || (requireTicket ? limits.ticketless_ms : 0)
    const isLate = deadline > 0 && world.now() - one.openedAt > deadline
    const isKnown = limits.identify_ms > 0 ? session.player : session.access
    if (isLate && !isKnown && !backends.has(session)) one.close(4104)
  }

  function checkKeys(): void {
    keys.check().catch((error: unknown) => {
      world.log.error({ err: error }, 'keys not checked')
    })
  }

  /** Forgets what is too old to keep. */
  function prune(): void {
    const at = world.date()
    const before = {
      messages_before: at - limits.channel_message_ms,
      guests_before: at - limits.guest_ms,
    }
    store.run('prune', { at, ...before }).catch((error: unknown) => {
      world.log.error({ err: error }, 'pruning failed')
    })
  }

  function snapshot(session: Session): Iterator<Outgoing> {
    const player = session.player ? { ...session.player } : null
    const seated = seats.seatsOf(session, session.receiveBytes - PLAYER_BYTES)
    return snapshotPages(player, seated)
  }

  function* snapshotPages(player: Player | null, seated: readonly Iterable<Seat>[]) {
    const page = (rooms: readonly Seat[], more: boolean) =>
      push('session.snapshot', { player, rooms, more })
    if (seated.length === 0) yield page([], false)
    for (const [index, pages] of seated.entries())
      for (const seat of pages) yield page([seat], seat.more || index < seated.length - 1)
  }
}

/** What a snapshot says beside its seats. */
const PLAYER_BYTES = 300

/** How long a client may take over the head of a request, or over agreeing on TLS. */
const HEAD_MS = 10_000
/** How long it may take over a whole request. */
const REQUEST_MS = 30_000
const PATIENCE = { headersTimeout: HEAD_MS, requestTimeout: REQUEST_MS }
/** How long requests that are still being answered may hold up a stop. */
const STRAGGLERS_MS = 3_000

/** Starts a server and resolves once it listens; rejects with the socket's error if it cannot. */
export async function createServer(options: ServerOptions = {}): Promise<GameServer> {
  checkOptions(options)
  const world = options.world ?? createWorld(options.log ? { log: options.log } : {})
  const { data = IN_MEMORY, trustProxy = SERVER_OPTIONS.trustProxy.default } = options
  const origins = options.origins && originsOf(options.origins)
  const { storage_calls } = limitsOf(options.limits)
  const store = options.store ?? (await openStore(data, world, storage_calls))
  const hub = createHub({ ...options, world, store })
  const { page = builtPage() } = options
  const { port = SERVER_OPTIONS.port.default, host = SERVER_OPTIONS.host.default } = options
  const api = createApiListener({ world, api: hub.api, trustProxy })
  const own = options.onRequest && createOwn(options.onRequest, hub.intercom, world)
  const listener = createHttp(page, api, own)
  const http = options.tls
    ? createHttpsServer({ ...options.tls, ...PATIENCE, handshakeTimeout: HEAD_MS }, listener)
    : createHttpServer(PATIENCE, listener)
  const late = options.lag && openLate(hub, options.lag, world)
  const { accept, forget } = late ?? hub
  const sockets = createSockets({
    ...{ http, limits: hub.limits, log: world.log, origins, trustProxy },
    ...{ accept, forget },
  })
  try {
    await new Promise<void>((resolve, reject) => {
      http.once('error', reject)
      http.listen(port, host === 'localhost' ? '127.0.0.1' : host, resolve)
    })
  } catch (error) {
    hub.close()
    if (!options.store) await store.close()
    throw error
  }
  const address = http.address() as AddressInfo
  return {
    host: address.address,
    port: address.port,
    rooms: hub.rooms,
    intercom: hub.intercom,
    notifyClient: hub.notify.client,
    notifyGroup: hub.notify.group,
    notifyAll: hub.notify.all,
    packets: hub.packets,
    stats: hub.stats,
    async close() {
      hub.close()
      late?.close()
      sockets.close()
      const closed = new Promise<void>((resolve) => http.close(() => resolve()))
      http.closeIdleConnections()
      const cancel = hub.world.after(STRAGGLERS_MS, () => http.closeAllConnections())
      await closed
      cancel()
      if (!options.store) await store.close()
    },
  }
}

/** Says so, with the seed by which the same can be had again. */
function openLate(door: Door, options: LagOptions, world: World) {
  const lag = lagOf(options, () => world.random.below(SEEDS))
  world.log.warn({ lag }, lagText(lag))
  return createLaggingDoor(door, lag, world)
}

const SEEDS = 2 ** 32

/** Beside the compiled server, or in `dist` when it runs from its source. */
function builtPage(): string {
  const beside = fileURLToPath(new URL('../page', import.meta.url))
  return existsSync(beside) ? beside : fileURLToPath(new URL('../dist/page', import.meta.url))
}
