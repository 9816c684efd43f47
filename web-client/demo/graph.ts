/** How many round trips it shows. */
const SAMPLES = 60
/** The size it is drawn in; the page stretches it. */
const WIDTH = 60
const HEIGHT = 20
/** The least that the whole height stands for, in ms: what is quick looks low. */
const LEAST_TOP_MS = 20

/** The last round trips as a line; a gap where there was no connection. */
export function createGraph(svg: Element) {
  const area = svg.querySelector('.area')
  const line = svg.querySelector('.line')
  let samples: (number | undefined)[] = []

  return {
    /** Adds the newest, in ms; undefined while away. */
    add(ms: number | undefined): void {
      samples = [...samples, ms].slice(-SAMPLES)
      const known = samples.filter((sample) => sample !== undefined)
      const top = Math.max(LEAST_TOP_MS, ...known) * 1.1
      const runs = runsOf(samples, top)
      line?.setAttribute('d', runs.map((run) => `M${run.join('L')}`).join(''))
      area?.setAttribute('d', runs.map(closed).join(''))
      svg.setAttribute('aria-label', labelOf(known))
    },
  }
}

type Place = readonly [x: number, y: number]

/** The places of unbroken samples, the newest at the right. */
function runsOf(samples: readonly (number | undefined)[], top: number): Place[][] {
  const runs: Place[][] = []
  let isBroken = true
  for (const [index, ms] of samples.entries()) {
    if (ms !== undefined) {
      const x = WIDTH - 1 - (samples.length - 1 - index)
      const y = Math.round((HEIGHT - (ms / top) * HEIGHT) * 10) / 10
      if (isBroken) runs.push([[x, y]])
      runs.at(-1)?.push([x + 1, y])
    }
    isBroken = ms === undefined
  }
  return runs
}

/** The surface under a line. */
function closed(run: readonly Place[]): string {
  const [from = 0] = run[0] ?? []
  const [to = 0] = run.at(-1) ?? []
  return `M${from} ${HEIGHT}L${run.join('L')}L${to} ${HEIGHT}Z`
}

function labelOf(known: readonly number[]): string {
  if (known.length === 0) return 'Round trip: not known yet'
  const least = Math.round(Math.min(...known))
  const most = Math.round(Math.max(...known))
  return `Round trip, the last ${known.length}: ${least} to ${most} ms`
}
