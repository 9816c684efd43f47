import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import t from 'tap'
import type { Any, RawClient } from './support/client.ts'
import { cameBack, claim, drop, emit, heard, numbers, seat, types } from './support/player.ts'
import { both, until } from './support/promise.ts'
import { lose, note, type Tap, tapped } from './support/tap.ts'
import { type TestWorld, world } from './support/world.ts'

/* Two claims. */

both('a claim that is not the newest is refused on its socket only', {}, async (t, w) => {
  const ada = await seat(w, 'ada')
  await drop(w, ada)
  const counts = { sent: 1, received: ada.arrived }
  const winner = await claim(w, ada.token, { attempt: 5, ...counts })

  const same = await claim(w, ada.token, { attempt: 5, ...counts })
  const older = await claim(w, ada.token, { attempt: 4, ...counts })

  for (const loser of [same, older]) {
    t.match(loser.answer, {
      type: 'error',
      data: { code: 'STALE_ATTEMPT', request: 'session.resume' },
    })
    t.match(loser.reply.cause, { attempt: 5 }, 'which attempt came first')
    t.match(await loser.ask('event.emit', emit(1).data), { data: { code: 'NOT_IN_ROOM' } })
  }
  t.match(await winner.ask('event.emit', emit(1).data, { to: 'all' }), { data: { delivered: 1 } })
  t.match(w.stats(), { connections: 3, sessions: 3 })
})

both('a refused claim leaves nothing behind', {}, async (t, w) => {
  const ada = await seat(w, 'ada')
  await drop(w, ada)
  await claim(w, ada.token, { attempt: 5, sent: 1, received: ada.arrived })
  const loser = await claim(w, ada.token, { attempt: 5, sent: 1, received: ada.arrived })

  loser.drop()
  await until(() => w.stats().connections === 1, 'the loser gone')

  t.match(w.stats(), { sessions: 1, away: 0 })
})

both('a web client outbids a claim that came before its own', {}, async (t, w) => {
  const tokens: string[] = []
  const Socket = tapped(w.Socket, {
    onReceive: ({ type, data }) => note(type === 'welcome', tokens, data.token),
  })
  const ada = await w.connect({ WebSocket: Socket, backoff: () => 1_000 })
  await ada.rooms.joinOrCreate('open')
  ada.cut()
  await until(() => w.stats().away === 1, 'ada away')
  const waiting = ada.events.emit('plaza.number', [1], { to: 'all' })
  const rival = await claim(w, tokens[0] ?? '', { attempt: 1_000, sent: 1, received: 1 })

  w.clock.advance(1_000)
  await until(() => tokens.length === 2, 'a claim')
  await until(() => ada.state === 'open' || w.stats().connections === 1, 'the claim refused')
  await cameBack(w, ada)

  t.match(rival.reply, { resumed: true })
  t.match(await rival.closed, { code: 4103 })
  t.match(await waiting, { delivered: 1 })
})

both('a connection whose session is claimed by another is closed with 4103', {}, async (t, w) => {
  const ada = await seat(w, 'ada')
  const bob = await seat(w, 'bob')

  const taker = await claim(w, ada.token, { sent: 1, received: ada.arrived })

  t.match(taker.reply, { resumed: true })
  t.match(await ada.closed, { code: 4103 })
  t.match(await taker.ask('event.emit', emit(1).data), { data: { delivered: 1 } })
  await bob.settled()
  t.notOk(types(bob.seen).includes('room.member_away'), 'nobody was away')
  t.match(w.stats(), { connections: 2, sessions: 2 })
})

t.test('what still arrives on the old connection is neither counted nor handled', async (t) => {
  const w = await world(t)
  const bob = await seat(w, 'bob')
  const ada = await seat(w, 'ada')
  const taker = await w.raw()
  const data = { token: ada.token, attempt: 1, sent: 1, received: ada.arrived, forgotten: 0 }

  taker.send({ type: 'session.resume', id: 'claim', data })
  ada.send(emit(1))
  taker.send(emit(2))
  await ada.closed
  await taker.settled()
  await bob.settled()
  taker.send({ type: 'session.ack', data: { sent: 2, received: data.received + 1 } })
  await taker.settled()

  t.strictSame(numbers(bob), [2])
  t.notOk(types(taker.seen).includes('session.reset'), 'the counts agree')
})

