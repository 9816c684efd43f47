import { readFileSync } from 'node:fs'
import { ROUTES } from '../../protocol/http.ts'
import { MESSAGES } from '../../protocol/index.ts'
import type { Messages } from '../../protocol/message.ts'
import { type Schema, sample } from '../../protocol/schema.ts'
import { TALO_ROUTES } from '../../server/compat/talo-routes.ts'
import type { createRandom } from './clock.ts'
import { PACKETS } from './stage-packets.ts'
import { vectors } from './vectors.ts'

/* Messages, packets and calls, as the tables, the vectors and the traces have them, and then not quite. */

type Random = ReturnType<typeof createRandom>

/** One frame of a client's. */
export interface Frame {
  readonly bytes: Buffer
  readonly isBinary: boolean
}

/** One call of the HTTP API. */
export interface Call {
  readonly method: string
  readonly url: string
  readonly body: Buffer
}

/** JSON text as it is: what no value is written as. */
class Source {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

const sources = [
  ...[
    '1e999',
    '-1e999',
    '1e20',
    '-9E+20',
    '1e-7',
    '-0',
    '0.1e1',
    '3.0',
    '9007199254740993',
    '1E400',
  ],
  ...[
    String.raw`"\u0000"`,
    String.raw`"\ud83d"`,
    String.raw`"a\udE42\ud83d"`,
    String.raw`"\u0041"`,
  ],
  ...['{"a":1,"a":2}', '{"__proto__":{"a":1}}', '{"constructor":null}', '[[[[[[]]]]]]', 'NaN'],
  String.raw`{"\u0000":1,"\ud800":2}`,
  '{"then":1}',
  `${'['.repeat(30)}${']'.repeat(30)}`,
  `[${Array(300).fill('1e20')}]`,
].map((text) => new Source(text))

const STRANGE: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1, 0.5, 255, 65_536, 2 ** 31, 2 ** 32, 2 ** 53, 1e308, -1e-300],
  ...['', ' ', 'a', '0', '__proto__', 'constructor', 'toString', 'all', 'others', 'server', 'host'],
  ...[
    'player:',
    'session:x',
    'group:public',
    'group:room',
    'plaza',
    'duel',
    'open',
    '\n',
    '\u202e',
  ],
  ...[
    'x'.repeat(65),
    'é'.repeat(1_025),
    '🙂'.repeat(12),
    '"\\',
    'null',
    '<script>',
    'a'.repeat(9_000),
  ],
  ...[[], {}, [[]], [null], { a: [] }, { length: 3 }, { toJSON: 1 }],
  ...[
    Array(65).fill(1),
    Array(300).fill('a'),
    Object.fromEntries(sources.map((_, at) => [`k${at}`, at])),
  ],
  ...sources,
]

