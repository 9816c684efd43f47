import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { LIMITS } from '../protocol/limits.ts'
import { defineRoom, type GameRoom, Refusal, type RoomMember } from '../server/server.ts'
import type { Any, RawClient } from './support/client.ts'
import { stage } from './support/stage.ts'

const create = (client: RawClient, kind: string, more = {}) =>
  client.ask('room.create', { kind, ...more })

t.test('a room’s hooks are called in order, with the room and what is its own', async (t) => {
  const calls: string[] = []
  const duel = defineRoom({
    onCreate: ({ code, members }) => ({ code, score: members.length }),
    onJoin: ({ own }, { name, session, player, data }) => {
      calls.push(`join ${name} ${typeof session} ${player} ${data} ${own.score}`)
      return { team: 'red' }
    },
    onJoined: ({ own }, { number, data }) =>
      void calls.push(`joined ${number} ${(data as Any).team} ${++own.score}`),
    onAway: (_, { number, away }) => void calls.push(`away ${number} ${away}`),
    onBack: (_, { number, away }) => void calls.push(`back ${number} ${away}`),
    onLeave: ({ members }, { number }, reason) =>
      void calls.push(`left ${number} ${reason} of ${members.length}`),
    onDispose: ({ own, code }) => void calls.push(`dispose ${own.code === code}`),
  })
  const { raw, clock } = stage(t, { rooms: { duel } })
  const [ada, bob] = [await raw(), await raw()]

  const { code } = (await create(ada, 'duel', { name: 'Ada', data: 'hi' })).data.room
  const joined = await bob.ask('room.join', { code, name: 'Bob' })
  bob.drop()
  await ada.next('room.member_away')
  const back = await raw()
  const { token } = bob.welcome
  await back.ask('session.resume', { token, attempt: 1, sent: 1, received: 1, forgotten: 0 })
  await ada.ask('room.kick', { number: 2 })
  await ada.ask('room.leave')
  clock.advance(30_000)

  t.match(joined.data.members, [{ data: { team: 'red' } }, { data: { team: 'red' } }])
  t.strictSame(calls, [
    'join Ada string null hi 0',
    'joined 1 red 1',
    'join Bob string null undefined 1',
    'joined 2 red 2',
    'away 2 true',
    'back 2 false',
    'left 2 kicked of 1',
    'left 1 left of 0',
    'dispose true',
  ])
})

t.test(
  'a room that a hook emptied as somebody left does not go while the next one sits there',
  async (t) => {
    const duel = defineRoom({
      onLeave(room) {
        const [last] = room.members
        if (last) room.kick(last)
      },
    })
    const { raw, clock, rooms } = stage(t, { rooms: { duel } })
    const [ada, bob, eve] = [await raw(), await raw(), await raw()]
    const { code } = (await create(ada, 'duel')).data.room
    await bob.ask('room.join', { code })

    await ada.ask('room.leave')
    await bob.next('room.kicked')
    clock.advance(20_000)
    await eve.ask('room.join', { code })
    clock.advance(10_000)

    t.equal(rooms.size, 1)
    t.equal((await eve.ask('room.leave')).type, 'room.leave')
    clock.advance(30_000)
    t.equal(rooms.size, 0)
  },
)

t.test('room.state still says what room.own does, and warns once of each kind', async (t) => {
  const seen: unknown[] = []
  const kind = (turn: number) =>
    defineRoom({
      onCreate: () => ({ turn }),
      onJoined: (room) => void seen.push(room.state === room.own, room.state.turn),
    })
  const { raw, lines } = stage(t, { rooms: { duel: kind(1), race: kind(2) } })
  const warnings = () =>
    lines.filter(({ msg }) => msg?.startsWith('room.state')).map((one) => one.kind)

  t.strictSame(warnings(), [])
  for (const name of ['duel', 'duel', 'race']) await create(await raw(), name)

  t.strictSame(seen, [true, 1, true, 1, true, 2])
  t.strictSame(warnings(), ['duel', 'race'])
})

