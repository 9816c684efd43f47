import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { MESSAGES } from '../protocol/index.ts'
import { MOST_TIMER_MS } from '../protocol/limits.ts'
import { isCounted } from '../protocol/message.ts'
import { MIN_RECEIVE_BYTES } from '../protocol/session.ts'
import type { GameRoom, RoomMember } from '../server/server.ts'
import type { Any, RawClient } from './support/client.ts'
import { until } from './support/promise.ts'
import { create, join, seats, table, told, types } from './support/table.ts'

/* Another session of a player's takes the seat over. */

t.test('a player who joins again with another session has the seat of before', async (t) => {
  const { host, ada, code, player, calls } = await table(t)
  await host.ask('room.assign', { number: 2, role: 'trusted' })
  await ada.settled()
  const [heard, had] = [host.seen.length, ada.seen.length]
  calls.length = 0

  const phone = await player(ada.key)
  const { data } = await join(phone, code, { name: 'Somebody else', data: { suit: 'blue' } })
  for (const one of [host, ada, phone]) await one.settled()

  const member = data.members.find(({ number }: Any) => number === 2)
  t.equal(data.you, 2)
  t.match(member, { name: 'Ada', role: 'trusted', data: { asked: { suit: 'red' } }, away: false })
  t.match(member, { session: phone.session, player: ada.id })
  t.equal(data.members.length, 2, 'no second member')
  t.strictSame(
    told(host, heard).map(({ type, data }) => [type, data]),
    [['room.member_back', { number: 2, session: phone.session }]],
  )
  t.strictSame(
    told(ada, had).map(({ type, room, data }) => [type, room, data]),
    [['room.seat_taken', code, { session: phone.session }]],
  )
  t.strictSame(types(phone), [], 'and nothing to the one that sits there now')
  t.strictSame(calls, [`onBack 2 ${phone.session}`], 'the kind is told, and not asked again')
})

t.test('the one whose seat was taken is in the room no longer', async (t) => {
  const { host, ada, code, player } = await table(t)
  const phone = await player(ada.key)
  await join(phone, code)
  const before = ada.seen.length

  const refused = await ada.ask('event.emit', { name: 'duel.hit', args: [] }, { room: code })
  await host.ask('event.emit', { name: 'duel.hit', args: ['you'] })
  await ada.settled()
  ada.close()
  await host.settled()
  const { from } = await phone.next('event')

  t.match(refused.data, { code: 'NOT_IN_ROOM' })
  t.equal(ada.seen.slice(before).filter(({ type }) => type === 'event').length, 0)
  t.match(from, { member: 1 })
  t.notOk(types(host).includes('room.member_left'), 'its end frees no seat')
})

t.test('who reloads takes the seat over from the session that is away', async (t) => {
  const { host, ada, code, player, clock, calls } = await table(t)
  ada.drop()
  await host.next('room.member_away')

  const again = await player(ada.key)
  const { data } = await join(again, code)
  await host.settled()
  clock.advance(30_001)
  await host.settled()

  t.equal(data.you, 2)
  t.strictSame(seats(data.members).at(-1), [2, again.session, 'player', false])
  t.strictSame(types(host).slice(1), ['room.member_away', 'room.member_back'])
  t.strictSame(calls.slice(-2), [`onAway 2 ${ada.session}`, `onBack 2 ${again.session}`])
})

t.test(
  'a session that comes back hears that its seat was taken, and is not in the room',
  async (t) => {
    const { host, ada, code, player, raw } = await table(t)
    ada.drop()
    await host.next('room.member_away')
    await join(await player(ada.key), code)
    const heard = ada.seen.filter(({ type }) => !/^(welcome|ping)$/.test(`${type}`)).length

    const back = await raw()
    const { token } = ada.welcome
    const received = ada.seen.filter((message) => isCounted(MESSAGES, message)).length
    await back.ask('session.resume', { token, attempt: 1, sent: 2, received, forgotten: 0 })
    const { data } = await back.next('session.snapshot')

    t.ok(heard > 0)
    t.strictSame(types(back), ['room.seat_taken'])
    t.strictSame(data.rooms, [])
  },
)

