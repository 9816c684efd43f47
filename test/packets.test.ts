import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { AnyPacket, PacketContext } from '../server/game/packets.ts'
import { acceptPackets, definePackets, ValidationError } from '../server/game/packets.ts'
import { createServer, defineRoom, type HubOptions } from '../server/server.ts'
import { acceptPackets as acceptHere, type ConnectOptions } from '../web-client/client.ts'
import { type Any, openRaw } from './support/client.ts'
import { createRandom, seedOf } from './support/clock.ts'
import { tapped, unpaced } from './support/tap.ts'
import { failureOf, moment, until } from './support/troupe.ts'
import { NodeSocket, OVERS, type Over, type TestWorld, world } from './support/world.ts'

/** As a game would say it, for both of its sides. */
const shared = definePackets({
  Slap: {},
  Action: { data: { type: 'string', payload: 'varint' } },
  Position: { data: { x: 'float32', y: 'float32', z: 'float32' } },
  Whatever: { data: 'packer' },
  Logout: {},
  File: { data: { body: 'buffer' } },
})
/** Made by somebody who thought of another field. */
const other = definePackets({ Slap: {}, Action: { data: { type: 'string', payload: 'int8' } } })

type OnServer = Parameters<
  typeof acceptPackets<
    typeof shared extends { definitions?: infer D } ? Exclude<D, undefined> : never
  >
>[1]

interface Stage extends TestWorld {
  /** A player with the packets, in the room of `code` if there is one. */
  player(options?: ConnectOptions & { readonly code?: string }): Promise<Player>
}

interface Player {
  readonly network: Awaited<ReturnType<TestWorld['connect']>>
  readonly code: string
  readonly errors: Any[]
  readonly reported: Any[]
  readonly warned: string[]
  /** Binary frames, in hexadecimal. */
  readonly sent: string[]
  readonly seen: string[]
  /** Text frames. */
  readonly texts: Any[]
}

async function stage(
  t: Test,
  over: Over,
  acceptors: OnServer = {},
  options: HubOptions = {},
): Promise<Stage> {
  const packets = acceptPackets(shared, acceptors)
  const limits = { heartbeat_ms: 3_600_000, ...options.limits }
  const rates = options.rates ?? false
  const here = await world(t, { over, packets, ...options, limits, rates })
  return { ...here, stats: here.stats, player: (how) => enter(here, how) }
}

async function enter(
  here: TestWorld,
  { code, ...options }: ConnectOptions & { readonly code?: string } = {},
): Promise<Player> {
  const [errors, reported]: [Any[], Any[]] = [[], []]
  const [warned, sent, seen]: [string[], string[], string[]] = [[], [], []]
  const texts: Any[] = []
  const network = await here.connect({
    packets: shared,
    pingEvery: 3_600_000,
    report: (error) => void reported.push(error),
    WebSocket: tapped(here.Socket, {
      onSendBytes: (bytes) => void sent.push(bytes.toString('hex')),
      onReceiveBytes: (bytes) => void seen.push(bytes.toString('hex')),
      onReceive: (message) => void texts.push(message),
    }),
    ...options,
  })
  network.on('error', (error) => void errors.push(error))
  network.on('warning', (text) => void warned.push(text))
  const room = code
    ? await network.rooms.join(code)
    : await network.rooms.create('plaza', { listed: false })
  return { network, code: room.code, errors, reported, warned, sent, seen, texts }
}

/** Packets as they come, by name and data. */
function heard({ network }: Player, ...names: string[]): unknown[] {
  const all: unknown[] = []
  for (const name of names) network.packets.on(name, (data) => void all.push([name, data]))
  return all
}