both('a claim that is not the first message of its connection is too late', {}, async (t, w) => {
  const ada = await seat(w, 'ada')
  await drop(w, ada)
  const late = await w.raw()
  await late.ask('session.hello', {})

  const data = { token: ada.token, attempt: 1, sent: 1, received: ada.arrived, forgotten: 0 }
  const answer = await late.ask('session.resume', data)

  t.match(answer, { type: 'error', data: { code: 'RESUME_TOO_LATE' } })
  t.match((await claim(w, ada.token, data)).reply, { resumed: true }, 'in time it works')
})

both('a web client whose claim is never answered tries again', {}, async (t, w) => {
  const hole: Tap = {}
  const ada = await w.connect({ WebSocket: tapped(w.Socket, hole) })
  await ada.rooms.joinOrCreate('open')
  let claims = 0
  hole.onSend = ({ type }) => lose(type === 'session.resume' && ++claims === 1)

  ada.cut()
  await until(() => claims === 1, 'a claim')
  w.clock.advance(10_000)
  await until(() => ada.state === 'open', 'ada back')

  t.equal(claims, 2)
  t.match(await ada.events.emit('plaza.number', [1], { to: 'all' }), { delivered: 1 })
})

/* Claims that come late. */

/** A connection that is open before ada says more over her own. */
async function late(w: TestWorld) {
  const ada = await seat(w, 'ada')
  await drop(w, ada)
  w.clock.advance(1)
  const [first, second] = [await w.raw(), await w.raw()]
  w.clock.advance(1)
  const data = { token: ada.token, sent: 1, received: ada.arrived, forgotten: 0 }
  await first.ask('session.resume', { ...data, attempt: 1 })
  return { first, second, data: { ...data, attempt: 2 } }
}

both(
  'a claim that does not know what was sent since is late, on its socket only',
  {},
  async (t, w) => {
    const { first, second, data } = await late(w)
    await first.ask('event.emit', emit(1).data, { to: 'all' })

    const answer = await second.ask('session.resume', data)

    t.match(answer, { type: 'error', data: { code: 'STALE_ATTEMPT', cause: { attempt: 1 } } })
    t.match(await first.ask('event.emit', emit(2).data, { to: 'all' }), { data: { delivered: 1 } })
    t.notOk(types(first.seen).includes('session.reset'))
  },
)

both('a claim that does not know what was received since is late', {}, async (t, w) => {
  const { first, second, data } = await late(w)
  const { received } = data
  await first.ask('event.emit', emit(1).data, { to: 'all' })
  first.send({ type: 'session.ack', data: { sent: 2, received: received + 2 } })
  await first.settled()

  const answer = await second.ask('session.resume', { ...data, sent: 2 })

  t.match(answer, { type: 'error', data: { code: 'STALE_ATTEMPT' } })
})

both('a claim that does not know that the counts began anew is late', {}, async (t, w) => {
  const { first, second, data } = await late(w)
  first.send({ type: 'session.desync', data: { sent: 1, received: 0 } })
  const { id } = await first.next('session.reset')
  first.send({ type: 'session.reset', re: id, data: {} })
  await first.ask('event.emit', emit(1).data, { to: 'all' })

  const answer = await second.ask('session.resume', data)

  t.match(answer, { type: 'error', data: { code: 'STALE_ATTEMPT' } })
})

both(
  'whoever forgot its counts is reset when it claims over a new connection',
  {},
  async (t, w) => {
    const { first, second, data } = await late(w)
    await first.ask('event.emit', emit(1).data, { to: 'all' })
    await second.ask('session.resume', data)
    w.clock.advance(1)

    const again = await claim(w, data.token, { ...data, attempt: 3 })

    t.match(again.reply, { resumed: false, kept: true, reason: 'DESYNC' })
  },
)

/* Other tables. */

