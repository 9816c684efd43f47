import t from 'tap'
import { openRaw } from './support/client.ts'
import type { MemorySocket } from './support/memory.ts'
import { claim, drop, emit, numbers, reload, seat, types } from './support/player.ts'
import { both, until } from './support/promise.ts'
import { type TestWorld, world } from './support/world.ts'

/* Who has nothing left of a session but its token. */

both('who kept only the token sits where it sat, both counts at 0', {}, async (t, w) => {
  const bob = await seat(w, 'bob')
  const ada = await seat(w, 'ada')
  await drop(w, ada)

  const back = await reload(w, ada.token)
  const { data } = await back.answered
  const snapshot = await back.next('session.snapshot')

  t.match(data, { resumed: false, kept: true, reason: 'RELOADED', sent: 0, received: 0 })
  t.equal(data.session, ada.welcome.session)
  t.match(data.token, /^.{32}$/)
  t.equal(snapshot.data.rooms[0].you, ada.number)
  t.match(await back.ask('event.emit', emit(1).data, { to: 'all' }), { data: { delivered: 2 } })
  await bob.settled()
  t.strictSame(
    types(bob.seen).filter((type) => String(type).startsWith('room.member_')),
    ['joined', 'away', 'back'].map((what) => `room.member_${what}`),
  )
})

both('a token once replaced does not work, the next one does', {}, async (t, w) => {
  const ada = await seat(w, 'ada')
  await drop(w, ada)
  const back = await reload(w, ada.token)
  const { token } = (await back.answered).data
  await back.settled()
  await drop(w, back)

  const old = await reload(w, ada.token)
  const counted = await claim(w, ada.token)
  const next = await claim(w, token)

  t.match((await old.answered).data, {
    kept: false,
    reason: 'UNKNOWN',
    session: old.welcome.session,
  })
  t.match(counted.reply, { kept: false, reason: 'UNKNOWN' })
  t.match(next.reply, { resumed: true, session: ada.welcome.session })
})

both('who never heard the next token claims afresh by the one before', {}, async (t, w) => {
  const ada = await seat(w, 'ada')
  await drop(w, ada)
  const first = await reload(w, ada.token)
  await first.answered
  await drop(w, first)

  const counted = await claim(w, ada.token)
  const second = await reload(w, ada.token)

  t.match(counted.reply, { kept: false, reason: 'UNKNOWN' }, 'its counts mean nothing')
  t.match((await second.answered).data, { kept: true, reason: 'RELOADED' })
})

both('of a session whose time is over a fresh claim is told EXPIRED', {}, async (t, w) => {
  const ada = await seat(w, 'ada')
  await drop(w, ada)
  const unheard = await reload(w, ada.token)
  const { token } = (await unheard.answered).data
  await drop(w, unheard)
  w.clock.advance(30_000)

  for (const one of [ada.token, token])
    t.match((await (await reload(w, one)).answered).data, { kept: false, reason: 'EXPIRED' })
})

/* Somebody who is there. */

both('in_use_ms: a session whose client answers a ping is in use', {}, async (t, w) => {
  const ada = await seat(w, 'ada')

  const twin = await reload(w, ada.token)
  const { data } = await twin.answered

  t.match(data, { resumed: false, kept: false, reason: 'SESSION_IN_USE', sent: 0, received: 0 })
  t.equal(data.session, twin.welcome.session, 'it goes on with its own')
  t.match(await twin.ask('room.join_or_create', { kind: 'open' }), { data: { you: 2 } })
  t.match(await ada.ask('event.emit', emit(1).data, { to: 'all' }), { data: { delivered: 2 } })
})

t.test('in_use_ms: whose connection is dead has it for two seconds, and no longer', async (t) => {
  const w = await world(t)
  const bob = await seat(w, 'bob')
  const ada = await seat(w, 'ada')
  stall(ada)

  const back = await reload(w, ada.token)
  back.send(emit(7))
  await bob.settled()
  w.clock.advance(1_999)
  await bob.settled()
  t.notOk(types(back.seen).includes('session.resume reply'), 'not yet')
  w.clock.advance(1)

  t.match((await back.answered).data, { kept: true, reason: 'RELOADED' })
  t.match(await ada.closed, { code: 4103 })
  await until(() => numbers(bob).length === 1, 'what was said meanwhile')
  t.strictSame(numbers(bob), [7], 'is said by whom it turned out to be')
  t.notOk(types(bob.seen).includes('room.member_away'), 'nobody was away')
})

t.test('a connection that goes while it is asked leaves its session at once', async (t) => {
  const w = await world(t)
  const ada = await seat(w, 'ada')
  stall(ada)

  const back = await reload(w, ada.token)
  await until(() => w.sockets.length === 2, 'asked')
  ada.drop()

  t.match((await back.answered).data, { kept: true, reason: 'RELOADED' })
})

t.test('a client that leaves while it is asked leaves nothing to claim', async (t) => {
  const w = await world(t)
  const ada = await seat(w, 'ada')
  stall(ada)

  const back = await reload(w, ada.token)
  ada.close(1000)

  t.match((await back.answered).data, { kept: false, reason: 'UNKNOWN' })
  t.match(await back.ask('room.join_or_create', { kind: 'open' }), { data: { you: 2 } })
})