t.test('the host stays the host, with its groups', async (t) => {
  const { host, ada, code, player } = await table(t, {
    onJoined: (room, member) => room.group('red').add(member),
  })
  const phone = await player(host.key)
  const { data } = await join(phone, code)
  await ada.settled()
  const { data: answer } = await ada.ask('event.emit', { name: 'duel.hit', args: [] }, TO_RED)

  t.match(data, { you: 1, room: { host: 1 } })
  t.notOk(types(ada).includes('room.host_changed'))
  t.equal(answer.delivered, 2, 'the sender and the host sit in the group')
  t.match(await phone.next('event'), { data: { name: 'duel.hit' } })
})
const TO_RED = { to: ['group:red'] }

t.test('who takes a seat over is told the newest latest event of each', async (t) => {
  const { host, ada, code, player } = await table(t)
  const say = (at: number, key: string) =>
    host.send({ type: 'event.emit_latest', room: code, data: { name: 'duel.at', args: [at], key } })
  for (const [at, key] of [
    [1, 'boat'],
    [2, 'boat'],
    [3, 'crew'],
  ] as const)
    say(at, key)
  await host.settled()

  const phone = await player(ada.key)
  await join(phone, code)
  say(4, 'crew')
  for (const one of [host, phone]) await one.settled()
  const stranger = await player()
  await join(stranger, code)
  await stranger.settled()

  const latest = ({ seen }: RawClient) =>
    seen.filter(({ type }) => type === 'event.latest').map(({ data }) => data)
  t.strictSame(
    latest(phone).map(({ args, key, number }) => [...args, key, number]),
    [
      [2, 'boat', 2],
      [3, 'crew', 3],
      [4, 'crew', 4],
    ],
  )
  t.strictSame(latest(stranger), [], 'newcomers are told none of before')
})

t.test('a seat of one’s own is never full or locked', async (t) => {
  const { host, ada, code, player } = await table(t)
  await host.ask('room.lock', { locked: true })
  const full = await create(host, { capacity: 1 })

  const phone = await player(ada.key)
  const locked = await join(phone, code)
  const desk = await player(host.key)
  const alone = await join(desk, full)
  const stranger = await player()

  t.match(locked.data, { you: 2 })
  t.match(alone.data, { you: 1 })
  t.match((await join(stranger, code)).data, { code: 'ROOM_LOCKED' })
  t.match((await join(stranger, full)).data, { code: 'ROOM_FULL' })
})

t.test('who sits there already by this session is in the room already', async (t) => {
  const { ada, code } = await table(t)

  t.match((await join(ada, code)).data, { code: 'ALREADY_IN_ROOM', cause: { room: code } })
})

t.test('who has not identified takes nobody’s seat', async (t) => {
  const { host, code, raw } = await table(t)
  const [one, two] = [await raw(), await raw()]

  const first = await join(one, code)
  const second = await join(two, code)
  await host.settled()

  t.match(first.data, { you: 3 })
  t.match(second.data, { code: 'ROOM_FULL' })
})

t.test('questions to the session before end at once, and its address is nobody’s', async (t) => {
  const { host, ada, code, player } = await table(t)
  const to = { to: [`session:${ada.session}`], room: code }
  const asked = host.ask('query', { name: 'duel.eight', data: null }, to)
  await ada.next('query')

  const phone = await player(ada.key)
  await join(phone, code)
  const left = await asked
  const nobody = await host.ask('query', { name: 'duel.eight', data: null }, to)
  const there = host.ask('query', { name: 'duel.eight', data: null }, PLAYER(ada.id))
  phone.send({ type: 'query', re: (await phone.next('query')).id as string, data: { value: 8 } })

  t.match(left.data, { code: 'TARGET_LEFT', cause: { member: 2 } })
  t.match(nobody.data, { code: 'INVALID_TARGET' })
  t.strictSame((await there).data, { value: 8 })
})
const PLAYER = (id: string) => ({ to: `player:${id}` })

