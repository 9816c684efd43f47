import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as settle } from 'node:timers/promises'
import { alternate, beside, bounded, type Workload } from './figures.ts'
import { entryOf, type Side } from './server.ts'

const MAIN = join(import.meta.dirname, '../../dist/server/main.js')
const COMMANDS: Readonly<Record<Side, readonly string[]>> = {
  estragon: [MAIN, '--port', '0', '--host', '127.0.0.1', '--data', ':memory:'],
  ws: [entryOf('ws')],
}
const SETTLE_MS = 500
const MAX_START_MS = 2_000
const MAX_IDLE_MB = 90

/** From `node` to listening, by the real command line, and what it then holds. */
export const startup: Workload = {
  name: 'start',
  async run(quick) {
    const results = await alternate(quick ? 3 : 7, start)
    const listening = beside('until listening', 'ms', results, ({ ms }) => ms)
    const resident = beside('resident when idle', 'MB', results, ({ mb }) => mb)
    const isFast = listening.estragon.max < MAX_START_MS
    const isSmall = resident.estragon.max < MAX_IDLE_MB
    return [
      bounded(listening, `under ${MAX_START_MS} ms`, isFast),
      bounded(resident, `under ${MAX_IDLE_MB} MB`, isSmall),
    ]
  },
}

async function start(side: Side): Promise<{ ms: number; mb: number }> {
  const before = performance.now()
  const child = spawn(process.execPath, COMMANDS[side], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  try {
    for await (const line of createInterface(child.stdout))
      if (line.startsWith('server listening on')) break
    const ms = performance.now() - before
    await settle(SETTLE_MS)
    return { ms, mb: residentOf(child.pid) }
  } finally {
    child.kill('SIGKILL')
    await exited
  }
}

/** In MB, by the operating system’s account. */
function residentOf(pid: number | undefined): number {
  const [, kilobytes] = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/) ?? []
  return Number(kilobytes) / 1024
}
