import t from 'tap'
import { MIN_RECEIVE_BYTES } from '../protocol/session.ts'
import { profilePage } from '../server/core/store/profile.ts'
import { PAGE_BYTES } from '../server/core/wire/envelope.ts'
import { encode } from '../server/core/wire/frame.ts'
import { paged } from '../server/core/wire/page.ts'
import { until } from './support/promise.ts'
import { stage } from './support/stage.ts'

const large = 'x'.repeat(MIN_RECEIVE_BYTES)

interface Listing {
  readonly next: number | null
}

/** Everything that a list has, asked for page by page. */
async function all<P extends Listing>(ask: (after: number) => Promise<P>): Promise<P[]> {
  const pages = [await ask(0)]
  for (let next = pages[0]?.next; next !== null && next !== undefined; next = pages.at(-1)?.next)
    pages.push(await ask(next))
  return pages
}

/** A web client that takes little, and somebody who makes what is too large for it. */
async function small(t: Parameters<typeof stage>[0]) {
  const { connect, raw } = stage(t, {
    limits: { receive_bytes: MIN_RECEIVE_BYTES },
    rates: false,
    rooms: { duel: {} },
  })
  const [ada, bob] = [await connect(), await raw()]
  await bob.ask('session.hello', { receive_bytes: 60_000 })
  await bob.ask('player.identify')
  await ada.players.identify()
  return { ada, bob, connect, raw }
}

t.test('one channel that does not fit a client hides none behind it', async (t) => {
  const { ada, bob } = await small(t)
  for (const [name, props] of [['one'], ['huge', { large }], ['two']] as const)
    await bob.ask('channel.create', { name, ...(props && { props }) })

  for (const limit of [1, 100]) {
    const pages = await all((after) => ada.channels.list({ after, limit }))
    const names = pages.flatMap(({ channels }) => channels.map(({ name }) => name))
    t.strictSame(names, ['one', 'two'], `${limit} a page`)
    const unread = pages.flatMap(({ too_large = [] }) => too_large)
    t.strictSame(unread, [2], 'the other is named')
  }
})

t.test('one message that does not fit a client hides none behind it', async (t) => {
  const { ada, bob } = await small(t)
  const { id: channel } = (await bob.ask('channel.create', { name: 'town' })).data.channel
  for (const message of ['one', large, large, 'two', large])
    await bob.ask('channel.send', { channel, message })
  await ada.channels.join(channel)

  for (const limit of [1, 2, 100]) {
    const pages = await all((after) => ada.channels.history(channel, { after, limit }))
    const said = pages.flatMap(({ messages }) => messages.map(({ message }) => message))
    t.strictSame(said, ['one', 'two'], `${limit} a page`)
    const unread = pages.flatMap(({ too_large = [] }) => too_large)
    t.strictSame(unread, [2, 3, 5], 'the others are named')
  }
})

t.test('who catches up is told what it cannot take, in its place, and goes on', async (t) => {
  const { ada, bob } = await small(t)
  const { id: channel } = (await bob.ask('channel.create', { name: 'town' })).data.channel
  const say = (message: string) => bob.ask('channel.send', { channel, message })
  const told: unknown[] = []
  ada.channels.on('message', ({ offset, message }) => void told.push([offset, message]))
  ada.channels.on('skipped', (where, offset) => void told.push([offset, where]))
  for (const message of [large, large, 'three', large]) await say(message)

  await ada.channels.join(channel)
  const count = await ada.channels.catchUp(channel, 0)
  t.equal(told.length, 4, 'what it cannot take at the end is told, too')
  await say(large)
  await say('six')
  await until(() => told.length >= 6, 'the word behind the one too large')

  t.equal(count, 1)
  t.strictSame(told, [
    ...[
      [1, channel],
      [2, channel],
      [3, 'three'],
      [4, channel],
    ],
    ...[
      [5, channel],
      [6, 'six'],
    ],
  ])
})

