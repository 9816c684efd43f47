import type { Moving, Smoothing } from '../protocol/smoothing.ts'
import { type Column, dequantise, PARTS, quantise } from '../protocol/state-columns.ts'
import type { FieldSchema } from '../protocol/state-schema.ts'
import { failure } from './failure.ts'

/** A field as a row has it, over the columns that it is of. */
export interface Access {
  readonly name: string
  /** By their numbers in the table. */
  readonly columns: readonly number[]
  readonly smoothing: Smoothing
  /** The value that the columns’ contents stand for. */
  read(cells: readonly unknown[]): unknown
  /** What the columns are to hold for a value; throws INVALID_MESSAGE_DATA. */
  write(value: unknown): readonly unknown[]
  /** The value as one that moves, and back; nothing of text and json. */
  readonly moving?: {
    of(value: unknown): Moving
    shown(moving: Moving): unknown
  }
}

/** The field of this number, of a table with these columns. */
export function accessOf(
  field: FieldSchema,
  number: number,
  columns: readonly Column[],
  place: string,
): Access {
  const own = columns.flatMap((column, index) => (column.field === number ? [index] : []))
  const used = own.map((index) => columns[index] as Column)
  return { name: field.name, columns: own, ...howOf(field, used, `${place}.${field.name}`) }
}

type How = Omit<Access, 'name' | 'columns'>

function howOf(field: FieldSchema, columns: readonly Column[], place: string): How {
  const [column] = columns as [Column]
  const { type, values = [] } = field
  if (type in PARTS) return vector(columns, PARTS[type as keyof typeof PARTS], type, place)
  if (type === 'string' || type === 'json')
    return { smoothing: 'none', read: ([cell]) => cell, write: (value) => [value] }
  if (type === 'bool')
    return {
      smoothing: 'none',
      read: ([cell]) => cell === 1,
      write: (value) => [fit(typeof value === 'boolean', value, place, 'true or false') ? 1 : 0],
      moving: { of: (value) => Number(value), shown: (moving) => moving === 1 },
    }
  if (type === 'choice')
    return {
      smoothing: 'none',
      read: ([cell]) => values[cell as number],
      write(value) {
        fit(values.includes(value as string), value, place, `one of ${values.join(', ')}`)
        return [values.indexOf(value as string)]
      },
      moving: {
        of: (value) => values.indexOf(value as string),
        shown: (moving) => values[moving as number],
      },
    }
  return {
    smoothing: type === 'angle' ? 'angle' : type === 'ref' ? 'none' : 'linear',
    read: ([cell]) => (column.raw ? cell : dequantise(column, cell as number)),
    write: (value) => [number(column, value, place)],
    moving: { of: (value) => value as number, shown: (moving) => moving },
  }
}

function vector(
  columns: readonly Column[],
  parts: readonly string[],
  type: string,
  place: string,
): How {
  const object = (one: (index: number) => unknown) =>
    Object.fromEntries(parts.map((part, index) => [part, one(index)]))
  return {
    smoothing: type === 'quaternion' ? 'quaternion' : 'linear',
    read: (cells) =>
      object((index) => dequantise(columns[index] as Column, cells[index] as number)),
    write: (value) =>
      parts.map((part, index) =>
        number(
          columns[index] as Column,
          (value as Record<string, unknown> | null)?.[part],
          `${place}.${part}`,
        ),
      ),
    moving: {
      of: (value) => parts.map((part) => (value as Record<string, number>)[part] as number),
      shown: (moving) => object((index) => (moving as readonly number[])[index]),
    },
  }
}

function number(column: Column, value: unknown, place: string): number {
  fit(Number.isFinite(value), value, place, 'a number')
  return column.raw ? (value as number) : quantise(column, value as number)
}

function fit(fits: boolean, value: unknown, place: string, expected: string): unknown {
  if (!fits) throw failure('INVALID_MESSAGE_DATA', `${place}: expected ${expected}, got ${value}`)
  return value
}
