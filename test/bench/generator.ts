import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type Contestant, contestants, entryOf } from './contestants.ts'
import { CORES, pinned, saidOf } from './cores.ts'
import { type Program, startProgram, type Usage } from './server.ts'

export interface LoadOptions {
  readonly port: number
  readonly contestant: Contestant
  readonly roomSize: number
  /** Reads whatever comes at once, where latency is asked for rather than throughput. */
  readonly isPatient: boolean
}

/** Events sent by all together each second; those of the last `ms` are measured. */
export interface Drive {
  readonly settle_ms: number
  readonly ms: number
  readonly per_second: number
}

export interface Order {
  readonly grow?: number
  readonly drive?: Drive
}

/** What the load saw. */
export interface Result {
  readonly players: number
  readonly seconds: number
  readonly sent: number
  readonly delivered: number
  readonly expected: number
  /** What the one of the players got who got least. */
  readonly least: number
  /** From sending to hearing it, in ms; a second stands for more as well. */
  readonly p50: number
  readonly p99: number
  /** The share of its processor that the load itself took. */
  readonly load: number
  /** How long a turn of the load took, in ms: what it adds by itself. */
  readonly turn_p99: number
  /** Connections that the server closed. */
  readonly closed: number
  /** The first thing the server refused, if it did. */
  readonly refused?: string
}

export interface Measured extends Result {
  /** Server time for one delivery. */
  readonly cpu_us: number
  /** The share of its processor that the server took. */
  readonly server: number
}

/** A server and the players who keep it busy, each on a processor of its own. */
export interface Stage {
  grow(players: number): Promise<void>
  drive(drive: Drive): Promise<Measured>
  close(): Promise<void>
}

/** Says how the processes share the machine, and which limits are lifted. */
export const SETTING = [
  saidOf(CORES),
  'estragon at its default rates and limits, but for the number of connections from one address',
].join('; ')

export async function openStage(
  contestant: Contestant,
  { roomSize, isPatient = false }: Pick<LoadOptions, 'roomSize'> & Partial<LoadOptions>,
): Promise<Stage> {
  const env = { BENCH_RATES: 'default', ...contestants[contestant].env }
  const server = await startProgram(entryOf(contestant), { core: CORES?.server, env })
  const options: LoadOptions = { port: server.port, contestant, roomSize, isPatient }
  const load = fork(join(import.meta.dirname, 'load.ts'), [JSON.stringify(options)], {
    ...pinned(CORES?.load, process.execArgv),
  })
  await word(load, 'ready')
  return {
    async grow(players) {
      const grown = word(load, 'grown')
      load.send({ grow: players } satisfies Order)
      await grown
    },
    async drive(drive) {
      const [open, result] = [word(load, 'open'), word(load, 'result')]
      load.send({ drive } satisfies Order)
      await open
      const { share, seen } = await around(server, result)
      return { ...seen, server: share, cpu_us: (share * seen.seconds * 1e6) / seen.delivered }
    },
    async close() {
      const ended = once(load, 'exit')
      load.disconnect()
      await ended
      await server.close()
    },
  }
}

/** What the load saw, and the share of its processor that the server took meanwhile. */
async function around(server: Program, result: Promise<Word>) {
  const before: Usage = await server.usage()
  const { result: seen } = await result
  if (!seen) throw new Error('the load measured nothing')
  const after = await server.usage()
  const elapsed = after.at - before.at
  // One that answers both times at once was too busy to answer before.
  return { seen, share: elapsed > 1 ? (after.cpu_ms - before.cpu_ms) / elapsed : 1 }
}

interface Word {
  readonly ready?: true
  readonly grown?: number
  readonly open?: true
  readonly result?: Result
}

function word(load: ChildProcess, what: keyof Word): Promise<Word> {
  return new Promise((resolve, reject) => {
    const hear = (message: Word) => {
      if (message[what] === undefined) return
      load.off('message', hear)
      load.off('exit', fail)
      resolve(message)
    }
    const fail = () => reject(new Error('the load ended'))
    load.on('message', hear)
    load.on('exit', fail)
  })
}
