import t, { type Test } from 'tap'
import type { Dialect, Endpoint, Heard, Upgrade } from '../server/core/session/dialect.ts'
import type { Native } from '../server/core/session/translator.ts'
import { Refusal } from '../server/core/wire/refusal.ts'
import { defineRoom, type HubOptions } from '../server/server.ts'
import type { Any } from './support/client.ts'
import { createFeed } from './support/feed.ts'
import { until } from './support/promise.ts'
import { OVERS, type Over, world } from './support/world.ts'

/** A contract of its own: `{"do": …}` in, lines of text out. */
function parrot(more: Partial<Dialect> = {}): Endpoint & { readonly told: Native[] } {
  const told: Native[] = []
  const dialect: Dialect = {
    opened: (session) => session.conversation?.say('good day', { who: 'parrot' }),
    incoming: ({ text, value, problem }): readonly Heard[] => {
      if (problem) return [{ refusal: problem, mark: 'noise' }]
      const { do: wish, twice, data, re, to } = value as Any
      if (wish === 'nothing') return []
      if (wish === 'refuse') return [{ refusal: new Refusal('UNSUPPORTED', text), mark: 'no' }]
      if (re !== undefined) return [{ type: wish, re, data }]
      const heard = { type: wish, data, to, mark: `as ${wish}` }
      return twice ? [heard, heard] : [heard]
    },
    outgoing(message, _session, mark) {
      told.push(message)
      const { type, re, id, data } = message
      if (type === 'error') return [`error ${(data as Any).code} ${mark ?? '-'}`]
      if (re !== undefined) return [`answer ${type} ${mark}`]
      if (id !== undefined) return [{ asked: id, data }]
      return type === 'event' ? [`event ${(data as Any).args[0]}`] : []
    },
    closing: (code) => 3000 + (code % 1000),
    ...more,
  }
  return { matches: ({ path }) => path === '/parrot', dialect, told }
}

/** A server with these endpoints, and sockets that read one frame after the other. */
async function scene(
  t: Test,
  endpoint: Endpoint,
  { over = 'memory', ...options }: HubOptions & { readonly over?: Over } = {},
) {
  const rooms = { duel: defineRoom({ namespaces: ['game'], capacity: 200 }) }
  const own = await world(t, { over, rooms, endpoints: [endpoint], ...options })
  return {
    ...own,
    open(path = '/parrot') {
      const socket = new own.Socket(`${own.url}${path}`)
      const frames = createFeed<string>(path)
      let taken = 0
      const closed = new Promise<{ code: number; reason: string }>((resolve) => {
        socket.onclose = (event: { code: number; reason: unknown }) => {
          frames.end(`closed with ${event.code}`)
          resolve({ code: event.code, reason: String(event.reason) })
        }
      })
      const opened = new Promise<void>((resolve) => {
        socket.onopen = () => resolve()
      })
      socket.onerror = () => {}
      socket.onmessage = ({ data }: { data: unknown }) => frames.push(String(data))
      t.teardown(() => socket.terminate?.())
      return {
        socket,
        frames,
        closed,
        async say(what: object | string) {
          await opened
          socket.send(typeof what === 'string' ? what : JSON.stringify(what))
        },
        async next(): Promise<string> {
          const at = taken++
          await frames.until(() => frames.items.length > at, `frame ${at}`)
          return frames.items[at] ?? ''
        },
      }
    },
  }
}

type Stranger = ReturnType<Awaited<ReturnType<typeof scene>>['open']>

async function greeted(stranger: Stranger): Promise<Stranger> {
  await stranger.next()
  await stranger.next()
  return stranger
}

