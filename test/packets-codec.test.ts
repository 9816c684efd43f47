import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import stringify from 'fast-json-stable-stringify'
import t from 'tap'
import { Misfit, Reader, Writer } from '../protocol/bytes.ts'
import { compile } from '../protocol/compile.ts'
import { PACKETS } from '../protocol/generate/packing.ts'
import { about, type Notation, schemaOf } from '../protocol/notation.ts'
import { Packet } from '../protocol/packet.ts'
import { readHead } from '../protocol/packet-frame.ts'
import { decorate, definePackets } from '../protocol/packet-set.ts'
import { check, INTEGER_RANGES, type Schema } from '../protocol/schema.ts'
import { twinOf } from '../protocol/twin.ts'
import type { Any } from './support/client.ts'
import { createRandom, seedOf } from './support/clock.ts'
import {
  packedBy,
  packedCase,
  randomNotation,
  randomValue,
  unpackedBy,
} from './support/schemapack.ts'
import { replay } from './support/vectors.ts'

const writer = new Writer()

const pack = (notation: unknown, value: unknown) => packAs(schemaOf(notation, 'it'), value)
const unpack = (notation: unknown, bytes: Uint8Array) => unpackAs(schemaOf(notation, 'it'), bytes)

function packAs(schema: Schema, value: unknown): Buffer {
  writer.at = 0
  try {
    compile(schema).write(writer, value)
  } catch (error) {
    throw error instanceof Misfit ? new Error(error.told('it')) : error
  }
  return Buffer.from(writer.taken())
}

function unpackAs(schema: Schema, bytes: Uint8Array): unknown {
  const reader = new Reader(bytes)
  try {
    const value = compile(schema).read(reader)
    reader.finish()
    return value
  } catch (error) {
    throw error instanceof Misfit ? new Error(error.told('it')) : error
  }
}

const hex = (text: string) => Buffer.from(text, 'hex')

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

const RANGES: readonly [kind: string, min: number, max: number, below: number, above: number][] = [
  ...Object.entries(INTEGER_RANGES).map(
    ([kind, [min, max]]) => [kind, min, max, min - 1, max + 1] as const,
  ),
  ['float32', -3.4028234663852886e38, 3.4028234663852886e38, -3.41e38, 3.41e38],
  [
    'float64',
    -Number.MAX_VALUE,
    Number.MAX_VALUE,
    Number.NEGATIVE_INFINITY,
    Number.POSITIVE_INFINITY,
  ],
] as never

for (const [kind, min, max, below, above] of RANGES)
  t.test(`${kind} holds what it can, and refuses what is one outside`, async (t) => {
    for (const value of [min, max, 0]) {
      t.equal(unpack(kind, pack(kind, value)), value)
      t.strictSame(pack(kind, value), packedBy(kind, value), `${value} as SchemaPack has it`)
    }
    for (const value of [below, above, Number.NaN, '1', null, undefined, true])
      t.throws(() => pack(kind, value), { message: /^it: expected a (whole|finite) number/ })
    if (kind.includes('int'))
      t.throws(() => pack(kind, 1.5), { message: /^it: expected a whole number from/ })
  })

t.test('bool, string and buffer hold theirs and nothing else', async (t) => {
  for (const value of [true, false]) t.equal(unpack('bool', pack('bool', value)), value)
  for (const value of [0, 'true', null]) t.throws(() => pack('bool', value), /true or false/)
  for (const value of ['', 'Ünï 🙂', '\ufeff', 'x'.repeat(65_535)])
    t.equal(unpack('string', pack('string', value)), value)
  for (const value of [1, null, 'x'.repeat(65_536)])
    t.throws(() => pack('string', value), /it: expected text of at most 65535 characters/)
  const bytes = Uint8Array.from([0, 1, 255])
  t.strictSame(unpack('buffer', pack('buffer', bytes)), bytes)
  for (const value of [[0, 1], 'AAE=', new Uint8Array(65_536)])
    t.throws(() => pack('buffer', value), /it: expected a Uint8Array of at most 65535 bytes/)
})

