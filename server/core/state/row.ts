import { type Column, PARTS } from '../../../protocol/state-columns.ts'
import type { FieldSchema } from '../../../protocol/state-schema.ts'
import type { StateColumn } from './column.ts'
import type { Table } from './table.ts'

/** A row as the game has it: its fields by their names, which it reads and writes. */
export interface Row {
  /** Its place in the table, as clients know it too. */
  readonly slot: number
  /** The number of the member whose it is, 0 for nobody's; of a table without owners always. */
  readonly owner: number
  /** Takes it out of its table; it must not be used from then on. */
  remove(): void
  [field: string]: unknown
}

/** How a field is read and written. */
export interface Access {
  readonly name: string
  /** By their index among the table's. */
  readonly columns: readonly number[]
  get(slot: number): unknown
  /** Throws a TypeError for what it cannot hold. */
  set(slot: number, value: unknown): void
  /** What it is, where its columns have these values. */
  of(values: readonly unknown[]): unknown
}

/** The fields of a table, in order. */
export function accessesOf({ known, columns }: Table): readonly Access[] {
  const place = `state.${known.table.name}`
  return known.table.fields.map((field, number) => {
    const own = known.columns.flatMap((column, index) => (column.field === number ? [index] : []))
    const used = own.map((index) => columns[index] as StateColumn)
    return { name: field.name, columns: own, ...accessOf(field, used, `${place}.${field.name}`) }
  })
}

/** How the fields of inputs are read, over columns that no table has. */
export const inputAccesses = (
  fields: readonly FieldSchema[],
  columns: readonly Column[],
): readonly Pick<Access, 'name' | 'columns' | 'of'>[] =>
  fields.map((field, number) => {
    const own = columns.flatMap((column, index) => (column.field === number ? [index] : []))
    return { name: field.name, columns: own, of: accessOf(field, [], `inputs.${field.name}`).of }
  })

type How = Pick<Access, 'get' | 'set' | 'of'>

function accessOf(field: FieldSchema, columns: readonly StateColumn[], place: string): How {
  const [column] = columns as [StateColumn]
  if (field.type === 'bool') return boolAccess(column, place)
  if (field.type === 'choice') return choiceAccess(column, field.values ?? [], place)
  if (field.type in PARTS)
    return vectorAccess(columns, PARTS[field.type as keyof typeof PARTS], place)
  return {
    get: (slot) => column.get(slot),
    set: (slot, value) => column.set(slot, value),
    of: ([value]) => value,
  }
}

const boolAccess = (column: StateColumn, place: string): How => ({
  get: (slot) => column.get(slot) === 1,
  set(slot, value) {
    if (typeof value !== 'boolean') throw new TypeError(`${place}: expected true or false`)
    column.set(slot, value ? 1 : 0)
  },
  of: ([value]) => value === 1,
})

const choiceAccess = (column: StateColumn, words: readonly string[], place: string): How => ({
  get: (slot) => words[column.get(slot) as number],
  set(slot, value) {
    const index = words.indexOf(value as string)
    if (index < 0) throw new TypeError(`${place}: expected one of ${words.join(', ')}`)
    column.set(slot, index)
  },
  of: ([index]) => words[index as number],
})

const vectorAccess = (
  columns: readonly StateColumn[],
  parts: readonly string[],
  place: string,
): How => ({
  get: (slot) => Object.fromEntries(parts.map((part, index) => [part, columns[index]?.get(slot)])),
  set(slot, value) {
    const given = value as Readonly<Record<string, unknown>> | null
    for (const part of parts)
      if (!Number.isFinite(given?.[part]))
        throw new TypeError(`${place}: expected numbers ${parts.join(', ')}`)
    for (const [index, part] of parts.entries()) columns[index]?.set(slot, given?.[part])
  },
  of: (values) => Object.fromEntries(parts.map((part, index) => [part, values[index]])),
})

/** The rows of a table as objects, each the same for as long as it is there. */
export function createRows(table: Table, accesses: readonly Access[]) {
  const { name } = table.known.table
  const rows: (OneRow | undefined)[] = []
  const slotOf = ({ slot }: OneRow): number => {
    if (slot < 0) throw new TypeError(`state.${name}: this row was removed`)
    return slot
  }
  const prototype = prototypeOf(table, accesses, slotOf, remove)

  return {
    /** The row in a slot, if there is one. */
    at(slot: number): Row | undefined {
      if (!table.has(slot)) return undefined
      rows[slot] ??= Object.assign(Object.create(prototype) as OneRow, { slot })
      return rows[slot] as unknown as Row
    },
    /** A new one, with some of its fields; where one cannot be so, there is no row. */
    add(values: Readonly<Record<string, unknown>> = {}, owner = 0): Row {
      const slot = table.add()
      try {
        table.owners?.set(slot, owner)
        fill(accesses, slot, values, `state.${name}`)
      } catch (error) {
        table.remove(slot)
        throw error
      }
      return this.at(slot) as Row
    },
    remove,
    *all(): Generator<Row, void> {
      for (const slot of table.slots()) yield this.at(slot) as Row
    },
  }

  function remove(slot: number): void {
    const row = rows[slot]
    rows[slot] = undefined
    if (row) row.slot = -1
    table.remove(slot)
  }
}

export type Rows = ReturnType<typeof createRows>

/** Sets fields by their names; throws a TypeError for a name that is none. */
export function fill(
  accesses: readonly Access[],
  slot: number,
  values: Readonly<Record<string, unknown>>,
  place: string,
): void {
  for (const [name, value] of Object.entries(values)) {
    const access = accesses.find((one) => one.name === name)
    if (!access) {
      const names = accesses.map((one) => one.name).join(', ')
      throw new TypeError(`${place}: no field is called ${name}; expected one of ${names}`)
    }
    access.set(slot, value)
  }
}

interface OneRow {
  slot: number
}

function prototypeOf(
  table: Table,
  accesses: readonly Access[],
  slotOf: (row: OneRow) => number,
  remove: (slot: number) => void,
): object {
  const prototype = {
    get owner(): unknown {
      return table.owners?.get(slotOf(this as unknown as OneRow)) ?? 0
    },
    remove(this: OneRow): void {
      remove(slotOf(this))
    },
  }
  for (const { name, get, set } of accesses)
    Object.defineProperty(prototype, name, {
      enumerable: true,
      get(this: OneRow) {
        return get(slotOf(this))
      },
      set(this: OneRow, value: unknown) {
        set(slotOf(this), value)
      },
    })
  return prototype
}
