import { once } from 'node:events'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import pino from 'pino'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { MESSAGES } from '../protocol/index.ts'
import { LIMITS, RATES, type RateClass } from '../protocol/limits.ts'
import { isCounted, type Messages } from '../protocol/message.ts'
import { sample } from '../protocol/schema.ts'
import { Buckets, ratesOf } from '../server/core/wire/limits.ts'
import { createServer, type GameServer, type HubOptions } from '../server/server.ts'
import { connect } from '../web-client/client.ts'
import type { Any, RawClient } from './support/client.ts'
import { createRandom, seedOf } from './support/clock.ts'
import {
  type Garbage,
  GENERATORS,
  type Generator,
  notUtf8,
  type Random,
} from './support/garbage.ts'
import { heap, mega } from './support/heap.ts'
import { sized } from './support/soak.ts'
import { NodeSocket, world } from './support/world.ts'

const FRAMES = sized(20_000, 100_000)
const BATCH = 50
const BATCHES_PER_CONNECTION = 50
const ATTACKERS = 4
/** How many frames that close their connection there are beside. */
const CLOSING = 200

t.setTimeout(180_000)

const seed = seedOf()
t.comment(`SEED=${seed}`)

/** What nobody caught in this process, as long as the tests run. */
const uncaught: unknown[] = []
process.on('uncaughtExceptionMonitor', (error) => void uncaught.push(error))

t.test('bad frames: each gets its one answer, nobody else notices', async (t) => {
  const { server, url, errors } = await listening(t)
  const neighbours = await talking(t, url)
  const tally = createTally()
  const attack = (frames: number, from: number) =>
    Promise.all(
      Array.from({ length: ATTACKERS }, (_, index) =>
        attackWith(
          url,
          createRandom(seed + from + index),
          index % 2 === 0,
          frames / ATTACKERS,
          tally,
        ),
      ),
    )
  await attack(FRAMES / 10, 1_000)
  const before = await heap()
  tally.clear()

  const began = performance.now()
  await attack(FRAMES, 0)
  const seconds = (performance.now() - began) / 1000

  const talk = await neighbours.stop()
  const after = await heap()
  t.strictSame(tally.wrong, [], 'every frame got exactly one answer, with its code')
  t.equal(tally.frames, FRAMES)
  for (const { name } of GENERATORS)
    t.ok(tally.by.get(name), `${name}: ${tally.by.get(name)} frames`)
  t.strictSame(errors, [], 'no handler failed')
  t.strictSame(uncaught, [], 'nothing uncaught')
  t.equal(({} as Any).polluted, undefined, 'no prototype was polluted')
  t.strictSame(talk.problems, [], `the neighbours missed nothing of ${talk.lines} lines`)
  t.ok(talk.lines > FRAMES / 1_000, 'the neighbours talked all the while')
  t.equal(server.stats().sessions, 3, 'only the neighbours are left')
  t.ok(after < before * 1.1, `heap: ${mega(before)} before, ${mega(after)} after`)
  t.comment(
    `${tally.frames} frames over sockets in ${seconds.toFixed(1)} s, heap ${mega(before)} to ${mega(after)}, ` +
      `${talk.lines} lines and pings between neighbours, the slowest ${Math.round(talk.slowest)} ms`,
  )
})

t.test('who asks in a way that cannot be read is told which of its requests it was', async (t) => {
  const { raw } = await world(t)
  const ada = await raw()
  for (const wrong of [
    { to: [''] },
    { to: 7 },
    { room: '' },
    { room: 5 },
    { to: ['x'.repeat(200)] },
  ]) {
    const answer = await ada.ask('event.emit', { name: 'x.y', args: [] }, wrong)
    t.match(answer, { type: 'error', data: { code: 'INVALID_MESSAGE', request: 'event.emit' } })
  }
  for (const wrong of [{ id: 'a', re: 'b', to: 7 }, { id: {}, to: 7 }, { to: 7 }]) {
    ada.send({ type: 'event.emit', data: {}, ...wrong })
    t.match(await ada.next('error'), { re: undefined, data: { code: 'INVALID_MESSAGE' } })
  }
  const unread = { type: 'query', id: 'q', data: { name: 'x.y' }, to: 7 }
  ada.send(unread)
  ada.send({ type: 7, id: 'r', to: 7 })
  ada.send({ id: 's', to: 7 })
  await ada.settled()
  t.strictSame(
    ada.seen.flatMap(({ re }) => (['q', 'r', 's'].includes(`${re}`) ? [re] : [])),
    ['q', 's'],
  )
})

