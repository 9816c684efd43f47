import t from 'tap'
import { defineRoom } from '../server/server.ts'
import type { Any, RawClient } from './support/client.ts'
import { createClock, createTestWorld } from './support/clock.ts'
import { stage } from './support/stage.ts'
import { back, cut, enter, HOUSE, type Player, settled, troupe, until } from './support/troupe.ts'
import { OVERS, type TestWorld, world } from './support/world.ts'

const PATIENT = { backoff: () => 5_000 }

for (const over of OVERS) {
  t.test(
    `a latest event reaches the others, with its key and no answer, over ${over}`,
    async (t) => {
      const [ada, bob] = await troupe(await world(t, { over, ...HOUSE }), ['host', 'player'])
      const [own, heard] = [listen(ada), listen(bob)]
      const before = ada.seen.length

      ada.network.events.emitLatest('game.at', [1, 2], { key: 'boat' })
      ada.network.events.emitLatest('game.at', [3])
      await settled(ada, bob)

      t.strictSame(own, [])
      t.strictSame(heard, [
        [[1, 2], 'boat', ada.number, ada.room.code],
        [[3], '', ada.number, ada.room.code],
      ])
      t.notOk(ada.seen.slice(before).some(({ type }) => type === 'event.emit_latest'))
    },
  )

  t.test(`to all a latest event comes to its sender too, over ${over}`, async (t) => {
    const [ada, bob] = await troupe(await world(t, { over, ...HOUSE }), ['host', 'player'])
    const heard = [listen(ada), listen(bob)]

    ada.network.events.emitLatest('game.at', [1], { to: 'all', key: 'a' })
    ada.network.events.emitLatest('game.at', [2], { to: 'self', key: 'b' })
    ada.network.events.emitLatest('game.at', [3], { to: `player:${bob.id}`, key: 'c' })
    await settled(ada, bob)

    t.strictSame(heard.map(argsOf), [
      [[1], [2]],
      [[1], [3]],
    ])
  })

  t.test(`after five seconds away the newest of each key comes, once, over ${over}`, async (t) => {
    const here = await world(t, { over, ...HOUSE })
    const [ada, bob, cleo] = await away(here, ['host', 'player', 'player'])
    const heard = listen(bob)
    const say = ({ network }: Player, key: string, at: number) =>
      network.events.emitLatest('game.at', [at], { key })
    say(ada, 'known', 0)
    await settled(ada, bob)

    await cut(bob, here)
    for (let at = 1; at <= 20; at++) for (const key of ['a', 'b', '']) say(ada, key, at)
    await settled(ada)
    say(cleo, 'a', 30)
    await settled(cleo)
    say(ada, 'b', 21)
    await settled(ada)
    await back5(bob, here)
    await settled(bob)

    t.strictSame(
      heard.map(([args, key, number]) => [...(args as number[]), key, number]),
      [
        [0, 'known', 1],
        [20, 'a', 1],
        [20, '', 1],
        [30, 'a', 3],
        [21, 'b', 1],
      ],
    )
  })

  t.test(
    `what was missed comes after the snapshot and before what is new, over ${over}`,
    async (t) => {
      const here = await world(t, { over, ...HOUSE })
      const [ada, bob] = await away(here, ['host', 'player'])
      await cut(bob, here)
      ada.network.events.emitLatest('game.at', [1])
      await settled(ada)
      const from = bob.seen.length

      await back5(bob, here)
      ada.network.events.emitLatest('game.at', [2])
      await settled(ada, bob)

      const order = bob.seen
        .slice(from)
        .filter(({ type }) => ['session.snapshot', 'event.latest'].includes(type))
        .map(({ type, data }) => (type === 'event.latest' ? data.args[0] : type))
      t.strictSame(order, ['session.snapshot', 1, 2])
    },
  )

  t.test(
    `of what its sender says while away the newest of each key goes, over ${over}`,
    async (t) => {
      const here = await world(t, { over, ...HOUSE })
      const [ada, bob] = await away(here, ['host', 'player'])
      const heard = listen(bob)

      await cut(ada, here)
      for (let at = 1; at <= 9; at++)
        for (const key of ['a', 'b']) ada.network.events.emitLatest('game.at', [at], { key })
      ada.network.events.emitLatest('game.other', ['unheard'], { key: 'a' })
      await back5(ada, here)
      await settled(ada, bob)

      t.strictSame(
        heard.map(([args, key]) => [args, key]),
        [
          [[9], 'a'],
          [[9], 'b'],
        ],
      )
    },
  )
}

