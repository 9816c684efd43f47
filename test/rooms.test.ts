import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { PLAZA } from '../protocol/plaza.ts'
import { CODE_ALPHABET, CODE_LENGTH } from '../protocol/rooms.ts'
import { Refusal } from '../server/server.ts'
import type { Room } from '../web-client/client.ts'
import type { Any, RawClient } from './support/client.ts'
import { kindOf, stage } from './support/stage.ts'
import { OVERS, world } from './support/world.ts'

for (const over of OVERS) {
  t.test(`the first makes a room, the next takes a seat in it, over ${over}`, async (t) => {
    const { connect, stats } = await world(t, { over })
    const [ada, bob] = [await connect(), await connect()]

    const made = await ada.rooms.joinOrCreate('plaza', { name: 'Ada', data: { colour: '#4f8cff' } })
    const found = await bob.rooms.joinOrCreate('plaza', { name: 'Bob' })

    t.match(made, { kind: 'plaza', capacity: PLAZA.capacity, you: 1 })
    t.match(made.code, new RegExp(`^[${CODE_ALPHABET}]{${CODE_LENGTH}}$`))
    t.equal(found.code, made.code)
    t.equal(found.you, 2)
    t.strictSame(
      [...found.members.values()].map(({ number, name, away, data }) => [number, name, away, data]),
      [
        [1, 'Ada', false, { colour: '#4f8cff' }],
        [2, 'Bob', false, {}],
      ],
    )
    t.equal(found.members.get(1)?.session, ada.session)
    t.equal(ada.rooms.all.get(made.code), made)
    t.equal(stats().rooms, 1)
  })

  t.test(`a code leads into its room, over ${over}`, async (t) => {
    const { connect } = await world(t, { over })
    const [ada, bob] = [await connect(), await connect()]
    const { code } = await ada.rooms.joinOrCreate('plaza')

    const room = await bob.rooms.join(code, { name: 'Bob' })

    t.match(room, { code, you: 2 })
    await t.rejects(bob.rooms.join(code), {
      code: 'ALREADY_IN_ROOM',
      data: { cause: { room: code } },
    })
    await t.rejects(bob.rooms.joinOrCreate('plaza'), {
      code: 'ALREADY_IN_ROOM',
      data: { cause: { room: code } },
    })
  })

  t.test(`an unknown code, an impossible one, an unknown kind, over ${over}`, async (t) => {
    const { connect } = await world(t, { over })
    const ada = await connect()

    await t.rejects(ada.rooms.join('AAAAAA'), { code: 'ROOM_NOT_FOUND', message: /AAAAAA/ })
    await t.rejects(ada.rooms.join('OOOOOO'), { code: 'INVALID_MESSAGE_DATA' })
    await t.rejects(ada.rooms.joinOrCreate('casino'), { code: 'UNKNOWN_KIND', message: /"plaza"/ })
  })

  t.test(
    `everybody hears the same comings and goings in the same order, over ${over}`,
    async (t) => {
      const { connect, raw, clock } = await world(t, { over })
      const watchers: { room: Room; heard: string[] }[] = []
      for (const name of ['Ada', 'Bob']) {
        const room = await (await connect()).rooms.joinOrCreate('plaza', { name })
        watchers.push({ room, heard: listen(room) })
      }
      const wait = { backoff: () => 1_000, pingEvery: 60_000 }

      const cleo = await connect(wait)
      await cleo.rooms.joinOrCreate('plaza', { name: 'Cleo' })
      const dan = await raw()
      await dan.ask('room.join_or_create', { kind: 'plaza', name: 'Dan' })
      cleo.cut()
      await until(() => watchers.every(({ heard }) => heard.includes('away 3')))
      await dan.ask('room.leave')
      clock.advance(1_000)
      await until(() => watchers.every(({ heard }) => heard.includes('back 3')))
      cleo.close()
      await until(() => watchers.every(({ heard }) => heard.includes('left 3')))

      const told = ['joined 3', 'joined 4', 'away 3', 'left 4', 'back 3', 'left 3']
      const [ada, bob] = watchers
      t.strictSame(bob?.heard, told)
      t.strictSame(ada?.heard, ['joined 2', ...told])
      for (const { room } of watchers) t.strictSame([...room.members.keys()], [1, 2])
    },
  )

  t.test(`a seat is kept for the window, then told to be free, over ${over}`, async (t) => {
    const { raw, clock } = await world(t, { over })
    const [ada, bob, cleo] = [await raw(), await raw(), await raw()]
    for (const client of [ada, bob]) await client.ask('room.join_or_create', { kind: 'plaza' })

    bob.drop()
    t.match((await ada.next('room.member_away')).data, { number: 2 })
    clock.advance(29_999)
    const { data } = await cleo.ask('room.join_or_create', { kind: 'plaza' })
    clock.advance(1)

    t.match((await ada.next('room.member_left')).data, { number: 2 })
    t.match(
      data.members.map(({ number, away }: Any) => [number, away]),
      [
        [1, false],
        [2, true],
        [3, false],
      ],
      'a newcomer sees who is away',
    )
  })

  t.test(`a member number is never given twice, over ${over}`, async (t) => {
    const { connect } = await world(t, { over })
    const [ada, bob] = [await connect(), await connect()]
    await ada.rooms.joinOrCreate('plaza')

    const numbers = []
    for (let count = 0; count < 3; count++) {
      const room = await bob.rooms.joinOrCreate('plaza')
      numbers.push(room.you)
      await room.leave()
    }

    t.strictSame(numbers, [2, 3, 4])
  })

  t.test(`in no room there is nothing to leave, over ${over}`, async (t) => {
    const { raw } = await world(t, { over })
    const [ada, bob] = [await raw(), await raw()]
    const { data } = await ada.ask('room.join_or_create', { kind: 'plaza' })

    t.match(await bob.ask('room.leave'), { data: { code: 'NOT_IN_ROOM', status: 403 } })
    t.match(await bob.ask('room.leave', {}, { room: data.room.code }), {
      data: { code: 'NOT_IN_ROOM' },
    })
    t.match(await ada.ask('room.leave', {}, { room: 'AAAAAA' }), { data: { code: 'NOT_IN_ROOM' } })
    t.match(await ada.ask('room.leave'), { type: 'room.leave', data: {} })
    t.match(await ada.ask('room.leave'), { data: { code: 'NOT_IN_ROOM' } })
  })

  t.test(`an empty room waits half a minute for somebody, then goes, over ${over}`, async (t) => {
    const { raw, clock, stats } = await world(t, { over })
    const client = await raw()
    const { code } = (await client.ask('room.join_or_create', { kind: 'plaza' })).data.room
    await client.ask('room.leave')

    clock.advance(29_999)
    const back = await client.ask('room.join', { code })
    clock.advance(30_000)
    const inside = stats().rooms
    await client.ask('room.leave')
    clock.advance(30_000)

    t.match(back.data, { you: 2, members: [{ number: 2 }] })
    t.equal(inside, 1, 'a room with somebody in it stays')
    t.equal(stats().rooms, 0)
    t.match(await client.ask('room.join', { code }), { data: { code: 'ROOM_NOT_FOUND' } })
  })
}

