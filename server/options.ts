import type { ROUTES } from '../protocol/http.ts'
import { LIMITS, RATES } from '../protocol/limits.ts'
import { text } from '../protocol/schema.ts'
import type { RouteHandlers } from './core/api/api.ts'
import type { AllHandlers } from './core/dispatch/dispatch.ts'
import type { Bus } from './core/nodes/bus.ts'
import type { Whereabouts } from './core/nodes/whereabouts.ts'
import type { Parties } from './core/party/parties.ts'
import type { RoomKind } from './core/room/room.ts'
import type { Endpoint } from './core/session/dialect.ts'
import type { Store } from './core/store/store.ts'
import type { IntercomHandler } from './features/intercom.ts'
import { definition } from './game/definition.ts'
import { PLAZA_OPTIONS } from './game/plaza.ts'
import { type QueueDefinition, queueDefinition } from './game/queue.ts'
import {
  called,
  fields,
  having,
  type Kind,
  list,
  named,
  type OptionsOf,
  option,
  or,
  preset,
  shaped,
} from './option.ts'
import type { OnRequest } from './transport/own.ts'
import { NO_PAGE } from './transport/page.ts'
import {
  certificate,
  each,
  flag,
  host,
  lag,
  limit,
  origins,
  packets,
  port,
  rate,
  secret,
  words,
} from './values.ts'
import type { Log, World } from './world.ts'

const MANY = 1_000

/** What a game may say in JSON or in a module as well: what `--config` reads. */
export const CONFIG_OPTIONS = {
  rooms: option(
    'kinds of room beside the plaza, by name',
    named(definition, shaped(text({ min: 1, max: 32 }))),
  ),
  queues: option(
    'queues that bring strangers together, by name',
    named(queueDefinition, shaped(text({ min: 1, max: 32 }))),
  ),
  packets: option('the game’s packets, with what the server adds to them; in code only', packets),
  plaza: preset(
    'whether there is a plaza, the kind of room that the demo meets in; or how it is played',
    or(true, or(false, fields(PLAZA_OPTIONS))),
    true,
  ),
  open: option(
    'whether there is the kind of room `open`, in which players may say what they like; unless said, where `rooms` has none',
    flag,
  ),
  limits: option('other limits than those that LIMITS.md lists', fields(each(LIMITS, limit))),
  rates: option(
    'other rates than those that LIMITS.md lists; `false` lifts them all',
    or(false, fields(each(RATES, rate))),
  ),
} as const

/** What is about sockets and files: what a hub without them does not take. */
const SOCKET_OPTIONS = {
  port: preset('port to listen on; 0 takes a free one', port, 1234),
  host: preset('address to listen on', host, '0.0.0.0'),
  data: option(
    'file that keeps players, keys and channels, made if it is not there; in memory unless given',
    words,
  ),
  origins: option(
    'whose pages may connect, such as https://a.example, https://*.a.example, `null` or capacitor://localhost; all unless given',
    origins,
  ),
  tls: option('serve wss and https with this certificate and key, as PEM', certificate),
  trustProxy: preset('behind a proxy: believe its X-Forwarded-For', flag, false),
  page: option(
    'folder served at `/` as it is, such as a Godot web export, or `none`; the plaza’s page unless given',
    words,
  ),
  isolation: preset(
    'serve the page with COOP and COEP, which an export with threads asks for',
    flag,
    false,
  ),
  onRequest: option(
    'sees every HTTP request outside `/v1`, `/healthz` and Talo’s API first; true when it answers it itself',
    called<OnRequest>(),
  ),
  lag: option(
    'a worse network for whoever connects, with `dev` only: delay and jitter in ms, cut and stall in chances a second',
    lag,
  ),
} as const

