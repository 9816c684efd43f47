import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'
import { PLAZA, type Point, stood, walk, wayTo } from '../protocol/plaza.ts'
import type { plaza } from '../protocol/plaza-state.ts'
import { patient } from '../protocol/timer.ts'
import { connect, type Network, NetworkError, type Room } from './client.ts'
import type { Timers, WebSocketConstructor } from './link.ts'

export interface BotsOptions {
  readonly url: string
  readonly count: number
  readonly WebSocket: WebSocketConstructor
  /** Chance: from 0 to below 1. */
  readonly random: () => number
  readonly timers: Timers
}

export interface Bots {
  /** Resolves when everybody has a seat; rejects with what kept the first one out. */
  readonly joined: Promise<void>
  /** How many have a connection and a seat just now. */
  readonly present: number
  /** The last round trip of each who has measured one, in ms. */
  readonly roundTrips: readonly number[]
  /** Everybody leaves for good. */
  close(): void
}

type Row = NonNullable<Room<typeof plaza>['state']['players']['mine']>

/** So many knock at a time. */
const BATCH = 25
/** A stroll: such a part of the fastest there is. */
const PACE = 0.625
/** So often it is looked what to do next. */
const LOOK_MS = 50
const PING_MS = 1_000
const REST_MS = { least: 500, most: 4_000 }
/** How likely a rest begins with a wave, or with a word. */
const CHANCE = { wave: 0.25, chat: 0.15 }
/** So near, in units, is there. */
const NEAR = 1
/** So many lights are enough to hang them up. */
const GREED = 3

const CAST = ['Vladimir', 'Pozzo', 'Lucky', 'the Boy', 'Estragon'] as const
const COLOURS = ['#d1495b', '#edae49', '#00798c', '#5b8e7d', '#8a6fb0', '#e07a5f', '#4f8cff']
const LINES = [
  'Is he coming today?',
  'Is this the right tree?',
  'One of my boots pinches.',
  'Shall we walk a little?',
  'What a fine evening.',
  'Has anybody seen my hat?',
  'We could wait here.',
] as const

/** Guests who play in the plaza, wave and chat; they come back by themselves. */
export function createBots(options: BotsOptions): Bots {
  const { count, random } = options
  const leaving = Array.from({ length: count }, () => new AbortController())
  const networks: Network[] = []

  async function enter({ signal }: AbortController, index: number): Promise<void> {
    const name = `${CAST[index % CAST.length]} ${Math.floor(index / CAST.length) + 1}`
    const { url, WebSocket, timers } = options
    const network = await connect(url, { WebSocket, timers, pingEvery: PING_MS, signal })
    networks.push(network)
    const colour = pick(COLOURS, random)
    await sit(network, name, colour)
    wander(network, name, colour, options)
  }

  async function enterAll(): Promise<void> {
    for (let first = 0; first < count; first += BATCH) {
      const batch = leaving.slice(first, first + BATCH)
      await Promise.all(batch.map((own, index) => enter(own, first + index)))
    }
  }

  return {
    joined: enterAll(),
    get present() {
      return networks.filter(({ state, rooms }) => state === 'open' && rooms.all.size > 0).length
    },
    get roundTrips() {
      return networks.flatMap(({ clock }) => clock.roundTrip ?? [])
    },
    close() {
      for (const own of leaving) own.abort()
    },
  }
}

async function sit(network: Network, name: string, colour: string): Promise<void> {
  if (!network.players.me) await network.players.identify({ name })
  const room = await network.rooms.joinOrCreate<typeof plaza>('plaza', { name, data: { colour } })
  room.predict('players', walk)
}

