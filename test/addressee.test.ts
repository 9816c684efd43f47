import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { definePackets } from '../protocol/packet-set.ts'
import { defineRoom, Refusal, type RoomMember, shape } from '../server/server.ts'
import type { Any, RawClient } from './support/client.ts'
import { stage } from './support/stage.ts'
import { failureOf, moment, settled, troupe, witness } from './support/troupe.ts'
import { OVERS, world } from './support/world.ts'

const SERVER = { to: 'server' }

const create = async (client: RawClient, kind: string): Promise<string> =>
  (await client.ask('room.create', { kind, name: 'Ada' })).data.room.code

/** A room that hears, executes and answers; what it heard. */
function duelOf() {
  const heard: unknown[] = []
  const duel = defineRoom({
    namespaces: ['duel'],
    onCreate: () => ({ turn: 1 }),
    onEvent: ({ own }, { type, name, args, to, from }) =>
      void heard.push([type, name, args, to, from.number, own.turn++]),
    functions: {
      'duel.add': {
        args: shape.tuple(shape.integer('uint8'), shape.integer('uint8')),
        value: shape.integer('uint16'),
        run: (_, [a, b]) => a + b,
      },
      'duel.turn': ({ own, code }, args, from) => ({ turn: own.turn, code, args, by: from.name }),
    },
    queries: {
      'duel.double': {
        data: shape.object({ number: shape.integer('int32') }),
        run: async (_, { number }) => number * 2,
      },
      'duel.whose': (_, data, { player }) => [data, player?.id ?? null],
    },
  })
  return { heard, duel }
}

for (const over of OVERS) {
  t.test(
    `what is said to server reaches the room’s logic and no player, over ${over}`,
    async (t) => {
      const { heard, duel } = duelOf()
      const here = await world(t, { over, rooms: { duel } })
      const [ada, bob] = await troupe(here, ['host', 'player'], { kind: 'duel' })
      const cleo = await witness(here, ada)
      const own: unknown[] = []
      for (const { network } of [ada, bob]) network.events.on('duel.move', () => void own.push(1))

      const told = await ada.network.events.emit('duel.move', ['e4'], SERVER)
      const both = await bob.network.events.emit('duel.bow', [], {
        to: ['server', `session:${cleo.session}`],
      })
      await settled(ada, bob)

      t.strictSame(told, { name: 'duel.move', args: ['e4'], delivered: 0 })
      t.strictSame(both, { name: 'duel.bow', args: [], delivered: 1 })
      t.strictSame(heard, [
        ['event', 'duel.move', ['e4'], ['server'], 1, 1],
        ['event', 'duel.bow', [], ['server', `session:${cleo.session}`], 2, 2],
      ])
      t.strictSame(own, [])
      t.match(await cleo.frames(), [
        { type: 'event', data: { name: 'duel.bow' }, from: { member: 2 } },
      ])
    },
  )

  t.test(`a room’s functions and queries answer, typed, with who asks, over ${over}`, async (t) => {
    const here = await world(t, { over, rooms: { duel: duelOf().duel } })
    const [ada, bob] = await troupe(here, ['host', 'player'], { kind: 'duel' })
    const cleo = await witness(here, ada)
    const { functions, queries } = bob.network

    const sum = await functions.executeAsServer('duel.add', [200, 100])
    const turn = await functions.executeAsServer('duel.turn', ['x'])
    const double = await queries.ask('server', 'duel.double', { number: 21 })
    const whose = await queries.ask('server', 'duel.whose', null)
    const cast = await functions.executeForPlayers(['server', ada.id], 'duel.turn')
    const wrong = await failureOf(functions.executeAsServer('duel.add', [1, 256]))
    const few = await failureOf(functions.executeAsServer('duel.add', [1]))
    const text = await failureOf(queries.ask('server', 'duel.double', { number: '21' }))
    const unknown = await failureOf(functions.executeAsServer('duel.nothing'))
    const unasked = await failureOf(queries.ask('server', 'duel.add'))

    t.strictSame([sum, double], [300, 42])
    const me = bob.room.members.get(bob.number)
    t.strictSame(turn, { turn: 1, code: ada.room.code, args: ['x'], by: me?.name })
    t.strictSame(whose, [null, bob.id])
    t.strictSame(cast, { delivered: 1 })
    t.match(wrong, {
      code: 'INVALID_MESSAGE_DATA',
      message: /^function\.call\.args\[1\]: expected/,
    })
    t.match(few, {
      code: 'INVALID_MESSAGE_DATA',
      message: /^function\.call\.args: expected an array/,
    })
    t.match(text, {
      code: 'INVALID_MESSAGE_DATA',
      message: /^query\.data\.number: expected a whole/,
    })
    t.match(unknown, {
      code: 'UNREGISTERED_HANDLER',
      message: 'rooms of the kind duel register no function "duel.nothing"',
    })
    t.match(unasked, { code: 'UNREGISTERED_HANDLER' })
    t.strictSame(await cleo.frames(), [], 'nobody else is bothered')
  })
}

