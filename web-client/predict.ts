import type { Predicted } from '../protocol/predicted.ts'
import {
  createPrediction,
  createTicks,
  PREDICTION,
  type Prediction,
} from '../protocol/prediction.ts'
import type { ColumnValues } from '../protocol/state-column.ts'
import type { Column, TableColumns } from '../protocol/state-columns.ts'
import type { FieldSchema } from '../protocol/state-schema.ts'
import { type Inputs, MOST_INPUTS } from '../protocol/state-up.ts'
import { hear, type Report } from './emitter.ts'
import { failure } from './failure.ts'
import type { Timers } from './link.ts'
import { predictedOf, usualOf } from './predict-fields.ts'
import { type Access, accessOf } from './state-fields.ts'
import type { Ahead } from './state-row.ts'

/** What an input makes of a player: the same as the room’s own logic makes of it. */
export type Step = (player: Predicted, input: Readonly<Predicted>, seconds: number) => void

/** How what is predicted is drawn. */
export interface PredictOptions {
  /** What was wrong by more than this is set right at once, in the field’s own unit; 100 unless said. */
  readonly leap?: number
}

/** What is predicted of our own row. */
export interface Predicting {
  /** In how many of what the server said inputs were acknowledged; in how many it was otherwise. */
  readonly acknowledged: number
  readonly corrected: number
  /** How many inputs are under way. */
  readonly waiting: number
}

/** What the inputs of a room need of it. */
export interface PredictRoom {
  readonly timers: Timers
  readonly report: Report
  /** Sends inputs; whether it could be. */
  send(inputs: Inputs): boolean
  /** What our own row holds, and the last of our inputs that was done; undefined while there is none. */
  own(): { readonly values: Predicted; readonly ack: number } | undefined
  /** A tick of ours begins: last words of what is done in it. */
  sampling(): void
}

/** The table of the members’ rows, as inputs know it. */
interface Mine {
  readonly known: TableColumns
  readonly accesses: ReadonlyMap<string, Access>
}

export type OwnPredict = ReturnType<typeof createPredict>

