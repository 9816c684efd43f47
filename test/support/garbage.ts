import { BATCH } from '../../protocol/batch.ts'
import { Reader } from '../../protocol/bytes.ts'
import type { ErrorCode } from '../../protocol/errors.ts'
import { MESSAGES } from '../../protocol/index.ts'
import { LIMITS } from '../../protocol/limits.ts'
import {
  BINARY_KINDS,
  COUNTED_BIT,
  KIND_MASK,
  type Message,
  type Messages,
} from '../../protocol/message.ts'
import { RELAY_RELIABLE, RELAY_UNRELIABLE } from '../../protocol/relay-frame.ts'
import { JSON_DEPTH, type Schema, sample } from '../../protocol/schema.ts'
import { readStateUpHead, STATE_UP } from '../../protocol/state-up.ts'
import type { createRandom } from './clock.ts'

export type Random = ReturnType<typeof createRandom>

/** A frame no server should like, and the code of the one answer it must get. */
export interface Garbage {
  readonly bytes: Buffer
  readonly isBinary: boolean
  readonly code: ErrorCode
  /** The `re` of the answer; none where the frame could not be read. */
  readonly re?: unknown
  /** The server never looks inside: whatever it says, it counts (or, if false, does not). */
  readonly counted?: boolean
}

/** Where the sender must sit for the code to be the right one. */
type Place = 'anywhere' | 'seated' | 'unseated'

export interface Generator {
  readonly name: string
  readonly place: Place
  /** How often it has its turn, beside the others’ 10. */
  readonly weight?: number
  make(random: Random): Garbage
}

const MESSAGE_BYTES = LIMITS.message_bytes.value
const FRAME_BYTES = LIMITS.frame_bytes.value
const DEPTH = LIMITS.depth.value

const lines = Object.entries(MESSAGES as Messages)
const toServer = lines.filter(([, line]) => line.direction !== 'to_client')
/** Those that have to be for a room; a packet may be for the server itself. */
const forRooms = toServer.filter(([type, { room }]) => room && type !== 'packet')
const toClient = lines.filter(([, line]) => line.direction === 'to_client')

/** Without what makes a room of its own, or is peer 1 of one without a seat in it. */
const ofSeats = (text: string): string => {
  const { data, ...rest } = JSON.parse(text) as { data: Record<string, unknown> }
  const { make: _, dedicated: __, ...others } = data
  return JSON.stringify({ ...rest, data: others })
}

