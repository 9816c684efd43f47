// `npm run bench [-- --quick] [-- --only NAME]`: every workload beside plain ws, in one run.
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { broadcast } from './broadcast.ts'
import type { Figure, Spread, Workload } from './figures.ts'
import { godot } from './godot.ts'
import { history } from './history.ts'
import { idle } from './idle.ts'
import { page } from './page.ts'
import { players } from './players.ts'
import { plaza } from './plaza.ts'
import { requests } from './requests.ts'
import { room } from './room.ts'
import { slow } from './slow.ts'
import { startup } from './startup.ts'

const WORKLOADS: readonly Workload[] = [
  startup,
  idle,
  plaza,
  broadcast,
  requests,
  history,
  slow,
  room,
  players,
  godot,
  page,
]
const RESULTS = join(import.meta.dirname, '../../.bench.json')

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string', multiple: true } },
})
const { quick, only } = values
const chosen = WORKLOADS.filter(({ name }) => !only || only.includes(name))
if (chosen.length === 0)
  throw new Error(`--only: expected one of ${WORKLOADS.map(({ name }) => name).join(', ')}`)

const machine = `node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}`
console.log(`${machine}${quick ? ', quick' : ''}; median (least to most); ratio = estragon / ws\n`)
const began = performance.now()
const results: Record<string, Figure[]> = {}
for (const { name, run } of chosen) {
  const figures = await run(quick)
  results[name] = figures
  console.log(`${name}\n${figures.map(lineOf).join('\n')}\n`)
}
const seconds = Math.round((performance.now() - began) / 1000)
writeFileSync(RESULTS, `${JSON.stringify({ machine, quick, seconds, results }, null, 2)}\n`)
console.log(`${seconds} s; figures in .bench.json`)
process.exit()

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
  const first = [`  ${name} (${unit})`.padEnd(52), spread(estragon).padEnd(26)].join('')
  const verdict = bound ? `${holds ? 'holds' : 'MISSED'}: ${bound}` : ''
  const lines = [
    `${first}${versus('ws', ws, ratio)}${verdict}`,
    ...also.map((other) => `${' '.repeat(78)}${versus(other.name, other.value, other.ratio)}`),
    ...(note ? [`    ${note}`] : []),
  ]
  return lines.map((line) => line.trimEnd()).join('\n')
}

function versus(name: string, value: Spread | undefined, ratio: Spread | undefined): string {
  const cells = [value ? `${name} ${spread(value)}` : '', ratio ? `ratio ${spread(ratio)}` : '']
  return cells.map((cell) => cell.padEnd(28)).join('')
}

function spread({ median, min, max }: Spread): string {
  return min === max ? short(median) : `${short(median)} (${short(min)} to ${short(max)})`
}

function short(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en')
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2)
}
