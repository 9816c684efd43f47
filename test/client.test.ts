import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { ADDRESS_WORDS } from '../protocol/message.ts'
import { PLAZA } from '../protocol/plaza.ts'
import { JSON_DEPTH } from '../protocol/schema.ts'
import { createServer, type GameServer } from '../server/server.ts'
import { type ConnectOptions, connect, type Network, NetworkError } from '../web-client/client.ts'
import { createClock as createServerClock } from '../web-client/clock.ts'
import type { WebSocketConstructor } from '../web-client/link.ts'
import type { Any } from './support/client.ts'
import { kindOf } from './support/stage.ts'
import { settled as arrived, back, cut, enter, HOUSE, troupe } from './support/troupe.ts'
import { NodeSocket, OVERS, world } from './support/world.ts'

/** How many of a host and an assistant the host reaches, in a room without logic of its own. */
const REACHES: Readonly<Record<(typeof ADDRESS_WORDS)[number], number | string>> = {
  ...{ others: 1, all: 2, self: 1, host: 1, hosts: 2, other_hosts: 1, server: 'INVALID_TARGET' },
}

for (const over of OVERS) {
  t.test(`a refusal is told as one, with its code and reason, over ${over}`, async (t) => {
    const { connect } = await world(t, { over, limits: { connections: 1 } })
    await connect()

    await t.rejects(connect(), { code: 'REFUSED', message: /too many connections.*\(4105\)/ })
  })

  t.test(`a signal given up before connects to nothing, over ${over}`, async (t) => {
    const { connect, stats } = await world(t, { over })

    await t.rejects(connect({ signal: AbortSignal.abort() }), { code: 'ABORTED', status: 499 })

    t.equal(stats().connections, 0)
  })

  t.test(`a signal ends an open connection, too, over ${over}`, async (t) => {
    const { connect, stats } = await world(t, { over })
    const abort = new AbortController()
    const ada = await connect({ signal: abort.signal })

    abort.abort()

    t.equal(ada.state, 'closed')
    await until(() => stats().sessions === 0)
  })

  t.test(`close leaves at once, over ${over}`, async (t) => {
    const { connect, stats } = await world(t, { over })
    const [ada, bob] = [await connect(), await connect()]
    await bob.rooms.joinOrCreate('plaza')
    await ada.rooms.joinOrCreate('plaza')
    const states: unknown[] = []
    ada.on('state', (...told) => void states.push(told))
    const waiting = outcome(ada.events.emit('plaza.wave'))

    ada.close()

    t.match(await waiting, { code: 'CLOSED' })
    t.strictSame(states, [['closed', 1000, 'leaving']])
    await until(() => stats().sessions === 1)
    t.match(await bob.events.emit('plaza.wave'), { delivered: 0 })
    await t.rejects(ada.events.emit('plaza.wave'), { code: 'CLOSED' })
    ada.close()
    ada.cut()
    t.equal(states.length, 1, 'closing twice is closing once')
  })

  /* Asking. */

  t.test(`an answer that does not come in time is a TIMEOUT, over ${over}`, async (t) => {
    const { connect, clock } = await world(t, { over })
    const ada = await connect()
    await ada.rooms.joinOrCreate('plaza')
    const asked = outcome(ada.events.emit('plaza.wave', [], { timeout: 200 }))

    clock.advance(200)

    t.match(await asked, { code: 'TIMEOUT', status: 504, message: /^event\.emit: .*200 ms/ })
    t.match(
      await ada.events.emit('plaza.wave'),
      { delivered: 0 },
      'the late answer disturbs nobody',
    )
  })

  t.test(`a wait can be given up, over ${over}`, async (t) => {
    const { connect } = await world(t, { over })
    const ada = await connect()
    await ada.rooms.joinOrCreate('plaza')
    const abort = new AbortController()
    const asked = outcome(ada.events.emit('plaza.wave', [], { signal: abort.signal }))

    abort.abort()
    const before = outcome(ada.events.emit('plaza.wave', [], { signal: AbortSignal.abort() }))

    t.match(await asked, { code: 'ABORTED', message: /^event\.emit/ })
    t.match(await before, { code: 'ABORTED' })
    t.match(await ada.events.emit('plaza.wave'), { delivered: 0 })
  })

  t.test(`a refusal tells all the server said, over ${over}`, async (t) => {
    const { connect } = await world(t, { over })
    const ada = await connect()
    const { code } = await ada.rooms.joinOrCreate('plaza')

    const error = await outcome(ada.rooms.join(code))

    t.type(error, NetworkError)
    t.match(error, {
      name: 'NetworkError',
      code: 'ALREADY_IN_ROOM',
      status: 409,
      data: { request: 'room.join', cause: { room: code } },
    })
  })

  t.test(
    `what may nest as deep as JSON may is taken by the server too, over ${over}`,
    async (t) => {
      const here = await world(t, { over })
      const ada = await here.connect()
      await ada.rooms.joinOrCreate('plaza')
      const nested = (levels: number): Any => (levels === 0 ? 'core' : [nested(levels - 1)])

      const deepest = await ada.events.emit('plaza.deep', [nested(JSON_DEPTH)])
      const deeper = ada.events.emit('plaza.deep', [nested(JSON_DEPTH + 1)])

      t.same(deepest.args, [nested(JSON_DEPTH)])
      await t.rejects(deeper, { code: 'INVALID_MESSAGE_DATA', message: /nested at most 24 deep/ })
    },
  )

  t.test(`what JSON cannot hold is refused here, and nothing leaves, over ${over}`, async (t) => {
    const here = await world(t, { over })
    const sent: string[] = []
    const ada = await here.connect({ WebSocket: recording(here.Socket, sent) })
    await ada.rooms.joinOrCreate('plaza')
    const before = sent.length
    const cyclic: Any[] = []
    cyclic.push({ cyclic })
    const wrong: Record<string, Any> = {
      'a Set': new Set([1]),
      'a Map': new Map(),
      'a function': () => {},
      'a symbol': Symbol('s'),
      'a bigint': 1n,
      'a Date': new Date(0),
      'an instance': new (class Thing {})(),
      undefined: undefined,
      NaN: Number.NaN,
      Infinity: Number.POSITIVE_INFINITY,
      'a cycle': cyclic,
      bytes: new Uint8Array(2),
      'a hole': new Array(1),
      'a number that JSON rounds': 2 ** 53,
    }

    for (const [what, value] of Object.entries(wrong))
      for (const args of [[value], ['fine', value], [{ deep: [value] }]])
        t.match(
          await outcome(ada.events.emit('plaza.m', args)),
          { code: 'INVALID_MESSAGE_DATA', message: /^event\.emit\.args\[\d\]/ },
          what,
        )

    t.equal(sent.length, before)
    t.match(await ada.events.emit('plaza.m', ['fine']), { delivered: 0 }, 'all is well afterwards')
  })

  t.test(`the acknowledgement proves receipt by the server only, over ${over}`, async (t) => {
    const { connect } = await world(t, { over })
    const reported: unknown[] = []
    const [ada, bob] = [
      await connect(),
      await connect({ report: (error) => void reported.push(error) }),
    ]
    for (const one of [ada, bob]) await one.rooms.joinOrCreate('plaza')
    const boom = new Error('boom')
    const heard: unknown[] = []
    bob.events.on('plaza.m', () => {
      throw boom
    })
    bob.events.on('plaza.m', (args) => void heard.push(args))

    const answer = await ada.events.emit('plaza.m', [1])
    await ada.events.emit('plaza.m', [2])
    await bob.events.emit('plaza.wave')

    t.match(answer, { delivered: 1 })
    t.strictSame(heard, [[1], [2]], 'the other listener ran')
    t.strictSame(reported, [boom, boom])
    t.equal(bob.state, 'open')
  })

  t.test(`every address word of the tables is one here and there, over ${over}`, async (t) => {
    const [ada] = await troupe(await world(t, { over, ...HOUSE }), ['host', 'assistant'])

    for (const word of ADDRESS_WORDS) {
      const emitted: Any = await outcome(ada.network.events.emit('game.m', [], { to: word }))
      t.equal(emitted.delivered ?? emitted.code, REACHES[word], word)
      await outcome(ada.network.queries.ask(word, 'game.q'))
      t.equal(ada.sent.findLast(({ type }) => type === 'query')?.to, word)
    }
    await outcome(ada.network.queries.ask('someone', 'game.q'))

    t.equal(ada.sent.findLast(({ type }) => type === 'query')?.to, 'player:someone')
  })

  t.test(`what is too large is refused here, and nothing leaves, over ${over}`, async (t) => {
    const here = await world(t, { over })
    const sent: string[] = []
    const ada = await here.connect({ WebSocket: recording(here.Socket, sent) })
    const [bob] = [await here.connect()]
    for (const one of [ada, bob]) await one.rooms.joinOrCreate('plaza')
    const before = sent.length

    for (const letter of ['x', 'é', '😀', '"', '\u0000'])
      t.match(await outcome(ada.events.emit('plaza.m', [letter.repeat(60_000)])), {
        code: 'TOO_LARGE',
        message: /^event\.emit: \d+ bytes; expected at most 60000/,
      })

    t.equal(sent.length, before)
    t.match(await ada.events.emit('plaza.m', ['x'.repeat(59_900)]), { delivered: 1 })
  })

  /* Rooms. */

  t.test(`a code is taken as people type it, over ${over}`, async (t) => {
    const here = await world(t, { over, ...HOUSE })
    const { room } = await enter(here)
    const [a, b] = [room.code.slice(0, 3), room.code.slice(3)]
    const typed = [`${a}-${b}`, ` ${a} ${b}\n`, `${a} \u2013 ${b}`.toLowerCase()]

    for (const [index, code] of typed.entries()) {
      const seat = await (await here.connect()).rooms.join(code)
      t.strictSame([seat.code, seat.you], [room.code, index + 2])
    }
    const ada = await here.connect()

    t.match(await outcome(ada.rooms.join('K7QF2')), { code: 'INVALID_MESSAGE_DATA' })
    t.match(await outcome(ada.rooms.join('K7QF2O')), { code: 'INVALID_MESSAGE_DATA' })
  })

  t.test(`a room that is made says what its maker wished, over ${over}`, async (t) => {
    const here = await world(t, { over, ...HOUSE })
    const ada = await here.connect()
    const properties = { map: 'ice' }

    const options = { capacity: 2, listed: false, properties, name: 'Ada', data: null }
    const room = await ada.rooms.create('stage', options)

    t.match(room, { kind: 'stage', capacity: 2, you: 1, listed: false, locked: false, properties })
    t.match(room.host, { number: 1, name: 'Ada', role: 'host' })
    t.equal(room.isHost, true)
    t.equal(ada.rooms.all.get(room.code), room)
    t.strictSame((await ada.rooms.list()).rooms, [])
  })

  t.test(
    `rooms are listed a page at a time, and found by what they say, over ${over}`,
    async (t) => {
      const here = await world(t, { over, ...HOUSE })
      const codes: string[] = []
      for (const level of [1, 2, 2]) {
        const maker = await here.connect()
        codes.push((await maker.rooms.create('stage', { properties: { level } })).code)
      }
      const ada = await here.connect()

      const first = await ada.rooms.list({ kind: 'stage', limit: 2 })
      const rest = await ada.rooms.list({ kind: 'stage', after: first.next ?? 0 })
      const found = await ada.rooms.list({ properties: { level: 2 } })
      const joined = await ada.rooms.joinOrCreate('stage', { properties: { level: 2 } })
      const made = await (await here.connect()).rooms.joinOrCreate('stage', {
        properties: { level: 3 },
      })

      const codesOf = ({ rooms }: Any) => rooms.map(({ code }: Any) => code)
      t.strictSame(
        [codesOf(first), codesOf(rest), rest.next],
        [codes.slice(0, 2), codes.slice(2), null],
      )
      t.strictSame(codesOf(found), codes.slice(1))
      t.equal(joined.code, codes[1])
      t.match([made.you, made.properties], [1, { level: 3 }])
    },
  )

  t.test(`who is kicked hears why, and is in the room no longer, over ${over}`, async (t) => {
    const here = await world(t, { over, ...HOUSE })
    const [ada, bob, cleo] = await troupe(here, ['host', 'player', 'player'])
    const heard: unknown[] = []
    bob.room.on('kicked', (how) => void heard.push(how))
    bob.room.on('closed', () => void heard.push('closed'))
    bob.room.on('left', () => void heard.push('never'))
    const left: unknown[] = []
    cleo.room.on('left', ({ number }, reason) => void left.push([number, reason]))

    await ada.room.kick(2, { reason: 'too loud' })
    await arrived(bob)
    const again = await bob.network.rooms.join(ada.room.code)
    await ada.room.ban(again.you)
    await arrived(bob, cleo)

    t.strictSame(heard, [{ by: 1, banned: false, reason: 'too loud' }, 'closed'])
    t.strictSame(left, [
      [2, 'kicked'],
      [4, 'banned'],
    ])
    t.equal(bob.network.rooms.all.size, 0)
    t.match(await outcome(bob.network.rooms.join(ada.room.code)), { code: 'BANNED' })
    t.match(await outcome(bob.room.kick(1)), { code: 'NOT_IN_ROOM' })
    t.match(await outcome(cleo.room.kick(1)), { code: 'PERMISSION_DENIED' })
    t.match(await outcome(ada.room.kick(9)), { code: 'MEMBER_NOT_FOUND' })
  })

  t.test(`a room’s changes are known to all its members, over ${over}`, async (t) => {
    const here = await world(t, { over, ...HOUSE })
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const updates: unknown[] = []
    bob.room.on('updated', () => {
      const { listed, locked, properties } = bob.room
      updates.push([listed, locked, properties])
    })

    await ada.room.update({ properties: { map: 'ice', level: 1 } })
    await ada.room.update({ properties: { map: null }, listed: false })
    await ada.room.lock()
    await ada.room.lock(false)
    await arrived(bob)

    t.strictSame(updates, [
      [true, false, { map: 'ice', level: 1 }],
      [false, false, { level: 1 }],
      [false, true, { level: 1 }],
      [false, false, { level: 1 }],
    ])
    t.strictSame(ada.room.properties, { level: 1 })
  })

  t.test(`hosts and roles are right in a room of several pages, over ${over}`, async (t) => {
    const limits = { ...HOUSE.limits, receive_bytes: 2_000, resume_frames: 4 }
    const kinds = [kindOf('hall', { capacity: 40 })]
    const here = await world(t, { over, ...HOUSE, kinds, limits, rates: false })
    const crowd = [await enter(here, { kind: 'hall' })]
    const code = crowd[0]?.room.code ?? ''
    while (crowd.length < 25) crowd.push(await enter(here, { code }))
    await crowd[0]?.room.assign(25, 'host')
    await crowd[0]?.room.assign(1, 'player')
    const told: unknown[] = []

    const bob = await enter(here, { code, backoff: () => 1_000 })
    bob.room.on('members', () => told.push([bob.room.members.size, bob.room.host?.number]))
    await arrived(bob)
    const joined = [bob.room.members.size, bob.room.host?.number]
    await cut(bob, here)
    for (let number = 0; number < 8; number++)
      await crowd[1]?.network.events.emit('hall.n', [number])
    await back(bob, here)
    await arrived(bob)

    t.strictSame(joined, [26, 25])
    t.strictSame(told.at(-1), [26, 25])
    t.match(bob.room.members.get(25), { role: 'host' })
    t.match(bob.room.members.get(1), { role: 'player' })
  })

  /* Coming back. */

  t.test(`a listener that is taken away hears nothing more, over ${over}`, async (t) => {
    const { connect } = await world(t, { over })
    const ada = await connect()
    await ada.rooms.joinOrCreate('plaza')
    const heard: unknown[] = []
    const stop = ada.events.on('plaza.m', (args) => void heard.push(args))

    await ada.events.emit('plaza.m', [1], { to: 'all' })
    stop()
    await ada.events.emit('plaza.m', [2], { to: 'all' })

    t.strictSame(heard, [[1]])
  })

  t.test(`a guest comes back with its key, over ${over}`, async (t) => {
    const { connect } = await world(t, { over })
    const ada = await connect()
    const { player, guest_key = '' } = await ada.players.identify({ name: 'Ada' })
    ada.close()

    const again = await connect()
    await again.players.identify({ guest_key })

    t.strictSame(again.players.me, player)
  })
}

