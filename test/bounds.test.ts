import { once } from 'node:events'
import { readFileSync, truncateSync } from 'node:fs'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { CODE_ALPHABET } from '../protocol/rooms.ts'
import { createServer, type ServerOptions } from '../server/server.ts'
import { openStore } from '../server/store/store.ts'
import { networkOf } from '../server/transport/address.ts'
import { createWorld } from '../server/world.ts'
import { selfMade } from './support/certificate.ts'
import type { RawClient } from './support/client.ts'
import { service } from './support/service.ts'
import { kindOf, stage } from './support/stage.ts'
import { OVERS, type TestWorld, world } from './support/world.ts'

t.setTimeout(120_000)

/* What comes in over a socket. */

t.test('fragments: a message in one more than it may ends the session', async (t) => {
  const { url, stats } = await world(t, { over: 'socket', limits: { fragments: 4 } })
  const socket = await opened(t, url)
  const parts = [...'{"type":"ping","id":"1"}']
  const [first = '', second = '', third = '', ...rest] = parts
  const said = (more: string[]) =>
    more.forEach((part, index) => void socket.send(part, { fin: index === more.length - 1 }))

  said([first, second, third, rest.join('')])
  const [answer] = await once(socket, 'message')
  said(parts.slice(0, 5))

  t.match(JSON.parse(String(answer)), { type: 'ping', re: '1' })
  t.equal((await once(socket, 'close'))[0], 1008)
  await until(() => stats().sessions === 0)
})

t.test('chunks: a frame in more reads than it may ends the session', async (t) => {
  const { url, stats } = await world(t, { over: 'socket', limits: { chunks: 16 } })
  const patient = await said(url, [HELLO_FRAME.subarray(0, 20), HELLO_FRAME.subarray(20)])
  t.teardown(() => void patient.destroy())
  const drip = await said(url, [])
  const isOver = gone(drip)

  for (const byte of HELLO_FRAME) {
    if (!drip.destroyed) drip.write(Buffer.from([byte]))
    for (let count = 0; count < 4; count++) await turn()
  }

  await isOver
  await until(() => stats().sessions === 1)
  t.notOk(patient.destroyed)
})

for (const scheme of ['http', 'https'] as const)
  t.test(`head_ms: who connects and never says a word is closed, over ${scheme}`, async (t) => {
    const made = scheme === 'https' ? selfMade(t) : undefined
    if (scheme === 'https' && !made) return
    const tls = made && { cert: made.cert, key: readFileSync(made.keyFile, 'utf8') }
    const server = await listening(t, { ...(tls && { tls }), limits: { head_ms: 200 } })
    const silent = Array.from({ length: 20 }, () => connect(server.port, '127.0.0.1'))
    const half = connect(server.port, '127.0.0.1')
    half.write('GET / HTTP/1.1\r\nhost: a\r\nx-')

    const closed = [...silent, half].map((socket) => gone(socket))

    await Promise.all(closed)
    t.pass('all of them')
  })

t.test('request_ms: who never ends its request is closed', async (t) => {
  const server = await listening(t, { limits: { request_ms: 200 } })
  const socket = connect(server.port, '127.0.0.1')

  socket.write('POST /v1/players/identify HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{"a":')

  await gone(socket)
  t.pass()
})

/* Files of the page. */

t.test('downloads: one address has no more files on their way than it may', async (t) => {
  const page = pageOf(t)
  const server = await listening(t, { page, limits: { downloads: 3 } })
  const slow = await Promise.all([1, 2, 3].map(() => download(server.port, '/big.pck')))

  const refused = await download(server.port, '/small.txt')
  for (const { response } of slow) response.destroy()
  await until(async () => (await download(server.port, '/small.txt')).status === 200)
  const again = await Promise.all([1, 2, 3].map(() => download(server.port, '/small.txt')))

  t.match(refused, { status: 503, headers: { 'retry-after': '5' } })
  t.strictSame(
    again.map(({ status }) => status),
    [200, 200, 200],
  )
})