t.test('a connection that is lost unnoticed loses no newest event', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob] = await troupe(here, ['host', 'player'])
  const heard = listen(bob)
  const [, socket] = here.sockets
  ada.network.events.emitLatest('game.at', ['heard'], { key: 'a' })
  await settled(ada, bob)

  // What is said now is written to a connection of which nobody reads any more.
  if (socket) socket.onmessage = null
  ada.network.events.emitLatest('game.at', ['written in vain'], { key: 'b' })
  await settled(ada)
  bob.network.cut()
  await until(() => bob.network.state === 'open')
  await settled(bob)

  t.strictSame(argsOf(heard), [['heard'], ['written in vain']])
})

t.test('newcomers are told no latest event of before, nor is whoever it was not for', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob, cleo] = await away(here, ['host', 'player', 'player'])
  const [bobs, cleos] = [listen(bob), listen(cleo)]
  await cut(bob, here)
  await cut(cleo, here)

  ada.network.events.emitLatest('game.at', ['for Bob'], { to: `player:${bob.id}` })
  await settled(ada)
  const dan = await enter(here, { code: ada.room.code, ...PATIENT })
  const dans = listen(dan)
  await cut(dan, here)
  await back5(bob, here)
  await settled(bob, cleo, dan)

  t.strictSame([bobs, cleos, dans].map(argsOf), [[['for Bob']], [], []])
})

t.test('what a member said that has left is told to nobody who comes back', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob, cleo] = await away(here, ['host', 'player', 'player'])
  const heard = listen(bob)
  await cut(bob, here)

  for (const [one, what] of [
    [ada, 'here'],
    [cleo, 'gone'],
  ] as const)
    one.network.events.emitLatest('game.at', [what])
  await settled(ada, cleo)
  await cleo.room.leave()
  await back5(bob, here)
  await settled(bob)

  t.strictSame(argsOf(heard), [['here']])
})

t.test(
  'in a room that is made anew under an old code the first latest event is heard',
  async (t) => {
    const clock = createClock()
    const chance = createTestWorld(clock)
    const random = { ...chance.random, below: () => 0 }
    const here = await world(t, { ...HOUSE, world: { ...chance, random } })
    const ada = await enter(here, { kind: 'tavern' })
    const bob = await enter(here, { code: ada.room.code })
    const heard = listen(bob)
    const say = async (what: number) => {
      ada.network.events.emitLatest('game.at', [what])
      await settled(ada, bob)
    }
    await say(1)
    await say(2)
    for (const { room } of [ada, bob]) await room.leave()
    clock.advance(60_000)

    const again = await ada.network.rooms.create('tavern')
    await bob.network.rooms.join(again.code)
    await say(3)

    t.equal(again.code, ada.room.code)
    t.strictSame(argsOf(heard), [[1], [2], [3]])
  },
)

t.test('latest_keys: of more keys than that the newest are kept for who is away', async (t) => {
  const here = await world(t, {
    ...HOUSE,
    rates: false,
    limits: { latest_keys: 3, heartbeat_ms: 3_600_000 },
  })
  const [ada, bob, cleo] = await away(here, ['host', 'player', 'player'])
  const heard = listen(bob)
  await cut(bob, here)

  cleo.network.events.emitLatest('game.at', ['Cleo’s'])
  await settled(cleo)
  for (let key = 1; key <= 5; key++)
    ada.network.events.emitLatest('game.at', [key], { key: `${key}` })
  await settled(ada)
  await back5(bob, here)
  await settled(bob)

  t.strictSame(argsOf(heard), [['Cleo’s'], [3], [4], [5]])
})

t.test('latest_bytes: of more than that the newest are kept for who is away', async (t) => {
  const here = await world(t, {
    ...HOUSE,
    limits: { latest_bytes: 2_500, heartbeat_ms: 3_600_000 },
  })
  const [ada, bob] = await away(here, ['host', 'player'])
  const heard = listen(bob)
  await cut(bob, here)

  for (const key of ['a', 'b', 'c'])
    ada.network.events.emitLatest('game.at', [key, 'x'.repeat(900)], { key })
  for (let again = 0; again < 20; again++)
    ada.network.events.emitLatest('game.at', ['c', 'x'.repeat(900)], { key: 'c' })
  await settled(ada)
  await back5(bob, here)
  await settled(bob)

  t.strictSame(
    heard.map(([, key]) => key),
    ['b', 'c'],
  )
})

