import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** One processor for the server, another for the load; undefined where they cannot be chosen. */
export interface Cores {
  readonly server: number
  readonly load: number
}

/** The first two that this process may use, where `taskset` is at hand. */
export function coresOf(): Cores | undefined {
  if (spawnSync('taskset', ['-p', String(process.pid)]).status !== 0) return undefined
  const status = readFileSync('/proc/self/status', 'utf8')
  const [server, load] = listed(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '')
  return server === undefined || load === undefined ? undefined : { server, load }
}

/** What starts Node on one processor, for `fork`. */
export function pinned(core: number | undefined, execArgv: readonly string[]) {
  if (core === undefined) return { execArgv: [...execArgv] }
  return { execPath: 'taskset', execArgv: ['-c', String(core), process.execPath, ...execArgv] }
}

/** `0-2,5` as numbers. */
const listed = (ranges: string): number[] =>
  ranges
    .split(',')
    .filter(Boolean)
    .flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    })