both('a client of other tables is warned, works, and cannot resume', {}, async (t, w) => {
  const raw = await w.raw()
  const hello = await raw.ask('session.hello', { fingerprint: 'another' })
  const joined = await raw.ask('room.join_or_create', { kind: 'open' })

  raw.drop()
  await until(() => w.stats().connections === 0, 'no connection')

  t.match(hello.data, { resume: false, warning: /other protocol tables/ })
  t.match(joined.data, { you: 1 })
  t.match(w.stats(), { sessions: 0, away: 0 })
})

both('a claim by a client of other tables is not resumed', {}, async (t, w) => {
  const ada = await seat(w, 'ada')
  await drop(w, ada)

  const raw = await claim(w, ada.token, { sent: 1, received: ada.arrived, fingerprint: 'another' })

  t.match(raw.reply, { resumed: false, kept: false, reason: 'FINGERPRINT' })
  t.equal(raw.reply.session, raw.welcome.session)
  t.match(await raw.ask('room.join_or_create', { kind: 'open' }), { data: { you: 2 } })
})

both('a web client of other tables says so and begins anew after a drop', {}, async (t, w) => {
  const disguise = (message: Any) => {
    if (message.data.fingerprint) message.data.fingerprint = 'another'
    return message
  }
  const Socket = tapped(w.Socket, { onSend: disguise, onReceive: disguise })
  const ada = await w.connect({ WebSocket: Socket })
  const warning = heard(ada, 'warning')
  await ada.rooms.joinOrCreate('open')
  t.match(await warning, [/other protocol tables/])
  const lost = heard(ada, 'lost')

  ada.cut()

  t.strictSame(await lost, ['FINGERPRINT'])
  t.ok(await ada.rooms.joinOrCreate('open'))
})

/* How a connection ends. */

const ENDS: readonly [what: string, end: (raw: RawClient) => void, code: number][] = [
  ['a goodbye', (raw) => raw.close(1000), 1000],
  ['text that is not UTF-8', (raw) => wsOf(raw).send(Buffer.from([0xff]), { binary: false }), 1007],
  ['a frame larger than the socket takes', (raw) => raw.send('x'.repeat(70_000)), 1009],
]

/** The class of package ws says more than the standard one. */
const wsOf = ({ socket }: RawClient) =>
  socket as unknown as { send(data: Buffer, options: { binary: boolean }): void }

for (const [what, end, code] of ENDS)
  t.test(`${what} (${code}) ends the session`, async (t) => {
    const w = await world(t, { over: 'socket' })
    const bob = await seat(w, 'bob')
    const ada = await seat(w, 'ada')

    end(ada)

    t.match(await ada.closed, { code })
    await bob.next('room.member_left')
    t.match(w.stats(), { sessions: 1, away: 0 })
    t.match((await claim(w, ada.token)).reply, { kept: false, reason: 'UNKNOWN' })
  })

t.test('a broken WebSocket frame (1002) ends the session', async (t) => {
  const w = await world(t, { over: 'socket' })
  const bob = await seat(w, 'bob')
  const socket = connectSocket(Number(new URL(w.url).port), '127.0.0.1')
  const head = `GET / HTTP/1.1\r\nHost: ${new URL(w.url).host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`
  socket.write(head)
  const join = JSON.stringify({ type: 'room.join_or_create', data: { kind: 'open' } })
  socket.write(
    Buffer.concat([Buffer.from([0x81, 0x80 | join.length, 0, 0, 0, 0]), Buffer.from(join)]),
  )
  await bob.next('room.member_joined')

  socket.write(Buffer.from([0x81, 0x02, 0x7b, 0x7d]))

  await bob.next('room.member_left')
  t.match(w.stats(), { sessions: 1, away: 0 })
  socket.destroy()
  await once(socket, 'close')
})

for (const code of [1001, 1006] as const)
  both(
    `${code === 1001 ? 'going away' : 'a lost connection'} (${code}) leaves the session away`,
    {},
    async (t, w) => {
      const bob = await seat(w, 'bob')
      const ada = await seat(w, 'ada')

      if (code === 1001) ada.close(code)
      else ada.drop()

      await bob.next('room.member_away')
      t.match(w.stats(), { sessions: 2, away: 1 })
      t.match((await claim(w, ada.token, { sent: 1, received: ada.arrived })).reply, {
        resumed: true,
      })
    },
  )
