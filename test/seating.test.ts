import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { LIMITS } from '../protocol/limits.ts'
import { MIN_RECEIVE_BYTES } from '../protocol/session.ts'
import { defineRoom, type HubOptions, Refusal, type RoomDefinition } from '../server/server.ts'
import type { Any, RawClient } from './support/client.ts'
import { until } from './support/promise.ts'
import { stage } from './support/stage.ts'
import { OVERS, world } from './support/world.ts'

/** A kind of room that thinks about who brings data, until the test decides. */
function slowRoom(options: RoomDefinition = {}) {
  const waiting: { decide(answer?: Any): void; refuse(): void }[] = []
  const calls: string[] = []
  const slow = defineRoom({
    ...options,
    namespaces: ['slow'],
    onJoin: (_, { data }) =>
      data === undefined
        ? null
        : new Promise<Any>((resolve, reject) =>
            waiting.push({
              decide: (answer = null) => resolve(answer),
              refuse: () => reject(new Refusal('PERMISSION_DENIED', 'not you')),
            }),
          ),
    onJoined: (_, { number }) => void calls.push(`joined ${number}`),
    onLeave: (_, { number }, reason) => void calls.push(`left ${number} ${reason}`),
    onDispose: () => void calls.push('dispose'),
  })
  return { waiting, calls, slow }
}

function slowStage(t: Test, options: HubOptions = {}, kind?: RoomDefinition) {
  const { waiting, calls, slow } = slowRoom(kind)
  return { ...stage(t, { rooms: { slow }, ...options }), waiting, calls }
}

const create = async (client: RawClient, data: object = {}) =>
  (await client.ask('room.create', { kind: 'slow', ...data })).data.room?.code as string

/** Begins to join, and resolves once the room thinks about it. */
async function joining(client: RawClient, code: string) {
  const answer = client.ask('room.join', { code, data: 'slow' })
  answer.catch(() => {}) // Of one that the test leaves unanswered, the end tells nothing.
  await client.settled()
  return { answer }
}

/** Makes the server begin the counts of a client anew. */
async function reset(client: RawClient) {
  client.send({ type: 'session.desync', data: { sent: 0, received: 0 } })
  const { id } = await client.next('session.reset')
  client.send({ type: 'session.reset', re: id as string, data: {} })
  await client.settled()
}

const members = (client: RawClient, type = 'room.member_joined') =>
  client.seen.filter((one) => one.type === type).length

/* What one moment is. */

for (const over of OVERS)
  t.test(`two whom a room lets in at once know of each other, over ${over}`, async (t) => {
    const { waiting, slow } = slowRoom()
    const { connect } = await world(t, { over, rooms: { slow } })
    const host = await connect()
    const { code } = await host.rooms.create('slow')
    const [ada, bob] = [await connect(), await connect()]
    const [first, second] = [
      ada.rooms.join(code, { data: 'slow' }),
      bob.rooms.join(code, { data: 'slow' }),
    ]
    await until(() => waiting.length === 2, 'the room thinks about both')

    for (const { decide } of waiting) decide()
    const rooms = [await first, await second]
    for (const one of [host, ada, bob]) await one.rooms.list()

    for (const { members } of rooms) t.strictSame([...members.keys()].sort(), [1, 2, 3])
  })

t.test('the first of two let in at once is answered before it hears of the second', async (t) => {
  const { raw, waiting } = slowStage(t)
  const [host, ada, bob] = [await raw(), await raw(), await raw()]
  const code = await create(host)
  const asked = [await joining(ada, code), await joining(bob, code)]

  for (const { decide } of waiting) decide()
  for (const { answer } of asked) await answer
  await ada.settled()

  const told = ada.seen.map(({ type }) => type).filter((type) => `${type}`.startsWith('room.'))
  t.strictSame(told, ['room.join', 'room.member_joined'])
})