/** JSON text, in which a Source is what it says. */
function write(value: unknown): string {
  if (value instanceof Source) return value.text
  if (Array.isArray(value)) return `[${value.map(write).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = Object.entries(value).map(
    ([name, item]) => `${JSON.stringify(name)}:${write(item)}`,
  )
  return `{${fields.join()}}`
}

type Container = Record<string, unknown>

/** The value with something in it that was not there; what it is made of is not changed. */
function altered(value: unknown, random: Random, live: readonly unknown[]): unknown {
  const children = typeof value === 'object' && value !== null ? Object.keys(value) : []
  if (children.length === 0 || value instanceof Source || random.below(6) === 0)
    return replaced(value, random, live)
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Container
  // What is of no known type is soon refused.
  const child = random.pick(children.filter((name) => name !== 'type' || random.below(8) === 0))
  if (child === undefined) return copy
  switch (random.below(12)) {
    case 0:
      if (Array.isArray(copy)) copy.splice(Number(child), 1)
      else delete copy[child]
      return copy
    case 1:
      copy[random.pick(['x', child, 'id', 're', 'room', 'to', 'data', 'from'])] =
        random.pick(STRANGE)
      return copy
    case 2:
      copy[child] = copy[random.pick(children)]
      return copy
    case 3:
      copy[child] = [copy[child], copy[child]]
      return copy
    default:
      copy[child] = altered(copy[child], random, live)
      return copy
  }
}

function replaced(value: unknown, random: Random, live: readonly unknown[]): unknown {
  const chance = random.below(10)
  if (chance < 4 && live.length > 0) return random.pick(live)
  if (chance < 5 && typeof value === 'number') return value + random.pick([1, -1, 0.5, 1e9])
  if (chance < 6 && typeof value === 'string')
    return value + random.pick(['x', '', value, '\u0000'])
  return random.pick(STRANGE)
}

/** Bytes with one or a few others among them. */
export function spoilt(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length + 1)
  const some = Buffer.from(Array.from({ length: 1 + random.below(4) }, () => random.below(256)))
  switch (random.below(6)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      return Buffer.concat([bytes.subarray(0, at), some, bytes.subarray(at)])
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + some.length)])
    case 3:
      return Buffer.concat([bytes, bytes.subarray(at)])
    default: {
      const copy = Buffer.from(bytes)
      for (const byte of some) if (copy.length > 0) copy[random.below(copy.length)] = byte
      return copy
    }
  }
}

/** Every message to the server as its table has it, in this room or that, to those or these. */
const SAMPLES: readonly object[] = Object.entries(MESSAGES as Messages)
  .filter(([, { direction }]) => direction !== 'to_client')
  .flatMap(([type, { data }]) => {
    const message = { type, id: 'm', data: sample(data) as unknown }
    return [message, message, { ...message, to: ['all'] }, { ...message, room: 'AAAAAA' }]
  })

/** What the vectors say of each message’s data, good and bad. */
const TRIED: readonly object[] = (vectors.messages ?? [])
  .filter(({ part, source }) => part === 'data' && source === undefined)
  .map(({ type, value }) => ({ type, id: 'v', data: value }))

/** The other dialects of the same endpoint. */
const FOREIGN: readonly object[] = [
  { type: 0, text: 'hello, server!' },
  { type: 1, message: {} },
  ['Slap', {}],
  ['Action', { payload: 3, type: 'ADD' }],
  ['Bundle', [['Slap'], ['Echo', { deep: [1.5, null] }], ['Bundle', [['Double', { number: 4 }]]]]],
  ['Player', { health: 3, jumping: true, position: [1, -2], icon: 'AQI=' }],
]

function spokenInTraces(): object[] {
  const file = new URL('../../protocol/traces.json', import.meta.url)
  const { traces } = JSON.parse(readFileSync(file, 'utf8')) as {
    traces: { steps: { do: string; frame?: unknown }[] }[]
  }
  const frames = traces.flatMap(({ steps }) => steps)
  return frames.flatMap(({ do: what, frame }) =>
    what === 'up' && typeof frame === 'object' && frame !== null ? [frame] : [],
  )
}

const SPOKEN = spokenInTraces()

const NATIVE = [SAMPLES, SAMPLES, SAMPLES, TRIED, SPOKEN, FOREIGN]

const PACKED: readonly Buffer[] = [
  ...[...(vectors.frames ?? []), ...(vectors.relay ?? [])].flatMap(({ hex }) =>
    hex ? [Buffer.from(hex, 'hex')] : [],
  ),
  ...(
    [
      ['Slap'],
      ['Action', { payload: 20, type: 'ADD' }],
      ['Echo', { any: ['thing', 1.5, -7, null, true, { deep: 'é' }] }],
      ['Guarded', { word: 'please' }],
      ['Bundle', [['Slap'], ['Double', { number: 4 }], ['Bundle', [['Nothing']]]]],
    ] as const
  ).flatMap((packet) => {
    const bytes = Buffer.from(PACKETS.encode(packet))
    return [[0xc0], [0xc1, 7], [0xc8, 1, 3], [0xc8, 1, 1]].map((head) =>
      Buffer.concat([Buffer.from(head), bytes]),
    )
  }),
]

const JSSOCKET: readonly object[] = [
  { type: 'client_connect', data: { token: '' } },
  { type: 'server_connect', data: { auth: 'x' } },
  { type: 'client_connected', data: { target: 'x', authenticated: true, user: 'ada' } },
  { type: 'client_disconnect', data: {} },
  { type: 'notify_client', data: { target: 'x', data: { a: 1 }, callback: { b: 2 } } },
  { type: 'notify_group', data: { target: 'public', data: { a: 1 }, callback: 'done' } },
  { type: 'notify_all', data: { data: { a: 1 } } },
]

const TALO: readonly object[] = [
  { req: 'v1.players.identify', data: { playerAliasId: 1, socketToken: 'x' } },
  { req: 'v1.channels.message', data: { channel: { id: 1 }, message: 'hi' } },
  { req: 'v1.broadcasts.message', data: { message: 'hi' } },
]

/** Whose words a frame is in. */
export type Tongue = 'native' | 'packet' | 'jssocket' | 'talo'

/** A frame that is not quite right; `live` holds what the server has given names to. */
export function mutant(tongue: Tongue, random: Random, live: readonly unknown[]): Frame {
  if (tongue === 'packet') {
    const packed = random.pick(PACKED)
    return { bytes: random.below(4) ? spoilt(packed, random) : packed, isBinary: true }
  }
  const corpus = { native: random.pick(NATIVE), jssocket: JSSOCKET, talo: TALO }[tongue]
  let value: unknown = random.pick(corpus)
  for (let times = random.below(4); times > 0; times--) value = altered(value, random, live)
  const bytes = Buffer.from(write(value))
  const isBinary = random.below(4) === 0
  return { bytes: random.below(5) === 0 ? spoilt(bytes, random) : bytes, isBinary }
}

interface CalledRoute {
  readonly params?: Schema
  readonly query?: Schema
  readonly body?: Schema
}

const CALLED = Object.entries({ ...ROUTES, ...TALO_ROUTES } as Record<string, CalledRoute>)

/** A call that is not quite right. */
export function mutantCall(random: Random, live: readonly unknown[]): Call {
  const [name, { params, query, body }] = random.pick(CALLED)
  const [method = '', path = ''] = name.split(' ')
  const sampled = (schema: Schema | undefined): Container =>
    schema ? (sample(schema) as Container) : {}
  const alteredOnce = (value: unknown) => (random.below(2) ? altered(value, random, live) : value)
  const textOf = (value: unknown) => (typeof value === 'string' ? value : write(value))
  const inPath = alteredOnce(sampled(params)) as Container
  const filled = path.replaceAll(/:(\w+)/g, (_, key: string) =>
    escaped(textOf(inPath?.[key] ?? random.pick(live) ?? 1), random),
  )
  const asked = Object.entries(Object(alteredOnce(sampled(query))) as Container)
    .filter(() => random.below(2) === 0)
    .map(([key, value]) => `${escaped(key, random)}=${escaped(textOf(value), random)}`)
  const text = body ? write(alteredOnce(alteredOnce(sampled(body)))) : ''
  const bytes = Buffer.from(text)
  return {
    method: random.below(20) ? method : random.pick(['HEAD', 'GET', 'PUT', 'DELETE', 'PATCH', 'X']),
    url: filled + (asked.length > 0 ? `?${asked.join('&')}` : ''),
    body: random.below(6) === 0 ? spoilt(bytes, random) : bytes,
  }
}

/** Percent signs as they should be, or hardly. */
const escaped = (text: string, random: Random): string => {
  const whole = encodeURIComponent(text.toWellFormed())
  return random.below(10)
    ? whole
    : whole + random.pick(['%', '%00', '%ff', '%2f', '%e2%82', '%ed%a0%80'])
}