t.test('small numbers take few bytes', async (t) => {
  const varuints: [value: number, bytes: number][] = [
    [0, 1],
    [127, 1],
    [128, 2],
    [16_383, 2],
    [16_384, 3],
    [2_097_151, 3],
    [2_097_152, 4],
    [268_435_455, 4],
    [268_435_456, 5],
    [2_147_483_647, 5],
  ]
  const varints: [value: number, bytes: number][] = [
    [-64, 1],
    [63, 1],
    [-65, 2],
    [64, 2],
    [-8_192, 2],
    [8_191, 2],
    [8_192, 3],
    [-1_073_741_824, 5],
    [1_073_741_823, 5],
  ]
  for (const [kind, cases] of [
    ['varuint', varuints],
    ['varint', varints],
  ] as const)
    for (const [value, size] of cases) {
      const bytes = pack(kind, value)
      t.equal(bytes.length, size, `${kind} ${value}`)
      t.equal(unpack(kind, bytes), value)
    }
})

t.test('the player of SchemaPack’s README is its 13 bytes', async (t) => {
  const bytes = pack(PLAYER, ADA)

  t.equal(bytes.toString('hex'), '2a1657a01f0003fde4015704b1')
  t.strictSame(bytes, packedBy(PLAYER, ADA))
  t.strictSame(unpack(PLAYER, bytes), ADA)
})

t.test('a thousand schemas and values are SchemaPack’s, byte by byte', async (t) => {
  const seed = seedOf()
  t.comment(`SEED=${seed}`)
  const { below } = createRandom(seed)
  for (let round = 0; round < 1_000; round++) {
    const { notation, value, hex: wanted } = packedCase(below)
    const before = said(value)
    const bytes = pack(notation, value)
    const what = `round ${round}: ${JSON.stringify(notation)} ${before}`.slice(0, 600)
    if (bytes.toString('hex') !== wanted) return t.equal(bytes.toString('hex'), wanted, what)
    const back = [unpack(notation, bytes), unpackedBy(notation, bytes), value].map(said)
    if (back.some((one) => one !== before)) return t.strictSame(back, [before], what)
  }
  t.pass('1,000 rounds')
})

/** A value in words of which there is one choice: fields in order, a Buffer as a Uint8Array. */
const said = (value: unknown): string =>
  stringify(value).replace(BUFFER, (_, items: string) =>
    stringify(Uint8Array.from(JSON.parse(items))),
  )

const BUFFER = /\{"data":(\[[\d,]*\]),"type":"Buffer"\}/g

t.test('wrong values are refused at their place', async (t) => {
  const list: Notation = { items: [{ name: 'string', at: ['bool', 'int8'] }] }
  const cases: [notation: Notation, value: unknown, message: string][] = [
    [PLAYER, { ...ADA, health: -1 }, 'it.health: expected a whole number from 0 to 2147483647'],
    [PLAYER, { ...ADA, position: [1, 40_000] }, 'it.position[1]: expected a whole number from'],
    [PLAYER, { ...ADA, attributes: null }, 'it.attributes: expected an object'],
    [PLAYER, { ...ADA, attributes: { str: 1, agi: 2 } }, 'it.attributes.int: expected a whole'],
    [PLAYER, { ...ADA, helth: 3 }, 'it.helth: not a field; expected attributes, health, jumping'],
    [PLAYER, null, 'it: expected an object'],
    [PLAYER, [], 'it: expected an object'],
    [{ a: ['int8'] }, { a: {} }, 'it.a: expected an array of at most 65535 items'],
    [
      list,
      {
        items: [
          { name: '', at: [true] },
          { name: 3, at: [false] },
        ],
      },
      'it.items[1].name: expected',
    ],
    [list, { items: [{ name: '', at: [] }] }, 'it.items[0].at: expected an array of 1 to 65535'],
    [list, { items: [{ name: '', at: [true, 3, 'x'] }] }, 'it.items[0].at[2]: expected a whole'],
  ]
  for (const [notation, value, message] of cases) {
    const error: Any = await Promise.resolve()
      .then(() => pack(notation, value))
      .catch((error) => error)
    t.ok(error.message?.startsWith(message), `${error.message} begins with ${message}`)
  }
})

