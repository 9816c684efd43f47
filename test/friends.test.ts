import { join } from 'node:path'
import t, { type Test } from 'tap'
import { defineRoom, type HubOptions } from '../server/server.ts'
import { createDirectStore } from '../server/store/direct.ts'
import type { Network } from '../web-client/client.ts'
import { createClock, createTestWorld, seedOf } from './support/clock.ts'
import { walkFriends } from './support/friends-walk.ts'
import { failing, until } from './support/promise.ts'
import { sized } from './support/soak.ts'
import { OVERS, type TestWorld, UNHURRIED_MS, world } from './support/world.ts'

const HOUSE: HubOptions = {
  rooms: { arena: defineRoom({ capacity: 8, namespaces: ['game'] }) },
  limits: { heartbeat_ms: UNHURRIED_MS },
  queues: {
    apart: { kind: 'arena', max: 2, blocks: true },
    any: { kind: 'arena', max: 2 },
    again: { kind: 'arena', min: 2, max: 3, wait_ms: 1, blocks: true, backfill: true },
  },
}

/** Somebody who has identified, and what it was told of friends. */
interface Player {
  readonly network: Network
  readonly id: string
  readonly key: string
  readonly told: (readonly [name: string, standing: string | null])[]
}

async function player(here: TestWorld, name: string, guest_key?: string): Promise<Player> {
  const network = await here.connect({ pingEvery: UNHURRIED_MS })
  const told: Player['told'] = []
  network.friends.on('changed', (one) => told.push([one.name, one.standing]))
  network.friends.on('removed', (player) => told.push([player, null]))
  const who = guest_key === undefined ? { name } : { guest_key }
  const { player: me, guest_key: own } = await network.players.identify(who)
  return { network, id: me.id, key: own ?? guest_key ?? '', told }
}

/** Everything that was said so far has come. */
async function settled(...players: readonly Player[]): Promise<void> {
  for (let turn = 0; turn < 3; turn++)
    for (const { network } of players) await network.request('room.list', {})
}

/** Two who are friends; nothing was told since. */
async function pals(here: TestWorld): Promise<[Player, Player]> {
  const [ada, bob] = [await player(here, 'Ada'), await player(here, 'Bob')]
  await ada.network.friends.ask(bob.id)
  await bob.network.friends.ask(ada.id)
  await settled(ada, bob)
  for (const { told } of [ada, bob]) told.length = 0
  return [ada, bob]
}

/** Ada, who blocks Bob, and Bob, in one room; what each heard of `game.hi`. */
async function apart(t: Test, options: HubOptions = HOUSE) {
  const here = await world(t, options)
  const [ada, bob] = [await player(here, 'Ada'), await player(here, 'Bob')]
  const { code } = await ada.network.rooms.create('arena')
  await bob.network.rooms.join(code)
  await ada.network.friends.block(bob.id)
  const heard: unknown[] = []
  ada.network.events.on('game.hi', ([what]) => heard.push(what))
  return { here, ada, bob, heard }
}

for (const over of OVERS)
  t.test(
    `a player asks another to be friends, who accepts, on all devices, over ${over}`,
    async (t) => {
      const here = await world(t, { over, ...HOUSE })
      const [ada, bob] = [await player(here, 'Ada'), await player(here, 'Bob')]
      const phone = await player(here, 'Bob', bob.key)

      const asked = await ada.network.friends.ask(bob.id)
      await settled(bob, phone)
      const accepted = await phone.network.friends.accept(ada.id)
      await settled(ada, bob, phone)

      t.match(asked, { player: bob.id, name: 'Bob', standing: 'asked' })
      t.match(accepted, { player: ada.id, name: 'Ada', standing: 'friend' })
      for (const { told } of [bob, phone])
        t.strictSame(told, [
          ['Ada', 'asking'],
          ['Ada', 'friend'],
        ])
      t.strictSame(ada.told, [
        ['Bob', 'asked'],
        ['Bob', 'friend'],
      ])
    },
  )

t.test('two who ask each other at once are friends', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob] = [await player(here, 'Ada'), await player(here, 'Bob')]

  await Promise.all([ada.network.friends.ask(bob.id), bob.network.friends.ask(ada.id)])
  await settled(ada, bob)

  t.strictSame(ada.told.at(-1), ['Bob', 'friend'])
  t.strictSame(bob.told.at(-1), ['Ada', 'friend'])
  const again = await ada.network.friends.ask(bob.id)
  await settled(bob)
  t.equal(again.standing, 'friend')
  t.equal(bob.told.length, 2, 'who is a friend already is not told again')
})

