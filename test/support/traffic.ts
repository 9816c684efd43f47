import pino from 'pino'
import type { Test } from 'tap'
import { createServer, type GameServer } from '../../server/server.ts'
import { createWorld, type World } from '../../server/world.ts'
import { connect, type Network, type NetworkError } from '../../web-client/client.ts'
import { type Actor, createActor, keyOf, NEVER } from './actor.ts'
import { createRandom, type LogLine } from './clock.ts'
import { CUTS } from './cuts.ts'
import { stroll } from './ground.ts'
import { until, within } from './promise.ts'
import { type CuttingProxy, createProxy } from './proxy.ts'
import { sized } from './soak.ts'
import { NodeSocket } from './world.ts'

const TOTAL = sized(400, 2_000)
export const EACH = TOTAL / 10
export const ACTORS = 6
/** How many requests of one actor are on their way at a time. */
export const LANES = 6
export const BUDGET = 128
/** How many more an actor asks for while it is kept away. */
export const BURST = 5
const MARK_EVERY = 50
const OVERFLOW_EVERY = 200

/** What was asked, and how it ended. */
export interface Asked {
  readonly index: number
  readonly what: string
  readonly key: number
  readonly outcome: string
  readonly incident?: string | undefined
}

/** The server, everyone who talks through it, and what came of it. */
interface Stage {
  readonly server: GameServer
  readonly proxy: CuttingProxy
  readonly actors: readonly Actor[]
  /** Sits in the same room without a proxy: hears everything. */
  readonly watcher: Actor
  readonly asked: Asked[]
  /** What the server logged as a warning or worse. */
  readonly errors: LogLine[]
  isOver: boolean
}

/** A server behind a proxy, the actors in their room, and a watcher; all end with the test. */
export async function setStage(t: Test, seed: number): Promise<Stage> {
  const errors: LogLine[] = []
  const limits = { resume_frames: BUDGET }
  const options = { port: 0, host: '127.0.0.1', rates: false, limits } as const
  const server = await createServer({ ...options, handlers, world: loggingWorld(errors) })
  const proxy = await createProxy(server.port, Math.ceil(TOTAL / CUTS.length))
  const watcher = await createActor(-1, `ws://127.0.0.1:${server.port}`)
  const actors: Actor[] = []
  for (let index = 0; index < ACTORS; index++) {
    const line = await proxy.line(seed + index)
    actors.push(await createActor(index, line.url, line))
  }
  const stage = { server, proxy, actors, watcher, asked: [], errors, isOver: false }
  t.teardown(async () => {
    stage.isOver = true
    for (const { network } of [...actors, watcher]) network.close()
    await proxy.close()
    await server.close()
  })
  return stage
}

/** Talks and cuts until all cuts were made, and everything said has arrived; how many overflows. */
export async function perform(stage: Stage, seed: number): Promise<number> {
  const { proxy, actors, watcher } = stage
  let overflows = 0
  proxy.isCutting = true
  const talk = actors.map((actor) => play(actor, createRandom(seed ^ (actor.index + 1)), stage))
  for (let cuts = MARK_EVERY; cuts < TOTAL; cuts += MARK_EVERY) {
    await within(proxy.reached(cuts))
    mark(watcher, cuts)
    const actor = actors[overflows % ACTORS]
    if (cuts % OVERFLOW_EVERY !== 0 || !actor) continue
    await overflow(actor, stage)
    overflows++
  }
  await within(proxy.reached(TOTAL, EACH))
  proxy.isCutting = false
  stage.isOver = true
  await Promise.all(talk)
  await until(() => actors.every(({ network }) => network.state === 'open'), 'all back')
  mark(watcher, TOTAL)
  await until(() => actors.every(({ markers }) => markers.has(TOTAL)), 'the last marker')
  return overflows
}

/** The real world, its warnings kept. */
function loggingWorld(errors: LogLine[]): World {
  const write = (line: string) => {
    const said = JSON.parse(line)
    // A busy machine makes ticks late; that is no fault of what is tried here.
    if (said.msg !== 'ticks skipped') errors.push(said)
  }
  return createWorld({ log: pino({ level: 'warn' }, { write }) })
}

/** A bug, at once: what waits for the disk answers when it may, and the order is looked at here. */
const handlers = {
  'player.identify'() {
    throw new Error('the dice fell under the table')
  },
} as const

const mark = ({ network }: Actor, marker: number): void =>
  void network.events.emit('plaza.marker', [marker], { to: 'all' })

/** Requests of all sorts, a few at a time, until it is over. */
async function play(
  actor: Actor,
  random: ReturnType<typeof createRandom>,
  stage: Stage,
): Promise<void> {
  const { network, wrongs } = actor
  const lane = async () => {
    while (!stage.isOver && wrongs.length === 0) {
      const dice = random.below(100)
      if (dice < 10) stroll(network, random.below(20) - 10)
      else if (dice < 80) await number(actor, stage.asked, 'all')
      else if (dice < 88) await number(actor, stage.asked, 'others')
      else await ask(actor, stage.asked, random.pick(FAILURES))
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}

const FAILURES: readonly [what: string, run: (network: Network) => Promise<unknown>][] = [
  ['NAMESPACE_NOT_DECLARED', ({ events }) => events.emit('other.name')],
  ['ROOM_NOT_FOUND', ({ rooms }) => rooms.join('AAAAAA')],
  ['INTERNAL', ({ players }) => players.identify()],
]

/** Emits the next number of this actor. */
function number(actor: Actor, asked: Asked[], to: 'all' | 'others'): Promise<void> {
  const n = ++actor.said
  const emitting = ({ events }: Network) => events.emit('plaza.number', [actor.index, n], { to })
  return ask(actor, asked, [to, emitting], keyOf(actor.index, n))
}

async function ask(
  { index, network }: Actor,
  asked: Asked[],
  [what, run]: (typeof FAILURES)[number],
  key = 0,
): Promise<void> {
  const { outcome, incident } = await run(network).then(
    () => ({ outcome: 'ok', incident: undefined }),
    ({ code, data }: NetworkError) => ({ outcome: code, incident: data?.incident }),
  )
  asked.push({ index, what, key, outcome, incident })
}

/** Keeps an actor away until more was missed than the budget holds, while who is there changes. */
async function overflow(actor: Actor, { server, watcher, asked }: Stage): Promise<void> {
  const { network, line, resets } = actor
  const { length } = resets
  line.hold()
  await until(() => network.state === 'away', 'an actor away')
  const missed = watcher.heard.length + BUDGET
  const sent = Array.from({ length: BURST }, () => number(actor, asked, 'all'))
  const direct = `ws://127.0.0.1:${server.port}`
  const visitor = await connect(direct, { WebSocket: NodeSocket, pingEvery: NEVER })
  await visitor.rooms.joinOrCreate('plaza', { name: 'visitor' })
  await until(() => watcher.heard.length > missed, 'more than the budget')
  line.release()
  await until(() => resets.length > length, 'a reset')
  await Promise.all(sent)
  visitor.close()
}