/** In either opcode: a binary frame that begins like JSON is JSON. */
const json = (
  random: Random,
  text: string,
  rest: Omit<Garbage, 'bytes' | 'isBinary'>,
): Garbage => ({
  bytes: Buffer.from(text),
  isBinary: random.below(3) === 0 && /^[{[ ]/.test(text),
  ...rest,
})

const malformed = (random: Random, text: string) =>
  json(random, text, { code: 'INVALID_MESSAGE', ...idIn(text) })

/** What is no envelope is answered by its id all the same, where it has one and is no answer. */
function idIn(text: string): Pick<Garbage, 're'> {
  try {
    const { id, re } = Object(JSON.parse(text)) as Readonly<Record<string, unknown>>
    const isGood = typeof id === 'string' ? /^.{1,64}$/s.test(id) : Number.isFinite(id)
    return isGood && re === undefined ? { re: id } : {}
  } catch {
    return {}
  }
}

/** A message by its table, with raw JSON texts for its parts. */
function messageText(type: string, parts: Readonly<Record<string, string>>): string {
  const rest = Object.entries(parts).map(([name, text]) => `,"${name}":${text}`)
  return `{"type":${JSON.stringify(type)}${rest.join('')}}`
}

const valid = (type: string, line: Message, parts: Readonly<Record<string, string>> = {}) =>
  messageText(type, { id: '"v"', data: JSON.stringify(sample(line.data)), ...parts })

const anyValid = (random: Random, parts?: Readonly<Record<string, string>>) => {
  const [type, line] = random.pick(toServer)
  return valid(type, line, parts)
}

/** Something that passes every check but names a kind of room nobody has. */
const unknownKind = (data: string) =>
  messageText('room.join_or_create', { id: '"k"', data: `{"kind":"nope","data":${data}}` })

export const GENERATORS: readonly Generator[] = [
  {
    name: 'random bytes',
    place: 'anywhere',
    make(random) {
      const bytes = Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256)))
      const isPacket = (bytes[0] ?? 0) >= BINARY_KINDS
      // No batch after all: what its frames are answered with is theirs.
      if (((bytes[0] ?? 0) & KIND_MASK) === BATCH && bytes.length > 1) bytes[1] = 0
      const code = isPacket ? codeOfKind(bytes) : 'INVALID_MESSAGE'
      const counted = !isPacket || ((bytes[0] ?? 0) & COUNTED_BIT) !== 0
      return { bytes, isBinary: true, code, counted }
    },
  },
  {
    name: 'random text',
    place: 'anywhere',
    make: (random) =>
      malformed(
        random,
        `${random.pick(['', ' ', '{', '[', '\ufeff{'])}${randomText(random)}\u0001`,
      ),
  },
  {
    name: 'a binary kind, counted and not',
    place: 'anywhere',
    make(random) {
      const first = BINARY_KINDS + random.below(0x100 - BINARY_KINDS)
      const bytes = Buffer.alloc(1 + random.below(64), random.below(256))
      bytes[0] = first
      return {
        bytes,
        isBinary: true,
        code: codeOfKind(bytes),
        counted: (first & COUNTED_BIT) !== 0,
      }
    },
  },
  {
    name: 'binary that begins like nothing',
    place: 'anywhere',
    make(random) {
      const first = random.pick([0, 9, 10, 0x0d, 0x22, 0x31, 0x5a, 0x7d, 0x7f])
      const bytes = Buffer.from(`x${anyValid(random)}`)
      bytes[0] = first
      return { bytes, isBinary: true, code: 'INVALID_MESSAGE', counted: true }
    },
  },
  {
    name: 'truncated JSON',
    place: 'anywhere',
    make(random) {
      const text = anyValid(random)
      return malformed(random, text.slice(0, random.below(text.length)))
    },
  },
  {
    name: 'almost JSON',
    place: 'anywhere',
    make(random) {
      const text = anyValid(random)
      const spoil = random.pick<(text: string) => string>([
        (one) => `${one}}`,
        (one) => `${one}${one}`,
        (one) => `${one} // really`,
        (one) => one.replaceAll('"', "'"),
        (one) => one.replace('{', '{,'),
        (one) => one.replace(/}$/, ',}'),
        (one) => one.replace(/}$/, ',"n":NaN}'),
        (one) => one.replace(/}$/, ',"n":nan}'),
        (one) => one.replace(/}$/, ',"n":01}'),
        (one) => one.replace(/}$/, ',"s":"\n"}'),
        (one) => one.replace(/}$/, ',"s":"\\x41"}'),
        (one) => `[${one}`,
      ])
      return malformed(random, spoil(text))
    },
  },
  {
    name: 'JSON that is no object',
    place: 'anywhere',
    make: (random) =>
      malformed(
        random,
        random.pick(['null', 'true', '0', '-1e5', '1e999', '"ping"', '[]', ' [1]', '[["a",{}]]']),
      ),
  },
  {
    name: 'nesting beyond the depth',
    place: 'anywhere',
    make(random) {
      const levels = random.pick([DEPTH - 1, DEPTH, 100, 1_100, 10_000, 25_000])
      const [open, shut] = random.pick([
        ['[', ']'],
        ['{"a":', '}'],
      ] as const)
      const deepest = open === '[' ? '' : '1'
      const fitting = Math.min(levels, Math.floor(MESSAGE_BYTES / 7))
      const inside = open.repeat(fitting) + deepest + shut.repeat(random.pick([fitting, 0]))
      // `{`, `"data":{`: two levels are there already.
      const text = messageText('room.join_or_create', { data: `{"kind":"nope","data":${inside}}` })
      return json(random, text, { code: 'INVALID_MESSAGE', counted: true })
    },
  },
  {
    name: 'nesting beyond what a JSON value may, within the depth',
    place: 'anywhere',
    make(random) {
      const inside = JSON_DEPTH + 1 + random.below(DEPTH - 2 - JSON_DEPTH)
      const data = random.pick([
        `${'['.repeat(inside)}1${']'.repeat(inside)}`,
        `${'{"a":'.repeat(inside)}1${'}'.repeat(inside)}`,
      ])
      return json(random, unknownKind(data), { code: 'INVALID_MESSAGE_DATA', re: 'k' })
    },
  },
  {
    name: 'nesting as deep as a JSON value may',
    place: 'anywhere',
    make(random) {
      const inside = JSON_DEPTH
      const brackets = '[{]}"\\'.repeat(random.below(50))
      const data = random.pick([
        `${'['.repeat(inside)}1${']'.repeat(inside)}`,
        `${'{"a":'.repeat(inside)}1${'}'.repeat(inside)}`,
        `[${JSON.stringify('['.repeat(100))},${JSON.stringify(brackets)},[]]`,
        `[${'[],{},'.repeat(40)}0]`,
      ])
      return json(random, unknownKind(data), { code: 'UNKNOWN_KIND', re: 'k' })
    },
  },
  {
    name: 'a huge message',
    place: 'anywhere',
    weight: 1,
    make(random) {
      const size = random.pick([
        ...[MESSAGE_BYTES + 1, FRAME_BYTES],
        MESSAGE_BYTES + 1 + random.below(FRAME_BYTES - MESSAGE_BYTES),
      ])
      const letter = random.pick(['a', '[', '"', '\\', 'é'])
      const text = unknownKind(`"${letter.repeat(random.below(29_000))}"`)
      const bytes = Buffer.from(text + ' '.repeat(size - Buffer.byteLength(text)))
      return { bytes, isBinary: random.below(2) === 0, code: 'TOO_LARGE', counted: true }
    },
  },
  {
    name: 'a message of exactly the size allowed',
    place: 'anywhere',
    weight: 1,
    make(random) {
      const text = unknownKind(`"${'é'.repeat(random.below(20_000))}"`)
      const padding = ' '.repeat(MESSAGE_BYTES - Buffer.byteLength(text))
      return json(random, text + padding, { code: 'UNKNOWN_KIND', re: 'k' })
    },
  },
  {
    name: 'a huge string',
    place: 'anywhere',
    weight: 2,
    make(random) {
      const [type, line] = random.pick(toServer.filter(([, { data }]) => textFieldOf(data)))
      const field = textFieldOf(line.data)
      const huge = JSON.stringify(random.pick(['a', '\u0000', '"', '😀']).repeat(9_000))
      const data = { ...(sample(line.data) as object) }
      const rest = JSON.stringify({ ...data, [field as string]: 0 }).replace(
        `"${field}":0`,
        `"${field}":${huge}`,
      )
      return json(random, messageText(type, { id: '"h"', data: rest }), {
        code: 'INVALID_MESSAGE_DATA',
        re: 'h',
      })
    },
  },
  {
    name: 'data of the wrong shape',
    place: 'anywhere',
    weight: 40,
    make(random) {
      const [type, line] = random.pick(toServer)
      const id = random.pick(['"i"', '7', '-1.5', `"${'x'.repeat(64)}"`, undefined])
      const data = spoiled(line.data, random)
      if (data === undefined) return malformed(random, '{}')
      return json(random, messageText(type, { ...(id && { id }), data }), {
        code: 'INVALID_MESSAGE_DATA',
        ...(id && { re: JSON.parse(id) as unknown }),
      })
    },
  },
  {
    name: 'numbers out of range',
    place: 'anywhere',
    weight: 20,
    make(random) {
      const [type, line] = random.pick(toServer.filter(([, { data }]) => numberFieldOf(data)))
      const [name, schema] = numberFieldOf(line.data) as readonly [string, Schema]
      const valid = JSON.stringify({ ...(sample(line.data) as object), [name]: 'HERE' })
      const data = valid.replace('"HERE"', random.pick(wrongNumbers(schema)))
      return json(random, messageText(type, { id: '"n"', data }), {
        code: 'INVALID_MESSAGE_DATA',
        re: 'n',
      })
    },
  },
  {
    name: 'a type of the wrong kind',
    place: 'anywhere',
    make(random) {
      const type = random.pick([
        'null',
        'true',
        'false',
        '{}',
        '[]',
        '["ping"]',
        '""',
        `"${'x'.repeat(65)}"`,
      ])
      return malformed(random, `{"type":${type},"id":"1","data":{}}`)
    },
  },
  {
    name: 'a type nobody knows',
    place: 'anywhere',
    make(random) {
      const type = random.pick([
        ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'Ping', 'ping '],
        ...['room', 'room.', 'room.nope', 'event.', '.', '\u0000', '\ud800', randomText(random)],
      ])
      const text = messageText(type.slice(0, 64) || 'x', { id: '"1"', data: '{}' })
      return json(random, text, { code: 'INVALID_MESSAGE', re: '1' })
    },
  },
  {
    name: 'a type only the server may send',
    place: 'anywhere',
    make(random) {
      const [type, line] = random.pick(toClient)
      return json(random, valid(type, line), { code: 'INVALID_MESSAGE', re: 'v' })
    },
  },
  {
    name: 'a number no message has',
    place: 'anywhere',
    make: (random) =>
      malformed(random, `{"type":${random.pick(['1', '-1', '2.5', '1e999', '-1e999', '1e308'])}}`),
  },
  {
    name: 'an id of an odd kind',
    place: 'anywhere',
    make: (random) =>
      malformed(random, anyValid(random, { id: random.pick([...ODD_TEXTS, '1e999', '-1e999']) })),
  },
  {
    name: 'a re of an odd kind',
    place: 'anywhere',
    make(random) {
      const re = random.pick([...ODD_TEXTS, '1e999'])
      return malformed(random, anyValid(random, { id: '"1"', re }))
    },
  },
  {
    name: 'an answer to nothing',
    place: 'anywhere',
    make(random) {
      const re = random.pick(['"never asked"', '"s1"', '12'])
      const text = anyValid(random, { id: '"1"', re })
      return json(random, text, { code: 'UNKNOWN_REQUEST' })
    },
  },
  {
    name: 'a room of an odd kind',
    place: 'anywhere',
    make: (random) =>
      malformed(random, anyValid(random, { room: random.pick([...ODD_TEXTS, '1']) })),
  },
  {
    name: 'addresses of an odd kind',
    place: 'anywhere',
    make(random) {
      const many = JSON.stringify(Array.from({ length: 65 }, () => 'all'))
      const to = random.pick([
        'null',
        '1',
        'true',
        '{}',
        '[1]',
        '[null]',
        '[[]]',
        '""',
        '[""]',
        many,
      ])
      return malformed(
        random,
        anyValid(random, { to: random.pick([to, `["${'x'.repeat(129)}"]`]) }),
      )
    },
  },
  {
    name: 'keys that would pollute a prototype',
    place: 'anywhere',
    make(random) {
      const key = random.pick(['__proto__', 'constructor', 'prototype', 'toString'])
      const evil = `"${key}":{"polluted":true,"type":"ping"}`
      if (random.below(2) === 0) return malformed(random, `{${evil},"id":"1"}`)
      const [type, line] = random.pick(toServer)
      const data = JSON.stringify(sample(line.data)).replace(/}$/, '')
      const text = messageText(type, {
        id: '"p"',
        data: `${data}${data === '{' ? '' : ','}${evil}}`,
      })
      return json(random, text, { code: 'INVALID_MESSAGE_DATA', re: 'p' })
    },
  },
  {
    name: 'a key said twice',
    place: 'anywhere',
    make(random) {
      const [type, line] = random.pick(toServer)
      const text = valid(type, line).replace(/}$/, ',"data":[]}')
      const twice = text.replace(/}$/, `,"id":"second"}`)
      return json(random, twice, { code: 'INVALID_MESSAGE_DATA', re: 'second' })
    },
  },
  {
    name: 'JSON that is not UTF-8, in a binary frame',
    place: 'anywhere',
    make: (random) => ({
      bytes: notUtf8(random),
      isBinary: true,
      code: 'INVALID_MESSAGE',
      counted: true,
    }),
  },
  {
    name: 'a claim that comes too late',
    place: 'anywhere',
    make: (random) =>
      json(random, valid('session.resume', MESSAGES['session.resume']), {
        code: 'RESUME_TOO_LATE',
        re: 'v',
      }),
  },
  {
    name: 'a room nobody is in',
    place: 'anywhere',
    make(random) {
      const [type, line] = random.pick(forRooms)
      const room = JSON.stringify(random.pick(['AAAAAA', '__proto__', 'x', '\u0000', 'K7QF2M']))
      return json(random, ofSeats(valid(type, line, { room })), { code: 'NOT_IN_ROOM', re: 'v' })
    },
  },
  {
    name: 'a message for a room, sent from none',
    place: 'unseated',
    make(random) {
      const [type, line] = random.pick(forRooms)
      return json(random, ofSeats(valid(type, line)), { code: 'NOT_IN_ROOM', re: 'v' })
    },
  },
  {
    name: 'an address of nobody',
    place: 'seated',
    make(random) {
      const nobody = random.pick(['group:x', 'player:', 'session:?', 'host:1'])
      const strange = random.pick(['nobody', '__proto__', 'ALL', ' all', '\u0000'])
      const list = random.pick([[nobody], [strange], ['all', strange], [nobody, strange]])
      const data = '{"name":"plaza.wave","args":[]}'
      const text = messageText('event.emit', { id: '"t"', to: JSON.stringify(list), data })
      return json(random, text, { code: 'INVALID_TARGET', re: 't' })
    },
  },
  {
    name: 'an event of another namespace',
    place: 'seated',
    make(random) {
      const name = random.pick(['game.wave', 'constructor.x', '__proto__.x', 'plaza2.wave'])
      const data = JSON.stringify({ name, args: [] })
      const text = messageText('event.emit', { id: '"s"', data })
      return json(random, text, { code: 'NAMESPACE_NOT_DECLARED', re: 's' })
    },
  },
  {
    name: 'arguments an event does not have',
    place: 'seated',
    make(random) {
      const args = random.pick([
        [],
        [1],
        ['a', 'b'],
        [null],
        [''],
        ['x'.repeat(281)],
        [['a']],
        [{}],
      ])
      const data = JSON.stringify({ name: 'plaza.chat', args })
      const text = messageText('event.emit', { id: '"a"', data })
      return json(random, text, { code: 'INVALID_MESSAGE_DATA', re: 'a' })
    },
  },
]

