import t from 'tap'
import { LIMITS, RATES } from '../protocol/limits.ts'
import type { Any, RawClient } from './support/client.ts'
import { until } from './support/promise.ts'
import { service } from './support/service.ts'
import { OVERS, type TestWorld, world } from './support/world.ts'

const HOUR = 3_600_000

async function player({ raw }: Pick<TestWorld, 'raw'>, name: string) {
  const client = await raw()
  const { data } = await client.ask('player.identify', { name })
  return { client, ...(data as { player: { id: string }; guest_key: string }) }
}

/** Ada and Bob in a channel of Ada’s; Cleo beside it. */
async function company(scene: Pick<TestWorld, 'raw'>) {
  const [ada, bob, cleo] = [
    await player(scene, 'Ada'),
    await player(scene, 'Bob'),
    await player(scene, 'Cleo'),
  ]
  const made = await ada.client.ask('channel.create', { name: 'tavern', props: { beer: 'dark' } })
  const channel = made.data.channel.id as number
  await bob.client.ask('channel.join', { channel })
  return { ada, bob, cleo, channel, made }
}

const say = (client: RawClient, channel: number, message: unknown) =>
  client.ask('channel.send', { channel, message })

const heard = ({ seen }: RawClient) =>
  seen.filter(({ type }) => type === 'channel.message').map(({ data }) => data.message)

/** Data of the wrong shape, and which field is wrong. */
const MISFITS: readonly (readonly [type: string, data: object, field: string])[] = [
  ['player.identify', { name: 7 }, 'name'],
  ['player.identify', { alias: 'ada', token: 'secret' }, 'alias'],
  ['player.get', { id: 'p-1' }, 'id'],
  ['player.update', { props: [{ key: 'gold' }] }, 'props[0].value'],
  ['channel.create', {}, 'name'],
  ['channel.create', { name: 'inn', colour: 'red' }, 'colour'],
  ['channel.create', { name: 'inn', props: ['beer'] }, 'props'],
  ['channel.join', { channel: 'one' }, 'channel'],
  ['channel.leave', { channel: 1.5 }, 'channel'],
  ['channel.list', { limit: 0 }, 'limit'],
  ['channel.send', { channel: 1 }, 'message'],
  ['channel.history', { channel: 1, after: -1 }, 'after'],
  ['channel.members', { channel: 1, after: 7 }, 'after'],
  ['channel.update', { channel: 1, owner: '' }, 'owner'],
  ['channel.delete', { channel: null }, 'channel'],
]

for (const over of OVERS) {
  t.test(`what has the wrong shape is refused, and the field named, over ${over}`, async (t) => {
    const { client } = await player(await world(t, { over }), 'Ada')

    for (const [type, data, field] of MISFITS) {
      const refused = await client.ask(type, data)
      t.match(refused, {
        type: 'error',
        data: { code: 'INVALID_MESSAGE_DATA', status: 400, request: type },
      })
      t.ok(refused.data.message.startsWith(`${type}.${field}: `), refused.data.message)
    }

    t.match(await client.ask('player.get'), { data: { player: { name: 'Ada', props: [] } } })
    t.match(await client.ask('channel.list'), { data: { channels: [] } }, 'nothing was done')
  })

  t.test(`a request that nobody knows is INVALID_MESSAGE, over ${over}`, async (t) => {
    const { client } = await player(await world(t, { over }), 'Ada')

    for (const type of ['channel.shout', 'player', '__proto__', 'toString', 'channel.message']) {
      const refused = await client.ask(type, { channel: 1, message: 'hi' })
      t.match(refused, {
        type: 'error',
        data: { code: 'INVALID_MESSAGE', status: 400, request: type },
      })
      t.ok(refused.data.message.includes(type), refused.data.message)
    }

    t.match(await client.ask('channel.list'), { data: { channels: [] } })
  })

  t.test(`a heartbeat is answered with the server’s time, over ${over}`, async (t) => {
    const { raw, clock } = await world(t, { over })
    const client = await raw()

    const first = await client.ask('ping')
    clock.advance(5_000)
    const second = await client.ask('ping')

    t.strictSame([first.type, second.type], ['ping', 'ping'])
    t.equal(second.data.time - first.data.time, 5_000)
  })

  for (const [type, rate] of [
    ['ping', 'connection'],
    ['room.list', 'request'],
  ] as const)
    t.test(`a flood of ${type} gets errors, then the close 4101, over ${over}`, async (t) => {
      const { raw } = await world(t, { over })
      const [client, neighbour] = [await raw(), await raw()]
      const { burst } = RATES[rate]

      for (let id = 0; id < burst + RATES.refused.burst + 50; id++) client.send({ type, id })
      const { code } = await client.closed

      const answers = client.seen.filter(({ re }) => re !== undefined)
      t.strictSame(
        answers.slice(0, burst + 1).map((one) => one.type),
        [...Array(burst).fill(type), 'error'],
      )
      t.match(answers[burst]?.data, {
        ...{ code: 'RATE_LIMITED', status: 429, request: type, retry_ms: Number },
      })
      t.equal(code, 4101)
      await neighbour.settled()
    })
}

