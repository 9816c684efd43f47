import t from 'tap'
import { LIMITS, RATES } from '../protocol/limits.ts'
import { paging } from '../server/core/delivery/source.ts'
import { encode } from '../server/core/wire/frame.ts'
import { createKernels, type Kernel } from './support/kernel.ts'
import { OVERS, world } from './support/world.ts'

const MIB = 1_048_576
const [SLOW_MS, SLOW_BYTES] = [LIMITS.slow_ms.value, LIMITS.slow_bytes.value]

t.test('who reads gets all that one turn says, be it more than hard_bytes', async (t) => {
  const { clock, turn, open } = createKernels()
  const reader = open()
  const heard: string[] = []

  say(reader, 60, 60_000)
  turn()
  for (let round = 0; round < 60; round++) {
    for (const text of reader.read(100_000)) heard.push(textOf(text))
    turn()
    clock.advance(500)
  }

  t.equal(reader.fate, undefined)
  t.same(
    heard,
    Array.from({ length: 60 }, (_, index) => `${index}`),
  )
})

t.test('slow_ms, hard_bytes: who reads nothing while more than that waits is reset', async (t) => {
  const { clock, turn, open } = createKernels()
  const [reader, stuck] = [open(), open()]

  for (const one of [reader, stuck]) say(one, 40, 60_000)
  turn()
  reader.read()
  clock.advance(SLOW_MS - 1)
  t.equal(stuck.fate, undefined)
  clock.advance(1)

  t.equal(stuck.fate, 'slow')
  t.ok(stuck.isReset)
  t.equal(reader.fate, undefined)
})

t.test('slow_bytes: who reads as much in slow_ms is not slow, until it stops', async (t) => {
  const { clock, open, turn } = createKernels()
  const [brisk, lazy] = [open(), open()]

  for (const one of [brisk, lazy]) say(one, 60, 60_000)
  turn()
  for (let round = 0; round < 4; round++) {
    brisk.read(SLOW_BYTES)
    if (round === 0) lazy.read(SLOW_BYTES - 1)
    turn()
    clock.advance(SLOW_MS)
  }

  t.equal(brisk.fate, undefined)
  t.equal(lazy.fate, 'slow')
  clock.advance(2 * SLOW_MS)
  t.equal(brisk.fate, 'slow')
})

t.test('who acknowledges what it reads is not slow, however little the kernel says', async (t) => {
  const { clock, open, turn } = createKernels({}, 64_000)
  const [reader, trickle] = [open(), open()]

  for (const one of [reader, trickle]) say(one, 60, 60_000)
  turn()
  clock.advance(SLOW_MS / 2)
  reader.connection.acknowledged(2)
  clock.advance(SLOW_MS / 2)

  t.equal(reader.fate, undefined)
  t.equal(trickle.fate, 'slow')
})

t.test('who answers pings has read what came before, however little the kernel says', async (t) => {
  const { clock, open, turn } = createKernels({}, 64_000)
  const [reader, silent] = [open(), open()]

  for (const one of [reader, silent]) say(one, 40, 60_000)
  turn()
  clock.advance(SLOW_MS - 1)
  reader.connection.ponged()
  clock.advance(1)

  t.equal(reader.fate, undefined)
  t.equal(silent.fate, 'slow')
})

t.test('a loop that is blocked makes nobody slow: readers get their time anew', async (t) => {
  const { clock, turn, open, block } = createKernels()
  const reader = open()

  say(reader, 40, 60_000)
  turn()
  clock.advance(SLOW_MS - 100)
  block(5_000)
  clock.advance(100)
  const afterwards = reader.fate
  clock.advance(SLOW_MS - 1)

  t.equal(afterwards, undefined)
  t.equal(reader.fate, undefined)
  clock.advance(1)
  t.equal(reader.fate, 'slow')
})

t.test('a loop that is blocked again and again saves nobody who never reads', async (t) => {
  const { clock, turn, open, block } = createKernels()
  const reader = open()

  say(reader, 40, 60_000)
  turn()
  for (let round = 0; round < 8; round++) {
    block(1_000)
    clock.advance(SLOW_MS / 4)
  }

  t.equal(reader.fate, 'slow')
})

t.test('who has come below hard_bytes is not looked at any more', async (t) => {
  const { clock, turn, open } = createKernels()
  const reader = open()

  say(reader, 22, 60_000)
  turn()
  reader.read(500_000)
  clock.advance(SLOW_MS * 4)

  t.equal(reader.fate, undefined)
  t.equal(clock.pending, 0)
})

t.test('queue_bytes: what one turn says is offered before anybody is judged', async (t) => {
  const { limits, turn, open } = createKernels({}, 4 * MIB)
  const reader = open()

  say(reader, 180, 60_000)
  turn()

  t.ok(180 * 60_000 > limits.queue_bytes)
  t.equal(reader.fate, undefined)
  t.equal(reader.waiting >= 180 * 60_000, true, 'all of it is on its way')
})

