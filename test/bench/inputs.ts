import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { present } from './contestants.ts'
import { CORES, keepOn, saidOf } from './cores.ts'
import { alone, among, bounded, type Figure, quantile, type Workload } from './figures.ts'
import { colyseusPlay, estragonPlay, type Play, type Player } from './inputs-players.ts'
import { rewinding } from './inputs-rewind.ts'
import { type Program, startProgram } from './server.ts'

const LADDER = [200, 400, 800, 1_000, 1_200, 1_600] as const
const ROOM = 20
const TICK_MS = 50
const BOUND_MS = 10
const WANTED = 1_000
/** What must have come of what was said; the rest is still on its way. */
const DONE = 0.97
const ROOMS_AT_ONCE = 5
/** More players would only wait. */
const FULL = 0.9

const SIDES = {
  estragon: { entry: 'inputs.mjs', play: estragonPlay },
  colyseus: { entry: 'opponents/colyseus-inputs.mjs', play: colyseusPlay },
} as const
type Side = keyof typeof SIDES

interface Step {
  readonly players: number
  /** How late the rooms' steps were, in ms. */
  readonly p50: number
  readonly p99: number
  /** The part of what was said that was done, and of the server's processor that it took. */
  readonly done: number
  readonly server: number
  /** A player's share of the server's processor for one tick, in µs. */
  readonly cpu_us: number
  /** A tick of the load itself, late by so much. */
  readonly load_p99: number
  readonly holds: boolean
}

/** Rooms of 20 whose players do something 20 times a second: what one processor holds. */
export const inputs: Workload = {
  name: 'inputs',
  async run(quick) {
    console.log(`inputs: ${saidOf(CORES)}; default rates`)
    const [ms, settle_ms] = quick ? [2_000, 1_000] : [4_000, 1_500]
    const ladder = quick ? LADDER.filter((count) => count % 400 === 200) : LADDER
    const sides: Side[] = ['estragon', ...present(['colyseus'] as const)]
    const climbs: Partial<Record<Side, readonly Step[]>> = {}
    const release = keepOn(CORES)
    try {
      for (const side of sides) climbs[side] = await climb(side, ladder, ms, settle_ms)
    } finally {
      release()
    }
    return [...figuresOf(climbs), ...rewinding(quick ? 1_000 : 5_000)]
  },
}

async function climb(side: Side, ladder: readonly number[], ms: number, settle_ms: number) {
  const { entry, play } = SIDES[side]
  const path = join(import.meta.dirname, entry)
  const server = await startProgram(path, { core: CORES?.server })
  const players: Player[] = []
  const steps: Step[] = []
  try {
    for (const count of ladder) {
      await grow(players, count, server, play)
      const first = await measure(players, server, ms, settle_ms)
      // One that does not hold gets a second chance, for the machine may have been busy.
      const step = first.holds ? first : await measure(players, server, ms, settle_ms)
      steps.push(step)
      tell(side, step)
      if (step.server > FULL) break
    }
  } finally {
    for (const { client } of players) client.socket.destroy()
    await server.close()
  }
  return steps
}

async function grow(players: Player[], count: number, { port }: Program, play: Play) {
  while (players.length < count) {
    const rooms = Math.min(ROOMS_AT_ONCE, (count - players.length) / ROOM)
    const made = await Promise.all(Array.from({ length: rooms }, () => play.room(port, ROOM)))
    players.push(...made.flat())
  }
}

async function measure(players: readonly Player[], server: Program, ms: number, settle_ms: number) {
  const acknowledging = setInterval(() => {
    for (const { client } of players) client.acknowledge()
  }, 1_000)
  const turns: number[] = []
  let [at, said] = [0, 0]
  let due = performance.now()
  // Each player's tick is at a time of its own: so many of them are due at a time.
  const playing = setInterval(() => {
    const now = performance.now()
    turns.push(now - due)
    const wanted = Math.floor(((now - began) * players.length) / TICK_MS)
    for (; at < wanted; at++) {
      const player = players[at % players.length] as Player
      player.client.write(player.input(), false)
      said++
    }
    due = now + 1
  }, 1)
  const began = performance.now()
  await pause(settle_ms)
  await server.late()
  const [before, saidBefore] = [await server.usage(), said]
  turns.length = 0
  await pause(ms)
  const { p50, p99, done } = await server.late()
  const [after, saidAfter] = [await server.usage(), said]
  clearInterval(playing)
  clearInterval(acknowledging)
  const share = (after.cpu_ms - before.cpu_ms) / (after.at - before.at)
  const part = done / (saidAfter - saidBefore)
  return {
    ...{ players: players.length, p50, p99, done: part, server: share },
    cpu_us: (share * TICK_MS * 1_000) / players.length,
    load_p99: quantile(Float64Array.from(turns).sort(), 0.99),
    holds: p99 < BOUND_MS && part >= DONE,
  }
}

function tell(side: Side, { players, p50, p99, done, server, load_p99, holds }: Step): void {
  const share = (value: number) => `${Math.round(value * 100)} %`
  const late = `late p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`
  const rest = `server ${share(server)}, ${share(done)} done, load late ${load_p99.toFixed(1)} ms`
  console.log(`  ${side.padEnd(10)}${players} players   ${late}   ${rest}${holds ? '' : '   no'}`)
}

function figuresOf(climbs: Partial<Record<Side, readonly Step[]>>): Figure[] {
  const held = (side: Side) =>
    climbs[side] && [
      Math.max(0, ...climbs[side].map(({ holds, players }) => (holds ? players : 0))),
    ]
  const most = held('estragon') ?? [0]
  const results = { estragon: most, ...(climbs.colyseus && { colyseus: held('colyseus') ?? [] }) }
  const all = among(
    `players in rooms of ${ROOM}, inputs at 20 Hz`,
    'players',
    results,
    (one) => one,
  )
  const last = climbs.estragon?.findLast(({ holds }) => holds)
  return [
    bounded(
      all,
      `at least ${WANTED}, a step late by less than ${BOUND_MS} ms`,
      (most[0] ?? 0) >= WANTED,
    ),
    ...(last ? [alone('server time for a player’s tick', 'µs', [last.cpu_us])] : []),
    ...(climbs.estragon ?? []).flatMap(({ players, cpu_us, p99 }) => {
      const other = climbs.colyseus?.find((one) => one.players === players)
      const both = (read: (step: Step) => number, ours: number) => ({
        estragon: [ours],
        ...(other && { colyseus: [read(other)] }),
      })
      return [
        among(
          `${players} players: a player’s tick`,
          'µs',
          both((one) => one.cpu_us, cpu_us),
          (one) => one,
        ),
        among(
          '  a step is late, p99',
          'ms',
          both((one) => one.p99, p99),
          (one) => one,
        ),
      ]
    }),
  ]
}
