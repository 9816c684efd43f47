import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { defineRoom } from '../server/server.ts'
import type { Network } from '../web-client/client.ts'
import type { Any } from './support/client.ts'
import { kindOf, stage } from './support/stage.ts'
import { settled as arrived, enter, HOUSE, troupe, witness } from './support/troupe.ts'
import { OVERS, type TestWorld, world } from './support/world.ts'

for (const over of OVERS) {
  t.test(`an emit reaches everyone but its sender, over ${over}`, async (t) => {
    const [ada, bob, cleo] = await seated(await world(t, { over }), 3)
    const heard = [ada, bob, cleo].map((one) => listen(one, 'plaza.m'))

    await ada.events.emit('plaza.m', ['foo', 'bar', 'bat'])
    await settled(ada, bob, cleo)

    const once = [['foo', 'bar', 'bat']]
    t.strictSame(heard, [[], once, once])
  })

  t.test(`the acknowledgement carries what the others receive, over ${over}`, async (t) => {
    const [ada, bob] = await seated(await world(t, { over }), 2)
    const heard = listen(bob, 'plaza.m')
    const args = ['foo', 1.5, null, { deep: [true, '\u2028"\\', {}] }]

    const answer = await ada.events.emit('plaza.m', args)
    await settled(ada, bob)

    t.strictSame(answer, { name: 'plaza.m', args, delivered: 1 })
    t.strictSame(heard, [answer.args])
  })

  t.test(`the acknowledgement comes to one who is alone, too, over ${over}`, async (t) => {
    const [ada] = await seated(await world(t, { over }), 1)

    const answer = await ada.events.emit('plaza.wave')

    t.strictSame(answer, { name: 'plaza.wave', args: [], delivered: 0 })
  })

  t.test(`what a room does not declare reaches nobody, over ${over}`, async (t) => {
    const [ada, bob] = await seated(await world(t, { over }), 2)
    const undeclared = listen(bob, 'module.m')
    const declared = listen(bob, 'plaza.s')

    await t.rejects(ada.events.emit('module.m', ['foo']), {
      code: 'NAMESPACE_NOT_DECLARED',
      status: 403,
      message: /plaza declares plaza, not module/,
    })
    await ada.events.emit('plaza.s', ['foo'])
    await settled(ada, bob)

    t.strictSame(undeclared, [])
    t.strictSame(declared, [['foo']])
  })

  t.test(`who forges the sender is stamped all the same, over ${over}`, async (t) => {
    const here = await world(t, { over })
    const [bob] = await seated(here, 1)
    const ada = await here.raw()
    const { data } = await ada.ask('player.identify', { name: 'Ada' })
    await ada.ask('room.join_or_create', { kind: 'plaza' })
    const senders: Any[] = []
    bob.events.on('plaza.m', (_args, from) => void senders.push(from))

    const forged = { from: { member: 1, player: 'god', role: 'host', name: 'The Server' } }
    await ada.ask('event.emit', { name: 'plaza.m', args: [] }, forged)
    await settled(bob)

    t.strictSame(senders, [{ member: 2, player: data.player.id, role: 'player', name: 'Ada' }])
  })

  t.test(`an emit to all runs everybody’s handlers exactly once, over ${over}`, async (t) => {
    const [ada, bob] = await seated(await world(t, { over }), 2)
    const heard = [ada, bob].map((one) => listen(one, 'plaza.m'))

    const answers = [
      await ada.events.emit('plaza.m', [1], { to: 'all' }),
      await ada.events.emit('plaza.m', [2], { to: ['others', 'all', 'all'] }),
      await ada.events.emit('plaza.m', [3], { to: ['others', 'others'] }),
    ]
    await settled(ada, bob)

    t.strictSame(heard, [
      [[1], [2]],
      [[1], [2], [3]],
    ])
    t.strictSame(
      answers.map(({ delivered }) => delivered),
      [2, 2, 1],
    )
  })

  t.test(`a room hears the namespaces it declares, over ${over}`, async (t) => {
    const here = await world(t, { over, ...HOUSE })
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const names = ['system.s', 'module.m', 'plaza.m', 'systems.s']
    const heard = names.map((name) => listen(bob.network, name))

    await ada.network.events.emit('system.s', ['s'])
    await ada.network.events.emit('module.m', ['m'])
    for (const name of ['plaza.m', 'systems.s'])
      await t.rejects(ada.network.events.emit(name), { code: 'NAMESPACE_NOT_DECLARED' })
    await arrived(bob)

    t.strictSame(heard, [[['s']], [['m']], [], []])
  })

  t.test(`one event carries many kinds of message, over ${over}`, async (t) => {
    const here = await world(t, { over, ...HOUSE })
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const done: unknown[] = []
    const actions = ada.network.events.actions('module.action', {})
    const heard = bob.network.events.actions('module.action', {
      OPEN: (payload, { player }, room) => done.push(['OPEN', payload, player, room]),
      CLOSE: (payload) => done.push(['CLOSE', payload]),
      BOOM() {
        throw new Error('boom')
      },
    })

    const answer = await actions.emit('OPEN', { door: 3 })
    await actions.emit('CLOSE')
    for (const unknown of ['SLAM', 'constructor', 'toString']) await actions.emit(unknown, 1)
    await actions.emit('BOOM')
    for (const args of [[], [7], [null], ['OPEN'], [{ payload: 1 }]])
      await ada.network.events.emit('module.action', args)
    await actions.emit('OPEN', 'again', { to: `player:${bob.id}` })
    await arrived(bob)
    heard.off()
    await actions.emit('OPEN', 'unheard')
    await arrived(bob)

    const opened = { type: 'OPEN', payload: { door: 3 } }
    t.strictSame(answer, { name: 'module.action', args: [opened], delivered: 1 })
    t.strictSame(done, [
      ['OPEN', { door: 3 }, ada.id, ada.room.code],
      ['CLOSE', null],
      ['OPEN', 'again', ada.id, ada.room.code],
    ])
    t.match(
      bob.reported.map(({ code, message }) => code ?? message),
      [...Array(3).fill('UNREGISTERED_HANDLER'), 'boom', ...Array(5).fill('UNREGISTERED_HANDLER')],
    )
    t.match(bob.reported[0].message, /module\.action: no action is called "SLAM"/)
    t.equal(bob.network.state, 'open')
  })

  t.test(`what is for one player reaches no other, over ${over}`, async (t) => {
    const here = await world(t, { over, ...HOUSE })
    const [ada, bob] = await troupe(here, ['host', 'player'])
    const cleo = await witness(here, ada)
    const heard = [ada, bob].map(({ network }) => listen(network, 'module.m'))

    const answers = [
      await ada.network.events.emit('module.m', [1], { to: `player:${bob.id}` }),
      await ada.network.events.emit('module.m', [2], { to: `session:${bob.network.session}` }),
    ]
    await arrived(ada, bob)

    t.strictSame(heard, [[], [[1], [2]]])
    t.strictSame(
      answers.map(({ delivered }) => delivered),
      [1, 1],
    )
    t.strictSame(await cleo.frames(), [])
  })

  t.test(`an address list that can be none is refused here, over ${over}`, async (t) => {
    const here = await world(t, { over, ...HOUSE })
    const [ada] = await troupe(here, ['host'])

    for (const to of [Array(65).fill('others'), '', ['x'.repeat(129)]])
      await t.rejects(ada.network.events.emit('module.m', [], { to }), {
        code: 'INVALID_MESSAGE_DATA',
        message: /at most 64 addresses/,
      })
  })

  t.test(`what the room itself says has a sender without a name, over ${over}`, async (t) => {
    const rooms = {
      inn: defineRoom({
        namespaces: ['inn'],
        onJoined: (room, member) => room.emit('inn.welcome', [member.number]),
      }),
    }
    const here = await world(t, { over, rooms })
    const ada = await enter(here, { kind: 'inn' })
    const heard: Any[] = []
    ada.network.events.on('inn.welcome', (...told) => void heard.push(told))

    await enter(here, { code: ada.room.code })
    await arrived(ada)

    const from = { member: 0, player: null, role: 'none', name: '' }
    t.strictSame(heard.at(-1), [[2], from, ada.room.code])
  })

  t.test(`events arrive in the order they were sent, over ${over}`, async (t) => {
    const [ada, bob] = await seated(await world(t, { over, rates: false }), 2)
    const heard = listen(bob, 'plaza.m')
    const numbers = Array.from({ length: 1_000 }, (_, index) => [index])

    await Promise.all(numbers.map((args) => ada.events.emit('plaza.m', args)))
    await settled(ada, bob)

    t.strictSame(heard, numbers)
  })

  t.test(`an address of nobody is told so, over ${over}`, async (t) => {
    const [ada, bob] = await seated(await world(t, { over }), 2)
    const heard = listen(bob, 'plaza.m')

    for (const to of ['nobody', 'group:none', ['others', 'nobody']])
      await t.rejects(ada.events.emit('plaza.m', [], { to }), { code: 'INVALID_TARGET' })
    await settled(ada, bob)

    t.strictSame(heard, [])
  })

  t.test(`an event from outside, or into a room of others, is refused, over ${over}`, async (t) => {
    const here = await world(t, { over })
    const [ada] = await seated(here, 1)
    const bob = await here.connect()
    const heard = listen(ada, 'plaza.m')
    const [room = ''] = ada.rooms.all.keys()

    await t.rejects(bob.events.emit('plaza.m'), { code: 'NOT_IN_ROOM' })
    await t.rejects(bob.events.emit('plaza.m', [], { room }), { code: 'NOT_IN_ROOM' })
    await t.rejects(ada.events.emit('plaza.m', [], { room: 'AAAAAA' }), { code: 'NOT_IN_ROOM' })
    await settled(ada)

    t.strictSame(heard, [])
  })

  t.test(`what an event must be told is checked, over ${over}`, async (t) => {
    const [ada, bob] = await seated(await world(t, { over }), 2)
    const heard = [listen(bob, 'plaza.chat'), listen(bob, 'plaza.wave')]
    const most = 280
    const wrong: [name: string, args: Any[], message: RegExp][] = [
      ['plaza.chat', [], /args: expected an array of exactly 1 items/],
      ['plaza.chat', ['a', 'b'], /args: expected an array of exactly 1/],
      ['plaza.chat', [7], /args\[0\]: expected text of 1 to 280/],
      ['plaza.chat', [''], /args\[0\]/],
      ['plaza.chat', ['x'.repeat(most + 1)], /args\[0\]/],
      ['plaza.wave', ['hello'], /args: expected an array of exactly 0/],
    ]

    for (const [name, args, message] of wrong)
      await t.rejects(ada.events.emit(name, args), { code: 'INVALID_MESSAGE_DATA', message })
    await ada.events.emit('plaza.chat', ['x'.repeat(most)])
    await ada.events.emit('plaza.wave')
    await settled(ada, bob)

    t.strictSame(heard, [[['x'.repeat(most)]], [[]]])
  })

  t.test(`an event also waits for who is away, over ${over}`, async (t) => {
    const here = await world(t, { over })
    const [ada] = await seated(here, 1)
    const bob = await here.connect({ backoff: () => 1_000, pingEvery: 60_000 })
    await bob.rooms.joinOrCreate('plaza')
    const heard = listen(bob, 'plaza.m')
    bob.cut()
    await until(() => here.stats().away === 1)

    const { delivered } = await ada.events.emit('plaza.m', ['missed'])
    here.clock.advance(1_000)
    await until(() => heard.length === 1)

    t.equal(delivered, 1)
    t.strictSame(heard, [['missed']])
  })
}

