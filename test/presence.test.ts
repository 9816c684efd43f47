import t from 'tap'
import { createMemoryWhereabouts } from '../server/bus/memory-whereabouts.ts'
import type { HubOptions } from '../server/server.ts'
import type { ConnectOptions, Network } from '../web-client/client.ts'
import { whereaboutsContract } from './contracts/whereabouts.ts'
import { failing, until } from './support/promise.ts'
import { OVERS, type TestWorld, UNHURRIED_MS, world } from './support/world.ts'

const HOUSE: HubOptions = { limits: { heartbeat_ms: UNHURRIED_MS, follows: 2 } }

/** Somebody who has identified, and what it was told of how others are. */
interface Player {
  readonly network: Network
  readonly id: string
  readonly key: string
  readonly told: (readonly [player: string, status: string, text: string])[]
}

async function player(
  here: TestWorld,
  name: string,
  guest_key?: string,
  options: ConnectOptions = {},
): Promise<Player> {
  const network = await here.connect({ pingEvery: UNHURRIED_MS, ...options })
  const told: Player['told'] = []
  network.presence.on('changed', ({ player, status, text }) => told.push([player, status, text]))
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
  return [ada, bob]
}

const statusOf = ({ network }: Player, { id }: Player) => network.presence.of(id).status

whereaboutsContract(t, 'memory', async () => createMemoryWhereabouts())

for (const over of OVERS)
  t.test(`friends see how each other are, over all devices, over ${over}`, async (t) => {
    const here = await world(t, { over, ...HOUSE })
    const [ada, bob] = await pals(here)
    t.strictSame([statusOf(ada, bob), statusOf(bob, ada)], ['online', 'online'])
    const phone = await player(here, 'Bob', bob.key)
    const tea = { status: 'away', text: 'tea', data: { cup: 1 } } as const

    await phone.network.presence.update(tea)
    await settled(ada, bob, phone)
    t.strictSame(ada.network.presence.of(bob.id), { player: bob.id, ...tea })
    t.strictSame(bob.network.presence.own, tea, 'all devices know it')
    await bob.network.presence.update({ status: 'online', text: '' })
    await settled(ada)
    bob.network.close()
    await settled(ada, phone)
    t.equal(statusOf(ada, bob), 'online', 'the phone is there')
    phone.network.close()
    await until(() => statusOf(ada, bob) === 'offline', 'nothing is there')

    t.strictSame(
      ada.told.map(([, status, text]) => `${status} ${text}`),
      ['online ', 'away tea', 'online ', 'offline '],
    )
  })

t.test('who drops is away for as long as its session waits, and offline then', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob] = await pals(here)
  const phone = await here.raw()
  await phone.ask('player.identify', { guest_key: bob.key })
  bob.network.close()
  await settled(ada)
  t.equal(statusOf(ada, bob), 'online')

  phone.drop()
  await until(() => statusOf(ada, bob) === 'away', 'it is away')
  here.clock.advance(29_000)
  await settled(ada)
  t.equal(statusOf(ada, bob), 'away')
  here.clock.advance(2_000)
  await settled(ada)

  t.equal(statusOf(ada, bob), 'offline')
})

t.test('who comes back knows how others have been meanwhile', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob] = await pals(here)

  ada.network.cut()
  await bob.network.presence.update({ text: 'alone' })
  await until(() => ada.network.presence.of(bob.id).text === 'alone', 'it is told')
  ada.network.cut()
  bob.network.close()
  await until(() => statusOf(ada, bob) === 'offline', 'it is gone')

  t.strictSame(
    ada.told.map(([, status, text]) => `${status} ${text}`),
    ['online ', 'online alone', 'offline '],
  )
})

t.test('who is invisible looks offline, and is not followed any more than who is', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob] = await pals(here)
  const eve = await player(here, 'Eve')
  await eve.network.presence.follow(bob.id)

  await bob.network.presence.update({ status: 'invisible', text: 'hush' })
  await settled(ada, eve, bob)
  t.strictSame([statusOf(ada, bob), statusOf(eve, bob)], ['offline', 'offline'])
  t.strictSame(ada.told.at(-1), [bob.id, 'offline', ''], 'and says nothing')
  t.equal(bob.network.presence.own.status, 'invisible')
  const dan = await player(here, 'Dan')
  const hidden = await failing(dan.network.presence.follow(bob.id))
  const absent = await failing(dan.network.presence.follow('nobody'))
  t.equal(hidden.code, 'INVALID_TARGET')
  t.equal(hidden.message, absent.message.replace('nobody', bob.id), 'nobody can tell the two apart')

  await bob.network.presence.update({ status: 'online' })
  await settled(ada, eve, dan)
  t.strictSame(
    [ada, eve, dan].map((one) => statusOf(one, bob)),
    ['online', 'online', 'offline'],
  )
})

