import t from 'tap'
import { type AllMessages, MESSAGES, messageOf } from '../protocol/index.ts'
import {
  type DataOf,
  isCounted,
  type Messages,
  type NamesTo,
  type ReplyOf,
  readEnvelope,
  toText,
} from '../protocol/message.ts'
import {
  array,
  bool,
  check,
  choice,
  type Infer,
  integer,
  JSON_DEPTH,
  nullable,
  object,
  optional,
  problemOfDigits,
  type Schema,
  text,
  tuple,
} from '../protocol/schema.ts'
import { fromText } from '../protocol/whole.ts'
import { createRandom, seedOf } from './support/clock.ts'
import { inputOf, replay, vectors } from './support/vectors.ts'

t.test('values of every kind are let in or refused, and the text says why', async (t) => {
  const schemas = new Map<string, Schema>()
  replay(t, 'kinds', (vector) => {
    if (vector.schema) schemas.set(vector.name, vector.schema)
    const schema = schemas.get(vector.name)
    if (vector.schema || !schema) return [Boolean(schema), true]
    const problem = check(schema, inputOf(vector), vector.name, vector.exact)
    return [problem ?? null, vector.problem]
  })
})

t.test('the data of every message is let in or refused, and the text says why', async (t) => {
  replay(t, 'messages', (vector) => {
    const schema = messageOf(vector.type)?.[vector.part]
    if (!schema) return ['no such schema', vector.problem]
    const problem = check(schema, inputOf(vector), vector.type, vector.exact)
    return [problem ?? null, vector.problem]
  })
})

t.test('every message has vectors for its data and its reply, good and bad', async (t) => {
  for (const [type, { data, reply }] of Object.entries(MESSAGES as Messages)) {
    const schemas = { data, reply }
    for (const part of ['data', 'reply'] as const) {
      const own = vectors.messages?.filter((one) => one.type === type && one.part === part) ?? []
      const kinds = new Set(own.map(({ problem }) => problem === null))
      t.equal(kinds.size, schemas[part] ? 2 : 0, `${type} ${part}`)
    }
  }
})

t.test('the outside of a message is read, or refused with what was expected', async (t) => {
  replay(t, 'envelopes', (vector) => {
    const found = readEnvelope(inputOf(vector))
    return [sorted(found), sorted(vector.envelope ?? vector.problem)]
  })
})

const sorted = (value: object | string | null): unknown =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    : value

t.test('both sides agree on which frames count', async (t) => {
  replay(t, 'counted', (vector) => [isCounted(MESSAGES, inputOf(vector)), vector.counted])
})

t.test(
  'text with U+0000 or half a surrogate pair is written so that Godot can parse it',
  async (t) => {
    replay(t, 'texts', (vector) => [toText(inputOf(vector)), vector.text])
  },
)

t.test(
  'whatever is written or read is well-formed, and otherwise what JSON.stringify writes',
  async (t) => {
    const seed = seedOf()
    t.comment(`SEED=${seed}`)
    const random = createRandom(seed).below
    for (let round = 0; round < 5000; round++) {
      const value = randomValue(random)
      const found = toText(value)
      const wanted = JSON.stringify(wellFormed(value))
      if (found !== wanted) return t.equal(found, wanted, JSON.stringify(value))
      const read = JSON.stringify(fromText(JSON.stringify(value)))
      if (read !== wanted) return t.equal(read, wanted, `${JSON.stringify(value)}, read`)
    }
    t.pass('5,000 values')
  },
)

const PIECES = [
  '\\',
  '\\\\',
  '"',
  '\n',
  'u',
  'd83d',
  '\\ud83d',
  '\ud83d',
  '\ude42',
  '🙂',
  '\0',
  'a',
]

function randomText(random: (below: number) => number): string {
  return Array.from({ length: random(8) }, () => PIECES[random(PIECES.length)]).join('')
}

function randomValue(random: (below: number) => number): unknown {
  if (random(3) > 0) return randomText(random)
  const parts = Array.from({ length: random(4) }, () => randomValue(random))
  if (random(2) > 0) return parts
  return Object.fromEntries(parts.map((part, index) => [`${index}-${randomText(random)}`, part]))
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return wellFormedText(value)
  if (Array.isArray(value)) return value.map(wellFormed)
  const entries = Object.entries(value as object)
  return Object.fromEntries(entries.map(([key, part]) => [wellFormedText(key), wellFormed(part)]))
}

const wellFormedText = (text: string) => text.toWellFormed().replaceAll('\0', '\ufffd')

/* What is said of what does not fit. */

