import type { Bar, Figure, Spread } from './figures.ts'

/** A figure that is drawn. */
type Drawn = Figure & { readonly bar: Bar }

/** One bar: how many times as good as this other. */
interface Line {
  readonly other: string
  readonly times: Spread
}

const WIDTH = 840
const MARGIN = 24
const TOP = 84
const BOTTOM = 64
const NAMES_END = 118
const FIRST_X = 132
const LAST_X = 724
const LINE = 20
const BAR = 11
const TITLE = 26
const GAP = 12
/** Where the axis begins at most; it ends with the best. */
const LEAST = 0.5
const LABELS: Readonly<Record<string, string>> = {
  ws: 'plain ws',
  'socket.io': 'Socket.IO',
  colyseus: 'Colyseus',
}

/** The drawn figures as horizontal bars on a scale of doublings, for light and dark surroundings. */
export function chartOf(figures: readonly Figure[], footer: readonly string[]): string {
  const groups = figures.filter(isDrawn).map((figure) => ({ figure, lines: linesOf(figure) }))
  const times = groups.flatMap(({ lines }) => lines.flatMap((line) => [line.times.median]))
  const place = scale(Math.min(LEAST, ...times), Math.max(2, ...times))
  let y = TOP
  const body = groups.flatMap(({ figure, lines }) => {
    const title = text('group', MARGIN, y + 14, figure.bar.label)
    const bars = lines.map((line, index) => barOf(line, y + TITLE + index * LINE, place))
    const grid = gridOf(place, y + TITLE - 4, lines.length * LINE)
    y += TITLE + lines.length * LINE + GAP
    return [title, ...grid, ...bars]
  })
  const height = y + BOTTOM
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    '<title>Estragon beside others: how many times as good</title>',
    `<desc>${escaped(groups.map(spoken).join('; '))}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}" rx="10"/>`,
    text('heading', MARGIN, 36, 'Estragon beside others: how many times as good'),
    text(
      'note',
      MARGIN,
      56,
      'Right of the line it does better, left of it worse; from mark to mark is twice as much.',
    ),
    ...axisOf(place),
    ...body,
    ...footer.map((line, index) => text('note', MARGIN, y + 28 + index * 16, line)),
    '</svg>\n',
  ].join('\n')
}

const isDrawn = (figure: Figure): figure is Drawn => figure.bar !== undefined

function linesOf({ ratio, also = [], bar }: Drawn): Line[] {
  const all = [{ name: 'ws', ratio }, ...also]
  return all.flatMap(({ name, ratio: one }) => {
    const other = LABELS[name]
    if (!one || !other) return []
    const { median, min, max } = one
    const times = { median: 1 / median, min: 1 / max, max: 1 / min }
    return [{ other, times: bar.better === 'more' ? one : times }]
  })
}

interface Scale {
  (times: number): number
  readonly ticks: readonly number[]
}

/** Where on the axis a ratio is; the axis begins and ends with a power of two. */
function scale(least: number, most: number): Scale {
  const [first, last] = [Math.floor(Math.log2(least)), Math.ceil(Math.log2(most))]
  const step = (LAST_X - FIRST_X) / (last - first)
  const place = (times: number) => {
    const power = Math.min(last, Math.max(first, Math.log2(times)))
    return FIRST_X + (power - first) * step
  }
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => 2 ** (first + index))
  return Object.assign(place, { ticks })
}

const axisOf = (place: Scale): string[] =>
  place.ticks.map((tick) =>
    text('note middle', place(tick), TOP - 8, tick < 1 ? `1/${1 / tick} ×` : `${tick} ×`),
  )

const gridOf = (place: Scale, top: number, height: number): string[] =>
  place.ticks.map((tick) => {
    const kind = tick === 1 ? 'one' : 'tick'
    return `<path class="${kind}" d="M${round(place(tick))} ${top}v${height}"/>`
  })

function barOf({ other, times }: Line, y: number, place: Scale): string {
  const [one, end] = [place(1), place(times.median)]
  const isBetter = end >= one
  const [from, to] = isBetter ? [one, end] : [end, one]
  const middle = round(y + BAR / 2)
  const [low, high] = [round(place(times.min)), round(place(times.max))]
  const beyond = Math.max(place(times.max), to, one) + 8
  return [
    text('name', NAMES_END, y + BAR - 1, other),
    `<rect class="${isBetter ? 'better' : 'worse'}" x="${round(from)}" y="${y}" width="${round(Math.max(1, to - from))}" height="${BAR}" rx="2"/>`,
    `<path class="spread" d="M${low} ${middle}H${high}"/>`,
    text('value', beyond, y + BAR - 1, `${shortened(times.median)} ×`),
  ].join('')
}

const spoken = ({ figure, lines }: { figure: Drawn; lines: readonly Line[] }) =>
  `${figure.bar.label}: ${lines.map(({ other, times }) => `${shortened(times.median)} times ${other}`).join(', ')}`

const shortened = (value: number) => value.toFixed(value >= 10 ? 0 : value >= 3 ? 1 : 2)

const round = (value: number) => Math.round(value * 10) / 10

const text = (kind: string, x: number, y: number, content: string) =>
  `<text class="${kind}" x="${round(x)}" y="${round(y)}">${escaped(content)}</text>`

const escaped = (content: string) =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** The demo page’s colours. */
const STYLE = `
svg { font: 13px system-ui, sans-serif; }
.paper { fill: #f7f5ef; } text { fill: #24291f; }
.heading { font-size: 18px; font-weight: 600; } .group { font-weight: 600; }
.note, .name { fill: #5d6353; font-size: 12px; } .value { font-size: 12px; }
.name { text-anchor: end; } .middle { text-anchor: middle; }
.tick { stroke: #dcd8cb; } .one { stroke: #24291f; stroke-width: 1.5; } .spread { stroke: #24291f; opacity: 0.6; }
.better { fill: #5f8f3a; } .worse { fill: #b8793a; }
@media (prefers-color-scheme: dark) {
  .paper { fill: #171a16; } text { fill: #ecefe6; }
  .note, .name { fill: #a9b09d; }
  .tick { stroke: #33382f; } .one { stroke: #ecefe6; } .spread { stroke: #ecefe6; }
  .better { fill: #7fb553; } .worse { fill: #cc8f50; }
}
`
