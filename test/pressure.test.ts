import t, { type Test } from 'tap'
import { MESSAGES } from '../protocol/index.ts'
import { LIMITS, RATES } from '../protocol/limits.ts'
import { isCounted } from '../protocol/message.ts'
import { defineRoom, type HubOptions } from '../server/server.ts'
import type { Any, RawClient } from './support/client.ts'
import { createClock, createTestWorld } from './support/clock.ts'
import { claim, drop } from './support/player.ts'
import { both, until } from './support/promise.ts'
import { type TestWorld, world } from './support/world.ts'

/* Nobody is reset for what others say within their rates, nor for what a game does meanwhile. */

const LONG = '.'.repeat(55_000)
const isReset = ({ msg }: { readonly msg?: string }) => msg === 'slow reader reset'

const heard = ({ seen }: RawClient, type: string) => seen.filter((one) => one.type === type).length

both(
  'who says much to a channel within its rates resets no member of it',
  { limits: { data_bytes: 60_000 } },
  async (t, w) => {
    const members = [await w.raw(), await w.raw(), await w.raw()]
    const [talker] = members as [RawClient, RawClient, RawClient]
    for (const one of members) await one.ask('player.identify')
    const { data } = await talker.ask('channel.create', { name: 'news' })
    const channel = data.channel.id
    for (const one of members) await one.ask('channel.join', { channel })

    const said = Math.ceil((3 * LIMITS.hard_bytes.value) / LONG.length)
    const burst = Math.min(said, RATES.channel.burst)
    const answers = Array.from({ length: burst }, () =>
      talker.ask('channel.send', { channel, message: LONG }),
    )
    for (const { type } of await Promise.all(answers)) t.equal(type, 'channel.send')
    for (const one of members)
      await until(() => heard(one, 'channel.message') === burst, 'all that was said')

    t.strictSame(w.lines.filter(isReset), [])
    t.equal(w.stats().away, 0)
  },
)

both('who says much to the host within its rates does not reset it', {}, async (t, w) => {
  const [host, talker] = [await w.raw(), await w.raw()]
  for (const one of [host, talker]) await one.ask('room.join_or_create', { kind: 'plaza' })

  for (let count = 0; count < RATES.event.burst; count++)
    talker.send({ type: 'event.emit', to: 'host', data: { name: 'plaza.story', args: [LONG] } })
  await until(() => heard(host, 'event') === RATES.event.burst, 'all that was said')

  t.strictSame(w.lines.filter(isReset), [])
  t.equal(w.stats().away, 0)
})

/** A server whose loop a test can block. */
async function blocking(t: Test, options: HubOptions = {}) {
  const clock = createClock()
  let lost = 0
  const quiet = createTestWorld(clock)
  const own = { ...quiet, now: () => clock.now() + lost }
  const block = (ms: number) => {
    lost += ms
  }
  const onMessage = () => {
    block(1_000)
    return undefined
  }
  const rooms = { duel: defineRoom({ namespaces: ['game'], onMessage }) }
  const w = await world(t, { world: own, rooms, ...options })
  return { ...w, clock, block, lines: quiet.lines }
}

/** One who has not read yet what another said to it. */
async function behind(w: TestWorld, count: number) {
  const reader = await w.raw()
  await reader.ask('room.join_or_create', { kind: 'plaza' })
  const [socket] = w.sockets
  const talker = await w.raw()
  await talker.ask('room.join_or_create', { kind: 'plaza' })
  if (socket) socket.stalled = true
  for (let said = 0; said < count; said++)
    talker.send({ type: 'event.emit', data: { name: 'plaza.story', args: [LONG] } })
  await talker.settled()
  const read = () => {
    if (socket) socket.stalled = false
  }
  return { reader, read }
}

t.test('a hook that blocks the loop for a second resets nobody in another room', async (t) => {
  const w = await blocking(t)
  const { reader, read } = await behind(w, 40)
  const dueller = await w.raw()
  await dueller.ask('room.join_or_create', { kind: 'duel' })

  w.clock.advance(LIMITS.slow_ms.value - 1)
  await dueller.ask('event.emit', { name: 'game.strike', args: [] })
  w.clock.advance(1)
  const resets = w.lines.filter(isReset)
  read()
  await until(() => heard(reader, 'event') === 40, 'all that was said')

  t.strictSame(resets, [])
  t.equal(w.stats().away, 0)
})