t.test('several servers in one process share nothing', async (t) => {
  const [one, two] = [await server(t), await server(t)]
  const [ada, bob] = [await player(t, one), await player(t, two)]
  const heard: unknown[] = []
  bob.events.on('plaza.m', (args) => void heard.push(args))

  const { guest_key = '' } = await ada.players.identify()
  const rooms = [await ada.rooms.joinOrCreate('plaza'), await bob.rooms.joinOrCreate('plaza')]
  const answer = await ada.events.emit('plaza.m', ['hello'])

  t.equal(answer.delivered, 0)
  t.strictSame(heard, [])
  t.strictSame(
    rooms.map(({ you, members }) => [you, members.size]),
    [
      [1, 1],
      [1, 1],
    ],
  )
  await t.rejects(bob.players.identify({ guest_key }), { code: 'INVALID_GUEST_KEY' })
  await t.rejects(bob.rooms.join(rooms[0]?.code ?? ''), { code: 'ROOM_NOT_FOUND' })
  t.match([one.stats(), two.stats()], [{ sessions: 1 }, { sessions: 1 }])
  await one.close()
  t.match(await bob.events.emit('plaza.m'), { delivered: 0 }, 'one stops, the other goes on')
})

/* The clock. */

t.test('the client knows the server’s clock, whatever its own says', async (t) => {
  const { connect, clock, sockets } = await world(t)
  const skew = 123_456
  const timers = { now: () => clock.now() + skew, after: clock.after }
  const ada = await connect({ timers })
  await until(() => ada.clock.roundTrip !== undefined)

  const atOnce = ada.clock.now() - clock.now()
  const [socket] = sockets
  clock.advance(5_000)
  for (let count = 0; count < 5; count++) await turn()
  if (socket) socket.stalled = true
  clock.advance(5_000)
  for (let count = 0; count < 5; count++) await turn()
  clock.advance(80)
  if (socket) socket.stalled = false
  await until(() => ada.clock.roundTrip === 80)

  t.equal(atOnce, 0)
  t.equal(ada.clock.now(), clock.now(), 'the quickest ping tells the time, not the last')
})

