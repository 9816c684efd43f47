import { type PredictedField, toleranceOf } from '../protocol/predicted.ts'
import { PREDICTION } from '../protocol/prediction.ts'
import { type Column, quantise, type TableColumns } from '../protocol/state-columns.ts'
import type { FieldSchema } from '../protocol/state-schema.ts'
import { type Access, accessOf } from './state-fields.ts'

/** The fields of a table as they are predicted. */
export const predictedOf = (
  { table, columns }: TableColumns,
  accesses: ReadonlyMap<string, Access>,
  leapOf: () => number | undefined,
): PredictedField[] =>
  table.fields.flatMap((field) => {
    const access = accesses.get(field.name)
    const column = columns[access?.columns[0] ?? -1]
    if (!access || !column) return []
    const { name, smoothing, moving } = access
    const tolerance = toleranceOf(field, column)
    const one: PredictedField = {
      ...{ name, smoothing, tolerance, ...(moving && { moving }) },
      get leap() {
        return leapOf() ?? PREDICTION.leap
      },
    }
    return [one]
  })

/** What a field is while nothing was said of it: 0, empty, false or the first. */
export function usualOf(field: FieldSchema, columns: readonly Column[], number: number): unknown {
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