t.test('a loop that is blocked for longer than stall_ms stalls nobody', async (t) => {
  const w = await blocking(t)
  const { reader, read } = await behind(w, 1)

  w.clock.advance(1_000)
  w.block(LIMITS.stall_ms.value + 1_000)
  w.clock.advance(1_100)
  const resets = w.lines.filter(isReset)
  read()
  await until(() => heard(reader, 'event') === 1, 'what was said')

  t.strictSame(resets, [])
})

t.test('a loop that is blocked again and again excuses no stall for ever', async (t) => {
  const w = await blocking(t)
  await behind(w, 1)

  for (let seconds = 0; seconds < 2 * LIMITS.stall_ms.value; seconds += 2_000) {
    w.block(1_000)
    w.clock.advance(1_000)
  }

  t.equal(w.lines.filter(isReset).length, 1)
})

const CROWD = {
  limits: { data_bytes: 30_000, members_bytes: 3_000_000 },
  rooms: { crowd: defineRoom({ capacity: 100, onJoin: (_, { data }) => data }) },
}

both('a room with a megabyte of its members’ data is joined and resumed', CROWD, async (t, w) => {
  const others = Math.ceil(1_048_576 / CROWD.limits.data_bytes) + 1
  const join = { kind: 'crowd', data: { text: '.'.repeat(29_000) } }
  for (let count = 0; count < others; count++)
    await (await w.raw()).ask('room.join_or_create', join)
  const told = (raw: RawClient, first: readonly Any[]) => {
    const pages = raw.seen.map(({ type, data }) => (type === 'room.members' ? data.members : []))
    return new Set([...first, ...pages.flat()].map(({ number }) => number)).size
  }

  const late = await w.raw()
  const joined = await late.ask('room.join_or_create', { kind: 'crowd' })
  await until(() => told(late, joined.data.members) === others + 1, 'everybody')
  const received = late.seen.filter((message) => isCounted(MESSAGES, message)).length
  await drop(w, late)
  const back = await claim(w, late.welcome.token, { sent: 1, received })
  const seats = () =>
    back.seen.flatMap(({ type, data }) => (type === 'session.snapshot' ? data.rooms : []))
  const seated = () => new Set(seats().flatMap(({ members }) => members.map(numberOf))).size
  await until(() => seated() === others + 1, 'everybody once more')

  t.ok(joined.data.members.length < others, 'in pages')
  t.match(back.reply, { resumed: true })
  t.strictSame(w.lines.filter(isReset), [])
  t.notOk([...late.seen, ...back.seen].some(({ type }) => type === 'error'))
})

t.test('the pages of a join wait until they are read, however many there are', async (t) => {
  const queue = { soft_bytes: 131_072, hard_bytes: 196_608, queue_bytes: 262_144 }
  const w = await world(t, { ...CROWD, limits: { ...CROWD.limits, ...queue } })
  const join = { kind: 'crowd', data: { text: '.'.repeat(29_000) } }
  const others: RawClient[] = []
  for (let count = 0; count < 36; count++) {
    others.push(await w.raw())
    await others.at(-1)?.ask('room.join_or_create', join)
  }
  const late = await w.raw()
  const socket = w.sockets.at(-1)

  if (socket) socket.stalled = true
  late.send({ type: 'room.join_or_create', id: 'late', data: { kind: 'crowd' } })
  await until(() => heard(others[0] as RawClient, 'room.member_joined') === 36, 'the newcomer')
  await others[0]?.settled()
  const resets = w.lines.filter(isReset)
  if (socket) socket.stalled = false
  const pages = () => late.seen.filter(({ type }) => type === 'room.members')
  await until(() => pages().at(-1)?.data.more === false, 'the last page')

  t.strictSame(resets, [])
  t.ok(pages().length > 10, `${pages().length} pages`)
})

const numberOf = ({ number }: Any) => number

both('a long history comes in pages to who takes little at once', CROWD, async (t, w) => {
  const ada = await w.raw()
  await ada.ask('player.identify')
  const { data } = await ada.ask('channel.create', { name: 'news' })
  const channel = data.channel.id
  for (let count = 0; count < 30; count++)
    await ada.ask('channel.send', { channel, message: `${count}${'.'.repeat(20_000)}` })

  const pages: Any[] = []
  for (let after: number | null = 0; after !== null; after = pages.at(-1).next)
    pages.push((await ada.ask('channel.history', { channel, after, limit: 100 })).data)

  const said = pages.flatMap(({ messages }) => messages)
  t.strictSame(
    said.map(({ message }) => Number.parseInt(message, 10)),
    Array.from({ length: 30 }, (_, index) => index),
  )
  t.ok(pages.length >= 10, `${pages.length} pages`)
  t.strictSame(w.lines.filter(isReset), [])
})
