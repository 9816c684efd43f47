import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { Misfit, Reader, Writer } from '../protocol/bytes.ts'
import {
  angle,
  choice,
  defineState,
  fixed,
  quaternion,
  type RowOf,
  ref,
  table,
  vec2,
} from '../protocol/state.ts'
import { stateProblem } from '../protocol/state-check.ts'
import { readColumn, writeColumn } from '../protocol/state-column.ts'
import {
  type Column,
  columnsOf,
  dequantise,
  fieldColumns,
  fixedBytes,
  quantise,
} from '../protocol/state-columns.ts'
import { readStateFrame, type StateFrame } from '../protocol/state-frame.ts'
import {
  type FieldSchema,
  type StateSchema,
  stateHash,
  type TableSchema,
} from '../protocol/state-schema.ts'
import { stateFrames, type Told } from '../protocol/state-split.ts'
import { readStateUp, type StateUp, writeStateUp } from '../protocol/state-up.ts'
import { type Limits, limitsOf } from '../server/core/wire/limits.ts'
import type { Any } from './support/client.ts'
import { createRandom, seedOf } from './support/clock.ts'
import { spoilt } from './support/mutations.ts'
import { sized } from './support/soak.ts'
import { STATE } from './support/stage-state.ts'
import { createReceiver, createWalk, randomColumns, sortedRows } from './support/state-codec.ts'
import { vectors } from './support/vectors.ts'

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/* The frames that are written down. */

const few = defineState({
  things: table({ x: fixed(-2000, 2000, 0.01), hp: 'uint8', name: 'string' }),
})
const [x] = few.columns.tables[0]?.columns ?? []
const q = (...values: number[]) => Int32Array.from(values, (one) => (x ? quantise(x, one) : 0))
const rows = (...slots: number[]) => ({ slots, n: slots.length })
const two = { ...rows(0, 1), isAll: true }
const one = { ...rows(1), isAll: true }
const head = { room: 7, tick: 1, back: 0, isReset: false, isAbsolute: false }
const gone: Told = { op: 'remove', table: 0, rows: rows(0) }

const WRITTEN: readonly (readonly [name: string, head: object, told: Told[], hex: string])[] = [
  [
    'a snapshot',
    { isReset: true },
    [
      {
        op: 'add',
        table: 0,
        rows: rows(0, 1),
        values: [q(0, 10), Int32Array.of(100, 90), ['A', 'Bo']],
      },
    ],
    '93070100 020a00 8a80b51800a00f 84b4010a 014102426f',
  ],
  [
    'differences',
    { tick: 2, back: 1 },
    [
      {
        ...{ op: 'update', table: 0 },
        changes: [
          { column: 0, rows: two, values: Int32Array.of(150, -100) },
          { column: 1, rows: rows(1), values: Int32Array.of(-10) },
        ],
      },
    ],
    '90070201 0303 0988c701fa00 0680028013',
  ],
  [
    'a row that is gone, and a difference',
    { tick: 3, back: 1 },
    [
      gone,
      { op: 'update', table: 0, changes: [{ column: 0, rows: one, values: Int32Array.of(50) }] },
    ],
    '90070301 000600 0301 058064',
  ],
  [
    'the same for who lags behind',
    { tick: 3, back: 2, isAbsolute: true },
    [
      gone,
      {
        ...{ op: 'update', table: 0 },
        changes: [
          { column: 0, rows: one, values: q(9.5) },
          { column: 1, rows: one, values: Int32Array.of(80) },
        ],
      },
    ],
    '92070302 000600 0303 0580ecc318 0580a001',
  ],
]

for (const [name, change, told, hex] of WRITTEN)
  t.test(`a frame of state: ${name}`, async (t) => {
    const frames = stateFrames({ ...head, ...change }, few.columns, told)
    t.strictSame(frames.map(hexOf), [hex.replaceAll(' ', '')])
    t.equal(readStateFrame(frames[0] as Uint8Array, few.columns).sections.length, told.length)
  })

/* What tables may be. */