t.test('counts that begin anew while a room thinks leave no seat, and none reserved', async (t) => {
  const { raw, waiting } = slowStage(t)
  const [host, ada] = [await raw(), await raw()]
  const code = await create(host, { capacity: 2 })
  await joining(ada, code)

  await reset(ada)
  const again = await ada.ask('room.join', { code })
  await ada.ask('room.leave')
  await joining(ada, code)
  await reset(ada)
  for (const { decide } of waiting) decide()
  await turn()
  await host.settled()

  t.match(again.data, { you: 2 }, 'the place is free again at once, for itself too')
  t.equal(members(host), 1, 'nobody sits down whose client would not know')
  t.match((await ada.ask('room.leave')).data, { code: 'NOT_IN_ROOM' })
})

t.test('a room made for a join whose counts began anew goes', async (t) => {
  const { raw, waiting, rooms, calls } = slowStage(t)
  const ada = await raw()
  ada.ask('room.create', { kind: 'slow', data: 'slow' }).catch(() => {})
  await ada.settled()
  const before = rooms.size

  await reset(ada)
  const after = rooms.size
  waiting[0]?.decide()
  await turn()

  t.strictSame([before, after], [1, 0])
  t.strictSame(calls, ['dispose'])
})

/* What may have changed while the room thought. */

t.test('who is let in after the room was locked stays outside', async (t) => {
  const { raw, waiting } = slowStage(t)
  const [host, ada] = [await raw(), await raw()]
  const { answer } = await joining(ada, await create(host))

  await host.ask('room.lock', { locked: true })
  waiting[0]?.decide()

  t.match((await answer).data, { code: 'ROOM_LOCKED', request: 'room.join' })
  t.equal(members(host), 0)
})

t.test('who is let in after its player was banned stays outside', async (t) => {
  const { raw, waiting } = slowStage(t, {}, { seats: 'session' })
  const [host, phone, laptop] = [await raw(), await raw(), await raw()]
  const { guest_key } = (await phone.ask('player.identify')).data
  await laptop.ask('player.identify', { guest_key })
  const code = await create(host)
  await phone.ask('room.join', { code })
  const { answer } = await joining(laptop, code)

  await host.ask('room.kick', { number: 2, ban: true })
  waiting[0]?.decide()

  t.match((await answer).data, { code: 'BANNED', request: 'room.join' })
  t.equal(members(host), 1)
})

t.test('who is let in after it filled its rooms elsewhere stays outside', async (t) => {
  const { raw, waiting } = slowStage(t, { limits: { rooms: 1 } })
  const [host, ada] = [await raw(), await raw()]
  const { answer } = await joining(ada, await create(host))

  await create(ada)
  waiting[0]?.decide()

  t.match((await answer).data, { code: 'TOO_MANY_ROOMS' })
  t.equal(members(host), 0)
})

t.test('nobody sits down in a room that went while it thought', async (t) => {
  const { raw, make, waiting, calls, rooms } = slowStage(t)
  const ada = await raw()
  await joining(ada, make('slow'))

  rooms.close()
  waiting[0]?.decide()
  await turn()

  t.strictSame(calls, ['dispose'])
})

t.test('a session that ended while a room thought gets no seat', async (t) => {
  const { raw, waiting, calls } = slowStage(t)
  const [host, ada] = [await raw(), await raw()]
  const code = await create(host, { capacity: 2 })
  const { answer } = await joining(ada, code)
  const gone = answer.catch(() => 'gone')

  ada.close()
  await gone
  await turn()
  const bob = await raw()
  const seated = await bob.ask('room.join', { code })
  waiting[0]?.decide()
  await turn()

  t.match(seated.data, { you: 2 }, 'its place is free at once')
  t.strictSame(calls, ['joined 1', 'joined 2'])
})