t.test('of two fresh claims at once one gets the session, and the other its own', async (t) => {
  const w = await world(t)
  const ada = await seat(w, 'ada')
  stall(ada)

  const [one, other] = [await reload(w, ada.token), await reload(w, ada.token)]
  await turns(w)
  w.clock.advance(2_000)
  const answers = [(await one.answered).data, (await other.answered).data]

  t.match(answers, [{ reason: 'RELOADED' }, { reason: 'SESSION_IN_USE' }])
  t.equal(answers[0].session, ada.welcome.session)
  t.equal(answers[1].session, other.welcome.session)
})

both('of two fresh claims of who is away, the second finds it in use', {}, async (t, w) => {
  const ada = await seat(w, 'ada')
  await drop(w, ada)

  const one = await reload(w, ada.token)
  const other = await reload(w, ada.token)

  t.match((await one.answered).data, { kept: true, reason: 'RELOADED' })
  t.match((await other.answered).data, { kept: false, reason: 'SESSION_IN_USE' })
})

t.test('who comes back with its counts while a twin asks for its session keeps it', async (t) => {
  const w = await world(t)
  const ada = await seat(w, 'ada')
  stall(ada)
  const twin = await reload(w, ada.token)
  await turns(w)

  const back = await claim(w, ada.token, { sent: 1, received: ada.arrived })

  t.match(back.reply, { resumed: true })
  t.match((await twin.answered).data, { kept: false, reason: 'SESSION_IN_USE' })
  t.match(await back.ask('event.emit', emit(1).data, { to: 'all' }), { data: { delivered: 1 } })
})

t.test('a claimant that goes before it is judged leaves nothing behind', async (t) => {
  const w = await world(t)
  const ada = await seat(w, 'ada')
  stall(ada)
  const gone = await reload(w, ada.token)
  const nobody = t.rejects(gone.answered)

  gone.drop()
  await nobody
  w.clock.advance(2_000)
  await turns(w)

  await until(() => w.stats().connections === 1, 'one connection')
  t.match(w.stats(), { sessions: 1, away: 0 })
})

t.test('a flood while a claim is judged is closed', async (t) => {
  const w = await world(t)
  const ada = await seat(w, 'ada')
  stall(ada)
  const flooding = await reload(w, ada.token)
  void flooding.answered.catch(() => {})

  for (let n = 0; n <= 64; n++) flooding.send(emit(n))

  t.match(await flooding.closed, { code: 4101 })
})

both('what a fresh claim may leave out, another needs', {}, async (t, w) => {
  const raw = await w.raw()
  const answer = await raw.ask('session.resume', { token: 'x', attempt: 1, sent: 0, received: 0 })

  t.match(answer, {
    type: 'error',
    data: {
      code: 'INVALID_MESSAGE_DATA',
      message: 'session.resume.forgotten: expected a whole number, or "fresh": true',
    },
  })
})

/* What was going on. */

t.test(
  'what its client was asked is OUTCOME_UNKNOWN, what it asked is answered no more',
  async (t) => {
    const w = await world(t)
    const bob = await seat(w, 'bob')
    const ada = await seat(w, 'ada')
    const asked = bob.ask(
      'query',
      { name: 'dialog', data: { text: 'Well?' } },
      { to: `session:${ada.welcome.session}` },
    )
    ada.send({
      type: 'query',
      id: 'q',
      to: `session:${bob.welcome.session}`,
      data: { name: 'dialog', data: { text: 'Well?' } },
    })
    const question = await bob.next('query')
    await drop(w, ada)

    const back = await reload(w, ada.token)
    await back.answered
    bob.send({ type: 'query', re: question.id, data: { value: 1 } })
    await bob.settled()
    await back.settled()

    t.match(await asked, { type: 'error', data: { code: 'OUTCOME_UNKNOWN' } })
    t.notOk(back.seen.some(({ re }) => re === 'q'))
  },
)

/* An address that is full. */

for (const isThere of [false, true])
  t.test(
    `where its address is full, a fresh claim of who is ${isThere ? '' : 'not '}there is judged alike`,
    async (t) => {
      const w = await world(t, { limits: { connections: 1 } })
      const ada = await seat(w, 'ada')
      if (!isThere) stall(ada)

      const data = { token: ada.token, fresh: true }
      const back = await openRaw(w.Socket, w.url, { type: 'session.resume', id: 'c', data })
      await until(() => w.sockets.length === 2, 'asked')
      w.clock.advance(2_000)
      await until(() => back.seen.length > 1, 'an answer')

      const reason = isThere ? 'SESSION_IN_USE' : 'RELOADED'
      t.match(back.seen[1], { re: 'c', data: { kept: !isThere, reason } })
      t.match(await (isThere ? back : ada).closed, { code: isThere ? 4105 : 4103 })
      await until(() => w.stats().connections === 1, 'one connection')
      t.match(w.stats(), { sessions: 1, away: 0 })
    },
  )

/** Its client reads nothing any more, and answers no ping. */
function stall({ socket }: { readonly socket: object }): void {
  ;(socket as MemorySocket).stalled = true
}

/** What was said so far has come in. */
async function turns(w: TestWorld): Promise<void> {
  const raw = await w.raw()
  await raw.settled()
  const { connections } = w.stats()
  raw.close()
  await until(() => w.stats().connections === connections - 1, 'it gone')
}