t.test('who has not identified is told NO_PLAYER_FOUND', async (t) => {
  const { raw } = await world(t)
  const client = await raw()

  for (const [type, data] of [
    ['channel.send', { channel: 1, message: 'hi' }],
    ['channel.create', { name: 'tavern' }],
    ['channel.join', { channel: 1 }],
    ['player.get', {}],
  ] as const)
    t.match(await client.ask(type, data), { data: { code: 'NO_PLAYER_FOUND', request: type } })
})

t.test('what a non-member says is refused, with whose fault it was', async (t) => {
  const { cleo, channel } = await company(await world(t))

  const refused = await say(cleo.client, channel, 'hi')
  const history = await cleo.client.ask('channel.history', { channel })
  const nowhere = await say(cleo.client, 99, 'hi')

  t.match(refused.data, { code: 'NOT_IN_CHANNEL', status: 403, cause: 'Player not in channel' })
  t.match(history.data, { code: 'NOT_IN_CHANNEL' })
  t.match(nowhere.data, { code: 'CHANNEL_NOT_FOUND', status: 404 })
})

t.test('members hear what is said, the sender included, and others do not', async (t) => {
  const { ada, bob, cleo, channel, made } = await company(await world(t))

  const answer = await say(bob.client, channel, { text: 'hello' })
  const [first, second] = [
    await ada.client.next('channel.message'),
    await bob.client.next('channel.message'),
  ]
  await cleo.client.settled()

  t.match(made.data.channel, { name: 'tavern', owner: ada.player.id, members: 1, offset: 0 })
  t.strictSame(answer.data, { offset: 1 })
  t.match(first.data, { channel, offset: 1, player: bob.player.id, name: 'Bob' })
  t.strictSame(first.data, second.data)
  t.strictSame(heard(cleo.client), [])
})

t.test('of several requests in flight each error names its own', async (t) => {
  const { cleo, channel } = await company(await world(t))

  const answers = await Promise.all([
    say(cleo.client, channel, 'hi'),
    cleo.client.ask('channel.update', { channel, name: 'inn' }),
    cleo.client.ask('channel.history', { channel: 99 }),
  ])

  t.strictSame(
    answers.map(({ data }) => [data.request, data.code]),
    [
      ['channel.send', 'NOT_IN_CHANNEL'],
      ['channel.update', 'NOT_CHANNEL_OWNER'],
      ['channel.history', 'CHANNEL_NOT_FOUND'],
    ],
  )
})

t.test(
  'without the scope to write nothing is said, without that to read nothing heard',
  async (t) => {
    const scene = await service(t)
    const readers = await scene.keyWith('read:players', 'read:channels')
    const mute = await scene.keyWith('read:players', 'write:channels')
    const [writer, reader, deaf] = [await scene.raw(), await scene.raw(), await scene.raw()]
    await writer.ask('player.identify', { name: 'Ada' })
    const { channel } = (await writer.ask('channel.create', { name: 'tavern' })).data
    for (const [client, key] of [
      [reader, readers.key],
      [deaf, mute.key],
    ] as const) {
      await client.ask('player.identify', { ticket: await scene.ticket(key) })
      const { data } = await client.ask('player.get')
      await scene.ask(`PUT /v1/channels/${channel.id}/members/${data.player.id}`)
    }

    const spoken = await say(writer, channel.id, 'hello')
    const refused = await say(reader, channel.id, 'hi')
    const unheard = await deaf.ask('channel.history', { channel: channel.id })
    await deaf.settled()

    t.match(spoken.data, { offset: 1 })
    t.match(await reader.next('channel.message'), { data: { message: 'hello' } })
    t.match(refused.data, { code: 'MISSING_SCOPE', message: /write:channels/ })
    t.match(unheard.data, { code: 'MISSING_SCOPE', message: /read:channels/ })
    t.strictSame(heard(deaf), [])
  },
)