t.test('queue_bytes: who takes no more is reset at the end of the turn', async (t) => {
  const { limits, turn, open } = createKernels()
  const reader = open()

  say(reader, 400, 60_000)
  t.ok(reader.session.outbox.unwritten < limits.queue_bytes + 100_000, 'the rest is not queued')
  t.equal(reader.fate, undefined, 'not while others speak')
  turn()

  t.equal(reader.fate, 'slow')
  t.ok(reader.writes > 0, 'it was offered')
})

t.test('queue_bytes_total: of all who read too little, those who cost the most go', async (t) => {
  const { turn, open } = createKernels({ queue_bytes_total: 3 * MIB }, 1_000)
  const readers = [open(), open(), open(), open()]
  const [one, two, three] = readers as [Kernel, Kernel, Kernel, Kernel]

  say(one, 1, 800_000)
  say(two, 2, 800_000)
  say(three, 3, 800_000)
  turn()

  t.same(
    readers.map(({ fate }) => fate),
    [undefined, undefined, 'slow', undefined],
  )
})

t.test('queue_bytes_total: what has been read meanwhile does not count', async (t) => {
  const { turn, open } = createKernels({ queue_bytes_total: 3 * MIB }, 1_000)
  const [one, two] = [open(), open()]

  say(one, 3, 800_000)
  turn()
  one.read()
  say(two, 3, 800_000)
  turn()

  t.same([one.fate, two.fate], [undefined, undefined])
})

t.test(
  'queue_bytes_total: nor does what has been read in part, of which nobody was told',
  async (t) => {
    const { turn, open } = createKernels({ queue_bytes_total: 3 * MIB }, 1_000)
    const [one, two] = [open(), open()]

    say(one, 3, 800_000)
    turn()
    one.read(2_000_000)
    say(two, 3, 800_000)
    turn()

    t.same([one.fate, two.fate], [undefined, undefined])
  },
)

t.test('who is closed for abuse ends, be it slow or not', async (t) => {
  const { turn, open } = createKernels()
  const reader = open()

  say(reader, 400, 60_000)
  reader.connection.close(4101)
  turn()

  t.equal(reader.fate, 'ended')
})

t.test('a socket that throws strands nobody else in the turn', async (t) => {
  const { turn, open, lines } = createKernels()
  const readers = [open(), open(), open()]
  const [, broken] = readers as [Kernel, Kernel, Kernel]
  broken.breaks = new Error('broken pipe')

  for (const one of readers) say(one, 3, 100)
  turn()

  t.same(
    readers.map((one) => [one.fate, one.read().map(textOf)]),
    [
      [undefined, ['0', '1', '2']],
      ['away', []],
      [undefined, ['0', '1', '2']],
    ],
  )
  t.ok(broken.isReset)
  t.match(
    lines.filter(({ msg }) => msg === 'connection failed'),
    [{ err: { message: 'broken pipe' } }],
  )
  t.equal(broken.session.outbox.ledger.held, 3, 'it gets all of it when it is back')
})

t.test('a socket that throws within a turn harms nobody who speaks', async (t) => {
  const { turn, open } = createKernels()
  const broken = open()
  broken.breaks = new Error('broken pipe')

  say(broken, 400, 60_000)
  t.equal(broken.fate, undefined)
  turn()

  t.equal(broken.fate, 'away')
})

t.test('what cannot be made costs its receiver the connection, and nobody else', async (t) => {
  const { turn, open, lines } = createKernels()
  const [ada, ben] = [open(), open()]
  const fault = {
    make() {
      throw new Error('no such row')
    },
  }

  ada.session.mark(fault)
  for (const one of [ada, ben]) say(one, 1, 100)
  turn()

  t.same([ada.fate, ben.fate, ben.read().map(textOf)], ['away', undefined, ['0']])
  t.match(
    lines.filter(({ msg }) => msg === 'connection failed'),
    [{ err: { message: 'no such row' } }],
  )
})

t.test('droppable: what is not needed any more is dropped above the soft mark', async (t) => {
  const { limits, turn, open } = createKernels({}, 100_000)
  const reader = open()

  say(reader, 1, limits.soft_bytes)
  for (let count = 0; count < 3; count++) reader.session.send(moved(count))
  turn()
  const heard: string[] = []
  for (let round = 0; round < 10; round++) {
    heard.push(...reader.read().map(textOf))
    turn()
  }
  t.same(heard, ['0', 'm0', 'm1', 'm2'], 'what was just said has been offered first')
  say(reader, 1, limits.soft_bytes + 200_000)
  turn()
  reader.session.send(moved(3))
  turn()
  for (let round = 0; round < 10; round++) {
    heard.push(...reader.read().map(textOf))
    turn()
  }
  reader.session.send(moved(4))
  turn()
  heard.push(...reader.read().map(textOf))

  t.same(heard, ['0', 'm0', 'm1', 'm2', '0', 'm4'])
  t.equal(reader.session.resume.sent, 2, 'it is not counted')
})

