import { readFileSync } from 'node:fs'
import t from 'tap'
import { CLOSES, ERRORS } from '../protocol/errors.ts'
import { TABLES, type Tables } from '../protocol/generate/tables.ts'
import { fingerprintOf, generated } from '../protocol/generate.ts'
import { FEATURES, MESSAGES } from '../protocol/index.ts'
import type { Message, Messages } from '../protocol/message.ts'
import {
  about,
  array,
  bool,
  choice,
  integer,
  json,
  nullable,
  object,
  optional,
  type Schema,
  text,
  tuple,
} from '../protocol/schema.ts'

const ROOT = new URL('../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8')
const messages = Object.entries(MESSAGES as Messages)

for (const [path, text] of Object.entries(generated()))
  t.test(`${path} is what the tables say`, async (t) => {
    t.ok(
      text === read(path),
      `${path} is stale: run \`npm run generate\` and look at the difference`,
    )
  })

/* The tables. */

const SINGLE_WORDS = ['welcome', 'ping', 'error', 'event', 'query', 'notify', 'packet']

t.test('every type is feature.verb in lower case, or one of the few single words', async (t) => {
  for (const [type] of messages)
    t.ok(SINGLE_WORDS.includes(type) || /^[a-z]+(\.[a-z]+(_[a-z]+)*)+$/.test(type), type)
})

t.test('no two features have a message of the same type', async (t) => {
  const types = Object.values(FEATURES).flatMap((feature) => Object.keys(feature.messages))
  t.strictSame(types.sort(), Object.keys(MESSAGES).sort())
})

t.test('every error a message is refused with is one that the server raises', async (t) => {
  for (const [type, { errors = [] }] of messages)
    for (const code of errors) t.not(ERRORS[code]?.by ?? 'client', 'client', `${type}: ${code}`)
})

t.test('every message to the server names what it needs of a room', async (t) => {
  for (const [type, { direction, room, errors = [] }] of messages)
    if (direction !== 'to_client')
      t.strictSame(
        ['ROOM_REQUIRED', 'NOT_IN_ROOM'].filter((code) => (errors as string[]).includes(code)),
        room ? ['ROOM_REQUIRED', 'NOT_IN_ROOM'] : [],
        type,
      )
})

t.test(
  'a close that says come back keeps the session, one that says it is over ends it',
  async (t) => {
    for (const [code, { action, ends }] of Object.entries(CLOSES))
      if (action === 'return' || action === 'ended') t.equal(ends, action === 'ended', code)
  },
)

