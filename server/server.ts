import { existsSync } from 'node:fs'
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { fileURLToPath } from 'node:url'
import { type LagOptions, lagOf, lagText } from '../protocol/lag.ts'
import type { Json } from '../protocol/schema.ts'
import type { AskNodes } from './core/nodes/bus.ts'
import type { PacketDesk } from './core/room/packets-desk.ts'
import type { Wishes } from './core/room/room.ts'
import { limitsOf } from './core/wire/limits.ts'
import { createSeldom } from './core/wire/seldom.ts'
import { createHub, type Stats } from './hub.ts'
import { checkOptions, SERVER_OPTIONS, type ServerOptions } from './options.ts'
import { openStore } from './store/store.ts'
import { type Addresses, addressesOf } from './transport/addresses.ts'
import { createApiListener, headOf } from './transport/api.ts'
import { watchCertificate } from './transport/certificate.ts'
import { watchDescriptors } from './transport/descriptors.ts'
import { createDownloads } from './transport/downloads.ts'
import { listenable } from './transport/host.ts'
import { createHttp } from './transport/http.ts'
import { createLaggingDoor, type Door } from './transport/lag.ts'
import { answerMisread } from './transport/misread.ts'
import { originsOf } from './transport/origins.ts'
import { createOwn } from './transport/own.ts'
import { createPage } from './transport/page.ts'
import { patienceOf } from './transport/patience.ts'
import { createSockets } from './transport/socket.ts'
import { createTurns } from './transport/turns.ts'
import { createWorld, type World } from './world.ts'

export {
  angle,
  choice,
  defineState,
  type Field,
  fixed,
  float,
  group,
  integer,
  json,
  near,
  quaternion,
  type RowOf,
  ref,
  type State,
  single,
  table,
  text,
  vec2,
  vec3,
} from '../protocol/state.ts'
export { createMemoryBus } from './bus/memory.ts'
export type { AskNodes, Bus, IntercomAnswer, Node } from './core/nodes/bus.ts'
export type { Step } from './core/state/tick.ts'
export type { Limits, Rates } from './core/wire/limits.ts'
export { Refusal } from './core/wire/refusal.ts'
export {
  defineRoom,
  type Entrant,
  type RoomDefinition,
  type Said,
  type StateWish,
} from './game/definition.ts'
export * from './game/packets.ts'
export { defineQueue, type QueueDefinition } from './game/queue.ts'
export type { RoomFunction, RoomQuery } from './game/registered.ts'
export type { GameRoom, RoomGroup, RoomMember } from './game/room.ts'
export * as shape from './game/shapes.ts'
export type { StateRow, StateTable, TablesIn } from './game/tables.ts'
export { createHub, type Stats } from './hub.ts'
export type { HubOptions, ServerOptions } from './options.ts'

/** How many sessions were notified, those away included. */
export interface Notified {
  readonly delivered: number
}

export interface GameServer {
  readonly host: string
  readonly port: number
  /** Where it is found, as its networks are now. */
  readonly addresses: Addresses
  readonly rooms: {
    /** Makes an empty room of a kind, which goes unless somebody comes in time; returns its code. */
    create(kind: string, wishes?: Wishes): string
  }
  /** Asks all nodes of the bus, this one included; an entry each, whatever happens to them. */
  readonly intercom: AskNodes
  /**
   * Notifies one session by its id, a group (as `notify.group` in MESSAGES.md), or everybody; says
   * how many that were. Throws a Refusal: INVALID_TARGET where that is nobody, INVALID_MESSAGE_DATA.
   */
  notifyClient(target: string, data: Json): Notified
  notifyGroup(target: string, data: Json): Notified
  notifyAll(data: Json): Notified
  readonly packets: PacketDesk
  stats(): Stats
  /**
   * For an application's own listeners of `unhandledRejection` and `uncaughtException`, which hear of
   * what a game's code began and nobody caught: logs the error with the room whose doing it is, and
   * says true; false, and nothing logged, where it is no room's of this server.
   */
  uncaught(error: unknown): boolean
  /** Says 4000 to every client and stops listening; resolves when every socket is gone. */
  close(): Promise<void>
}

/** How long requests that are still being answered may hold up a stop. */
const STRAGGLERS_MS = 3_000

/** Starts a server and resolves once it listens; rejects with the socket's error if it cannot. */
export async function createServer(options: ServerOptions = {}): Promise<GameServer> {
  checkOptions(options)
  const world = options.world ?? createWorld(options.log ? { log: options.log } : {})
  const opened: (() => unknown)[] = []
  try {
    return await open(options, world, opened)
  } catch (error) {
    // What was opened last is closed first, as it stands on the rest.
    for (const close of opened.reverse()) await close()
    throw error
  }
}

/** Opens everything; of what is open so far, `opened` closes it. */
async function open(
  options: ServerOptions,
  world: World,
  opened: (() => unknown)[],
): Promise<GameServer> {
  const { trustProxy = SERVER_OPTIONS.trustProxy.default } = options
  const { port = SERVER_OPTIONS.port.default, host = SERVER_OPTIONS.host.default } = options
  const origins = options.origins && originsOf(options.origins)
  const page = createPage({
    ...{
      page: options.page,
      built: options.built ?? builtPage(),
      hasPlaza: options.plaza !== false,
    },
    isIsolated: options.isolation ?? SERVER_OPTIONS.isolation.default,
    addresses,
    downloads: createDownloads({ world, limits: limitsOf(options.limits), trustProxy }),
  })
  const store = options.store ?? (await openStore(options.data, world, options.limits))
  if (!options.store) opened.push(() => store.close())
  const hub = createHub({ ...options, world, store })
  opened.push(hub.close)
  const api = createApiListener({ world, api: hub.api, trustProxy })
  const isWell = () => !store.isDown
  const own = options.onRequest && createOwn(options.onRequest, hub.intercom, world)
  const isCall = (request: IncomingMessage) => hub.isCall(headOf(request))
  const { log, now } = world
  const listener = createHttp({ log, now, isWell, api, isCall, page, own })
  const patience = patienceOf(hub.limits)
  const http = options.tls
    ? createHttpsServer({ ...options.tls, ...patience }, listener)
    : createHttpServer(patience, listener)
  answerMisread(http)
  const late = options.lag && openLate(hub, options.lag, world)
  const { accept, forget } = late ?? hub
  const sockets = createSockets({
    ...{
      http,
      limits: hub.limits,
      frameBytes: hub.frameBytes,
      turns: createTurns(world, hub.limits.turn_ms),
      log: world.log,
      origins,
      trustProxy,
    },
    ...{ accept, forget },
  })
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, listenable(host), resolve)
  })
  const seldom = createSeldom(world.now)
  http.on('error', (error) => seldom(() => world.log.error({ err: error }, 'not accepted')))
  const watches = [
    watchDescriptors(world),
    ...(options.tls ? [watchCertificate(options.tls, world)] : []),
  ]
  const address = http.address() as AddressInfo
  return {
    host: address.address,
    port: address.port,
    get addresses() {
      return addresses()
    },
    rooms: hub.rooms,
    intercom: hub.intercom,
    notifyClient: hub.notify.client,
    notifyGroup: hub.notify.group,
    notifyAll: hub.notify.all,
    packets: hub.packets,
    stats: hub.stats,
    uncaught: hub.uncaught,
    async close() {
      hub.close()
      for (const end of watches) end()
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

  function addresses(): Addresses {
    const { address: host, port } = address
    return addressesOf({ host, port, isSecure: options.tls !== undefined }, networkInterfaces())
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