t.test('nothing but what is too large, in more pages than one, is passed over', async (t) => {
  const { ada, bob } = await small(t)
  const { id: channel } = (await bob.ask('channel.create', { name: 'town' })).data.channel
  for (let said = 0; said < 120; said++) await bob.ask('channel.send', { channel, message: large })
  await bob.ask('channel.send', { channel, message: 'at last' })
  const told: unknown[] = []
  ada.channels.on('message', ({ message }) => void told.push(message))
  await ada.channels.join(channel)

  t.equal(await ada.channels.catchUp(channel, 0), 1)
  t.strictSame(told, ['at last'])
})

t.test('one room that does not fit a client hides none behind it', async (t) => {
  const { ada, bob } = await small(t)
  const codes: string[] = []
  for (const properties of [{}, { large }, {}, { large }])
    codes.push((await bob.ask('room.create', { kind: 'duel', properties })).data.room.code)

  for (const limit of [1, 100]) {
    const pages = await all((after) => ada.rooms.list({ after, limit }))
    const listed = pages.flatMap(({ rooms }) => rooms.map(({ code }) => code))
    t.strictSame(listed, [codes[0], codes[2]], `${limit} a page`)
  }
})

t.test('one prop that does not fit a client hides none behind it', async (t) => {
  const { connect, raw } = await small(t)
  const [phone, laptop] = [await connect(), await raw()]
  await laptop.ask('session.hello', { receive_bytes: 60_000 })
  const { guest_key } = (await laptop.ask('player.identify')).data
  const props = ['a', 'b', 'c'].map((key) => ({ key, value: key === 'b' ? large : key }))
  await laptop.ask('player.update', { props })

  const { props: told, too_large } = await phone.players
    .identify({ guest_key })
    .then(() => phone.players.get())

  t.strictSame(told, { a: 'a', c: 'c' })
  t.strictSame(too_large, ['b'], 'the other is named')
})

t.test('a page fits its client however long the id and the place to go on are', async (t) => {
  for (const letter of ['木', '\u0001']) {
    const keys = Array.from({ length: 40 }, (_, at) => `${letter.repeat(62)}${10 + at}`)
    const player = {
      ...{ id: 'x'.repeat(16), name: 'Ada', guest: true, dev: false, created_at: 1, seen_at: 1 },
      ...{ props: keys.map((key) => ({ key, value: 1 })), groups: [] },
    }
    let pages = 0

    for (let bytes = MIN_RECEIVE_BYTES; bytes < 2 * MIN_RECEIVE_BYTES; bytes++) {
      const data = profilePage(player, '', bytes)
      const { size } = encode({ type: 'player.get', re: 'i'.repeat(64), data }, 'counted')
      if (size > bytes) t.fail(`${size} bytes for a client that takes ${bytes}`)
      if (data.next !== null) pages++
    }
    t.equal(pages, MIN_RECEIVE_BYTES, 'each time there was more than fits')
  }
})

t.test(
  'a page that fits in part goes on after its last, and one of nothing goes on too',
  async (t) => {
    const item = (n: number, size = 90) => ({ n, text: 'x'.repeat(size) })
    const found = [item(1), item(2), item(3, 900), item(4)]
    const page = (items: typeof found, most: number) =>
      paged(items, most, ({ n }) => n, PAGE_BYTES + 250)

    t.match(page(found, 100), { page: [{ n: 1 }, { n: 2 }], next: 3 })
    t.match(page(found.slice(2), 1), { page: [], next: 3, tooLarge: [3] })
    t.match(page(found.slice(2), 2), { page: [{ n: 4 }], next: null, tooLarge: [3] })
    t.strictSame(page(found.slice(2, 3), 2), { page: [], next: null, tooLarge: [3], bytes: 2 })
    t.strictSame(page([], 2), { page: [], next: null, tooLarge: [], bytes: 0 })
    const huge = Array.from({ length: 200 }, (_, n) => item(n, 900))
    const marked = page(huge, 200)
    t.ok(marked.tooLarge.length < 200, 'what is left out takes its room, too')
    t.equal(marked.next, marked.tooLarge.at(-1))
  },
)
