import { once } from 'node:events'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { createLuck, type Lag, STALL_MS } from '../protocol/lag.ts'
import { createFlusher } from '../server/core/delivery/flusher.ts'
import { Outbox, type Reader } from '../server/core/delivery/outbox.ts'
import type { Transport } from '../server/core/session/connection.ts'
import { upgradeOf } from '../server/core/session/dialect.ts'
import { encode } from '../server/core/wire/frame.ts'
import { limitsOf } from '../server/core/wire/limits.ts'
import { createHub, createServer } from '../server/server.ts'
import { createLaggingDoor, type Door, type Ear, MOST_LATE_BYTES } from '../server/transport/lag.ts'
import { openRaw } from './support/client.ts'
import { createClock, createTestWorld } from './support/clock.ts'
import { memoryWebSocket } from './support/memory.ts'

const STILL: Lag = { delay: 80, jitter: 20, cut: 0, stall: 0, seed: 7 }
const SECOND = 1_000

interface Told {
  readonly what: string
  readonly at: number
}

/** A transport and an ear with a lag between them, on a clock of their own. */
function road(lag: Lag, isRefused = false) {
  const clock = createClock(0)
  const [down, up]: [Told[], Told[]] = [[], []]
  const tell = (list: Told[], what: string) => void list.push({ what, at: clock.now() })
  let outer: Ear | undefined
  let inner: Transport | undefined
  const near: Transport = {
    ...{ address: 'memory', unwritten: 0, taken: 0 },
    write(frames) {
      tell(down, frames.toString())
      return true
    },
    ping: () => tell(down, 'ping'),
    close: (code) => tell(down, `close ${code}`),
    reset() {
      tell(down, 'reset')
      outer?.closed(1006)
      if (outer) lagging.forget(outer)
    },
  }
  const ear: Ear = {
    receive: (bytes) => tell(up, bytes.toString()),
    ponged: () => tell(up, 'pong'),
    flooded: () => tell(up, 'flooded'),
    written: () => tell(up, 'written'),
    closed: (code) => tell(up, `closed ${code}`),
  }
  const door: Door = {
    accept(transport) {
      inner = transport
      if (isRefused) transport.close(4105, '')
      return isRefused ? undefined : ear
    },
    forget: (gone) => tell(up, gone === ear ? 'forgotten' : 'somebody else forgotten'),
  }
  const lagging = createLaggingDoor(door, lag, createTestWorld(clock))
  outer = lagging.accept(near, upgradeOf('/'))
  return { clock, up, down, lagging, outer: outer as Ear, inner: inner as unknown as Transport }
}

const words = (told: readonly Told[]) => told.map(({ what }) => what)

t.test('what the server says is late by delay and jitter, in order, and all arrives', async (t) => {
  const { clock, down, inner } = road(STILL)
  const left: number[] = []
  const buffer = Buffer.alloc(4)
  const expected: string[] = []
  for (let n = 0; n < 500; n++) {
    left.push(clock.now())
    const frame = `${n}`.padStart(4, '0')
    buffer.write(frame)
    // The buffer is the server's again once this is true, and it writes the next frame there.
    if (n % 10 === 9) inner.ping()
    else t.equal(inner.write(buffer), true)
    expected.push(n % 10 === 9 ? 'ping' : frame)
    clock.advance(7)
  }
  inner.close(4000, '')
  clock.advance(SECOND)

  t.strictSame(words(down), [...expected, 'close 4000'])
  const late = left.map((at, n) => (down[n]?.at ?? 0) - at)
  t.ok(Math.min(...late) >= 60 && Math.max(...late) <= 100, `${late.slice(0, 9)}`)
  t.ok(new Set(late).size > 20, 'and not all by the same')
})

t.test('what a client says is late, in order with its pongs and its close', async (t) => {
  const { clock, up, outer, lagging } = road({ ...STILL, jitter: 0 })
  const expected = Array.from({ length: 20 }, (_, n) => (n % 5 === 4 ? 'pong' : `said ${n}`))
  for (const what of expected) {
    if (what === 'pong') outer.ponged()
    else outer.receive(Buffer.from(what), false)
    clock.advance(3)
  }
  outer.closed(1000)
  lagging.forget(outer)
  clock.advance(79)
  const before = words(up)
  clock.advance(1)

  t.strictSame(before, expected)
  t.strictSame(words(up), [...expected, 'closed 1000', 'forgotten'])
  t.strictSame(
    up.slice(0, 20).map(({ at }) => at),
    expected.map((_, n) => n * 3 + 80),
  )
  t.equal(clock.pending, 0, 'nothing is left of it')
})