for (const over of OVERS) {
  t.test(`who joins at the same moment sees everybody, over ${over}`, async (t) => {
    const { connect } = await world(t, { over })
    const networks = await Promise.all(Array.from({ length: 10 }, () => connect()))

    const rooms = await Promise.all(networks.map((one) => one.rooms.joinOrCreate('plaza')))
    await Promise.all(networks.map((one) => one.events.emit('plaza.wave')))

    for (const room of rooms) t.equal(room.members.size, networks.length, `member ${room.you}`)
  })

  t.test(`a list of members in several pages arrives whole, over ${over}`, async (t) => {
    const { connect, raw } = await world(t, { over, limits: { receive_bytes: 2_000 } })
    for (let count = 0; count < 30; count++)
      await join(await raw(), 'plaza', { data: { colour: '#4f8cff' } })
    const ada = await connect()

    const room = await ada.rooms.joinOrCreate('plaza')
    await ada.events.emit('plaza.wave')

    t.equal(room.members.size, 31)
  })
}

t.test('a full plaza: the next player is seated in another, and may sit in both', async (t) => {
  const { raw, stats } = await world(t)
  const crowd = await Promise.all(
    Array.from({ length: PLAZA.capacity }, async () => {
      const client = await raw()
      return { client, seat: await client.ask('room.join_or_create', { kind: 'plaza' }) }
    }),
  )
  const first = crowd[0]?.seat.data.room.code
  const ada = await raw()

  const refused = await ada.ask('room.join', { code: first })
  const second = (await ada.ask('room.join_or_create', { kind: 'plaza' })).data.room.code
  await crowd[0]?.client.ask('room.leave')
  const both = await ada.ask('room.join', { code: first })

  t.match(refused, { data: { code: 'ROOM_FULL', status: 409 } })
  t.not(second, first)
  t.equal(stats().rooms, 2)
  t.match(both, { data: { you: PLAZA.capacity + 1 } })
  const which = await ada.ask('event.emit', { name: 'plaza.wave', args: [] })
  t.match(which.data, { code: 'ROOM_REQUIRED' })
  t.ok(
    [first, second].every((code) => which.data.message.includes(code)),
    'it tells which',
  )
  const said = await ada.ask('event.emit', { name: 'plaza.wave', args: [] }, { room: first })
  t.match(said.data, { delivered: PLAZA.capacity - 1 })
})