t.test('what packs and what does not is as the vectors say, in both directions', async (t) => {
  const schemas = new Map<string, Schema>()
  replay(t, 'packing', ({ name, schema, value, hex: bytes, problem = null }) => {
    if (schema) schemas.set(name, schema)
    const own = schemas.get(name)
    if (schema || !own) return [Boolean(own), true]
    if (value === undefined) return [attempt(() => read(own, bytes)), problem]
    const written = attempt(() => write(own, value))
    if (problem !== null) return [written, problem]
    return [
      [written, stringify(read(own, bytes))],
      [bytes, stringify(value)],
    ]
  })
})

t.test('frames are as the vectors say, and what is none is refused', async (t) => {
  replay(t, 'frames', ({ packets, reader, head, packet, value, hex: frame, problem = null }) => {
    if (packets) return [PACKETS.types.map(({ name, schema }) => [name, schema]), named(packets)]
    if (problem !== null) return [attempt(() => PACKETS.open(hex(frame))), problem]
    if (value !== undefined) {
      const written = Buffer.from(PACKETS.answer(head.id, value)).toString('hex')
      return [
        [written, PACKETS.open(hex(frame))?.value],
        [frame, value],
      ]
    }
    const written = Buffer.from(PACKETS.frame(head, packet)).toString('hex')
    const bytes = new Reader(hex(frame))
    const known = readHead(bytes, reader)
    const { name, data } = PACKETS.read(bytes)
    const back = [name, PACKETS.toJson(new Packet(name, data))]
    const found = { ...known, isReply: undefined }
    return [
      [written, stringify(found), back],
      [frame, stringify(head), packet],
    ]
  })
})

const named = (types: readonly Any[]) => types.map(({ name, schema }) => [name, schema])

function attempt(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return (error as Error).message
  }
}

/** A value as JSON has it to bytes, and back. */
function write(schema: Schema, value: unknown): string {
  const twin = twinOf(schema)
  return packAs(schema, twin && isWhole(schema, value) ? twin.fromJson(value) : value).toString(
    'hex',
  )
}

const isWhole = (schema: Schema, value: unknown) => check(schema, value, '') === undefined

function read(schema: Schema, bytes: string): unknown {
  const value = unpackAs(schema, hex(bytes))
  return twinOf(schema)?.toJson(value) ?? value
}

t.test('a whole packet may be anything, as MessagePack in a buffer', async (t) => {
  const packets = definePackets({ Anything: { data: 'packer' } })
  const number = packets.typeOf('Anything')?.number

  const bytes = Buffer.from(packets.encode(['Anything', { foo: 'bar' }]))

  t.equal(number, 1)
  t.equal(bytes.subarray(1).toString('hex'), '0981a3666f6fa3626172')
  t.strictSame(packets.decode(bytes).data, { foo: 'bar' })
  for (const value of [null, 0, -1, 1.5, 2 ** 40, '', 'é'.repeat(300), [], [[]], { a: [{}] }])
    t.strictSame(packets.decode(packets.encode(['Anything', value])).data, value)
})

t.test('one field may be anything, and what is given stays as it was', async (t) => {
  const packets = definePackets({ AnythingField: { data: { document: 'packer', id: 'uint32' } } })
  const data = Object.freeze({
    document: Object.freeze({
      whatever: 'you',
      want: 42,
      list: Object.freeze([1, { deep: null }]),
    }),
    id: 1_234_567,
  })
  const before = JSON.stringify(data)

  const { data: back } = packets.decode(packets.encode(['AnythingField', data]))

  t.strictSame(back, data)
  t.equal(JSON.stringify(data), before)
})