t.test('a frame that breaks the rules of WebSocket closes its own connection only', async (t) => {
  const { server, url } = await listening(t)
  const neighbours = await talking(t, url)
  const random = createRandom(seed)
  const bad: (() => [name: string, frame: Buffer, code: number])[] = [
    () => ['a text frame that is not UTF-8', framed(0x81, notUtf8(random)), 1007],
    () => [
      'a frame too large',
      framed(0x81, Buffer.alloc(65_537 + random.below(9_000), 0x20)),
      1009,
    ],
    () => [
      'a binary frame too large',
      framed(0x82, Buffer.alloc(LIMITS.frame_bytes.value + 1)),
      1009,
    ],
    () => ['an enormous announcement', Buffer.from('82ff7fffffffffffffff', 'hex'), 1009],
    () => ['a large announcement', Buffer.from('82ff0000000100000000', 'hex'), 1009],
    () => ['an unmasked frame', Buffer.from([0x81, 2, 0x7b, 0x7d]), 1002],
    () => ['a reserved bit', framed(0xc1, Buffer.from('{}')), 1002],
    () => ['a reserved opcode', framed(0x83 + random.below(5), Buffer.from('{}')), 1002],
    () => ['a continuation of nothing', framed(0x80, Buffer.from('{}')), 1002],
    () => ['a fragmented ping', framed(0x09, Buffer.from('{}')), 1002],
    () => ['a long ping', framed(0x89, Buffer.alloc(126)), 1002],
    () => ['a close with an odd code', framed(0x88, Buffer.from([0, 1])), 1002],
    () => ['a close that is not UTF-8', framed(0x88, Buffer.from([3, 0xe8, 0xff])), 1007],
  ]
  const wrong: unknown[] = []

  for (let count = 0; count < CLOSING; count++) {
    const [name, frame, code] = (bad[count % bad.length] as (typeof bad)[number])()
    const { ws, socket } = await opened(url)
    socket.write(frame)
    const [seen] = (await once(ws, 'close')) as [number]
    if (seen !== code && wrong.length < bad.length) wrong.push({ name, code, seen })
  }

  const talk = await neighbours.stop()
  t.strictSame(wrong, [])
  t.strictSame(talk.problems, [])
  await until(() => server.stats().connections === 3)
  t.equal(server.stats().sessions, 3, 'their sessions ended with them')
  t.strictSame(uncaught, [])
})

/* Floods, with the limit on. */

/** What is refused as a wrong guess before its class has had enough. */
const GUESSES = ['room.join']

/** Any message of a class, sent from no room: refused by its handler, but admitted. */
const messageOfClass = (rate: RateClass) => {
  const found = Object.entries(MESSAGES as Messages).find(
    ([type, line]) =>
      line.direction !== 'to_client' &&
      (line.rate ?? 'request') === rate &&
      !GUESSES.includes(type),
  )
  return found && { type: found[0] === 'session.hello' ? 'ping' : found[0], line: found[1] }
}

const CLASSES = (Object.keys(RATES) as RateClass[]).filter(
  (rate) =>
    !['malformed', 'refused', 'resume'].includes(rate) && messageOfClass(rate) !== undefined,
)

for (const rate of CLASSES) {
  const { burst } = RATES[rate]

  t.test(
    `${rate}: ${burst} at once are served, the next waits as long as it is told`,
    async (t) => {
      const { clock, raw } = await world(t)
      const client = await raw()

      const served = await askMany(client, rate, burst)
      const [refused] = await askMany(client, rate, 1)
      clock.advance((refused?.retry_ms ?? 0) - 1)
      const [early] = await askMany(client, rate, 1)
      clock.advance(early?.retry_ms)
      const [late] = await askMany(client, rate, 1)

      t.notOk(served.some(({ code }) => code === 'RATE_LIMITED'))
      t.match(refused, { code: 'RATE_LIMITED', retry_ms: Math.ceil(1000 / RATES[rate].per_second) })
      t.equal(early?.code, 'RATE_LIMITED', 'a millisecond too early')
      t.not(late?.code, 'RATE_LIMITED')
    },
  )

  t.test(`${rate}: who insists is closed with 4101 and has no session any more`, async (t) => {
    const { raw, stats } = await world(t)
    const [client, neighbour] = [await raw(), await raw()]

    for (let count = 0; count < burst + RATES.refused.burst + 50; count++) flood(client, rate)
    const { code } = await client.closed

    t.equal(code, 4101)
    t.equal(stats().sessions, 1)
    t.equal(answersOf(client, 'RATE_LIMITED').length, RATES.refused.burst + 1)
    t.match(await claim(await raw(), client, 1), { data: { resumed: false, reason: 'UNKNOWN' } })
    await neighbour.settled()
  })
}