t.test('a room that does not listen says so, alone or among other addresses', async (t) => {
  const { raw } = stage(t, { rooms: { deaf: defineRoom({ namespaces: ['game'] }) } })
  const [ada, bob] = [await raw(), await raw()]
  const code = await create(ada, 'deaf')
  await bob.ask('room.join', { code })
  const emit = (to: unknown) => ada.ask('event.emit', { name: 'game.x', args: [] }, { to })
  const ask = (type: string, data: object) => ada.ask(type, { name: 'game.x', ...data }, SERVER)

  const [alone, among, nobody] = [
    await emit('server'),
    await emit(['server', 'others']),
    await emit(['server', 'group:red']),
  ]
  const asked = [
    await ask('function.call', { args: [] }),
    await ask('function.cast', { args: [] }),
    await ask('query', { data: null }),
  ]
  const two = await ada.ask('query', { name: 'game.x', data: 1 }, { to: ['server', 'host'] })
  const cast = await ada.ask(
    'function.cast',
    { name: 'game.x', args: [] },
    { to: ['server', 'others'] },
  )

  t.match(alone.data, {
    code: 'INVALID_TARGET',
    message: 'to: nobody hears what is said to server in a deaf, which has no onEvent',
  })
  t.match(among.data, { delivered: 1, unreached: ['server'] })
  t.match(nobody.data, { code: 'INVALID_TARGET', message: /server, group:red/ })
  for (const { data } of asked) t.match(data, { code: 'UNREGISTERED_HANDLER' })
  t.match(two.data, { code: 'INVALID_TARGET', message: /expected one address/ })
  t.match(cast.data, { delivered: 1, unreached: ['server'] })
})

t.test(
  'a Refusal of the room’s is told as it is, anything else as an incident of its log',
  async (t) => {
    const boom = () => {
      throw new Error('secret')
    }
    const late = async () => boom()
    const refuse = () => {
      throw new Refusal('PERMISSION_DENIED', 'not your turn', { cause: { turn: 2 } })
    }
    const duel = defineRoom({
      namespaces: ['duel'],
      onEvent: (_, { name }) => (name === 'duel.refuse' ? refuse() : boom()),
      functions: {
        'duel.refuse': refuse,
        'duel.boom': boom,
        'duel.late': late,
        'duel.map': () => new Map([[1, 2]]),
        'duel.wrong': { args: shape.array(shape.json()), value: shape.bool(), run: () => 3 as Any },
      },
    })
    const { raw, lines } = stage(t, { rooms: { duel } })
    const ada = await raw()
    const code = await create(ada, 'duel')
    const call = (name: string) => ada.ask('function.call', { name, args: [] }, SERVER)
    const emit = (name: string) => ada.ask('event.emit', { name, args: [] }, SERVER)
    const cast = (name: string) => ada.ask('function.cast', { name, args: [] }, SERVER)

    const refused = [
      await call('duel.refuse'),
      await emit('duel.refuse'),
      await cast('duel.refuse'),
    ]
    const failed = [
      await call('duel.boom'),
      await call('duel.late'),
      await call('duel.map'),
      await call('duel.wrong'),
      await emit('duel.boom'),
      await cast('duel.boom'),
    ]
    const silent = await cast('duel.late')
    await turn()

    for (const { data } of refused)
      t.match(data, { code: 'PERMISSION_DENIED', message: 'not your turn', cause: { turn: 2 } })
    for (const { data } of failed) {
      t.match(data, { code: 'INTERNAL', incident: String })
      t.notMatch(JSON.stringify(data), /secret/)
    }
    t.match(silent.data, { delivered: 0 })
    const logged = lines.filter(({ msg }) => msg === 'room hook failed')
    t.strictSame(
      logged.map(({ room, kind }) => [room, kind]),
      Array(7).fill([code, 'duel']),
    )
    for (const { data } of failed)
      t.ok(
        logged.some(({ incident }) => incident === data.incident),
        data.message,
      )
  },
)