t.test('what onMessage changes is what is acknowledged and what arrives', async (t) => {
  const duel = defineRoom({
    namespaces: ['game'],
    onMessage(_, { type, name, args, from }) {
      if (name === 'game.secret') throw new Refusal('PERMISSION_DENIED', `not you, ${from.name}`)
      if (name === 'game.plain') return undefined
      return { args: type === 'query' ? [type] : [type, ...args.map((one) => `${one}!`)] }
    },
  })
  const { raw } = stage(t, { rooms: { duel } })
  const [ada, bob] = [await raw(), await raw()]
  const { code } = (await create(ada, 'duel', { name: 'Ada' })).data.room
  await bob.ask('room.join', { code })
  const emit = (name: string) => ada.ask('event.emit', { name, args: ['hi'] })

  const [changed, plain, secret] = [
    await emit('game.wave'),
    await emit('game.plain'),
    await emit('game.secret'),
  ]
  const cast = ada.ask('function.cast', { name: 'game.add', args: [5] })
  const asked = ada.ask(
    'query',
    { name: 'game.ask', data: 5 },
    { to: `session:${bob.welcome.session}` },
  )
  const [first, second] = [await bob.next('event'), await bob.next('event')]
  const [query, call] = [await bob.next('query'), await bob.next('function.cast')]
  bob.send({ type: 'query', re: query.id, data: { value: 1 } })

  t.strictSame(changed.data, { name: 'game.wave', args: ['event', 'hi!'], delivered: 1 })
  t.strictSame(first.data, { name: 'game.wave', args: ['event', 'hi!'] })
  t.match(plain.data, { args: ['hi'] })
  t.strictSame(second.data, { name: 'game.plain', args: ['hi'] })
  t.match(secret.data, { code: 'PERMISSION_DENIED', message: 'not you, Ada' })
  t.strictSame(call.data, { name: 'game.add', args: ['function', '5!'] })
  t.strictSame(query.data.data, 'query')
  t.strictSame((await asked).data, { value: 1 })
  await cast
  await bob.settled()
  t.equal(bob.seen.filter(({ type }) => type === 'event').length, 2)
})

t.test('a room speaks for itself: to all, to some, to a group, as nobody', async (t) => {
  let game: GameRoom<undefined> | undefined
  const duel = defineRoom({
    namespaces: ['game'],
    onCreate(room) {
      game = room
    },
    onJoined(room, member) {
      if (member.number > 1) room.group('late').add(member)
      room.emit('game.hello', [member.number], [member])
    },
  })
  const { raw } = stage(t, { rooms: { duel } })
  const clients = [await raw(), await raw(), await raw()] as const
  const [ada, bob, cleo] = clients
  const { code } = (await create(ada, 'duel')).data.room
  for (const one of [bob, cleo]) await one.ask('room.join', { code })

  game?.emit('game.all')
  game?.emit('game.late', ['you'], game.group('late').members)
  const grouped = await ada.ask(
    'event.emit',
    { name: 'game.psst', args: [] },
    { to: ['group:late', 'group:early'] },
  )
  for (const one of clients) await one.settled()

  const heard = clients.map(({ seen }) =>
    seen.filter(({ type }) => type === 'event').map(({ from, data }) => [data.name, from?.member]),
  )
  t.strictSame(heard, [
    [
      ['game.hello', undefined],
      ['game.all', undefined],
    ],
    ...[1, 2].map(() => [
      ['game.hello', undefined],
      ['game.all', undefined],
      ['game.late', undefined],
      ['game.psst', 1],
    ]),
  ])
  t.match(grouped.data, { delivered: 2, unreached: ['group:early'] })
})