t.test(
  'resume: a session may be claimed thirty times at once, then as often as it is told',
  async (t) => {
    const { clock, raw } = await world(t)
    const first = await raw()
    await first.settled()
    let attempt = 0
    for (let count = 0; count < RATES.resume.burst; count++)
      t.match(await claim(await raw(), first, ++attempt), { data: { resumed: true } })

    const refused = await claim(await raw(), first, ++attempt)
    clock.advance(refused.data.retry_ms)
    const accepted = await claim(await raw(), first, ++attempt)

    t.match(refused, { data: { code: 'RATE_LIMITED', retry_ms: 1000 / RATES.resume.per_second } })
    t.match(accepted, { data: { resumed: true } })
  },
)

t.test('malformed: fifty bad frames are answered, the next one closes with 4100', async (t) => {
  const { raw, stats, lines } = await world(t)
  const [client, neighbour] = [await raw(), await raw()]

  for (let count = 0; count < RATES.malformed.burst + 50; count++) client.send('{"type":')
  const { code } = await client.closed

  t.equal(code, 4100)
  t.equal(answersOf(client, 'INVALID_MESSAGE').length, RATES.malformed.burst + 1)
  t.equal(stats().sessions, 1)
  t.match(
    lines.find(({ msg }) => msg === 'malformed input closed'),
    { level: 40, session: client.welcome.session },
  )
  await neighbour.settled()
})

t.test('malformed: who errs five times a second may do so for ever', async (t) => {
  const { clock, raw } = await world(t)
  const client = await raw()

  for (let count = 0; count < 500; count++) {
    clock.advance(1000 / RATES.malformed.per_second)
    client.send('{"type":')
    await client.next('error')
  }

  await client.settled()
})

t.test('refused: who is a little too fast is refused for ever and never closed', async (t) => {
  const { clock, raw } = await world(t)
  const client = await raw()
  await askMany(client, 'identify', RATES.identify.burst)

  for (let count = 0; count < 600; count++) {
    clock.advance(1000 / RATES.refused.per_second)
    await client.ask('player.identify')
  }

  await client.settled()
  t.ok(answersOf(client, 'RATE_LIMITED').length > 400)
})

t.test('a flood of the numeric dialect is answered in kind to the end', async (t) => {
  const { raw, stats } = await world(t)
  const [client, neighbour] = [await raw(), await raw()]

  for (let count = 0; count < 1_000; count++) client.send({ type: 0, text: 'hello' })
  const { code } = await client.closed

  const numeric = client.seen.filter(({ type }) => typeof type === 'number') as Any[]
  t.equal(code, 4101)
  t.equal(numeric.filter(({ message }) => message).length, RATES.request.burst)
  const refusals = numeric.filter(({ error }) => error)
  t.equal(refusals.length, RATES.refused.burst + 1)
  t.match(refusals[0], { type: 0, error: { code: 'RATE_LIMITED', status: 429, retry_ms: 20 } })
  t.equal(stats().sessions, 1)
  await neighbour.settled()
})

t.test('after the wait it is told, whoever was too fast is always served', (t) => {
  const random = createRandom(seed)
  for (const rate of Object.keys(RATES) as RateClass[]) {
    let now = 0
    const buckets = new Buckets(ratesOf(), () => now)
    let lies = 0
    for (let count = 0; count < 50_000; count++) {
      now += random.float() * random.pick([0, 1, 10, 300])
      const retry_ms = buckets.take(rate)
      if (retry_ms === 0) continue
      now += retry_ms
      if (buckets.take(rate) !== 0) lies++
    }
    t.equal(lies, 0, rate)
  }
  t.end()
})

for (const [name, text, code] of [
  ['pings', '{"type":"ping","id":"1"}', 4101],
  ['nothings', '{}', 4100],
  ['numbers', '{"type":0}', 4101],
] as const)
  t.test(`thousands of tiny ${name} in one write close their sender with ${code}`, async (t) => {
    const { server, url } = await listening(t, {})
    const neighbour = await opened(url)
    t.teardown(() => neighbour.ws.terminate())
    const before = await heap()
    const { ws, socket, frames } = await opened(url)
    const flooding = Buffer.concat(
      Array.from({ length: 20_000 }, () => framed(0x81, Buffer.from(text))),
    )

    socket.write(flooding)
    const closed = once(ws, 'close') as Promise<[number]>
    for (let count = 0; count < 20; count++) await pinged(neighbour.ws)

    t.equal((await closed)[0], code)
    t.ok(frames.length > 50, `${frames.length} answers came first`)
    t.ok(frames.length < 1_000)
    await pinged(neighbour.ws)
    await until(() => server.stats().connections === 1)
    t.equal(server.stats().sessions, 1)
    const after = await heap()
    t.ok(after < before * 1.1, `heap: ${mega(before)} before, ${mega(after)} after`)
  })