t.test('what the machine itself tells is not late', async (t) => {
  const { clock, up, outer } = road(STILL)
  outer.written()
  t.strictSame(up, [{ what: 'written', at: clock.now() }])
})

/** The first second, counted from 1, that brings it to the first connection. */
function secondOf(lag: Lag, fate: 'cut' | 'stall'): number {
  const luck = createLuck(lag, 1)
  for (let second = 1; second < 1_000; second++) if (luck.second() === fate) return second
  throw new Error(`seed ${lag.seed}: expected a ${fate} within 1,000 s`)
}

t.test(
  'a connection is cut in the second that its seed says, with what is on its way',
  async (t) => {
    const lag = { ...STILL, jitter: 0, cut: 0.2 }
    const at = secondOf(lag, 'cut') * SECOND
    const { clock, up, down, inner, outer } = road(lag)
    clock.advance(at - 100)
    inner.write(Buffer.from('in time'))
    outer.receive(Buffer.from('in time'), false)
    clock.advance(50)
    inner.write(Buffer.from('too late'))
    outer.receive(Buffer.from('too late'), false)
    clock.advance(10 * SECOND)

    t.ok(at > SECOND, 'not the first second')
    t.strictSame(down, [
      { what: 'in time', at: at - 20 },
      { what: 'reset', at },
    ])
    t.strictSame(up, [
      { what: 'in time', at: at - 20 },
      { what: 'closed 1006', at },
      { what: 'forgotten', at },
    ])
    t.equal(clock.pending, 0)
  },
)

t.test('a stall holds both ways for half a second, in the second its seed says', async (t) => {
  const lag = { ...STILL, jitter: 0, stall: 0.2 }
  const at = secondOf(lag, 'stall') * SECOND
  const { clock, up, down, inner, outer } = road(lag)
  clock.advance(at - 50)
  for (const what of ['one', 'two', 'three']) {
    inner.write(Buffer.from(what))
    outer.receive(Buffer.from(what), false)
  }
  clock.advance(50 + STALL_MS - 1)
  const before = [...up, ...down]
  clock.advance(1)

  const together = ['one', 'two', 'three'].map((what) => ({ what, at: at + STALL_MS }))
  t.strictSame(before, [])
  t.strictSame([down, up], [together, together])
})

t.test('who is refused hears why, late, and leaves nothing behind', async (t) => {
  const { clock, down } = road({ ...STILL, jitter: 0, cut: 0.001, stall: 0.001 }, true)
  clock.advance(80)
  t.strictSame(down, [{ what: 'close 4105', at: 80 }])
  t.equal(clock.pending, 0)
})

t.test('a slow reader is reset at once, and what was on its way is freed', async (t) => {
  const { clock, down, up, inner } = road(STILL)
  inner.write(Buffer.from('unread'))
  inner.reset()
  t.strictSame(words(down), ['reset'])
  t.strictSame(words(up), ['closed 1006', 'forgotten'])
  t.equal(clock.pending, 0)
})

t.test('what is late counts as unwritten once it is more than a network holds', async (t) => {
  const { clock, up, inner } = road({ ...STILL, jitter: 0 })
  const chunk = Buffer.alloc(MOST_LATE_BYTES / 8)

  for (let n = 0; n < 8; n++) inner.write(chunk)
  const within = inner.unwritten
  clock.advance(10)
  for (let n = 0; n < 8; n++) inner.write(chunk)
  const above = inner.unwritten
  clock.advance(70)
  const after = inner.unwritten
  clock.advance(10)

  t.strictSame([within, above, after], [0, MOST_LATE_BYTES, 0])
  t.strictSame(
    up.map(({ what, at }) => `${what} ${at}`),
    Array.from({ length: 8 }, () => 'written 80'),
    'and who waits is told that there is room again',
  )
})

