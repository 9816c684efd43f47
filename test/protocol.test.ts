import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import { CLOSES, ENDING_CLOSES, ERRORS } from '../protocol/errors.ts'
import { manual } from '../protocol/generate/manual.ts'
import { TABLES, type Tables } from '../protocol/generate/tables.ts'
import { fingerprintOf, generated } from '../protocol/generate.ts'
import { type AllMessages, FEATURES, MESSAGES, messageOf } from '../protocol/index.ts'
import { Ledger } from '../protocol/ledger.ts'
import {
  type DataOf,
  isCounted,
  type Message,
  type Messages,
  type NamesTo,
  type ReplyOf,
  readEnvelope,
  toText,
} from '../protocol/message.ts'
import {
  about,
  array,
  bool,
  check,
  choice,
  type Infer,
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

/* Vectors. */

interface Vector {
  readonly name: string
  readonly type: string
  readonly part: 'data' | 'reply'
  readonly exact?: false
  readonly schema?: Schema
  readonly value: unknown
  readonly frame: unknown
  readonly source?: string
  readonly problem: string | null
  readonly envelope?: object
  readonly counted: boolean
  readonly text: string
  readonly bytes: number
  readonly frames: number
  readonly steps: readonly Step[]
}
type Step = readonly [name: string, argument: number, ...found: unknown[]]
const vectors = JSON.parse(read('protocol/vectors.json')) as Record<string, Vector[]>

const inputOf = (vector: Vector): unknown =>
  vector.source === undefined ? (vector.frame ?? vector.value) : JSON.parse(vector.source)

/** Replays one section; only what goes wrong is told, or there would be thousands of lines. */
function replay(
  t: Test,
  section: string,
  tried: (vector: Vector) => [found: unknown, wanted: unknown],
) {
  const all = vectors[section] ?? []
  const wrong = all.flatMap((vector) => {
    const [found, wanted] = tried(vector)
    const same = JSON.stringify(found) === JSON.stringify(wanted)
    return same ? [] : [`${JSON.stringify(vector).slice(0, 300)} gave ${JSON.stringify(found)}`]
  })
  t.ok(all.length > 5, `${all.length} vectors of ${section}`)
  t.strictSame(wrong, [])
}

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
  for (const [type, { data, reply }] of messages) {
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

t.test('both sides agree on which frames count', async (t) => {
  replay(t, 'counted', (vector) => [isCounted(MESSAGES, inputOf(vector)), vector.counted])
})

t.test('text with half a surrogate pair is written so that Godot can parse it', async (t) => {
  replay(t, 'texts', (vector) => [toText(inputOf(vector)), vector.text])
})

t.test('a ledger keeps the frames that may have to be sent again', async (t) => {
  replay(t, 'ledgers', ({ bytes, frames, steps }) => {
    const ledger = new Ledger<Numbered>({ bytes, frames }, (frame) => frame.bytes)
    return [steps.map(([name, argument]) => takeStep(ledger, name, argument)), steps]
  })
})

interface Numbered {
  readonly number: number
  readonly bytes: number
}

const push = (ledger: Ledger<Numbered>, bytes: number) =>
  ledger.push({ number: ledger.sent + 1, bytes })
const numbers = (frames: readonly Numbered[]) => frames.map(({ number }) => number)

/** Does what a step says; gives the step with what was found. */
function takeStep(ledger: Ledger<Numbered>, name: string, argument: number): Step {
  const did = (): Step => [name, argument, ledger.sent, ledger.forgotten, ledger.held]
  switch (name) {
    case 'push':
      push(ledger, argument)
      return did()
    case 'acknowledge':
      ledger.acknowledge(argument)
      return did()
    case 'reset':
      ledger.reset()
      return did()
    case 'after':
      return [name, argument, numbers(ledger.after(argument))]
    case 'covers':
      return [name, argument, ledger.covers(argument)]
    default:
      return [name, argument, ledger.isFull(argument)]
  }
}

const sorted = (value: object | string | null): unknown =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    : value

/* Chance, with its seed told: SEED=… repeats a walk. */

function chance(t: Test): (below: number) => number {
  let state = Number(process.env.SEED ?? randomInt(2 ** 31))
  t.comment(`SEED=${state}`)
  return (below) => {
    // Mulberry32, Tommy Ettinger, public domain.
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

t.test('a ledger does what an array of all frames would do', async (t) => {
  const random = chance(t)
  for (let walk = 0; walk < 20; walk++) {
    const budget = { bytes: 1 + random(2000), frames: 1 + random(300) }
    const ledger = new Ledger<Numbered>(budget, (frame) => frame.bytes)
    const model = naiveLedger(budget)
    for (let step = 0; step < 1000; step++) {
      const acts = random(10)
      const bytes = random(30)
      if (acts < 7) {
        push(ledger, bytes)
        model.push(bytes)
      } else {
        const count = random(model.sent + 2)
        ledger.acknowledge(count)
        model.acknowledge(count)
      }
      const count = random(model.sent + 2)
      const found = [ledger.sent, ledger.forgotten, ledger.bytes, ledger.covers(count)]
      const wanted = [model.sent, model.forgotten, model.bytes(), model.covers(count)]
      const same = `${found}` === `${wanted}`
      const sameFrames = `${numbers(ledger.after(count))}` === `${model.after(count)}`
      if (!same || !sameFrames)
        return t.fail(`walk ${walk} step ${step}: ${found} is not ${wanted}`)
    }
  }
  t.pass('20 walks of 1,000 steps')
})

/** All frames there ever were, and a mark before which they are forgotten. */
function naiveLedger(budget: { bytes: number; frames: number }) {
  const sizes: number[] = []
  const model = {
    forgotten: 0,
    get sent() {
      return sizes.length
    },
    bytes: () => sizes.slice(model.forgotten).reduce((sum, size) => sum + size, 0),
    push(size: number) {
      sizes.push(size)
      while (sizes.length - model.forgotten > budget.frames || model.bytes() > budget.bytes)
        model.forgotten++
    },
    acknowledge(count: number) {
      if (count <= sizes.length) model.forgotten = Math.max(model.forgotten, count)
    },
    covers: (count: number) => model.forgotten <= count && count <= sizes.length,
    after: (count: number) =>
      sizes.map((_, index) => index + 1).filter((n) => n > count && n > model.forgotten),
  }
  return model
}

t.test('a ledger lets go of the memory of what it forgets', async (t) => {
  const gc = garbageCollector()
  const ledger = new Ledger<object>({ bytes: 1000, frames: 1000 }, () => 1)
  const refs = Array.from({ length: 20 }, () => {
    const frame = {}
    ledger.push(frame)
    return new WeakRef(frame)
  })

  ledger.acknowledge(15)
  await turn()
  gc()

  t.equal(refs.filter((ref) => ref.deref()).length, 5)
  t.equal(ledger.after(15).length, 5)
})

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

t.test(
  'whatever is written is well-formed, and otherwise what JSON.stringify writes',
  async (t) => {
    const random = chance(t)
    for (let round = 0; round < 5000; round++) {
      const value = randomValue(random)
      const found = toText(value)
      const wanted = JSON.stringify(wellFormed(value))
      if (found !== wanted) return t.equal(found, wanted, JSON.stringify(value))
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
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(wellFormed)
  const entries = Object.entries(value as object)
  return Object.fromEntries(entries.map(([key, part]) => [key.toWellFormed(), wellFormed(part)]))
}

/* The tables. */

const SINGLE_WORDS = ['welcome', 'ping', 'error', 'event']

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
    for (const [code, { action }] of Object.entries(CLOSES))
      if (action !== 'refused') t.equal(ENDING_CLOSES.has(Number(code)), action === 'ended', code)
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
  const leave: Equal<ReplyOf<AllMessages['plaza.move']>, void> = true
  const sent: NamesTo<AllMessages, 'to_server'>[] = ['session.ack', 'ping', 'plaza.move']
  // @ts-expect-error welcome is not for the server
  sent.push('welcome')

  t.equal(check(schema, back, 'it'), undefined)
  t.ok(same && number && leave)
  t.strictSame(
    sent.map((type) => messageOf(type)?.direction),
    ['both', 'to_server', 'to_server', 'to_client'],
  )
})

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
  ['the rate class', withLeave({}), withLeave({ rate: 'move' })],
  [
    'the order of fields',
    withData(object({ a: bool(), b: json() })),
    withData(object({ b: json(), a: bool() })),
  ],
  ['the order of features', TABLES, { ...TABLES, features: reversed(TABLES.features) }],
  [
    'the sentence of a feature',
    TABLES,
    { ...TABLES, features: { ...TABLES.features, plaza: { ...FEATURES.plaza, doc: 'Another.' } } },
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
    { ...TABLES, rates: { ...TABLES.rates, move: { per_second: 1, burst: 1, doc: '' } } },
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
  ['that a close ends the session', TABLES, { ...TABLES, endingCloses: new Set([1000]) }],
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

/* PROTOCOL.md. */

const guide = read('protocol/guide.md')
const book = read('protocol/PROTOCOL.md')

t.test('PROTOCOL.md has every message, error, close code, reason, limit and rate', async (t) => {
  for (const [type] of messages) t.ok(book.includes(`\n#### \`${type}\`\n`), type)
  const { errors, reasons, limits, rates, closes } = TABLES
  for (const name of Object.keys({ ...errors, ...reasons, ...limits, ...rates }))
    t.ok(book.includes(`\n| \`${name}\` | `), name)
  for (const number of Object.keys(closes)) t.ok(book.includes(`\n| ${number} | `), number)
})

t.test('every link inside PROTOCOL.md leads somewhere', async (t) => {
  const headings = [...book.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^a-z0-9 _-]/g, '')
      .replaceAll(' ', '-'),
  )

  for (const [, anchor = ''] of book.matchAll(/\]\(#([^)]*)\)/g))
    t.ok(headings.includes(anchor), anchor)
})

t.test('a guide that names a number the tables lack is refused', async (t) => {
  const wrong = guide.replace('{{version}}', '{{limits.patience}}')
  t.throws(() => manual(TABLES, 'abc', wrong), /got limits\.patience/)
  t.throws(() => manual(TABLES, 'abc', ''), /expected <!-- reference --> once/)
})

t.test('every example of the reference is a message that fits its table', async (t) => {
  const examples = [...book.matchAll(/^```json\n([^`]*)\n```$/gm)]
  t.equal(examples.length, messages.length)
  for (const [, lines = ''] of examples)
    for (const line of lines.split('\n')) t.equal(problemOf(JSON.parse(line)), undefined, line)
})

t.test(
  'every frame of the guide fits its table, goes the right way and is numbered if it counts',
  async (t) => {
    const blocks = [...guide.matchAll(/^```\n([^`]*)\n```$/gm)].map(([, lines = '']) => lines)
    t.ok(blocks.length > 3)
    for (const block of blocks) {
      const last: Record<string, number> = {}
      for (const line of block.split('\n')) {
        const [, arrow = '', number = '', frame = ''] = /^([→←])( \d+)? +(\{.*)$/.exec(line) ?? []
        const message = JSON.parse(frame) as { type: unknown; re?: unknown }
        t.equal(problemOf(message), undefined, line)
        t.equal(wayOf(message), arrow, `direction of ${line}`)
        t.equal(isCounted(MESSAGES, message), number !== '', `count of ${line}`)
        if (!number) continue
        t.equal(Number(number), (last[arrow] ?? Number(number) - 1) + 1, `number of ${line}`)
        last[arrow] = Number(number)
      }
    }
  },
)

/** What is wrong with a whole frame, the article's dialect apart. */
function problemOf(frame: { type?: unknown }): string | undefined {
  if (typeof frame.type === 'number') return undefined
  const envelope = readEnvelope(frame)
  if (typeof envelope === 'string') return envelope
  const message = messageOf(envelope.type)
  const isReply = envelope.re !== undefined && envelope.type !== 'error'
  const schema = isReply ? message?.reply : message?.data
  return schema ? check(schema, envelope.data, envelope.type) : 'no such message'
}

function wayOf({ type, re }: { type: unknown; re?: unknown }): string | undefined {
  if (typeof type === 'number') return type === 0 ? '→' : '←'
  const direction = messageOf(String(type))?.direction
  const toServer = direction === 'to_server' || direction === 'both'
  return toServer === (re === undefined) || type === 'error' ? (type === 'error' ? '←' : '→') : '←'
}

t.test('the guide’s minimal client joins, waves, and says who waves', async (t) => {
  const [, script = ''] = /^```js\n([^`]*)\n```$/m.exec(guide) ?? []
  const sent: { type: string }[] = []
  const said: unknown[][] = []
  class FakeSocket {
    static open: FakeSocket
    onmessage: (event: { data: string }) => void = () => {}
    constructor() {
      FakeSocket.open = this
    }
    send = (frame: string) => void sent.push(JSON.parse(frame) as { type: string })
  }

  new Function('WebSocket', 'console', script)(FakeSocket, {
    log: (...words: unknown[]) => void said.push(words),
  })
  for (const frame of book.match(/^\{"type":.*$/gm) ?? [])
    if (/^\{"type":"(welcome|event|error|room.join_or_create","re)"/.test(frame))
      FakeSocket.open.onmessage({ data: frame })

  t.strictSame(
    sent.map((message) => [message.type, problemOf(message)]),
    [
      ['room.join_or_create', undefined],
      ['event.emit', undefined],
    ],
  )
  t.match(said, [
    ['ROOM_FULL', String],
    ['Ada', 'plaza.wave', Array],
  ])
})