const tableOf = (more: object = {}): TableSchema => ({
  ...{ name: 'things', fields: [{ name: 'x', type: 'uint8' }] },
  ...more,
})
const fieldOf = (more: object): TableSchema => tableOf({ fields: [{ name: 'x', ...more }] })
const RANGE = { min: 0, max: 10, step: 0.1 }
const fieldsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `f${index}`, type: 'bool' as const }))

const UNFIT: readonly (readonly [problem: string, ...tables: TableSchema[]])[] = [
  ['tables[1].name: expected a name that is not taken, got "things"', tableOf(), tableOf()],
  [
    'tables[0].fields[0].name: expected a name that is not taken, got "owner"',
    tableOf({ fields: [{ name: 'owner', type: 'bool' }] }),
  ],
  [
    'tables[0].fields[0].name: expected a name that is not taken, got "is_mine"',
    tableOf({ fields: [{ name: 'is_mine', type: 'bool' }] }),
  ],
  [
    'tables[0].fields[0].name: expected a name that is not taken, got "is_gone"',
    tableOf({ fields: [{ name: 'is_gone', type: 'bool' }] }),
  ],
  [
    'tables[0].fields[0].name: expected a name that is not taken, got "constructor"',
    tableOf({ fields: [{ name: 'constructor', type: 'bool' }] }),
  ],
  ['tables[0].fields: expected a field', tableOf({ fields: [] })],
  [
    'tables[0].fields[0].step: expected what a fixed needs, but is missing',
    fieldOf({ type: 'fixed', min: 0, max: 1 }),
  ],
  ['tables[0].fields[0].step: expected more than 0', fieldOf({ type: 'fixed', ...RANGE, step: 0 })],
  [
    'tables[0].fields[0].step: expected 1 to 2147483647 steps from min to max',
    fieldOf({ type: 'vec2', ...RANGE, step: 1e-12 }),
  ],
  ['tables[0].fields[0].max: expected more than min', fieldOf({ type: 'vec3', ...RANGE, max: 0 })],
  [
    'tables[0].fields[0].max: expected -3.4028234663852886e+38 to 3.4028234663852886e+38',
    fieldOf({ type: 'float32', max: 1e300 }),
  ],
  ['tables[0].fields[0].min: expected a whole number', fieldOf({ type: 'uint8', min: 0.5 })],
  ['tables[0].fields[0].max: expected 0 to 255', fieldOf({ type: 'uint8', max: 256 })],
  ['tables[0].fields[0].bits: expected 2 to 24 bits', fieldOf({ type: 'angle', bits: 25 })],
  ['tables[0].fields[0].bits: expected 3 to 24 bits', fieldOf({ type: 'quaternion', bits: 2 })],
  [
    'tables[0].fields[0].bits: expected none, as a uint8 has no such thing',
    fieldOf({ type: 'uint8', bits: 3 }),
  ],
  ['tables[0].fields[0].values: expected a word at least', fieldOf({ type: 'choice', values: [] })],
  [
    'tables[0].fields[0].values: expected words that differ',
    fieldOf({ type: 'choice', values: ['a', 'a'] }),
  ],
  [
    'tables[0].fields[0].table: expected the name of a table',
    fieldOf({ type: 'ref', table: 'none' }),
  ],
  ['tables[0].fields[0].max: expected a number of bytes', fieldOf({ type: 'string', max: 1.5 })],
  ['tables[0].most: expected a row at least', tableOf({ most: 0 })],
  [
    'tables[0]: expected a single without rows of anybody’s',
    tableOf({ single: true, rows: 'members' }),
  ],
  ['tables[0]: expected a single that has no owner', tableOf({ single: true, write: 'owner' })],
  ['tables[0].most: expected 1, as it is a single', tableOf({ single: true, most: 2 })],
  ['tables[0].rows_each: expected write: "owner" beside it', tableOf({ rows_each: 2 })],
  [
    'tables[0].sees.radius: expected a distance with who: "near" only',
    tableOf({ sees: { who: 'all', radius: 3 } }),
  ],
  ['tables[0].sees.group: expected a group with who: "group"', tableOf({ sees: { who: 'group' } })],
  [
    'tables[0].sees.of: expected a table whose rows have owners',
    tableOf({ sees: { who: 'near', radius: 3, of: 'things' } }),
  ],
  [
    'tables[0].fields: expected fields x and y, or a vec2 or vec3, in things',
    tableOf({ rows: 'members', sees: { who: 'near', radius: 3, of: 'things' } }),
  ],
]