t.test('a friendship ends for both, and what is asked is declined or taken back', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob] = await pals(here)
  const eve = await player(here, 'Eve')

  await bob.network.friends.remove(ada.id)
  await eve.network.friends.ask(ada.id)
  await settled(ada, bob)
  await ada.network.friends.remove(eve.id)
  await settled(ada, bob, eve)
  await ada.network.friends.remove(eve.id)

  t.strictSame(ada.told, [
    [bob.id, null],
    ['Eve', 'asking'],
    [eve.id, null],
  ])
  t.strictSame(bob.told, [[ada.id, null]])
  t.strictSame(eve.told, [
    ['Ada', 'asked'],
    [ada.id, null],
  ])
  t.equal((await failing(ada.network.friends.accept(eve.id))).code, 'NOT_ASKED')
})

t.test('friends and blocks are there after a restart, also for who was away', async (t) => {
  const file = join(t.testdir(), 'friends.db')
  const opened = () => createDirectStore(createTestWorld(createClock()).log, file)
  const store = opened()
  const here = await world(t, { ...HOUSE, store })
  const [ada, bob] = await pals(here)
  const eve = await player(here, 'Eve')
  await ada.network.friends.block(eve.id)
  for (const { network } of [ada, bob, eve]) network.close()
  await store.close()

  const later = opened()
  t.teardown(() => later.close())
  const after = await world(t, { ...HOUSE, store: later })
  const again = await player(after, 'Ada', ada.key)
  const stranger = await player(after, 'Eve', eve.key)
  const { friends, next } = await again.network.friends.list()

  t.strictSame(friends.map(({ name, standing }) => [name, standing]).sort(), [
    ['Bob', 'friend'],
    ['Eve', 'blocked'],
  ])
  t.equal(next, null)
  t.equal((await failing(stranger.network.friends.ask(again.id))).code, 'BLOCKED')
  await stranger.network.parties.create()
  t.equal((await failing(stranger.network.parties.invite(again.id))).code, 'BLOCKED')
})

t.test('friends are listed in pages', async (t) => {
  const here = await world(t, { ...HOUSE, rates: false })
  const ada = await player(here, 'Ada')
  const others: string[] = []
  for (const name of ['Bob', 'Cleo', 'Dan']) {
    const { id } = await player(here, name)
    await ada.network.friends.ask(id)
    others.push(id)
  }
  const { list } = ada.network.friends

  const first = await list({ limit: 2, standing: 'asked' })
  const second = await list({ limit: 2, standing: 'asked', after: first.next ?? '' })

  const ids = [...first.friends, ...second.friends].map((one) => one.player)
  t.strictSame(ids, others.sort())
  t.equal(second.next, null)
  t.strictSame((await list({ standing: 'blocked' })).friends, [])
})

t.test('only who is somebody has friends, and only others who are', async (t) => {
  const here = await world(t, HOUSE)
  const raw = await here.raw()
  const ada = await player(here, 'Ada')
  const { friends } = ada.network

  for (const type of ['ask', 'accept', 'remove', 'block', 'unblock'])
    t.equal((await raw.ask(`friend.${type}`, { player: ada.id })).data.code, 'NO_PLAYER_FOUND')
  t.equal((await raw.ask('friend.list', {})).data.code, 'NO_PLAYER_FOUND')
  for (const refused of [friends.ask('nobody'), friends.block('nobody'), friends.ask(ada.id)])
    t.equal((await failing(refused)).code, 'INVALID_TARGET')
  t.equal((await failing(friends.ask(''))).code, 'INVALID_MESSAGE_DATA')
})

t.test('friends, friend_asks, blocks: nobody has more than that', async (t) => {
  const limits = { ...HOUSE.limits, friends: 1, friend_asks: 1, blocks: 1 }
  const here = await world(t, { ...HOUSE, limits })
  const [ada, bob] = await pals(here)
  const [eve, dan] = [await player(here, 'Eve'), await player(here, 'Dan')]

  const asks = await failing(ada.network.friends.ask(eve.id))
  t.match(asks, { code: 'TOO_MANY_FRIENDS', message: /^friends: / })
  await eve.network.friends.ask(ada.id)
  t.equal((await failing(ada.network.friends.accept(eve.id))).code, 'TOO_MANY_FRIENDS')
  const waiting = await failing(dan.network.friends.ask(ada.id))
  t.match(waiting, { code: 'TOO_MANY_FRIENDS', message: /^friend_asks: / })
  await ada.network.friends.block(bob.id)
  t.equal((await failing(ada.network.friends.block(eve.id))).code, 'TOO_MANY_BLOCKS')
})

