import { createServer } from 'node:net'
import { type EnginePeer, startEngine } from '../support/engine-peers.ts'
import { findEngine } from '../support/engines.ts'
import '../support/import.ts'
import { alone, bounded, type Figure, type Other, spreadOf, type Workload } from './figures.ts'
import { entryOf, startProgram } from './server.ts'

/** How many peers there are, and what is asked beside Godot's own peer. */
interface Size {
  readonly peers: number
  readonly out: number
  readonly in: number
  /** Of a poll: one socket and all of a session beside one socket for each peer. */
  readonly idle: number
  /** Of a call and its answer: two legs each, beside one. */
  readonly trip: number
}
const SIZES: readonly Size[] = [
  { peers: 4, out: 1, in: 1.2, idle: 2, trip: 2 },
  { peers: 16, out: 0.5, in: 1.2, idle: 1, trip: 2 },
]
/** Microseconds of the server’s for a delivery. */
const DELIVERY_BOUND = 20
/** A synchronizer sends one frame a frame of the game, whoever sees it. */
const FRAMES_BOUND = 66
const POLL =
  'a poll drives the sockets on both sides: Godot’s own one for each peer, ours one and its session'
const CALLS = 10
const FRAMES_A_SECOND = 60
/** While nobody waits for a frame. */
const FAST = 1_000

type Way = 'estragon' | 'godot'

/** What one way of playing cost, each figure run by run. */
interface Costs {
  readonly out: number
  readonly in: number
  readonly idle: number
  /** Of the server, a delivery. */
  readonly server: number | undefined
  readonly trip: number
  readonly frames: number | undefined
}

/** What a call by way of a room costs a game, beside Godot's own peer with a headless host. */
export const relay: Workload = {
  name: 'relay',
  async run(quick) {
    const path = findEngine('godot4')
    if (!path) throw new Error('relay: expected Godot 4; set GODOT4')
    const times = quick ? 1 : 5
    const figures: Figure[] = []
    for (const size of SIZES) {
      const results: Record<Way, Costs[]> = { estragon: [], godot: [] }
      for (let run = 0; run < times; run++)
        for (const way of run % 2
          ? (['godot', 'estragon'] as const)
          : (['estragon', 'godot'] as const))
          results[way].push(await measure(path, way, size.peers, quick ? 120 : 600))
      figures.push(...figuresOf(size, results))
    }
    return figures
  },
}

async function measure(path: string, way: Way, peers: number, frames: number): Promise<Costs> {
  const endings: (() => unknown)[] = []
  const t = { teardown: (ending: () => unknown) => void endings.unshift(ending) }
  try {
    const server = way === 'estragon' ? await startProgram(entryOf('estragon')) : undefined
    if (server) endings.push(server.close)
    const [host, crowd] = await Promise.all([
      startEngine(t, path, 'host', { game: 'res://test/bench_relay.gd' }),
      startEngine(t, path, 'crowd', { game: 'res://test/bench_crowd.gd' }),
    ])
    if (server) await meet(host, crowd, peers, `ws://127.0.0.1:${server.port}`)
    else await meet(host, crowd, peers, await freePort())
    await host.ask('out', 30, CALLS)
    const before = await server?.usage()
    const out = await host.ask('out', frames, CALLS)
    const after = await server?.usage()
    const { idle, in: each, heard, wanted } = await host.ask('polls', frames, 2)
    if (heard < wanted) console.log(`  ${way}, ${peers} peers: ${heard} of ${wanted} calls in time`)
    const synced = await host.ask('synchronize', 2)
    await Promise.all([host, crowd].map((one) => one.ask('pace', FAST)))
    const trip = await host.ask('round_trip', 100)
    const delivered = frames * CALLS * (peers - 1)
    const spent = before && after ? ((after.cpu_ms - before.cpu_ms) * 1000) / delivered : undefined
    return { out, in: each, idle, trip, server: spent, frames: server ? synced : undefined }
  } finally {
    for (const ending of endings) await ending()
  }
}

/** A host and all others, by way of a server or at a port of its own. */
async function meet(
  host: EnginePeer,
  crowd: EnginePeer,
  peers: number,
  where: string | number,
): Promise<void> {
  if (typeof where === 'number') {
    await host.ask('open_stock', where)
    await crowd.ask('join_stock', peers - 1, where)
  } else await crowd.ask('join', peers - 1, where, await host.ask('open', where))
  await host.until((count) => count === peers - 1, 'count_peers')
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

function figuresOf(
  { peers, ...most }: Size,
  { estragon, godot }: Readonly<Record<Way, readonly Costs[]>>,
): Figure[] {
  const besides = (name: string, unit: string, read: (one: Costs) => number): Figure => {
    const [own, others] = [estragon.map(read), godot.map(read)]
    const ratio = spreadOf(own.map((value, run) => value / (others[run] ?? Number.NaN)))
    const other: Other = { name: 'godot', value: spreadOf(others), ratio }
    return { ...alone(`${name}, ${peers} peers`, unit, own), also: [other] }
  }
  const asked = (figure: Figure, bound: number) => {
    const ratio = figure.also?.[0]?.ratio?.median ?? Number.POSITIVE_INFINITY
    return bounded(figure, `at most ${bound} × Godot’s own`, ratio <= bound)
  }
  const atMost = (bound: number, figure: Figure) =>
    bounded(figure, `at most ${bound} ${figure.unit}`, figure.estragon.median <= bound)
  return [
    asked(
      besides('a call to all, out', 'µs of a frame', ({ out }) => out),
      most.out,
    ),
    asked(
      besides('a call, in', 'µs of a frame', (one) => one.in),
      most.in,
    ),
    {
      ...asked(
        besides('a poll in which nothing comes', 'µs', ({ idle }) => idle),
        most.idle,
      ),
      note: POLL,
    },
    asked(
      besides('from a call to the call that answers it', 'ms', ({ trip }) => trip),
      most.trip,
    ),
    atMost(
      DELIVERY_BOUND,
      alone(
        `processor time of the server for a delivery, ${peers} peers`,
        'µs',
        estragon.map(({ server = 0 }) => server),
      ),
    ),
    {
      ...atMost(
        FRAMES_BOUND,
        alone(
          `frames up of a synchronizer, ${peers} peers`,
          '1/s',
          estragon.map(({ frames = 0 }) => frames),
        ),
      ),
      note: `Godot’s own host sends ${FRAMES_A_SECOND * (peers - 1)}`,
    },
  ]
}
