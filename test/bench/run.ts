// `npm run bench [-- --quick] [--only NAME] [--svg FILE]`: every workload beside the opponents, in one run.
// `--before FOLDER`: beside an earlier version, a built checkout, instead; `--runs N`: so many of each.
// `--attack NAME`: of `neighbour` only that one. `--windows FILE`: the picture that `matchmaking` draws.
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { asked } from './asked.ts'
import { broadcast } from './broadcast.ts'
import { chartOf } from './chart.ts'
import { present, versions } from './contestants.ts'
import type { Figure, Spread, Workload } from './figures.ts'
import { godot } from './godot.ts'
import { history } from './history.ts'
import { idle } from './idle.ts'
import { inputs } from './inputs.ts'
import { matchmaking } from './matchmaking.ts'
import { neighbour } from './neighbour.ts'
import { notify } from './notify.ts'
import { packets } from './packets.ts'
import { page } from './page.ts'
import { players } from './players.ts'
import { plaza } from './plaza.ts'
import { relay } from './relay.ts'
import { requests } from './requests.ts'
import { room } from './room.ts'
import { rooms } from './rooms.ts'
import { slow } from './slow.ts'
import { stalled } from './stalled.ts'
import { startup } from './startup.ts'
import { state } from './state.ts'
import { storm } from './storm.ts'

const WORKLOADS: readonly Workload[] = [
  startup,
  idle,
  plaza,
  broadcast,
  notify,
  requests,
  history,
  packets,
  state,
  inputs,
  slow,
  stalled,
  storm,
  neighbour,
  matchmaking,
  room,
  rooms,
  players,
  godot,
  relay,
  page,
]
const ROBUST =
  'processor time of the server is what other programs on the machine change least; times by the clock change with them'
/** Only a failure meets these. */
const [QUICK_LIMIT_MS, LIMIT_MS] = [150_000, 1_500_000]
const RESULTS = join(import.meta.dirname, '../../.bench.json')

const { quick, only, svg } = asked
const chosen = WORKLOADS.filter(({ name }) => !only || only.includes(name))
if (chosen.length === 0)
  throw new Error(`--only: expected one of ${WORKLOADS.map(({ name }) => name).join(', ')}`)

const machine = `node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}`
if (asked.before === undefined) present(['socket.io', 'colyseus'])
console.log(`${machine}${quick ? ', quick' : ''}; ${versions()}`)
console.log('median (least to most); ratio = estragon divided by the other, run by run')
console.log(`${ROBUST}\n`)
const began = performance.now()
const results: Record<string, Figure[]> = {}
for (const { name, run } of chosen) {
  const start = performance.now()
  const figures = await withinBounds(name, run(quick))
  results[name] = figures
  console.log(`${name}, in ${secondsSince(start)} s\n${figures.map(lineOf).join('\n')}\n`)
  save()
}
if (svg) writeFileSync(svg, chartOf(Object.values(results).flat(), footer()))
console.log(`${secondsSince(began)} s; figures in .bench.json`)
process.exit()

/** Rejects where a workload takes too long, so that nobody waits for one that hangs. */
async function withinBounds<T>(name: string, run: Promise<T>): Promise<T> {
  const limit = quick ? QUICK_LIMIT_MS : LIMIT_MS
  const late = new Promise<never>((_, reject) => {
    const fail = () => reject(new Error(`${name}: expected an end within ${limit / 1000} s`))
    setTimeout(fail, limit).unref()
  })
  return Promise.race([run, late])
}

/** What there is so far. */
function save(): void {
  const seconds = secondsSince(began)
  const report = { machine, opponents: versions(), quick, seconds, results }
  writeFileSync(RESULTS, `${JSON.stringify(report, null, 2)}\n`)
}

function secondsSince(start: number): number {
  return Math.round((performance.now() - start) / 1000)
}

function footer(): string[] {
  return [
    'By processor time of the server, which runs on one core; memory and players held as they are.',
    `Bars are medians, lines go from least to most${quick ? ' of a quick run' : ''}; ${machine}; ${versions()}`,
  ]
}

function lineOf({
  name,
  unit,
  estragon,
  ws,
  ratio,
  also = [],
  note,
  bound,
  holds,
}: Figure): string {
  const verdict = bound ? `    ${holds ? 'holds' : 'MISSED'}: ${bound}` : ''
  const lines = [
    `  ${`${name}${unit && ` (${unit})`}`.padEnd(64)}${verdict}`,
    row('estragon', estragon, undefined),
    ...(ws ? [row('ws', ws, ratio)] : []),
    ...also.map((other) => row(other.name, other.value, other.ratio)),
    ...(note ? [`    ${note}`] : []),
  ]
  return lines.map((line) => line.trimEnd()).join('\n')
}

function row(name: string, value: Spread, ratio: Spread | undefined): string {
  const cells = [`    ${name} `.padEnd(18), spread(value).padEnd(34)]
  return [...cells, ratio ? `ratio ${spread(ratio)}` : ''].join('')
}

function spread({ median, min, max }: Spread): string {
  return min === max ? short(median) : `${short(median)} (${short(min)} to ${short(max)})`
}

function short(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en')
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2)
}