/* Kinds of the test’s own. */

const join = (client: RawClient, kind: string, more = {}) =>
  client.ask('room.join_or_create', { kind, ...more })

t.test('in several rooms, a message says which', async (t) => {
  const { raw } = stage(t, { kinds: [kindOf('duel'), kindOf('lobby')] })
  const ada = await raw()
  const duel = (await join(ada, 'duel')).data.room.code
  const lobby = (await join(ada, 'lobby')).data.room.code

  const unsaid = await ada.ask('room.leave')
  const said = await ada.ask('room.leave', {}, { room: duel })
  const again = await ada.ask('room.leave', {}, { room: duel })
  const only = await ada.ask('room.leave')

  t.match(unsaid.data, { code: 'ROOM_REQUIRED', message: new RegExp(`${duel}, ${lobby}`) })
  t.match(said.type, 'room.leave')
  t.match(again.data, { code: 'NOT_IN_ROOM', message: new RegExp(duel) })
  t.match(only.type, 'room.leave')
})

t.test('of two who race for the last seat exactly one gets it', async (t) => {
  const { raw } = stage(t, { kinds: [kindOf('duel', { capacity: 2 })] })
  const [ada, bob, cleo] = [await raw(), await raw(), await raw()]
  const { code } = (await join(ada, 'duel')).data.room

  const answers = await Promise.all([bob, cleo].map((one) => one.ask('room.join', { code })))

  t.strictSame(
    answers.map(({ type, data }) => (type === 'error' ? data.code : data.you)),
    [2, 'ROOM_FULL'],
  )
  await ada.settled()
  t.equal(ada.seen.filter(({ type }) => type === 'room.member_joined').length, 1)
})

t.test('a seat that is away is not free', async (t) => {
  const { raw, clock } = stage(t, { kinds: [kindOf('duel', { capacity: 2 })] })
  const [ada, bob, cleo] = [await raw(), await raw(), await raw()]
  const { code } = (await join(ada, 'duel')).data.room
  await join(bob, 'duel')
  bob.drop()
  await ada.next('room.member_away')

  const refused = await cleo.ask('room.join', { code })
  clock.advance(30_000)
  const seated = await cleo.ask('room.join', { code })

  t.match(refused.data, { code: 'ROOM_FULL' })
  t.match(seated.data, { you: 3 })
})

t.test('who ends is out of every room at once', async (t) => {
  const { raw } = stage(t, { kinds: [kindOf('duel'), kindOf('lobby')] })
  const [ada, bob] = [await raw(), await raw()]
  for (const client of [ada, bob]) for (const kind of ['duel', 'lobby']) await join(client, kind)

  bob.close()

  const left = [await ada.next('room.member_left'), await ada.next('room.member_left')]
  t.strictSame(new Set(left.map(({ room }) => room)).size, 2)
  t.strictSame(
    left.map(({ data }) => data.number),
    [2, 2],
  )
})