t.test(
  'what is no JSON is not packed, and U+0000 and half a surrogate pair do not leave',
  async (t) => {
    for (const value of [undefined, Number.NaN, new Date(), new Map(), { a: undefined }, deep(26)])
      t.throws(() => pack('packer', value), { message: /^it(\.a|(\[0\])+)?: expected any JSON/ })
    t.strictSame(unpack('packer', pack('packer', { 'a\ud83d': ['\ude42'] })), {
      'a\ufffd': ['\ufffd'],
    })
    t.strictSame(unpack('packer', pack('packer', deep(24))), deep(24))
    t.strictSame(unpack('packer', pack('packer', { '\0': ['a\0', 0] })), {
      '\ufffd': ['a\ufffd', 0],
    })
    const long = 'a'.repeat(40)
    for (const text of ['a', long, `${long}ü`])
      for (const broken of ['\0', '\ud83d'])
        t.equal(unpack('string', pack('string', text + broken)), `${text}\ufffd`)
  },
)

t.test('U+0000 in the bytes of others is read as U+FFFD', async (t) => {
  for (const text of ['610062', `61006${'2'.repeat(81)}`, '6100c3bc']) {
    const bytes = hex(text)
    const read = bytes.toString().replaceAll('\0', '\ufffd')
    t.equal(unpack('string', Buffer.concat([pack('varuint', bytes.length), bytes])), read)
  }
  const packed = hex('81a2610001')
  const inside = Buffer.concat([pack('varuint', packed.length), packed])
  t.strictSame(unpack('packer', inside), { 'a\ufffd': 1 })
})

const deep = (levels: number): unknown => (levels === 0 ? null : [deep(levels - 1)])

t.test('MessagePack may claim what it likes, and nothing is made of it', async (t) => {
  const inside = (bytes: Buffer) => Buffer.concat([pack('varuint', bytes.length), bytes])
  const cases: [bytes: Buffer, message: RegExp][] = [
    [hex('dd0000ea60'.repeat(10_000)), /expected 60000 more items|levels of nesting/],
    [hex('81a95f5f70726f746f5f5f01'), /__proto__/],
  ]
  for (const [bytes, message] of cases) t.throws(() => unpack('packer', inside(bytes)), { message })
})

t.test('100,000 mutated packets are read or refused, and nothing else', async (t) => {
  const seed = seedOf()
  t.comment(`SEED=${seed}`)
  const { below } = createRandom(seed)
  const counts = { read: 0, refused: 0 }
  for (let round = 0; round < 500; round++) {
    const notation = { x: randomNotation(below), p: 'packer' } as Notation
    const packets = definePackets({ It: { data: notation }, Slap: {} })
    const data = { x: randomValue((notation as Any).x, below), p: [{ a: 'é', b: [1.5, -3] }] }
    const bytes = packets.encode(['Bundle', [['Slap'], ['Bundle', [['It', data]]], ['It', data]]])
    for (let time = 0; time < 200; time++) {
      // In the middle of other bytes, so that an over-read would find something.
      const mutant = mutated(bytes, below)
      const around = Buffer.alloc(mutant.length + 64, 0x41)
      around.set(mutant, 32)
      const view = around.subarray(32, 32 + mutant.length)
      try {
        const packet = packets.decode(view)
        counts.read++
        if (!Buffer.from(packets.encode(packet)).equals(view) && !isLoose(packet, packets, view))
          return t.fail(`read ${view.toString('hex')} and wrote something else`)
      } catch (error) {
        if ((error as Any).code !== 'INVALID_MESSAGE_DATA') throw error
        counts.refused++
      }
    }
  }
  t.equal(counts.read + counts.refused, 100_000)
  t.ok(counts.read > 100 && counts.refused > 10_000, JSON.stringify(counts))
})

/** MessagePack has several ways to say a value: what was read is then the same when read again. */
const isLoose = (packet: Any, packets: Any, _view: Buffer) =>
  JSON.stringify(packets.decode(packets.encode(packet))) === JSON.stringify(packet)