for (const over of OVERS) {
  t.test(`an endpoint speaks its own words from the first, over ${over}`, async (t) => {
    const seen: Upgrade[] = []
    const endpoint = parrot({
      opened(session, upgrade) {
        seen.push(upgrade)
        session.conversation?.say('good day', { who: 'parrot' })
      },
    })
    const { open, raw } = await scene(t, endpoint, { over })
    const stranger = open('/parrot?seed=1')

    t.equal(await stranger.next(), 'good day', 'text goes as it is')
    t.equal(await stranger.next(), '{"who":"parrot"}', 'anything else as JSON')
    t.match(seen, [{ path: '/parrot' }])
    t.equal(seen[0]?.query.get('seed'), '1')
    if (over === 'socket') t.type(seen[0]?.headers['sec-websocket-key'], 'string')
    t.match((await raw()).welcome, { session: String }, 'at / as ever')
    t.match(await open('/elsewhere?x=1').closed, { code: 4100, reason: /\/elsewhere; connect/ })
  })

  t.test(
    `what it says takes the one way in, and comes back translated, over ${over}`,
    async (t) => {
      const { open } = await scene(t, parrot(), { over })
      const stranger = await greeted(open())

      for (const [said, answers] of [
        [{ do: 'ping', data: {} }, ['answer ping as ping']],
        [{ do: 'ping', twice: true }, ['answer ping as ping', 'answer ping as ping']],
        [{ do: 'ping', data: { x: 1 } }, ['error INVALID_MESSAGE_DATA as ping']],
        [{ do: 'room.dance' }, ['error INVALID_MESSAGE as room.dance']],
        [{ do: 'room.join', data: { code: 'QQQQQQ' } }, ['error ROOM_NOT_FOUND as room.join']],
        [{ do: 'player.identify', data: {} }, ['answer player.identify as player.identify']],
        [{ do: 'query', to: 'x'.repeat(200) }, ['error INVALID_MESSAGE as query']],
        [{ do: 'refuse' }, ['error UNSUPPORTED no']],
        ['not JSON', ['error INVALID_MESSAGE noise']],
        [{ do: 'ping', re: 'x' }, ['error UNKNOWN_REQUEST -']],
      ] as const) {
        await stranger.say(said)
        for (const answer of answers) t.equal(await stranger.next(), answer, JSON.stringify(said))
      }
    },
  )

  t.test(`its session ends with its socket, over ${over}`, async (t) => {
    const { open, stats, raw } = await scene(t, parrot(), { over })
    const stranger = await greeted(open())
    await stranger.say({ do: 'ping' })
    await stranger.next()
    await raw()
    t.match(stats(), { connections: 2, sessions: 2 })

    stranger.socket.terminate?.()
    await stranger.closed
    await until(() => stats().connections === 1, 'the connection is gone')

    t.match(stats(), { sessions: 1, away: 0 })
  })
}

t.test('frames that arrive before it has begun wait, and are heard in order', async (t) => {
  const gate = promised<void>()
  const endpoint = parrot({
    async opened(session) {
      await gate.promise
      session.conversation?.say('at last')
    },
  })
  const { open, raw } = await scene(t, endpoint)
  const stranger = open()
  for (const code of ['A', 'B', 'C']) await stranger.say(`{"do":"room.${code}"}`)
  await (await raw()).settled()
  t.strictSame(stranger.frames.items, [])

  gate.resolve()

  for (const frame of [
    'at last',
    'error INVALID_MESSAGE as room.A',
    'error INVALID_MESSAGE as room.B',
    'error INVALID_MESSAGE as room.C',
  ])
    t.equal(await stranger.next(), frame)
})

for (const [limits, counted] of [
  [{ requests: 5 }, 21],
  [{ hard_bytes: 70_000 }, 4],
] as const)
  t.test(
    `who says too much before it has begun is closed: ${JSON.stringify(limits)}`,
    async (t) => {
      const { open } = await scene(t, parrot({ opened: () => new Promise(() => {}) }), { limits })
      const stranger = open()
      const padding = 'x'.repeat(40_000)

      for (let count = 0; count < counted; count++) await stranger.say({ do: 'ping', padding })

      t.match(await stranger.closed, { code: 3101 })
    },
  )

t.test('who is not admitted is closed with the contract’s own code', async (t) => {
  const refusing = (error: unknown) => parrot({ opened: () => Promise.reject(error) })
  for (const [error, closed] of [
    [new Refusal('INVALID_TICKET'), { code: 3104, reason: /^The ticket is unknown/ }],
    [new Refusal('STORAGE_FAILED'), { code: 3000 }],
    [new Error('a bug'), { code: 3000, reason: /stopping or restarting/ }],
  ] as const) {
    const { open, lines } = await scene(t, refusing(error))
    t.match(await open().closed, closed)
    const logged = lines.some(({ msg }) => msg === 'conversation failed to open')
    t.equal(logged, !(error instanceof Refusal))
  }
})