t.test('a player hears a channel on every device, and again after coming back anew', async (t) => {
  const scene = await world(t)
  const { ada, bob, channel } = await company(scene)
  const phone = await scene.raw()
  await phone.ask('player.identify', { guest_key: bob.guest_key })

  await say(ada.client, channel, 'one')
  await phone.next('channel.message')
  bob.client.close()
  phone.close()
  await say(ada.client, channel, 'two')
  const back = await scene.raw()
  await back.ask('player.identify', { guest_key: bob.guest_key })
  await say(ada.client, channel, 'three')
  const missed = await back.ask('channel.history', { channel, after: 1 })

  t.match((await back.next('channel.message')).data, { offset: 3, message: 'three' })
  t.strictSame(
    missed.data.messages.map(({ offset, message }: Any) => [offset, message]),
    [
      [2, 'two'],
      [3, 'three'],
    ],
  )
  t.equal(missed.data.next, null)
})

t.test('history comes in pages, the oldest first', async (t) => {
  const scene = await world(t, { rates: false })
  const { ada, channel } = await company(scene)
  for (let number = 1; number <= 7; number++) await say(ada.client, channel, number)

  const pages: Any[] = []
  for (let after: number | null = 0; after !== null; after = pages.at(-1).next)
    pages.push((await ada.client.ask('channel.history', { channel, after, limit: 3 })).data)

  t.strictSame(
    pages.map(({ messages }) => messages.map(({ message }: Any) => message)),
    [[1, 2, 3], [4, 5, 6], [7]],
  )
})

t.test('members are told who joins and leaves, what changes, and the end', async (t) => {
  const { ada, bob, cleo, channel } = await company(await world(t))

  const before = bob.client.seen.length
  await cleo.client.ask('channel.join', { channel })
  const again = await cleo.client.ask('channel.join', { channel })
  await cleo.client.ask('channel.leave', { channel })
  const refused = await bob.client.ask('channel.update', { channel, name: 'inn' })
  await ada.client.ask('channel.update', { channel, name: 'inn', owner: bob.player.id })
  await bob.client.ask('channel.delete', { channel })
  await bob.client.settled()

  t.match(again.data.channel, { members: 3 })
  t.match(refused.data, { code: 'NOT_CHANNEL_OWNER' })
  const told = bob.client.seen
    .slice(before)
    .filter(({ type, re }) => String(type).startsWith('channel.') && re === undefined)
  t.strictSame(
    told.map(({ type }) => type),
    ['channel.joined', 'channel.left', 'channel.updated', 'channel.deleted'],
  )
  t.match(told[0]?.data, { channel, player: cleo.player.id, name: 'Cleo' })
  t.match(told[2]?.data.channel, { name: 'inn', owner: bob.player.id })
})

t.test('channels are listed by name, by membership, a page at a time', async (t) => {
  const { ada, cleo, channel } = await company(await world(t))
  const other = (await cleo.client.ask('channel.create', { name: 'inn' })).data.channel.id
  const ids = ({ data }: Any) => data.channels.map(({ id }: Any) => id)

  const all = await ada.client.ask('channel.list', { limit: 1 })
  const rest = await ada.client.ask('channel.list', { limit: 1, after: all.data.next })
  const mine = await ada.client.ask('channel.list', { mine: true })
  const named = await ada.client.ask('channel.list', { name: 'inn' })

  t.strictSame([ids(all), ids(rest), rest.data.next], [[channel], [other], null])
  t.strictSame([ids(mine), ids(named)], [[channel], [other]])
})

t.test('channel_members: one more than the limit is CHANNEL_FULL', async (t) => {
  const { cleo, channel } = await company(await world(t, { limits: { channel_members: 2 } }))
  t.match((await cleo.client.ask('channel.join', { channel })).data, { code: 'CHANNEL_FULL' })
})