t.test('tables that cannot be are refused, with the place and what was expected', async (t) => {
  for (const [problem, ...tables] of UNFIT)
    t.strictSame(stateProblem({ tables }, 'it'), {
      code: 'INVALID_MESSAGE_DATA',
      text: `it.${problem}`,
    })
  const inputs = [{ name: 'up', type: 'bool' as const }]
  t.match(
    stateProblem({ tables: [tableOf()], inputs }, 'it')?.text,
    /^it\.inputs: expected a table/,
  )
  t.equal(stateProblem({ tables: [tableOf({ rows: 'members' })], inputs }, 'it'), undefined)
  t.throws(() => defineState({ a: table({ b: fixed(3, 2, 1) }) }), {
    message: 'state.tables[0].fields[0].max: expected more than min',
  })
})

t.test(
  'state_tables, state_columns, state_rows, state_rows_each and state_text_bytes: more is too large',
  async (t) => {
    const cases: [schema: TableSchema[], limits: Partial<Limits>, text: string][] = [
      [
        [tableOf(), tableOf({ name: 'more' })],
        { state_tables: 1 },
        'tables: expected at most 1 tables, got 2',
      ],
      [
        [tableOf({ fields: fieldsOf(33) })],
        {},
        'tables[0].fields: expected at most 32 columns, got 33',
      ],
      [
        [tableOf({ fields: fieldsOf(32), rows: 'members' })],
        {},
        'tables[0].fields: expected at most 32 columns, got 33',
      ],
      [
        [fieldOf({ type: 'vec3', ...RANGE })],
        { state_columns: 2 },
        'tables[0].fields: expected at most 2 columns, got 3',
      ],
      [[tableOf({ most: 4_097 })], {}, 'tables[0].most: expected at most 4096 rows, got 4097'],
      [
        [tableOf({ write: 'owner', rows_each: 17 })],
        {},
        'tables[0].rows_each: expected at most 16 rows, got 17',
      ],
      [
        [fieldOf({ type: 'json', max: 1_025 })],
        {},
        'tables[0].fields[0].max: expected at most 1024 bytes, got 1025',
      ],
    ]
    for (const [tables, limits, text] of cases)
      t.strictSame(stateProblem({ tables }, 'it', limitsOf(limits)), {
        code: 'TOO_LARGE',
        text: `it.${text}`,
      })
  },
)

t.test('state_bytes: four bytes a value, eight a float64, and what its text takes', async (t) => {
  const { columns } = defineState({
    all: table({
      at: vec2(0, 1, 0.1),
      far: 'float64',
      near: 'float32',
      name: 'string',
      on: 'bool',
    }),
  })
  t.equal(fixedBytes(columns.tables[0]?.columns ?? []), 4 + 4 + 8 + 4 + 0 + 4)
})

t.test('the hash is another where anything of the tables is', async (t) => {
  const hash = (tables: TableSchema[]) => stateHash({ tables })
  const known = hash([tableOf()])
  t.match(known, /^[0-9a-f]{16}$/)
  t.equal(hash([{ fields: tableOf().fields, name: 'things' }]), known)
  for (const other of [fieldOf({ type: 'int8' }), tableOf({ most: 3 }), tableOf({ name: 'x' })])
    t.not(hash([other]), known)
})

/* Numbers and back. */