for (const [how, change] of [
  ['is locked', ({ host }) => host.ask('room.lock', { locked: true })],
  [
    'bans it',
    async ({ host, guest_key, phone, code }) => {
      await phone.ask('player.identify', { guest_key })
      await phone.ask('room.join', { code })
      await host.ask('room.kick', { number: 2, ban: true })
    },
  ],
] as const satisfies readonly (readonly [string, (more: Changing) => Promise<unknown>])[])
  for (const isThere of [true, false])
    t.test(
      `who asks for any room and whose room ${how} while it thinks gets ${isThere ? 'another' : 'one of its own'}`,
      async (t) => {
        const { raw, waiting } = slowStage(t)
        const [host, ada, phone, bob] = [await raw(), await raw(), await raw(), await raw()]
        const { guest_key } = (await ada.ask('player.identify')).data
        const code = await create(host)
        const answer = ada.ask('room.join_or_create', { kind: 'slow', data: 'slow' })
        await ada.settled()
        const other = isThere ? await create(bob) : undefined

        await change({ host, guest_key, phone, code })
        waiting[0]?.decide()
        await until(() => waiting.length === 2, 'another room asked')
        waiting[1]?.decide()
        const { data } = await answer

        t.match(data, { you: isThere ? 2 : 1, room: { code: other ?? String } })
        t.not(data.room.code, code)
      },
    )

t.test('another room is looked for once, and a refusal of the room’s own is told', async (t) => {
  const { raw, waiting, rooms } = slowStage(t)
  const [host, bob, ada] = [await raw(), await raw(), await raw()]
  await create(host)
  await create(bob)
  const any = () => ada.ask('room.join_or_create', { kind: 'slow', data: 'slow' })

  const refused = any()
  await ada.settled()
  waiting[0]?.refuse()
  const first = (await refused).data
  const answer = any()
  await ada.settled()
  for (const [index, owner] of [host, bob].entries()) {
    await until(() => waiting.length === index + 2, 'the room asked')
    await owner.ask('room.lock', { locked: true })
    waiting[index + 1]?.decide()
  }
  const second = (await answer).data

  t.match([first, second], [{ code: 'PERMISSION_DENIED' }, { code: 'ROOM_LOCKED' }])
  t.equal(rooms.size, 2, 'and none is made')
})

interface Changing {
  readonly host: RawClient
  readonly phone: RawClient
  readonly guest_key: string
  readonly code: string
}

/* Who has a room to itself. */

for (const [how, end] of [
  ['is refused', (one: Waiting) => one.refuse()],
  ['is not decided in time', (_, { clock }) => clock.advance(LIMITS.hook_ms.value)],
  ['goes', (_, { creator }) => creator.close()],
] as const satisfies readonly (readonly [string, (one: Waiting, more: More) => void])[])
  t.test(`where a room’s maker ${how}, who sat down meanwhile is its host`, async (t) => {
    const { raw, waiting, clock } = slowStage(t)
    const [creator, bob, cleo] = [await raw(), await raw(), await raw()]
    creator.ask('room.create', { kind: 'slow', data: 'slow' }).catch(() => {})
    await creator.settled()
    const { code } = (await bob.ask('room.list')).data.rooms[0]

    const second = await joining(cleo, code)
    const first = await bob.ask('room.join', { code })
    waiting[1]?.decide()
    const late = (await second.answer).data
    const [one] = waiting
    if (one) end(one, { clock, creator })
    await turn()

    t.match(first.data, { you: 1, room: { host: 1 }, members: [{ role: 'host' }] })
    t.match(late, { you: 2, room: { host: 1 } })
    t.match((await bob.ask('room.lock', { locked: true })).type, 'room.lock')
  })

t.test('who waits for a room whose maker was refused becomes its host', async (t) => {
  const { raw, waiting, rooms } = slowStage(t)
  const [creator, bob] = [await raw(), await raw()]
  const refused = creator.ask('room.create', { kind: 'slow', data: 'slow' })
  await creator.settled()
  const { code } = (await bob.ask('room.list')).data.rooms[0]
  const { answer } = await joining(bob, code)

  waiting[0]?.refuse()
  t.match((await refused).data, { code: 'PERMISSION_DENIED' })
  waiting[1]?.decide()

  t.match((await answer).data, { you: 1, room: { host: 1 } })
  t.equal(rooms.size, 1)
})