const GAME_OPTIONS = {
  ...CONFIG_OPTIONS,
  requireTicket: preset('admit only who brings a ticket made with an access key', flag, false),
  backendSecret: option(
    'admit backends by the secret of this bcrypt hash, plain or in hex; without it nobody is one',
    secret,
  ),
  bus: option(
    'what several server processes ask each other over; alone unless given',
    having<Bus>('a bus', 'join'),
  ),
  parties: option(
    'what holds the parties of several server processes; this process unless given',
    having<Parties>('what holds parties', 'act', 'listen'),
  ),
  whereabouts: option(
    'what knows how the players of several server processes are; this process unless given',
    having<Whereabouts>('what knows how players are', 'set', 'look', 'listen'),
  ),
  node: option(
    'this process’s name on the bus; chance makes one unless given',
    shaped(text({ min: 1, max: 64 })),
  ),
  intercom: option(
    'what this node answers, by name, when it or another asks all nodes',
    named(called<IntercomHandler>()),
  ),
  greeting: preset('greet as the article does, before the welcome', flag, false),
  dev: preset(
    'development: check what production trusts, open what it keeps shut, such as the secret 12345678',
    flag,
    false,
  ),
  log: option(
    'a pino logger or alike; silent unless given',
    having<Log>('a logger such as pino', 'trace', 'debug', 'info', 'warn', 'error'),
  ),
  world: option(
    'time and chance; the real ones unless given',
    having<World>('a World', 'now', 'date', 'after', 'every', 'soon'),
  ),
  store: option(
    'what keeps players and channels in place of `data`; closed by whoever opened it',
    having<Store>('a store', 'run', 'close'),
  ),
} as const

/** What replaces parts of the server: for its own tests, so no list shows it. */
const PARTS = {
  kinds: option(
    'kinds of room in the server’s own terms',
    list(having<RoomKind>('a kind of room', 'open'), MANY),
  ),
  endpoints: option(
    'endpoints beside those the server has; they come first',
    list(having<Endpoint>('an endpoint', 'matches'), MANY),
  ),
  built: option('where the plaza’s page is', words),
  handlers: option(
    'handlers in place of the features’ own',
    named(called()) as Kind<Partial<AllHandlers>>,
  ),
  routes: option(
    'handlers of the HTTP API in place of the features’ own',
    named(called()) as Kind<Partial<RouteHandlers<typeof ROUTES>>>,
  ),
} as const

/** What `createServer` takes: its check and the README's list follow from this, as its type does. */
export const SERVER_OPTIONS = { ...SOCKET_OPTIONS, ...GAME_OPTIONS } as const

export interface HubOptions extends OptionsOf<typeof GAME_OPTIONS & typeof PARTS> {}
export interface ServerOptions extends HubOptions, OptionsOf<typeof SOCKET_OPTIONS> {}

/** Throws an Error that names the first option that will not do, and what was expected there. */
export function checkOptions(options: ServerOptions): void {
  const problem = all.check(options, '') ?? clashIn(options)
  if (problem !== undefined) throw new Error(problem)
}

const all = fields({ ...SERVER_OPTIONS, ...PARTS })

/** What is wrong with options that will each do by itself; `placeOf` says what they are called. */
export function clashIn(
  { lag, dev, rooms, plaza, open, page, isolation }: ServerOptions,
  placeOf: (name: keyof ServerOptions) => string = (name) => name,
): string | undefined {
  if (lag && !dev)
    return `${placeOf('lag')}: expected ${placeOf('dev')} as well: it makes the network worse on purpose`
  if (isolation && page === NO_PAGE)
    return `${placeOf('isolation')}: expected a page as well: there is nothing else that it is about`
  if ((plaza ?? true) && rooms && Object.hasOwn(rooms, 'plaza'))
    return 'rooms.plaza: expected another name, or plaza: false'
  if (open && rooms && Object.hasOwn(rooms, 'open'))
    return 'rooms.open: expected another name, or open: false'
  return undefined
}

/** Throws an Error that names the first queue whose kind of room there is not, or is too small. */
export function checkQueues(
  queues: Readonly<Record<string, QueueDefinition>>,
  kinds: readonly RoomKind[],
): void {
  for (const [name, { kind: wanted, max }] of Object.entries(queues)) {
    const kind = kinds.find((one) => one.name === wanted)
    if (!kind)
      throw new Error(
        `queues.${name}.kind: expected one of ${kinds.map((one) => one.name).join(', ')}, got "${wanted}"`,
      )
    if (kind.capacity < max)
      throw new Error(
        `queues.${name}.max: expected at most ${kind.capacity}, the seats of ${wanted}, got ${max}`,
      )
  }
}
