import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

/** The load runs in processes of its own, which are asked by run.ts and not by the command line. */
const isAsked = process.argv[1]?.endsWith('run.ts') ?? false

const { values } = parseArgs({
  args: isAsked ? process.argv.slice(2) : [],
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    svg: { type: 'string' },
    windows: { type: 'string' },
    before: { type: 'string' },
    runs: { type: 'string' },
    attack: { type: 'string', multiple: true },
  },
})

/** What the command line says: see run.ts. */
export const asked = {
  quick: values.quick,
  only: values.only,
  svg: values.svg,
  /** Where the picture of rating windows goes, if it is drawn. */
  windows: values.windows,
  /** Which of the attacks beside a neighbour; all unless given. */
  attacks: values.attack,
  /** A built checkout of an earlier version, to be measured in the same run instead of the others. */
  before: values.before === undefined ? undefined : resolve(values.before),
}

/** How many runs there are of each. */
export const runsOf = (few: number, many = 5): number =>
  Number(values.runs) || (asked.quick ? few : many)