t.test('a latest event keeps to the rules of an event', async (t) => {
  const rooms = {
    inn: defineRoom({
      namespaces: ['inn'],
      permissions: { emit: 'trusted' },
      onMessage(_room, { type, key, args }) {
        return { args: [type, key ?? 'no key', ...args] }
      },
    }),
  }
  const { raw } = stage(t, { rooms })
  const [ada, bob] = [await raw(), await raw()] as [RawClient, RawClient]
  const made = await ada.ask('room.create', { kind: 'inn' })
  await bob.ask('room.join', { code: made.data.room.code })
  const say = (client: RawClient, data: object, envelope = {}) =>
    client.ask('event.emit_latest', { name: 'inn.at', args: [], ...data }, envelope)

  const answers = [
    await say(bob, {}),
    await say(ada, { name: 'game.at' }),
    await say(ada, { key: 'x'.repeat(65) }),
    await say(ada, {}, { to: 'group:none' }),
    await say(ada, {}, { room: 'AAAAAA' }),
    await say(ada, { key: 'k', args: [1] }),
  ]
  ada.send({ type: 'event.emit_latest', data: { name: 'game.at', args: [] } })
  const unasked = await ada.next('error')
  await bob.settled()

  t.match(
    answers.map(({ data }) => data.code ?? data),
    [
      'PERMISSION_DENIED',
      'NAMESPACE_NOT_DECLARED',
      'INVALID_MESSAGE_DATA',
      'INVALID_TARGET',
      'NOT_IN_ROOM',
      { delivered: 1 },
    ],
  )
  t.match(unasked.data, { code: 'NAMESPACE_NOT_DECLARED', request: 'event.emit_latest' })
  t.match(await bob.next('event.latest'), {
    from: { member: 1 },
    data: { name: 'inn.at', args: ['event', 'k', 1], key: 'k' },
  })
})

t.test(
  'a room hears latest events to server, and what it swallows is kept for nobody',
  async (t) => {
    const told: unknown[] = []
    const rooms = {
      inn: defineRoom({
        namespaces: ['inn'],
        onMessage: (_room, { args }) => (args[0] === 'secret' ? false : undefined),
        onEvent: (_room, { name, args, key, from }) =>
          void told.push([name, args, key, from.number]),
      }),
    }
    const here = await world(t, { rooms, limits: HOUSE.limits })
    const ada = await enter(here, { kind: 'inn', ...PATIENT })
    const bob = await enter(here, { code: ada.room.code, ...PATIENT })
    const heard: unknown[] = []
    bob.network.events.onLatest('inn.at', (args) => void heard.push(args))
    await cut(bob, here)

    ada.network.events.emitLatest('inn.at', ['for the room'], { key: 'a', to: 'server' })
    ada.network.events.emitLatest('inn.at', ['for both'], { key: 'b', to: ['server', 'others'] })
    ada.network.events.emitLatest('inn.at', ['secret'], { key: 'c' })
    await settled(ada)
    await back5(bob, here)
    await settled(bob)

    t.strictSame(told, [
      ['inn.at', ['for the room'], 'a', 1],
      ['inn.at', ['for both'], 'b', 1],
    ])
    t.strictSame(heard, [['for both']])
  },
)

t.test('latest events are charged as events are', async (t) => {
  const { raw } = stage(t, { ...HOUSE, rates: { event: { burst: 3, per_second: 1 } } })
  const ada = await raw()
  await ada.ask('room.create', { kind: 'stage' })
  const data = { name: 'game.at', args: [] }

  const answers: Any[] = []
  for (let time = 0; time < 4; time++)
    answers.push((await ada.ask(time % 2 ? 'event.emit' : 'event.emit_latest', data)).data.code)

  t.strictSame(answers, [undefined, undefined, undefined, 'RATE_LIMITED'])
})

t.test('a latest event that no server would take fails where it is said', async (t) => {
  const [ada] = await troupe(await world(t, HOUSE), ['host'])
  const { events } = ada.network

  t.throws(() => events.emitLatest('wave'), { code: 'INVALID_MESSAGE_DATA' })
  t.throws(() => events.emitLatest('game.at', [Number.NaN]), { code: 'INVALID_MESSAGE_DATA' })
  t.throws(() => events.emitLatest('game.at', ['x'.repeat(60_000)]), { code: 'TOO_LARGE' })
  ada.network.close()
  t.throws(() => events.emitLatest('game.at'), { code: 'CLOSED' })
})

/** Players who come back five seconds after a cut. */
async function away<const R extends Parameters<typeof troupe>[1]>(here: TestWorld, roles: R) {
  return troupe(here, roles, PATIENT)
}

async function back5(player: Player, here: TestWorld): Promise<void> {
  here.clock.advance(4_000)
  await back(player, here)
}

type Heard = [args: readonly unknown[], key: string, number: number, room: string]

/** What a player hears of `game.at`. */
function listen({ network }: Player): Heard[] {
  const heard: Heard[] = []
  network.events.onLatest('game.at', (args, { member }, room, key) => {
    heard.push([args, key, member, room])
  })
  return heard
}

const argsOf = (heard: readonly Heard[]) => heard.map(([args]) => args)