t.test('download_ms: who takes nothing of a file for so long is cut off', async (t) => {
  const page = pageOf(t)
  const scene = await service(t, { page, limits: { downloads: 1, download_ms: 5_000 } })
  const stuck = await download(scene.port, '/big.pck')
  const isCut = new Promise<void>((resolve) => stuck.response.once('close', resolve))
  const refused = await download(scene.port, '/small.txt')

  // More than once, as it took something before it stood still.
  await until(async () => {
    scene.clock.advance(5_000)
    return (await download(scene.port, '/small.txt')).status === 200
  })
  stuck.response.resume()
  await isCut

  t.equal(refused.status, 503)
  t.notOk(stuck.response.complete)
})

/* Sessions of an address. */

for (const over of OVERS) {
  t.test(`session: an address gets new ones so fast and no faster, over ${over}`, async (t) => {
    const rates = { session: { per_second: 1, burst: 3 } }
    const { raw, Socket, url, clock } = await world(t, {
      ...{ over, rates },
      limits: { unproven: 0 },
    })
    for (let count = 0; count < 3; count++) (await raw()).close()

    const refused = await closeOf(new Socket(url))
    clock.advance(1_000)
    await (await raw()).settled()
    const again = await closeOf(new Socket(url))

    t.strictSame([refused, again], [4105, 4105])
  })

  t.test(`session: who comes back to its own is no new one, over ${over}`, async (t) => {
    const rates = { session: { per_second: 1, burst: 2 } }
    const { raw, stats } = await world(t, { over, rates })
    const ada = await raw()
    await ada.settled()

    for (let attempt = 1; attempt <= 5; attempt++) {
      const { token } = ada.welcome
      const claim = { token, attempt, sent: 0, received: 0, forgotten: 0 }
      t.match(await (await raw()).ask('session.resume', claim), { data: { resumed: true } })
    }

    await (await raw()).settled()
    t.match(stats(), { sessions: 2, away: 0 })
  })
}

t.test('session: who leaves and comes anew gains no burst by that', async (t) => {
  const rates = { request: { per_second: 1, burst: 5 } }
  const { raw, clock } = await world(t, { rates })
  const list = async (client: RawClient, times: number) => {
    const asked = await Promise.all(Array.from({ length: times }, () => client.ask('room.list')))
    return asked.filter(({ type }) => type !== 'error').length
  }
  const neighbour = await raw()
  const first = await raw()
  const before = await list(first, 10)
  first.close()
  await first.closed

  const second = await raw()
  const after = await list(second, 10)
  const beside = await list(neighbour, 10)
  second.close()
  await second.closed
  clock.advance(5_000)
  const later = await list(await raw(), 10)

  t.strictSame({ before, after, later }, { before: 5, after: 1, later: 5 })
  t.equal(beside, 5, 'and who was there has its own')
})

t.test('guess_address: a right code is refused for nobody else’s wrong ones', async (t) => {
  const rates = {
    guess: { per_second: 1, burst: 5 },
    guess_address: { per_second: 0.5, burst: 10 },
  }
  const { raw, clock } = stage(t, { kinds, rates })
  const host = await raw()
  const { code } = (await host.ask('room.create', { kind: 'duel' })).data.room
  const [ada, eve, mallory] = [await raw(), await raw(), await raw()]
  const wrong = async (client: RawClient, times: number) => {
    const seen: string[] = []
    for (let count = 0; count < times; count++)
      seen.push((await client.ask('room.join', { code: wrongCode(count) })).data.code)
    return seen
  }

  const guessed = [await wrong(eve, 5), await wrong(mallory, 5)].flat()
  clock.advance(1_000)
  const beyond = await wrong(eve, 3)
  const own = await eve.ask('room.join', { code })
  const right = await ada.ask('room.join', { code })
  const newcomer = await (await raw()).ask('room.join', { code })
  clock.advance(3_000)
  const patient = await eve.ask('room.join', { code })

  t.strictSame(new Set(guessed), new Set(['ROOM_NOT_FOUND']))
  t.strictSame(beyond, ['ROOM_NOT_FOUND', 'RATE_LIMITED', 'RATE_LIMITED'])
  t.match(own.data, { code: 'RATE_LIMITED' }, 'even a right guess of whose are wrong is not told')
  t.equal(right.type, 'room.join')
  t.equal(newcomer.type, 'room.join')
  t.equal(patient.type, 'room.join')
})