/** What bytes of a kind are refused with where nobody speaks packets, is a peer, or knows tables. */
function codeOfKind(bytes: Buffer): ErrorCode {
  const kind = (bytes[0] ?? 0) & KIND_MASK
  if (kind === BATCH) return 'INVALID_MESSAGE_DATA'
  if (kind === STATE_UP) return isStateUp(bytes) ? 'ROOM_NOT_FOUND' : 'INVALID_MESSAGE_DATA'
  return kind === RELAY_RELIABLE || kind === RELAY_UNRELIABLE ? 'NOT_A_PEER' : 'UNSUPPORTED'
}

/** Whether it begins as a frame of state does. */
function isStateUp(bytes: Buffer): boolean {
  try {
    readStateUpHead(new Reader(bytes))
    return true
  } catch {
    return false
  }
}

/** JSON that has every way of not being UTF-8 somewhere inside (RFC 3629, sections 3 and 4). */
export function notUtf8(random: Random): Buffer {
  const whole = Buffer.from(anyValid(random))
  const bad = random.pick([
    ...[
      [0x80],
      [0xbf],
      [0xff],
      [0xfe],
      [0xc0, 0x80],
      [0xc1, 0xbf],
      [0xe0, 0x80, 0xaf],
      [0xe2, 0x82],
    ],
    ...[
      [0xed, 0xa0, 0x80],
      [0xed, 0xbf, 0xbf],
      [0xf0, 0x80, 0x80, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xf5],
    ],
  ])
  const at = 1 + random.below(whole.length - 1)
  return Buffer.concat([whole.subarray(0, at), Buffer.from(bad), whole.subarray(at)])
}

