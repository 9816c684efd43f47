import { readdirSync, readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { MESSAGES } from '../protocol/index.ts'
import {
  boundsOf,
  LIMITS,
  type LimitName,
  OTHER_RATE,
  RATES,
  type RateClass,
} from '../protocol/limits.ts'
import { isCounted, type Messages } from '../protocol/message.ts'
import { PLAZA } from '../protocol/plaza.ts'
import { MIN_RECEIVE_BYTES } from '../protocol/session.ts'
import type { WebSocketConstructor } from '../web-client/link.ts'
import type { Any, RawClient } from './support/client.ts'
import type { Clock } from './support/clock.ts'
import { kindOf, stage } from './support/stage.ts'
import { OVERS, type TestWorld, world } from './support/world.ts'

/** The files of the tests, one after the other. */
const SOURCES = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => readFileSync(new URL(file, import.meta.url), 'utf8'))
  .join('\n')

/** What a title says before its colon: the limits that it shows. */
const SHOWN: ReadonlySet<string> = new Set(
  [...SOURCES.matchAll(/(?:\bt\.test|\bboth|\bpromise)\(\s*['`]([a-z_, ]+|\$\{rate\}): /g)].flatMap(
    ([, names = '']) => names.split(/, | and /),
  ),
)

/** What input.test.ts shows of each class of messages. */
const ofMessages = new Set(
  Object.values(MESSAGES as Messages).flatMap(({ direction, rate }) =>
    direction === 'to_client' ? [] : [rate ?? OTHER_RATE],
  ),
)

t.test('each limit and each rate is shown by a test whose title begins with its name', (t) => {
  const isShown = (name: string) =>
    SHOWN.has(name) || (SHOWN.has('${' + 'rate}') && ofMessages.has(name as RateClass))
  const names = [...Object.keys(LIMITS), ...Object.keys(RATES)]

  t.strictSame(
    names.filter((name) => !isShown(name)),
    [],
  )
  t.notOk(isShown('patience'), 'a limit without a test is noticed')
  t.end()
})

t.test('each limit has a sentence, and a default within its bounds', (t) => {
  for (const [name, { value, doc }] of Object.entries(LIMITS)) {
    const [min, max] = boundsOf(name as LimitName)
    t.ok(min <= value && value <= max, `${name}: ${min} to ${max}`)
    t.match(doc, /^[A-Z].+\.$/, name)
  }
  t.end()
})

for (const over of OVERS) {
  t.test(`message_bytes: one byte more is TOO_LARGE, over ${over}`, async (t) => {
    const { raw } = await world(t, { over })
    const client = await raw()
    const most = LIMITS.message_bytes.value

    client.send(unknownKind('fits', most))
    client.send(unknownKind('does not', most + 1))

    t.match(await client.next('error'), { data: { code: 'TOO_LARGE', status: 413 } })
    t.match(errorsOf(client), [{ re: 'fits', data: { code: 'UNKNOWN_KIND' } }, {}])
    t.equal(client.welcome.limits.message_bytes, most, 'the welcome tells it')
  })

  t.test(`message_bytes: the operator may choose another, over ${over}`, async (t) => {
    const { raw } = await world(t, { over, limits: { message_bytes: 200 } })
    const client = await raw()

    client.send(unknownKind('fits', 200))
    client.send(unknownKind('does not', 201))

    t.match(await client.next('error'), { data: { code: 'TOO_LARGE' } })
    t.equal(errorsOf(client).length, 2)
    t.equal(client.welcome.limits.message_bytes, 200)
  })

  t.test(`depth: 32 levels are read, 33 are not, over ${over}`, async (t) => {
    const { raw } = await world(t, { over })
    const client = await raw()
    const nested = (id: string, levels: number) =>
      unknownKind(id).replace('""', `${'['.repeat(levels - 2)}${']'.repeat(levels - 2)}`)

    client.send(nested('fits', LIMITS.depth.value))
    client.send(nested('does not', LIMITS.depth.value + 1))
    for (const part of ['[{"', '[{\\', '[\\"', `${'['.repeat(70)}"`])
      client.send(unknownKind('brackets in text').replace('""', JSON.stringify(part.repeat(500))))
    const behindText = nested('behind text', LIMITS.depth.value + 1).replace(
      '[',
      `["${'\\\\'.repeat(99)}",`,
    )
    client.send(behindText)
    client.send(unknownKind('last'))
    await client.settled()

    t.match(errorsOf(client), [
      { re: 'fits', data: { code: 'INVALID_MESSAGE_DATA', message: /nested at most 24 deep/ } },
      { re: undefined, data: { code: 'INVALID_MESSAGE', message: /32 levels/ } },
      ...Array.from({ length: 4 }, () => ({
        ...{ re: 'brackets in text', data: { code: 'UNKNOWN_KIND' } },
      })),
      { re: undefined, data: { code: 'INVALID_MESSAGE', message: /32 levels/ } },
      { re: 'last' },
    ])
  })

  t.test(`connections: one too many is told 4105 and may come later, over ${over}`, async (t) => {
    const { raw, Socket, url, stats } = await world(t, {
      over,
      limits: { connections: 2, unproven: 0 },
    })
    const first = await raw()
    await raw()

    const code = await closeOf(Socket, url)

    t.equal(code, 4105)
    t.match(stats(), { connections: 2, sessions: 2 })
    first.close()
    await first.closed
    await until(() => stats().connections === 1)
    await (await raw()).settled()
  })

  t.test(`sessions: those away count, until their window ends, over ${over}`, async (t) => {
    const { raw, Socket, url, stats, clock } = await world(t, {
      over,
      limits: { sessions: 2, unproven: 0 },
    })
    for (const client of [await raw(), await raw()]) {
      await client.settled()
      client.drop()
    }
    await until(() => stats().away === 2)

    const code = await closeOf(Socket, url)

    t.equal(code, 4105)
    clock.advance(LIMITS.resume_ms.value)
    await (await raw()).settled()
    t.match(stats(), { sessions: 1, away: 0 })
  })

  t.test(`identify_ms: who has not identified by then is closed, over ${over}`, async (t) => {
    const { raw, clock } = await world(t, { over, limits: { identify_ms: 5_000 } })
    const [known, unknown] = [await raw(), await raw()]
    await known.ask('player.identify')
    clock.advance(5_000)
    await unknown.settled()

    clock.advance(1_000)

    t.equal((await unknown.closed).code, 4104)
    await known.settled()
  })
}

t.test('identify_ms: by default nobody must', async (t) => {
  const { raw, clock } = await world(t)
  const client = await raw()

  await pass(clock, 120_000)

  await client.settled()
})

t.test(
  'frame_bytes: what is larger closes the socket with 1009 and ends the session',
  async (t) => {
    const { raw, stats } = await world(t, { over: 'socket' })
    const [client, neighbour] = [await raw(), await raw()]
    const most = LIMITS.frame_bytes.value

    client.send(' '.repeat(most))
    t.match(await client.next('error'), { data: { code: 'TOO_LARGE' } })
    client.send(' '.repeat(most + 1))

    t.equal((await client.closed).code, 1009)
    await until(() => stats().connections === 1)
    t.match(stats(), { sessions: 1, away: 0 })
    await neighbour.settled()
  },
)

/* What a client can take. */

t.test('receive_bytes: a long list of members comes in pages that fit', async (t) => {
  const { raw } = await world(t)
  const crowd = await seat(raw, 40)
  const small = await raw()
  await small.ask('session.hello', { receive_bytes: MIN_RECEIVE_BYTES })

  const { data } = await small.ask('room.join_or_create', { kind: 'plaza' })
  const numbers = numbersOf(data)
  for (let more = data.more; more; ) {
    const page = (await small.next('room.members')).data
    numbers.push(...numbersOf(page))
    more = page.more
  }

  t.strictSame(
    numbers,
    Array.from({ length: crowd.length + 1 }, (_, index) => index + 1),
  )
  t.ok(largest(small) <= MIN_RECEIVE_BYTES, `${largest(small)} bytes at most`)
  t.ok(data.more)
})

t.test('receive_bytes: without a word a client gets what a Godot socket takes', async (t) => {
  const { raw } = await world(t, { rates: false })
  await seat(raw, PLAZA.capacity - 1)
  const client = await raw()

  const { data } = await client.ask('room.join_or_create', { kind: 'plaza' })

  t.equal(data.members.length, PLAZA.capacity)
  t.notOk(data.more)
  t.ok(largest(client) <= LIMITS.receive_bytes.value)
})

t.test('receive_bytes: a snapshot comes in pages that fit', async (t) => {
  const { raw } = await world(t)
  const crowd = await seat(raw, 40)
  const small = await raw()
  await small.ask('player.identify', { name: '"\\"\\"\\"\\"\\"\\"\\"\\"\\"\\"\\"\\' })
  await small.ask('room.join_or_create', { kind: 'plaza' })
  small.drop()

  const back = await raw()
  const { token } = small.welcome
  const counts = {
    attempt: 1,
    sent: 2,
    received: small.seen.filter((one) => isCounted(MESSAGES, one)).length,
  }
  const claim = { token, ...counts, forgotten: 0, receive_bytes: MIN_RECEIVE_BYTES }
  t.match(await back.ask('session.resume', claim), { data: { resumed: true } })
  const numbers: number[] = []
  for (let more = true; more; ) {
    const page = (await back.next('session.snapshot')).data
    numbers.push(...numbersOf(page.rooms[0]))
    more = page.more
  }

  t.strictSame(
    numbers,
    Array.from({ length: crowd.length + 1 }, (_, index) => index + 1),
  )
  t.ok(largest(back) <= MIN_RECEIVE_BYTES, `${largest(back)} bytes at most`)
})

t.test('receive_bytes: positions too large are told of once, until they fit again', async (t) => {
  const { raw } = await world(t)
  const [ada, small] = (await seat(raw, 2)) as [RawClient, RawClient]
  await small.ask('session.hello', { receive_bytes: MIN_RECEIVE_BYTES })
  const stand = async (length: number) => {
    await ada.ask('event.emit_latest', { name: 'plaza.at', args: ['x'.repeat(length)] })
    await small.settled()
  }

  for (let time = 0; time < 5; time++) await stand(2_000)
  const toldAtFirst = errorsOf(small).length
  await stand(7)
  const fitting = small.seen.filter(({ type }) => type === 'event.latest')
  for (let time = 0; time < 5; time++) await stand(2_000)

  t.equal(toldAtFirst, 1)
  t.match(errorsOf(small)[0], {
    re: undefined,
    data: { code: 'TOO_LARGE', request: 'event.latest', message: /receive_bytes 1024/ },
  })
  t.equal(fitting.length, 1)
  t.equal(errorsOf(small).length, 2, 'and once more when they no longer fit')
  t.ok(largest(small) <= MIN_RECEIVE_BYTES)
})

t.test('receive_bytes: an event too large for one reaches the others', async (t) => {
  const { raw } = await world(t)
  const [ada, bob, small] = await seat(raw, 3)
  await small?.ask('session.hello', { receive_bytes: MIN_RECEIVE_BYTES })
  const args = ['x'.repeat(2_000)]

  const reply = await ada?.ask('event.emit', { name: 'plaza.shout', args })

  t.match(reply, { data: { delivered: 2, args } })
  t.match(await bob?.next('event'), { data: { args } })
  t.match(await small?.next('error'), { data: { code: 'TOO_LARGE', request: 'event' } })
  const answer = await small?.ask('event.emit', { name: 'plaza.shout', args })
  await bob?.settled()
  t.match(answer, { type: 'error', data: { code: 'TOO_LARGE', request: 'event.emit' } })
  const heard = bob?.seen.filter(({ type }) => type === 'event')
  t.equal(heard?.length, 1, 'who could not be told that it was sent does not send it')
})

/* Requests in flight. */

/** A server that answers `room.leave` only when told to. */
async function slowServer(t: Parameters<typeof stage>[0], limits = {}) {
  const answers: (() => void)[] = []
  const leave = () =>
    new Promise<() => object>((resolve) => answers.push(() => resolve(() => ({}))))
  const { raw, clock } = stage(t, { limits, handlers: { 'room.leave': leave } })
  return { client: await raw(), clock, answers }
}

t.test('requests: the sixty-fifth in flight is refused, until one is answered', async (t) => {
  const { client, answers } = await slowServer(t)
  const most = LIMITS.requests.value
  const asked = Array.from({ length: most }, () => client.ask('room.leave'))

  const refused = await client.ask('room.leave')
  for (const answer of answers.splice(0, 1)) answer()
  await asked[0]
  const accepted = client.ask('room.leave')
  await until(() => answers.length === most)
  for (const answer of answers) answer()

  t.match(refused, { data: { code: 'RATE_LIMITED', message: /64 requests in flight/ } })
  t.notOk('retry_ms' in refused.data, 'nobody knows for how long')
  t.match(await accepted, { type: 'room.leave' })
  for (const one of await Promise.all(asked)) t.equal(one.type, 'room.leave')
})

t.test('requests: an id in flight is not answered twice, whatever repeats it', async (t) => {
  const { client, answers } = await slowServer(t)
  client.send({ type: 'room.leave', id: '7', data: {} })

  client.send({ type: 'room.leave', id: '7', data: {} })
  client.send({ type: 'room.leave', id: '7', data: { nonsense: true } })
  client.send({ type: 'room.nonsense', id: '7', data: {} })
  await until(() => errorsOf(client).length === 3)
  for (const answer of answers) answer()
  await until(() => client.seen.some(({ re }) => re === '7'))

  t.match(errorsOf(client), [
    { data: { code: 'DUPLICATE_ID', request: 'room.leave' } },
    { data: { code: 'INVALID_MESSAGE_DATA', request: 'room.leave' } },
    { data: { code: 'INVALID_MESSAGE', request: 'room.nonsense' } },
  ])
  t.match(
    client.seen.filter(({ re }) => re !== undefined),
    [{ type: 'room.leave', re: '7' }],
  )
  t.match(await client.ask('room.join', { code: 'AAAAAA' }), { data: { code: 'ROOM_NOT_FOUND' } })
})

t.test(
  'requests: repeating an id in flight is charged for, and a flood of it closed',
  async (t) => {
    const { client } = await slowServer(t)
    const flood = RATES.request.burst + RATES.refused.burst

    for (let count = 0; count < flood + 50; count++)
      client.send({ type: 'room.leave', id: '7', data: {} })

    t.equal((await client.closed).code, 4101)
    t.equal(client.seen.filter(({ re }) => re === '7').length, 0)
  },
)

/* Rooms, guests, silence. */

t.test('rooms: one session may be in eight', async (t) => {
  const kinds = Array.from({ length: 9 }, (_, index) => kindOf(`kind${index}`))
  const { raw } = stage(t, { kinds })
  const client = await raw()
  const join = (kind: string) => client.ask('room.join_or_create', { kind })
  for (const { name } of kinds.slice(1)) t.match(await join(name), { type: 'room.join_or_create' })

  const refused = await join('kind0')
  await client.ask('room.leave', {}, { room: (await firstSeat(client)).room.code })
  const accepted = await join('kind0')

  t.equal(LIMITS.rooms.value, 8)
  t.match(refused, { data: { code: 'TOO_MANY_ROOMS', status: 429 } })
  t.match(accepted, { data: { room: { kind: 'kind0' } } })
})

t.test('rooms_total: a server that holds as many as it may makes no more', async (t) => {
  const kinds = [kindOf('one'), kindOf('two'), kindOf('three')]
  const { raw, clock } = stage(t, { kinds, limits: { rooms_total: 2 } })
  const client = await raw()
  const join = (kind: string) => client.ask('room.join_or_create', { kind })
  await join('one')
  const { data } = await join('two')

  const refused = await join('three')
  await client.ask('room.leave', {}, { room: data.room.code })
  clock.advance(30_000)
  const accepted = await join('three')

  t.match(refused, { data: { code: 'TOO_MANY_ROOMS' } })
  t.match(accepted, { data: { room: { kind: 'three' } } })
})

/* Sessions. */

for (const resume_ms of [LIMITS.resume_ms.value, 5_000])
  t.test(`resume_ms: a session waits ${resume_ms} ms for its next connection`, async (t) => {
    const { raw, clock, stats } = await world(t, { limits: { resume_ms } })
    const [early, late] = [await raw(), await raw()]
    for (const client of [early, late]) {
      await client.settled()
      client.drop()
    }
    await until(() => stats().away === 2)

    clock.advance(resume_ms - 1)
    const inTime = await claim(await raw(), early)
    clock.advance(1)
    const tooLate = await claim(await raw(), late)

    t.equal(early.welcome.resume_ms, resume_ms)
    t.match(inTime.data, { resumed: true, session: early.welcome.session })
    t.match(tooLate.data, { resumed: false, kept: false, reason: 'EXPIRED' })
  })

t.test('ack_frames: a library is told the counts at the sixty-fourth frame', async (t) => {
  const { raw } = await world(t)
  const client = await raw()
  await client.ask('session.hello')
  const most = LIMITS.ack_frames.value
  const counted = () => client.ask('room.leave')

  for (let count = 1; count < most; count++) await counted()
  const early = acksOf(client)
  await counted()
  await client.settled()

  t.strictSame(early, [])
  t.match(acksOf(client), [{ received: most }])
  t.equal(client.welcome.limits.ack_frames, most)
})

t.test('ack_ms: a library is told the counts within a second, if they changed', async (t) => {
  const { raw, clock } = await world(t)
  const [client, script] = [await raw(), await raw()]
  await client.ask('session.hello')
  for (const one of [client, script]) await one.ask('room.leave')

  const early = acksOf(client)
  clock.advance(LIMITS.ack_ms.value)
  await client.settled()
  clock.advance(10 * LIMITS.ack_ms.value)
  for (const one of [client, script]) await one.settled()

  t.strictSame(early, [])
  t.strictSame(acksOf(client), [{ sent: 1, received: 1 }], 'and only once')
  t.strictSame(acksOf(script), [], 'who did not introduce itself is not told')
  t.equal(client.welcome.limits.ack_ms, LIMITS.ack_ms.value)
})

t.test('heartbeat_ms: two pings unanswered end the connection, not the session', async (t) => {
  const { raw, clock, stats, sockets } = await world(t)
  const [silent, neighbour] = [await raw(), await raw()]
  await silent.settled()
  const [socket] = sockets
  if (socket) socket.stalled = true
  await pass(clock, 3 * LIMITS.heartbeat_ms.value - 1_000)
  const before = stats()

  await pass(clock, 1_000)

  t.match(before, { connections: 2, away: 0 })
  t.equal((await silent.closed).code, 4002)
  t.match(stats(), { connections: 1, sessions: 2, away: 1 })
  await neighbour.settled()
})

t.test('heartbeat_ms: who says anything at all, or answers pings, stays', async (t) => {
  const { raw, clock, stats, sockets } = await world(t, { limits: { heartbeat_ms: 3_000 } })
  const [talker] = [await raw(), await raw()]
  const [socket] = sockets
  if (socket) socket.stalled = true

  for (let count = 0; count < 40; count++) {
    await pass(clock, 1_000)
    talker.send({ type: 'ping', data: {} })
  }

  t.match(stats(), { connections: 2, away: 0 })
  t.equal(talker.welcome.heartbeat_ms, 3_000)
})

const SILENT_AFTER_MS = [0, 1, 400, 999]

for (const after of SILENT_AFTER_MS)
  t.test(`seated_heartbeat_ms: the dead are away within 15 s, ${after} ms into one`, async (t) => {
    const limits = { seated_heartbeat_ms: LIMITS.seated_heartbeat_ms.value }
    const { raw, clock, stats, sockets } = await world(t, { limits })
    const [dead, watcher, outside] = [await raw(), await raw(), await raw()]
    for (const one of [dead, watcher]) await one.ask('room.join_or_create', { kind: 'plaza' })
    await outside.settled()
    clock.advance(after)
    dead.send({ type: 'ping', data: {} })
    await dead.settled()
    for (const socket of [sockets[0], sockets[2]]) if (socket) socket.stalled = true
    await pass(clock, 9_000)
    const before = stats()

    await pass(clock, 6_000)
    await watcher.settled()

    t.match(before, { connections: 3, away: 0 }, 'not before two pings went unanswered')
    t.match(stats(), { connections: 2, away: 1 }, 'who sits in no room has its time')
    t.match(watcher.seen.find(({ type }) => type === 'room.member_away')?.data, { number: 1 })
  })

t.test('seated_heartbeat_ms: who plays stays, though it answered no ping', async (t) => {
  const limits = { seated_heartbeat_ms: LIMITS.seated_heartbeat_ms.value }
  const { raw, clock, stats, sockets } = await world(t, { limits, kinds: [kindOf('stage')] })
  const [player] = [await raw()]
  await player.ask('room.join_or_create', { kind: 'stage' })
  const [socket] = sockets
  if (socket) socket.stalled = true

  for (let second = 0; second < 60; second++) {
    await pass(clock, 1_000)
    if (second % 3 === 0) player.send({ type: 'ping', data: {} })
  }

  t.match(stats(), { connections: 1, away: 0 })
})

/* What the tests share. */

/** A request for a room of an unknown kind, of so many bytes. */
function unknownKind(id: string, bytes = 0): string {
  const text = (data: string) =>
    JSON.stringify({ type: 'room.join_or_create', id, data: { kind: 'nope', data } })
  return text('x'.repeat(Math.max(0, bytes - text('').length)))
}

const acksOf = ({ seen }: RawClient) =>
  seen.filter(({ type }) => type === 'session.ack').map(({ data }) => data)

const claim = (by: RawClient, { welcome }: RawClient) =>
  by.ask('session.resume', {
    ...{ token: welcome.token, attempt: 1 },
    ...{ sent: 0, received: 0, forgotten: 0 },
  })

const errorsOf = ({ seen }: RawClient) => seen.filter(({ type }) => type === 'error')
const numbersOf = ({ members }: Any): number[] => members.map(({ number }: Any) => number)

/** Of what a client was told since it said how much it takes. */
const largest = ({ seen }: RawClient) =>
  Math.max(
    ...seen
      .slice(seen.findIndex(({ type }) => type === 'session.hello') + 1)
      .filter(({ type }) => type !== 'welcome')
      .map((message) => Buffer.byteLength(JSON.stringify(message))),
  )

const firstSeat = async ({ seen }: RawClient) =>
  seen.find(({ type, re }) => type === 'room.join_or_create' && re !== undefined)?.data

/** So many clients without a library, in one plaza. */
const seat = (raw: TestWorld['raw'], count: number): Promise<RawClient[]> =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const client = await raw()
      await client.ask('room.join_or_create', { kind: 'plaza', data: { colour: '#4f8cff' } })
      return client
    }),
  )

/** The code with which the server closes a socket that it does not want. */
const closeOf = (Socket: WebSocketConstructor, url: string): Promise<number> =>
  new Promise((resolve) => {
    const socket = new Socket(url)
    socket.onclose = ({ code }: { code: number }) => resolve(code)
  })

/** Lets time pass as it does: second by second, with everything that answers in between. */
async function pass(clock: Clock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1_000) {
    clock.advance(1_000)
    for (let count = 0; count < 4; count++) await turn()
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn()
}
