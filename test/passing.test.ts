import t from 'tap'
import { definePackets } from '../protocol/packet-set.ts'
import { defineRoom, type RoomMember, type Said, shape } from '../server/server.ts'
import type { Any, RawClient } from './support/client.ts'
import { reload } from './support/player.ts'
import { stage } from './support/stage.ts'

const packets = definePackets({ Move: { data: { x: 'int8' } }, Slap: {} })

/** Ada, the host, and Bob in a room whose `onMessage` does as it is told. */
async function duelOf(
  t: Parameters<typeof stage>[0],
  onMessage: (said: Said) => unknown,
  more = {},
) {
  const duel = defineRoom({
    namespaces: ['duel'],
    events: { 'duel.typed': shape.tuple(shape.integer('uint8')) },
    onMessage: (_, said) => onMessage(said) as Any,
    ...more,
  })
  const here = stage(t, { rooms: { duel }, packets, rates: false, limits: { asks: 4 } })
  const [ada, bob] = [await here.raw(), await here.raw()]
  const { code } = (await ada.ask('room.create', { kind: 'duel' })).data.room
  await bob.ask('room.join', { code })
  return { ...here, ada, bob, code }
}

const SAYINGS = {
  event: (client: RawClient, to?: unknown) =>
    client.ask('event.emit', { name: 'duel.typed', args: [3] }, to ? { to } : {}),
  cast: (client: RawClient, to?: unknown) =>
    client.ask('function.cast', { name: 'duel.go', args: [3] }, to ? { to } : {}),
  packet: (client: RawClient, to: unknown = 'others') =>
    client.ask('packet', { name: 'Move', data: { x: 3 } }, { to }),
  call: (client: RawClient, to: unknown = 'player:nobody') =>
    client.ask('function.call', { name: 'duel.go', args: [3] }, { to }),
  query: (client: RawClient, to: unknown = 'player:nobody') =>
    client.ask('query', { name: 'duel.ask', data: 3 }, { to }),
}

/** What others said that came to a client. */
const gotten = ({ seen }: RawClient) =>
  seen.filter(({ type, re }) => re === undefined && REACHING.test(String(type)))
const REACHING = /^(event|event\.latest|query|packet|function\..*)$/

t.test('onMessage sees only what somebody will have', async (t) => {
  const said: string[] = []
  const note = ({ type, name }: Said) => void said.push(`${type} ${name}`)
  const { ada, bob, clock } = await duelOf(t, note, { succession: 'none' })
  const nobody = ['player:nobody', 'server', ['server', 'group:red'], 'nowhere']

  const refused = []
  for (const say of Object.values(SAYINGS))
    for (const to of nobody) refused.push(await say(ada, to))
  await ada.ask('room.assign', { number: 1, role: 'player' })
  for (const say of Object.values(SAYINGS)) refused.push(await say(ada, 'host'))
  const target = `session:${bob.welcome.session}`
  const before = [...said]
  const busy = Array.from({ length: 4 }, () => SAYINGS.query(ada, target))
  await ada.settled()
  const asked = said.length
  const full = await SAYINGS.query(ada, target)

  t.strictSame(before, [])
  for (const { type, data } of refused) {
    t.equal(type, 'error')
    t.match(data.code, /^(INVALID_TARGET|NO_HOST|UNREGISTERED_HANDLER)$/)
  }
  t.equal(asked, 4)
  t.match(full.data, { code: 'TARGET_BUSY' })
  t.equal(said.length, 4, 'who can be asked nothing more is asked nothing')
  clock.advance(30_000)
  await Promise.all(busy)
})