const CLOCKS: readonly [what: string, pings: readonly number[][], offset: number, trip: number][] =
  [
    ['one ping, the same time both ways', [[1_050, 0, 100]], 1_000, 100],
    [
      'the quickest wins',
      [
        [1_050, 0, 100],
        [1_205, 200, 210],
        [1_900, 300, 800],
      ],
      1_000,
      500,
    ],
    [
      'of equals the first',
      [
        [1_010, 0, 20],
        [1_112, 100, 120],
      ],
      1_000,
      20,
    ],
    [
      'only the last eight count',
      [[900, 0, 0], ...Array.from({ length: 8 }, (_, index) => [1_010 + index, index, index + 20])],
      1_000,
      20,
    ],
    ['a server whose clock is behind', [[10, 1_000, 1_020]], -1_000, 20],
  ]

for (const [what, pings, offset, roundTrip] of CLOCKS)
  t.test(`a clock of pings: ${what}`, (t) => {
    const clock = createServerClock(() => 0)

    for (const [serverTime = 0, sentAt = 0, receivedAt = 0] of pings)
      clock.add(serverTime, sentAt, receivedAt)

    t.equal(clock.now(), offset)
    t.equal(clock.roundTrip, roundTrip)
    t.end()
  })

t.test('a clock begins with the welcome, and anew with the next server', (t) => {
  const clock = createServerClock(() => 100)
  clock.begin(500)
  t.equal(clock.now(), 500)
  t.equal(clock.roundTrip, undefined)
  clock.add(1_050, 0, 100)
  t.equal(clock.now(), 1_100)

  clock.begin(7)

  t.equal(clock.now(), 7)
  t.equal(clock.roundTrip, undefined)
  t.end()
})