function mutated(bytes: Uint8Array, below: (below: number) => number): Buffer {
  const copy = Buffer.from(bytes)
  const at = below(copy.length)
  switch (below(6)) {
    case 0:
      return copy.subarray(0, at)
    case 1:
      return Buffer.concat([copy, Buffer.from([below(256)])])
    case 2:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1)])
    case 3:
      return Buffer.concat([
        copy.subarray(0, at),
        Buffer.from('ffffffff07', 'hex'),
        copy.subarray(at),
      ])
    default:
      for (let time = below(3); time >= 0; time--) copy[below(copy.length)] = below(256)
      return copy
  }
}

t.test('a constructed packet and a dehydrated one are the same bytes', async (t) => {
  const packets = definePackets({ Slap: {}, Player: { data: PLAYER } })

  t.strictSame(packets.encode(new packets.Slap()), packets.encode(['Slap']))
  t.strictSame(packets.encode(['Slap', {}]), packets.encode(['Slap']))
  t.strictSame(packets.encode(new packets.Player(ADA)), packets.encode(['Player', ADA]))
  t.throws(() => packets.encode(['Slop']), {
    code: 'UNKNOWN_PACKET',
    message: 'packet: expected one of Bundle, Player, Redirect, Refresh, Slap; got "Slop"',
  })
  t.throws(() => new packets.Player({ ...ADA, health: -1 }), {
    code: 'INVALID_MESSAGE_DATA',
    message: /^Player\.health: expected a whole number from 0 to/,
  })
  for (const no of [[], 'Slap', {}, null, ['Slap', {}, 3], [3]])
    t.throws(() => packets.encode(no as never), { code: /UNKNOWN_PACKET|INVALID_MESSAGE_DATA/ })
})

t.test('an empty packet has no bytes beside its number', async (t) => {
  const packets = definePackets({ Slap: {} })

  const bytes = packets.encode(['Slap'])

  t.strictSame([...bytes], [packets.typeOf('Slap')?.number])
  t.match(packets.decode(bytes), { name: 'Slap', data: {} })
})

t.test('packets are numbered from 1, in order of their names', async (t) => {
  const one = definePackets({ Slap: {}, Action: { data: { type: 'string' } }, Zed: {} })
  const other = definePackets({
    Zed: {},
    Action: { data: { type: about('What.', 'string') } },
    Slap: {},
  })
  const third = definePackets({ Slap: {}, Action: { data: { type: 'uint8' } }, Zed: {} })

  t.strictSame(
    one.types.map(({ name, number }) => `${number} ${name}`),
    ['1 Action', '2 Bundle', '3 Redirect', '4 Refresh', '5 Slap', '6 Zed'],
  )
  t.match(one.hash, /^[0-9a-f]{16}$/)
  t.equal(other.hash, one.hash, 'whatever the order, and whatever is said about it')
  t.not(third.hash, one.hash)
})

t.test('bundles hold packets and bundles, in order', async (t) => {
  const packets = definePackets({ Action: { data: { type: 'string', payload: 'varint' } } })
  const add = (payload: number) => ['Action', { type: 'ADD', payload }] as const
  const bundle = [add(20), ['Bundle', [add(23), ['Bundle', []], add(26)]], add(0)] as const

  const { data } = packets.decode(packets.encode(['Bundle', bundle]))

  t.strictSame(
    packets.toJson(packets.packetOf(['Bundle', data])),
    JSON.parse(JSON.stringify(bundle)),
  )
  t.throws(() => packets.encode(['Bundle', [add(1), add(1e10)]]), {
    message: /^Bundle\[1\]\.Action\.payload: expected a whole number/,
  })
  const nested = (levels: number): Any => ['Bundle', levels === 1 ? [] : [nested(levels - 1)]]
  t.equal(packets.decode(packets.encode(nested(8))).name, 'Bundle')
  t.throws(() => packets.encode(nested(9)), { message: /at most 8 bundles deep/ })
})

