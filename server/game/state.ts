import { check, object, optional } from '../../protocol/schema.ts'
import type { TableOptions } from '../../protocol/state.ts'
import { stateProblem } from '../../protocol/state-check.ts'
import { columnsOf, type StateColumns } from '../../protocol/state-columns.ts'
import {
  inputsShape,
  type StateSchema,
  stateHash,
  tablesShape,
} from '../../protocol/state-schema.ts'
import type { Predicate } from '../core/state/sight.ts'
import type { Kind } from '../option.ts'
import type { AnyState } from './tables.ts'

/** What a kind knows, in code or in JSON. */
export type StateOption = AnyState | StateSchema

const SHAPE = object({ tables: tablesShape(), inputs: optional(inputsShape()) })
const EXPECTED = 'what defineState returned, or { "tables": […] }'

/** What `state` of a kind may be. */
export const stateKind: Kind<StateOption> = {
  expected: EXPECTED,
  check(value, place) {
    if (typeof value !== 'object' || value === null) return `${place}: expected ${EXPECTED}`
    if (isDefined(value as StateOption)) return undefined
    const problem = check(SHAPE, value, place)
    return problem ?? stateProblem(value as StateSchema, place)?.text
  },
}

/** How the tables of a kind are told and read. */
export interface Tables {
  readonly schema: StateSchema
  readonly hash: string
  readonly columns: StateColumns
}

export const tablesOf = (state: StateOption): Tables =>
  isDefined(state) ? state : { schema: state, hash: stateHash(state), columns: columnsOf(state) }

type Sees = NonNullable<TableOptions['sees']>

/** What judges who sees a row, by the tables' numbers. */
export const predicatesOf = (
  state: StateOption,
  wrap: (sees: Extract<Sees, (...all: never) => boolean>) => Predicate,
): readonly (Predicate | undefined)[] => {
  if (!isDefined(state)) return []
  const all: readonly { readonly options: TableOptions }[] = Object.values(state.tables)
  return all.map(({ options }) =>
    typeof options.sees === 'function' ? wrap(options.sees) : undefined,
  )
}

/** For how long each table is remembered, by its number, in ms. */
export const historyOf = (state: StateOption): readonly number[] => {
  if (!isDefined(state)) return []
  const all: readonly { readonly options: TableOptions }[] = Object.values(state.tables)
  return all.map(({ options: { history_ms = 0 } }) => history_ms)
}

const isDefined = (state: StateOption): state is AnyState => 'columns' in state
