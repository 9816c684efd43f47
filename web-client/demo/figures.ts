import type { Json, Member, Room } from '../client.ts'
import type { Rows } from '../plaza.ts'
import { BADGES } from './news.ts'
import { createPlayback, type Point } from './playback.ts'

/** A member of the plaza as it is shown. */
export interface Figure {
  readonly number: number
  readonly name: string
  readonly colour: string
  readonly isYou: boolean
  away: boolean
  /** Whether it is the host, or what else it may do; empty for a plain player. */
  badge: string
  /** Where it is shown; undefined until the server has said where it is. */
  at: Point | undefined
  bubble: { readonly text: string; readonly until: number } | undefined
  wavesUntil: number
}

const BUBBLE_MS = 6_000
const WAVE_MS = 2_000

/** Everybody in the plaza, by member number; others are shown a little late, by rows. */
export function createFigures() {
  const figures = new Map<number, Figure>()
  const playback = createPlayback()

  return {
    all: figures as ReadonlyMap<number, Figure>,

    /** A new room: nobody is known yet. */
    clear(): void {
      figures.clear()
      playback.clear()
    },

    /** Those here are the room's members, no more and no fewer. */
    sync({ members, you, host }: Room): void {
      for (const number of figures.keys()) if (!members.has(number)) forget(number)
      for (const member of members.values()) {
        const figure = figures.get(member.number) ?? figureOf(member, member.number === you)
        figure.away = member.away
        figure.badge = member === host ? 'host' : (BADGES[member.role] ?? '')
        figures.set(member.number, figure)
      }
    },

    /** Where everybody was at `time`, by the server's clock; `now` is ours. */
    aim(rows: Rows, time: number, now: number): void {
      playback.add(rows, time, now)
      for (const [number, x, y] of rows) {
        const figure = figures.get(number)
        if (figure) figure.at ??= { x, y }
      }
    },

    /** Moves others on to where they are shown at `now`. Where we are we know better. */
    step(now: number): void {
      playback.step(now)
      for (const figure of figures.values())
        if (figure.at && !figure.isYou) figure.at = playback.at(figure.number) ?? figure.at
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
    playback.forget(number)
  }
}

const figureOf = ({ number, name, away, data }: Member, isYou: boolean): Figure => ({
  number,
  name,
  colour: colourIn(data),
  isYou,
  away,
  badge: '',
  at: undefined,
  bubble: undefined,
  wavesUntil: 0,
})

const colourIn = (data: Json): string => {
  const { colour } = (data ?? {}) as { readonly colour?: Json }
  return typeof colour === 'string' ? colour : '#808080'
}