const SAID: readonly (readonly [what: string, value: object, said: string])[] = [
  ['nothing', {}, '.args: expected an array of at most 64 items, but is missing'],
  [
    'undefined',
    { args: undefined },
    '.args: expected an array of at most 64 items, but is missing',
  ],
  [
    'a nested number',
    wave({ players: [{ pos: { x: 1, y: Number.NaN } }] }),
    '[0].players[0].pos.y',
  ],
  ['a nested undefined', wave({ at: [1, undefined] }), '[0].at[1]; got undefined'],
  ['a hole', wave(new Array(1)), '[0][0]; got undefined'],
  ['a Set', wave({ all: new Set() }), '[0].all; got an instance of Set'],
  ['a function', wave([() => {}]), '[0][0]; got a function'],
  ['a bigint', wave({ id: 1n }), '[0].id; got a bigint: say it as text'],
  ['what is nested too deep', wave(nested(25)), `[0]${'[0]'.repeat(24)}`],
  ['a long name', wave({ ['x'.repeat(40)]: Number.NaN }), `[0].${'x'.repeat(32)}…`],
]

function wave(arg: unknown) {
  return { args: [arg] }
}

function nested(depth: number): unknown {
  return depth > 0 ? [nested(depth - 1)] : 1
}

for (const [what, value, said] of SAID)
  t.test(`a value is refused at its place: ${what}`, async (t) => {
    const [place, got] = said.split('; ')
    const expected = `any JSON value with finite numbers, nested at most ${JSON_DEPTH} deep`
    const sentence = `${place}: expected ${expected}${got ? `; ${got}` : ''}`

    const named = { name: 'game.wave', ...value }
    const problem = check(MESSAGES['event.emit'].data, named, 'it')

    t.equal(problem, said.startsWith('.') ? `it${said}` : `it.args${sentence}`)
  })

t.test('whole numbers that JSON would round are found, and no others', async (t) => {
  const { MAX_SAFE_INTEGER: most } = Number

  for (const fine of [most, -most, 0.5, 1e300, 2 ** 70, 1e21, '9007199254740993', [{ a: most }]])
    t.equal(problemOfDigits(fine, 'it'), undefined, `${fine}`)
  for (const wrong of [most + 1, -most - 1, 76561198000000000, 1e20])
    t.equal(
      problemOfDigits({ ids: [1, { id: wrong }] }, 'it'),
      `it.ids[1].id: expected whole numbers up to 2^53, got ${wrong}: say it as text`,
    )
})

/* The compiler; the lines marked as expected errors fail `npm run check` when they are none. */

t.test('the compiler and the check agree on what a message holds', async (t) => {
  const join: DataOf<AllMessages['room.join']> = { code: 'K7QF2M' }
  const named: DataOf<AllMessages['room.join']> = { code: 'K7QF2M', name: 'Ada', data: [1, null] }
  // @ts-expect-error code is required
  const nameless: DataOf<AllMessages['room.join']> = { name: 'Ada' }
  // @ts-expect-error code is text
  const numbered: DataOf<AllMessages['room.join']> = { code: 123456 }
  // @ts-expect-error there is no such field
  const misspelt: DataOf<AllMessages['room.join']> = { code: 'K7QF2M', nmae: 'Ada' }
  // @ts-expect-error the reason is one of a few
  const reason: ReplyOf<AllMessages['session.resume']>['reason'] = 'BORED'

  const { data } = MESSAGES['room.join']
  const { reply } = MESSAGES['session.resume']
  const resumed = { resumed: false, session: 's', reason, sent: 0, received: 0 }
  t.equal(check(data, join, 'it'), undefined)
  t.equal(check(data, named, 'it'), undefined)
  t.match(check(data, nameless, 'it'), 'it.code: expected')
  t.match(check(data, numbered, 'it'), 'it.code: expected')
  t.match(check(data, misspelt, 'it'), 'it.nmae: not a field')
  t.match(check(reply, resumed, 'it'), 'it.reason: expected one of')
})

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

t.test('a schema gives the type of what it admits', async (t) => {
  const schema = object({
    flag: bool(),
    maybe: optional(integer('int8')),
    word: nullable(choice('a', 'b')),
    pair: tuple(text(), array(bool())),
  })
  type Wanted = {
    readonly flag: boolean
    readonly word: 'a' | 'b' | null
    readonly pair: readonly [string, readonly boolean[]]
    readonly maybe?: number
  }
  const same: Equal<Infer<typeof schema>, Wanted> = true
  const value: Infer<typeof schema> = { flag: true, word: null, pair: ['', []] }
  const back: Wanted = value
  const number: Equal<Infer<ReturnType<typeof integer>>, number> = true
  const leave: Equal<ReplyOf<AllMessages['session.ack']>, void> = true
  const sent: NamesTo<AllMessages, 'to_server'>[] = ['session.ack', 'ping', 'event.emit_latest']
  // @ts-expect-error welcome is not for the server
  sent.push('welcome')

  t.equal(check(schema, back, 'it'), undefined)
  t.ok(same && number && leave)
  t.strictSame(
    sent.map((type) => messageOf(type)?.direction),
    ['both', 'to_server', 'to_server', 'to_client'],
  )
})
