import type { Json, Member, Room } from '../client.ts'
import { BADGES } from './news.ts'
import type { Plaza } from './visit.ts'

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
  /** Whether it is the host, or what else it may do; empty for a plain player. */
  badge: string
  /** Where it is shown; undefined until the server has said where it is. */
  at: Point | undefined
  bubble: { readonly text: string; readonly until: number } | undefined
  wavesUntil: number
}

const BUBBLE_MS = 6_000
const WAVE_MS = 2_000

/** Everybody in the plaza, by member number; others are shown a little late, as their rows are. */
export function createFigures() {
  const figures = new Map<number, Figure>()

  return {
    all: figures as ReadonlyMap<number, Figure>,

    /** A new room: nobody is known yet. */
    clear: () => figures.clear(),

    /** Those here are the room's members, no more and no fewer. */
    sync({ members, you, host }: Room): void {
      for (const number of figures.keys()) if (!members.has(number)) figures.delete(number)
      for (const member of members.values()) {
        const figure = figures.get(member.number) ?? figureOf(member, member.number === you)
        figure.away = member.away
        figure.badge = member === host ? 'host' : (BADGES[member.role] ?? '')
        figures.set(member.number, figure)
      }
    },

    /** Moves others on to where they are shown at `now`. Where we are we know better. */
    step({ state, shown }: Plaza, now: number): void {
      shown.look(now)
      for (const row of state.players) {
        const figure = figures.get(row.owner)
        if (figure && !(figure.isYou && figure.at))
          figure.at = { x: row.smooth('x'), y: row.smooth('y') }
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
