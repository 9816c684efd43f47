import { Writer } from '../bytes.ts'
import { type Column, columnsOf, dequantise, fieldColumns, quantise } from '../state-columns.ts'
import { readStateFrame, type Section } from '../state-frame.ts'
import type { FieldSchema, StateSchema } from '../state-schema.ts'
import { stateFrames, type Told } from '../state-split.ts'
import { type StateUp, writeStateUp } from '../state-up.ts'

const rows = (...slots: number[]) => ({ slots, n: slots.length })
const all = (...slots: number[]) => ({ ...rows(...slots), isAll: true })
const ints = (...values: number[]) => Int32Array.from(values)

const THINGS: StateSchema = {
  tables: [
    {
      name: 'things',
      fields: [
        { name: 'x', type: 'fixed', min: -2_000, max: 2_000, step: 0.01 },
        { name: 'hp', type: 'uint8' },
        { name: 'name', type: 'string' },
      ],
    },
  ],
}

const WIDE: StateSchema = {
  tables: [
    {
      name: 'members',
      fields: [
        { name: 'at', type: 'vec2', min: 0, max: 100, step: 0.5 },
        { name: 'turn', type: 'angle', bits: 10 },
      ],
      ...{ rows: 'members', write: 'owner' },
    },
    {
      name: 'odd',
      fields: [
        { name: 'far', type: 'float32' },
        { name: 'farther', type: 'float64' },
        { name: 'any', type: 'json', max: 100 },
        { name: 'whole', type: 'int32' },
        { name: 'word', type: 'choice', values: ['a', 'b'] },
      ],
      most: 5_000,
    },
    { name: 'round', fields: [{ name: 'on', type: 'bool' }], single: true },
  ],
  inputs: [
    { name: 'turn', type: 'angle', bits: 8 },
    { name: 'jump', type: 'bool' },
    { name: 'word', type: 'string', max: 20 },
    { name: 'push', type: 'float32' },
  ],
}

const [MEMBERS, ODD, ROUND] = [0, 1, 2]
const HEAD = { room: 7, tick: 1, back: 0, isReset: false, isAbsolute: false }
type Head = Partial<typeof HEAD>

/** As STATE's design has them, and all else there is. */
const DOWN: readonly (readonly [schema: StateSchema, head: Head, told: readonly Told[]])[] = [
  [
    THINGS,
    { isReset: true },
    [
      {
        op: 'add',
        table: 0,
        rows: rows(0, 1),
        values: [ints(200_000, 201_000), ints(100, 90), ['A', 'Bo']],
      },
    ],
  ],
  [
    THINGS,
    { tick: 2, back: 1 },
    [
      {
        ...{ op: 'update', table: 0 },
        changes: [
          { column: 0, rows: all(0, 1), values: ints(150, -100) },
          { column: 1, rows: rows(1), values: ints(-10) },
        ],
      },
    ],
  ],
  [
    THINGS,
    { tick: 3, back: 1 },
    [
      { op: 'remove', table: 0, rows: rows(0) },
      { op: 'update', table: 0, changes: [{ column: 0, rows: all(1), values: ints(50) }] },
    ],
  ],
  [
    THINGS,
    { tick: 3, back: 2, isAbsolute: true },
    [
      { op: 'remove', table: 0, rows: rows(0) },
      {
        ...{ op: 'update', table: 0 },
        changes: [
          { column: 0, rows: all(1), values: ints(200_950) },
          { column: 1, rows: all(1), values: ints(80) },
        ],
      },
    ],
  ],
  [THINGS, { room: 4_294_967_295, tick: 4_294_967_295 }, []],
  [
    WIDE,
    { tick: 300, back: 200 },
    [
      { op: 'leave', table: MEMBERS, rows: rows(3, 70, 4_000) },
      {
        ...{ op: 'add', table: MEMBERS, rows: rows(0, 1, 2) },
        values: [
          ints(1, 2, 3),
          ints(0, 0, 0),
          ints(200, 1, 9),
          ints(-512, 511, 0),
          ints(0, 0, 400),
        ],
      },
      {
        op: 'remove',
        table: ODD,
        rows: rows(8, 9, 10, 11, 12, 14, 17, 18, 19, 20, 21, 22, 23, 24),
      },
      {
        ...{ op: 'add', table: ODD, rows: rows(4_990, 4_991) },
        values: [
          [1.5, -0.25],
          [1e-3, 12_345.678],
          [null, { a: [1, 'é'] }],
          ints(2_147_483_647, -2_147_483_648),
          ints(1, 0),
        ],
      },
      {
        ...{ op: 'update', table: ODD },
        changes: [
          { column: 0, rows: rows(4_990), values: [2.5] },
          { column: 2, rows: rows(4_990), values: [['b', '🙂']] },
          { column: 3, rows: rows(4_990), values: ints(-1) },
        ],
      },
      { op: 'update', table: ROUND, changes: [{ column: 0, rows: all(0), values: ints(-1) }] },
    ],
  ],
  [
    WIDE,
    { isReset: true },
    [
      {
        ...{
          op: 'add',
          table: ODD,
          rows: rows(...Array.from({ length: 40 }, (_, index) => index)),
        },
        values: [
          Array(40).fill(0),
          Array(40).fill(-1.5),
          Array(40).fill('x'),
          Int32Array.from({ length: 40 }, (_, index) => (index === 20 ? -1e9 : index * 3)),
          Int32Array.from({ length: 40 }, (_, index) => index % 2),
        ],
      },
    ],
  ],
]