t.test('follows: who is no friend is followed, by so many', async (t) => {
  const here = await world(t, HOUSE)
  const eve = await player(here, 'Eve')
  const others: Player[] = []
  for (const name of ['Ada', 'Bob', 'Cleo']) others.push(await player(here, name))
  const [ada, bob, cleo] = others as [Player, Player, Player]
  const { presence } = eve.network

  await presence.follow(ada.id)
  t.equal(statusOf(eve, ada), 'online', 'told before the answer')
  await presence.follow(bob.id)
  t.equal((await failing(presence.follow(cleo.id))).code, 'TOO_MANY_FOLLOWED')
  await presence.follow(bob.id)
  await presence.unfollow(ada.id)
  await settled(eve)
  t.equal(statusOf(eve, ada), 'offline', 'to us')
  await presence.follow(cleo.id)
  await ada.network.presence.update({ text: 'unheard' })
  await settled(eve, ada)

  t.strictSame(eve.told, [
    [ada.id, 'online', ''],
    [bob.id, 'online', ''],
    [ada.id, 'offline', ''],
    [cleo.id, 'online', ''],
  ])
  t.equal((await failing(presence.follow(eve.id))).code, 'INVALID_TARGET')
})

t.test('who blocks is not seen by the blocked', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob] = await pals(here)
  await bob.network.presence.follow(ada.id)

  await ada.network.friends.block(bob.id)
  await settled(ada, bob)
  await ada.network.presence.update({ text: 'unseen' })
  await settled(ada, bob)

  t.strictSame([statusOf(ada, bob), statusOf(bob, ada)], ['offline', 'offline'])
  t.equal((await failing(bob.network.presence.follow(ada.id))).code, 'INVALID_TARGET')
  t.strictSame(bob.told.at(-1), [ada.id, 'offline', ''])
})

t.test('who is a friend no longer is not seen any more', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob] = await pals(here)

  await ada.network.friends.remove(bob.id)
  await settled(ada, bob)

  t.strictSame([statusOf(ada, bob), statusOf(bob, ada)], ['offline', 'offline'])
})

t.test('who signs in is told once of all who are there, in parts where that is much', async (t) => {
  const here = await world(t, { ...HOUSE, rates: false })
  const [ada, bob] = await pals(here)
  const others = [bob]
  for (let at = 0; at < 6; at++) {
    const one = await player(here, `P${at}`)
    await one.network.friends.ask(ada.id)
    await ada.network.friends.ask(one.id)
    others.push(one)
  }
  for (const { network } of others) await network.presence.update({ text: 'x'.repeat(100) })
  const lists = async (receive_bytes: number) => {
    const raw = await here.raw()
    await raw.ask('session.hello', { receive_bytes, fingerprint: '', packets: null })
    await raw.ask('player.identify', { guest_key: ada.key })
    await raw.ask('room.list', {})
    return raw.seen.filter(({ type }) => type === 'presence.list').map(({ data }) => data)
  }

  const [whole, ...rest] = await lists(65_535)
  const parts = await lists(1_024)

  t.match(whole, { first: true, more: false, presences: { length: 7 } })
  t.equal(rest.length, 0)
  t.ok(parts.length > 1, `${parts.length} parts`)
  t.equal(parts.flatMap(({ presences }) => presences).length, 7)
  t.strictSame(
    parts.map(({ first, more }) => [first, more]),
    parts.map((_, at) => [at === 0, at < parts.length - 1]),
  )
})

t.test('of a burst of changes a friend is told the last', async (t) => {
  const here = await world(t, { ...HOUSE, rates: false })
  const [ada, bob] = await pals(here)
  const raw = await here.raw()
  await raw.ask('player.identify', { guest_key: ada.key })

  const { presence } = bob.network
  await Promise.all(Array.from({ length: 50 }, (_, at) => presence.update({ text: `${at}` })))
  await raw.ask('room.list', {})

  const told = raw.seen.filter(({ type }) => type === 'presence.changed')
  t.ok(told.length < 10, `${told.length} of 50`)
  t.equal(told.at(-1)?.data.text, '49')
})

t.test('presence_bytes: a status is small, and for who has identified, at its rate', async (t) => {
  const rates = { presence: { per_second: 0.1, burst: 5 } }
  const here = await world(t, { ...HOUSE, rates })
  const raw = await here.raw()
  const codeOf = async (type: string, data: object) => (await raw.ask(type, data)).data.code

  t.equal(await codeOf('presence.set', {}), 'NO_PLAYER_FOUND')
  await raw.ask('player.identify', {})
  t.equal(await codeOf('presence.set', { data: { a: 'x'.repeat(512) } }), 'TOO_LARGE')
  t.equal(await codeOf('presence.set', { text: 'x'.repeat(129) }), 'INVALID_MESSAGE_DATA')
  t.equal(await codeOf('presence.set', { status: 'offline' }), 'INVALID_MESSAGE_DATA')
  const codes: unknown[] = []
  for (let turn = 0; turn < 5; turn++) codes.push(await codeOf('presence.set', { text: 'hi' }))
  t.equal(codes.at(-1), 'RATE_LIMITED')
})
