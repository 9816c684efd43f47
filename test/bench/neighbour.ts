import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as settle } from 'node:timers/promises'
import { ATTACKS } from '../support/attacks.ts'
import { asked } from './asked.ts'
import { CORES, pinned } from './cores.ts'
import { alone, bounded, type Figure, quantile, type Workload } from './figures.ts'
import { type Program, startProgram } from './server.ts'

const SEED = 1
const MAX_GROWTH = 1.5
const MAX_MS = 10
const MAX_HELD = 1.1
const MB = 1024 * 1024

interface Times {
  readonly warmUp: number
  readonly quiet: number
  readonly attack: number
  /** From its end until the memory is looked at: longer than a session, and a room, are kept. */
  readonly after: number
}

const QUICK: Times = { warmUp: 500, quiet: 2_000, attack: 3_000, after: 3_000 }
const LONG: Times = { warmUp: 2_000, quiet: 10_000, attack: 15_000, after: 60_000 }

/** What its neighbour has of a server that is attacked in each of the ways of the tests. */
export const neighbour: Workload = {
  name: 'neighbour',
  async run(quick) {
    const figures: Figure[] = []
    const names = ATTACKS.map(({ name }) => name)
    const chosen = names.filter((name) => !asked.attacks || asked.attacks.includes(name))
    if (chosen.length === 0) throw new Error(`--attack: expected one of ${names.join(', ')}`)
    for (const name of chosen) figures.push(...(await beside(name, quick ? QUICK : LONG)))
    return figures
  },
}

async function beside(name: string, times: Times): Promise<Figure[]> {
  const server = await startProgram(join(import.meta.dirname, 'attacked.mjs'), {
    core: CORES?.server,
  })
  const pinger = start('pinger.ts', [`${server.port}`])
  try {
    await once(pinger, 'message')
    // What is loaded, compiled and kept for good the first time is no growth.
    await attack(name, server, times.warmUp)
    await settle(times.after)
    const before = await server.collected()
    await pinged(pinger)
    await settle(times.quiet)
    const quiet = p99Of(await pinged(pinger))
    await attack(name, server, times.attack)
    const loud = await pinged(pinger)
    const most = await server.usage()
    await settle(times.after)
    const after = await server.collected()
    const failures = server.warnings.map(({ msg }) => msg)
    return figuresOf({ name, quiet, loud, before, most, after, failures, times })
  } finally {
    await end(pinger)
    await server.close()
  }
}

type Usage = Awaited<ReturnType<Program['usage']>>

interface Seen {
  readonly name: string
  readonly quiet: number
  readonly loud: readonly number[]
  readonly before: Usage
  readonly most: Usage
  readonly after: Usage
  readonly failures: readonly string[]
  readonly times: Times
}

function figuresOf({ name, quiet, loud, before, most, after, failures, times }: Seen): Figure[] {
  const p99 = p99Of(loud)
  const isNear = p99 <= Math.max(quiet * MAX_GROWTH, MAX_MS)
  const seconds = times.after / 1000
  const resident = alone(`${name}: resident before, beside it, and ${seconds} s after`, 'MB', [
    ...[before.rss, most.rss, after.rss].map((bytes) => bytes / MB),
  ])
  const held = alone(`${name}: in use ${seconds} s after, by before`, '×', [
    after.heap / before.heap,
  ])
  const pings = alone(`${name}: ping of a neighbour, p99`, 'ms', [p99])
  const wrong = failures.length > 0 ? `; the log says ${[...new Set(failures)]}` : ''
  return [
    bounded(
      { ...pings, note: `quiet ${quiet.toFixed(2)} ms, ${loud.length} pings${wrong}` },
      `at most ${MAX_GROWTH} × quiet or ${MAX_MS} ms, nothing in the log`,
      isNear && failures.length === 0,
    ),
    bounded(held, `at most ${MAX_HELD}`, after.heap <= before.heap * MAX_HELD),
    {
      ...resident,
      note: [before.rss, most.rss, after.rss].map((bytes) => (bytes / MB).toFixed(0)).join(', '),
    },
  ]
}

/** Lets it be attacked for so long. */
async function attack(name: string, { port }: Program, ms: number): Promise<void> {
  const attacker = start('attacker.ts', [name, `${port}`, `${SEED}`])
  await once(attacker, 'message')
  // As if it were on another machine, it has of the processor that both are on what its neighbour leaves.
  spawnSync('chrt', ['--all-tasks', '--idle', '--pid', '0', `${attacker.pid}`])
  await settle(ms)
  // As nobody sees it coming, so it goes.
  const ended = once(attacker, 'exit')
  attacker.kill('SIGKILL')
  await ended
}

const p99Of = (took: readonly number[]) => quantile(Float64Array.from(took).sort(), 0.99)

async function pinged(pinger: ChildProcess): Promise<readonly number[]> {
  const answer = once(pinger, 'message')
  pinger.send('took')
  const [{ took }] = await answer
  return took
}

const start = (file: string, args: readonly string[]) =>
  fork(join(import.meta.dirname, file), args, pinned(CORES?.load, process.execArgv))

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) throw new Error(`${child.spawnargs.at(1)}: ended by itself`)
  const ended = once(child, 'exit')
  child.disconnect()
  await ended
}