t.test('droppable: who is away never gets it', async (t) => {
  const { turn, open } = createKernels()
  const reader = open()
  reader.session.outbox.detach()

  reader.session.send(moved(1))
  turn()

  t.equal(reader.session.outbox.ledger.held, 0)
  t.same(reader.read(), [])
})

t.test('pages are made as they are taken, in their place among what is sent', async (t) => {
  const { turn, open } = createKernels()
  const reader = open()
  let made = 0
  function* pages() {
    while (made < 100) yield encode({ type: 'session.snapshot', data: page(made++) }, 'socket')
  }

  say(reader, 1, 100)
  reader.session.mark(paging(pages()))
  reader.session.send(encode({ type: 'event', data: { text: 'last' } }, 'counted'))
  turn()
  t.ok(made < 20, `${made} of 100 pages of 30 KB are made for 256 KiB`)
  const heard: string[] = []
  for (let round = 0; round < 100; round++) heard.push(...reader.read(64_000).map(textOf))

  t.same(heard, ['0', ...Array.from({ length: 100 }, (_, index) => `page ${index}`), 'last'])
})

t.test('a source is asked when it is written, for whom, and waits once', async (t) => {
  const { turn, open } = createKernels()
  const [ada, ben] = [open(), open()]
  let now = 'old'
  let dirty = new Set<unknown>()
  const state = {
    make: (receiver: unknown) =>
      dirty.delete(receiver)
        ? encode({ type: 'state', data: { text: `${now} for ${nameOf(receiver)}` } }, 'state')
        : undefined,
  }
  const nameOf = (receiver: unknown) => (receiver === ada.session ? 'ada' : 'ben')
  const change = (to: string) => {
    now = to
    dirty = new Set([ada.session, ben.session])
    for (const { session } of [ada, ben]) session.mark(state)
  }

  change('older')
  say(ada, 1, 100)
  change('new')
  turn()

  t.same(ada.read().map(textOf), ['new for ada', '0'])
  t.same(ben.read().map(textOf), ['new for ben'])
  change('newer')
  turn()
  t.same(ada.read().map(textOf), ['newer for ada'])
})

t.test('what is made and does not fit is told as TOO_LARGE, and the rest follows', async (t) => {
  const { turn, open } = createKernels()
  const reader = open()
  reader.session.receiveBytes = 1_024
  const sizes = [10, 2_000, 20]
  const made = sizes.map((size) =>
    encode({ type: 'session.snapshot', data: { text: '.'.repeat(size) } }, 'socket'),
  )

  reader.session.mark(paging(made.values()))
  turn()
  turn()

  t.same(reader.read().map(textOf), ['.'.repeat(10), '.'.repeat(20), 'TOO_LARGE'])
  t.equal(reader.session.resume.sent, 0)
})

t.test('a latest message replaces the one whose key its sender gave', async (t) => {
  const { turn, open } = createKernels()
  const reader = open()
  const at = (text: string, key: string) =>
    encode({ type: 'event.latest', data: { text } }, 'latest', key)

  for (const [text, key] of [
    ['ada 1', 'ada'],
    ['ben 1', 'ben'],
    ['ada 2', 'ada'],
  ] as const)
    reader.session.send(at(text, key))
  turn()

  t.same(reader.read().map(textOf), ['ben 1', 'ada 2'])
})

for (const over of OVERS)
  t.test(`who says much within its rates resets nobody who hears it, over ${over}`, async (t) => {
    const { raw, lines, stats } = await world(t, { over })
    const clients = [await raw(), await raw(), await raw()]
    const [talker] = clients
    for (const client of clients) await client.ask('room.join_or_create', { kind: 'plaza' })
    const args = ['.'.repeat(55_000)]

    for (let count = 0; count < RATES.event.burst; count++)
      talker?.send({ type: 'event.emit', data: { name: 'plaza.story', args } })
    for (const client of clients) await client.settled()
    for (const client of clients) await client.settled()

    t.same(
      clients.map(({ seen }) => seen.filter(({ type }) => type === 'event').length),
      [0, RATES.event.burst, RATES.event.burst],
    )
    t.same(
      lines.filter(({ msg }) => msg === 'slow reader reset'),
      [],
    )
    t.equal(stats().away, 0)
  })

/** Says so many numbered counted messages, of about so many bytes each. */
function say({ session }: Kernel, count: number, bytes: number): void {
  session.receiveBytes = 10 * MIB
  for (let index = 0; index < count; index++)
    session.send(
      encode({ type: 'event', data: { text: `${index}`, rest: '.'.repeat(bytes) } }, 'counted'),
    )
}

const moved = (count: number) => encode({ type: 'relay', data: { text: `m${count}` } }, 'droppable')

const page = (number: number) => ({ text: `page ${number}`, rest: '.'.repeat(30_000) })

function textOf(payload: Buffer): string {
  const { data } = JSON.parse(payload.toString())
  return data.text ?? data.code
}
