import { stateProblem } from './state-check.ts'
import { columnsOf, type StateColumns } from './state-columns.ts'
import type { FieldNotation, FieldNotations, FieldValue, Sight } from './state-field.ts'
import {
  type FieldSchema,
  isOwned,
  MEMBERS,
  type StateSchema,
  stateHash,
  type TableSchema,
} from './state-schema.ts'

/** Who looks, as a predicate is told. */
export interface Viewer {
  readonly number: number
  readonly name: string
  readonly player: { readonly id: string } | null
}

export interface TableOptions<F extends FieldNotations = FieldNotations> {
  /** `members`: each member has one row, for as long as it has its seat. */
  readonly rows?: 'members'
  /** Who writes its rows beside the server: each row its owner, or any row the host. */
  readonly write?: 'owner' | 'host'
  /** Who sees a row: all, unless said. */
  readonly sees?: 'all' | 'owner' | Sight | ((row: RowIn<F>, viewer: Viewer) => boolean)
  /** How many rows it may have. */
  readonly most?: number
  /** How many of them one member may add. */
  readonly rows_each?: number
  /** For how long what was is remembered, so that a hit can be judged by what was seen. */
  readonly history_ms?: number
}

/** A table as it was said; what its options are, it remembers for the compiler. */
export interface Table<
  F extends FieldNotations = FieldNotations,
  O = unknown,
  One extends boolean = boolean,
> {
  readonly fields: F
  readonly options: TableOptions<never>
  readonly isSingle: One
  readonly said?: O
}

export type Tables = Readonly<Record<string, Table>>

/** The values of a row’s fields. */
export type RowIn<F> = { -readonly [K in keyof F]: FieldValue<F[K]> }

type Owned = { readonly rows: 'members' } | { readonly write: 'owner' } | { readonly sees: 'owner' }

/** What a row of a table of these has: `RowOf<typeof arena, 'players'>`. */
export type RowOf<S, K extends keyof TablesOf<S>> =
  TablesOf<S>[K] extends Table<infer F, infer O>
    ? RowIn<F> & (O extends Owned ? { readonly owner: number } : unknown)
    : never
export type TablesOf<S> = S extends { readonly tables: infer T } ? T : never

/** What one input has, by the names of its fields: `InputOf<typeof arena>`. */
export type InputOf<S> =
  S extends State<infer _, infer I>
    ? I extends FieldNotations
      ? Readonly<RowIn<I>>
      : never
    : never

/** A room’s tables, shared by its server and TypeScript clients. */
export interface State<T extends Tables = Tables, I extends FieldNotations = FieldNotations> {
  readonly tables: T
  readonly inputs: I | undefined
  readonly schema: StateSchema
  readonly hash: string
  /** What frames are read and written by. */
  readonly columns: StateColumns
}

/** Rows of these fields. */
export const table = <const F extends FieldNotations, const O = unknown>(
  fields: F,
  options: O & TableOptions<F> = {} as O & TableOptions<F>, // all of it is optional
): Table<F, O, false> => ({ fields, options, isSingle: false })

/** A table of one row, which is always there. */
export const single = <const F extends FieldNotations>(
  fields: F,
  options: Pick<TableOptions<F>, 'write' | 'sees'> = {},
): Table<F, unknown, true> => ({ fields, options, isSingle: true })

/** Says what a room knows; throws a TypeError that names the place of what cannot be. */
export function defineState<const T extends Tables, const I extends FieldNotations = never>(
  tables: T,
  { inputs }: { readonly inputs?: I } = {},
): State<T, I> {
  const schema: StateSchema = {
    tables: withViewpoints(Object.entries(tables).map(([name, one]) => tableSchema(name, one))),
    ...(inputs && { inputs: fieldSchemas(inputs) }),
  }
  const problem = stateProblem(schema, 'state')
  if (problem) throw new TypeError(problem.text)
  return { tables, inputs, schema, hash: stateHash(schema), columns: columnsOf(schema) }
}

function tableSchema(name: string, { fields, options, isSingle }: Table): TableSchema {
  const { rows, write, sees, most, rows_each, history_ms } = options
  if (history_ms !== undefined) checkHistory(`state.${name}`, history_ms, fields)
  return {
    name,
    fields: fieldSchemas(fields),
    ...(isSingle && { single: true }),
    ...(rows && { rows }),
    ...(write && { write }),
    ...(rows_each !== undefined && { rows_each }),
    ...(most !== undefined && { most }),
    ...(sees && sees !== 'all' && { sees: sightOf(sees) }),
  }
}

/** What is remembered is asked for what it is `now`. */
function checkHistory(place: string, history_ms: number, fields: FieldNotations): void {
  if (!(history_ms >= 0 && history_ms < Number.POSITIVE_INFINITY))
    throw new TypeError(`${place}.history_ms: expected a number of ms, got ${history_ms}`)
  if (Object.hasOwn(fields, 'now'))
    throw new TypeError(`${place}.now: expected another name, as a row that is rewound has it`)
}

/** Who is near looks from its own row of the same table, or else of the members’. */
const withViewpoints = (tables: readonly TableSchema[]): TableSchema[] =>
  tables.map((one) => {
    if (one.sees?.who !== 'near' || one.sees.of !== undefined) return one
    const from = isOwned(one) ? one : tables.find(({ rows }) => rows === MEMBERS)
    return from ? { ...one, sees: { ...one.sees, of: from.name } } : one
  })

function sightOf(sees: NonNullable<TableOptions<never>['sees']>): Sight {
  if (typeof sees === 'function') return { who: 'predicate' }
  return typeof sees === 'string' ? { who: sees } : sees
}

const fieldSchemas = (fields: FieldNotations): FieldSchema[] =>
  Object.entries(fields).map(([name, one]) => ({ name, ...fieldOf(one) }))

const fieldOf = (one: FieldNotation) => (typeof one === 'string' ? { type: one } : one)