t.test('what onMessage answers with false nobody receives, and its sender is told', async (t) => {
  const heard: unknown[] = []
  const { ada, bob } = await duelOf(t, () => false, {
    onEvent: () => void heard.push('event'),
    onPacket: () => void heard.push('packet'),
    functions: { 'duel.go': () => heard.push('function') },
    queries: { 'duel.ask': () => heard.push('query') },
  })
  const target = `session:${bob.welcome.session}`

  const { event, cast, packet, call, query } = SAYINGS
  const acknowledged = [
    await event(ada),
    await event(ada, ['server', 'all']),
    await cast(ada),
    await cast(ada, ['server', target]),
  ]
  const packed = [await packet(ada), await packet(ada, ['server', 'all'])]
  const asked = [
    await call(ada, target),
    await call(ada, 'host'),
    await call(ada, 'server'),
    await query(ada, target),
    await query(ada, 'server'),
  ]
  await bob.settled()

  for (const { data } of acknowledged) t.match(data, { delivered: 0, swallowed: true })
  t.strictSame(acknowledged[0]?.data, {
    name: 'duel.typed',
    args: [3],
    delivered: 0,
    swallowed: true,
  })
  for (const { data } of packed) t.strictSame(data, { value: { delivered: 0, swallowed: true } })
  for (const { data } of asked)
    t.match(data, {
      code: 'PERMISSION_DENIED',
      message: /^duel\.\w+: the room lets nobody have it$/,
    })
  t.strictSame(gotten(bob), [])
  t.strictSame(gotten(ada), [])
  t.strictSame(heard, [])
})

t.test('garbage that onMessage returns is an error at the room, and reaches nobody', async (t) => {
  const cyclic: Any[] = []
  cyclic.push(cyclic)
  const always: unknown[] = [
    ...[null, true, 3, 'x', [], { nam: 'duel.x' }, { args: 3 }, { args: [Number.NaN] }],
    ...[{ args: [() => 1] }, { args: [new Date()] }, { args: cyclic }, { name: 3 }, { name: '' }],
    ...[{ args: ['x'.repeat(60_001)] }, async () => Promise.reject(new Error('late'))],
  ]
  // biome-ignore lint/suspicious/noThenProperty: what looks like a promise is refused as one
  always.push({ then: () => {} })
  const own = {
    event: [{ name: 'other.x' }, { name: 'duel' }, { args: ['x'] }, { args: Array(65).fill(1) }],
    cast: [{ name: 'noprefix' }, { args: Array(65).fill(1) }],
    packet: [{ name: 'Nothing' }, { args: [{ x: 1_000 }] }, { args: [{ x: 1 }, 2] }],
    call: [{ name: 'noprefix' }],
    query: [{ name: 'noprefix' }, { args: [1, 2] }, { name: 'dialog', args: [3] }],
  }
  let answer: unknown
  const { ada, bob, code, lines } = await duelOf(t, () =>
    typeof answer === 'function' ? answer() : answer,
  )
  const to = `session:${bob.welcome.session}`

  for (const [type, say] of Object.entries(SAYINGS))
    for (const garbage of [...always, ...own[type as keyof typeof own]]) {
      answer = garbage
      const before = lines.length
      const { data } = await say(ada, to)
      const [logged, ...more] = lines.slice(before)
      t.match(data, { code: 'INTERNAL', incident: String }, type)
      t.match(logged, {
        room: code,
        kind: 'duel',
        incident: data.incident,
        msg: 'room hook failed',
      })
      t.match((logged?.err as Any)?.message, /^onMessage of a duel/)
      t.strictSame(more, [])
    }
  await bob.settled()

  t.strictSame(gotten(bob), [])
})

