import { Writer } from '../bytes.ts'
import { compile } from '../compile.ts'
import { type Notation, schemaOf } from '../notation.ts'
import { definePackets } from '../packet-set.ts'
import { FLOAT32_MAX, INTEGER_RANGES, type IntegerKind, type Schema } from '../schema.ts'
import { twinOf } from '../twin.ts'

/** What packets are in bytes: values that pack, values that do not, and bytes that are nothing. */
interface Packing {
  readonly name: string
  readonly notation: Notation
  /** As JSON has them, bytes as base64. */
  readonly values: readonly unknown[]
  readonly wrong?: readonly (readonly [value: unknown, problem: string])[]
  readonly hostile?: readonly (readonly [hex: string, problem: string])[]
}

const VARUINT = 'expected a varuint from 0 to 2147483647, in as few bytes as it takes'
const FLOAT32 = `expected a finite number from ${-FLOAT32_MAX} to ${FLOAT32_MAX}`
const ANY = 'expected any JSON value with finite numbers, nested at most 24 deep'

const integers = Object.entries(INTEGER_RANGES).map(([name, [min, max]]): Packing => {
  const problem = `it: expected a whole number from ${min} to ${max}`
  return {
    name,
    notation: name as IntegerKind,
    values: [min, max, 0, 1, ...(min < 0 ? [-1, -64, -65, 63, 64] : [127])],
    wrong: [min - 1, max + 1, 1.5, '1', null, true].map((value) => [value, problem]),
    ...(name.endsWith('8') && { hostile: [['', 'it: expected 1 more bytes, got 0']] }),
  }
})

const lengths: Packing = {
  name: 'lengths',
  notation: { u: 'varuint', v: 'varint' },
  values: [127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455, 268_435_456].map((u) => ({
    u,
    v: u % 2 === 0 ? -(u / 2) : (u - 1) / 2,
  })),
}

const PLAYER = {
  health: 'varuint',
  jumping: 'boolean',
  position: ['int16'],
  attributes: { str: 'uint8', agi: 'uint8', int: 'uint8' },
} as const
const ADA = {
  health: 4000,
  jumping: false,
  position: [-540, 343, 1201],
  attributes: { str: 87, agi: 42, int: 22 },
}