t.test('a room asks, kicks, bans, assigns, updates and locks', async (t) => {
  let game: GameRoom<undefined> | undefined
  const duel = defineRoom({
    onCreate(room) {
      game = room
    },
  })
  const { raw } = stage(t, { rooms: { duel } })
  const [ada, bob] = [await raw(), await raw()]
  const { code } = (await create(ada, 'duel', { properties: { map: 'ice', old: 1 } })).data.room
  await bob.ask('room.join', { code })
  const [first, second] = game?.members as [RoomMember, RoomMember]

  const asked = game?.ask(second, 'game.ready', { round: 1 }, 500)
  const question = await bob.next('query')
  bob.send({ type: 'query', re: question.id, data: { value: 'yes' } })
  const answer = await asked
  game?.assign(second, 'assistant')
  game?.update({ map: 'lava', old: null })
  game?.lock()
  const roles = [first.role, second.role, game?.host?.number, game?.locked]
  game?.kick(second, { ban: true, reason: 'done' })
  game?.lock(false)
  const refused = await bob.ask('room.join', { code })

  t.equal(answer, 'yes')
  t.match(question, { room: code, data: { name: 'game.ready', data: { round: 1 }, timeout: 500 } })
  t.equal(question.from, undefined)
  t.strictSame(roles, ['host', 'assistant', 1, true])
  t.strictSame(game?.properties, { map: 'lava' })
  t.match((await bob.next('room.kicked')).data, { by: null, banned: true, reason: 'done' })
  t.match(refused.data, { code: 'BANNED' })
  t.throws(() => game?.assign(second, 'host'), { code: 'MEMBER_NOT_FOUND' })
})

t.test('who is gone for good is still known to the room’s logic by its player', async (t) => {
  const seats: RoomMember[] = []
  const left: unknown[] = []
  const duel = defineRoom({
    onJoined: (_, member) => void seats.push(member),
    onLeave: (_, { player }) => void left.push(player?.name),
  })
  const { raw } = stage(t, { rooms: { duel } })
  const [ada, bob] = [await raw(), await raw()]
  const { code } = (await create(ada, 'duel')).data.room
  await bob.ask('player.identify', { name: 'Bob' })
  await bob.ask('room.join', { code })

  bob.close(1000)
  await ada.next('room.member_left')
  await ada.settled()

  t.strictSame(left, ['Bob'])
  t.match(seats[1]?.player, { name: 'Bob', guest: true })
})

t.test('a room’s timers stop with the room, and what they throw is logged', async (t) => {
  let ticks = 0
  const duel = defineRoom({
    linger_ms: 1_050,
    onCreate(room) {
      room.every(100, () => void ticks++)
      room.after(150, () => {
        throw new Error('boom')
      })
      room.after(50, () => void ticks--)()
    },
  })
  const { raw, clock, lines } = stage(t, { rooms: { duel } })
  const ada = await raw()
  await create(ada, 'duel')

  clock.advance(500)
  await ada.ask('room.leave')
  clock.advance(1_100)
  const atTheEnd = ticks
  clock.advance(10_000)

  t.equal(atTheEnd, 15)
  t.equal(ticks, atTheEnd)
  t.equal(lines.filter(({ msg }) => msg === 'room hook failed').length, 1)
})

t.test(
  'a room that takes its time keeps the seat, and two who wait get what is left',
  async (t) => {
    const waiting: (() => void)[] = []
    const slow = defineRoom({
      capacity: 2,
      async onJoin(_, { data }) {
        if (data === 'now') return undefined
        await new Promise<void>((resolve) => waiting.push(resolve))
        if (data === 'thief') throw new Refusal('BANNED', 'no thieves')
        return { asked: true }
      },
    })
    const { raw } = stage(t, { rooms: { slow } })
    const [ada, bob, cleo, dan] = [await raw(), await raw(), await raw(), await raw()]
    const { code } = (await create(ada, 'slow', { data: 'now' })).data.room

    const thief = bob.ask('room.join', { code, data: 'thief' })
    await bob.settled()
    const twice = await bob.ask('room.join', { code })
    const full = await cleo.ask('room.join', { code })
    for (const decide of waiting.splice(0)) decide()
    const refused = await thief
    const second = dan.ask('room.join', { code }).catch(() => 'gone')
    await dan.settled()
    dan.close()
    await turn()
    for (const decide of waiting.splice(0)) decide()
    t.equal(await second, 'gone')
    const third = cleo.ask('room.join', { code })
    await cleo.settled()
    for (const decide of waiting.splice(0)) decide()

    t.match(twice.data, { code: 'ALREADY_IN_ROOM' })
    t.match(full.data, { code: 'ROOM_FULL' })
    t.match(refused.data, { code: 'BANNED', message: 'no thieves' })
    t.match((await third).data, { you: 2, members: [{}, { data: { asked: true } }] })
    t.notOk(
      ada.seen.some(({ data }) => data.member?.number > 2),
      'who was gone before the answer got no seat',
    )
  },
)