/** What is not text of 1 to 64 characters, and not a number either. */
const ODD_TEXTS = ['null', 'true', '{}', '[]', '["1"]', '""', `"${'x'.repeat(65)}"`]
const WRONGS = ['null', 'true', '1', '-1.5', '1e999', '"\u00e9"', '[]', '{}', '[null]', '{"a":1}']

function randomText(random: Random): string {
  const ranges = [0x20, 0x80, 0x800, 0xd800, 0x1_0000, 0x11_0000]
  const length = 1 + random.below(40)
  return Array.from({ length }, () => String.fromCodePoint(random.below(random.pick(ranges)))).join(
    '',
  )
}

const fieldsOf = (schema: Schema) => (schema.kind === 'object' ? Object.entries(schema.fields) : [])
const textFieldOf = (schema: Schema) =>
  fieldsOf(schema).find(([, field]) => field.kind === 'string' && field.max < 9_000)?.[0]

const INTEGERS = ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'varuint', 'varint']
const isNumber = ({ kind }: Schema) => INTEGERS.includes(kind) || kind.startsWith('float')
const numberFieldOf = (schema: Schema) => fieldsOf(schema).find(([, field]) => isNumber(field))

function wrongNumbers(schema: Schema): readonly string[] {
  const { min, max } = schema as { min?: number; max?: number }
  const isWhole = INTEGERS.includes(schema.kind)
  return [
    ...['1e999', '-1e999', '"1"', 'null'],
    ...(min === undefined
      ? []
      : [`${min - 1}`, '-1e308', `${min - 1e-9 * Math.max(1, Math.abs(min))}`]),
    ...(max === undefined ? [] : [`${max + 1}`, '1e308', '9007199254740993']),
    ...(isWhole ? ['0.5', '1e-9'] : []),
  ]
}

