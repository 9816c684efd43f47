import { PAUSE_MS } from '../protocol/errors.ts'
import { type LagOptions, lagOf, lagText } from '../protocol/lag.ts'
import type { PacketSet } from '../protocol/packet.ts'
import type { Acceptors, Definitions, Packets as PacketsOf } from '../protocol/packet-kinds.ts'
import { decorate } from '../protocol/packet-set.ts'
import { duration, patient } from '../protocol/timer.ts'
import { addressOf } from './address.ts'
import { type Channels, createChannels } from './channels.ts'
import type { Clock } from './clock.ts'
import { createDialogs, type Page } from './dialog.ts'
import { createEvents, type Events } from './events.ts'
import { failure } from './failure.ts'
import { type Frames, platformFrames } from './frames.ts'
import { createFriends, type Friends } from './friends.ts'
import { createFunctions, type Functions } from './functions.ts'
import { createKept, type TokenStorage } from './kept.ts'
import { lagged, type OpenLink } from './lag.ts'
import { openLink, type Timers, type WebSocketConstructor } from './link.ts'
import { type PageLocation, platformLocation } from './location.ts'
import { createMatchmaking, type Matchmaking } from './matchmaking.ts'
import { createNotifications, type Notifications } from './notify.ts'
import { createPackets, type PacketContext, type Packets } from './packets.ts'
import { createParties, type Parties } from './parties.ts'
import { createPlayers, type Players } from './players.ts'
import { createPresences, type Presences } from './presence.ts'
import { type BuiltIns, createQueries, type Queries } from './queries.ts'
import type { Backoff } from './retry.ts'
import { createRooms, type Rooms } from './rooms.ts'
import { createSession, type Session, type State } from './session.ts'
import { platformWakeups, type Wakeups } from './wakeups.ts'

export type { LagOptions } from '../protocol/lag.ts'
export type { Sender } from '../protocol/message.ts'
export { about, type Notation, type ValueOf } from '../protocol/notation.ts'
export {
  type AnyPacket,
  type Dehydrated,
  Packet,
  type PacketSet,
  ValidationError,
} from '../protocol/packet.ts'
export type { PacketDefinition } from '../protocol/packet-kinds.ts'
export { definePackets } from '../protocol/packet-set.ts'
export type { Role } from '../protocol/rooms.ts'
export type { Json } from '../protocol/schema.ts'
export type { InputOf, RowOf, State as RoomState } from '../protocol/state-define.ts'
export { defineState, single, table } from '../protocol/state-define.ts'
export * from '../protocol/state-field.ts'
export type { Channel, ChannelMessage, ChannelsEvents } from './channels.ts'
export type { ActionHandler, Actions, Delivered, EventListener, LatestListener } from './events.ts'
export { NetworkError } from './failure.ts'
export type { Friend, FriendsEvents, FriendsListing, Standing } from './friends.ts'
export type { CastOptions, CastResult, RemoteFunction } from './functions.ts'
export type { TokenStorage } from './kept.ts'
export type { PageLocation } from './location.ts'
export type { FindOptions, Found, MatchEvents, Waiting } from './matchmaking.ts'
export type { PacketContext, PacketListener } from './packets.ts'
export type {
  EnterOptions,
  Invitation,
  Party,
  PartyEvents,
  PartyLeaveReason,
  PartyMember,
} from './parties.ts'
export type { Identified, Player, PlayerChanges, Profile, Props, Who } from './players.ts'
export type { Predicting, PredictOptions } from './predict.ts'
export type { OwnPresence, Presence, PresenceChanges, PresenceEvents } from './presence.ts'
export type { AskOptions, QueryHandler } from './queries.ts'
export type { Kicked, LeaveReason, Member, Room, RoomEvents, SeatTaken } from './room.ts'
export type { SessionEvents, State } from './session.ts'
export type { Shown, StateTables } from './state.ts'
export type { SmoothOptions, StateRow } from './state-row.ts'
export type { StateTable, TableEvents } from './state-shape.ts'

export interface ConnectOptions {
  /** The WebSocket to use: the platform's own unless given. Node 20 has none: pass `ws`'s. */
  readonly WebSocket?: WebSocketConstructor
  /** How long one connection may take to open, in ms (10,000). */
  readonly connectTimeout?: number
  /** How often the round trip is measured, in ms (5,000); one left unanswered ends the connection. */
  readonly pingEvery?: number
  /**
   * How long to wait before the `attempt`-th try to come back, in ms; `left` is for how many ms the
   * seat is still kept. Unless given: by chance, at most 2 s while it is, and 10 s afterwards.
   */
  readonly backoff?: Backoff
  /**
   * How long to wait, in ms (30,000), after the server closed for too many messages or connections;
   * twice as long each time. 0: do not come back.
   */
  readonly pause?: number
  /**
   * What says that the device is online, or in front, again: then the next try is made at once. The
   * browser's own events unless given.
   */
  readonly wakeups?: Wakeups
  /** The game's packets, with what this side does about them: definePackets and acceptPackets. */
  readonly packets?: PacketSet<PacketContext>
  /** Origins beside the page's own that the server may redirect it to (none). */
  readonly redirects?: readonly string[]
  /** What Refresh and Redirect act on: the browser's `location` unless given. */
  readonly location?: PageLocation
  /**
   * Makes the network worse, for development: what goes either way is late and in order, and chance
   * cuts and stalls connections. A `warning` says that it is on, and its seed.
   */
  readonly lag?: LagOptions
  /**
   * Where the session is kept, `sessionStorage` for one: a page that is loaded again goes on in it, as
   * who it was, in its rooms, if that is soon enough. A tab that was duplicated begins its own.
   */
  readonly storage?: TokenStorage
  /** Gives the connection up, now or later. */
  readonly signal?: AbortSignal
  /**
   * Where errors go that nobody waits for: of your listeners, and of what was refused and not
   * awaited, with the place of the call; the console unless given.
   */
  readonly report?: (error: unknown) => void
  /** What calls back before a frame is drawn: the page's own unless given. */
  readonly frames?: Frames
  /** Time, for tests. */
  readonly timers?: Timers
}