t.test('a value comes back as people write it', async (t) => {
  const { columns } = defineState({
    all: table({
      ...{ x: fixed(-2000, 2000, 0.01), third: fixed(0, 1, 1 / 3), turn: angle(10) },
      ...{ far: 'uint32', on: 'bool', word: choice('a', 'b', 'c'), other: ref('all') },
      spin: quaternion(10),
    }),
  })
  const all = columns.tables[0]?.columns ?? []
  const back = (index: number, value: number) => {
    const column = all[index] as Column
    return dequantise(column, quantise(column, value))
  }
  for (const value of [1.51, -1999.99, 2000, 0, 8.01]) t.equal(back(0, value), value)
  t.strictSame([back(0, 2_001), back(0, -3e9), back(0, Number.NaN)], [2000, -2000, -2000])
  t.equal(back(1, 0.34), 1 / 3)
  t.ok(Math.abs(back(2, 7) - (7 - 2 * Math.PI)) < Math.PI / 1024)
  t.equal(back(2, Math.PI), -Math.PI)
  t.strictSame([back(3, 4_294_967_295), back(3, 1e12)], [4_294_967_295, 4_294_967_295])
  t.strictSame(
    [back(4, 1), back(5, 2), back(5, 7), back(6, -1), back(6, 65_535)],
    [1, 2, 2, -1, 65_535],
  )
  t.strictSame([back(7, 1), back(8, 0), back(9, -1)], [1, 0, -1])
  t.strictSame(
    all.slice(7).map(({ name }) => name),
    ['spin.x', 'spin.y', 'spin.z', 'spin.w'],
  )
})

/* Any column, any rows, any frame. */

const seed = seedOf()
const random = createRandom(seed)
t.comment(`SEED=${seed}`)

t.test('whatever tables do, who reads the frames has what they are', async (t) => {
  for (let walks = sized(40, 4_000); walks > 0; walks--) {
    const known = randomColumns(random)
    const walk = createWalk(known, random)
    const receiver = createReceiver(known)
    for (let steps = 0; steps < 30; steps++) {
      const frames = walk.step()
      for (const frame of frames) receiver.read(frame)
      const [found, wanted] = [sortedRows(receiver.tables), sortedRows(walk.tables)]
      if (!isDeepStrictEqual(found, wanted)) {
        t.same(found, wanted, `step ${steps} of ${JSON.stringify(known.tables)}`)
        return
      }
    }
  }
})

t.test('a column is what was written, in about as few bytes as it can be', async (t) => {
  const [writer, into] = [new Writer(), new Int32Array(1_000)]
  for (let left = 2_000; left > 0; left--) {
    const n = 1 + random.below(random.pick([4, 40, 1_000]))
    const spread = 2 ** random.below(33)
    const base = random.pick([0, -(2 ** 31), 2 ** 31 - 1, random.below(1_000_000)])
    const strays = random.below(4) === 0 ? 0.05 : 0
    const values = Int32Array.from({ length: n }, () =>
      random.float() < strays ? random.float() * 2 ** 32 : base + random.float() * spread,
    )
    writer.at = 0
    // What suits others makes it longer at most.
    const suited =
      left % 2 > 0 ? undefined : { base: random.pick([base, 0]), width: random.below(33) }
    writeColumn(writer, values, n, suited)
    const reader = new Reader(writer.taken())
    readColumn(reader, n, into)
    const isSame = values.every((value, index) => into[index] === value)
    if (isSame && reader.left === 0 && writer.at <= 12 + n * 4) continue
    return t.fail(`${n} values: ${values.slice(0, 20).join()}`)
  }
  const near = Int32Array.from({ length: 100 }, (_, index) => (index * 7) % 64)
  near[50] = 1_000_000
  writer.at = 0
  writeColumn(writer, near.subarray(40, 60), 20, { base: 0, width: 6 })
  t.equal(writer.at, 1 + 15 + 5, 'nor among a few of many')
  writer.at = 0
  writeColumn(writer, near, 100)
  t.equal(writer.at, 1 + 75 + 5, 'one that strays costs itself alone')
})