/** JSON text that does not fit in exactly one place; undefined where everything fits. */
function spoiled(schema: Schema, random: Random): string | undefined {
  const outside = () => random.pick(wrongs(schema))
  const inside = (of: Schema, around: (text: string) => string) => {
    const text = spoiled(of, random)
    return text === undefined ? undefined : around(text)
  }
  switch (schema.kind) {
    case 'nullable': {
      const text = spoiled(schema.of, random)
      return text === 'null' ? '[]' : text
    }
    case 'json':
      return random.pick(['1e999', '[-1e999]', '{"a":[1e999]}'])
    case 'record':
      return random.pick(['1e999', '[]', 'null', '{"a":[1e999]}'])
    case 'array':
    case 'tuple': {
      const items = sample(schema) as readonly unknown[]
      const of = schema.kind === 'array' ? schema.of : schema.of[0]
      const rest = items.slice(1).map((item) => `,${JSON.stringify(item)}`)
      const item = of && random.below(2) && inside(of, (text) => `[${text}${rest.join('')}]`)
      return item || outside()
    }
    case 'object': {
      const fields = Object.entries(schema.fields)
      const values = sample(schema) as Record<string, unknown>
      const others = (name: string) =>
        Object.entries(values)
          .filter(([other]) => other !== name)
          .map(([other, value]) => `,"${other}":${JSON.stringify(value)}`)
          .join('')
      const required = fields.filter(([, field]) => !field.optional)
      const extra = random.pick(['extra', '__proto__', 'constructor', 'Kind', 'x'.repeat(500)])
      const ways = [
        outside,
        () => `{${JSON.stringify(extra)}:1${others('')}}`,
        ...required.map(
          ([name]) =>
            () =>
              `{${others(name).slice(1)}}`,
        ),
        ...fields.map(
          ([name, field]) =>
            () =>
              inside(field, (text) => `{"${name}":${text}${others(name)}}`),
        ),
        ...fields.map(
          ([name, field]) =>
            () =>
              inside(field, (text) => `{"${name}":${text}${others(name)}}`),
        ),
      ]
      return random.pick(ways)() ?? outside()
    }
    default:
      return outside()
  }
}

