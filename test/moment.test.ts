import { setImmediate as turn } from 'node:timers/promises'
import { hashSync } from '@node-rs/bcrypt'
import t from 'tap'
import type { AllMessages } from '../protocol/index.ts'
import { MIN_RECEIVE_BYTES } from '../protocol/session.ts'
import type { HandlersOf } from '../server/core/dispatch/dispatch.ts'
import type { Operations, Store } from '../server/core/store/store.ts'
import { acceptPackets, definePackets } from '../server/server.ts'
import { createDirectStore } from '../server/store/direct.ts'
import { createWorld } from '../server/world.ts'
import type { RawClient } from './support/client.ts'
import { until } from './support/promise.ts'
import { stage } from './support/stage.ts'

/** A store that does at once what it is asked, and tells of some of it only when the test says so. */
function lateStore(...late: readonly (keyof Operations)[]) {
  const store = createDirectStore(createWorld().log)
  const waiting: (() => void)[] = []
  let isLate = false
  const slow: Store = {
    close: store.close,
    async run<K extends keyof Operations>(name: K, args: Parameters<Operations[K]>[0]) {
      const done = await store.run(name, args)
      if (isLate && late.includes(name))
        await new Promise<void>((resolve) => void waiting.push(resolve))
      return done
    },
  }
  return {
    store: slow,
    waiting,
    begin() {
      isLate = true
    },
    /** Tells of all at once, as a store that commits in batches does. */
    tell() {
      isLate = false
      for (const resolve of waiting.splice(0)) resolve()
    },
  }
}

/** Makes the server begin the counts of a client anew. */
async function reset(client: RawClient) {
  client.send({ type: 'session.desync', data: { sent: 0, received: 0 } })
  const { id } = await client.next('session.reset')
  client.send({ type: 'session.reset', re: id as string, data: {} })
  await client.settled()
}

const heard = (client: RawClient, type: string) =>
  client.seen.filter((one) => one.type === type).length

/** So many players who are members of one channel, and its id. */
async function members(raw: () => Promise<RawClient>, count: number) {
  const clients: RawClient[] = []
  for (let index = 0; index < count; index++) {
    const client = await raw()
    await client.ask('player.identify')
    clients.push(client)
  }
  const [owner, ...others] = clients as [RawClient, ...RawClient[]]
  const { data } = await owner.ask('channel.create', { name: 'town' })
  const channel: number = data.channel.id
  for (const client of others) await client.ask('channel.join', { channel })
  return { clients: clients as [RawClient, RawClient], channel }
}

t.test('counts that begin anew during an identification leave nobody identified', async (t) => {
  const { store, waiting, begin, tell } = lateStore('guest.create')
  const { raw } = stage(t, { store })
  const ada = await raw()
  begin()
  ada.send({ type: 'player.identify', id: 'who', data: {} })
  await until(() => waiting.length === 1, 'the store asked')

  await reset(ada)
  tell()
  await turn()

  t.match((await ada.ask('player.get')).data, { code: 'NO_PLAYER_FOUND' })
  t.notOk(ada.seen.some(({ re }) => re === 'who'))
})

t.test('who identifies hears a channel that its player joined elsewhere meanwhile', async (t) => {
  const { store, waiting, begin, tell } = lateStore('channel.list')
  const { raw } = stage(t, { store })
  const { clients, channel } = await members(raw, 1)
  const [phone, laptop] = [await raw(), await raw()]
  const { guest_key } = (await phone.ask('player.identify')).data
  begin()
  const identified = laptop.ask('player.identify', { guest_key })
  await until(() => waiting.length === 1, 'its channels looked up')

  await phone.ask('channel.join', { channel })
  const before = heard(laptop, 'channel.joined')
  tell()
  await identified
  await clients[0].ask('channel.send', { channel, message: 'hello' })

  t.equal(before, 0, 'nothing is heard before one is somebody')
  t.match((await laptop.next('channel.message')).data, { message: 'hello' })
})

t.test('what is stored is told to others though its sender waits for no answer', async (t) => {
  const { store, waiting, begin, tell } = lateStore('channel.append')
  const { raw } = stage(t, { store })
  const { clients, channel } = await members(raw, 2)
  const [ada, bob] = clients
  begin()
  ada.send({ type: 'channel.send', id: 'said', data: { channel, message: 'hello' } })
  await until(() => waiting.length === 1, 'the store asked')

  await reset(ada)
  tell()

  t.match((await bob.next('channel.message')).data, { message: 'hello' })
  await ada.settled()
  t.equal(heard(ada, 'channel.message'), 1, 'it is a member as before')
  t.notOk(ada.seen.some(({ re }) => re === 'said'))
})