t.test('guess_address: many sessions of one address guess hardly more than it may', async (t) => {
  const rates = { guess_address: { per_second: 1, burst: 20 } }
  const { raw, clock } = stage(t, { kinds, rates })
  const sessions = await Promise.all(Array.from({ length: 20 }, () => raw()))
  let looked = 0

  for (let second = 0; second < 60; second++) {
    for (const [index, client] of sessions.entries()) {
      const { data } = await client.ask('room.join', { code: wrongCode(second * 20 + index) })
      if (data.code === 'ROOM_NOT_FOUND') looked++
    }
    clock.advance(1_000)
  }

  t.ok(looked <= 20 + 2 * 60, `${looked} codes in a minute`)
})

t.test('guest: an address makes guests so fast, whoever they are', async (t) => {
  const { raw, clock } = await world(t, { rates: { guest: { per_second: 0.5, burst: 2 } } })
  const identify = async () => (await raw()).ask('player.identify')
  const [first] = [await identify(), await identify()]

  const refused = await identify()
  const known = await (await raw()).ask('player.identify', { guest_key: first?.data.guest_key })
  clock.advance(2_000)
  const later = await identify()

  t.match(refused.data, { code: 'RATE_LIMITED', retry_ms: 2_000 })
  t.equal(known.type, 'player.identify', 'who is one already comes all the same')
  t.equal(later.type, 'player.identify')
})