const UP: readonly StateUp[] = [
  { room: 7, have: 300 },
  {
    ...{ room: 4_294_967_295, have: 4_294_967_295 },
    inputs: {
      first: 9,
      n: 3,
      values: [ints(1, -2, 3), ints(0, 1, 1), ['', 'é', 'up'], [0.5, 0, -1]],
    },
  },
  {
    ...{ room: 7, have: 300, behind: 130 },
    inputs: { first: 300, n: 1, values: [ints(127), ints(1), [''], [-1]] },
  },
  {
    ...{ room: 7, have: 1 },
    write: {
      ...{ table: MEMBERS, slots: ints(4, 90), columns: [1, 3] },
      values: [ints(7, 200), ints(-512, 511)],
    },
  },
  {
    ...{ room: 7, have: 1 },
    inputs: { first: 1, n: 1, values: [ints(-128), ints(0), ['x'], [1e10]] },
    write: {
      ...{ table: ODD, slots: ints(0), columns: [0, 1, 2, 3] },
      values: [[0.5], [0.1], [{ a: 'b' }], ints(-2_147_483_648)],
    },
  },
]

/** Of frames to a client, by the tables of `WIDE`; what comes after the head is read in order. */
const WRONG: readonly (readonly [hex: string, problem: string])[] = [
  ['90', 'expected 1 more bytes, got 0'],
  ['98070100', 'expected flags of a frame of state, got 8'],
  ['91070100', 'expected flags of a frame of state, got 1'],
  ['90070102', 'expected a base of 0 to 1, got 2 back'],
  ['93070101', 'expected a base of 0 to 1, got 1 back'],
  ['9007ffffffff1f00', 'expected a varuint from 0 to 4294967295, in as few bytes as it takes'],
  ['9007810000', 'expected a varuint from 0 to 4294967295, in as few bytes as it takes'],
  ['90070100 0c', 'expected a section of 3 tables in order, got 12'],
  ['90070100 00 0600 00 0600', 'expected a section of 3 tables in order, got 0'],
  ['90070100 00 00', 'expected a row set before this one to be the same as'],
  ['90070100 00 02', 'expected 1 to 4096 rows, got 0'],
  ['90070100 08 0a', 'expected 1 to 1 rows, got 2'],
  ['90070100 02 05', 'expected the rows that are added, got all'],
  ['90070100 00 06 8001', 'expected a gap from 0 on, got -1'],
  ['90070100 00 06 80c040', 'expected slots below 4096, got 4128'],
  ['90070100 00 07 8020 01', 'expected slots below 4096, got 4096'],
  ['90070100 00 07 ff1f 02', 'expected 1 rows below 4096, got 4096'],
  ['90070100 00 07 00 03', 'expected 1 rows below 4096, got 1'],
  ['90070100 00 0f 00 01', 'expected 1 more bytes, got 0'],
  ['90070100 03 00', 'expected a mask of 5 columns, got 0'],
  ['90070100 03 20', 'expected a mask of 5 columns, got 32'],
  ['90070100 03 01 00', 'expected a row set before this one to be the same as'],
  ['90070100 03 01 0600 21', 'expected a width of 0 to 32, got 33'],
  ['90070100 03 01 0a00 08 01', 'expected 2 more bytes, got 1'],
  ['90070100 03 01 0a00 40 00', 'expected 1 to 2 exceptions, got 0'],
  ['90070100 03 01 0a00 40 02 0100 0000', 'expected an exception before 2, got 2'],
  ['90070100 07 01 0600 0000c07f', 'expected a finite number'],
  ['90070100 07 02 0600 000000000000f07f', 'expected a finite number'],
  ['90070100 07 04 0600 65', 'expected at most 100 bytes, got 101'],
  ['90070100 07 04 0600 02 5b', 'expected 2 more bytes, got 1'],
  ['90070100 07 04 0600 01 5b', 'expected JSON, nested no deeper than it may be'],
  ['90070100 07 04 0600 01 ff', 'expected text in UTF-8'],
]