t.test('nobody asks for friends faster than the rate says', async (t) => {
  const rates = { friend: { per_second: 0.1, burst: 2 } }
  const here = await world(t, { ...HOUSE, rates })
  const raw = await here.raw()
  await raw.ask('player.identify', {})

  const codes: unknown[] = []
  for (let turn = 0; turn < 3; turn++)
    codes.push((await raw.ask('friend.ask', { player: 'nobody' })).data.code)

  t.strictSame(codes, ['INVALID_TARGET', 'INVALID_TARGET', 'RATE_LIMITED'])
})

t.test('who is blocked is no friend any more, and is not told why', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob] = await pals(here)
  const phone = await player(here, 'Ada', ada.key)

  await ada.network.friends.block(bob.id)
  await settled(ada, bob, phone)

  for (const { told } of [ada, phone]) t.strictSame(told, [['Bob', 'blocked']])
  t.strictSame(bob.told, [[ada.id, null]])
  t.strictSame((await bob.network.friends.list()).friends, [])
})

t.test('who blocks is asked nothing by the blocked, and told nothing as itself', async (t) => {
  const { ada, bob, heard } = await apart(t)
  const { events, queries } = bob.network
  const to = [`player:${ada.id}`, `session:${ada.network.session}`]
  let asked = 0
  ada.network.queries.register('game.eight', () => ++asked)
  ada.network.functions.register('game.run', () => ++asked)

  for (const one of to) {
    t.equal((await failing(events.emit('game.hi', ['direct'], { to: one }))).code, 'INVALID_TARGET')
    t.equal((await failing(queries.ask(one, 'game.eight', null))).code, 'INVALID_TARGET')
    const called = bob.network.request('function.call', { name: 'game.run', args: [] }, { to: one })
    t.equal((await failing(called)).code, 'INVALID_TARGET')
  }
  await bob.network.parties.create()
  t.equal((await failing(bob.network.parties.invite(ada.id))).code, 'BLOCKED')
  await events.emit('game.hi', ['to all'])
  await events.emit('game.hi', ['to the host'], { to: 'host' })
  await settled(ada, bob)

  t.strictSame(heard, ['to all', 'to the host'], 'the room and its host are spoken to')
  t.equal(asked, 0)
  await ada.network.friends.unblock(bob.id)
  await events.emit('game.hi', ['again'], { to: to[0] ?? '' })
  await settled(ada)
  t.equal(heard.at(-1), 'again')
})

t.test('who is blocked hears who blocks, and a union reaches the others', async (t) => {
  const { ada, bob, heard } = await apart(t)
  const told: unknown[] = []
  bob.network.events.on('game.hi', ([what]) => told.push(what))

  await ada.network.events.emit('game.hi', ['you'], { to: `player:${bob.id}` })
  const answer = await bob.network.request(
    'event.emit',
    { name: 'game.hi', args: ['both'] },
    { to: [`player:${ada.id}`, 'self'] },
  )
  await settled(ada, bob)

  t.strictSame(told, ['you', 'both'])
  t.match(answer, { delivered: 1, unreached: [`player:${ada.id}`] })
  t.strictSame(heard, [])
})

t.test('an invitation of who is blocked since is not told again', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob] = await pals(here)
  await bob.network.parties.create()
  await bob.network.parties.invite(ada.id)
  await ada.network.friends.block(bob.id)

  const phone = await here.connect({ pingEvery: UNHURRIED_MS })
  const invited: unknown[] = []
  phone.parties.on('invited', (one) => invited.push(one))
  await phone.players.identify({ guest_key: ada.key })
  await phone.request('room.list', {})

  t.strictSame(invited, [])
})

t.test('in a channel, what the blocked say is marked, and heard', async (t) => {
  const { ada, bob } = await apart(t)
  const channel = await ada.network.channels.create('town')
  await bob.network.channels.join(channel.id)
  const said: unknown[] = []
  for (const { network } of [ada, bob])
    network.channels.on('message', ({ name, blocked = false }) => said.push([name, blocked]))

  await bob.network.channels.send(channel.id, 'hi')
  await settled(ada, bob)

  t.same(new Set(said.map(String)), new Set(['Bob,true', 'Bob,false']))
  const history = { channel: channel.id }
  t.match((await ada.network.request('channel.history', history)).messages, [{ blocked: true }])
  t.notOk((await bob.network.request('channel.history', history)).messages[0]?.blocked)
})