t.test('a call to the host goes on to the session that has its seat now', async (t) => {
  const { host, ada, code, player } = await table(t)
  const called = ada.ask('function.call', { name: 'duel.add', args: [5, 3] }, { to: 'host' })
  await host.next('function.call')

  const phone = await player(host.key)
  await join(phone, code)
  const { id } = await phone.next('function.call')
  phone.send({ type: 'function.call', re: id as string, data: { value: 8 } })

  t.strictSame((await called).data, { value: 8 })
})

t.test('what waits for a host ends with the seat of the session that asked', async (t) => {
  const { host, ada, code, player, clock } = await table(t)
  const add = { name: 'duel.add', args: [5, 3] }
  host.drop()
  await ada.next('room.member_away')
  const asked = [
    ada.ask('function.call', add, { to: 'host' }),
    ada.ask('query', { name: 'duel.eight', data: null }, { to: 'host' }),
  ]
  await turn()

  const phone = await player(ada.key)
  await join(phone, code)
  clock.advance(5_001)
  await phone.settled()

  t.ok(types(phone).includes('room.host_changed'))
  t.notOk(phone.seen.some(({ type }) => type === 'function.call' || type === 'query'))
  for (const { data } of await Promise.all(asked)) t.match(data, { code: 'NOT_IN_ROOM' })
})

t.test('no next host is asked by who has left meanwhile', async (t) => {
  const { host, ada, code, player } = await table(t)
  const eve = await player()
  await join(eve, code)
  const asked = ada.ask('function.call', { name: 'duel.add', args: [5, 3] }, { to: 'host' })
  await host.next('function.call')

  await ada.ask('room.leave')
  await host.ask('room.leave')
  await eve.settled()

  t.ok(types(eve).includes('room.host_changed'))
  t.notOk(eve.seen.some(({ type }) => type === 'function.call'))
  t.match((await asked).data, { code: 'NOT_IN_ROOM' })
})

for (const isAway of [false, true])
  t.test(
    `no next host is asked for who has begun anew, when the host ${isAway ? 'was away' : 'leaves'}`,
    async (t) => {
      const { host, ada, code, player, clock } = await table(t)
      const eve = await player()
      await join(eve, code)
      if (isAway) host.drop()
      if (isAway) await eve.next('room.member_away')
      const add = { name: 'duel.add', args: [5, 3] }
      eve.send({ type: 'function.call', id: 'call', to: 'host', data: add })
      const eight = { name: 'duel.eight', data: null }
      if (isAway) eve.send({ type: 'query', id: 'query', to: 'host', data: eight })
      else await host.next('function.call')
      await beginAnew(eve)

      if (isAway) clock.advance(5_001)
      else await host.ask('room.leave')
      for (const one of [ada, eve]) await one.settled()

      t.ok(types(ada).includes('room.host_changed'))
      t.notOk(ada.seen.some(({ type }) => type === 'function.call' || type === 'query'))
    },
  )

/** Says that it has counted otherwise, so that both begin anew. */
async function beginAnew(client: RawClient): Promise<void> {
  client.send({ type: 'session.ack', data: { sent: 99, received: 0 } })
  const { id } = await client.next('session.reset')
  client.send({ type: 'session.reset', re: id as string, data: {} })
  await client.settled()
}

t.test('a seat whose reply would not fit is not taken over', async (t) => {
  const { host, ada, code, player } = await table(t)
  await host.ask('room.update', { properties: { long: 'x'.repeat(MIN_RECEIVE_BYTES) } })
  const phone = await player(ada.key)
  await phone.ask('session.hello', { receive_bytes: MIN_RECEIVE_BYTES })

  const refused = await join(phone, code)
  await ada.settled()

  t.match(refused.data, { code: 'TOO_LARGE' })
  t.notOk(types(ada).includes('room.seat_taken'))
})