t.test('a maker who is let in after somebody else sat down is a member like others', async (t) => {
  const { raw, waiting } = slowStage(t)
  const [creator, bob] = [await raw(), await raw()]
  const made = creator.ask('room.create', { kind: 'slow', data: 'slow' })
  await creator.settled()
  const { code } = (await bob.ask('room.list')).data.rooms[0]
  await bob.ask('room.join', { code })

  waiting[0]?.decide()

  t.match((await made).data, { you: 2, room: { host: 1 }, members: [{}, { role: 'player' }] })
})

interface Waiting {
  refuse(): void
}
interface More {
  readonly clock: { advance(ms: number): void }
  readonly creator: RawClient
}

/* What onJoin returns is looked at. */

t.test('what a room says of a member and JSON cannot hold is its own fault', async (t) => {
  const { raw, waiting, lines } = slowStage(t)
  const [host, ada] = [await raw(), await raw()]
  const { answer } = await joining(ada, await create(host))

  waiting[0]?.decide({ speed: Number.NaN })

  t.match((await answer).data, { code: 'INTERNAL', incident: String })
  const line = lines.find(({ msg }) => msg === 'room hook failed')
  t.match(line?.err, { message: /^onJoin of a slow\.speed: expected any JSON value/ })
  t.equal(members(host), 0)
})

/* What its client cannot take is known before. */

const small = async (raw: () => Promise<RawClient>) => {
  const client = await raw()
  await client.ask('session.hello', { receive_bytes: MIN_RECEIVE_BYTES })
  return client
}
const long = 'x'.repeat(MIN_RECEIVE_BYTES)

t.test('a room whose seat its client could not be told of is not entered, nor made', async (t) => {
  const { raw, rooms } = slowStage(t)
  const [host, ada] = [await raw(), await small(raw)]
  const code = await create(host, { properties: { long } })

  const answers = [
    await ada.ask('room.join', { code }),
    await ada.ask('room.join_or_create', { kind: 'slow', properties: { long } }),
    await ada.ask('room.create', { kind: 'slow', properties: { long } }),
  ]

  for (const { data } of answers)
    t.match(data, { code: 'TOO_LARGE', message: /receive_bytes 1024/ })
  t.equal(rooms.size, 1)
  t.equal(members(host), 0)
})

t.test('a member that a newcomer could not be told of keeps it outside', async (t) => {
  const { raw, waiting } = slowStage(t)
  const [host, bob, ada] = [await raw(), await raw(), await small(raw)]
  const code = await create(host)
  const { answer } = await joining(bob, code)
  waiting[0]?.decide({ long })
  await answer

  t.match((await ada.ask('room.join', { code })).data, { code: 'TOO_LARGE' })
  t.equal(members(host), 1)
})

t.test('who could not be told of a change does not make it', async (t) => {
  const { raw } = slowStage(t)
  const [ada, bob] = [await small(raw), await raw()]
  const code = await create(ada)
  await bob.ask('room.join', { code })

  const updated = await ada.ask('room.update', { properties: { long }, listed: false })
  const { type } = await ada.ask('room.assign', { number: 2, role: 'host' })
  await bob.ask('room.update', { properties: { long } })
  const locked = await ada.ask('room.lock', { locked: true })
  const emitted = await ada.ask('event.emit', { name: 'slow.call', args: [long] })
  await bob.settled()

  t.equal(type, 'room.assign')
  for (const { data } of [updated, locked, emitted]) t.match(data, { code: 'TOO_LARGE' })
  const told = bob.seen.filter(({ type }) => type === 'room.updated').map(({ data }) => data.room)
  t.match(told, [{ listed: true, locked: false }], 'one change was made, by who could')
  t.equal(members(bob, 'event'), 0)
})
