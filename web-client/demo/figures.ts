import type { Point } from '../../protocol/plaza.ts'
import type { Json, Member, Room } from '../client.ts'
import { BADGES } from './news.ts'
import type { Gait } from './person.ts'
import type { Sound } from './sounds.ts'
import type { Plaza } from './visit.ts'

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
  /** Where it was in the frame before. */
  before: Point | undefined
  bubble: { readonly text: string; readonly until: number } | undefined
  wavesUntil: number
  lights: number
  points: number
  safe: boolean
  gait: Gait & { readonly movedAt: number }
  /** What it has just won or lost, and since when. */
  gain: { readonly text: string; readonly since: number } | undefined
}

/** What of its row a figure shows. */
type Shown = Pick<Figure, 'lights' | 'points' | 'safe'>

const BUBBLE_MS = 6_000
const WAVE_MS = 2_000
/** For so long after a step somebody still walks, and so far a pair of steps is. */
const STRIDE = { ms: 120, units: 45 }

/** Everybody in the plaza, by member number; others are shown a little late, as their rows are. */
export function createFigures(play: (sound: Sound) => void) {
  const figures = new Map<number, Figure>()
  /** By their slots. */
  const bots = new Map<number, Figure>()

  return {
    all: figures as ReadonlyMap<number, Figure>,

    /** A new room: nobody is known yet. */
    clear(): void {
      figures.clear()
      bots.clear()
    },

    /** Everybody to be drawn. */
    get drawn(): Iterable<Figure> {
      return [...figures.values(), ...bots.values()]
    },

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

    /** Moves everybody on to where they are shown at `now`. */
    step({ state, shown }: Plaza, now: number): void {
      shown.look(now)
      for (const row of state.players) {
        const figure = figures.get(row.owner)
        if (!figure) continue
        show(figure, row, { x: row.smooth('x'), y: row.smooth('y') }, now)
      }
      for (const slot of bots.keys()) if (!state.bots.at(slot)) bots.delete(slot)
      for (const row of state.bots) {
        const { slot, name, colour } = row
        const figure = bots.get(slot) ?? newFigure(0, name, colour, false)
        bots.set(slot, figure)
        show(figure, row, { x: row.smooth('x'), y: row.smooth('y') }, now)
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

  /** It is there now, and has this; what it has won or lost since is told. */
  function show(figure: Figure, { lights, points, safe }: Shown, at: Point, now: number): void {
    if (figure.before) walk(figure, figure.before, at, now)
    const won = points - figure.points
    const gain = won > 0 ? `+${won}` : gainOf(lights - figure.lights)
    if (gain && figure.before) figure.gain = { text: gain, since: now }
    if (gain && figure.before && figure.isYou)
      play(won > 0 ? 'hung' : lights > figure.lights ? 'caught' : 'stolen')
    Object.assign(figure, { lights, points, safe, at, before: at })
  }
}

/** A light that is caught, or as many as are lost. */
const gainOf = (more: number) => (more < 0 ? `−${-more}` : more > 0 ? '✦' : undefined)

function walk(figure: Figure, from: Point, to: Point, now: number): void {
  const far = Math.hypot(to.x - from.x, to.y - from.y)
  const { phase, turn, movedAt } = figure.gait
  const isMoving = far > 0.2
  figure.gait = {
    phase: phase + (far / STRIDE.units) * Math.PI,
    turn: Math.abs(to.x - from.x) > 0.5 ? Math.sign(to.x - from.x) : turn,
    movedAt: isMoving ? now : movedAt,
    isWalking: isMoving || now - movedAt < STRIDE.ms,
  }
}

const figureOf = ({ number, name, away, data }: Member, isYou: boolean): Figure => ({
  ...newFigure(number, name, colourIn(data), isYou),
  away,
})

const newFigure = (number: number, name: string, colour: string, isYou: boolean): Figure => ({
  ...{ number, name, colour, isYou, away: false, badge: '', at: undefined, before: undefined },
  ...{ bubble: undefined, wavesUntil: 0, lights: 0, points: 0, safe: false, gain: undefined },
  gait: { phase: 0, isWalking: false, turn: 0, movedAt: Number.NEGATIVE_INFINITY },
})

const colourIn = (data: Json): string => {
  const { colour } = (data ?? {}) as { readonly colour?: Json }
  return typeof colour === 'string' ? colour : '#808080'
}