for (const [seat_ms, code] of [
  [MOST_TIMER_MS, 'TARGET_LEFT'],
  [0, 'MEMBER_NOT_FOUND'],
] as const)
  t.test(
    `whoever asks a session that is over is told so at once, its seat ${seat_ms ? 'kept' : 'gone'}`,
    async (t) => {
      const seats: [GameRoom<unknown>, RoomMember][] = []
      const onJoined = (...seat: [GameRoom<unknown>, RoomMember]) => void seats.push(seat)
      const { host, ada } = await table(t, { seat_ms, onJoined })
      const to = `player:${ada.id}`
      ada.close()
      await host.next(seat_ms ? 'room.member_away' : 'room.member_left')

      const query = await host.ask('query', { name: 'duel.eight', data: null }, { to })
      const call = await host.ask('function.call', { name: 'duel.add', args: [] }, { to })
      const [room, member] = seats[1] ?? []
      const own = async () => member && room?.ask(member, 'duel.eight')

      for (const { data } of [query, call]) t.match(data, { code: 'INVALID_TARGET' })
      await t.rejects(own(), { code })
    },
  )

/* What takes time. */

t.test('two windows that a slow room lets in are one member', async (t) => {
  const { host, ada, player, waiting } = await table(t)
  const code = await create(host, { capacity: 2 })
  const phone = await player(ada.key)
  const asked = [ada, phone].map((one) => join(one, code, { data: 'slow' }))
  await until(() => waiting.length === 2, 'the room thinks about both, though one place is left')

  for (const decide of waiting) decide()
  const [first, second] = await Promise.all(asked)
  for (const one of [host, ada]) await one.settled()

  t.match([first?.data.you, second?.data.you], [2, 2])
  t.equal(second?.data.members.length, 2)
  const here = told(ada).filter(({ room }) => room === code)
  t.strictSame(
    here.map(({ type }) => type),
    ['room.seat_taken'],
  )
  const heard = told(host).filter(({ room }) => room === code)
  t.strictSame(
    heard.map(({ type }) => type),
    ['room.member_joined', 'room.member_back'],
  )
})

t.test('who identifies while the room thinks takes over the seat it has by then', async (t) => {
  const { host, ada, code, raw, waiting } = await table(t)
  const phone = await raw()
  const asked = join(phone, code, { data: 'slow' })
  await until(() => waiting.length === 1, 'the room thinks')

  await phone.ask('player.identify', { guest_key: ada.key })
  waiting[0]?.()
  const { data } = await asked
  await host.settled()

  t.equal(data.you, 2)
  t.equal(data.members.length, 2)
})

t.test('who is gone when the slow room lets it in is back and away', async (t) => {
  const { host, ada, code, player, waiting, calls } = await table(t)
  const phone = await player(ada.key)
  const slow = await create(host)
  const before = join(ada, slow, { data: 'slow' })
  const asked = join(phone, slow, { data: 'slow' })
  asked.catch(() => {})
  await until(() => waiting.length === 2, 'the room thinks about both')
  waiting[0]?.()
  await before
  phone.drop()
  await turn()

  waiting[1]?.()
  await host.settled()
  await host.settled()

  const heard = told(host).filter(({ room }) => room === slow)
  t.strictSame(
    heard.map(({ type }) => type),
    ['room.member_joined', 'room.member_back', 'room.member_away'],
  )
  t.strictSame(calls.slice(-2), [`onBack 2 ${phone.session}`, `onAway 2 ${phone.session}`])
  t.ok(code)
})

/* Which room. */

