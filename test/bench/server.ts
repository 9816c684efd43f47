import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pinned } from './cores.ts'

/** Who is measured: this server, and plain ws doing the same. */
export type Side = 'estragon' | 'ws'
export const SIDES: readonly Side[] = ['estragon', 'ws']

export interface Usage {
  /** When it answered, in ms of its own clock. */
  readonly at: number
  /** User and system time since the start. */
  readonly cpu_ms: number
  /** Resident bytes. */
  readonly rss: number
  /** Bytes that JavaScript holds, buffers included. */
  readonly heap: number
}

export interface Late {
  readonly steps: number
  readonly p50: number
  readonly p99: number
  readonly done: number
}

export type Warning = Readonly<Record<string, unknown>> & { readonly msg: string }

/** Any server in a process of its own. */
export interface Program {
  readonly port: number
  /** What it has logged as a warning or worse. */
  readonly warnings: readonly Warning[]
  usage(): Promise<Usage>
  /** How late its rooms' steps were since it was asked last, and how many inputs it did. */
  late(): Promise<Late>
  /** The same after its garbage has been collected. */
  collected(): Promise<Usage>
  close(): Promise<void>
}

export interface Server extends Program {
  readonly side: Side
}

export interface ProgramOptions {
  /** The processor it may use; any unless given. */
  readonly core?: number | undefined
  readonly env?: NodeJS.ProcessEnv
}

const ENTRIES: Readonly<Record<Side, string>> = { estragon: 'estragon.mjs', ws: 'plain-ws.mjs' }

export const entryOf = (side: Side) => join(import.meta.dirname, ENTRIES[side])

type Word = { port?: number; usage?: Usage; warning?: Warning; late?: Late }

export const startServer = async (side: Side): Promise<Server> => ({
  side,
  ...(await startProgram(entryOf(side))),
})

export async function startProgram(entry: string, options: ProgramOptions = {}): Promise<Program> {
  const { core, env } = options
  const child = fork(entry, {
    ...pinned(core, ['--expose-gc', ...profiling()]),
    ...(env && { env: { ...process.env, ...env } }),
  })
  const warnings: Warning[] = []
  child.on('message', ({ warning }: Word) => {
    if (warning) warnings.push(warning)
  })
  const { port } = await word(child, 'port')
  const ask = async (what: 'usage' | 'collect') => {
    child.send(what)
    return (await word(child, 'usage')).usage
  }
  return {
    port,
    warnings,
    usage: () => ask('usage'),
    async late() {
      child.send('late')
      return (await word(child, 'late')).late
    },
    collected: () => ask('collect'),
    async close() {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}

/** Runs with a server of each side, and ends both whatever happens. */
export async function withServers<T>(
  run: (servers: Readonly<Record<Side, Server>>) => Promise<T>,
): Promise<T> {
  const servers = await Promise.all(SIDES.map(startServer))
  try {
    const [estragon, ws] = servers as [Server, Server]
    return await run({ estragon, ws })
  } finally {
    await Promise.all(servers.map((server) => server.close()))
  }
}

/** The next message of a server that says `what`; rejects if it ends first. */
function word(child: ChildProcess, what: keyof Word): Promise<Required<Word>> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      child.off('message', hear)
      child.off('exit', fail)
      act()
    }
    const hear = (message: Word) => {
      // Checked for the one key that is promised.
      if (message[what] !== undefined) settle(() => resolve(message as Required<Word>))
    }
    const fail = (code: number | null) =>
      settle(() => reject(new Error(`the server ended with ${code}`)))
    child.on('message', hear)
    child.on('exit', fail)
  })
}

/** BENCH_PROFILE=FOLDER writes a CPU profile of every server there. */
function profiling(): string[] {
  const folder = process.env.BENCH_PROFILE
  return folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : []
}