t.test('state_frame_bytes: what a tick has beyond it follows in frames of its own', async (t) => {
  const known = few.columns
  const slots = Array.from({ length: 300 }, (_, index) => index)
  const set = { slots, n: 300 }
  const names = slots.map((slot) => `name ${slot}`)
  const xs = Int32Array.from(slots, (slot) => slot * 1_000)
  const told: Told[] = [
    { op: 'add', table: 0, rows: set, values: [xs, Int32Array.from(slots), names] },
    {
      ...{ op: 'update', table: 0 },
      changes: [{ column: 0, rows: { ...set, isAll: true }, values: xs }],
    },
  ]

  const frames = stateFrames({ ...head, isReset: true }, known, told, 500)

  t.ok(frames.length > 5)
  t.ok(frames.every(({ length }) => length <= 500))
  const heads = frames.map((frame) => readStateFrame(frame, known))
  t.strictSame(
    heads.map(({ isReset, isAbsolute, hasMore }) => [isReset, isAbsolute, hasMore]),
    frames.map((_, index) => [index === 0, true, index < frames.length - 1]),
  )
  const receiver = createReceiver(known)
  for (const frame of frames) receiver.read(frame)
  t.same([...(receiver.tables[0]?.get(299) ?? [])], [299_000, 43, 'name 299'])
  t.throws(() => stateFrames(head, known, told, 12), { name: 'RowTooLarge' })
})

t.test('a member says what it has, what it does and what its rows are', async (t) => {
  const { columns } = defineState(
    { mine: table({ x: fixed(0, 10, 0.5), name: 'string' }, { rows: 'members', write: 'owner' }) },
    { inputs: { turn: angle(8), jump: 'bool' } },
  )
  t.strictSame(
    columns.tables[0]?.columns.map(({ name }) => name),
    ['owner', 'x', 'name', 'ack'],
  )
  const inputs = { first: 9, n: 3, values: [Int32Array.of(1, -2, 3), Int32Array.of(0, 1, 1)] }
  const write = {
    ...{ table: 0, slots: Int32Array.of(4), columns: [1, 2] },
    values: [Int32Array.of(7), ['Ada']],
  }
  const cases: [up: StateUp, hex: string][] = [
    [{ room: 7, have: 300 }, 'b007ac02'],
    [{ room: 7, have: 1, inputs }, 'b107010903 83034301 0106'],
    [{ room: 7, have: 1, write }, 'b20701 00 06 8008 06 800e 03416461'],
    [{ room: 7, have: 1, inputs, write }, ''],
  ]
  for (const [up, hex] of cases) {
    const writer = new Writer()
    writeStateUp(writer, columns, up)
    if (hex) t.equal(hexOf(writer.taken()), hex.replaceAll(' ', ''))
    t.same(readStateUp(writer.taken(), columns), up)
  }
})

/* What the vectors and hostile bytes say. */

interface StateVector {
  readonly of: string
  readonly schema?: StateSchema
  readonly head: object
  readonly sections?: readonly Any[]
  readonly up?: Any
  readonly hex: string
  readonly problem?: string
  readonly field?: FieldSchema
  readonly values: readonly (readonly [value: number, q: number, back: number])[]
}
const stateVectors = (vectors.state ?? []) as unknown as readonly StateVector[]
const knownBy = (name: string) =>
  columnsOf(stateVectors.find((one) => (one as Any).name === name)?.schema ?? { tables: [] })
const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))

function problemOf(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof Misfit) return error.message
    throw error
  }
}

t.test('every vector of state is read as it says', async (t) => {
  const tried = { down: 0, up: 0, wrong: 0, fields: 0 }
  for (const { of, sections, up, hex, problem, field, values } of stateVectors) {
    if (problem !== undefined) {
      tried.wrong++
      t.equal(
        problemOf(() => readStateFrame(bytesOf(hex), knownBy(of))),
        problem,
        hex,
      )
    } else if (sections) {
      tried.down++
      const read = readStateFrame(bytesOf(hex), knownBy(of)).sections
      t.same(
        read.map(({ op, table }) => [op, table]),
        sections.map(({ op, table }) => [op, table]),
      )
    } else if (up) {
      tried.up++
      const read = readStateUp(bytesOf(hex), knownBy(of))
      t.same([read.room, read.have], [up.room, up.have])
      t.same(
        read.inputs?.values.map((one) => [...one]),
        up.inputs?.values,
      )
      t.same(
        read.write?.values.map((one) => [...one]),
        up.write?.values,
      )
    } else if (field) {
      tried.fields++
      const column = fieldColumns(field, 0)[0] as Column
      for (const [value, q, back] of values) {
        t.equal(quantise(column, value), q)
        t.equal(dequantise(column, q), back)
      }
    }
  }
  t.ok(tried.down > 5 && tried.up > 3 && tried.wrong > 30 && tried.fields > 10)
})