t.test('who asks for any room of a kind gets the one where its seat is', async (t) => {
  const { host, ada, player } = await table(t)
  const first = await create(host, { properties: { map: 'ice' } })
  const own = await create(ada, { properties: { map: 'ice' }, listed: false })
  const find = async (key: string, data: object) =>
    (await (await player(key)).ask('room.join_or_create', { kind: 'duel', ...data })).data

  const other = await find(ada.key, { properties: { map: 'lava' } })
  const again = await find(ada.key, { properties: { map: 'ice' } })
  const stranger = await find('', { properties: { map: 'ice' } })

  t.equal(again.room.code, own, 'hidden as it is')
  t.equal(again.you, 1)
  t.notOk([first, own].includes(other.room.code), 'but only where it is what is asked for')
  t.match(stranger, { you: 2, room: { code: first } }, 'as any other gets the first listed one')
})

t.test('once it has left, any room of the kind will do', async (t) => {
  const { host, ada, player } = await table(t)
  const first = await create(host, { properties: { map: 'ice' } })
  const own = await create(ada, { properties: { map: 'ice' }, listed: false })
  await ada.ask('room.leave', {}, { room: own })

  const phone = await player(ada.key)
  const { data } = await phone.ask('room.join_or_create', {
    kind: 'duel',
    properties: { map: 'ice' },
  })

  t.equal(data.room.code, first)
})

/* Kinds where each session has a seat of its own. */

t.test('a kind may give each session a seat of its own', async (t) => {
  const { host, ada, code, player } = await table(t, { seats: 'session' })
  const phone = await player(ada.key)
  const tablet = await player(ada.key)

  const second = await join(phone, code)
  const full = await join(tablet, code)
  await ada.settled()
  const { data } = await host.ask('event.emit', { name: 'duel.hit', args: [] }, PLAYER(ada.id))

  t.match(second.data, { you: 3 })
  t.match(full.data, { code: 'ROOM_FULL' })
  t.notOk(types(ada).includes('room.seat_taken'))
  t.equal(data.delivered, 2)
})

/* Who identifies inside. */

t.test('two sessions that turn out to be one player keep their numbers', async (t) => {
  const { host, code, raw, player } = await table(t, { capacity: 5 })
  const [one, two] = [await raw(), await raw()]
  await join(one, code)
  await join(two, code)
  const { data } = await two.ask('player.identify')
  await one.ask('player.identify', { guest_key: data.guest_key })
  await host.settled()

  const third = await player(data.guest_key)
  const joined = await join(third, code)
  await one.settled()
  await two.settled()

  t.equal(joined.data.you, 3, 'who joins from then on takes over the first')
  t.strictSame(types(one).slice(-1), ['room.seat_taken'])
  t.notOk(types(two).includes('room.seat_taken'))
  t.strictSame(
    joined.data.members.map(({ number }: Any) => number),
    [1, 2, 3, 4],
  )
})

/* Bans. */

t.test('a ban takes every seat of a player, and refuses its next sessions', async (t) => {
  const { host, ada, code, player } = await table(t, { seats: 'session' })
  const phone = await player(ada.key)
  await join(phone, code)
  const heard = host.seen.length

  await host.ask('room.kick', { number: 3, ban: true, reason: 'enough' })
  await ada.settled()
  await host.settled()

  for (const one of [ada, phone])
    t.match((await one.next('room.kicked')).data, { by: 1, banned: true, reason: 'enough' })
  t.strictSame(
    told(host, heard).map(({ data }) => data),
    [
      { number: 2, reason: 'banned' },
      { number: 3, reason: 'banned' },
    ],
  )
  t.match((await join(await player(ada.key), code)).data, { code: 'BANNED' })
})

t.test('no ban reaches a seat that is as high, by way of a lower one', async (t) => {
  const { host, ada, code, player } = await table(t, { seats: 'session' })
  const phone = await player(host.key)
  await join(phone, code)
  await host.ask('room.assign', { number: 2, role: 'assistant' })

  const refused = await ada.ask('room.kick', { number: 3, ban: true })
  const kicked = await ada.ask('room.kick', { number: 3 })

  t.match(refused.data, { code: 'PERMISSION_DENIED' })
  t.match(kicked, { type: 'room.kick' })
})