t.test('channel_messages: the oldest go first, and offsets go on', async (t) => {
  const scene = await world(t, { rates: false, limits: { channel_messages: 10 } })
  const { ada, channel } = await company(scene)
  for (let number = 1; number <= 128; number++) await say(ada.client, channel, number)

  const { data } = await ada.client.ask('channel.history', { channel })
  const offsets = data.messages.map(({ offset }: Any) => offset)

  t.strictSame(offsets, [119, 120, 121, 122, 123, 124, 125, 126, 127, 128])
})

t.test('channel_message_ms and guest_ms: what is too old is forgotten', async (t) => {
  const limits = { channel_message_ms: 2 * HOUR, guest_ms: 4 * HOUR, heartbeat_ms: 100 * HOUR }
  const scene = await world(t, { limits })
  const { ada, bob, channel } = await company(scene)
  await say(ada.client, channel, 'old')
  bob.client.close()
  const history = async () => {
    const { data } = await ada.client.ask('channel.history', { channel })
    return data.messages.map(({ message }: Any) => message)
  }
  // What each hour asks of the store has the time to happen.
  const pass = async (hours: number) => {
    for (let hour = 0; hour < hours; hour++) {
      scene.clock.advance(HOUR)
      await ada.client.settled()
    }
  }

  scene.clock.advance(1.5 * HOUR)
  await say(ada.client, channel, 'new')
  const before = await history()
  await pass(2)
  const after = await history()
  const back = await scene.raw()
  const early = await back.ask('player.identify', { guest_key: bob.guest_key })
  back.close()
  await pass(5)
  const late = await (await scene.raw()).ask('player.identify', { guest_key: bob.guest_key })

  t.strictSame([before, after], [['old', 'new'], ['new']])
  t.equal(early.data.player.id, bob.player.id)
  t.match(late.data, { code: 'INVALID_GUEST_KEY' })
})

t.test('what one says in a channel one can read again, with whatever one can take', async (t) => {
  for (const receive_bytes of [1_024, 4_000, 65_535]) {
    const { ada, channel } = await company(await world(t))
    await ada.client.ask('session.hello', { receive_bytes })
    const name = '\u0416'.repeat(24)
    await ada.client.ask('player.identify', { guest_key: ada.guest_key, name })
    const most = Math.min(59_900, receive_bytes)
    const sizes = Array.from({ length: 30 }, (_, at) => Math.max(1, most - 30 * at))
    const took: number[] = []

    for (const size of sizes) {
      const { type, data } = await say(ada.client, channel, 'x'.repeat(size))
      if (type === 'channel.send') took.push(size)
      else t.match(data, { code: 'TOO_LARGE', message: /^(channel\.send\.)?message: / }, `${size}`)
    }

    const read = await readAll(ada.client, channel)
    t.strictSame(read, { sizes: took, unread: 0 }, `of ${receive_bytes} bytes`)
    t.equal(took.length === sizes.length, receive_bytes > most, `${took.length} are taken`)
    t.ok(took.length > 1)
  }
})

/** How long the messages of a channel are, as a client reads them page by page. */
async function readAll(client: RawClient, channel: number) {
  const sizes: number[] = []
  let unread = 0
  for (let after: number | null = 0; after !== null; ) {
    const { type, data }: Any = await client.ask('channel.history', { channel, after, limit: 3 })
    if (type === 'error') throw new Error(data.message)
    sizes.push(...data.messages.map(({ message }: Any) => message.length))
    unread += data.too_large?.length ?? 0
    after = data.next
  }
  return { sizes, unread }
}

/** Numbers as they are said, how many of them, and whether a message of them is taken. */
const GROWING: readonly (readonly [number: string, count: number, isTaken: boolean])[] = [
  ['1e20', 11_000, false],
  ['-9E20', 2_700, false],
  ['1e-6', 8_000, false],
  ['12e15', 9_000, false],
  ['1e20', 2_500, true],
  ['1e21', 9_000, true],
  ['0.1e1', 9_000, true],
  ['1.0000', 8_000, true],
]