for (const over of OVERS) {
  t.test(`an empty packet arrives as {}, over ${over}`, async (t) => {
    const here = await stage(t, over)
    const ada = await here.player()
    const bob = await here.player({ code: ada.code })
    const got: unknown[] = []
    bob.network.packets.on('Slap', (...all) => void got.push(all))

    ada.network.packets.send(['Slap'], { to: 'others' })
    await ada.network.request('room.list', {})
    await until(() => got.length > 0)

    const from = {
      member: 1,
      player: null,
      role: 'host',
      name: got.length ? (got[0] as Any)[1].name : '',
    }
    t.strictSame(got, [[{}, from, ada.code]])
    const number = shared.typeOf('Slap')?.number ?? 0
    t.strictSame(ada.sent, [`c80101${number.toString(16).padStart(2, '0')}`], 'kind, to, number')
    t.equal(bob.seen.length, 1)
  })

  t.test(`an unknown packet is an error at its sender, over ${over}`, async (t) => {
    const here = await stage(t, over)
    const ada = await here.player()

    t.throws(() => ada.network.packets.send(['Slop']), { code: 'UNKNOWN_PACKET', message: /Slap/ })
    t.throws(() => ada.network.packets.send(['Action', { type: 'ADD' }]), {
      code: 'INVALID_MESSAGE_DATA',
      message: 'Action.payload: expected a whole number from -1073741824 to 1073741823',
    })
    t.throws(() => ada.network.packets.on('Slop', () => {}), { code: 'UNKNOWN_PACKET' })
    t.match(await failureOf(ada.network.packets.ask(['Slop'])), { code: 'UNKNOWN_PACKET' })
    ada.network.packets.send(new shared.Slap())
    ada.network.packets.send(['Slap'])
    await until(() => ada.sent.length === 2)
    t.equal(ada.sent[0], ada.sent[1], 'constructed and dehydrated are the same bytes')
  })

  t.test(`who has other packets is told, and JSON works on, over ${over}`, async (t) => {
    const here = await stage(t, over, { Action: { respond: ({ payload }) => payload + 1 } })
    const raw = await here.raw()
    const hello = await raw.ask('session.hello', { packets: other.hash })
    const number = Buffer.from(other.frame({ id: 7 }, ['Action', { type: 'ADD', payload: 2 }]))

    raw.sendBytes(number)
    const refused = await answerOf(raw, 7)
    const json = await raw.ask('packet', { name: 'Action', data: { type: 'ADD', payload: 2 } })

    t.equal(raw.welcome.packets, shared.hash)
    t.match(hello.data, { resume: true, warning: /packets of this client are not the server’s/ })
    t.match(refused, { data: { code: 'PACKETS_MISMATCH', status: 409 } })
    t.match(json.data, { value: 3 })
  })

  t.test(`a client with other packets sends JSON by itself, over ${over}`, async (t) => {
    const here = await stage(t, over, { Action: { respond: ({ payload }) => payload + 1 } })
    const bob = await here.player()
    const ada = await here.player({ packets: other, code: bob.code })
    const got = heard(bob, 'Action')
    const back = heard(ada, 'Action')

    const answer = await ada.network.packets.ask(['Action', { type: 'ADD', payload: 2 }])
    ada.network.packets.send(['Action', { type: 'SET', payload: 5 }], { to: 'others' })
    await until(() => got.length === 1)
    bob.network.packets.send(['Action', { type: 'SET', payload: 6 }], { to: 'others' })
    await until(() => back.length === 1)

    t.equal(answer, 3)
    t.equal(ada.network.packets.isBinary, false)
    t.equal(bob.network.packets.isBinary, true)
    t.strictSame([ada.sent, ada.seen], [[], []])
    t.match(ada.warned, [/packets of this client are not the server’s/])
    t.strictSame(got, [['Action', { type: 'SET', payload: 5 }]])
    t.strictSame(back, [['Action', { type: 'SET', payload: 6 }]])
  })

  t.test(`bundles arrive in order, 20 + 23 + 26 = 69, over ${over}`, async (t) => {
    let sum = 0
    const types: string[] = []
    const here = await stage(t, over, {
      Action: {
        respond({ type, payload }) {
          types.push(type)
          sum = type === 'SET' ? payload : sum + payload
          return sum
        },
      },
    })
    const ada = await here.player()
    const bob = await here.player({ code: ada.code })
    const got = heard(bob, 'Action')
    const bundle = [
      ['Action', { type: 'SET', payload: 20 }],
      [
        'Bundle',
        [
          ['Action', { type: 'ADD', payload: 23 }],
          ['Action', { type: 'ADD', payload: 26 }],
        ],
      ],
      ['Slap'],
    ] as const

    const answer = await ada.network.packets.ask(['Bundle', bundle])
    const delivered = await ada.network.packets.ask(['Bundle', bundle], { to: 'others' })
    await until(() => got.length === 3)

    t.strictSame(answer, [20, [43, 69], null])
    t.strictSame(types, ['SET', 'ADD', 'ADD'])
    t.equal(sum, 69)
    t.strictSame(delivered, { delivered: 1 })
    t.strictSame(
      got.map(([, data]: Any) => data.payload),
      [20, 23, 26],
    )
  })

  t.test(`what validate refuses is rejected with its code and reason, over ${over}`, async (t) => {
    let responded = 0
    const here = await stage(t, over, {
      Whatever: {
        async validate(data) {
          await turn()
          if (data === 'no') throw new ValidationError({ code: 404, reason: 'no something found' })
        },
        respond: () => ++responded,
      },
    })
    const ada = await here.player()
    const raw = await here.raw()

    const error = await failureOf(ada.network.packets.ask(['Whatever', 'no']))
    const bundled = await failureOf(
      ada.network.packets.ask([
        'Bundle',
        [
          ['Whatever', 1],
          ['Whatever', 'no'],
        ],
      ]),
    )
    ada.network.packets.send(['Whatever', 'no'])
    await until(() => ada.errors.length === 1)
    const plain = await raw.ask('packet', { name: 'Whatever', data: 'no' })

    t.ok(error instanceof ValidationError)
    t.match(error, { code: 404, reason: 'no something found' })
    t.match(bundled, { code: 404 }, 'nothing of a bundle that is refused in part')
    t.match(ada.errors, [{ code: 'VALIDATION_FAILED', status: 404 }])
    t.match(plain.data, {
      code: 'VALIDATION_FAILED',
      status: 404,
      message: 'no something found',
      cause: { code: 404, reason: 'no something found' },
    })
    t.equal(responded, 0)
    t.equal(await ada.network.packets.ask(['Whatever', 'yes']), 1)
  })

  t.test(`an answer is what respond returned, and nothing is null, over ${over}`, async (t) => {
    const values: unknown[] = [undefined, null, 0, 'text 🙂', { deep: [1.5, { a: null }] }]
    const given = [...values, ...values.map((one) => Promise.resolve(one))]
    const here = await stage(t, over, { Slap: { respond: () => given.shift() } })
    const ada = await here.player()
    const raw = await here.raw()

    const answers = []
    for (let count = 0; count < 10; count++) answers.push(await ada.network.packets.ask(['Slap']))
    const none = await ada.network.packets.ask(['Logout'])
    const plain = await raw.ask('packet', { name: 'Logout' })

    const wanted = values.map((one) => one ?? null)
    t.strictSame(answers, [...wanted, ...wanted])
    t.equal(none, null, 'what nobody responds to')
    t.strictSame(plain.data, { value: null })
  })

  t.test(`respond_ms, validate_ms: what never ends is a TIMEOUT, over ${over}`, async (t) => {
    const never = new Promise<void>(() => {})
    const here = await stage(t, over, {
      Slap: { respond: () => never },
      Logout: { validate: (_, { session }) => (session ? never : undefined) },
    })
    const ada = await here.player()

    const slap = failureOf(ada.network.packets.ask(['Slap'], { timeout: 100_000 }))
    const logout = failureOf(ada.network.packets.ask(['Logout'], { timeout: 100_000 }))
    const behind = ada.network.packets.ask(['Whatever', null], { timeout: 100_000 })
    await ada.network.request('room.list', {})
    here.clock.advance(4_999)
    await ada.network.request('room.list', {})
    here.clock.advance(1)
    const first = await logout
    here.clock.advance(24_999)
    await ada.network.request('room.list', {})
    here.clock.advance(1)

    t.match(first, { code: 'TIMEOUT', message: 'Logout.validate: nothing within 5000 ms' })
    t.match(await slap, { code: 'TIMEOUT', message: 'Slap: nothing within 30000 ms' })
    t.equal(await behind, null, 'and what is behind it goes on')
  })

  t.test(`another failure is a 500, its words for developers, over ${over}`, async (t) => {
    const acceptors: OnServer = {
      Slap: {
        respond() {
          throw new RangeError('the words of the bug')
        },
      },
      Logout: { validate: async () => Promise.reject(new TypeError('more of them')) },
      Whatever: { respond: () => new Map() },
    }
    const production = await stage(t, over, acceptors, { dev: false })
    const development = await stage(t, over, acceptors, { dev: true })
    const [ada, bob] = [await production.player(), await development.player()]

    for (const [packet, words] of [
      [['Slap'], 'the words of the bug'],
      [['Logout'], 'more of them'],
      [['Whatever', 1], 'Whatever.respond: expected any JSON value'],
    ] as const) {
      const hidden = await failureOf(ada.network.packets.ask(packet))
      const shown = await failureOf(bob.network.packets.ask(packet))
      t.match(hidden, { code: 'INTERNAL', status: 500, message: /^the server failed; incident / })
      t.notMatch(JSON.stringify(hidden.data), words)
      t.match(shown, { code: 'INTERNAL', status: 500, message: new RegExp(`^${words}`) })
      t.notMatch(JSON.stringify(shown.data), /test\.ts|node:/, 'no stack')
      const { incident } = shown.data
      t.ok(
        development.lines.some((line) => line.incident === incident),
        'and it is in the log',
      )
    }
  })

  t.test(`the server awaits what a client’s respond returns, over ${over}`, async (t) => {
    const context: PacketContext[] = []
    const here = await stage(t, over, { Slap: { respond: (_, known) => void context.push(known) } })
    const ada = await here.player({
      packets: acceptHere(shared, {
        Action: {
          respond: async ({ payload }, { from }) => ({ sum: payload + 1, by: from.member }),
        },
        Slap: { respond() {} },
        Whatever: {
          validate(data) {
            if (data === 'no') throw new ValidationError({ code: 409, reason: 'busy' })
            if (data === 'bug') throw new Error('client bug')
          },
        },
      }),
    })
    const plain = await here.player({ packets: other })
    await ada.network.packets.ask(['Slap'])
    await plain.network.packets.ask(['Slap'])
    const [{ session }, { session: json }] = context as [PacketContext, PacketContext]

    const answers = [
      await session.ask(['Action', { type: 'ADD', payload: 7 }]),
      await session.ask(['Slap']),
      await session.ask(['Whatever', 'yes']),
      await json.ask(['Slap']),
    ]

    t.strictSame(answers, [{ sum: 8, by: 0 }, null, null, null])
    t.match(await failureOf(session.ask(['Whatever', 'no'])), { code: 409, reason: 'busy' })
    t.match(await failureOf(session.ask(['Whatever', 'bug'])), {
      code: 'REMOTE_ERROR',
      message: 'client bug',
    })
    t.match(await failureOf(json.ask(['Whatever', 3])), {
      code: 'UNREGISTERED_HANDLER',
      message: /expected one of Action, Bundle, Redirect, Refresh, Slap; got "Whatever"/,
    })
    t.match(await failureOf(session.ask(['Slop'])), { code: 'UNKNOWN_PACKET' })
    t.throws(() => session.send(['Slop']), { code: 'UNKNOWN_PACKET' })
    t.equal(session.id, ada.network.session)
    const asked = failureOf(session.ask(['Action', { type: 'ADD', payload: 7 }]))
    ada.network.close()
    t.match(await asked, { code: 'TARGET_LEFT' })
  })

  t.test(`validate sees who the sender is, over ${over}`, async (t) => {
    const seen: unknown[] = []
    const here = await stage(t, over, {
      Logout: {
        validate(_, { session: { player } }) {
          if (!player) throw new ValidationError({ code: 400, reason: 'anonymous' })
        },
      },
      Slap: { validate: (_, { session, ...rest }) => void seen.push({ id: session.id, ...rest }) },
    })
    const ada = await here.player()

    const anonymous = await failureOf(ada.network.packets.ask(['Logout']))
    await ada.network.players.identify()
    const known = await ada.network.packets.ask(['Logout'])
    await ada.network.packets.ask(['Slap'], { to: ['self', 'host'] })
    await ada.network.packets.ask(['Slap'], { room: ada.code })
    await ada.network.packets.ask(['Slap'])

    t.match(anonymous, { code: 400, reason: 'anonymous' })
    t.equal(known, null)
    const id = ada.network.session
    t.strictSame(seen, [
      { id, room: ada.code, member: 1, to: ['self', 'host'] },
      { id, room: ada.code, member: 1 },
      { id },
    ])
  })

  t.test(
    `members get what is sent to a room, others and those who left do not, over ${over}`,
    async (t) => {
      const here = await stage(t, over)
      const ada = await here.player()
      const bob = await here.player({ code: ada.code })
      const cleo = await here.player()
      const [own, his, hers] = [heard(ada, 'Action'), heard(bob, 'Action'), heard(cleo, 'Action')]
      const packet = (payload: number) => ['Action', { type: 'ADD', payload }] as const

      const all = await ada.network.packets.ask(packet(1), { to: 'all' })
      const one = await ada.network.packets.ask(packet(2), { to: `session:${bob.network.session}` })
      const some = await ada.network.packets.ask(packet(3), { to: ['others', 'player:nobody'] })
      await until(() => his.length === 3)
      await bob.network.rooms.all.get(ada.code)?.leave()
      const none = await ada.network.packets.ask(packet(4), { to: 'others' })
      const nobody = await failureOf(ada.network.packets.ask(packet(4), { to: 'player:nobody' }))
      const outside = await failureOf(bob.network.packets.ask(packet(5), { to: 'others' }))
      const elsewhere = await failureOf(
        cleo.network.packets.ask(packet(5), { to: 'all', room: ada.code }),
      )
      await cleo.network.request('room.list', {})

      t.strictSame([all, one], [{ delivered: 2 }, { delivered: 1 }])
      t.strictSame(some, { delivered: 1, unreached: ['player:nobody'] })
      t.strictSame(none, { delivered: 0 })
      t.match(nobody, { code: 'INVALID_TARGET' })
      t.match(outside, { code: 'NOT_IN_ROOM' })
      t.match(elsewhere, { code: 'NOT_IN_ROOM' })
      const payloads = (list: unknown[]) => list.map(([, data]: Any) => data.payload)
      t.strictSame([payloads(own), payloads(his), payloads(hers)], [[1], [1, 2, 3], []])
    },
  )

  t.test(`hostile bytes are an error, and the next packet works, over ${over}`, async (t) => {
    const here = await stage(t, over, { Action: { respond: ({ payload }) => payload } })
    const raw = await here.raw()
    await raw.ask('session.hello', { packets: shared.hash })
    const good = Buffer.from(shared.frame({ id: 5 }, ['Action', { type: 'é', payload: 3 }]))
    const number = good[2] as number
    const frames: [frame: Buffer, code: string, message: RegExp, re?: number][] = [
      [good.subarray(0, -1), 'INVALID_MESSAGE_DATA', /^Action\.type: expected 2 more bytes/, 5],
      [Buffer.concat([good, good]), 'INVALID_MESSAGE_DATA', /expected its end, got 7 bytes/, 5],
      [Buffer.from([0xc1, 5, 99]), 'INVALID_MESSAGE_DATA', /^packet: expected a number from 1/, 5],
      [Buffer.from([0xc1]), 'INVALID_MESSAGE_DATA', /^packet: expected 1 more bytes/],
      [
        Buffer.from([0xc0, number, 0, 0xff, 0xff, 0xff, 0xff, 7]),
        'INVALID_MESSAGE_DATA',
        /^Action/,
      ],
      [Buffer.from([0xc8, 0, number]), 'INVALID_MESSAGE_DATA', /expected 1 to 64 addresses, got 0/],
      [Buffer.from([0xc8, 1, 9, number]), 'INVALID_MESSAGE_DATA', /an address of at most 7, got 9/],
      [Buffer.from([0xc6, 1, 0xc0]), 'INVALID_MESSAGE_DATA', /an answer to have an id/],
      [Buffer.from([0xc3, 9, 1, 0xc0]), 'UNKNOWN_REQUEST', /this session was not asked/],
      [Buffer.from([0xe0, 1]), 'UNSUPPORTED', /no such binary kind/],
    ]

    for (const [frame, code, message, re] of frames) {
      raw.sendBytes(frame)
      const error = re === undefined ? await raw.next('error') : await answerOf(raw, re)
      t.match(error.data, { code, message }, frame.toString('hex'))
    }
    raw.sendBytes(good)
    const answer = await raw.next('bytes')

    t.equal(answer.data.toString('hex'), Buffer.from(shared.answer(5, 3)).toString('hex'))
  })

  t.test(`packets behind one that is thought about keep their order, over ${over}`, async (t) => {
    const order: unknown[] = []
    const thought = moment()
    const here = await stage(t, over, {
      Whatever: {
        async validate(data) {
          order.push(`validate ${data}`)
          if (data === 1) await thought.happened
        },
        respond: (data) => {
          order.push(`respond ${data}`)
          return data === 1 ? new Promise(() => {}) : data
        },
      },
      Slap: { respond: () => void order.push('slap') },
    })
    const ada = await here.player()
    const bob = await here.player()

    ada.network.packets.send(['Whatever', 1])
    const second = ada.network.packets.ask(['Whatever', 2])
    const slap = ada.network.packets.ask(['Slap'])
    await ada.network.request('room.list', {})
    const before = [...order]
    await bob.network.packets.ask(['Slap'])
    thought.happen()

    t.equal(await second, 2, 'an answer that takes its time holds up nobody')
    t.equal(await slap, null)
    t.strictSame(before, ['validate 1'])
    t.strictSame(order, ['validate 1', 'slap', ...['respond 1', 'validate 2', 'respond 2', 'slap']])
  })

  t.test(`a packet that is one scalar arrives as it, over ${over}`, async (t) => {
    const here = await stage(t, over, {
      Slap: { respond: (_, { session }) => session.send(['Redirect', '/a b']) },
    })
    const ada = await here.player()
    const got = heard(ada, 'Redirect')

    await ada.network.packets.ask(['Slap'])

    t.strictSame(got, [['Redirect', '/a b']])
  })

  t.test(`Refresh and Redirect move the page, to where it may go, over ${over}`, async (t) => {
    const here = await stage(t, over, {
      Whatever: { respond: (data, { session }) => session.send(data as unknown as AnyPacket) },
    })
    const moves: string[] = []
    const ada = await here.player({
      location: {
        href: 'https://game.example/play?x=1',
        reload: () => void moves.push('reload'),
        assign: (url) => void moves.push(url),
      },
      redirects: ['https://shop.example', 'not an origin'],
    })
    const say = (packet: unknown) => ada.network.packets.ask(['Whatever', packet])

    await say(['Refresh'])
    for (const address of [
      '/there',
      'https://shop.example/a',
      'https://evil.example/',
      'javascript:x',
    ])
      await say(['Redirect', address])
    await say(['Redirect', 'http://game.example/'])
    const forged = await failureOf(ada.network.packets.ask(['Refresh'], { to: 'all' }))
    const bundled = await failureOf(
      ada.network.packets.ask(['Bundle', [['Bundle', [['Redirect', '/']]]]], { to: 'all' }),
    )

    t.strictSame(moves, ['reload', 'https://game.example/there', 'https://shop.example/a'])
    t.equal(ada.warned.length, 3)
    t.match(ada.warned[0], /^Redirect: https:\/\/evil\.example\/ is neither/)
    for (const error of [forged, bundled]) t.match(error, { code: 'PERMISSION_DENIED' })
  })

  t.test(
    `packets are neither lost nor doubled when the connection drops, over ${over}`,
    async (t) => {
      const sums: number[] = []
      const here = await stage(t, over, {
        Action: { respond: ({ payload }) => void sums.push(payload) },
      })
      const ada = await here.player({ backoff: () => 1_000 })
      const bob = await here.player({ code: ada.code })
      const got = heard(ada, 'Action')
      const act = (player: Player, payload: number, to?: string) =>
        player.network.packets.send(['Action', { type: 'ADD', payload }], to ? { to } : {})

      act(ada, 1)
      await dropped(ada, here)
      act(ada, 2)
      const asked = ada.network.packets.ask(['Action', { type: 'ADD', payload: 3 }])
      act(bob, 10, 'others')
      await bob.network.request('room.list', {})
      here.clock.advance(1_000)
      await asked
      act(ada, 4)
      await ada.network.request('room.list', {})

      t.strictSame(sums, [1, 2, 3, 4])
      t.strictSame(got, [['Action', { type: 'ADD', payload: 10 }]])
    },
  )

  t.test(
    `packets of both sides arrive once and in order, however often it drops, over ${over}`,
    async (t) => {
      const seed = seedOf()
      t.comment(`SEED=${seed}`)
      const { below } = createRandom(seed)
      const arrived: number[] = []
      const sessions: PacketContext['session'][] = []
      const here = await stage(t, over, {
        Action: { respond: ({ payload }) => void arrived.push(payload) },
        Slap: { respond: (_, { session }) => void sessions.push(session) },
      })
      const ada = await here.player()
      const got = heard(ada, 'Action')
      await ada.network.packets.ask(['Slap'])

      for (let payload = 0; payload < 300; payload++) {
        ada.network.packets.send(['Action', { type: 'ADD', payload }])
        sessions[0]?.send(['Action', { type: 'ADD', payload }])
        if (below(12) === 0) ada.network.cut()
        for (let turns = below(4); turns > 0; turns--) await turn()
      }
      await ada.network.packets.ask(['Slap'])
      await until(() => got.length >= 300)

      const all = Array.from({ length: 300 }, (_, payload) => payload)
      t.strictSame(arrived, all)
      t.strictSame(
        got.map(([, data]: Any) => data.payload),
        all,
      )
    },
  )

  t.test(
    `packets that come too fast are refused, in bytes and in JSON alike, over ${over}`,
    async (t) => {
      const here = await stage(t, over, {}, { rates: { packet: { per_second: 1, burst: 3 } } })
      const ada = await here.player({ WebSocket: tapped(here.Socket, { onReceive: unpaced }) })
      const ask = (packet: AnyPacket) => ada.network.packets.ask(packet)

      const answers = [await ask(['Slap']), await ask(['Bundle', [['Slap'], ['Slap']]])]
      await ada.network.request('packet', { name: 'Slap' })
      const bytes = await failureOf(ask(['Slap']))
      const json = await failureOf(ada.network.request('packet', { name: 'Slap' }))
      here.clock.advance(1_000)

      t.strictSame(answers, [null, [null, null]])
      for (const error of [bytes, json])
        t.match(error, { code: 'RATE_LIMITED', data: { retry_ms: 1_000, request: 'packet' } })
      t.equal(await ask(['Slap']), null)
    },
  )

  t.test(`bundle: one frame holds 256 packets and no more, over ${over}`, async (t) => {
    const here = await stage(t, over)
    const ada = await here.player()
    const slaps = (count: number) =>
      ['Bundle', Array.from({ length: count }, () => ['Slap'])] as const

    const most = await ada.network.packets.ask(slaps(255))
    const more = await failureOf(ada.network.packets.ask(slaps(256)))

    t.equal((most as unknown[]).length, 255)
    t.match(more, { code: 'TOO_LARGE', message: 'Bundle: expected at most 256 packets' })
  })

  for (const [who, clients] of [
    ['all', [shared, shared]],
    ['some', [shared, other]],
    ['none but its sender', [other, other]],
  ] as const)
    t.test(
      `a room of which ${who} have the packets hears them in order, over ${over}`,
      async (t) => {
        const here = await stage(t, over)
        const ada = await here.player()
        const members = [ada]
        for (const packets of clients)
          members.push(await here.player({ code: ada.code, packets } as ConnectOptions))
        const all = members.map((member) => {
          const got = heard(member, 'Action')
          member.network.events.on('plaza.wave', () => void got.push('wave'))
          return got
        })

        ada.network.packets.send(['Action', { type: 'one', payload: 1 }], { to: 'all' })
        await ada.network.events.emit('plaza.wave', [], { to: 'all' })
        ada.network.packets.send(['Action', { type: 'two', payload: 2 }], { to: 'others' })
        await until(() => all.slice(1).every((got) => got.length === 3))

        const first = ['Action', { type: 'one', payload: 1 }]
        t.strictSame(all[0], [first, 'wave'])
        const both = [first, 'wave', ['Action', { type: 'two', payload: 2 }]]
        t.strictSame(all.slice(1), [both, both])
      },
    )

  t.test(`a script without the schema sends and gets JSON, over ${over}`, async (t) => {
    const got: unknown[] = []
    const here = await stage(t, over, {
      Action: { respond: (data) => void got.push(data) },
      File: { respond: ({ body }) => void got.push([body.constructor.name, ...body]) },
    })
    const ada = await here.player()
    const raw = await here.raw()
    await raw.ask('room.join', { code: ada.code })
    const hers = heard(ada, 'File')

    raw.send(JSON.stringify(['Action', { type: 'ADD', payload: 4 }]))
    raw.send(JSON.stringify(['File', { body: '+/8=' }]))
    raw.send(JSON.stringify(['Slap']))
    raw.send(JSON.stringify(['Slop']))
    const unknown = await raw.next('error')
    raw.send(JSON.stringify(['Action', { type: 'ADD', payload: 'x' }]))
    const wrong = await raw.next('error')
    raw.send(JSON.stringify(['Action', {}, 3]))
    const malformed = await raw.next('error')
    raw.send({ type: 'packet', to: 'others', data: { name: 'File', data: { body: 'AQI=' } } })
    ada.network.packets.send(['File', { body: Uint8Array.of(251, 255) }], { to: 'others' })
    const pushed = await raw.next('packet')
    await until(() => hers.length === 1)

    t.strictSame(got, [{ type: 'ADD', payload: 4 }, ['Uint8Array', 251, 255]])
    t.match(unknown.data, { code: 'UNKNOWN_PACKET', request: 'packet', message: /got "Slop"/ })
    t.match(wrong.data, {
      code: 'INVALID_MESSAGE_DATA',
      message: /^Action\.payload: expected a whole/,
    })
    t.match(malformed.data, { code: 'INVALID_MESSAGE', message: /a packet as \["Name", data\]/ })
    t.match(pushed, {
      room: ada.code,
      from: { member: 1 },
      data: { name: 'File', data: { body: '+/8=' } },
    })
    t.strictSame(hers, [['File', { body: Uint8Array.of(1, 2) }]])
  })

  t.test(
    `a room’s own logic sends packets, asks for answers and sees what is sent, over ${over}`,
    async (t) => {
      const said: unknown[] = []
      const duel = defineRoom({
        onJoined(room, member) {
          room.group('red').add(member)
          room.send(['Action', { type: 'WELCOME', payload: member.number }])
          if (member.number === 2) room.send(['Slap'], room.group('red').members.slice(1))
        },
        onMessage(room, { type, name, args, from }) {
          said.push([type, name, args, from.number])
          const { type: what, payload } = args[0] as Any
          if (what === 'ASK')
            void room
              .request(from, ['Whatever', payload])
              .then((answer) => room.send(['Whatever', answer], [from]))
          return { args: [{ type: what, payload: payload * 2 }] }
        },
      })
      const here = await stage(t, over, {}, { rooms: { duel: duel } })
      const own = acceptHere(shared, { Whatever: { respond: (data) => ({ got: data }) } })
      const player = async (code?: string) => {
        const network = await here.connect({ packets: own, pingEvery: 3_600_000 })
        const got: unknown[] = []
        for (const { name } of shared.types)
          network.packets.on(name, (data, from) => void got.push([name, data, from.member]))
        const room = await (code ? network.rooms.join(code) : network.rooms.create('duel'))
        return { network, got, code: room.code }
      }
      const ada = await player()
      const bob = await player(ada.code)
      await until(() => bob.got.length === 2 && ada.got.length === 2)

      ada.network.packets.send(['Action', { type: 'ASK', payload: 21 }], { to: 'others' })
      await until(() => bob.got.length === 3 && ada.got.length === 4)

      t.strictSame(bob.got, [
        ['Action', { type: 'WELCOME', payload: 2 }, 0],
        ['Slap', {}, 0],
        ['Action', { type: 'ASK', payload: 42 }, 1],
      ])
      t.strictSame(ada.got.slice(2), [
        ['Whatever', 21, 0],
        ['Whatever', { got: 21 }, 0],
      ])
      t.strictSame(said, [['packet', 'Action', [{ type: 'ASK', payload: 21 }], 1]])
    },
  )
}