t.test('who joins a channel is answered before it hears what is said there', async (t) => {
  const { store, waiting, begin, tell } = lateStore('channel.join', 'channel.append')
  const { raw } = stage(t, { store })
  const { clients, channel } = await members(raw, 1)
  const ada = await raw()
  await ada.ask('player.identify')
  begin()
  const joined = ada.ask('channel.join', { channel })
  await until(() => waiting.length === 1, 'the join stored')
  const sent = clients[0].ask('channel.send', { channel, message: 'hello' })
  await until(() => waiting.length === 2, 'the message stored')

  tell()
  await joined
  await sent
  await ada.settled()

  const order = ada.seen.map(({ type }) => type).filter((type) => `${type}`.startsWith('channel.'))
  t.strictSame(order, ['channel.joined', 'channel.join', 'channel.message'])
})

t.test('a packet judged after its sender’s counts began anew reaches nobody', async (t) => {
  const judged: (() => void)[] = []
  const packets = acceptPackets(definePackets({ Wave: { data: { hand: 'string' } } }), {
    Wave: { validate: () => new Promise<void>((resolve) => void judged.push(resolve)) },
  })
  const { raw } = stage(t, { packets })
  const [ada, bob] = [await raw(), await raw()]
  for (const one of [ada, bob]) await one.ask('room.join_or_create', { kind: 'plaza' })
  const wave = { type: 'packet', to: 'others', data: { name: 'Wave', data: { hand: 'left' } } }
  ada.send(wave)
  await until(() => judged.length === 1, 'the first judged')

  await reset(ada)
  const again = ada.ask('packet', wave.data, { to: 'others' })
  await until(() => judged.length === 2, 'the second judged: nobody takes the turn before it')
  for (const resolve of judged) resolve()

  t.match((await again).data, { value: { delivered: 1 } })
  await bob.settled()
  t.equal(heard(bob, 'packet'), 1)
})

t.test('a packet judged after its sender may say nothing any more reaches nobody', async (t) => {
  const judged: (() => void)[] = []
  const packets = acceptPackets(definePackets({ Wave: { data: { hand: 'string' } } }), {
    Wave: { validate: () => new Promise<void>((resolve) => void judged.push(resolve)) },
  })
  const { raw } = stage(t, { packets })
  const [host, ada] = [await raw(), await raw()]
  const { code } = (await host.ask('room.create', { kind: 'plaza' })).data.room
  await ada.ask('room.join', { code })
  const data = { name: 'Wave', data: { hand: 'left' } }
  const said = ada.ask('packet', data, { to: 'others' })
  await until(() => judged.length === 1, 'it is judged')

  await host.ask('room.assign', { number: 2, role: 'none' })
  judged[0]?.()

  t.match((await said).data, { code: 'PERMISSION_DENIED' })
  await host.settled()
  t.equal(heard(host, 'packet'), 0)
})

t.test('counts that begin anew while a secret is tried make nobody a backend', async (t) => {
  const { raw } = stage(t, { backendSecret: hashSync('12345678', 12) })
  const [service, other] = [await raw(), await raw()]
  service.send({ type: 'backend.connect', id: 'who', data: { secret: '12345678' } })
  // Secrets are tried one after the other, on another thread: this one takes 100 resets.
  const tried = other.ask('backend.connect', { secret: 'wrong' })
  await reset(service)
  await tried
  const { data } = await service.ask('backend.identify', { session: 'none', user: 'ada' })

  t.match(data, { code: 'BACKEND_REQUIRED' })
  t.notOk(service.seen.some(({ re }) => re === 'who'))
})

t.test(
  'counts of a backend that begin anew while it says who somebody is change nobody',
  async (t) => {
    const { store, waiting, begin, tell } = lateStore('alias.find')
    const { raw } = stage(t, { store })
    const [service, ada] = [await raw(), await raw()]
    await service.ask('backend.connect', { secret: '12345678' })
    const session = (ada.seen.find(({ type }) => type === 'welcome')?.data as { session: string })
      .session
    begin()
    service.send({ type: 'backend.identify', id: 'who', data: { session, user: 'ada' } })
    await until(() => waiting.length === 1, 'the store asked')

    await reset(service)
    tell()
    await turn()

    t.match((await ada.ask('player.get')).data, { code: 'NO_PLAYER_FOUND' })
    t.equal(heard(ada, 'player.identified'), 0)
    t.notOk(service.seen.some(({ re }) => re === 'who'))
  },
)

