import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { AllMessages } from '../protocol/index.ts'
import type { ReplyOf } from '../protocol/message.ts'
import type { Any } from './support/client.ts'
import { cameBack, claim, drop, emit, heard, numbers, seat, types } from './support/player.ts'
import { both, until } from './support/promise.ts'
import { lose, note, tapped } from './support/tap.ts'
import { world } from './support/world.ts'

/* The window. */

both('a player who drops keeps the seat for thirty seconds, and no longer', {}, async (t, w) => {
  const bob = await seat(w, 'bob')
  const ada = await seat(w, 'ada')

  await drop(w, ada)
  w.clock.advance(29_999)
  const back = await claim(w, ada.token, { sent: 1, received: ada.arrived })
  const snapshot = await back.next('session.snapshot')
  await drop(w, back)
  w.clock.advance(15_000)
  await bob.settled()
  w.clock.advance(15_001)
  const late = await claim(w, ada.token, { attempt: 2, sent: 1, received: ada.arrived })

  t.match(back.reply, { resumed: true, session: ada.welcome.session, sent: 1, received: 1 })
  t.equal(snapshot.data.rooms[0].you, ada.number)
  t.match(late.reply, { resumed: false, kept: false, reason: 'EXPIRED', sent: 0, received: 0 })
  t.equal(late.reply.session, late.welcome.session, 'the session of this welcome')
  t.match(await late.ask('room.leave'), { type: 'error', data: { code: 'NOT_IN_ROOM' } })
  await bob.settled()
  t.strictSame(
    types(bob.seen).filter((type) => String(type).startsWith('room.member_')),
    ['joined', 'away', 'back', 'away', 'left'].map((what) => `room.member_${what}`),
  )
})

both('who leaves on purpose is told as left, who drops as lost', {}, async (t, w) => {
  const watcher = await seat(w, 'watcher')
  const ada = await w.connect()
  await ada.rooms.joinOrCreate('open')
  const dropped = await seat(w, 'dropped')

  ada.close()
  const left = await watcher.next('room.member_left')
  await drop(w, dropped)
  w.clock.advance(30_000)
  const lost = await watcher.next('room.member_left')

  t.strictSame(
    [left.data, lost.data],
    [
      { number: 2, reason: 'left' },
      { number: dropped.number, reason: 'lost' },
    ],
  )
  t.notOk(watcher.seen.some(({ type, data }) => type === 'room.member_away' && data.number === 2))
})

both('a token that no session has is UNKNOWN', {}, async (t, w) => {
  const raw = await claim(w, 'nobodys-token')

  t.match(raw.reply, { resumed: false, kept: false, reason: 'UNKNOWN' })
  t.equal(raw.reply.session, raw.welcome.session)
  t.match(await raw.ask('room.join_or_create', { kind: 'open' }), { data: { you: 1 } })
})

both('a client whose session is over begins a new one, in no room', {}, async (t, w) => {
  const backoff = () => 40_000
  const ada = await w.connect({ backoff })
  const room = await ada.rooms.joinOrCreate('open')
  const old = ada.session
  const lost = heard(ada, 'lost')
  const closed = new Promise<void>((resolve) => room.on('closed', resolve))

  ada.cut()
  await until(() => w.stats().away === 1, 'ada away')
  const unsent = t.rejects(ada.events.emit('plaza.number', [1], { timeout: 60_000 }), {
    code: 'SESSION_LOST',
  })
  w.clock.advance(40_000)

  t.strictSame(await lost, ['EXPIRED'])
  await closed
  await unsent
  t.not(ada.session, old)
  t.equal(ada.rooms.all.size, 0)
  t.ok(await ada.rooms.joinOrCreate('open'))
})

both('a session that never sent anything ends with its socket', {}, async (t, w) => {
  const raw = await w.raw()
  t.equal(w.stats().sessions, 1)

  raw.drop()
  await until(() => w.stats().connections === 0, 'no connection')

  t.match(w.stats(), { sessions: 0, away: 0 })
  t.match((await claim(w, raw.welcome.token)).reply, { kept: false, reason: 'UNKNOWN' })
})

/* What was missed. */

both(
  'after a claim come the reply, the replay, the snapshot, then what is new',
  {},
  async (t, w) => {
    const bob = await seat(w, 'bob')
    const ada = await seat(w, 'ada')
    const before = ada.arrived
    await drop(w, ada)
    for (const n of [1, 2, 3]) await bob.ask('event.emit', emit(n).data, { to: 'all' })

    const back = await w.raw()
    const data = { token: ada.token, attempt: 1, sent: 1, received: before, forgotten: 0 }
    back.send({ type: 'session.resume', id: 'claim', data })
    back.send(emit(4, 'four'))
    await until(() => numbers(back).includes(4), 'the fourth')
    await back.settled()

    t.strictSame(types(back.seen).slice(0, 7), [
      'welcome',
      'session.resume reply',
      ...['event', 'event', 'event'],
      'session.snapshot',
      'event',
    ])
    t.strictSame(numbers(back), [1, 2, 3, 4])
    t.match(back.seen[1]?.data, { resumed: true, sent: before + 3, received: 1 })
    const members = back.seen[5]?.data.rooms[0].members
    t.strictSame(
      members.map(({ number, away }: Any) => [number, away]),
      [
        [1, false],
        [2, false],
      ],
      'whoever is back is not away',
    )
  },
)