t.test('a binary kind that nobody knows yet counts by its bit, and is ignored', async (t) => {
  const here = await stage(t, 'memory')
  const network = await here.connect({ packets: shared, pingEvery: 3_600_000 })
  const resets: unknown[] = []
  network.on('reset', (reason) => void resets.push(reason))
  const arrive = (...bytes: number[]) =>
    here.sockets[0]?.onmessage?.({ data: Uint8Array.from(bytes).buffer } as never)
  const acknowledged = async () => {
    await network.request('room.list', {})
    here.clock.advance(1_000)
    await network.request('room.list', {})
  }

  arrive(0x90, 1, 2)
  await acknowledged()
  const before = resets.length
  arrive(0xd0, 1, 2)
  here.clock.advance(1_000)
  await until(() => resets.length > 0)

  t.equal(before, 0)
  t.strictSame(resets, ['DESYNC'], 'the server sent no such frame')
})

t.test('a position of three fields is at most a third of its JSON', async (t) => {
  const data = { x: 12.25, y: -3.5, z: 140.75 }
  const frame = shared.frame({}, ['Position', data])

  t.equal(frame.length, 14)
  t.ok(frame.length * 3 <= JSON.stringify(['Position', data]).length)
})

t.test('the server sends packets to a session, a player, a room, and everybody', async (t) => {
  const server = await createServer({ port: 0, host: '127.0.0.1', packets: shared, dev: true })
  t.teardown(() => server.close())
  const here = { ...({} as TestWorld), url: `ws://127.0.0.1:${server.port}` }
  const { connect } = await import('../web-client/client.ts')
  const join = async (isGuest = true) => {
    const packets = acceptHere(shared, { Slap: { respond: () => 'ouch' } })
    const network = await connect(here.url, { WebSocket: NodeSocket, packets: packets })
    t.teardown(network.close)
    const got: string[] = []
    network.packets.on('Action', ({ type }) => void got.push(type))
    const player = isGuest ? (await network.players.identify()).player.id : ''
    return { network, got, player, session: network.session ?? '' }
  }
  const [ada, bob, cem] = [await join(), await join(), await join(false)]
  const J = await openRaw(NodeSocket, here.url)
  t.teardown(J.drop)
  await J.ask('backend.connect', { secret: '12345678' })
  await J.ask('backend.identify', { session: cem.session, user: 'cem' })
  const room = await ada.network.rooms.create('plaza')
  const say = (to: string) => server.packets.send(to, ['Action', { type: to, payload: 0 }])

  const counts = [
    `session:${ada.session}`,
    `player:${bob.player}`,
    `room:${room.code}`,
    'public',
    'all',
  ].map(say)
  const answer = await server.packets.ask(bob.session, ['Slap'])
  await ada.network.request('room.list', {})

  t.strictSame(counts, [1, 1, 1, 2, 4], 'a player is not public; a backend has no player')
  t.equal(answer, 'ouch')
  t.strictSame(ada.got, [`session:${ada.session}`, `room:${room.code}`, 'public', 'all'])
  t.strictSame(bob.got, [`player:${bob.player}`, 'public', 'all'])
  t.strictSame(cem.got, ['all'])
  t.throws(() => say('nobody'), { code: 'INVALID_TARGET' })
  t.throws(() => say('room:NOWHER'), { code: 'ROOM_NOT_FOUND' })
  t.match(await failureOf(server.packets.ask('nobody', ['Slap'])), { code: 'INVALID_TARGET' })
})

t.test('a server without packets says so', async (t) => {
  const { raw } = await world(t)
  const client = await raw()

  const hello = await client.ask('session.hello', { packets: shared.hash })
  const answer = await client.ask('packet', { name: 'Slap' })
  client.sendBytes(Uint8Array.of(0xc0, 1))
  const bytes = await client.next('error')

  t.equal(client.welcome.packets, null)
  t.match(hello.data, { resume: true, warning: /^This server defines no packets/ })
  t.match(answer.data, { code: 'UNSUPPORTED', message: /defines no packets/ })
  t.match(bytes.data, { code: 'UNSUPPORTED' })
})

/** Drops a player; resolves when the server has noticed. */
async function dropped({ network }: Player, here: Stage): Promise<void> {
  const { away } = here.stats()
  network.cut()
  await until(() => here.stats().away === away + 1)
}

async function answerOf(raw: Awaited<ReturnType<TestWorld['raw']>>, re: number): Promise<Any> {
  await raw.settled()
  return raw.seen.filter((message) => message.re === re).at(-1)
}