t.test('an address of the sixth version counts by its first 64 bits', (t) => {
  for (const [address, network] of [
    ['192.168.0.7', '192.168.0.7'],
    ['::ffff:192.168.0.7', '192.168.0.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['64:ff9b::1.2.3.4', '64:ff9b:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['unknown', 'unknown'],
  ] as const)
    t.equal(networkOf(address), network, address)
  t.end()
})

/* Rooms. */

const kinds = [kindOf('duel', { capacity: 1_000 }), kindOf('small', { capacity: 8 })]

t.test('rooms_made: so many rooms of one player’s making, until one is gone', async (t) => {
  const { raw, clock } = await rooms(t, { rooms_made: 2 })
  const { data } = await (await raw()).ask('player.identify')
  const key = { guest_key: data.guest_key }
  const make = async () => {
    const client = await raw()
    await client.ask('player.identify', key)
    const made = await client.ask('room.create', { kind: 'duel' })
    client.close()
    return made
  }
  await make()
  await make()

  const refused = await make()
  const joining = await raw()
  await joining.ask('player.identify', key)
  const another = await joining.ask('room.join_or_create', { kind: 'small' })
  const stranger = await (await raw()).ask('room.create', { kind: 'duel' })
  clock.advance(31_000)
  const later = await make()

  t.match(refused.data, { code: 'TOO_MANY_ROOMS', message: /this player has made 2/ })
  t.match(another.data, { code: 'TOO_MANY_ROOMS' }, 'however it is made')
  t.equal(stranger.type, 'room.create')
  t.equal(later.type, 'room.create')
})

t.test('rooms_address: so many rooms of one address’s making, until one is gone', async (t) => {
  const { raw, clock, make } = await rooms(t, { rooms_address: 2 })
  const create = async () => (await raw()).ask('room.create', { kind: 'duel' })
  const first = await create()
  await create()

  const refused = await create()
  const joined = await (await raw()).ask('room.join', { code: first.data.room.code })
  const served = make('duel')
  clock.advance(31_000)
  const later = await create()

  t.match(refused.data, { code: 'TOO_MANY_ROOMS', message: /this address has made 2/ })
  t.equal(joined.type, 'room.join')
  t.match(served, /^\w{6}$/, 'the server’s own are nobody’s')
  t.equal(later.type, 'error', 'somebody is in them yet')
})

t.test('members_bytes: in a large room each has its share of what a join reads', async (t) => {
  const { raw } = stage(t, { kinds, limits: { members_bytes: 100_000 } })
  const client = await raw()
  const data = (bytes: number) => 'x'.repeat(bytes - 2)
  const create = (kind: string, bytes: number) =>
    client.ask('room.create', { kind, data: data(bytes) })

  const refused = await create('duel', 101)
  const small = await create('small', 2_048)
  const fits = await create('duel', 100)

  t.match(refused.data, { code: 'TOO_LARGE', message: /101 bytes; expected at most 100/ })
  t.equal(small.type, 'room.create')
  t.equal(fits.type, 'room.create')
})

/* Questions. */

t.test('asks_each: one asker does not take all of another’s attention', async (t) => {
  const { ada, bob, cleo, ask } = await trio(t, { asks_each: 2, asks: 4 })
  const waiting = [ask(ada), ask(ada)]

  const refused = await ask(ada)
  const other = ask(cleo)
  const [first] = [await bob.next('query'), await bob.next('query')]
  const heard = await bob.next('query')
  bob.send({ type: 'query', re: first?.id, data: { value: 1 } })
  await waiting[0]
  const again = ask(ada)

  t.match(refused.data, { code: 'TARGET_BUSY', cause: { member: 1 } })
  t.match(heard.from, { member: 3 })
  t.match((await bob.next('query')).from, { member: 2 })
  void Promise.allSettled([...waiting, other, again])
})

t.test('asks_each: who leaves the room takes its questions along', async (t) => {
  const { ada, bob, cleo, ask } = await trio(t, { asks_each: 2, asks: 2 })
  const waiting = [ask(ada), ask(ada)]
  for (const _ of waiting) await bob.next('query')

  await ada.ask('room.leave')
  const answer = ask(cleo)
  const { id, from } = await bob.next('query')
  bob.send({ type: 'query', re: id, data: { value: 8 } })

  const codes = (await Promise.all(waiting)).map(({ data }) => data.code)
  t.strictSame(codes, ['NOT_IN_ROOM', 'NOT_IN_ROOM'])
  t.match(from, { member: 3 })
  t.match(await answer, { data: { value: 8 } })
})

/** Bob, and two who may ask him. */
async function trio(t: Test, limits: object) {
  const scene = stage(t, { kinds, limits })
  const [bob, ada, cleo] = [await scene.raw(), await scene.raw(), await scene.raw()]
  const { code } = (await bob.ask('room.create', { kind: 'small' })).data.room
  for (const client of [ada, cleo]) await client.ask('room.join', { code })
  const ask = (client: RawClient) =>
    client.ask('query', { name: 'small.a', data: null }, { to: `session:${bob.welcome.session}` })
  return { ada, bob, cleo, ask }
}

/* What is stored. */

t.test('channels: a player may be a member of so many', async (t) => {
  const { ada, bob } = await pair(t, { channels: 2 })
  const [one, two, three] = [await make(ada), await make(ada), await make(bob)]

  const refused = await ada.ask('channel.join', { channel: three.id })
  const another = await ada.ask('channel.create', { name: 'd' })
  await ada.ask('channel.leave', { channel: one.id })
  const joined = await ada.ask('channel.join', { channel: three.id })

  t.match(refused.data, { code: 'TOO_MANY_CHANNELS', status: 429 })
  t.match(another.data, { code: 'TOO_MANY_CHANNELS' })
  t.match(joined.data, { channel: { members: 2 } })
  const again = await ada.ask('channel.join', { channel: two.id })
  t.equal(again.type, 'channel.join', 'where it is a member it may be one')
})

t.test('channels_owned: a player may own so many, be it a member or not', async (t) => {
  const { ada, bob } = await pair(t, { channels_owned: 2 })
  const [first, second] = [await make(ada), await make(ada)]
  for (const { id } of [first, second]) await ada.ask('channel.leave', { channel: id })
  const third = await make(bob)
  await ada.ask('channel.join', { channel: third.id })
  const give = { channel: third.id, owner: first.owner }

  const refused = await ada.ask('channel.create', { name: 'c' })
  const given = await bob.ask('channel.update', give)
  await ada.ask('channel.delete', { channel: first.id })
  const taken = await bob.ask('channel.update', give)

  t.match(refused.data, { code: 'TOO_MANY_CHANNELS' })
  t.match(given.data, { code: 'TOO_MANY_CHANNELS' })
  t.match(taken.data, { channel: { owner: first.owner } })
})

t.test('channel_create: an address makes channels so fast, whoever they are', async (t) => {
  const rates = { channel_create: { per_second: 0.125, burst: 2 } }
  const { ada, bob, clock } = await pair(t, {}, rates)
  await make(ada)
  await make(bob)

  const refused = await bob.ask('channel.create', { name: 'c' })
  clock.advance(8_000)
  const later = await bob.ask('channel.create', { name: 'c' })

  t.match(refused.data, { code: 'RATE_LIMITED', retry_ms: 8_000 })
  t.equal(later.type, 'channel.create')
})

t.test('storage: an address has so much of it, whoever its players are', async (t) => {
  const rates = { storage: { per_second: 1, burst: 4 } }
  const { ada, bob, clock } = await pair(t, {}, rates)
  const { id } = await make(ada)
  const message = 'x'.repeat(1_500)
  const say = () => ada.ask('channel.send', { channel: id, message })
  const keep = () => bob.ask('player.update', { props: [{ key: 'bag', value: message }] })
  const look = () => ada.ask('channel.history', { channel: id })
  const own = () => bob.ask('player.get')

  const done = [await say(), await keep()]
  const refused = [await say(), await keep(), await look(), await own()]
  clock.advance(refused[0]?.data.retry_ms)
  const read = await look()
  const later = await own()

  t.strictSame(
    done.map(({ type }) => type),
    ['channel.send', 'player.update'],
  )
  for (const { data } of refused)
    t.match(data, { code: 'RATE_LIMITED', message: /too much of the storage/ }, data.request)
  t.equal(read.type, 'channel.history', 'once that is made up for')
  t.match(later.data, { code: 'RATE_LIMITED' }, 'what was read is charged as well')
})

t.test('channel_bytes: of what is said in a channel so much is kept, the newest', async (t) => {
  const { ada, clock } = await pair(t, { channel_bytes: 8_000 })
  const { id } = await make(ada)
  const say = (length: number) =>
    ada.ask('channel.send', { channel: id, message: 'é'.repeat(length) })
  const kept = async () => {
    const { data } = await ada.ask('channel.history', { channel: id, limit: 100 })
    return data.messages.map(({ offset }: { offset: number }) => offset) as number[]
  }

  for (let count = 0; count < 30; count++) {
    await say(249)
    clock.advance(200)
  }
  const many = await kept()
  await say(20_000)
  const one = await kept()

  t.ok(many.length >= 16 && many.length <= 18, `${many.length} of 500 bytes`)
  t.equal(many.at(-1), 30)
  t.strictSame(one, [31], 'what alone is more is kept while it is the newest')
})

t.test('player_bytes: what a player keeps may be so much together', async (t) => {
  const { ada } = await pair(t, { player_bytes: 1_000 })
  const set = (key: string, length: number) =>
    ada.ask('player.update', { props: [{ key, value: 'x'.repeat(length) }] })

  const first = await set('a', 400)
  const second = await set('b', 400)
  const refused = await set('c', 400)
  const smaller = await set('b', 10)
  const third = await set('c', 400)

  for (const { type } of [first, second, smaller, third]) t.equal(type, 'player.update')
  t.match(refused.data, { code: 'TOO_LARGE', message: /props: expected at most 1000 bytes/ })
})

t.test('storage_bytes: more than it holds is refused at once, and not for long', async (t) => {
  const file = join(t.testdir({}), 'a.db')
  const store = await openStore(file, createWorld(), { storage_bytes: 10_000 })
  t.teardown(store.close)
  const named = (service: string) =>
    store.run('alias.find', { service, identifier: 'a', at: 1 }).then(
      () => 'found',
      (refusal) => refusal,
    )

  const large = await named('x'.repeat(50_000))
  const many = await Promise.all(Array.from({ length: 20 }, () => named('x'.repeat(1_000))))
  const history = { id: 1, after: 0, limit: 2, bytes: 9_990 }
  const reads = await Promise.allSettled([1, 2].map(() => store.run('channel.history', history)))
  const later = await named('x'.repeat(1_000))

  t.equal(large, 'found', 'one alone may be any size')
  t.strictSame(many.slice(0, 9), Array(9).fill('found'))
  t.match(many.slice(9), Array(11).fill({ code: 'STORAGE_BUSY', details: { retry_ms: 1_000 } }))
  t.match(reads, [{ status: 'fulfilled' }, { reason: { code: 'STORAGE_BUSY' } }])
  t.equal(later, 'found')
})

t.test('a page of history reads no more than it shows', async (t) => {
  const { ada, store, clock } = await pair(t)
  const { id } = await make(ada)
  for (let count = 0; count < 12; count++) {
    await ada.ask('channel.send', { channel: id, message: 'x'.repeat(20_000) })
    clock.advance(200)
  }
  const run = store.run.bind(store)
  const read: number[] = []
  const counting: typeof run = async (name, args) => {
    const found = await run(name, args)
    if (name === 'channel.history') read.push((found as readonly unknown[]).length)
    return found
  }
  Object.assign(store, { run: counting })

  const offsets: number[] = []
  for (let after: number | null = 0; after !== null; ) {
    const { data } = await ada.ask('channel.history', { channel: id, after, limit: 100 })
    offsets.push(...data.messages.map(({ offset }: { offset: number }) => offset))
    after = data.next
  }

  t.strictSame(
    offsets,
    Array.from({ length: 12 }, (_, index) => index + 1),
  )
  t.ok(Math.max(...read) <= 4, `${read.join(', ')} messages of 20 KB read for pages of 64 KB`)
})

interface Made {
  readonly id: number
  readonly owner: string
}

async function make(client: RawClient): Promise<Made> {
  return (await client.ask('channel.create', { name: 'a' })).data.channel
}

/** Two players. */
async function pair(t: Test, limits: object = {}, rates: object = {}) {
  const scene = await service(t, { limits, rates })
  const [ada, bob] = [await scene.raw(), await scene.raw()]
  for (const client of [ada, bob]) await client.ask('player.identify')
  return { ...scene, ada, bob }
}

const rooms = async (t: Test, limits: object) => stage(t, { kinds, limits })

async function listening(t: Test, options: ServerOptions) {
  const server = await createServer({ port: 0, host: '127.0.0.1', page: 'none', ...options })
  t.teardown(server.close)
  return server
}

/** A socket that has heard the welcome. */
async function opened(t: Test, url: string): Promise<WebSocket> {
  const socket = new WebSocket(url)
  t.teardown(() => socket.terminate())
  await once(socket, 'message')
  return socket
}

/** A handshake and bytes after it, by hand. */
async function said(url: string, chunks: readonly Buffer[]): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').setNoDelay()
  socket.on('error', () => {})
  socket.write(
    [
      'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    ].join('\r\n'),
  )
  await once(socket, 'data')
  socket.resume()
  for (const chunk of chunks) {
    socket.write(chunk)
    await turn()
  }
  return socket
}

/** A ping, as long as a frame with a short head may be; masked with zeros. */
const HELLO_FRAME = (() => {
  const text = '{"type":"ping","id":"1"}'.padEnd(120)
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])
})()

function gone(socket: Socket): Promise<void> {
  socket.on('error', () => {})
  socket.resume()
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

/** A page with a file that no socket holds all of. */
function pageOf(t: Test): string {
  const page = t.testdir({ 'big.pck': '', 'small.txt': 'small' })
  truncateSync(join(page, 'big.pck'), 64_000_000)
  return page
}

/** The head of an answer; its body is not read. */
async function download(port: number, path: string) {
  const asking = request({ host: '127.0.0.1', port, path, agent: false }).end()
  asking.on('error', () => {})
  const [response] = await once(asking, 'response')
  response.on('error', () => {})
  if (response.statusCode !== 200 || Number(response.headers['content-length']) < 1_000)
    response.resume()
  return { status: response.statusCode, headers: response.headers, response }
}

const closeOf = (socket: InstanceType<TestWorld['Socket']>): Promise<number> =>
  new Promise((resolve) => {
    socket.onclose = ({ code }: { code: number }) => resolve(code)
  })

const wrongCode = (count: number) =>
  Array.from('AAAAA', (_, place) => CODE_ALPHABET[Math.floor(count / 32 ** place) % 32]).join('') +
  'A'

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await turn()
}