const shapes: readonly Packing[] = [
  {
    name: 'bool',
    notation: 'bool',
    values: [true, false],
    wrong: [0, 'true', null].map((value) => [value, 'it: expected true or false']),
    hostile: [['02', 'it: expected true or false']],
  },
  {
    name: 'float32',
    notation: 'float32',
    values: [0, 1.5, -0.25, FLOAT32_MAX, -FLOAT32_MAX, Math.fround(0.1)],
    wrong: [3.41e38, '1', null].map((value) => [value, `it: ${FLOAT32}`]),
    hostile: [
      ['7f800000', `it: ${FLOAT32}`],
      ['ffc00000', `it: ${FLOAT32}`],
      ['3f80', 'it: expected 4 more bytes, got 2'],
    ],
  },
  {
    name: 'float64',
    notation: 'float64',
    values: [0, 1.5, -0.1, Number.MAX_SAFE_INTEGER, 1e-7],
    wrong: ['1', null].map((value) => [value, 'it: expected a finite number']),
    hostile: [
      ['7ff0000000000000', 'it: expected a finite number'],
      ['7ff8000000000001', 'it: expected a finite number'],
    ],
  },
  {
    name: 'string',
    notation: 'string',
    values: ['', 'a', 'Ünï 🙂', '\ufeff', 'x'.repeat(127), 'x'.repeat(128), 'é'.repeat(64)],
    wrong: [1, null, []].map((value) => [value, 'it: expected text of at most 65535 characters']),
    hostile: [
      ['05616263', 'it: expected 5 more bytes, got 3'],
      ['02c328', 'it: expected text in UTF-8'],
      ['03eda080', 'it: expected text in UTF-8'],
      ['02c080', 'it: expected text in UTF-8'],
      ['04f4908080', 'it: expected text in UTF-8'],
      ['ffffffff0761', 'it: expected 2147483647 more bytes, got 1'],
      ['ffffffff0f', `it: ${VARUINT}`],
    ],
  },
  {
    name: 'buffer',
    notation: 'buffer',
    values: ['', 'AAEC/w=='],
    hostile: [
      ['ffffffff0761', 'it: expected at most 65535 bytes, got 2147483647'],
      ['8004aa', 'it: expected 512 more bytes, got 1'],
    ],
  },
  {
    name: 'numbers that are too long',
    notation: 'varuint',
    values: [],
    hostile: ['8000', 'ff8000', 'ffffffff08', 'ffffffffff01'].map((hex) => [hex, `it: ${VARUINT}`]),
  },
  {
    name: 'the player of SchemaPack’s README',
    notation: PLAYER,
    values: [ADA, { ...ADA, position: [] }],
    wrong: [
      [{ ...ADA, health: -1 }, 'it.health: expected a whole number from 0 to 2147483647'],
      [
        { ...ADA, position: [1, 40_000] },
        'it.position[1]: expected a whole number from -32768 to 32767',
      ],
      [{ ...ADA, attributes: null }, 'it.attributes: expected an object'],
      [{ ...ADA, position: {} }, 'it.position: expected an array of at most 65535 items'],
      [
        { ...ADA, helth: 3 },
        'it.helth: not a field; expected attributes, health, jumping, position',
      ],
    ],
    hostile: [
      ['2a1657a01f0003fde4015704', 'it.position: expected 3 more items, got 5 bytes'],
      ['2a1657a01f0003fde4015704b100', 'it: expected its end, got 1 bytes'],
    ],
  },
  {
    name: 'arrays with first items',
    notation: { a: ['string', 'uint8'], b: ['bool', { c: 'int8' }, ['varuint']] },
    values: [
      { a: ['x'], b: [true, { c: -1 }] },
      { a: ['x', 1, 2], b: [false, { c: 3 }, [], [300]] },
    ],
    wrong: [
      [{ a: [], b: [true, { c: 1 }] }, 'it.a: expected an array of 1 to 65535 items'],
      [{ a: ['x', 'y'], b: [true, { c: 1 }] }, 'it.a[1]: expected a whole number from 0 to 255'],
    ],
    hostile: [['017800', 'it.a: expected an array of 1 to 65535 items, got 0']],
  },
  {
    name: 'arrays in what an array repeats',
    notation: [{ a: ['string', 'int8'], b: { c: [['varint']], d: 'bool' }, z: 'uint8' }],
    values: [
      [],
      [{ a: ['x'], b: { c: [], d: true }, z: 1 }],
      [
        { a: ['x', -1, 2], b: { c: [[], [1, -300]], d: true }, z: 1 },
        { a: ['', 9], b: { c: [[5]], d: false }, z: 255 },
      ],
    ],
    wrong: [
      [
        [{ a: ['x', 1], b: { c: [[1], [2, 'y']], d: true }, z: 1 }],
        'it[0].b.c[1][1]: expected a whole number from -1073741824 to 1073741823',
      ],
    ],
  },
  {
    name: 'too many items',
    notation: [{ name: 'string', at: 'uint32' }],
    values: [[{ name: 'é', at: 4_294_967_295 }]],
    hostile: [
      ['ffff03000000', 'it: expected 65535 more items, got 3 bytes'],
      ['808004', 'it: expected an array of at most 65535 items, got 65536'],
      ['010000000105616263', 'it[0].name: expected 5 more bytes, got 3'],
    ],
  },
  {
    name: 'packer',
    notation: 'packer',
    values: [
      { foo: 'bar' },
      ...[null, true, false, 0, 127, 128, 255, 256, 65_535, 65_536, 4_294_967_295, 4_294_967_296],
      ...[-1, -32, -33, -128, -129, -32_768, -32_769, -2_147_483_648, -2_147_483_649],
      ...[1.5, -0.1, '', 'x'.repeat(31), 'x'.repeat(32), 'é'.repeat(128), [], {}],
      Array.from({ length: 16 }, (_, index) => index),
      Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`k${index}`, [index]])),
      { deep: [{ est: [null, 'Ünï 🙂'] }] },
    ],
    hostile: [
      ['', 'it: expected 1 more bytes, got 0'],
      ['00', 'it: expected 1 more bytes, got 0'],
      ['05ddffffffff', 'it: expected 4294967295 more items, got 0 bytes'],
      ['05dfffffffff', 'it: expected 8589934590 more items, got 0 bytes'],
      ['06dbffffffff61', 'it: expected 4294967295 more bytes, got 1'],
      [`1e${'91'.repeat(30)}`, 'it: expected at most 24 levels of nesting'],
      ['01c1', 'it: expected MessagePack of a JSON value, got format 0xc1'],
      ['05c403aabbcc', 'it: expected MessagePack of a JSON value, got format 0xc4'],
      ['06d6ff00000000', 'it: expected MessagePack of a JSON value, got format 0xd6'],
      ['03a2c328', 'it: expected text in UTF-8'],
      ['03810101', 'it: expected text as the keys of a map'],
      ['05ca7f800000', `it: ${ANY}`],
      ['020101', 'it: expected its end, got 1 bytes'],
    ],
  },
]