t.test('hook_ms: a room that never decides refuses, and its seat is free again', async (t) => {
  const never = defineRoom({
    capacity: 2,
    onJoin: (_, { data }) => (data ? new Promise<Any>(() => {}) : null),
  })
  const { raw, clock } = stage(t, { rooms: { never } })
  const [ada, bob, cleo] = [await raw(), await raw(), await raw()]
  const { code } = (await create(ada, 'never')).data.room

  const asked = bob.ask('room.join', { code, data: true })
  await bob.settled()
  clock.advance(LIMITS.hook_ms.value - 1)
  const full = await cleo.ask('room.join', { code })
  clock.advance(1)
  const late = await asked
  const seated = await cleo.ask('room.join', { code })

  t.match(full.data, { code: 'ROOM_FULL' })
  t.match(late.data, { code: 'TIMEOUT', message: /5000 ms/ })
  t.match(seated.data, { you: 2 })
})

t.test(
  'who drops while a room thinks sits down away, and keeps the seat for the window only',
  async (t) => {
    let decide = () => {}
    const thinking = new Promise<null>((resolve) => {
      decide = () => resolve(null)
    })
    const slow = defineRoom({
      onJoin: (_, { data }) => (data ? thinking : null),
    })
    const { raw, clock } = stage(t, { rooms: { slow } })
    const [ada, bob] = [await raw(), await raw()]
    const { code } = (await create(ada, 'slow')).data.room

    void bob.ask('room.join', { code, data: true }).catch(() => {})
    await bob.settled()
    bob.drop()
    await turn()
    decide()
    const joined = await ada.next('room.member_joined')
    clock.advance(15_000)
    await ada.settled()
    clock.advance(15_000)
    const left = await ada.next('room.member_left')

    t.match(joined.data, { member: { number: 2, away: true } })
    t.match(left.data, { number: 2, reason: 'lost' })
  },
)

t.test('a hook that fails, at once or later, harms its room only', async (t) => {
  const boom = () => {
    throw new Error('boom')
  }
  const late = async () => boom()
  const broken = defineRoom({
    namespaces: ['game'],
    onJoined: late as Any,
    onAway: boom,
    onLeave: late as Any,
    onMessage: boom,
    onDispose: late as Any,
  })
  const sleepy = defineRoom({ namespaces: ['game'], onMessage: late as Any })
  const impossible = defineRoom({ onCreate: boom })
  const shut = defineRoom({ onJoin: late as Any })
  const { raw, clock, lines, rooms } = stage(t, { rooms: { broken, sleepy, impossible, shut } })
  const [ada, bob] = [await raw(), await raw()]
  await create(bob, 'plaza')
  const emit = (room: string) => ada.ask('event.emit', { name: 'game.x', args: [] }, { room })

  const [one, two] = [
    (await create(ada, 'broken')).data.room,
    (await create(ada, 'sleepy')).data.room,
  ]
  const answers = [
    await emit(one.code),
    await emit(two.code),
    await create(ada, 'impossible'),
    await create(ada, 'shut'),
  ]
  await ada.ask('room.leave', {}, { room: one.code })
  await ada.ask('room.leave', {}, { room: two.code })
  clock.advance(30_000)
  await turn()

  for (const { data } of answers) {
    t.match(data, { code: 'INTERNAL', status: 500, incident: String })
    t.notMatch(data.message, 'boom')
  }
  t.equal(lines.filter(({ msg }) => msg === 'room hook failed').length, 7, 'two messages as well')
  t.equal((await bob.ask('event.emit', { name: 'plaza.wave', args: [] })).type, 'event.emit')
  t.equal(rooms.size, 1)
})