/** A connection to an Estragon server that comes back by itself. */
export interface Network {
  readonly state: State
  /** This session's public id, as others may address it. */
  readonly session: string | undefined
  readonly clock: Clock
  readonly players: Players
  readonly rooms: Rooms
  readonly events: Events
  readonly queries: Queries
  readonly functions: Functions
  readonly matchmaking: Matchmaking
  readonly parties: Parties
  readonly friends: Friends
  readonly presence: Presences
  readonly channels: Channels
  readonly notifications: Notifications
  readonly packets: Packets
  /** `state`, `returning`, `reset`, `lost`, `error`, `warning`: see SessionEvents. */
  on: Session['on']
  /** Sends a request of MESSAGES.md by its type. */
  request: Session['request']
  /** Drops the connection as a cut cable would, to watch it come back. */
  cut(): void
  /** Leaves for good. */
  close(): void
}

const FIRST_WAIT_MS = 250
/** While the seat is kept, and afterwards. */
const LONGEST_WAIT_MS = 2_000
const LONGEST_LATE_WAIT_MS = 10_000

/**
 * Connects; resolves once the server has welcomed us. Rejects with CONNECT_FAILED, REFUSED or
 * ABORTED. From then on a dropped connection is restored without anything lost or done twice.
 */
export async function connect(address: string, options: ConnectOptions = {}): Promise<Network> {
  const url = addressOf(address)
  const { signal, report = console.error, timers = platformTimers } = options
  const { WebSocket = platformSocket(), backoff = jittered } = options
  const connectTimeout = duration(options.connectTimeout ?? 10_000, 'connectTimeout', 1)
  const lag = options.lag && lagOf(options.lag, newSeed)
  const plain: OpenLink = (events) => openLink(WebSocket, url, events, timers, connectTimeout)
  const session = createSession({
    url,
    openLink: lag ? lagged(plain, lag, timers) : plain,
    timers,
    connectTimeout,
    pingEvery: duration(options.pingEvery ?? 5_000, 'pingEvery', 1),
    backoff: sound(backoff, report),
    pause: duration(options.pause ?? PAUSE_MS, 'pause'),
    wakeups: options.wakeups ?? platformWakeups(),
    packets: options.packets?.hash,
    report,
    states: () => rooms.states(),
    ...(options.storage && {
      kept: createKept(options.storage, url, (text) => session.warn(text)),
    }),
  })
  const players = createPlayers(session)
  const rooms = createRooms({ session, timers, report, frames: options.frames ?? platformFrames() })
  const answering = { session, rooms: rooms.all, timers, report }
  const network: Network = {
    get state() {
      return session.state
    },
    get session() {
      return session.id
    },
    clock: session.clock,
    players,
    rooms,
    events: createEvents(session, rooms.all, report),
    queries: createQueries({ ...answering, builtIns: platformDialogs() }),
    functions: createFunctions({ ...answering, players }),
    matchmaking: createMatchmaking(session, rooms, report),
    parties: createParties(session, rooms, players, report),
    friends: createFriends(session, report),
    presence: createPresences(session, report),
    channels: createChannels(session, report),
    notifications: createNotifications(session, report),
    packets: createPackets({
      ...answering,
      packets: options.packets,
      location: options.location ?? platformLocation(),
      redirects: options.redirects ?? [],
    }),
    on: session.on,
    request: session.request,
    cut: session.cut,
    close: session.close,
  }
  if (signal?.aborted) throw failure('ABORTED')
  signal?.addEventListener('abort', () => session.close(), { once: true })
  try {
    await session.start()
  } catch (error) {
    throw signal?.aborted ? failure('ABORTED') : error
  }
  // Once whoever waits for the connection has had the time to listen.
  if (lag) timers.after(0, () => session.warn(lagText(lag)))
  return network
}

/** The packets with what this client does about them; what it adds is on no other side. */
export const acceptPackets = <D extends Definitions>(
  packets: PacketsOf<D>,
  acceptors: Acceptors<D, PacketContext>,
): PacketsOf<D, PacketContext> => decorate(packets, acceptors)

/** Exponential, with full jitter, so that a server that comes back is not met by all at once. */
const jittered: Backoff = (attempt, left) =>
  Math.random() *
  Math.min(left > 0 ? LONGEST_WAIT_MS : LONGEST_LATE_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt)

/** A wait that is none is reported and becomes a long one: to try at once would be to try for ever. */
const sound =
  (backoff: Backoff, report: (error: unknown) => void): Backoff =>
  (...tries) => {
    try {
      return duration(backoff(...tries), 'backoff')
    } catch (error) {
      report(error)
      return LONGEST_WAIT_MS
    }
  }

const newSeed = () => Math.floor(Math.random() * 2 ** 32)

const platformTimers: Timers = {
  now: () => performance.now(),
  after: patient((ms, callback) => {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  }),
}

function platformSocket(): WebSocketConstructor {
  const { WebSocket } = globalThis as { WebSocket?: WebSocketConstructor }
  if (WebSocket) return WebSocket
  throw failure('CONNECT_FAILED', 'this platform has no WebSocket; pass one as options.WebSocket')
}

/** What asks the person, where there is a page to do it on. */
function platformDialogs(): BuiltIns | undefined {
  const { document } = globalThis as unknown as { document?: Page } // a browser’s is more than that
  return document && createDialogs(document)
}