t.test('who blocks is not matched with the blocked where the queue says so', async (t) => {
  const { here, ada, bob } = await apart(t)
  const eve = await player(here, 'Eve')
  const played: string[] = []
  for (const [name, { network }] of Object.entries({ ada, bob, eve }))
    network.matchmaking.on('started', (_room, { queue }) => played.push(`${name} ${queue}`))

  for (const { network } of [ada, bob]) await network.matchmaking.find('apart')
  await settled(ada, bob)
  t.strictSame(played, [], 'in whichever order they come')
  await eve.network.matchmaking.find('apart')
  await settled(ada, bob, eve)
  t.strictSame(played.sort(), ['ada apart', 'eve apart'])

  await bob.network.matchmaking.leave()
  for (const { network } of [bob, ada]) await network.matchmaking.find('any')
  await settled(ada, bob)
  t.equal(played.length, 4, 'any other queue does not mind')
})

t.test('no open seat of a match is offered to who is blocked there', async (t) => {
  const { here, ada, bob } = await apart(t)
  const eve = await player(here, 'Eve')
  const played: string[] = []
  for (const [name, { network }] of Object.entries({ ada, bob, eve }))
    network.matchmaking.on('started', () => played.push(name))
  for (const { network } of [ada, eve]) await network.matchmaking.find('again')
  await settled(ada, eve)
  here.clock.advance(1)
  await settled(ada, eve)
  t.strictSame(played.sort(), ['ada', 'eve'])

  await bob.network.matchmaking.find('again')
  await settled(ada, bob, eve)

  t.equal(played.length, 2)
})

t.test('what a player is told of itself says nothing of whom it blocks', async (t) => {
  const { here, ada } = await apart(t)
  const raw = await here.raw()

  const { data } = await raw.ask('player.identify', { guest_key: ada.key })

  t.strictSame(Object.keys(data.player), ['id', 'name', 'guest'])
})

t.test('a friendship that ends while one signs in is over for it', async (t) => {
  const store = createDirectStore(createTestWorld(createClock()).log)
  let signing = () => {}
  let known: Promise<void> | undefined
  const here = await world(t, {
    ...HOUSE,
    store: {
      ...store,
      async run(name, args) {
        const answer = await store.run(name, args)
        if (name === 'friend.known' && known) {
          signing()
          await known
        }
        return answer
      },
    },
  })
  const [ada, bob] = await pals(here)
  bob.network.close()
  await until(() => ada.network.presence.of(bob.id).status === 'offline', 'he is gone')
  let goOn = () => {}
  known = new Promise((resolve) => {
    goOn = resolve
  })
  const signs = new Promise<void>((resolve) => {
    signing = resolve
  })

  const back = player(here, 'Bob', bob.key)
  await signs
  await ada.network.friends.remove(bob.id)
  goOn()
  const again = await back
  await settled(ada, again)

  t.equal(again.network.presence.of(ada.id).status, 'offline')
  t.equal(ada.network.presence.of(bob.id).status, 'offline')
})

const seed = seedOf()
t.comment(`SEED=${seed}`)

t.test(
  'of friends, blocks and presence every device knows what is so, whatever happens',
  async (t) => {
    const walks = sized(30, 300)
    for (let walk = 0; walk < walks; walk++) {
      const problems = await walkFriends(t, 40, seed + walk)
      if (problems.length > 0) t.strictSame(problems, [], `SEED=${seed + walk}`)
    }
    t.pass(`${walks} walks`)
  },
)

t.test('a page of what somebody blocked has said fits who blocks it, marks and all', async (t) => {
  const RECEIVE_BYTES = 11_000
  const { raw } = await world(t, { rates: false })
  const [ada, bob] = [await raw(), await raw()]
  await ada.ask('player.identify', { name: 'Ada' })
  const { player } = (await bob.ask('player.identify', { name: 'Bob' })).data
  const { id } = (await bob.ask('channel.create', { name: 'tavern' })).data.channel
  await ada.ask('channel.join', { channel: id })
  await ada.ask('friend.block', { player: player.id })
  for (let n = 0; n < 100; n++) await bob.ask('channel.send', { channel: id, message: n })
  await ada.ask('session.hello', { receive_bytes: RECEIVE_BYTES })

  const page = await ada.ask('channel.history', { channel: id, limit: 100 })

  t.equal(page.type, 'channel.history', page.data.message)
  t.ok(Buffer.byteLength(JSON.stringify(page)) <= RECEIVE_BYTES)
  t.ok(page.data.messages.length > 2)
  for (const one of page.data.messages) t.match(one, { blocked: true })
})