t.test('a room answers in the asker’s time, and what comes later is for nobody', async (t) => {
  const [asked, answer] = [moment(), moment<string>()]
  const duel = defineRoom({
    functions: {
      'duel.think': () => {
        asked.happen()
        return answer.happened
      },
      'duel.never': () => new Promise(() => {}),
    },
  })
  const { raw, clock } = stage(t, {
    rooms: { duel },
    limits: { ask_ms: 60_000, heartbeat_ms: 3_600_000 },
  })
  const ada = await raw()
  await create(ada, 'duel')
  const call = (name: string, more = {}) =>
    ada.ask('function.call', { name, args: [], ...more }, SERVER)

  const thinking = call('duel.think')
  await asked.happened
  answer.happen('this')
  t.strictSame((await thinking).data, { value: 'this' })
  for (const [timeout, ms] of [
    [200, 200],
    [undefined, 30_000],
    [120_000, 60_000],
  ] as const) {
    const pending = clock.pending
    const never = call('duel.never', timeout === undefined ? {} : { timeout })
    await ada.settled()
    clock.advance(ms - 1)
    await ada.settled()
    t.equal(
      ada.seen.filter(({ data }) => data.code === 'TIMEOUT' && data.message.includes(`${ms} ms`))
        .length,
      0,
    )
    clock.advance(1)
    t.match((await never).data, {
      code: 'TIMEOUT',
      message: `duel.never: no answer within ${ms} ms`,
    })
    t.ok(clock.pending <= pending, 'no timer is left behind')
  }
})

t.test('who leaves the room waits for no answer of it any more', async (t) => {
  const answers: ((value: string) => void)[] = []
  const duel = defineRoom({
    queries: { 'duel.think': () => new Promise((resolve) => answers.push(resolve)) },
  })
  const { raw, clock, lines } = stage(t, { rooms: { duel } })
  const [ada, bob, cleo] = [await raw(), await raw(), await raw()]
  const code = await create(ada, 'duel')
  for (const one of [bob, cleo]) await one.ask('room.join', { code })
  const ask = (one: RawClient) => one.ask('query', { name: 'duel.think', data: null }, SERVER)

  const [hers, his] = [ask(ada), ask(bob)]
  const gone = ask(cleo).catch(() => 'closed')
  await Promise.all([ada.settled(), bob.settled(), cleo.settled()])
  await ada.ask('room.kick', { number: 2 })
  cleo.close(1000)
  const withdrawn = await his
  await ada.ask('room.leave')

  t.match(withdrawn.data, { code: 'NOT_IN_ROOM', message: `you left ${code} before it answered` })
  t.match((await hers).data, { code: 'NOT_IN_ROOM' })
  t.equal(await gone, 'closed')
  for (const answer of answers) answer('late')
  clock.advance(30_000)
  await ada.settled()
  t.equal(ada.seen.filter(({ data }) => data?.value === 'late').length, 0)
  t.equal(lines.filter(({ level }) => Number(level) >= 50).length, 0)
})