t.test('a server that falls silent is noticed, and the session comes back', async (t) => {
  const { connect, clock, sockets, stats } = await world(t)
  const ada = await connect({ pingEvery: 5_000 })
  const room = await ada.rooms.joinOrCreate('plaza')
  const states: unknown[] = []
  ada.on('state', (state, code) => void states.push([state, code]))
  const [socket] = sockets
  if (socket) socket.stalled = true

  for (let second = 0; second < 10; second++) {
    clock.advance(1_000)
    for (let count = 0; count < 5; count++) await turn()
  }
  await until(() => states.length === 2)

  t.strictSame(states, [
    ['away', 4002],
    ['open', 0],
  ])
  t.match(await ada.events.emit('plaza.wave'), { delivered: 0 })
  t.equal(ada.rooms.all.get(room.code), room)
  t.match(room, { you: 1, capacity: PLAZA.capacity })
  t.equal(stats().sessions, 1)
})

/* What the tests share. */

async function server(t: Test, port = 0): Promise<GameServer> {
  const one = await createServer({ port, host: '127.0.0.1' })
  t.teardown(one.close)
  return one
}

async function player(
  t: Test,
  { port }: GameServer,
  options: ConnectOptions = {},
): Promise<Network> {
  const network = await connect(`ws://127.0.0.1:${port}`, { WebSocket: NodeSocket, ...options })
  t.teardown(network.close)
  return network
}

/** A TCP server that takes connections and never says a word. */
/** What a promise came to: its value, or its error. */
const outcome = (promise: Promise<unknown>): Promise<Any> =>
  promise.catch((error: unknown) => error)

/** The same WebSocket, but for a note of everything it sends. */
function recording(Socket: WebSocketConstructor, sent: string[]): WebSocketConstructor {
  return class extends Socket {
    override send(text: string): void {
      sent.push(text)
      super.send(text)
    }
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn()
}

t.test('who leaves on hearing that the session was lost has left', async (t) => {
  const { clock, connect: join } = await world(t)
  const ada = await join({ backoff: () => 40_000 })
  await ada.rooms.joinOrCreate('plaza')
  const closed = new Promise<void>((resolve) => {
    ada.on('lost', () => {
      ada.close()
      resolve()
    })
  })

  ada.cut()
  await turn()
  clock.advance(40_001)
  await closed
  await turn()

  t.equal(ada.state, 'closed')
})