/** Fields, and of each some values: the value, what travels, and what comes of it. */
const SCALED: readonly (readonly [field: Omit<FieldSchema, 'name'>, values: readonly number[]])[] =
  [
    [{ type: 'fixed', min: -2_000, max: 2_000, step: 0.01 }, [1.51, -1999.99, 2000, 2001, -3e9, 0]],
    [{ type: 'fixed', min: 0, max: 1, step: 0.3 }, [0.31, 0.9, 1]],
    [{ type: 'vec2', min: 0, max: 100, step: 0.5 }, [99.6, 0.2, -4]],
    [{ type: 'quaternion', bits: 10 }, [0, 1, -1, 0.7]],
    [{ type: 'angle', bits: 10 }, [0, 3, -3, 7, -100, 0.006]],
    [{ type: 'angle', bits: 3 }, [0.8, 3.1]],
    [{ type: 'bool' }, [0, 1, 3]],
    [{ type: 'uint8' }, [0, 255, 256, -1, 2.4]],
    [{ type: 'int8', min: -5, max: 5 }, [7, -7, 4.6]],
    [{ type: 'uint32' }, [4_294_967_295, 5_000_000_000, 2_147_483_648]],
    [{ type: 'int32' }, [-2_147_483_648, 2_147_483_647]],
    [{ type: 'varint' }, [-2_000_000_000, 5]],
    [{ type: 'choice', values: ['a', 'b', 'c'] }, [2, 3]],
    [{ type: 'ref', table: 'things' }, [-1, 0, 65_535, 1e9]],
  ]

/** What frames of state hold, or what is wrong with them; and numbers as they travel. */
export const stateVectors = (): object[] => [
  { name: 'things', schema: THINGS },
  { name: 'wide', schema: WIDE },
  ...DOWN.map(([schema, head, told]) => {
    const known = columnsOf(schema)
    const [bytes = new Uint8Array()] = stateFrames({ ...HEAD, ...head }, known, told)
    const { sections, ...read } = readStateFrame(bytes, known)
    const of = schema === THINGS ? 'things' : 'wide'
    return { of, head: read, sections: sections.map(shown), hex: hexOf(bytes) }
  }),
  ...UP.map((up) => {
    const writer = new Writer()
    writeStateUp(writer, columnsOf(WIDE), up)
    return { of: 'wide', up: shownUp(up), hex: hexOf(writer.taken()) }
  }),
  ...WRONG.map(([hex, problem]) => ({ of: 'wide', hex: hex.replaceAll(' ', ''), problem })),
  ...SCALED.map(([field, values]) => {
    const schema = { name: 'it', ...field }
    const column = fieldColumns(schema, 0)[0] as Column
    const q = (value: number) => quantise(column, value)
    return { field: schema, values: values.map((one) => [one, q(one), dequantise(column, q(one))]) }
  }),
]

/** A section as JSON has it; `rows` is null for all. */
function shown(section: Section): object {
  const { table } = section
  if (section.op === 'update')
    return {
      ...{ table, op: 'update' },
      changes: section.changes.map(({ column, rows: { n, slots }, values }) => ({
        ...{ column, n, rows: slots ? Array.from(slots) : null, values: Array.from(values) },
      })),
    }
  const { n, slots } = section.rows
  const values = section.op === 'add' ? section.values.map((one) => Array.from(one)) : []
  return { table, op: section.op, n, rows: slots ? Array.from(slots) : null, values }
}

function shownUp({ room, have, behind, inputs, write }: StateUp): object {
  return {
    ...{ room, have, ...(behind !== undefined && { behind }) },
    ...(inputs && { inputs: { ...inputs, values: inputs.values.map((one) => Array.from(one)) } }),
    ...(write && {
      write: {
        ...{ table: write.table, slots: Array.from(write.slots), columns: write.columns },
        values: write.values.map((one) => Array.from(one)),
      },
    }),
  }
}

const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
