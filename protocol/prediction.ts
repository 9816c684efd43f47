import { copied, isNear, OFFSETS, type Predicted, type PredictedField } from './predicted.ts'
import { distance, MIXES, type Moving } from './smoothing.ts'
import { MOST_INPUTS } from './state-up.ts'

/** The constants of prediction; PREDICTION_DOCS says what each is. */
export const PREDICTION = {
  least_inputs: MOST_INPUTS,
  inputs_ms: 1_000,
  most_late: 5,
  fade_ms: 100,
  leap: 100,
} as const

export const PREDICTION_DOCS: Readonly<Record<keyof typeof PREDICTION, string>> = {
  least_inputs: 'So many inputs may be under way at least: with as many, no more are made.',
  inputs_ms: 'More may, where they are those of so many ms.',
  most_late: 'Who has not looked for more ticks than this misses them.',
  fade_ms: 'What was wrong is drawn no more by e to the power of −t through this, in ms.',
  leap: 'What was wrong by more than this is set right at once, in the field’s own unit.',
}

export interface PredictionOptions<S, I> {
  readonly step_ms: number
  readonly fields: readonly PredictedField[]
  /** What an input does: the same as the room’s own logic does with it. */
  step(state: S, input: I, seconds: number): void
}

/** An input that the server has not acknowledged, and what was predicted to be after it. */
interface Made<S, I> {
  readonly number: number
  readonly input: I
  after: S
}

export type Prediction<S extends Predicted = Predicted, I = unknown> = ReturnType<
  typeof createPrediction<S, I>
>

/**
 * What a row will be once the server has had all our inputs: each is done at once, and compared with
 * what the server says is after it; where that is another, all since are done again (Bernier, Latency
 * Compensating Methods in Client/Server In-game Protocol Design, 2001). What is drawn goes from one
 * predicted state to the next, and what was wrong fades. It begins at what `row` is after the input
 * `ack`.
 */
export function createPrediction<S extends Predicted, I>(
  { step_ms, fields, step }: PredictionOptions<S, I>,
  row: S,
  ack: number,
) {
  const most = Math.max(PREDICTION.least_inputs, Math.ceil(PREDICTION.inputs_ms / step_ms))
  let last = ack
  let made: Made<S, I>[] = []
  /** What we think it is after the input that was acknowledged last. */
  let known = { ack, state: copied(row) }
  let newest = known.state
  let before = newest
  /** When the newest input was made. */
  let at = Number.NEGATIVE_INFINITY
  /** What is drawn beside what is predicted since then, until it has faded. */
  let faults = new Map<string, Moving>()
  let faultsAt = at
  let acknowledged = 0
  let corrected = 0

  return {
    /** In how many of what the server said inputs were acknowledged. */
    get acknowledged() {
      return acknowledged
    },
    /** In how many it was otherwise than we had it. */
    get corrected() {
      return corrected
    },
    /** What it is after all inputs. */
    get state(): Readonly<S> {
      return newest
    },
    /** The inputs that are not acknowledged, and their numbers. */
    get made(): readonly { readonly number: number; readonly input: I }[] {
      return made
    },

    /**
     * Does an input whose tick is at `now`, see createTicks; its number, or undefined where too many
     * are under way.
     */
    input(input: I, now: number): number | undefined {
      if (made.length >= most) return undefined
      at = now
      before = newest
      newest = stepped(newest, input)
      last++
      made.push({ number: last, input, after: newest })
      return last
    },

    /**
     * The server says what the row is after the input `ack`; whether we had it otherwise. Where that
     * input is none of ours, we go on from it.
     */
    acknowledge(row: S, ack: number, now: number): boolean {
      const isOurs = ack >= known.ack && ack <= last
      const expected = made.find(({ number }) => number === ack)?.after ?? known.state
      const fits = isOurs && fields.every((field) => isNear(field, expected, row))
      if (ack > known.ack) acknowledged++
      made = isOurs ? made.filter(({ number }) => number > ack) : []
      known = { ack, state: fits ? expected : copied(row) }
      if (!isOurs) last = ack
      if (!fits) correct(now)
      return !fits
    },

    /** What a field is to be drawn as at `now`. */
    shown(name: string, now: number): unknown {
      const field = fields.find((one) => one.name === name)
      const place = field && drawn(field, now)
      return place === undefined ? newest[name] : field?.moving?.shown(place)
    },
  }

  function stepped(state: S, input: I): S {
    const next = copied(state)
    step(next, input, step_ms / 1_000)
    return next
  }

  /** Does all inputs again from what the server says; what is drawn goes there from where it is. */
  function correct(now: number): void {
    corrected++
    const places = fields.map((field) => drawn(field, now))
    newest = known.state
    before = newest
    for (const one of made) {
      before = newest
      newest = stepped(newest, one.input)
      one.after = newest
    }
    faults = new Map()
    const next = fields.flatMap((field, index) => {
      const [is, was] = [drawn(field, now), places[index]]
      const fault = is === undefined || was === undefined ? undefined : faultOf(field, is, was)
      return fault === undefined ? [] : [[field.name, fault] as const]
    })
    faults = new Map(next)
    faultsAt = now
  }

  function drawn({ name, smoothing, moving }: PredictedField, now: number): Moving | undefined {
    if (!moving) return undefined
    const part = Math.min(Math.max(0, (now - at) / step_ms), 1)
    const place = MIXES[smoothing](moving.of(before[name]), moving.of(newest[name]), part)
    const fault = faults.get(name)
    if (fault === undefined || smoothing === 'none') return place
    return OFFSETS[smoothing].to(place, fault, Math.exp((faultsAt - now) / PREDICTION.fade_ms))
  }
}

/** How far it is drawn from where it is, where that is not to be set right at once. */
function faultOf({ smoothing, leap }: PredictedField, is: Moving, was: Moving): Moving | undefined {
  if (smoothing === 'none' || distance(smoothing, is, was) > leap) return undefined
  return OFFSETS[smoothing].from(is, was)
}

/** The ticks of who predicts: on an absolute schedule, from the first look on. */
export function createTicks(step_ms: number) {
  let next = Number.NEGATIVE_INFINITY
  return {
    /** When the next is. */
    get next() {
      return next
    },
    /** When those were that are due; who has not looked for long misses them all but one. */
    due(now: number): number[] {
      if (next < now - PREDICTION.most_late * step_ms) next = now
      const times: number[] = []
      for (; next <= now; next += step_ms) times.push(next)
      return times
    },
  }
}