t.test('every sentence in the tables is one, with a full stop', async (t) => {
  const rows = [TABLES.errors, TABLES.closes, TABLES.reasons, TABLES.limits, TABLES.rates]
  const features = Object.values(TABLES.features)
  const sentences = [
    ...rows.flatMap((table) => Object.values(table)).map(({ doc }) => doc),
    ...features.map(({ doc }) => doc),
    ...messages.flatMap(([, { doc, data, reply }]) => [doc, ...docsOf(data), ...docsOf(reply)]),
  ]

  const wrong = sentences.filter((sentence) => !/^[\p{Lu}`][^\n]*[^\s.]\.$/u.test(sentence))

  t.ok(sentences.length > 100)
  t.strictSame(wrong, [])
})

function docsOf(schema: Schema | undefined): string[] {
  if (!schema) return []
  const own = schema.doc === undefined ? [] : [schema.doc]
  switch (schema.kind) {
    case 'nullable':
    case 'array':
      return [...own, ...docsOf(schema.of)]
    case 'tuple':
      return [...own, ...schema.of.flatMap(docsOf)]
    case 'object':
      return [...own, ...Object.values(schema.fields).flatMap(docsOf)]
    default:
      return own
  }
}

/* The fingerprint. */

/** The tables with another `room.leave`. */
function withLeave(change: Partial<Message>): Tables {
  const { rooms } = FEATURES
  const leave = { ...rooms.messages['room.leave'], ...change } as Message
  const changed = { ...rooms, messages: { ...rooms.messages, 'room.leave': leave } }
  return { ...TABLES, features: { ...TABLES.features, rooms: changed } }
}

const withData = (data: Schema) => withLeave({ data })
const field = (schema: Schema) => withData(object({ field: schema }))
const code = (pattern: string, expected: string) => text({ min: 1, max: 9, pattern, expected })
const reversed = <T extends object>(table: T) =>
  Object.fromEntries(Object.entries(table).reverse()) as T

const SAME: readonly [what: string, a: Tables, b: Tables][] = [
  ['the sentence of a message', withLeave({ doc: 'One.' }), withLeave({ doc: 'Another.' })],
  ['the sentence of a field', field(bool()), field(about('Whether.', bool()))],
  [
    'the sentence of an item deep inside',
    field(array(nullable(object({ a: tuple(bool()) })))),
    field(array(nullable(object({ a: tuple(about('Whether.', bool())) })))),
  ],
  ['the words for a pattern', field(code('[a-z]+', 'letters')), field(code('[a-z]+', 'a word'))],
  ['the codes a message is refused with', withLeave({}), withLeave({ errors: ['INTERNAL'] })],
  ['the rate class', withLeave({}), withLeave({ rate: 'input' })],
  [
    'the order of fields',
    withData(object({ a: bool(), b: json() })),
    withData(object({ b: json(), a: bool() })),
  ],
  ['the order of features', TABLES, { ...TABLES, features: reversed(TABLES.features) }],
  [
    'the sentence of a feature',
    TABLES,
    {
      ...TABLES,
      features: { ...TABLES.features, events: { ...FEATURES.events, doc: 'Another.' } },
    },
  ],
  [
    'the sentence of an error',
    TABLES,
    { ...TABLES, errors: { ...ERRORS, TIMEOUT: { ...ERRORS.TIMEOUT, doc: 'Another.' } } },
  ],
  [
    'a limit',
    TABLES,
    { ...TABLES, limits: { ...TABLES.limits, depth: { value: 1, unit: '', doc: '' } } },
  ],
  [
    'a rate',
    TABLES,
    { ...TABLES, rates: { ...TABLES.rates, input: { per_second: 1, burst: 1, doc: '' } } },
  ],
]

const OTHER: readonly [what: string, a: Tables, b: Tables][] = [
  ['the version', TABLES, { ...TABLES, version: TABLES.version + 1 }],
  ['the direction', withLeave({}), withLeave({ direction: 'both' })],
  ['the delivery', withLeave({}), withLeave({ delivery: 'latest' })],
  ['that it carries from', withLeave({}), withLeave({ from: true })],
  ['that it takes to', withLeave({}), withLeave({ to: true })],
  ['the reply', withLeave({}), withLeave({ reply: object({ bye: bool() }) })],
  ['a new field', withLeave({}), field(bool())],
  ['the name of a field', field(bool()), withData(object({ other: bool() }))],
  ['that a field is optional', field(bool()), field(optional(bool()))],
  ['that a field is nullable', field(bool()), field(nullable(bool()))],
  ['a length', field(text({ max: 9 })), field(text({ max: 10 }))],
  ['a range', field(integer('int8')), field(integer('int8', { max: 9 }))],
  ['a pattern', field(code('[a-z]+', 'letters')), field(code('[a-y]+', 'letters'))],
  ['a choice', field(choice('a', 'b')), field(choice('a', 'c'))],
  ['an item of a tuple', field(tuple(bool())), field(tuple(bool(), bool()))],
  ['a kind deep inside', field(array(array(bool()))), field(array(array(json())))],
  ['a field called doc', withLeave({}), withData(object({ doc: bool() }))],
  [
    'what a field called expected is',
    withData(object({ expected: bool() })),
    withData(object({ expected: json() })),
  ],
  [
    'the status of an error',
    TABLES,
    { ...TABLES, errors: { ...ERRORS, TIMEOUT: { ...ERRORS.TIMEOUT, status: 1 } } },
  ],
  [
    'what a client does about a close',
    TABLES,
    { ...TABLES, closes: { ...CLOSES, 4000: { ...CLOSES[4000], action: 'ended' } } },
  ],
  [
    'that a close ends the session',
    TABLES,
    { ...TABLES, closes: { ...CLOSES, 4000: { ...CLOSES[4000], ends: true } } },
  ],
  [
    'whether a resume reason keeps the session',
    TABLES,
    { ...TABLES, reasons: { ...TABLES.reasons, SLOW: { kept: false, doc: '' } } },
  ],
]

for (const [what, a, b] of SAME)
  t.test(`changing ${what} leaves the fingerprint`, async (t) => {
    t.equal(fingerprintOf(a), fingerprintOf(b))
  })

for (const [what, a, b] of OTHER)
  t.test(`changing ${what} changes the fingerprint`, async (t) => {
    t.not(fingerprintOf(a), fingerprintOf(b))
  })