t.test('a kind says what others may know of a member, and whom it refuses', async (t) => {
  const onJoin = ({ data }: { data: unknown }) => {
    if (data === 'thief') throw new Refusal('ROOM_FULL', 'no thieves')
    return { said: data ?? 'nothing' } as Any
  }
  const { raw } = stage(t, { kinds: [kindOf('inn', { open: () => ({ onJoin }) })] })
  const [ada, bob, cleo] = [await raw(), await raw(), await raw()]
  await join(ada, 'inn')

  const refused = await join(bob, 'inn', { data: 'thief' })
  const seated = await join(cleo, 'inn', { data: 'hello' })

  t.match(refused.data, { code: 'ROOM_FULL', message: 'no thieves' })
  t.match(seated.data, {
    you: 2,
    members: [{ data: { said: 'nothing' } }, { data: { said: 'hello' } }],
  })
})

t.test('a hook that throws harms its own room only', async (t) => {
  const boom = () => {
    throw new Error('boom')
  }
  const broken = kindOf('broken', {
    open: () => ({ onJoined: boom, onLeft: boom, onRestored: boom, onDispose: boom }),
  })
  const locked = kindOf('locked', { open: () => ({ onJoin: boom }) })
  const impossible = kindOf('impossible', { open: boom })
  const { raw, clock, lines, rooms } = stage(t, { kinds: [broken, locked, impossible] })
  const [ada, bob] = [await raw(), await raw()]
  for (const client of [ada, bob]) await join(client, 'plaza')
  const plaza = (await ada.next('room.member_joined')).room

  const joined = await join(ada, 'broken')
  const answers = [await join(ada, 'locked'), await join(ada, 'impossible')]
  await ada.ask('room.leave', {}, { room: joined.data.room.code })
  await ada.ask('event.emit', { name: 'plaza.wave', args: [] }, { room: plaza })
  clock.advance(30_000)

  t.match(joined, { type: 'room.join_or_create' })
  for (const { data } of answers) {
    t.match(data, { code: 'INTERNAL', status: 500, incident: String })
    t.notMatch(data.message, 'boom')
    t.ok(lines.some((line) => line.incident === data.incident && isAbout(line, 'boom')))
  }
  t.equal(
    lines.filter(({ msg }) => msg === 'room hook failed').length,
    5,
    'the two asked for as well',
  )
  t.match(await bob.next('event'), { data: { name: 'plaza.wave' } })
  t.equal(rooms.size, 1, 'the others have gone as empty rooms do')
})

t.test('a hook that throws at the end does not keep the other rooms from closing', async (t) => {
  const disposed: string[] = []
  const kinds = ['one', 'two', 'three'].map((name) =>
    kindOf(name, {
      open: () => ({
        onDispose() {
          disposed.push(name)
          throw new Error('boom')
        },
      }),
    }),
  )
  const { raw, rooms } = stage(t, { kinds })
  const ada = await raw()
  for (const { name } of kinds) await join(ada, name)

  rooms.close()

  t.strictSame(disposed, ['one', 'two', 'three'])
})

t.test(
  'a member who is back needs what is latest, and a hook that throws there harms nobody',
  async (t) => {
    let restored = 0
    const hooks = {
      onRestored() {
        restored++
        throw new Error('boom')
      },
    }
    const { raw, lines } = stage(t, { kinds: [kindOf('broken', { open: () => hooks })] })
    const ada = await raw()
    await join(ada, 'broken')
    ada.drop()

    const back = await raw()
    const { token } = ada.welcome
    const claim = { token, attempt: 1, sent: 1, received: 1, forgotten: 0 }
    const answer = await back.ask('session.resume', claim)

    t.match(answer.data, { resumed: true })
    t.equal(restored, 1)
    t.ok(lines.some((line) => line.msg === 'room hook failed' && isAbout(line, 'boom')))
    t.match((await back.ask('room.leave')).type, 'room.leave')
  },
)

const isAbout = ({ err }: Any, message: string) => err?.message === message

/** What a room tells, as `joined 2`. */
function listen(room: Room): string[] {
  const heard: string[] = []
  for (const what of ['joined', 'left', 'away', 'back'] as const)
    room.on(what, ({ number }) => void heard.push(`${what} ${number}`))
  return heard
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn()
}
