import { existsSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { ROUTES } from '../protocol/http.ts'
import type { PacketSet } from '../protocol/packet.ts'
import type { Json } from '../protocol/schema.ts'
import { createMemoryBus } from './bus/memory.ts'
import { createArticle, GREETING } from './compat/article.ts'
import { createJssocket } from './compat/jssocket.ts'
import { createTalo } from './compat/talo.ts'
import { createTaloApi, isTalos } from './compat/talo-api.ts'
import { createShapes } from './compat/talo-shapes.ts'
import { type ApiRequest, createApi, type RouteHandlers } from './core/api.ts'
import type { AskNodes, Bus } from './core/bus.ts'
import { Connection, type ConnectionEvents, type Transport } from './core/connection.ts'
import { Conversation } from './core/conversation.ts'
import { type Dialect, type Endpoint, type Upgrade, upgradeOf } from './core/dialect.ts'
import { type AllHandlers, createDispatch } from './core/dispatch.ts'
import { encode } from './core/frame.ts'
import { createGuesses } from './core/guesses.ts'
import type { RoomKind } from './core/kind.ts'
import { type Limits, limitsOf, type Rates, ratesOf } from './core/limits.ts'
import { createFlusher } from './core/outbox.ts'
import { createPacketDesk, type PacketDesk } from './core/packets-desk.ts'
import { createPacketSender, type PacketContext } from './core/packets-sending.ts'
import { Refusal } from './core/refusal.ts'
import type { Wishes } from './core/room.ts'
import { createRooms } from './core/rooms.ts'
import { createSeating } from './core/seating.ts'
import type { Session } from './core/session.ts'
import { createSessions, type SessionObserver } from './core/sessions.ts'
import type { Store } from './core/store.ts'
import { createTick } from './core/tick.ts'
import { kindOf, type RoomDefinition } from './definition.ts'
import { createBackends } from './features/backends.ts'
import { createBans } from './features/bans.ts'
import { createChannels } from './features/channels.ts'
import { createChannelsRoutes } from './features/channels-routes.ts'
import { createConnections, type Snapshot } from './features/connection.ts'
import { createEvents } from './features/events.ts'
import { createFunctions } from './features/functions.ts'
import { createIntercom, type IntercomHandlers } from './features/intercom.ts'
import { createKeys, requireScope } from './features/keys.ts'
import { createNotify } from './features/notify.ts'
import { createPackets } from './features/packets.ts'
import { cleanName, createPlayers, type Players } from './features/players.ts'
import { createPlayersRoutes } from './features/players-routes.ts'
import { createPlaza } from './features/plaza.ts'
import { createQueries } from './features/queries.ts'
import { createRoomFeature } from './features/rooms.ts'
import { createDirectStore } from './store/direct.ts'
import { IN_MEMORY, openStore } from './store/store.ts'
import { createApiListener } from './transport/api.ts'
import type { Certificate } from './transport/certificate.ts'
import { createHttp } from './transport/http.ts'
import { readOrigins } from './transport/origins.ts'
import { createOwn, type OnRequest } from './transport/own.ts'
import { createSockets } from './transport/socket.ts'
import { createWorld, type Log, type World } from './world.ts'

export { createMemoryBus } from './bus/memory.ts'
export type { AskNodes, Bus, IntercomAnswer, Node } from './core/bus.ts'
export type { Limits, Rates } from './core/limits.ts'
export {
  defineRoom,
  type Entrant,
  type GameRoom,
  type RoomDefinition,
  type RoomGroup,
  type RoomMember,
  type Said,
} from './definition.ts'
export * from './packets.ts'
export { Refusal }

export interface HubOptions {
  /** Overrides of the limits that PROTOCOL.md lists. */
  readonly limits?: Partial<Limits>
  /** Overrides of the message rates; false lifts them all. */
  readonly rates?: Partial<Rates> | false
  /** Says the article's greeting before `welcome`. */
  readonly greeting?: boolean
  /** Opens what production keeps shut, and checks every reply against the tables. */
  readonly dev?: boolean
  /** A pino logger or alike; silent unless given. */
  readonly log?: Log
  /** Time and chance; the real ones unless given. */
  readonly world?: World
  /** The game's packets, with what the server adds to them: definePackets and acceptPackets. */
  readonly packets?: PacketSet<PacketContext>
  /** Kinds of room beside the plaza, by name. */
  readonly rooms?: Readonly<Record<string, RoomDefinition<unknown>>>
  /** Whether there is a plaza, the kind of room that the demo meets in (true). */
  readonly plaza?: boolean
  /** Whether every session needs a ticket, by `player.identify`, before anything else (false). */
  readonly requireTicket?: boolean
  /**
   * The bcrypt hash of the secret that backends prove themselves with, as it is or in hex. Without
   * it nobody is a backend; with `dev`, whoever knows jssocket's default, 12345678.
   */
  readonly backendSecret?: string | undefined
  /** What keeps players and channels; in memory unless given. */
  readonly store?: Store
  /** Kinds of room in the server's own terms. */
  readonly kinds?: readonly RoomKind[]
  /** What several server processes ask each other over; alone unless given. */
  readonly bus?: Bus
  /** This process's name on the bus; chance makes one unless given. */
  readonly node?: string
  /** What this node answers, by name, when it or another asks all nodes by `intercom`. */
  readonly intercom?: IntercomHandlers
  /** Endpoints beside those the server has; they come first. */
  readonly endpoints?: readonly Endpoint[]
  /** Handlers in place of the features' own. */
  readonly handlers?: Partial<AllHandlers>
  /** Handlers of the HTTP API in place of the features' own. */
  readonly routes?: Partial<RouteHandlers<typeof ROUTES>>
}

export interface ServerOptions extends HubOptions {
  /** 1234 unless given; 0 takes a free one. */
  readonly port?: number
  /** The file that keeps players, keys and channels; made if it is not there. In memory unless given. */
  readonly data?: string
  /** 0.0.0.0 unless given. */
  readonly host?: string
  /** Serves wss and https in place of ws and http. */
  readonly tls?: Certificate
  /** The origins whose pages may connect, such as `https://play.example.org`; all unless given. */
  readonly origins?: readonly string[]
  /** Whether a proxy in front says, by X-Forwarded-For, whose address it is (false). */
  readonly trustProxy?: boolean
  /** The folder served at `/`; the built demo unless given. */
  readonly page?: string
  /** Sees every HTTP request outside `/v1` and `/healthz` first; true when it answers it itself. */
  readonly onRequest?: OnRequest
}

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

const TICK_MS = 50
const SWEEP_MS = 1_000
/** Often enough that a revoked key is noticed within a second. */
const KEYS_MS = 500
const PRUNE_MS = 3_600_000
/** What needs no ticket: it brings one, or stands for more. */
const IDENTIFYING: readonly string[] = ['player.identify', 'backend.connect']

/** A server without a socket: takes transports in. The only place where features are wired. */
export function createHub(options: HubOptions = {}) {
  const world = options.world ?? createWorld(options.log ? { log: options.log } : {})
  const limits = limitsOf(options.limits)
  const rates = options.rates === false ? false : ratesOf(options.rates)
  const connections = new Set<Connection>()
  const perAddress = new Map<string, number>()

  const observers: SessionObserver[] = []
  const sessions = createSessions(world, createFlusher(world.soon), limits, rates, observers)
  const tick = createTick(world, TICK_MS)
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
    prepare: (arrival) => channels.prepare(arrival),
    onIdentified: (session, player, alias) => notify.identified(session, player, alias),
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
    areOpen: (one, other) => jssocket.isClient(one) && jssocket.isClient(other),
  })
  const jssocket = createJssocket({ admit: backends.admit, isBackend: backends.has })
  const seating = createSeating({ world, limits, rooms })
  const seats = createRoomFeature({ world, limits, rooms, seating, kinds, guesses, cleanName })
  const queries = createQueries({ resolve: rooms.resolve })
  const functions = createFunctions({ now: world.now, resolve: rooms.resolve })
  const plaza = createPlaza({ world, tick, resolve: rooms.resolve })
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
  observers.push(keys.observer, backends.observer, notify.observer)

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
      stopPruning()
      stopChecking()
      sessions.close()
      rooms.close()
      intercom.close()
      for (const one of connections) one.close(4000)
      tick.close()
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
    if (options.greeting) session.send(encode(GREETING, 'connection'))
    if (session.connection) connection.welcome(session.connection, token)
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
    guesses.sweep()
    const deadline = limits.identify_ms || (requireTicket ? limits.ticketless_ms : 0)
    for (const one of connections) {
      one.sweep()
      const { session } = one
      if (!session) continue
      connection.acknowledge(session)
      const isLate = deadline > 0 && now - one.openedAt > deadline
      const isKnown = limits.identify_ms > 0 ? session.player : session.access
      if (isLate && !isKnown && !backends.has(session)) one.close(4104)
    }
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

  function snapshot(session: Session): Snapshot[] {
    const player = session.player ? { ...session.player } : null
    const own = seats.seatPages(session, session.receiveBytes - PLAYER_BYTES)
    if (own.length === 0) return [{ player, rooms: [], more: false }]
    return own.map((seat, index) => ({ player, rooms: [seat], more: index < own.length - 1 }))
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
  const world = options.world ?? createWorld(options.log ? { log: options.log } : {})
  const { data = IN_MEMORY, trustProxy = false } = options
  const origins = options.origins && readOrigins(options.origins.join())
  const { storage_calls } = limitsOf(options.limits)
  const store = options.store ?? (await openStore(data, world, storage_calls))
  const hub = createHub({ ...options, world, store })
  const { port = 1234, host = '0.0.0.0', page = builtPage() } = options
  const api = createApiListener({ world, api: hub.api, trustProxy })
  const own = options.onRequest && createOwn(options.onRequest, hub.intercom, world)
  const listener = createHttp(page, api, own)
  const http = options.tls
    ? createHttpsServer({ ...options.tls, ...PATIENCE, handshakeTimeout: HEAD_MS }, listener)
    : createHttpServer(PATIENCE, listener)
  const sockets = createSockets({
    ...{ http, limits: hub.limits, log: world.log, origins, trustProxy },
    accept: hub.accept,
    forget: hub.forget,
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

/** Beside the compiled server, or in `dist` when it runs from its source. */
function builtPage(): string {
  const beside = fileURLToPath(new URL('../page', import.meta.url))
  return existsSync(beside) ? beside : fileURLToPath(new URL('../dist/page', import.meta.url))
}