/** Walks, rests and gestures until the connection is closed; without a seat, takes one again. */
function wander(
  network: Network,
  name: string,
  colour: string,
  { random, timers }: BotsOptions,
): void {
  const { rooms, events } = network
  let goal: Point | undefined
  let restsUntil = timers.now()
  let isSitting = false

  step()

  function step(): void {
    if (network.state === 'closed') return
    const now = timers.now()
    timers.after(LOOK_MS, step)
    if (isSitting) return
    if (goal && rooms.all.size > 0) return stride(now)
    if (now < restsUntil) return
    if (rooms.all.size > 0) goal = wanted()
    else void sitAgain() // it handles its own failure
  }

  function stride(now: number): void {
    const row = own()
    if (!row || !goal) return
    const { x, y } = row.predicted ?? row
    if (Math.hypot(goal.x - x, goal.y - y) > NEAR) return here()?.input(wayFrom({ x, y }, goal))
    goal = undefined
    here()?.rest()
    if (row.lights > 0) return
    restsUntil = now + REST_MS.least + random() * (REST_MS.most - REST_MS.least)
    gesture()
  }

  /** A firefly; the tree, with enough of them; anywhere, where there is none. */
  function wanted(): Point {
    const fireflies = [...(here()?.state.fireflies ?? [])]
    if ((own()?.lights ?? 0) >= GREED) return PLAZA.tree
    return fireflies.length > 0 ? pick(fireflies, random) : somewhere(random)
  }

  function here(): Room<typeof plaza> | undefined {
    const [room] = rooms.all.values() as Iterable<Room<typeof plaza>> // as its kind says
    return room
  }

  /** Where the room has us, once it has told. */
  function own(): Row | undefined {
    return here()?.state.players.mine
  }

  function gesture(): void {
    const chance = random()
    if (chance < CHANCE.wave) emit('plaza.wave')
    else if (chance < CHANCE.wave + CHANCE.chat) emit('plaza.chat', [pick(LINES, random)])
  }

  function emit(event: string, args: readonly string[] = []): void {
    void events.emit(event, args).catch(() => {}) // a gesture that gets lost is no loss
  }

  /** The session was lost, and the seat with it; what fails is tried again after a rest. */
  async function sitAgain(): Promise<void> {
    isSitting = true
    try {
      await sit(network, name, colour)
    } catch {
      restsUntil = timers.now() + REST_MS.least
    } finally {
      isSitting = false
    }
  }
}

/** The way there, at a stroll. */
function wayFrom(from: Point, to: Point): Point {
  const { x, y } = wayTo(from, to, (PLAZA.tick_ms / 1_000) * PACE)
  return { x: x * PACE, y: y * PACE }
}

const somewhere = (random: () => number): Point =>
  stood({ x: random() * PLAZA.width, y: random() * PLAZA.height })

const pick = <T>(items: readonly T[], random: () => number): T =>
  items[Math.floor(random() * items.length)] as T // random is below 1

/* The program. */

const MOST = 500
const USAGE = 'usage: npm run bots -- [COUNT] [--url ws://127.0.0.1:1234]'
const REPORT_MS = 1_000
/** How long a goodbye may take. */
const GOODBYE_MS = 1_000

const realTimers: Timers = {
  now: () => performance.now(),
  after: patient((ms, callback) => {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  }),
}

async function run(args: string[]): Promise<void> {
  const { url, count } = readSettings(args)
  const bots = createBots({
    url,
    count,
    WebSocket: WebSocket as unknown as WebSocketConstructor, // which it is, and more
    random: Math.random,
    timers: realTimers,
  })
  const say = (text: string) => process.stdout.write(`${text}\n`)
  let isIn = false
  let isLeaving = false
  let reporting: NodeJS.Timeout | undefined
  const leave = () => {
    if (isLeaving) process.exit(1)
    isLeaving = true
    clearInterval(reporting)
    if (isIn) say(report(bots, count))
    bots.close()
    setTimeout(() => process.exit(), GOODBYE_MS).unref()
  }
  process.on('SIGINT', leave)
  process.on('SIGTERM', leave)
  try {
    await bots.joined
  } catch (error) {
    bots.close()
    if (isLeaving) return
    throw error
  }
  isIn = true
  say(`${count} in the plaza of ${url}`)
  if (process.stdout.isTTY) reporting = setInterval(() => say(report(bots, count)), REPORT_MS)
}

function report({ present, roundTrips }: Bots, count: number): string {
  const sorted = [...roundTrips].sort((a, b) => a - b)
  const at = (part: number) => sorted[Math.ceil(part * sorted.length) - 1]?.toFixed(1) ?? '?'
  return `${present} of ${count} in, round trip ${at(0.5)} ms median, ${at(0.99)} ms p99`
}

function readSettings(args: string[]): { readonly url: string; readonly count: number } {
  const { values, positionals } = parseArgs({
    args,
    options: { url: { type: 'string', default: 'ws://127.0.0.1:1234' } },
    allowPositionals: true,
  })
  const [text = '20', ...others] = positionals
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (others.length > 0) throw new Error(`expected one count, got more; ${USAGE}`)
  if (count < 1 || count > MOST)
    throw new Error(`expected a count from 1 to ${MOST}, got "${text}"; ${USAGE}`)
  return { url: values.url, count }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await run(process.argv.slice(2))
  } catch (error) {
    const { message } = error as Error
    const code = error instanceof NetworkError ? ` (${error.code})` : ''
    process.stderr.write(`bots: ${message.split('\n')[0]}${code}\n`)
    process.exitCode = 1
  }
}