t.test('what onMessage changes in place is judged like what it returns', async (t) => {
  let change: (args: Any[]) => void = () => {}
  const run = () => null
  const { ada, bob, lines } = await duelOf(t, ({ args }) => change(args as Any[]), {
    functions: { 'duel.go': { args: shape.tuple(shape.integer('uint8')), run } },
    queries: { 'duel.ask': { data: shape.integer('uint8'), run } },
  })
  const to = `session:${bob.welcome.session}`
  const { event, cast, packet, call, query } = SAYINGS
  const ways: [(client: RawClient, to?: unknown) => Promise<Any>, unknown][] = [
    ...([event, cast, packet, call, query].map((say) => [say, to]) as [typeof event, unknown][]),
    ...([cast, call, query].map((say) => [say, 'server']) as [typeof event, unknown][]),
  ]
  const garbage: ((args: Any[]) => void)[] = [
    (args) => void args.push(...Array(65).fill(1)),
    (args) => void args.splice(0, 1, Number.NaN),
    (args) => void args.splice(0, 1, args),
    (args) => void args.splice(0, 1, { x: 'far' }, () => {}),
  ]

  for (const [say, address] of ways)
    for (const [n, one] of garbage.entries()) {
      change = one
      const before = lines.length
      t.match((await say(ada, address)).data, { code: 'INTERNAL' }, `${n} to ${address}`)
      t.match((lines[before]?.err as Any)?.message, /^onMessage of a duel: /)
    }
  await bob.settled()
  t.strictSame(gotten(bob), [])

  change = (args) => void args.splice(0, 1, typeof args[0] === 'number' ? 4 : { x: 4 })
  for (const say of [event, cast, packet]) await say(ada, to)
  await bob.settled()
  const data = [{ args: [4] }, { args: [4] }, { data: { x: 4 } }]
  t.match(
    gotten(bob).map((one) => one.data),
    data,
  )
})

t.test('what the room does with what it hears changes nothing for players', async (t) => {
  const here = await duelOf(t, () => undefined, {
    onMessage: undefined,
    onEvent: (_: unknown, { args }: Said) => void (args as Any[]).splice(0, 1, 'x'),
    onPacket: (_: unknown, packet: Any) => {
      packet.data.x = 1_000
    },
  })
  const { ada, bob } = here
  const to = ['server', 'others']

  await SAYINGS.event(ada, to)
  await SAYINGS.packet(ada, to)
  await bob.settled()
  bob.drop()
  await ada.ask('event.emit_latest', { name: 'duel.typed', args: [3] }, { to })
  const back = await reload(here, bob.welcome.token)
  await back.answered
  await back.settled()

  t.match(gotten(bob), [{ data: { args: [3] } }, { data: { data: { x: 3 } } }])
  t.match(gotten(back), [{ type: 'event.latest', data: { args: [3] } }])
})

t.test('what a room would have its own functions do is judged as well', async (t) => {
  const ran: unknown[] = []
  let answer: unknown
  const { ada, lines } = await duelOf(t, () => answer, {
    functions: {
      'duel.go': {
        args: shape.tuple(shape.integer('uint8')),
        run: (_: unknown, args: unknown) => void ran.push(args),
      },
    },
  })
  const { call, cast } = SAYINGS

  for (const garbage of [{ name: 'duel.unknown' }, { args: ['x'] }, { args: [1, 2] }])
    for (const say of [call, cast]) {
      answer = garbage
      t.match((await say(ada, 'server')).data, { code: 'INTERNAL' })
    }
  const failed = lines.filter(({ msg }) => msg === 'room hook failed')
  answer = { args: [4] }
  t.strictSame((await call(ada, 'server')).data, { value: null })

  t.equal(failed.length, 6)
  t.strictSame(ran, [[4]])
})

t.test('whom onMessage sends away does not get what it saw', async (t) => {
  const seats: RoomMember[] = []
  const duel = defineRoom({
    namespaces: ['duel'],
    onJoined: (_, member) => void seats.push(member),
    onMessage: (room, { args: [kicked] }) =>
      room.kick(seats[Number(kicked) - 1] as RoomMember) as undefined,
  })
  const { raw } = stage(t, { rooms: { duel } })
  const [ada, bob, cleo] = [await raw(), await raw(), await raw()]
  const { code } = (await ada.ask('room.create', { kind: 'duel' })).data.room
  for (const one of [bob, cleo]) await one.ask('room.join', { code })
  const to = [bob, cleo].map(({ welcome }) => `session:${welcome.session}`)

  const emitted = await ada.ask('event.emit', { name: 'duel.out', args: [2] }, { to })
  const asked = await ada.ask('function.call', { name: 'duel.out', args: [3] }, { to: to[1] })
  await Promise.all([bob.settled(), cleo.settled()])

  t.match(emitted.data, { delivered: 1 })
  t.match(asked.data, { code: 'TARGET_LEFT' })
  t.strictSame(
    [bob, cleo].map((one) => gotten(one).length),
    [0, 1],
  )
})