t.test('a packet may be one scalar', async (t) => {
  const packets = definePackets({ Count: { data: 'varuint' }, Path: { data: ['float32'] } })

  t.strictSame(packets.decode(packets.encode(['Redirect', '/there'])).data, '/there')
  t.strictSame(packets.decode(packets.encode(new packets.Count(300))).data, 300)
  t.strictSame(packets.decode(packets.encode(new packets.Path([1, 2.5]))).data, [1, 2.5])
})

t.test('JSON says the same as the bytes, with base64 where they are bytes', async (t) => {
  const packets = definePackets({
    File: { data: { body: 'buffer', more: ['string', { part: 'buffer' }], size: 'uint8' } },
  })
  const part = Uint8Array.from([251, 255])
  const packet = new packets.File({ body: new Uint8Array(0), more: ['x', { part }], size: 3 })

  const json = packets.toJson(packet)

  t.strictSame(json, { body: '', more: ['x', { part: '+/8=' }], size: 3 })
  t.strictSame(packets.fromJson('File', json).data, packet.data)
  t.throws(() => packets.fromJson('File', { body: '', more: ['x', { part: '=' }], size: 3 }), {
    message: 'File.more[1].part: expected base64 of at most 65535 bytes',
  })
  t.throws(() => packets.fromJson('File', { body: '', more: [], size: 3 }), {
    message: 'File.more: expected an array of 1 to 65535 items',
  })
})

t.test('what one side adds to a packet is not in the other’s', async (t) => {
  const shared = definePackets({ Slap: {}, Logout: {} })

  const server = decorate(shared, { Logout: { validate() {} } })
  const more = decorate(server, { Slap: { respond: () => 1 } })

  t.equal(shared.acceptorOf('Logout'), undefined)
  t.match(Object.keys(server.acceptorOf('Logout') ?? {}), ['validate'])
  t.ok(more.acceptorOf('Logout') && more.acceptorOf('Slap'), 'decorated again')
  t.equal(server.hash, shared.hash)
  t.throws(() => decorate(shared, { Slop: {} } as never), /Slop: expected an acceptor of Bundle, /)
})

t.test('a definition that cannot be is refused at its place', async (t) => {
  const cases: [definitions: Any, message: RegExp][] = [
    [{ slap: {} }, /^slap: expected a name of letters and digits, the first a capital/],
    [{ Redirect: {} }, /^Redirect: the name is taken/],
    [{ A: { data: 'uint7' } }, /^A: "uint7" is no type; expected one of int8, /],
    [{ A: { data: { b: [] } } }, /^A\.b: expected 1 to 10 types in an array/],
    [{ A: { data: { b: [{}] } } }, /^A\.b: what repeats has to take a byte/],
    [{ A: { data: { 'b-c': 'bool' } } }, /^A\.b-c: expected a name of letters, digits and _/],
    [{ A: { data: JSON.parse('{"__proto__":"bool"}') } }, /^A\.__proto__: expected a name/],
    [
      { A: { data: { b: { c: 3 } } } },
      /^A\.b\.c: expected the name of a type, an object or an array/,
    ],
  ]
  for (const [definitions, message] of cases)
    t.throws(() => definePackets(definitions), { message })
})

t.test('a page pays for packets only if it has some, and needs no eval for them', async (t) => {
  const resolveDir = fileURLToPath(new URL('../web-client/', import.meta.url))
  const bundled = async (names: string) => {
    const contents = `import { ${names} } from './client.ts'\nglobalThis.game = [${names}]`
    const format = { bundle: true, minify: true, format: 'esm', platform: 'browser' } as const
    const { outputFiles } = await build({
      stdin: { contents, resolveDir },
      write: false,
      ...format,
    })
    return outputFiles[0]?.text ?? ''
  }

  const [without, all] = [await bundled('connect'), await bundled('connect, definePackets')]

  t.match(all, /MessagePack/)
  t.notMatch(without, /MessagePack/)
  t.notMatch(all, /\beval\(|\bFunction\(/)
  const added = gzipSync(all).length - gzipSync(without).length
  t.comment(`${added} bytes more, compressed`)
  t.ok(added > 1_000 && added < 15_000, `${added}`)
})