t.test('a ban refuses to take over, and holds for who identifies inside', async (t) => {
  const { host, ada, code, player, raw, calls } = await table(t)
  const hidden = await raw()
  await join(hidden, code)

  await host.ask('room.kick', { number: 2, ban: true })
  const phone = await player(ada.key)
  const refused = await join(phone, code)
  const { data } = await hidden.ask('player.identify', { guest_key: ada.key })
  await host.settled()

  t.match(refused.data, { code: 'BANNED' })
  t.match(data, { player: { id: ada.id } }, 'it is who it is all the same')
  t.match((await hidden.next('room.kicked')).data, { by: null, banned: true })
  t.match((await hidden.ask('room.leave')).data, { code: 'NOT_IN_ROOM' })
  t.strictSame(told(host).at(-1)?.data, { number: 3, reason: 'banned' })
  t.equal(calls.at(-1), 'onLeave 3 banned')
})

/* Seats that outlive their sessions. */

/** Long beside a resume window; a clock that ticks each second goes through days slowly. */
const LONG_MS = 900_000

t.test('a seat outlives the session of its player for as long as its kind says', async (t) => {
  const { host, ada, code, player, clock, calls } = await table(t, { seat_ms: LONG_MS })
  ada.drop()
  await host.next('room.member_away')
  const heard = host.seen.length

  clock.advance(30_001)
  clock.advance(LONG_MS - 60_000)
  await host.settled()
  const quiet = types(host, heard)
  const again = await player(ada.key)
  const { data } = await join(again, code)
  await host.settled()
  again.drop()
  await host.next('room.member_away')
  clock.advance(30_001)
  clock.advance(LONG_MS)
  await host.settled()

  t.strictSame(quiet, [], 'it stays away')
  t.equal(data.you, 2)
  t.match(data.members[1], { name: 'Ada', session: again.session, away: false })
  t.strictSame(
    told(host, heard)
      .map(({ data }) => data)
      .at(-1),
    { number: 2, reason: 'lost' },
  )
  t.equal(calls.at(-1), 'onLeave 2 lost')
})

t.test('who closes the game keeps such a seat, and is away at once', async (t) => {
  const { host, ada, calls } = await table(t, { seat_ms: LONG_MS })

  ada.close()
  const { data } = await host.next('room.member_away')

  t.strictSame(data, { number: 2 })
  t.equal(calls.at(-1), `onAway 2 ${ada.session}`)
})

t.test('nothing is kept for a seat without a session, and nobody is told it was', async (t) => {
  const { host, ada, code, player } = await table(t, { seat_ms: LONG_MS })
  const to = (...addresses: string[]) => ({ to: addresses })
  const hit = { name: 'duel.hit', args: [1] }
  const eve = await player()
  await join(eve, code)
  ada.close()
  await host.next('room.member_away')

  const all = await host.ask('event.emit', hit)
  const player_ = await host.ask('event.emit', hit, to(`player:${ada.id}`))
  const both = await host.ask('event.emit', hit, to(`session:${ada.session}`, 'others'))
  const asked = await host.ask('query', { name: 'duel.eight', data: null }, PLAYER(ada.id))
  const again = await player(ada.key)
  await join(again, code)
  await again.settled()

  t.equal(all.data.delivered, 1)
  t.match(player_.data, { code: 'INVALID_TARGET' })
  t.match(both.data, { delivered: 1, unreached: [`session:${ada.session}`] })
  t.match(asked.data, { code: 'INVALID_TARGET' })
  t.equal(again.seen.filter(({ type }) => type === 'event').length, 0)
})

t.test('a room waits for its players, all of them gone, and is full of them', async (t) => {
  const { host, ada, code, player, clock, rooms } = await table(t, {
    seat_ms: LONG_MS,
    capacity: 2,
  })
  for (const one of [host, ada]) one.close()
  await turn()
  clock.advance(LONG_MS / 2)

  const stranger = await join(await player(), code)
  const { data } = await join(await player(host.key), code)
  const waiting = rooms.size
  clock.advance(LONG_MS)
  clock.advance(60_000)

  t.match(stranger.data, { code: 'ROOM_FULL' })
  t.match(data, { you: 1, room: { host: 1 } })
  t.strictSame(
    data.members.map(({ number, away }: Any) => [number, away]),
    [
      [1, false],
      [2, true],
    ],
  )
  t.equal(waiting, 1)
})

