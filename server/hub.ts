import { ROUTES } from '../protocol/http.ts'
import type { Message } from '../protocol/message.ts'
import { cleanName } from '../protocol/name.ts'
import { createMemoryBus } from './bus/memory.ts'
import { createMemoryParties } from './bus/memory-parties.ts'
import { createMemoryWhereabouts } from './bus/memory-whereabouts.ts'
import { createArticle, GREETING } from './compat/article.ts'
import { createGodot } from './compat/godot.ts'
import { createJssocket } from './compat/jssocket.ts'
import { createTalo } from './compat/talo.ts'
import { createTaloApi, isTalos } from './compat/talo-api.ts'
import { createShapes } from './compat/talo-shapes.ts'
import { type ApiHead, type ApiRequest, createApi, isOurs } from './core/api/api.ts'
import { createFlusher } from './core/delivery/flusher.ts'
import { createDispatch } from './core/dispatch/dispatch.ts'
import { createGuesses } from './core/dispatch/guesses.ts'
import { createInside } from './core/room/inside.ts'
import { createLogic } from './core/room/logic.ts'
import { createNaming } from './core/room/naming.ts'
import { createPacketDesk } from './core/room/packets-desk.ts'
import { createPacketSender } from './core/room/packets-sending.ts'
import type { RoomKind } from './core/room/room.ts'
import { createRooms } from './core/room/rooms.ts'
import { createSeating } from './core/room/seating.ts'
import { createTimers } from './core/room/timers.ts'
import type { Endpoint } from './core/session/dialect.ts'
import type { Session } from './core/session/session.ts'
import {
  createSessions,
  type PlayerObserver,
  type SessionObserver,
} from './core/session/sessions.ts'
import { createTicks } from './core/state/tick.ts'
import { encode } from './core/wire/frame.ts'
import { limitsOf, ratesOf } from './core/wire/limits.ts'
import { Refusal } from './core/wire/refusal.ts'
import { createBackends } from './features/backends.ts'
import { createBans } from './features/bans.ts'
import { createChannels } from './features/channels.ts'
import { createChannelsRoutes } from './features/channels-routes.ts'
import { createEvents } from './features/events.ts'
import { createFriends } from './features/friends.ts'
import { createFunctions } from './features/functions.ts'
import { createIntercom } from './features/intercom.ts'
import { createKeys, requireScope } from './features/keys.ts'
import { createMatchmaking } from './features/matchmaking.ts'
import { createNotify } from './features/notify.ts'
import { createOpen } from './features/open.ts'
import { createPackets } from './features/packets.ts'
import { createParties } from './features/parties.ts'
import { createPlayers, type Players } from './features/players.ts'
import { createPlayersRoutes } from './features/players-routes.ts'
import { createPresence } from './features/presence.ts'
import { createProfiles } from './features/profiles.ts'
import { createQueries } from './features/queries.ts'
import { createRelays } from './features/relay.ts'
import { createRoomFeature } from './features/rooms.ts'
import { createSearchesRoutes } from './features/searches-routes.ts'
import { createConnections } from './features/session.ts'
import { createStates } from './features/state.ts'
import { kindOf } from './game/opening.ts'
import { plazaOf } from './game/plaza.ts'
import { createGate, type Gate } from './gate.ts'
import { checkOptions, checkQueues, type HubOptions } from './options.ts'
import { addressesRound, createRounds, pruneRound, type Round } from './rounds.ts'
import { createDirectStore } from './store/direct.ts'
import { createWorld } from './world.ts'

/** What a running server holds just now. */
export interface Stats {
  readonly connections: number
  readonly sessions: number
  readonly away: number
  readonly rooms: number
}

/** What the hub knows of a feature. */
interface Feature {
  /** Of the messages of its table. */
  readonly handlers?: object
  /** Of the HTTP API. */
  readonly routes?: object
  readonly observer?: SessionObserver
  readonly players?: PlayerObserver
  readonly endpoints?: readonly Endpoint[]
  readonly rounds?: readonly Round[]
  close?(): void
}