t.test('each kind of room declares namespaces of its own', async (t) => {
  const kinds = [
    kindOf('duel', { namespaces: ['system', 'module'] }),
    kindOf('quiet', { namespaces: [] }),
  ]
  const { raw } = stage(t, { kinds })
  const [ada, bob] = [await raw(), await raw()]
  for (const one of [ada, bob]) await one.ask('room.join_or_create', { kind: 'duel' })
  const emit = (name: string, envelope = {}) => ada.ask('event.emit', { name, args: [] }, envelope)

  const declared = [await emit('system.s'), await emit('module.m')]
  const refused = [await emit('plaza.wave'), await emit('systems.s'), await emit('constructor.s')]
  const quiet = (await ada.ask('room.join_or_create', { kind: 'quiet' })).data.room.code
  const silenced = await emit('system.s', { room: quiet })
  await bob.settled()

  for (const { data } of declared) t.match(data, { delivered: 1 })
  for (const { data } of [...refused, silenced]) t.match(data, { code: 'NAMESPACE_NOT_DECLARED' })
  t.match(silenced.data.message, /a quiet declares no namespaces, not system/)
  t.strictSame(
    bob.seen.filter(({ type }) => type === 'event').map(({ data }) => data.name),
    ['system.s', 'module.m'],
  )
})

