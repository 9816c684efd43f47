import { type Predicted, type PredictedField, toleranceOf } from '../protocol/predicted.ts'
import {
  createPrediction,
  createTicks,
  PREDICTION,
  type Prediction,
} from '../protocol/prediction.ts'
import type { ColumnValues } from '../protocol/state-column.ts'
import { type Column, quantise, type TableColumns } from '../protocol/state-columns.ts'
import type { FieldSchema } from '../protocol/state-schema.ts'
import { type Inputs, MOST_INPUTS } from '../protocol/state-up.ts'
import { hear, type Report } from './emitter.ts'
import { failure } from './failure.ts'
import type { Timers } from './link.ts'
import { type Access, accessOf } from './state-fields.ts'
import type { Ahead } from './state-shape.ts'

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

    /** Our own row of this table is ahead of the server from now on. */
    predict(table: string, step: Step, { leap = PREDICTION.leap }: PredictOptions): Predicting {
      wanted = { table, step, leap }
      prediction = undefined
      compare()
      ready()
      begin()
      return {
        get acknowledged() {
          return prediction?.acknowledged ?? 0
        },
        get corrected() {
          return prediction?.corrected ?? 0
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
      const made = prediction?.made ?? []
      for (let from = 0; from < made.length; from += MOST_INPUTS)
        say(made.slice(from, from + MOST_INPUTS))
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
    if (hasBegun) return
    hasBegun = true
    wait(0)
  }

  function wait(ms: number): void {
    cancel = timers.after(ms, () => look())
  }

  /** Does what is due, and comes back for the next. */
  function look(): void {
    if (!hasBegun) return
    const now = timers.now()
    ready()
    const due = inputs.length > 0 && prediction ? ticks.due(now) : []
    for (const at of due) hear(() => tick(at), report)
    if (due.length === 0 && cancel) return
    cancel?.()
    wait(Math.max(1, (due.at(-1) ?? now) + step_ms - now))
  }

  /** Once our row is there, what it will be is reckoned from it. */
  function ready(): void {
    const row = !prediction && mine && own()
    if (row && mine) prediction = createPrediction(optionsOf(mine), row.values, row.ack)
  }

  function tick(at: number): void {
    sampling()
    const cells = sample()
    const input = Object.fromEntries(
      inputs.map(({ name, columns: own, read }) => [name, read(own.map((index) => cells[index]))]),
    )
    pressed.clear()
    const number = prediction?.input({ values: input, cells }, at)
    if (number !== undefined) say([{ number, input: { values: input, cells } }])
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

  function say(made: readonly Made[]): void {
    const [first] = made
    if (!first) return
    const values = columns.map((column, index): ColumnValues => {
      const all = made.map(({ input }) => input.cells[index])
      return column.raw ? all : Int32Array.from(all as number[])
    })
    send({ first: first.number, n: made.length, values })
  }

  function checked(name: string, value: unknown): void {
    const access = inputs.find((one) => one.name === name)
    if (!access) throw failure('INVALID_MESSAGE_DATA', `inputs: no field is called ${name}`)
    access.write(value)
  }

  function optionsOf({ known, accesses }: Mine) {
    const step = wanted?.table === known.table.name ? wanted.step : undefined
    return {
      ...{ step_ms, fields: predictedOf(known, accesses, wanted?.leap) },
      step: (state: Predicted, { values }: Input, seconds: number) =>
        step?.(state, values, seconds),
    }
  }
}

interface Input {
  readonly values: Predicted
  /** What each of the inputs’ columns holds. */
  readonly cells: readonly unknown[]
}

interface Made {
  readonly number: number
  readonly input: Input
}

const predictedOf = (
  { table, columns }: TableColumns,
  accesses: ReadonlyMap<string, Access>,
  leap: number = PREDICTION.leap,
): PredictedField[] =>
  table.fields.flatMap((field) => {
    const access = accesses.get(field.name)
    const column = columns[access?.columns[0] ?? -1]
    if (!access || !column) return []
    const { name, smoothing, moving } = access
    const tolerance = toleranceOf(field, column)
    return [{ name, smoothing, tolerance, leap, ...(moving && { moving }) }]
  })

/** What a field is while nothing was said of it: 0, empty, false or the first. */
function usualOf(field: FieldSchema, columns: readonly Column[], number: number): unknown {
  const own = columns.filter((one) => one.field === number)
  const cells = own.map((column) =>
    column.raw ? USUAL[column.raw] : quantise(column, field.type === 'ref' ? -1 : 0),
  )
  const { read } = accessOf(
    field,
    0,
    own.map((column) => ({ ...column, field: 0 })),
    'inputs',
  )
  return read(cells)
}

const USUAL = { float32: 0, float64: 0, string: '', json: null } as const
