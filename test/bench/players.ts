import { runsOf } from './asked.ts'
import { Climb, type Step } from './climb.ts'
import { type Contestant, present } from './contestants.ts'
import { among, compared, drawn, type Figure, type Results, type Workload } from './figures.ts'
import { SETTING } from './generator.ts'

const LADDER = [100, 200, 300, 400, 600, 800, 1_200, 1_600, 2_000, 2_400] as const
/** Says what a delivery costs, not how many are held. */
const QUICK_LADDER = [400] as const
const ROOM = 20
const RATE = 20
const BOUND_MS = 100
/** How far below what it held before a contestant begins to climb again. */
const BELOW = 1
const WANTED = { ws: 4, 'socket.io': 6 } as const
/** How many players the drawn comparison of processor time is made with. */
const DRAWN = 400
const NAMES: readonly Contestant[] = [
  'estragon',
  'before',
  'acknowledged',
  'ws',
  'socket.io',
  'colyseus',
]

/**
 * Rooms of 20 in which everybody sends some 100 bytes at 20 Hz to the others: how many players one
 * processor holds until the slowest hundredth takes 100 ms.
 */
export const players: Workload = {
  name: 'players',
  async run(quick) {
    console.log(`players: ${SETTING}`)
    const times = runsOf(1)
    const [ms, settle_ms] = quick ? [1_000, 300] : [2_000, 500]
    const ladder = quick ? QUICK_LADDER : LADDER
    const names = present(NAMES)
    const climbs: Climb[] = []
    for (let round = 0; round < times; round++) {
      const options = { ladder, roomSize: ROOM, rate: RATE, bound_ms: BOUND_MS, ms, settle_ms }
      const group = (round % 2 === 0 ? names : names.toReversed()).map((name) => {
        const before = climbs.find(({ contestant }) => contestant === name)
        return new Climb(name, { ...options, from: Math.max(0, (before?.index ?? 0) - BELOW) })
      })
      climbs.push(...group)
      await climbAll(group)
    }
    return figuresOf(climbs, ladder)
  },
}

/** They take their steps in turn, so that the machine's moods fall on all alike. */
async function climbAll(climbs: readonly Climb[]): Promise<void> {
  try {
    while (climbs.some(({ isOver }) => !isOver))
      for (const climb of climbs) if (!climb.isOver) tell(climb, await climb.step())
  } finally {
    for (const climb of climbs) await climb.close()
  }
}

function tell({ contestant }: Climb, step: Step): void {
  const { players, p50, p99, server, load, turn_p99, delivered, expected, refused } = step
  const share = (value: number) => `${Math.round(value * 100)} %`
  const cells = [
    `  ${contestant}`.padEnd(16),
    `${players} players`.padEnd(14),
    `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`.padEnd(32),
    `server ${share(server)}, load ${share(load)}, turn ${turn_p99.toFixed(1)} ms`.padEnd(42),
    step.holds ? '' : `does not hold, ${share(delivered / expected)} delivered`,
    step.hindrance === 'none' ? '' : ` (${step.hindrance})`,
    refused ? ` ${refused}` : '',
  ]
  console.log(cells.join('').trimEnd())
}

function figuresOf(climbs: readonly Climb[], ladder: readonly number[]): Figure[] {
  const name = `rooms of ${ROOM} at ${RATE} Hz, p99 < ${BOUND_MS} ms`
  const held = among(
    name,
    'players',
    byContestant(climbs, ({ held }) => [held?.players ?? 0]),
    same,
  )
  const best = byContestant(climbs, ({ held }) => (held ? [held] : []))
  const note = noteOf(climbs, ladder)
  const noted = { ...held, ...(note && { note }) }
  return [
    // A short ladder says little of how many are held.
    ladder === LADDER
      ? drawn(
          compared(noted, 'at least', WANTED),
          `players that one core holds in rooms of ${ROOM} at ${RATE} Hz`,
          'more',
        )
      : noted,
    ...(best.estragon.length > 0
      ? [among('  its server time for one delivery', 'µs', best, (step) => step.cpu_us)]
      : []),
    ...ladder.flatMap((count) => {
      const steps = byContestant(climbs, (climb) =>
        climb.steps.filter((step) => step.players === count),
      )
      if (steps.estragon.length === 0) return []
      return [
        among(`${count} players: heard, p99`, 'ms', steps, (step) => step.p99),
        costOf(count, steps),
      ]
    }),
  ]
}

function costOf(count: number, steps: Results<Step>): Figure {
  const cost = among('  server time for one delivery', 'µs', steps, (step) => step.cpu_us)
  const label = `${count} players in rooms of ${ROOM}, everyone at ${RATE} Hz`
  return count === DRAWN ? drawn(cost, label, 'less') : cost
}

function byContestant<T>(
  climbs: readonly Climb[],
  read: (climb: Climb) => readonly T[],
): Results<T> {
  const of = (name: Contestant) =>
    climbs.filter(({ contestant }) => contestant === name).flatMap(read)
  const rest = NAMES.filter((name) => name !== 'estragon').map((name) => [name, of(name)] as const)
  return { estragon: of('estragon'), ...Object.fromEntries(rest) }
}

/** Where it was not the server that set the limit. */
function noteOf(climbs: readonly Climb[], ladder: readonly number[]): string | undefined {
  const limits = climbs.flatMap(({ contestant, held, failed }) => {
    if (held?.players === ladder.at(-1)) return [`${contestant} held all that was tried`]
    const { hindrance = 'none', players } = failed ?? {}
    return hindrance === 'none' ? [] : [`${contestant} may hold more: ${hindrance} at ${players}`]
  })
  return limits.length > 0 ? [...new Set(limits)].join('; ') : undefined
}

const same = (value: number) => value