/** A page of a history, and who reads it in its own time. */
const page = encode({ type: 'page', data: 'x'.repeat(65_000) }, 'socket')
const READER: Reader = { takes: () => true, behind() {}, slow() {}, failed() {} }

t.test('of a long history, a lag holds no more than a network would', async (t) => {
  const { clock, inner } = road({ ...STILL, jitter: 0, delay: 10_000 })
  const made = { count: 0 }
  const outbox = new Outbox(
    limitsOf(),
    createFlusher(() => {}),
    READER,
  )
  outbox.attach(inner)

  outbox.mark({ make: () => (++made.count <= 1_000 ? page : undefined) })
  outbox.flush()
  const atOnce = made.count
  clock.advance(10_000)
  outbox.flush()

  t.ok(atOnce < 100 && atOnce > 10, `${atOnce} pages of 64 KiB are on their way`)
  t.ok(made.count > atOnce && made.count < 3 * atOnce, `and ${made.count} when they arrived`)
})

t.test('a server that stops waits for nothing that is late', async (t) => {
  const { clock, down, up, inner, outer, lagging } = road({ ...STILL, cut: 0.5 })
  inner.write(Buffer.from('bye'))
  inner.close(4000, '')
  lagging.close()
  outer.closed(4000)
  lagging.forget(outer)

  t.strictSame(words(down), ['bye', 'close 4000'])
  t.strictSame(words(up), ['closed 4000', 'forgotten'])
  t.equal(clock.pending, 0)
})

t.test(
  'a request over the memory transport is answered after the way there and back',
  async (t) => {
    const { clock, raw } = await lateHub(t)
    const idle = clock.pending
    const opened = raw()
    await until(() => clock.pending > idle)
    clock.advance(100)
    const ada = await opened
    const asked = clock.now()
    const answer = ada.ask('ping', {})
    const at = answer.then(() => clock.now())
    for (let ms = 0; ms < 300; ms++) {
      await turn()
      clock.advance(1)
    }

    t.match(await answer, { type: 'ping' })
    const took = (await at) - asked
    t.ok(took >= 120 && took <= 300, `${took} ms`)
  },
)

async function lateHub(t: Test) {
  const clock = createClock()
  const world = createTestWorld(clock)
  const hub = createHub({ dev: true, world })
  const door = createLaggingDoor(hub, STILL, world)
  const Socket = memoryWebSocket(door)
  t.teardown(() => {
    hub.close()
    door.close()
  })
  return { clock, raw: () => openRaw(Socket, 'memory:') }
}

const turn = () => new Promise<void>((resolve) => void setImmediate(resolve))

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn()
}

t.test('over sockets, nothing arrives before its time; the log says the seed', async (t) => {
  const clock = createClock()
  const world = createTestWorld(clock)
  const lag = { delay: 80, jitter: 20 }
  const server = await createServer({ host: '127.0.0.1', port: 0, dev: true, world, lag })
  t.teardown(() => server.close())
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}`)
  const messages: string[] = []
  socket.on('message', (data) => void messages.push(`${data}`))
  await once(socket, 'open')
  await until(() => world.lines.some(({ msg }) => msg === 'Client connected'))
  await turn()
  clock.advance(59)
  // A whole request to the same process takes longer than a message that is not held.
  for (let n = 0; n < 3; n++) await fetch(`http://127.0.0.1:${server.port}/healthz`)
  const early = [...messages]
  const first = once(socket, 'message')
  clock.advance(41)
  await first
  socket.close()
  const closed = once(socket, 'close')
  await server.close()
  await closed

  t.strictSame(early, [])
  t.match(JSON.parse(messages[0] ?? ''), { type: 'welcome' })
  const said = world.lines.find(({ msg }) => msg?.startsWith('lag is on'))
  t.match(said, { level: 40, msg: /^lag is on: delay=80,jitter=20,cut=0,stall=0,seed=\d+$/ })
})

t.test('without a lag there is none', async (t) => {
  const world = createTestWorld(createClock())
  const server = await createServer({ host: '127.0.0.1', port: 0, dev: true, world })
  t.teardown(() => server.close())
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}`)
  const [message] = await once(socket, 'message')
  socket.terminate()
  t.match(JSON.parse(`${message}`), { type: 'welcome' })
  t.notOk(world.lines.some(({ msg }) => msg?.startsWith('lag')))
})