/** What we do in a room, in ticks of our own, and what our own row will be by it. */
export function createPredict({ timers, report, send, own, sampling }: PredictRoom) {
  const held: Predicted = {}
  /** What was true at some time since the last tick. */
  const pressed = new Set<string>()
  let inputs: readonly (Access & { readonly usual: unknown })[] = []
  let columns: readonly Column[] = []
  let mine: Mine | undefined
  let step_ms = 50
  let ticks = createTicks(step_ms)
  let wanted: { readonly table: string; readonly step: Step; readonly leap: number } | undefined
  let prediction: Prediction<Predicted, Input> | undefined
  let hasBegun = false
  let isDoing = false
  /** The last input that was sent, and when. */
  let [sentTo, sentAt] = [0, Number.NEGATIVE_INFINITY]
  let cancel: (() => void) | undefined

  const ahead: Ahead = {
    get state() {
      return prediction?.state ?? {}
    },
    shown: (field) => prediction?.shown(field, timers.now()),
  }

  return {
    /** From now on this is what we do; what is left out stays as it is. */
    input(values: Readonly<Predicted>): void {
      for (const [name, value] of Object.entries(values)) {
        if (inputs.length > 0) checked(name, value)
        held[name] = value
        if (value === true) pressed.add(name)
      }
      begin()
    },

    /** We do nothing any more: no inputs are made until `input` says something again. */
    rest(): void {
      isDoing = false
    },

    /** Our own row of this table is ahead of the server from now on. */
    predict(table: string, step: Step, { leap = PREDICTION.leap }: PredictOptions): Predicting {
      wanted = { table, step, leap }
      compare()
      ready()
      begin()
      const before = countsOf(prediction)
      return {
        get acknowledged() {
          return Math.max(0, countsOf(prediction).acknowledged - before.acknowledged)
        },
        get corrected() {
          return Math.max(0, countsOf(prediction).corrected - before.corrected)
        },
        get waiting() {
          return prediction?.made.length ?? 0
        },
      }
    },

    /** What our row of this table is ahead, if we predict it. */
    ahead(table: string): Ahead | undefined {
      if (!prediction || wanted?.table !== table) return undefined
      look()
      return ahead
    },

    /** The room’s tables are these; of which there is a row for each member. */
    shape(
      fields: readonly FieldSchema[] | undefined,
      all: readonly Column[],
      of: Mine | undefined,
    ) {
      columns = all
      inputs = (fields ?? []).map((field, number) => ({
        ...accessOf(field, number, all, 'inputs'),
        usual: usualOf(field, all, number),
      }))
      mine = of
      prediction = undefined
      compare()
    },

    /** It is another room: its ticks are so long. */
    restart(ms: number): void {
      step_ms = ms
      sentTo = 0
      ticks = createTicks(ms)
      prediction = undefined
    },

    /** A frame is whole. */
    frame(): void {
      const row = mine && own()
      if (!row) prediction = undefined
      else if (!prediction) ready()
      else {
        const { values, ack } = row
        hear(() => prediction?.acknowledge(values, ack, timers.now()), report)
      }
    },

    /** It is time to look what is due. */
    look,

    /** Another connection: what nobody has acknowledged is said again. */
    again(): void {
      sentTo = 0
      sentAt = Number.NEGATIVE_INFINITY
      flush()
    },

    close(): void {
      cancel?.()
      cancel = undefined
      hasBegun = false
    },
  }

  /** Only the rows that acknowledge inputs can be ahead of them. */
  function compare(): void {
    const name = mine?.known.table.name
    if (wanted && name !== undefined && name !== wanted.table)
      report(new Error(`predict: ${wanted.table}: expected ${name}, whose rows acknowledge inputs`))
  }

  function begin(): void {
    isDoing = true
    if (hasBegun) return
    hasBegun = true
    wait(0)
  }

  function wait(ms: number): void {
    cancel = timers.after(ms, () => {
      cancel = undefined
      look()
    })
  }

  /** Does what is due, and comes back for the next. */
  function look(): void {
    if (!hasBegun) return
    const now = timers.now()
    ready()
    const ticking = inputs.length > 0 && prediction ? ticks : undefined
    const due = ticking?.due(now) ?? []
    for (const at of due) if (isDoing) hear(() => tick(at), report)
    flush()
    if (due.length === 0 && cancel) return
    cancel?.()
    wait(Math.max(1, ticking ? ticking.next - now : step_ms))
  }

  /** Once our row is there, what it will be is reckoned from it. */
  function ready(): void {
    const row = !prediction && mine && own()
    if (!row || !mine) return
    prediction = createPrediction(optionsOf(mine), row.values, row.ack)
    sentTo = row.ack
  }

  function tick(at: number): void {
    sampling()
    if (!isDoing) return
    const cells = sample()
    const input = Object.fromEntries(
      inputs.map(({ name, columns: own, read }) => [name, read(own.map((index) => cells[index]))]),
    )
    pressed.clear()
    prediction?.input({ values: input, cells }, at)
  }

  /** What we do, as it travels. */
  function sample(): unknown[] {
    const cells: unknown[] = []
    for (const { name, columns: own, usual, write } of inputs) {
      const contents = write(pressed.has(name) ? true : (held[name] ?? usual))
      for (const [index, column] of own.entries()) cells[column] = contents[index]
    }
    return cells
  }

  /** Sends what was not sent; many ticks a second go together, so that the server takes them. */
  function flush(): void {
    const now = timers.now()
    if (now - sentAt < LEAST_MS) return
    const made = prediction?.made.filter(({ number }) => number > sentTo) ?? []
    for (let from = 0; from < made.length; from += MOST_INPUTS)
      if (!say(made.slice(from, from + MOST_INPUTS))) return
    if (made.length > 0) sentAt = now
  }

  /** Whether it could be sent. */
  function say(made: readonly Made[]): boolean {
    const [first, last] = [made[0], made.at(-1)]
    if (!first || !last) return true
    const values = columns.map((column, index): ColumnValues => {
      const all = made.map(({ input }) => input.cells[index])
      return column.raw ? all : Int32Array.from(all as number[])
    })
    if (!send({ first: first.number, n: made.length, values })) return false
    sentTo = last.number
    return true
  }

  function checked(name: string, value: unknown): void {
    const access = inputs.find((one) => one.name === name)
    if (!access) throw failure('INVALID_MESSAGE_DATA', `inputs: no field is called ${name}`)
    access.write(value)
  }

  function optionsOf({ known, accesses }: Mine) {
    const { name } = known.table
    return {
      ...{ step_ms, fields: predictedOf(known, accesses, () => wanted?.leap) },
      step(state: Predicted, { values }: Input, seconds: number) {
        if (wanted?.table === name) wanted.step(state, values, seconds)
      },
    }
  }
}

const countsOf = (prediction: Prediction<Predicted, Input> | undefined) => ({
  acknowledged: prediction?.acknowledged ?? 0,
  corrected: prediction?.corrected ?? 0,
})

/** So long at least from one frame to the next: a server takes 75 a second. */
const LEAST_MS = 14

interface Input {
  readonly values: Predicted
  /** What each of the inputs’ columns holds. */
  readonly cells: readonly unknown[]
}

interface Made {
  readonly number: number
  readonly input: Input
}