both('what a client knows already is not sent again', {}, async (t, w) => {
  const bob = await seat(w, 'bob')
  const ada = await seat(w, 'ada')
  await bob.ask('event.emit', emit(1).data)
  await ada.settled()
  await drop(w, ada)
  await bob.ask('event.emit', emit(2).data)

  const back = await claim(w, ada.token, { sent: 1, received: ada.arrived })
  await back.settled()
  await drop(w, back)
  const again = await claim(w, ada.token, { attempt: 2, sent: 1, received: ada.arrived })
  await again.settled()

  t.strictSame([numbers(ada), numbers(back), numbers(again)], [[1], [2], [2]])
})

both('of what is latest, one message makes up for all that were missed', {}, async (t, w) => {
  const bob = await seat(w, 'bob')
  const ada = await seat(w, 'ada')
  await drop(w, ada)
  for (const x of [1, 2, 3]) {
    await bob.ask('event.emit_latest', { name: 'plaza.at', args: [x] })
    w.clock.advance(50)
  }

  const back = await claim(w, ada.token, { sent: 1, received: ada.arrived })
  await back.settled()

  const positions = back.seen.filter(({ type }) => type === 'event.latest')
  t.equal(positions.length, 1)
  t.match(positions[0], { from: { member: bob.number }, data: { args: [3] } })
})

both('of the moves made while away only the newest is sent', {}, async (t, w) => {
  const moves: Any[] = []
  const Socket = tapped(w.Socket, {
    onSend: ({ type, data }) => note(type === 'event.emit_latest', moves, data),
  })
  const ada = await w.connect({ WebSocket: Socket, backoff: () => 1_000 })
  await ada.rooms.joinOrCreate('open')
  ada.cut()
  for (const x of [1, 2, 3]) ada.events.emitLatest('plaza.at', [x])
  await cameBack(w, ada)

  await ada.events.emit('plaza.number', [1])

  t.match(moves, [{ name: 'plaza.at', args: [3] }])
})

t.test(
  'what a slow handler answers while its player is away arrives after the resume',
  async (t) => {
    const { w, answer } = await slowServer(t)
    const ada = await w.raw()
    ada.send(emit(1, 'slow'))
    await until(() => answer.length === 1, 'the handler')
    await drop(w, ada)

    answer[0]?.({ name: 'plaza.number', args: [1], delivered: 7 })
    await turn()
    const back = await w.raw()
    const { token } = ada.welcome
    const data = { token, attempt: 1, sent: 1, received: 0, forgotten: 0 }
    const reply = await back.ask('session.resume', data)
    back.send(emit(1, 'slow'))
    await back.settled()

    t.match(reply.data, { resumed: true, sent: 1, received: 1 })
    t.match(back.seen[2], { type: 'event.emit', re: 'slow', data: { delivered: 7 } })
    t.equal(answer.length, 2, 'the answered id is free again')
  },
)

t.test('what was asked before a reset is never answered after it', async (t) => {
  const { w, answer } = await slowServer(t)
  const ada = await w.raw()
  ada.send(emit(1, 'slow'))
  await until(() => answer.length === 1, 'the handler')

  ada.send({ type: 'session.desync', data: { sent: 1, received: 0 } })
  const reset = await ada.next('session.reset')
  ada.send({ type: 'session.reset', re: reset.id, data: {} })
  answer[0]?.({ name: 'plaza.number', args: [1], delivered: 7 })
  await ada.settled()

  t.notOk(ada.seen.some(({ re }) => re === 'slow'))
})

/** A server that answers `event.emit` only when told to. */
async function slowServer(t: Test) {
  type Reply = ReplyOf<AllMessages['event.emit']>
  const answer: ((reply: Reply) => void)[] = []
  const emitting = () =>
    new Promise<() => Reply>((resolve) => answer.push((reply) => resolve(() => reply)))
  const w = await world(t, { handlers: { 'event.emit': emitting } })
  return { w, answer }
}

/* The web client. */

both('a web client knows who joined right behind it', {}, async (t, w) => {
  const ada = await w.connect()
  const bob = await w.raw()
  await bob.settled()

  const joining = ada.rooms.joinOrCreate('open')
  bob.send({ type: 'room.join_or_create', data: { kind: 'open' } })
  const room = await joining
  await bob.settled()
  await ada.events.emit('plaza.number', [1])

  t.strictSame([...room.members.keys()], [1, 2])
})

both('a request that only concerns the connection does not upset the counts', {}, async (t, w) => {
  const ada = await w.connect()
  await ada.rooms.joinOrCreate('open')
  let resets = 0
  ada.on('reset', () => resets++)

  t.match(
    await ada.request('ping' as never, {} as never).catch(({ code }) => code),
    'INVALID_MESSAGE_DATA',
  )
  w.clock.advance(1_000)
  await ada.events.emit('plaza.number', [1])
  w.clock.advance(1_000)
  await ada.events.emit('plaza.number', [2])

  t.equal(resets, 0)
})

both('a web client that is never welcomed gives up', {}, async (t, w) => {
  const Socket = tapped(w.Socket, { onReceive: ({ type }) => lose(type === 'welcome') })
  const sent: Any[] = []
  const connecting = w.connect({
    WebSocket: tapped(Socket, { onSend: (message) => note(true, sent, message) }),
  })
  const failed = t.rejects(connecting, { code: 'CONNECT_FAILED' })
  await until(() => sent.length > 0, 'a hello')

  w.clock.advance(10_000)

  await failed
})
