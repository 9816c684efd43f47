import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** One processor for the server, another for the load; undefined where they cannot be chosen. */
export interface Cores {
  readonly server: number
  readonly load: number
  /** All that this process may use, as `taskset` writes them. */
  readonly allowed: string
}

/** Where they run here. */
export const CORES: Cores | undefined = coresOf()

/** The first two that this process may use, where `taskset` is at hand. */
function coresOf(): Cores | undefined {
  if (spawnSync('taskset', ['-p', String(process.pid)]).status !== 0) return undefined
  const status = readFileSync('/proc/self/status', 'utf8')
  const allowed = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? ''
  const [server, load] = listed(allowed)
  return server === undefined || load === undefined ? undefined : { server, load, allowed }
}

/** Says how the processes share the machine. */
export const saidOf = (cores: Cores | undefined): string =>
  cores
    ? `server on processor ${cores.server}, load on processor ${cores.load}`
    : 'server and load not pinned (no taskset, or one processor)'

/** Keeps this process on one processor while it is the load; returns what lets it go again. */
export function keepOn(cores: Cores | undefined): () => void {
  if (!cores) return () => {}
  const put = (on: string) => spawnSync('taskset', ['-a', '-p', '-c', on, String(process.pid)])
  put(String(cores.load))
  return () => put(cores.allowed)
}

/** What starts Node on one processor, for `fork`. */
export function pinned(core: number | undefined, execArgv: readonly string[]) {
  if (core === undefined) return { execArgv: [...execArgv] }
  return { execPath: 'taskset', execArgv: ['-c', String(core), process.execPath, ...execArgv] }
}

/** `0-2,5` as numbers. */
function listed(ranges: string): number[] {
  return ranges
    .split(',')
    .filter(Boolean)
    .flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    })
}
