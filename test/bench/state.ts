import { runsOf } from './asked.ts'
import { present } from './contestants.ts'
import { CORES, keepOn, saidOf } from './cores.ts'
import { alone, bounded, compared, type Figure, spreadOf, type Workload } from './figures.ts'
import {
  ARMS,
  type Arm,
  alternated,
  closeArm,
  entryOf,
  type Name,
  type Opened,
  OTHERS,
  openArm,
  type Run,
  type Runs,
} from './state-arms.ts'
import { stateDecode } from './state-decode.ts'
import { besideSlow } from './state-slow.ts'

/** What each way to see costs the server beyond the writing, and at most; one is to ask who reads. */
const BEYOND: readonly (readonly [name: Name, floor: Name, most?: number])[] = [
  ['floor of all, asked', 'floor of all'],
  ['shared', 'floor of all', 0.2],
  ['groups', 'floor of a fifth', 0.4],
  ['near', 'floor of a fifth', 0.7],
  ['own', 'floor of all'],
]
/** The whole time a tick beside the others’, and at most. */
const BESIDE: readonly (readonly [name: Name, others: readonly Name[], most: number])[] = [
  ['shared', ['colyseus, all', 'colyseus quantised, all'], 0.8],
  ['groups', ['colyseus, groups', 'colyseus quantised, groups'], 0.65],
]
const BYTES = { aim: 6_800, most: 8_000 }

/** A hundred rows of three fields, all moving at 20 Hz, and a hundred clients that see them. */
export const state: Workload = {
  name: 'state',
  async run(quick) {
    const letGo = keepOn(CORES)
    const open = new Map<Name, Opened>()
    try {
      const arms: Readonly<Record<string, Arm>> = { ...ARMS, ...(hasColyseus() && OTHERS) }
      for (const [name, arm] of Object.entries(arms)) open.set(name as Name, await openArm(arm))
      const times = runsOf(1)
      const runs = await alternated(open, times, quick ? 1_000 : 4_000)
      const { program, clients } = open.get('shared') as Opened
      return [
        ...bytesOf(runs),
        ...BEYOND.map((one) => beyondFloor(runs, ...one)),
        ...BESIDE.map(([name, others, most]) =>
          besideOthers(`${name}: server time a tick`, 'ms', most, name, others, msOf(runs)),
        ),
        await entering(open, times),
        ...(await besideSlow(program, clients, times, quick ? 2_000 : 12_000)),
        ...(await decoding(letGo, quick)),
      ]
    } finally {
      for (const arm of open.values()) await closeArm(arm)
      letGo()
    }
  },
}

const hasColyseus = () => present(['colyseus']).length > 0

const msOf = (runs: Runs) => (name: Name) => runs[name]?.map(({ ms }) => ms)

/** The engines run wherever there is room. */
function decoding(letGo: () => void, quick: boolean): Promise<Figure[]> {
  letGo()
  return stateDecode.run(quick)
}

const bytesOf = (runs: Runs): Figure[] =>
  Object.entries(runs).flatMap(([name, all]) => {
    if (name.startsWith('floor')) return []
    const bytes = all.map((run) => run.bytes)
    const figure = alone(`${name}: bytes a client a second`, 'B', bytes)
    if (name !== 'shared') return [figure]
    const bound = `at most ${BYTES.most} (aim ${BYTES.aim})`
    return [bounded(figure, bound, figure.estragon.median <= BYTES.most)]
  })

function beyondFloor(runs: Runs, name: Name, under: Name, most?: number): Figure {
  const [all, floors] = [runs[name] ?? [], runs[under] ?? []]
  const own = all.map(({ ms }, index) => ms - (floors[index]?.ms ?? Number.NaN))
  const figure = {
    ...alone(`${name}: server time a tick beyond the write floor`, 'ms', own),
    note: `the floor is ${said(floors)} ms, all ${said(all)}; ${saidOf(CORES)}`,
  }
  if (most === undefined) return figure
  return bounded(figure, `at most ${most} ms`, figure.estragon.median <= most)
}

const said = (runs: readonly Run[]) => spreadOf(runs.map(({ ms }) => ms)).median.toFixed(2)

async function entering(open: ReadonlyMap<Name, Opened>, times: number): Promise<Figure> {
  const names = ['shared', 'colyseus, all'] as const
  const costs = new Map<Name, number[]>()
  for (let round = 0; round <= times; round++)
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const arm = open.get(name)
      const cost = arm && (await entryOf(arm))
      // The first is to warm up.
      if (cost && round > 0) costs.set(name, [...(costs.get(name) ?? []), cost])
    }
  const title = 'joining a room of 20 that knows 100 rows: server time'
  return besideOthers(title, 'µs', undefined, 'shared', ['colyseus, all'], (name) =>
    costs.get(name),
  )
}

/** A figure of ours, run by run beside others’ as far as they are there; at most so many times each. */
function besideOthers(
  title: string,
  unit: string,
  most: number | undefined,
  name: Name,
  others: readonly Name[],
  valuesOf: (name: Name) => readonly number[] | undefined,
): Figure {
  const own = valuesOf(name) ?? []
  const also = others.flatMap((other) => {
    const its = valuesOf(other)
    if (!its) return []
    const ratio = spreadOf(own.map((value, index) => value / (its[index] ?? Number.NaN)))
    return [{ name: other, value: spreadOf(its), ratio }]
  })
  const figure = { ...alone(title, unit, own), also }
  if (most === undefined) return figure
  return compared(figure, 'at most', Object.fromEntries(others.map((other) => [other, most])))
}
