import { PLAZA } from '../../protocol/plaza.ts'
import type { Json, Member, Room } from '../client.ts'
import type { Rows } from '../plaza.ts'

export interface Point {
  readonly x: number
  readonly y: number
}

/** A member of the plaza as it is shown. */
export interface Figure {
  readonly number: number
  readonly name: string
  readonly colour: string
  readonly isYou: boolean
  away: boolean
  /** Where it is shown; undefined until the server has said where it is. */
  at: Point | undefined
  bubble: { readonly text: string; readonly until: number } | undefined
  wavesUntil: number
}

/** From where a figure was shown to where it is going, on the server's clock. */
interface Glide {
  readonly from: Point
  readonly begun: number
  readonly to: Point
  readonly due: number
}

/** How far behind the server others are shown: two ticks, so that one late row goes unseen. */
const BEHIND_MS = 2 * PLAZA.tick_ms
const BUBBLE_MS = 6_000
const WAVE_MS = 2_000

export type Figures = ReturnType<typeof createFigures>

/** Everybody in the plaza, by member number; others glide from row to row. */
export function createFigures() {
  const figures = new Map<number, Figure>()
  const glides = new Map<number, Glide>()

  return {
    all: figures as ReadonlyMap<number, Figure>,

    /** A new room: nobody is known yet. */
    clear(): void {
      figures.clear()
      glides.clear()
    },

    /** Those here are the room's members, no more and no fewer. */
    sync({ members, you }: Room): void {
      for (const number of figures.keys()) if (!members.has(number)) forget(number)
      for (const member of members.values()) {
        const known = figures.get(member.number)
        if (known) known.away = member.away
        else figures.set(member.number, figureOf(member, member.number === you))
      }
    },

    /** Where everybody was at `time`; `now` is the server's clock too. Ours we know better. */
    aim(rows: Rows, time: number, now: number): void {
      for (const [number, x, y] of rows) {
        const figure = figures.get(number)
        if (!figure || (figure.isYou && figure.at)) continue
        if (figure.at)
          glides.set(number, { from: figure.at, begun: now, to: { x, y }, due: time + BEHIND_MS })
        else figure.at = { x, y }
      }
    },

    /** Moves those who glide on to where they are at `now`. */
    step(now: number): void {
      for (const [number, glide] of glides) {
        const figure = figures.get(number)
        if (figure) figure.at = along(glide, now)
        if (now >= glide.due) glides.delete(number)
      }
    },

    say(number: number, text: string): void {
      const figure = figures.get(number)
      if (figure) figure.bubble = { text, until: performance.now() + BUBBLE_MS }
    },

    wave(number: number): void {
      const figure = figures.get(number)
      if (figure) figure.wavesUntil = performance.now() + WAVE_MS
    },
  }

  function forget(number: number): void {
    figures.delete(number)
    glides.delete(number)
  }
}

function along({ from, begun, to, due }: Glide, now: number): Point {
  if (now >= due) return to
  const part = Math.max(0, (now - begun) / (due - begun))
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part }
}

const figureOf = ({ number, name, away, data }: Member, isYou: boolean): Figure => ({
  number,
  name,
  colour: colourIn(data),
  isYou,
  away,
  at: undefined,
  bubble: undefined,
  wavesUntil: 0,
})

const colourIn = (data: Json): string => {
  const { colour } = (data ?? {}) as { readonly colour?: Json }
  return typeof colour === 'string' ? colour : '#808080'
}