/** A server without a socket: takes transports in. The only place where features are wired. */
export function createHub(options: HubOptions = {}) {
  checkOptions(options)
  const world = options.world ?? createWorld(options.log ? { log: options.log } : {})
  const limits = limitsOf(options.limits)
  const rates = options.rates === false ? false : ratesOf(options.rates)
  const { requireTicket = false, dev = false } = options
  const observers: SessionObserver[] = []
  const playerObservers: PlayerObserver[] = []
  const kinds: RoomKind[] = []

  const flusher = createFlusher(world.soon, limits.queue_bytes_total)
  const sessions = createSessions(world, flusher, limits, rates, observers)
  const ticks = createTicks(world)
  const rooms = createRooms(world, limits)
  const inside = createInside(world)
  const seating = createSeating({
    ...{ world, limits, rooms },
    isBackend: (session) => backends.has(session),
    tellLatest: (room, session) => events.tellLatest(room, session),
  })
  // What waits for a game's code ends with the server.
  const waits = createTimers(world)
  const waiting = { ...world, after: waits.after }
  const logic = createLogic({ world: waiting, limits })
  const guesses = createGuesses(rates, waiting)
  const store = options.store ?? createDirectStore(world.log)
  const sender = createPacketSender(options.packets)
  const { resolve } = rooms
  const core = [
    { observer: rooms.observer, players: rooms.playerObserver, close: rooms.close },
    seating,
    { close: waits.close },
    { rounds: [addressesRound(guesses.sweep, sessions.sweep), pruneRound(world, store, limits)] },
  ] as const

  const intercom = createIntercom({
    world,
    bus: options.bus ?? createMemoryBus(),
    node: options.node ?? (options.bus ? world.random.text(6) : 'alone'),
    handlers: options.intercom ?? {},
  })
  const keys = createKeys({
    ...{ world, store, guesses, ticket_ms: limits.ticket_ms },
    end: (session) => gate.expel(session, 'access key revoked'),
  })
  const bans = createBans({
    ...{ world, store },
    here: () => [...new Set([...players.ids(), ...rooms.players()])],
    sessionsOf: (player) => [
      ...players.sessionsOf(player),
      ...players.arriving(player).map(({ session }) => session),
    ],
    unseat: rooms.expel,
    end: (session) => gate.expel(session, 'banned'),
  })
  const { change, rename } = createProfiles({
    ...{ world, limits, store },
    renamed: (player, name) => players.renamed(player, name),
  })
  const players: Players = createPlayers({
    ...{ world, store, guesses, requireTicket, change, rename },
    grant: (session, access) => keys.grant(session, access),
    refuseBanned: bans.refuse,
    isBackend: (session) => backends.has(session),
    judge: (session, token) => backends.judge(session, token),
    observers: playerObservers,
    most: limits.sessions_each,
    supersede(session) {
      matchmaking.quit(session)
      sessions.retire(session)
    },
  })
  const backends = createBackends({
    ...{ world, limits, guesses, sessionOf: sessions.get, become: players.become },
    isSeated: (session) => rooms.of(session).size > 0,
    ...{ secret: options.backendSecret, dev },
  })
  const { sessionsOf, arriving, upgraded } = players
  const { token_ms } = limits
  const channels = createChannels({
    ...{ world, limits, store, sessionsOf, arriving },
    ...{ charge: guesses.newCall },
    ...{ requireStorage: guesses.requireStorage, useStorage: guesses.useStorage },
  })
  const article = createArticle({ log: world.log, greeting: options.greeting })
  const jssocket = createJssocket({
    ...{ log: world.log, message_bytes: limits.jssocket_bytes, sessionOf: sessions.get },
    ...{ admit: backends.admit, isBackend: backends.has },
  })
  const notify = createNotify({
    ...{ all: sessions.all, sessionOf: sessions.get, sessionsOf },
    membersOf: rooms.sessionsIn,
    listenersOf: channels.listenersOf,
    textOf: jssocket.textOf,
    isBackend: backends.has,
    hears(session) {
      if (!isAdmitted(session)) return false
      return !session.conversation || backends.has(session) || jssocket.isClient(session)
    },
    openTo: (session) => (jssocket.isClient(session) ? jssocket.clients : undefined),
  })
  const nameFor = createNaming(world, cleanName)
  const states = createStates({ world, limits, resolve })
  const seats = createRoomFeature({
    ...{ world, limits, rooms, seating, kinds, guesses, cleanName, nameFor, knows: states.knows },
  })
  const matchmaking = createMatchmaking({
    ...{ world, limits, rooms, seating, kinds, nameFor },
    queues: options.queues ?? {},
    isBackend: (session) => backends.has(session),
    led: (session) => parties.led(session),
    sessionOf: (player) => parties.sessionOf(player),
  })
  const parties = createParties({
    ...{ world, limits, rooms, seating, guesses, nameFor, sessionsOf },
    parties: options.parties ?? createMemoryParties(),
    changed: matchmaking.partyChanged,
    rematch: matchmaking.rematch,
  })
  const friends = createFriends({
    ...{ world, limits, store, sessionsOf, arriving },
    ...{ requireStorage: guesses.requireStorage, useStorage: guesses.useStorage },
    changed: (player, other, standing) => presence.bonded(player, other, standing),
  })
  const presence = createPresence({
    ...{ limits, sessionsOf, friendsOf: friends.friendsOf },
    whereabouts: options.whereabouts ?? createMemoryWhereabouts(),
  })
  const packets = createPackets({
    ...{ world: waiting, limits, sender, packets: options.packets, dev, resolve, logic },
  })
  const relays = createRelays({
    ...{ world, limits, rooms },
    makeRoom: (maker, making) =>
      seats.made(making, 'relay.open.make', backends.has(maker) ? undefined : maker),
    mayBeDedicated: (session) => dev || backends.has(session),
  })
  const connection = createConnections({
    ...{ world, limits, rates, sessions, seatsOf: seats.seatsOf, claims: states.claims },
    packets: options.packets?.hash ?? null,
  })
  const events = createEvents({ limits, resolve, logic, roomsOf: rooms.of })
  const shapes = createShapes(store)
  const hosts = { now: world.now, untilHost: rooms.untilHost }
  const features = [
    ...core,
    connection,
    channels,
    players,
    keys,
    bans,
    backends,
    notify,
    seats,
    matchmaking,
    parties,
    friends,
    presence,
    events,
    createQueries({ ...hosts, resolve, logic }),
    createFunctions({ ...hosts, resolve, logic }),
    packets,
    relays,
    states,
    intercom,
    { routes: createPlayersRoutes({ world, store, token_ms, cleanName, change, upgraded }) },
    { routes: createChannelsRoutes({ limits, store, channels }) },
    { routes: createSearchesRoutes({ ...matchmaking, most: limits.data_bytes }) },
    { endpoints: options.endpoints ?? [] },
    jssocket,
    article,
    createGodot(),
    { endpoints: [createTalo({ shapes, admit: players.admit })] },
  ] as const satisfies readonly Feature[]
  const all: readonly Feature[] = features
  observers.push(...all.flatMap(({ observer }) => observer ?? []))
  playerObservers.push(...all.flatMap((feature) => feature.players ?? []))
  const house = {
    ...{ rooms, world, ticks, inside, intercom: intercom.ask, openState: states.open },
    packets: sender,
  }
  const { plaza = true } = options
  if (plaza) kinds.push(kindOf('plaza', plazaOf(world, plaza === true ? {} : plaza), house))
  const defined = Object.entries(options.rooms ?? {})
  const isOpen = options.open ?? (defined.length === 0 && (options.kinds ?? []).length === 0)
  if (isOpen) kinds.push(createOpen({ limits, ticks, openState: states.open }).kind)
  for (const [name, definition] of defined) kinds.push(kindOf(name, definition, house))
  kinds.push(...(options.kinds ?? []))
  checkQueues(options.queues ?? {}, kinds)

  const { receive, say } = createDispatch({
    ...{ world, limits, permit, checkReplies: dev },
    handlers: { ...joined(features, 'handlers'), ...options.handlers },
    numeric: article.numeric,
    confirmReset: connection.confirmReset,
    acknowledge: connection.acknowledge,
    binary: {
      ...relays.binary,
      ...states.binary,
      ...(packets.wire && { packet: packets.wire.read }),
    },
    packets: packets.wire,
  })
  const own = { ...joined(features, 'routes'), ...options.routes }
  const calls = {
    ...{ world, limits, authenticate: keys.authenticate, permit: requireScope },
    ...{ charge: guesses.newCall, checkReplies: dev },
  }
  const taloApi = createTaloApi({
    ...{ api: calls, limits, store, shapes, own },
    member: channels.member,
  })
  const api = createApi({ ...calls, routes: ROUTES, handlers: own })
  const gate: Gate = createGate({
    ...{ world, limits, sessions, flusher, receive, say, acknowledge: connection.acknowledge },
    endpoints: all.flatMap(({ endpoints }) => endpoints ?? []),
    welcome(session, token) {
      if (options.greeting) session.send(encode(GREETING, 'socket'))
      if (session.connection) connection.welcome(session, token)
    },
    identify_ms: limits.identify_ms || (requireTicket ? limits.ticketless_ms : 0),
    isIdentified: (session) =>
      backends.has(session) ||
      (limits.identify_ms > 0 ? session.player !== null : session.access !== null),
    isSeated: (session) => rooms.of(session).size > 0 || relays.isPeer(session),
  })
  const rounds = createRounds(
    world,
    [gate, ...all].flatMap((one: Feature) => one.rounds ?? []),
  )

  return {
    world,
    limits,
    accept: gate.accept,
    frameBytes: gate.frameBytes,
    forget: gate.forget,
    /** Whether a request is a call of the HTTP API: ours, or Talo's. */
    isCall: (head: ApiHead) => isOurs(head) || isTalos(head),
    /** Answers a call of the HTTP API. */
    api: (request: ApiRequest) => (isTalos(request) ? taloApi(request) : api(request)),
    rooms: { create: seats.make },
    intercom: intercom.ask,
    notify: notify.server,
    uncaught: inside.uncaught,
    packets: createPacketDesk({ sender, sessions, rooms, sessionsOf, anonymous: notify.anonymous }),
    stats: (): Stats => ({
      connections: gate.size,
      sessions: sessions.size,
      away: sessions.away,
      rooms: rooms.size,
    }),
    close(): void {
      rounds.close()
      sessions.close()
      for (const feature of [...all].reverse()) feature.close?.()
      gate.close()
      ticks.close()
      // One that was handed in is closed by whoever opened it.
      if (!options.store) void store.close()
    },
  }

  /** Whether a session may do more than say who it is. */
  function isAdmitted(session: Session): boolean {
    return !requireTicket || session.access !== null || backends.has(session)
  }

  function permit(session: Session, { open }: Message): void {
    if (!open && !isAdmitted(session)) throw new Refusal('TICKET_REQUIRED')
  }
}

type Joined<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer A) => void
  ? A
  : never

/** What the features have of one sort, as one table; its type says what is not there. */
const joined = <const F extends readonly Feature[], K extends 'handlers' | 'routes'>(
  features: F,
  sort: K,
) =>
  Object.assign({}, ...features.map((feature) => feature[sort] ?? {})) as Joined<
    Extract<F[number], { readonly [S in K]: object }>[K]
  >