t.test('mutated frames of state and of inputs are errors, and read nothing else', async (t) => {
  const [wide, counts] = [knownBy('wide'), { read: 0, refused: 0 }]
  const walks = Array.from({ length: 10 }, () => {
    const known = randomColumns(random)
    const walk = createWalk(known, random)
    const frames = Array.from({ length: 8 }, walk.step).flat()
    return { known, frames: frames.filter(({ length }) => length < 400) }
  })
  const ups = stateVectors.flatMap(({ up, hex }) => (up ? [bytesOf(hex)] : []))
  for (let left = sized(20_000, 200_000); left > 0; left--) {
    const isUp = left % 3 === 0
    const { known, frames } = random.pick(walks)
    const spoiled = spoilt(Buffer.from(random.pick(isUp ? ups : frames)), random)
    // In the middle of other bytes, which a reader that looks beyond its end would take for its own.
    const around = Buffer.alloc(spoiled.length + 64, 0xff)
    around.set(spoiled, 32)
    const bytes = around.subarray(32, 32 + spoiled.length)
    const held = { rows: 0 }
    const problem = problemOf(() => {
      if (isUp) held.rows = readStateUp(bytes, wide).write?.slots.length ?? 0
      else held.rows = mostRows(readStateFrame(bytes, known))
    })
    if (problem === undefined) counts.read++
    else counts.refused++
    if (held.rows > 5_000) return t.fail(`${held.rows} rows: ${hexOf(spoiled)}`)
    const alone = problemOf(() =>
      isUp
        ? readStateUp(Uint8Array.from(spoiled), wide)
        : readStateFrame(Uint8Array.from(spoiled), known),
    )
    if (alone !== problem) return t.fail(`${problem}, alone ${alone}: ${hexOf(spoiled)}`)
  }
  t.comment(`read ${counts.read}, refused ${counts.refused}`)
  t.ok(counts.read > 200 && counts.refused > 5_000)
})

const mostRows = ({ sections }: StateFrame): number =>
  Math.max(
    0,
    ...sections.flatMap((one) =>
      one.op === 'update' ? one.changes.map(({ rows: { n } }) => n) : [one.rows.n],
    ),
  )

/* What the compiler knows of it. */

t.test('a row has its fields’ types, and no others', async (t) => {
  type Player = RowOf<typeof STATE, 'players'>
  const at = { at: { x: 1, y: 2 }, turn: 0, hp: 80, spin: { x: 0, y: 0, z: 0, w: 1 } }
  const player: Player = {
    ...at,
    class: 'mage',
    other: -1,
    any: null,
    on: true,
    name: '',
    owner: 3,
  }
  const round: RowOf<typeof STATE, 'round'> = { phase: 'playing', ends: 3 }
  // @ts-expect-error: it is no word of that choice
  round.phase = 'over'
  // @ts-expect-error: there is no such field
  round.begins = 3
  // @ts-expect-error: nobody owns it
  t.equal(round.owner, undefined)
  // @ts-expect-error: a member's row is its member's
  player.owner = 4
  const seen = defineState({
    some: table({ hp: 'uint8' }, { sees: (row, { number }) => row.hp > 3 && number > 0 }),
  })
  t.strictSame(seen.schema.tables[0]?.sees, { who: 'predicate' })
  // @ts-expect-error: it looks at a field that there is not
  table({ hp: 'uint8' }, { sees: (row) => row.health > 3 })
  t.equal(STATE.schema.tables[0]?.sees?.of, 'players', 'who is near looks from its own row')
})