t.test('an event for a hundred is translated once, and once only', async (t) => {
  const endpoint = parrot()
  const { open, raw } = await scene(t, endpoint, { rates: false })
  const strangers = await Promise.all(Array.from({ length: 100 }, () => greeted(open())))
  const ada = await raw()
  const { data } = await ada.ask('room.join_or_create', { kind: 'duel' })
  for (const one of strangers) {
    await one.say({ do: 'room.join', data: { code: data.room.code } })
    t.match(await one.next(), /^answer room\.join/)
  }
  endpoint.told.length = 0

  await ada.ask('event.emit', { name: 'game.said', args: ['hi'] })

  for (const one of strangers) t.equal(await one.next(), 'event hi')
  t.equal(endpoint.told.filter(({ type }) => type === 'event').length, 1)
})

t.test('what takes its time to be translated stays in its place', async (t) => {
  const gates = new Map<string, ReturnType<typeof promised<void>>>()
  const { outgoing, ...rest } = parrot().dialect
  const endpoint = parrot({
    ...rest,
    outgoing(message, session, mark, text) {
      const word = String((message.data as Any)?.args?.[0])
      const gate = gates.get(word)
      const frames = () => outgoing(message, session, mark, text)
      return gate ? gate.promise.then(frames) : frames()
    },
  })
  const { open, raw } = await scene(t, endpoint)
  const ada = await raw()
  const { data } = await ada.ask('room.join_or_create', { kind: 'duel' })
  const stranger = await greeted(open())
  await stranger.say({ do: 'room.join', data: { code: data.room.code } })
  await stranger.next()
  for (const word of ['first', 'second', 'broken']) gates.set(word, promised<void>())
  const emit = (word: string) => ada.ask('event.emit', { name: 'game.said', args: [word] })

  for (const word of ['first', 'second', 'broken', 'third']) await emit(word)
  await stranger.say({ do: 'ping' })
  gates.get('second')?.resolve()
  gates.get('broken')?.reject(new Refusal('STORAGE_FAILED'))
  await ada.settled()
  t.equal(stranger.frames.items.length, 3, 'nothing has overtaken the first')
  gates.get('first')?.resolve()

  for (const frame of ['event first', 'event second', 'error STORAGE_FAILED -', 'event third'])
    t.equal(await stranger.next(), frame)
  t.equal(await stranger.next(), 'answer ping as ping')
})

/** A room of ada's and of strangers whose events are translated when the gate opens. */
async function waiting(t: Test, limits: NonNullable<HubOptions['limits']>, count = 1) {
  const gate = promised<void>()
  const { outgoing, ...rest } = parrot().dialect
  const endpoint = parrot({
    ...rest,
    outgoing: (message, session, mark, text) =>
      message.type === 'event'
        ? gate.promise.then(() => outgoing(message, session, mark, text))
        : outgoing(message, session, mark, text),
  })
  const { open, raw, lines, stats } = await scene(t, endpoint, { limits, rates: false })
  const ada = await raw()
  const { data } = await ada.ask('room.join_or_create', { kind: 'duel' })
  const strangers: Stranger[] = []
  while (strangers.length < count) {
    const stranger = await greeted(open())
    await stranger.say({ do: 'room.join', data: { code: data.room.code } })
    await stranger.next()
    strangers.push(stranger)
  }
  const say = (text: string) => ada.ask('event.emit', { name: 'game.said', args: [text] })
  const slow = () => lines.filter(({ msg }) => msg === 'slow reader reset').length
  return { gate, strangers, ada, say, slow, stats }
}

t.test('who waits for a translation is not slow, be it more than hard_bytes', async (t) => {
  const { gate, strangers, say, slow } = await waiting(t, { hard_bytes: 4_000 })
  const texts = Array.from({ length: 10 }, (_, index) => `${index}${'x'.repeat(1_000)}`)

  for (const text of texts) await say(text)
  gate.resolve()

  for (const text of texts) t.equal(await strangers[0]?.next(), `event ${text}`)
  t.equal(slow(), 0)
})