/* Props in pages. */

const value = 'x'.repeat(300)
const props = Array.from({ length: 9 }, (_, at) => ({ key: `prop ${at}`, value }))

t.test('receive_bytes: a player’s props come in pages, each of which fits', async (t) => {
  const { raw } = stage(t)
  const ada = await raw()
  await ada.ask('session.hello', { receive_bytes: MIN_RECEIVE_BYTES })
  await ada.ask('player.identify')
  const updated = await ada.ask('player.update', { props })

  const pages = [(await ada.ask('player.get')).data]
  for (let { next } = pages[0]; next !== null; next = pages.at(-1).next)
    pages.push((await ada.ask('player.get', { after: next })).data)

  t.strictSame(updated.data, pages[0])
  t.ok(pages.length > 3)
  t.strictSame(
    pages.flatMap(({ player }) => player.props),
    props,
  )
})

t.test('receive_bytes: a library puts the pages of a player together', async (t) => {
  const { connect } = stage(t, { limits: { receive_bytes: MIN_RECEIVE_BYTES } })
  const ada = await connect()
  await ada.players.identify()
  const all = Object.fromEntries(props.map(({ key, value }) => [key, value]))

  const updated = await ada.players.update({ props: all })
  const got = await ada.players.get()

  t.strictSame(updated.props, all)
  t.strictSame(got.props, all)
  t.strictSame(ada.players.props, all)
})

t.test('receive_bytes: a prop that its client could not read is not stored', async (t) => {
  const { raw } = stage(t)
  const [ada, laptop] = [await raw(), await raw()]
  await ada.ask('session.hello', { receive_bytes: MIN_RECEIVE_BYTES })
  const { guest_key } = (await ada.ask('player.identify')).data
  await laptop.ask('player.identify', { guest_key })
  const long = [{ key: 'long', value: 'x'.repeat(MIN_RECEIVE_BYTES) }]

  const refused = await ada.ask('player.update', { name: 'Ada', props: long })
  const stored = (await laptop.ask('player.get')).data.player
  await laptop.ask('player.update', { props: long })
  const renamed = await ada.ask('player.update', { name: 'Ada' })
  const mended = await ada.ask('player.update', { props: [{ key: 'long', value: null }] })

  t.match(refused.data, { code: 'TOO_LARGE', message: /receive_bytes 1024/ })
  t.match([stored.props, stored.name], [[], /^Guest/])
  t.match(renamed.data, { code: 'TOO_LARGE' })
  t.match(mended.data, { player: { props: [], name: /^Guest/ }, next: null })
})

t.test(
  'receive_bytes: a channel its client could not be told of is not made, nor joined',
  async (t) => {
    const { raw } = stage(t)
    const { clients } = await members(raw, 2)
    const [ada, bob] = clients
    await ada.ask('session.hello', { receive_bytes: MIN_RECEIVE_BYTES })
    const large = { name: 'large', props: { long: 'x'.repeat(MIN_RECEIVE_BYTES) } }
    const { id: channel } = (await bob.ask('channel.create', large)).data.channel
    const { id: own } = (await ada.ask('channel.create', { name: 'own' })).data.channel

    const answers = [
      await ada.ask('channel.create', large),
      await ada.ask('channel.join', { channel }),
      await ada.ask('channel.update', { channel: own, props: large.props }),
    ]

    for (const { data } of answers) t.match(data, { code: 'TOO_LARGE', request: /^channel/ })
    const { channels } = (await bob.ask('channel.list')).data
    t.match(channels.slice(1), [
      { id: channel, members: 1 },
      { id: own, props: {} },
    ])
  },
)

/* The compiler refuses what would be answered before it is decided. */

type Leave = HandlersOf<Pick<AllMessages, 'room.leave'>>

export const RIGHT: Leave[] = [
  { 'room.leave': () => ({}) },
  { 'room.leave': async () => () => ({}) },
]
export const WRONG: Leave[] = [
  // @ts-expect-error: a promise of a reply is none of what to do then
  { 'room.leave': async () => ({}) },
  // @ts-expect-error: nor is a promise of a promise
  { 'room.leave': async () => async () => ({}) },
]
