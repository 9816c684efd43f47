import type { PredictedField } from '../predicted.ts'
import { createPrediction, createTicks } from '../prediction.ts'
import type { Moving } from '../smoothing.ts'

/* What clients predict of a walker: the step is `walk`, which every client that replays these has. */

interface Walker extends Record<string, unknown> {
  x: number
  at: readonly number[]
  turn: number
  spin: readonly number[]
  on: boolean
  name: string
}

interface Input {
  readonly x: number
  readonly turn: number
  readonly on: boolean
}

const STEP_MS = 50
const LOOK_MS = 17
const SPEED = 200
const WALL = 400

const same = { of: (value: unknown) => value as Moving, shown: (moving: Moving) => moving }
const FIELDS: readonly PredictedField[] = [
  { name: 'x', smoothing: 'linear', tolerance: 0.01, leap: 100, moving: same },
  { name: 'at', smoothing: 'linear', tolerance: 0.05, leap: 20, moving: same },
  { name: 'turn', smoothing: 'angle', tolerance: 0.006, leap: 100, moving: same },
  { name: 'spin', smoothing: 'quaternion', tolerance: 0.008, leap: 100, moving: same },
  { name: 'on', smoothing: 'none', tolerance: 1, leap: 100, moving: same },
  { name: 'name', smoothing: 'none', tolerance: 0, leap: 100 },
]

/** To the right until a wall, downwards, turning; `on` is what it was told to be. */
function walk(walker: Walker, input: Input, seconds: number): void {
  const [x = 0, y = 0] = walker.at
  const turn = input.turn * seconds
  walker.x = Math.min(walker.x + input.x * SPEED * seconds, WALL)
  walker.at = [x + input.x * 30 * seconds, y + 40 * seconds]
  walker.turn += turn
  walker.spin = turned(walker.spin, turn)
  walker.on = input.on
  if (input.on) walker.name = 'on'
}

/** A quaternion turned about the axis up. */
function turned([x = 0, y = 0, z = 0, w = 1]: readonly number[], angle: number): number[] {
  const [sin, cos] = [Math.sin(angle / 2), Math.cos(angle / 2)]
  return [cos * x + sin * z, cos * y + sin * w, cos * z - sin * x, cos * w - sin * y]
}

interface Course {
  readonly name: string
  readonly step_ms?: number
  /** How many ticks it is until what was sent is acknowledged; never, unless said. */
  readonly way?: number
  readonly ticks: number
  /** What the server does otherwise at a tick of its own. */
  readonly otherwise?: Readonly<Record<number, (walker: Walker) => void>>
  /** Which inputs it never does. */
  readonly lost?: readonly number[]
  /** Another session of ours has made inputs meanwhile: by how many it is ahead, from a tick on. */
  readonly other?: readonly [tick: number, ahead: number]
}

const COURSES: readonly Course[] = [
  { name: 'all is as it was predicted', way: 3, ticks: 20 },
  { name: 'a wall that both know', way: 2, ticks: 60 },
  { name: 'some inputs that the server never did', way: 4, ticks: 30, lost: [7, 8, 15] },
  {
    ...{ name: 'the server moves it, a little and far', way: 3, ticks: 30 },
    otherwise: {
      6(walker) {
        walker.x += 7
        walker.at = [(walker.at[0] ?? 0) + 5, walker.at[1] ?? 0]
        walker.turn += 6
        walker.spin = turned(walker.spin, 0.4)
      },
      12(walker) {
        walker.x += 120
        walker.at = [(walker.at[0] ?? 0) + 60, walker.at[1] ?? 0]
      },
      18(walker) {
        walker.on = !walker.on
        walker.name = 'other'
      },
    },
  },
  { name: 'nobody answers', ticks: 26 },
  { name: 'nobody answers in fast ticks', step_ms: 20, ticks: 53 },
  { name: 'another session went on', way: 2, ticks: 24, other: [12, 40] },
]

/** What is predicted, acknowledged and drawn. */
export const predictionVectors = (): object[] =>
  COURSES.map(
    ({ name, way, ticks, otherwise = {}, lost = [], other = [ticks, 0], step_ms = STEP_MS }) => {
      const row = { x: 0, at: [10, 20], turn: 3, spin: [0, 0, 0, 1], on: false, name: 'Ada' }
      const first = 5
      const prediction = createPrediction<Walker, Input>(
        { step_ms, fields: FIELDS, step: walk },
        row,
        first,
      )
      const server: Walker = { ...row }
      const sent: (readonly [number: number, input: Input])[] = []
      const steps: unknown[][] = []
      let now = 1_000
      let ack = first
      for (let tick = 0; tick < ticks; tick++) {
        const input = { x: tick % 11 === 10 ? -1 : 1, turn: tick % 7, on: tick % 5 === 0 }
        const number = prediction.input(input, now)
        if (number !== undefined) sent.push([number, input])
        steps.push(['input', input, now, number ?? null])
        look(now + 2)
        const due = way === undefined ? undefined : sent[tick - way]
        if (due) {
          const [its, did] = due
          if (!lost.includes(its)) walk(server, did, step_ms / 1_000)
          otherwise[tick]?.(server)
          ack = tick >= other[0] ? its + other[1] : its
          const said = exact(server)
          // Where the server did nothing meanwhile it says the same again.
          for (const at of tick % 8 === 7 ? [now + 20, now + 20] : [now + 20])
            steps.push(['acknowledge', said, ack, at, prediction.acknowledge(said, ack, at)])
        }
        look(now + 20)
        look(now + 20 + LOOK_MS)
        now += step_ms
      }
      const { acknowledged, corrected, made } = prediction
      const end = { acknowledged, corrected, made: made.map(({ number }) => number) }
      return { name, step_ms, fields: FIELDS.map(told), row, ack: first, steps, end }

      function look(at: number): void {
        const shown = Object.fromEntries(
          FIELDS.map(({ name }) => [name, prediction.shown(name, at)]),
        )
        steps.push(['shown', at, shown])
      }
    },
  )

/** Which ticks are due when one looks. */
export function tickVectors(): object[] {
  const ticks = createTicks(STEP_MS)
  const looks = [100, 101, 149, 150, 167, 230, 480, 481, 800, 3_900, 3_917, 3_951, 4_000, 4_100]
  return [{ step_ms: STEP_MS, looks: looks.map((now) => [now, ticks.due(now)]) }]
}

const told = ({ name, smoothing, tolerance, leap, moving }: PredictedField) => ({
  ...{ name, smoothing, tolerance, leap, moves: moving !== undefined },
})

/** As exact as a wire would be. */
function exact({ x, at, turn, spin, on, name }: Walker): Walker {
  const round = (value: number, step: number) => Math.round(value / step) * step
  const places = at.map((one) => round(one, 0.05))
  const turns = spin.map((one) => round(one, 0.002))
  return { x: round(x, 0.01), at: places, turn: round(turn, 0.006), spin: turns, on, name }
}
