import type { Near } from '../../server/core/match/rules.ts'
import { windowOf } from '../../server/core/match/rules.ts'
import { quantile } from './figures.ts'
import type { Matched } from './matchmaking.ts'

const MOMENTS = [
  [5, '5 ms'],
  [10, '10 ms'],
  [100, '100 ms'],
  [1_000, '1 s'],
  [10_000, '10 s'],
] as const

interface Side {
  readonly waits: readonly number[]
  readonly matches: readonly Matched[]
}

const [WIDTH, HEIGHT] = [840, 420]
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 816, 96, 340]
const [LEAST_MS, MOST_MS] = [5, 12_000]
const MOST_POINTS = 1_500

/** Each match of both queues: how long its first waited, and how far apart they are; over it the window. */
export function windowsChart(near: Near, ranked: Side, first: Side): string {
  const share = (ms: number) =>
    Math.log(Math.max(ms, LEAST_MS) / LEAST_MS) / Math.log(MOST_MS / LEAST_MS)
  const x = (ms: number) => LEFT + Math.min(1, share(ms)) * (RIGHT - LEFT)
  const y = (points: number) =>
    BOTTOM - (Math.min(points, MOST_POINTS) / MOST_POINTS) * (BOTTOM - TOP)
  const dots = ({ matches }: Side, kind: string) =>
    matches.map(
      ({ waited_ms, spread }) =>
        `<circle class="${kind}" cx="${x(waited_ms).toFixed(1)}" cy="${y(spread).toFixed(1)}" r="2.6"/>`,
    )
  const changes = Array.from({ length: MOST_MS / 1_000 }, (_, at) => (at + 1) * 1_000)
  const steps = [LEAST_MS, ...changes].map((ms) => {
    const [before, after] = [windowOf(near, ms - 1), windowOf(near, ms)].map(y)
    return `${x(ms).toFixed(1)},${before} ${x(ms).toFixed(1)},${after}`
  })
  const points = [0, 500, 1_000, 1_500]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    '<title>Rating windows that widen, beside first come first served</title>',
    `<desc>${spoken(ranked, 'with windows')}; ${spoken(first, 'first come')}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${HEIGHT}" rx="10"/>`,
    text('heading', 24, 36, 'Who waits longer may meet who is further away'),
    text(
      'note',
      24,
      58,
      '2,000 players, 200 a second, in rooms of 4. Each dot is a match: how long its',
    ),
    text(
      'note',
      24,
      74,
      'first waited, and how far apart the four are. The line is how far any two may be.',
    ),
    ...points.flatMap((one) => [
      `<line class="grid" x1="${LEFT}" x2="${RIGHT}" y1="${y(one)}" y2="${y(one)}"/>`,
      text('axis end', LEFT - 8, y(one) + 4, one.toLocaleString('en')),
    ]),
    ...MOMENTS.map(([ms, said]) => text('axis middle', x(ms), BOTTOM + 18, said)),
    ...dots(first, 'first'),
    ...dots(ranked, 'ranked'),
    `<polyline class="window" points="${steps.join(' ')}"/>`,
    `<circle class="ranked" cx="30" cy="380" r="5"/>`,
    text('note', 44, 384, spoken(ranked, 'with windows')),
    `<circle class="first" cx="30" cy="402" r="5"/>`,
    text('note', 44, 406, spoken(first, 'first come, first served')),
    '</svg>',
    '',
  ].join('\n')
}

function spoken({ waits, matches }: Side, name: string): string {
  const sorted = [...waits].sort((a, b) => a - b)
  const mean = matches.reduce((sum, { spread }) => sum + spread, 0) / matches.length
  const ms = (p: number) => `${Math.round(quantile(sorted, p))} ms`
  return `${name}: half wait less than ${ms(0.5)}, 99 of 100 less than ${ms(0.99)}; ${Math.round(mean)} points apart on average`
}

const text = (kind: string, x: number, y: number, said: string) =>
  `<text class="${kind}" x="${x}" y="${y}">${said}</text>`

const STYLE = [
  'text{font:13px system-ui,sans-serif;fill:#24292f}',
  '.heading{font-size:18px;font-weight:600}',
  '.axis{fill:#57606a;font-size:12px}.end{text-anchor:end}.middle{text-anchor:middle}',
  '.paper{fill:#fff}.grid{stroke:#d0d7de}',
  '.ranked{fill:#0a6cbd}.first{fill:#bf8700;fill-opacity:.55}',
  '.window{fill:none;stroke:#cf222e;stroke-width:2}',
  '@media (prefers-color-scheme:dark){text{fill:#e6edf3}.axis{fill:#9198a1}.paper{fill:#0d1117}',
  '.grid{stroke:#3d444d}.ranked{fill:#58a6ff}.first{fill:#d29922}.window{stroke:#ff7b72}}',
].join('')