t.test('a refused visitor neither ends nor prolongs a room that waits', async (t) => {
  const picky = defineRoom({
    creatable: false,
    linger_ms: 20_000,
    onJoin(_, { data }) {
      if (data !== 'friend') throw new Refusal('BANNED', 'friends only')
      return null
    },
  })
  const { raw, make, clock, rooms } = stage(t, { rooms: { picky } })
  const [ada, bob] = [await raw(), await raw()]
  const code = make('picky')

  const first = await ada.ask('room.join', { code })
  const friend = await bob.ask('room.join', { code, data: 'friend' })
  await bob.ask('room.leave')
  clock.advance(10_000)
  const second = await ada.ask('room.join', { code })
  const before = rooms.size
  clock.advance(10_000)

  t.match([first.data, second.data], [{ code: 'BANNED' }, { code: 'BANNED' }])
  t.match(friend.data, { you: 1 })
  t.equal(before, 1)
  t.equal(rooms.size, 0, 'it went when its last member had been gone for linger_ms')
})

t.test(
  'a room whose time runs out while it thinks goes if it refuses, and stays if not',
  async (t) => {
    for (const welcome of [true, false]) {
      let decide = (_: unknown) => {}
      const thought = new Promise((resolve) => {
        decide = resolve
      })
      const slow = defineRoom({
        linger_ms: 1_000,
        async onJoin() {
          if (!(await thought)) throw new Refusal('BANNED')
          return null
        },
      })
      const { raw, make, clock, rooms } = stage(t, { rooms: { slow } })
      const ada = await raw()
      const asked = ada.ask('room.join', { code: make('slow') })
      await ada.settled()

      clock.advance(2_000)
      decide(welcome)
      const { type } = await asked

      t.equal(type, welcome ? 'room.join' : 'error')
      t.equal(rooms.size, welcome ? 1 : 0)
    }
  },
)

t.test('gather_ms: events wait for more of them, answers do not', async (t) => {
  const hall = defineRoom({ namespaces: ['hall'], gather_ms: 50 })
  const { raw, clock } = stage(t, { rooms: { hall } })
  const [ada, bob] = [await raw(), await raw()]
  const { code } = (await create(ada, 'hall')).data.room
  await bob.ask('room.join', { code })
  const heard = () => bob.seen.filter(({ type }) => type === 'event').length

  for (let count = 0; count < 3; count++) {
    const { data } = await ada.ask('event.emit', { name: 'hall.call', args: [count] })
    t.equal(data.delivered, 1)
    clock.advance(10)
    await ada.settled()
  }
  const before = heard()
  clock.advance(20)
  await ada.settled()
  await turn()

  t.equal(before, 0)
  t.equal(heard(), 3)
})

t.test('gather_ms: more than a second is refused, and what is no number', async (t) => {
  for (const gather_ms of [-1, 1_001, Number.NaN])
    t.throws(
      () => stage(t, { rooms: { hall: defineRoom({ gather_ms }) } }),
      new Error(`rooms.hall.gather_ms: expected a whole number from 0 to 1000, got ${gather_ms}`),
    )
})

t.test('a server without a plaza has none', async (t) => {
  const { raw } = stage(t, { plaza: false, rooms: { duel: defineRoom({}) } })
  const ada = await raw()

  const answer = await ada.ask('room.join_or_create', { kind: 'plaza' })

  t.match(answer.data, { code: 'UNKNOWN_KIND', message: /expected "duel"$/ })
})
