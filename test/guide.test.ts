import t from 'tap'
import { manual } from '../protocol/generate/manual.ts'
import { TABLES } from '../protocol/generate/tables.ts'
import { templates } from '../protocol/generate.ts'
import { MESSAGES, messageOf } from '../protocol/index.ts'
import { isCounted, readEnvelope } from '../protocol/message.ts'
import { check } from '../protocol/schema.ts'
import { DOCUMENTS, deadLinks, readDocument } from './support/documents.ts'

const guide = readDocument('protocol/PROTOCOL.md')
const messages = readDocument('protocol/MESSAGES.md')
const limited = readDocument('protocol/LIMITS.md')
const types = Object.keys(MESSAGES)
/** Tables, whose rows may well be alike. */
const GENERATED = /(MESSAGES|HTTP|LIMITS|REFERENCE)\.md$/

t.test('every message, error, close code, reason, limit and rate is in its document', async (t) => {
  for (const type of types) t.ok(messages.includes(`\n### \`${type}\`\n`), type)
  const { errors, reasons, limits, rates, closes } = TABLES
  for (const name of Object.keys({ ...errors, ...reasons, ...limits, ...rates }))
    t.ok(limited.includes(`\n| \`${name}\` | `), name)
  for (const number of Object.keys(closes)) t.ok(limited.includes(`\n| ${number} | `), number)
})

t.test('every link of every document leads to a file, and to a heading of it', async (t) => {
  t.ok(DOCUMENTS.length > 10, DOCUMENTS.join(', '))
  for (const path of DOCUMENTS) t.strictSame(deadLinks(path), [], path)
  t.strictSame(deadLinks('README.md', '[a](b.md) [c](#d) [e](protocol/PROTOCOL.md#f)'), [
    ...['b.md', '#d', 'protocol/PROTOCOL.md#f'],
  ])
})

t.test('no document says a thing twice, and each part begins after a blank line', async (t) => {
  for (const path of DOCUMENTS.filter((path) => !GENERATED.test(path))) {
    const text = readDocument(path).replace(/^```.*?^```$/gms, '')
    const parts = text.split(/^(?=#+ )/m)
    const joined = parts.slice(0, -1).filter((part) => !/(\n|-->)\n$/.test(part))
    const leads = parts.map((part) =>
      [...part.matchAll(/^- \*\*(.*?)\*\*/gm)].map(([lead]) => lead),
    )
    const items = [...text.matchAll(/^- .*/gm)].map(([item]) => item)

    t.strictSame(joined, [], path)
    for (const names of leads) t.strictSame(names, [...new Set(names)], path)
    t.strictSame(items, [...new Set(items)], path)
  }
})

t.test(
  'a guide that names a number, a part or a heading there is none of is refused',
  async (t) => {
    const all = templates()
    const made = (wire: string) => () => manual(TABLES, 'abc', { ...all, wire })

    t.throws(made('{{limits.patience}}'), /wire\.md: expected one of .*got limits\.patience/)
    t.throws(made('<!-- patience -->\n'), /wire\.md: expected one of .*got patience/)
    t.throws(made('[there](#patience)'), /PROTOCOL\.md: no document has the heading #patience/)
    t.throws(() => manual(TABLES, 'abc', { ...all, http: '' }), /expected a marker for routes/)
  },
)

t.test('every example of the reference is a message that fits its table', async (t) => {
  const examples = [...messages.matchAll(/^```json\n([^`]*)\n```$/gm)]
  t.equal(examples.length, types.length)
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

interface Frame {
  readonly type: unknown
  readonly id?: unknown
  readonly re?: unknown
}

/** Which way a frame goes; the server's own ids begin with an s. */
function wayOf({ type, id, re }: Frame): string | undefined {
  if (typeof type === 'number') return type === 0 ? '→' : '←'
  const direction = messageOf(String(type))?.direction
  if (direction === 'both')
    return isOfServer(id) === isOfServer(re) ? wayOfEither(re) : isOfServer(id) ? '←' : '→'
  if (type === 'error') return isOfServer(re) ? '→' : '←'
  return (direction === 'to_server') === (re === undefined) ? '→' : '←'
}

const wayOfEither = (re: unknown) => (re === undefined ? '→' : '←')
const isOfServer = (id: unknown) => /^s\d+$/.test(String(id))

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
  for (const frame of messages.match(/^\{"type":.*$/gm) ?? [])
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