/* A server, its neighbours, its attackers. */

async function listening(t: Test, options: HubOptions = { rates: false }) {
  const errors: Any[] = []
  const log = pino(
    { level: 'error' },
    { write: (line: string) => void errors.push(JSON.parse(line)) },
  )
  const server: GameServer = await createServer({ port: 0, host: '127.0.0.1', log, ...options })
  t.teardown(server.close)
  return { server, errors, url: `ws://127.0.0.1:${server.port}` }
}

/** Two players who talk and ping without a pause until they are stopped. */
async function talking(t: Test, url: string) {
  const ada = await connect(url, { WebSocket: NodeSocket })
  const bob = await connect(url, { WebSocket: NodeSocket })
  const { ws } = await opened(url)
  t.teardown(ada.close)
  t.teardown(bob.close)
  t.teardown(() => ws.terminate())
  const problems: unknown[] = []
  for (const one of [ada, bob]) {
    await one.rooms.joinOrCreate('plaza')
    one.on('state', (state) => void problems.push({ state }))
    one.on('error', (error) => void problems.push(error))
  }
  let lines = 0
  let heard = 0
  let slowest = 0
  let isOver = false
  bob.events.on('plaza.chat', ([text]) => {
    if (Number(text) !== ++heard) problems.push({ expected: heard, text })
  })
  const talk = async () => {
    while (!isOver) {
      const began = performance.now()
      await ada.events.emit('plaza.chat', [`${++lines}`])
      await pinged(ws)
      slowest = Math.max(slowest, performance.now() - began)
    }
  }
  const talked = talk().catch((error: unknown) => void problems.push(error))

  return {
    async stop() {
      isOver = true
      await talked
      await bob.events.emit('plaza.wave')
      if (heard !== lines) problems.push({ lines, heard })
      return { lines, slowest, problems: problems.slice(0, 5) }
    },
  }
}

/** Resolves at the answer of a ping; the same `id` again and again is fine, one after another. */
async function pinged(ws: WebSocket): Promise<void> {
  ws.send('{"type":"ping","id":"p"}')
  for (;;) {
    const [data] = (await once(ws, 'message')) as [Buffer]
    const { re, data: answer } = JSON.parse(String(data)) as Any
    if (re === 'p' && Number.isFinite(answer.time)) return
  }
}

interface Tally {
  readonly by: Map<string, number>
  readonly wrong: unknown[]
  frames: number
  clear(): void
}

const createTally = (): Tally => ({
  by: new Map(),
  wrong: [],
  frames: 0,
  clear() {
    this.by.clear()
    this.frames = 0
  },
})

/** Sends `frames` bad frames over one connection after another, and looks at every answer. */
async function attackWith(
  url: string,
  random: Random,
  isSeated: boolean,
  frames: number,
  tally: Tally,
) {
  const fitting = GENERATORS.filter(({ place }) => place !== (isSeated ? 'unseated' : 'seated'))
  const lots = fitting.flatMap((one) => Array.from({ length: one.weight ?? 10 }, () => one))
  for (let left = frames; left > 0; ) {
    const attacker = await openAttacker(url, isSeated)
    for (let batch = 0; batch < BATCHES_PER_CONNECTION && left > 0; batch++) {
      const sent = Array.from({ length: Math.min(BATCH, left) }, () => {
        const generator = random.pick(lots)
        return { generator, garbage: generator.make(random) }
      })
      left -= sent.length
      compare(sent, await attacker.exchange(sent.map(({ garbage }) => garbage)), tally)
    }
    await attacker.close()
  }
}

interface Answer {
  readonly code: string
  readonly re?: unknown
}

/** Answers come in the order of what they answer, so the first that differs tells where. */
function compare(
  sent: readonly { generator: Generator; garbage: Garbage }[],
  answers: readonly Answer[],
  tally: Tally,
): void {
  const { wrong, by } = tally
  tally.frames += sent.length
  if (answers.length !== sent.length)
    wrong.push({
      sent: sent.length,
      answered: answers.length,
      codes: [...new Set(answers.map(({ code }) => code))],
    })
  for (const [index, { generator, garbage }] of sent.entries()) {
    by.set(generator.name, (by.get(generator.name) ?? 0) + 1)
    const answer = answers[index]
    if (answer?.code === garbage.code && answer?.re === garbage.re) continue
    if (wrong.length < 5)
      wrong.push({
        generator: generator.name,
        frame: String(garbage.bytes.subarray(0, 400)),
        expected: garbage.code,
        re: garbage.re,
        answer,
      })
  }
}