t.test('numbers that grow when they are written again are measured as they will be', async (t) => {
  const { ada, bob, channel } = await company(await world(t))
  const sayMany = async (number: string, count: number): Promise<Any> => {
    const [id, message] = [`${number} ${count}`, `[${Array(count).fill(number)}]`]
    const data = `{"channel":${channel},"message":${message}}`
    ada.client.send(`{"type":"channel.send","id":"${id}","data":${data}}`)
    const isAnswer = ({ re }: { readonly re?: unknown }) => re === id
    await until(() => ada.client.seen.some(isAnswer), `the answer to ${id}`)
    return ada.client.seen.find(isAnswer)
  }

  for (const [number, count, isTaken] of GROWING) {
    const { type, data } = await sayMany(number, count)
    t.equal(type, isTaken ? 'channel.send' : 'error', `${count} times ${number}`)
    if (!isTaken)
      t.match(data, { code: 'TOO_LARGE', message: /^message: expected at most 60000 bytes/ })
  }

  const sizes = GROWING.filter(([, , isTaken]) => isTaken).map(([, count]) => count)
  for (const { client } of [ada, bob])
    t.strictSame(await readAll(client, channel), { sizes, unread: 0 })
})

/** U+0000 and halves of a pair, as JSON escapes and as everybody reads them. */
const BROKEN = String.raw`a\u0000\uD83Db\udE42\uDE42`
const WHOLE = 'a\ufffd\ufffdb\ufffd\ufffd'

/** What a player says, and what others are told of it. */
const SPOKEN: readonly (readonly [type: string, data: string, told: string, whole: object])[] = [
  [
    'channel.update',
    '"name":"~","props":{"~":["~"]}',
    'channel.updated',
    { channel: { name: WHOLE, props: { [WHOLE]: [WHOLE] } } },
  ],
  ['channel.send', '"message":{"~":["~"]}', 'channel.message', { message: { [WHOLE]: [WHOLE] } }],
]

t.test('U+0000 and half a surrogate pair are U+FFFD to all, and in what is kept', async (t) => {
  const { ada, bob, channel } = await company(await world(t))
  const id = String.raw`\u0000`

  for (const [type, data, told, whole] of SPOKEN) {
    const said = data.replaceAll('~', BROKEN)
    ada.client.send(`{"type":"${type}","id":"${id}","data":{"channel":${channel},${said}}}`)
    t.match((await bob.client.next(told)).data, whole, told)
    await until(() => ada.client.seen.some((one) => one.re === '\ufffd' && one.type === type), type)
  }
  ada.client.send(
    `{"type":"player.update","data":{"props":[{"key":"${BROKEN}","value":"${BROKEN}"}]}}`,
  )

  const { data: profile } = await ada.client.ask('player.get')
  const { data: history } = await bob.client.ask('channel.history', { channel })
  const { data: list } = await bob.client.ask('channel.list', { name: BROKEN_NAME })
  t.strictSame(profile.player.props, [{ key: WHOLE, value: WHOLE }])
  t.match(history.messages, [{ message: { [WHOLE]: [WHOLE] } }])
  t.match(list.channels, [{ id: channel, name: WHOLE }], 'found by what it was called')
})

/** As a client's own code has it; it is written with escapes. */
const BROKEN_NAME = JSON.parse(`"${BROKEN}"`) as string

t.test('data_bytes and props: what one may keep is bounded', async (t) => {
  const { ada } = await company(await world(t, { limits: { props: 2 } }))
  const set = (props: object[]) => ada.client.ask('player.update', { props })
  const large = 'x'.repeat(LIMITS.data_bytes.value)

  const two = await set([
    { key: 'gold', value: 3 },
    { key: 'bag', value: ['rope'] },
  ])
  const three = await set([{ key: 'hat', value: true }])
  const other = await set([
    { key: 'gold', value: null },
    { key: 'hat', value: true },
  ])
  const heavy = await set([{ key: 'hat', value: large }])

  t.match(two.data.player.props, [{ key: 'bag' }, { key: 'gold', value: 3 }])
  t.match(three.data, { code: 'TOO_MANY_PROPS' })
  t.strictSame(
    other.data.player.props.map(({ key }: Any) => key),
    ['bag', 'hat'],
  )
  t.match(heavy.data, { code: 'TOO_LARGE', message: /props.hat/ })
})

t.test('channel: talking too fast is RATE_LIMITED', async (t) => {
  const { ada, channel } = await company(await world(t))

  const answers = await Promise.all(
    Array.from({ length: RATES.channel.burst + 1 }, () => say(ada.client, channel, 'la')),
  )

  t.equal(answers.filter(({ type }) => type === 'channel.send').length, RATES.channel.burst)
  t.match(answers.at(-1)?.data, { code: 'RATE_LIMITED' })
})
