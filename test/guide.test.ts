import { readFileSync } from 'node:fs'
import t from 'tap'
import { manual } from '../protocol/generate/manual.ts'
import { TABLES } from '../protocol/generate/tables.ts'
import { MESSAGES, messageOf } from '../protocol/index.ts'
import { isCounted, readEnvelope } from '../protocol/message.ts'
import { check } from '../protocol/schema.ts'

const read = (name: string) => readFileSync(new URL(`../protocol/${name}`, import.meta.url), 'utf8')
const guide = read('guide.md')
const book = read('PROTOCOL.md')
const types = Object.keys(MESSAGES)
/** What people read, beside what is generated. */
const DOCUMENTS = [
  ...['../README.md', '../protocol/guide.md', '../protocol/cookbook.md', '../.github/CHANGELOG.md'],
  ...['godot4', 'godot3'].map((name) => `../godot-client/${name}/addons/estragon/README.md`),
]

t.test('PROTOCOL.md has every message, error, close code, reason, limit and rate', async (t) => {
  for (const type of types) t.ok(book.includes(`\n#### \`${type}\`\n`), type)
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

t.test('no document says a thing twice, and each part begins after a blank line', async (t) => {
  for (const path of DOCUMENTS) {
    const text = readFileSync(new URL(path, import.meta.url), 'utf8').replace(/^```.*?^```$/gms, '')
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

t.test('a guide that names a number the tables lack is refused', async (t) => {
  const wrong = guide.replace('{{version}}', '{{limits.patience}}')
  t.throws(() => manual(TABLES, 'abc', wrong, ''), /got limits\.patience/)
  t.throws(() => manual(TABLES, 'abc', '', ''), /expected <!-- reference --> once/)
})

t.test('every example of the reference is a message that fits its table', async (t) => {
  const examples = [...book.matchAll(/^```json\n([^`]*)\n```$/gm)]
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