t.test('a packet to server is what the room hears, in bytes, as JSON and in bundles', async (t) => {
  const packets = definePackets({ Move: { data: { x: 'int8', body: 'buffer' } }, Slap: {} })
  const heard: unknown[] = []
  const duel = defineRoom({
    onPacket: ({ code }, packet, from) => {
      if (packet.name === 'Slap' && from.number === 2)
        throw new Refusal('PERMISSION_DENIED', 'ouch')
      heard.push([code, packet.name, packet.data, from.number])
    },
  })
  const deaf = defineRoom({})
  const here = await world(t, { rooms: { duel, deaf }, packets })
  const [ada, bob] = [await here.connect({ packets }), await here.connect()]
  const { code } = await ada.rooms.create('duel')
  await bob.rooms.join(code)
  const raw = await here.raw()
  await create(raw, 'deaf')
  const body = Uint8Array.of(1, 2)
  const hers: unknown[] = []
  ada.packets.on('Move', (data) => void hers.push(data))

  const bytes = await ada.packets.ask(['Move', { x: 1, body }], SERVER)
  const json = await bob.packets.ask(['Move', { x: 2, body: 'AQI=' }], SERVER)
  const both = await bob.packets.ask(['Move', { x: 3, body: 'AQI=' }], { to: ['server', 'others'] })
  const bundle = await ada.packets.ask(['Bundle', [['Slap'], ['Bundle', [['Slap']]]]], SERVER)
  const refused = await failureOf(bob.packets.ask(['Slap'], SERVER))
  const unheard = await raw.ask('packet', { name: 'Slap' }, SERVER)

  t.strictSame(
    [bytes, json, both, bundle],
    [{ delivered: 0 }, { delivered: 0 }, { delivered: 1 }, { delivered: 0 }],
  )
  t.strictSame(heard, [
    [code, 'Move', { x: 1, body }, 1],
    [code, 'Move', { x: 2, body }, 2],
    [code, 'Move', { x: 3, body }, 2],
    [code, 'Slap', {}, 1],
    [code, 'Slap', {}, 1],
  ])
  t.strictSame(hers, [{ x: 3, body }])
  t.match(refused, { code: 'PERMISSION_DENIED', message: 'ouch' })
  t.match(unheard.data, { code: 'INVALID_TARGET', message: /a deaf, which has no onPacket$/ })
})

t.test('whom the room’s logic sends away as it hears an event does not get it', async (t) => {
  const seats: RoomMember[] = []
  const duel = defineRoom({
    namespaces: ['duel'],
    onJoined: (_, member) => void seats.push(member),
    onEvent: (room) => room.kick(seats[1] as RoomMember),
  })
  const { raw } = stage(t, { rooms: { duel } })
  const [ada, bob, cleo] = [await raw(), await raw(), await raw()]
  const code = await create(ada, 'duel')
  for (const one of [bob, cleo]) await one.ask('room.join', { code })

  const to = ['server', `session:${bob.welcome.session}`, `session:${cleo.welcome.session}`]
  const emitted = await ada.ask('event.emit', { name: 'duel.out', args: [] }, { to })
  await Promise.all([bob.settled(), cleo.settled()])

  t.match(emitted.data, { delivered: 1 })
  t.strictSame(
    [bob, cleo].map(({ seen }) => seen.filter(({ type }) => type === 'event').length),
    [0, 1],
  )
})

t.test('what a definition registers is checked as the rest of it', async (t) => {
  const cases: [options: Any, message: RegExp][] = [
    [{ functions: { add: () => 1 } }, /^rooms\.duel\.functions: name: expected a name with/],
    [
      { functions: { 'duel.add': 3 } },
      /^rooms\.duel\.functions\.duel\.add: expected a function, or args and run/,
    ],
    [{ functions: { 'duel.add': { run: () => 1 } } }, /expected a function, or args and run/],
    [{ queries: { 'duel.add': { data: 3, run: () => 1 } } }, /duel\.add\.data: expected a shape/],
    [
      { queries: { 'duel.add': { args: shape.bool(), run: () => 1 } } },
      /a function, or data and run/,
    ],
    [{ onEvent: 3 }, /^rooms\.duel\.onEvent: expected a function, got 3/],
  ]
  for (const [options, message] of cases)
    t.throws(() => stage(t, { rooms: { duel: options } }), { message })
})