t.test('queue_bytes: who waits for more than that to be translated is reset', async (t) => {
  const { strangers, ada, say, slow, stats } = await waiting(t, { queue_bytes: 4_000 })

  const answers: string[] = []
  for (let count = 0; count < 5; count++)
    answers.push((await say('x'.repeat(1_000))).type as string)
  t.match(await strangers[0]?.closed, { code: 1006 })
  await ada.next('room.member_left')

  t.same(answers, Array(5).fill('event.emit'), 'who speaks is not harmed')
  t.equal(slow(), 1)
  t.match(stats(), { sessions: 1, away: 0 })
})

t.test('queue_bytes_total: what waits to be translated counts as well', async (t) => {
  const { strangers, say, slow, gate } = await waiting(t, { queue_bytes_total: 10_000 }, 3)

  for (let count = 0; count < 5; count++) await say('x'.repeat(1_000))
  t.equal(slow(), 2, 'as many as it takes')
  gate.resolve()
  await say('y')

  const closed: number[] = []
  for (const { closed: end } of strangers) void end.then(({ code }) => closed.push(code))
  await until(() => closed.length === 2, 'two are closed')
  t.same(closed, [1006, 1006])
})

t.test('a dialect that fails harms nobody but its own client', async (t) => {
  const { outgoing, ...rest } = parrot().dialect
  const endpoint = parrot({
    ...rest,
    outgoing(message, session, mark, text) {
      if (message.type === 'event') throw new Error('a bug')
      return outgoing(message, session, mark, text)
    },
  })
  const { open, raw, lines } = await scene(t, endpoint)
  const [ada, bob] = [await raw(), await raw()]
  const { data } = await ada.ask('room.join_or_create', { kind: 'duel' })
  const stranger = await greeted(open())
  await stranger.say({ do: 'room.join', data: { code: data.room.code } })
  await stranger.next()
  await bob.ask('room.join', { code: data.room.code })

  const answer = await ada.ask('event.emit', { name: 'game.said', args: ['hi'] })
  await bob.next('event')
  await stranger.say({ do: 'ping' })

  t.match(answer, { type: 'event.emit', data: { delivered: 2 } })
  t.equal(await stranger.next(), 'answer ping as ping')
  t.ok(lines.some(({ msg, type }) => msg === 'message not translated' && type === 'event'))
})

t.test('a question of another player’s reaches it, and its answer goes back', async (t) => {
  const { open, raw } = await scene(t, parrot())
  const ada = await raw()
  const { data } = await ada.ask('room.join_or_create', { kind: 'duel' })
  const stranger = await greeted(open())
  await stranger.say({ do: 'room.join', data: { code: data.room.code } })
  await stranger.next()
  const { member } = (await ada.next('room.member_joined')).data

  const answered = ada.ask(
    'query',
    { name: 'game.trade', data: 8 },
    { to: `session:${member.session}` },
  )
  const { asked } = JSON.parse(await stranger.next())
  await stranger.say({ do: 'query', re: asked, data: { value: 'yes' } })

  t.match(await answered, { type: 'query', data: { value: 'yes' } })
})

t.test(
  'frames that mean nothing cost as much as requests, and a flood of them closes',
  async (t) => {
    const { open } = await scene(t, parrot())
    const stranger = await greeted(open())

    for (let count = 0; count < 301; count++) await stranger.say({ do: 'nothing' })

    t.equal(await stranger.next(), 'error RATE_LIMITED -')
    t.match(await stranger.closed, { code: 3101 })
  },
)

t.test('a push that would not fit its client comes as the error it is', async (t) => {
  const { open, raw } = await scene(t, parrot(), { limits: { receive_bytes: 3_000 } })
  const ada = await raw()
  await ada.ask('session.hello', { receive_bytes: 60_000 })
  const { data } = await ada.ask('room.join_or_create', { kind: 'duel' })
  const stranger = await greeted(open())
  await stranger.say({ do: 'room.join', data: { code: data.room.code } })
  await stranger.next()

  await ada.ask('event.emit', { name: 'game.said', args: ['x'.repeat(4_000)] })

  t.equal(await stranger.next(), 'error TOO_LARGE -')
})

t.test('too many connections are refused in the contract’s own words', async (t) => {
  const { open } = await scene(t, parrot(), { limits: { connections: 1 } })
  await greeted(open())

  t.match(await open().closed, { code: 3105 })
})

/** A promise that a test settles when it likes. */
function promised<T>() {
  let resolve: (value: T) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<T>((keep, fail) => {
    resolve = keep
    reject = fail
  })
  return { promise, resolve, reject }
}