/** A connection that counts as the protocol asks, whatever it sends. */
async function openAttacker(url: string, isSeated: boolean) {
  const { ws } = await opened(url)
  let [sent, received] = [0, 0]
  let answers: Answer[] = []
  let onPong = () => {}
  let onProblem = (_error: Error) => {}

  ws.on('message', (data, isBinary) => {
    if (isBinary) return // What the plaza knows: never counted.
    const message = JSON.parse(String(data)) as Any
    if (isCounted(MESSAGES, message)) received++
    if (message.type === 'session.reset') onProblem(new Error('the counts differ'))
    else if (message.type === 'error') answers.push({ code: message.data.code, re: message.re })
    else if (typeof message.type === 'number') answers.push({ code: message.error.code })
    else if (message.re === 'end') onPong()
  })
  ws.on('close', (code) => onProblem(new Error(`closed with ${code}`)))

  const send = (bytes: Buffer, binary = false) => ws.send(bytes, { binary })
  const exchange = async (garbage: readonly Garbage[]): Promise<readonly Answer[]> => {
    answers = []
    for (const one of garbage) {
      if (countsHere(one)) sent++
      send(one.bytes, one.isBinary)
    }
    send(Buffer.from('{"type":"ping","id":"end"}'))
    await new Promise<void>((resolve, reject) => {
      onPong = resolve
      onProblem = reject
    })
    // The server compares: counts that differ are answered with a reset.
    send(Buffer.from(JSON.stringify({ type: 'session.ack', data: { sent, received } })))
    return answers
  }

  await exchange([])
  if (isSeated) {
    send(Buffer.from('{"type":"room.join_or_create","id":"in","data":{"kind":"plaza"}}'))
    sent++
    await exchange([])
  }
  return {
    exchange,
    async close() {
      await exchange([])
      onProblem = () => {}
      ws.close(1000)
      await once(ws, 'close')
    },
  }
}

/** Whether a frame counts, as its sender knows. */
function countsHere({ counted, bytes }: Garbage): boolean {
  if (counted !== undefined) return counted
  try {
    return isCounted(MESSAGES, JSON.parse(bytes.toString()))
  } catch {
    return true
  }
}

/** A WebSocket with the socket under it, and what it received. */
async function opened(url: string) {
  const ws = new WebSocket(url)
  const frames: string[] = []
  ws.on('message', (data) => void (frames.length < 2_000 && frames.push(String(data))))
  ws.on('error', () => {})
  let socket: Socket | undefined
  ws.on('upgrade', (response) => {
    socket = response.socket
  })
  await once(ws, 'open')
  return { ws, frames, socket: socket as Socket }
}

/** A masked frame as a client sends it (RFC 6455, section 5.2); the mask is zero. */
function framed(first: number, payload: Buffer): Buffer {
  const { length } = payload
  const head =
    length < 126
      ? Buffer.from([first, 0x80 | length])
      : Buffer.from([first, 0xfe, length >> 8, length & 0xff])
  if (length < 65_536) return Buffer.concat([head, Buffer.alloc(4), payload])
  const long = Buffer.alloc(14)
  long[0] = first
  long[1] = 0xff
  long.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([long, payload])
}

function flood(client: RawClient, rate: RateClass): void {
  const found = messageOfClass(rate)
  client.send({ type: found?.type, id: 'f', data: found && dataFor(found.type) })
}

const dataFor = (type: string) =>
  type === 'player.identify' ? {} : sample((MESSAGES as Messages)[type]?.data ?? { kind: 'json' })

async function askMany(client: RawClient, rate: RateClass, count: number): Promise<Any[]> {
  const found = messageOfClass(rate)
  if (!found) throw new Error(`no message has the rate ${rate}`)
  const asked = Array.from({ length: count }, () =>
    client.ask(found.type, dataFor(found.type) as object),
  )
  return (await Promise.all(asked)).map(({ data }) => data)
}

const answersOf = (client: RawClient, code: string) =>
  client.seen.filter(({ type, data }) => type === 'error' && data.code === code)

const claim = (by: RawClient, { welcome }: RawClient, attempt: number) =>
  by.ask('session.resume', { token: welcome.token, attempt, sent: 0, received: 0, forgotten: 0 })

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn()
}