for (const name of [
  'wave',
  'Game.wave',
  'game.',
  '.wave',
  'game wave',
  `game.${'x'.repeat(60)}`,
  '',
])
  t.test(`an event cannot be called “${name}”`, async (t) => {
    const { raw } = await world(t)
    const ada = await raw()
    await ada.ask('room.join_or_create', { kind: 'plaza' })

    const { data } = await ada.ask('event.emit', { name, args: [] })

    t.match(data, { code: 'INVALID_MESSAGE_DATA', message: /^event\.emit\.name: expected/ })
  })

t.test('an event tells its room and who sent it', async (t) => {
  const { connect } = await world(t)
  const [ada, bob] = [await connect(), await connect()]
  const { player } = await ada.players.identify({ name: 'Ada' })
  const { code, you, members } = await ada.rooms.joinOrCreate('plaza')
  await bob.rooms.joinOrCreate('plaza')
  const heard: Any[] = []
  bob.events.on('plaza.m', (...told) => void heard.push(told))

  await ada.events.emit('plaza.m', ['hello'])
  await settled(ada, bob)

  const from = { member: you, player: player.id, role: members.get(you)?.role, name: 'Ada' }
  t.strictSame(heard, [[['hello'], from, code]])
})

/** So many players in one plaza. */
async function seated(here: TestWorld, count: 1): Promise<[Network]>
async function seated(here: TestWorld, count: 2): Promise<[Network, Network]>
async function seated(here: TestWorld, count: 3): Promise<[Network, Network, Network]>
async function seated({ connect }: TestWorld, count: number): Promise<Network[]> {
  const networks: Network[] = []
  for (let index = 0; index < count; index++) {
    const network = await connect()
    await network.rooms.joinOrCreate('plaza')
    networks.push(network)
  }
  return networks
}

/** Everything this client hears of one event, as its arguments. */
function listen(network: Network, name: string): unknown[] {
  const heard: unknown[] = []
  network.events.on(name, (args) => void heard.push(args))
  return heard
}

/** Whatever was on its way to these clients has arrived: answers do not overtake. */
async function settled(...networks: readonly Network[]): Promise<void> {
  for (const network of networks) await network.players.identify().catch(() => {})
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn()
}