/** A vector for each: a schema by its name, then what is tried with it. */
export const packingVectors = (): object[] =>
  [...integers, lengths, ...shapes].flatMap(({ name, notation, values, wrong, hostile }) => {
    const schema = schemaOf(notation, 'it')
    return [
      { name, schema },
      ...values.map((value) => ({ name, value, hex: hexOf(packed(schema, value)) })),
      ...(wrong ?? []).map(([value, problem]) => ({ name, value, problem })),
      ...(hostile ?? []).map(([hex, problem]) => ({ name, hex, problem })),
    ]
  })

/** A game's packets, for the vectors of frames. */
export const PACKETS = definePackets({
  Action: { data: { payload: 'varint', type: 'string' } },
  Position: { data: { x: 'float32', y: 'float32', z: 'float32' } },
  Slap: {},
})

const action = (payload: number) => ['Action', { payload, type: 'ADD' }]

/** Frames of the kind *packet*: who reads them, what they hold, or what is wrong with them. */
export const frameVectors = (): object[] => [
  { packets: PACKETS.types.map(({ name, isBundle, schema }) => ({ name, isBundle, schema })) },
  ...[
    { reader: 'server', head: {}, packet: ['Slap', {}] },
    { reader: 'server', head: { id: 1 }, packet: action(20) },
    { reader: 'server', head: { to: ['others'] }, packet: ['Position', { x: 1, y: -2.5, z: 0 }] },
    {
      reader: 'server',
      head: { id: 300, room: 'K7QF2M', to: ['host', 'player:p-2', 'other_hosts'] },
      packet: ['Bundle', [action(23), ['Bundle', [action(26), ['Slap', {}]]]]],
    },
    { reader: 'client', head: {}, packet: ['Redirect', '/'] },
    { reader: 'client', head: { id: 2_147_483_647 }, packet: ['Refresh', {}] },
    { reader: 'client', head: { room: 'K7QF2M', from: 200 }, packet: ['Slap', {}] },
    { reader: 'client', head: { id: 5, room: 'K7QF2M' }, packet: ['Bundle', []] },
  ].map(({ reader, head, packet }) => ({
    ...{ reader, head, packet },
    hex: hexOf(PACKETS.frame(head, packet as never)),
  })),
  ...[null, { delivered: 2 }, [20, [43, 69]]].map((value, index) => ({
    reader: 'client',
    ...{ head: { id: index + 1 }, value },
    hex: hexOf(PACKETS.answer(index + 1, value)),
  })),
  ...[
    ['c0', 'packet: expected 1 more bytes, got 0'],
    ['c000', 'packet: expected a number from 1 to 6, got 0'],
    ['c007', 'packet: expected a number from 1 to 6, got 7'],
    ['c00600', 'packet: expected its end, got 1 bytes'],
    ['c1ff', 'packet: expected 1 more bytes, got 0'],
    ['c20000', 'packet: expected an answer to have an id, and neither room nor address'],
    ['c7010001c0', 'packet: expected an answer to have an id, and neither room nor address'],
    ['c40006', 'packet: expected text of 1 to 64 characters'],
    ['c0010a0461', 'Action.type: expected 4 more bytes, got 1'],
    ['c00203010a03', 'Bundle[0].Action.type: expected 3 more bytes, got 0'],
  ].map(([hex, problem]) => ({ reader: 'client', hex, problem })),
]

function packed(schema: Schema, value: unknown): Uint8Array {
  const twin = twinOf(schema)
  const writer = new Writer()
  compile(schema).write(writer, twin ? twin.fromJson(value) : value)
  return writer.taken()
}

const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