/** Texts that are outwardly wrong for a schema. */
function wrongs(schema: Schema): readonly string[] {
  const not = (isRight: (value: unknown) => boolean) =>
    WRONGS.filter((text) => !isRight(JSON.parse(text)))
  switch (schema.kind) {
    case 'bool':
      return not((value) => typeof value === 'boolean')
    case 'choice':
      return [...not((value) => typeof value === 'string'), '"no choice"', '"toString"', '""']
    case 'string': {
      const { min, max, pattern } = schema
      return [
        ...not((value) => typeof value === 'string'),
        JSON.stringify('x'.repeat(Math.min(max + 1, 20_000))),
        ...(min > 0 ? ['""'] : []),
        ...(pattern === undefined ? [] : [JSON.stringify('\n'.repeat(Math.max(1, min)))]),
      ].filter((text) => max < 20_000 || text.length < 20_000)
    }
    case 'buffer':
      return [...not((value) => typeof value === 'string'), '"A"', '"===="', '"AQI= "']
    case 'array':
      return [
        ...not(Array.isArray),
        ...(schema.max <= 1_000 ? [`[${'0,'.repeat(schema.max)}0]`] : []),
      ]
    case 'tuple':
      return [...not(Array.isArray), `[${'0,'.repeat(schema.of.length)}0]`]
    case 'object':
    case 'record':
      return not((value) => typeof value === 'object' && value !== null && !Array.isArray(value))
    case 'json':
    case 'nullable':
      return ['1e999']
    default:
      return [
        ...not((value) => typeof value === 'number' && Number.isFinite(value)),
        ...wrongNumbers(schema),
      ]
  }
}