t.test('a seat without a session can be kicked, and banned', async (t) => {
  const { host, ada, code, player } = await table(t, { seat_ms: LONG_MS })
  ada.close()
  await host.next('room.member_away')

  await host.ask('room.kick', { number: 2, ban: true })
  const { data } = await join(await player(ada.key), code)

  t.strictSame((await host.next('room.member_left')).data, { number: 2, reason: 'banned' })
  t.match(data, { code: 'BANNED' })
})

t.test('seats: of more that a player keeps without a session the oldest goes', async (t) => {
  const limits = { seats: 2, heartbeat_ms: MOST_TIMER_MS }
  const { host, ada, code, player, clock } = await table(t, { seat_ms: LONG_MS }, { limits })
  const codes = [code, await create(host), await create(host)]
  const eve = await player()
  await join(eve, code)
  eve.close()
  await host.next('room.member_away')
  const heard = host.seen.length

  for (const own of codes) {
    const one = own === code ? ada : await player(ada.key)
    await join(one, own)
    one.close()
    clock.advance(1_000)
    await host.settled()
  }
  const left = told(host, heard).filter(({ type }) => type === 'room.member_left')
  const again = await player(ada.key)
  const back = await Promise.all(codes.map((one) => join(again, one)))

  t.match(left, [{ data: { number: 2, reason: 'lost' } }])
  t.equal(codes.indexOf(left[0]?.room as string), 0)
  t.strictSame(
    back.map(({ data }) => data.you),
    [4, 2, 2],
  )
})

t.test('what is said to a host without a session says NO_HOST', async (t) => {
  const { host, ada } = await table(t, { seat_ms: LONG_MS })
  const hit = { name: 'duel.hit', args: [1] }
  host.close()
  await ada.next('room.member_away')

  const codes = []
  for (const to of ['host', 'hosts', ['hosts', 'host'], `player:${host.id}`])
    codes.push((await ada.ask('event.emit', hit, { to })).data.code)
  const mixed = await ada.ask('event.emit', hit, { to: ['host', 'self'] })

  t.strictSame(codes, ['NO_HOST', 'NO_HOST', 'NO_HOST', 'INVALID_TARGET'])
  t.match(mixed.data, { delivered: 1, unreached: ['host'] })
})

t.test('what a room does at its end leaves no timer behind', async (t) => {
  const { host, ada, clock, rooms } = await table(t, {
    host_ms: LONG_MS,
    onDispose(room) {
      for (const member of room.members) if (!member.away) room.kick(member)
    },
  })
  await host.ask('room.assign', { number: 2, role: 'host' })
  ada.drop()
  await host.next('room.member_away')

  rooms.close()

  t.equal(clock.pending, 0)
})

t.test('who has not identified has no seat that lasts', async (t) => {
  const { host, code, raw } = await table(t, { seat_ms: LONG_MS })
  const nobody = await raw()
  await join(nobody, code)

  nobody.close()

  t.match((await host.next('room.member_left')).data, { number: 3 })
})

t.test('what a room’s logic says to a seat without a session goes nowhere', async (t) => {
  const asked: unknown[] = []
  const { host, ada } = await table(t, {
    seat_ms: LONG_MS,
    onAway(room, member) {
      room.emit('duel.hit', [], [member])
      room.ask(member, 'duel.eight').catch(({ code }) => asked.push(code))
      room.group('red').add(member)
      room.emit('duel.hit', [], room.group('red').members)
    },
  })

  ada.close()
  await host.next('room.member_away')
  await turn()

  t.strictSame(asked, ['TARGET_LEFT'])
})
