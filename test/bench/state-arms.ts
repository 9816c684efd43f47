import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from './client.ts'
import { CORES } from './cores.ts'
import { type Program, startProgram } from './server.ts'
import {
  colyseusFinder,
  estragonFinder,
  type Finder,
  floorFinder,
  TICKS_A_SECOND,
} from './state-crowd.ts'

const CLIENTS = 100
const WARM_UP_MS = 3_000
/** Whatever stood still is under way. */
const SETTLE_MS = 200
/** Of one room, and how many rooms one after the other. */
const [ROOM, ROOMS] = [20, 5]

/** A server whose rows a hundred clients see in one way. */
export interface Arm {
  readonly entry: string
  readonly env: NodeJS.ProcessEnv
  readonly finder: Finder
}

/** What one run of an arm came to. */
export interface Run {
  /** Of the server’s processor, a tick. */
  readonly ms: number
  /** A client a second, with the headers of WebSocket. */
  readonly bytes: number
}

/** One whose clients are there. */
export interface Opened {
  readonly program: Program
  readonly clients: readonly Client[]
  readonly finder: Finder
}

const colyseus = (seen: string, fields: string): Arm => ({
  entry: 'opponents/colyseus-state.mjs',
  env: { BENCH_STATE: seen, BENCH_FIELDS: fields },
  finder: colyseusFinder,
})
const estragon = (seen: string): Arm => ({
  ...{ entry: 'state.mjs', env: {}, finder: estragonFinder(seen) },
})
const floor = (bytes: number, env: NodeJS.ProcessEnv = {}): Arm => ({
  entry: 'state-floor.mjs',
  env: { BENCH_BYTES: String(bytes), ...env },
  finder: floorFinder,
})

/** About what a frame of all rows takes, and of a fifth of them. */
const [ALL_BYTES, FIFTH_BYTES] = [335, 78]
export const ARMS = {
  'floor of all': floor(ALL_BYTES),
  'floor of a fifth': floor(FIFTH_BYTES),
  'floor of all, asked': floor(ALL_BYTES, { BENCH_ASKED: 'yes' }),
  shared: estragon('shared'),
  groups: estragon('groups'),
  near: estragon('near'),
  own: estragon('own'),
} as const
export const OTHERS = {
  'colyseus, all': colyseus('shared', 'numbers'),
  'colyseus quantised, all': colyseus('shared', 'steps'),
  'colyseus, groups': colyseus('groups', 'numbers'),
  'colyseus quantised, groups': colyseus('groups', 'steps'),
} as const
export type Name = keyof typeof ARMS | keyof typeof OTHERS

/** All that was measured of them, by their names. */
export type Runs = Readonly<Partial<Record<Name, readonly Run[]>>>

/** Starts its server, has its clients enter and lets both become warm. */
export async function openArm({ entry, env, finder }: Arm): Promise<Opened> {
  const path = join(import.meta.dirname, entry)
  const program = await startProgram(path, { env, core: CORES?.server })
  const opened = { program, finder, clients: await finder(program.port, CLIENTS) }
  await runOf(opened, WARM_UP_MS)
  return opened
}

export async function closeArm({ program, clients }: Opened): Promise<void> {
  for (const { socket } of clients) socket.destroy()
  await program.close()
}

/** Each in turn, then in the other direction, and so on; only one moves at a time. */
export async function alternated(
  arms: ReadonlyMap<Name, Opened>,
  times: number,
  ms: number,
): Promise<Runs> {
  const runs: Partial<Record<Name, Run[]>> = {}
  const all = [...arms]
  for (let round = 0; round < times; round++)
    for (const [name, arm] of round % 2 === 0 ? all : all.toReversed())
      runs[name] = [...(runs[name] ?? []), await runOf(arm, ms)]
  return runs
}

async function runOf({ program, clients }: Pick<Opened, 'program' | 'clients'>, ms: number) {
  await program.tell('go')
  await pause(SETTLE_MS)
  const read = () => clients.reduce((sum, { bytes }) => sum + bytes, 0)
  const before = { ...(await program.usage()), bytes: read() }
  await pause(ms)
  const after = { ...(await program.usage()), bytes: read() }
  await program.tell('stop')
  const seconds = (after.at - before.at) / 1_000
  return {
    ms: (after.cpu_ms - before.cpu_ms) / (seconds * TICKS_A_SECOND),
    bytes: (after.bytes - before.bytes) / seconds / clients.length,
  }
}

/** What it costs the server that one enters a room and is shown its hundred rows, in µs. */
export async function entryOf({ program, finder }: Opened): Promise<number> {
  const before = await program.usage()
  for (let room = 0; room < ROOMS; room++)
    for (const { socket } of await finder(program.port, ROOM)) socket.destroy()
  const after = await program.usage()
  return ((after.cpu_ms - before.cpu_ms) * 1_000) / (ROOM * ROOMS)
}
