import t from 'tap'
import { LIMITS, RATES } from '../protocol/limits.ts'
import { DEFAULT_ASK_MS } from '../protocol/queries.ts'
import type { RawClient, Seen } from './support/client.ts'
import { until } from './support/promise.ts'
import { kindOf, type Stage, stage } from './support/stage.ts'

const kinds = [kindOf('duel', { succession: 'none' })]
const EIGHT = { name: 'game.eight', data: null }

/** Two in one room: who asks, and who is asked. */
async function pair({ raw }: Pick<Stage, 'raw'>) {
  const [ada, bob] = [await raw(), await raw()]
  const { room } = (await ada.ask('room.create', { kind: 'duel' })).data
  await bob.ask('room.join', { code: room.code })
  const toBob = { to: `session:${bob.welcome.session}` }
  return { ada, bob, toBob, code: room.code as string }
}

const answer = (client: RawClient, { type, id }: Seen, value: unknown) =>
  client.send({ type, re: id, data: { value } })
const fail = (client: RawClient, { type, id }: Seen, code: string, message: string) =>
  client.send({ type: 'error', re: id, data: { code, status: 500, message, request: type } })

t.test(
  'a question goes to its one target, with the asker stamped and the time it has',
  async (t) => {
    const { ada, bob, toBob, code } = await pair(stage(t, { kinds }))

    const asked = ada.ask('query', { ...EIGHT, timeout: 2_000 }, { ...toBob, from: { member: 2 } })
    const question = await bob.next('query')
    answer(bob, question, 8)

    t.match(question, {
      room: code,
      from: { member: 1, role: 'host' },
      data: { name: 'game.eight', data: null, timeout: 2_000 },
    })
    t.strictSame((await asked).data, { value: 8 })
  },
)

t.test('every way a question can fail has its code', async (t) => {
  const scene = stage(t, { kinds, limits: { asks: 2 } })
  const { ada, bob, toBob } = await pair(scene)
  const ask = (envelope: object, data: object = EIGHT) => ada.ask('query', data, envelope)
  const codes: Record<string, Seen> = {}

  codes.nobody = await ask({ to: 'player:nobody' })
  codes.none = await ask({})
  codes.many = await ask({ to: ['self', 'host'] })
  codes.all = await ask({ to: 'all' })
  codes.group = await ask({ to: 'group:red' })
  codes.strange = await ask({ to: 'everybody' })
  codes.unprefixed = await ask(toBob, { name: 'eight', data: null })
  const failing = ask(toBob)
  fail(bob, await bob.next('query'), 'REMOTE_ERROR', 'boom')
  codes.failed = await failing
  const missing = ask(toBob)
  fail(bob, await bob.next('query'), 'UNREGISTERED_HANDLER', 'nothing is called game.eight')
  codes.missing = await missing
  const forged = ask(toBob)
  fail(bob, await bob.next('query'), 'PERMISSION_DENIED', 'the server says no')
  codes.forged = await forged
  const waiting = [ask(toBob), ask(toBob)]
  codes.busy = await ask(toBob)
  await ada.ask('room.assign', { number: 1, role: 'player' })
  codes.hostless = await ask({ to: 'host' })
  bob.close()
  codes.left = await (waiting[0] as Promise<Seen>)
  await waiting[1]

  const found = Object.entries(codes).map(([name, { data }]) => [name, data.code])
  t.strictSame(Object.fromEntries(found), {
    nobody: 'INVALID_TARGET',
    none: 'INVALID_TARGET',
    many: 'INVALID_TARGET',
    all: 'INVALID_TARGET',
    group: 'INVALID_TARGET',
    strange: 'INVALID_TARGET',
    unprefixed: 'INVALID_MESSAGE_DATA',
    failed: 'REMOTE_ERROR',
    missing: 'UNREGISTERED_HANDLER',
    forged: 'REMOTE_ERROR',
    busy: 'TARGET_BUSY',
    hostless: 'NO_HOST',
    left: 'TARGET_LEFT',
  })
  t.match(codes.failed?.data, { message: 'boom', cause: { member: 2, player: null } })
})

t.test('asks: as many questions may wait for one session as the limit says', async (t) => {
  const { ada, bob, toBob } = await pair(
    stage(t, { kinds, rates: false, limits: { requests: 100, asks_each: LIMITS.asks.value } }),
  )

  const waiting = Array.from({ length: LIMITS.asks.value }, () => ada.ask('query', EIGHT, toBob))
  const busy = await ada.ask('query', EIGHT, toBob)
  answer(bob, await bob.next('query'), 1)
  await Promise.race(waiting)
  const more = ada.ask('query', EIGHT, toBob)
  for (let count = 0; count < LIMITS.asks.value; count++) answer(bob, await bob.next('query'), 1)

  t.match(busy.data, { code: 'TARGET_BUSY' })
  t.strictSame((await more).data, { value: 1 })
  await Promise.all(waiting)
})

const FOR_EVER = 4_294_967_295

t.test('who waits for ever waits as long as both are here', async (t) => {
  const limits = { ask_ms: 40_000, heartbeat_ms: 6_000_000, seated_heartbeat_ms: 6_000_000 }
  const silent = {
    problemOf: () => undefined,
    problemOfValue: () => undefined,
    run: () => new Promise(() => {}),
  }
  const duel = kindOf('duel', { open: () => ({ handlerOf: () => silent }) })
  const { clock, ...scene } = stage(t, { kinds: [duel], limits })
  const { ada, bob, toBob } = await pair(scene)
  const endless = { ...EIGHT, timeout: FOR_EVER }
  const settled: Seen[] = []
  const asked = ada.ask('query', endless, toBob)
  const call = { name: 'duel.wait', args: [], timeout: FOR_EVER }
  for (const one of [asked, ada.ask('query', endless, toBob)]) void one.then((a) => settled.push(a))
  const atServer = ada.ask('function.call', call, { to: 'server' })
  void atServer.then((answer) => settled.push(answer))
  const [first] = [await bob.next('query'), await bob.next('query')]

  clock.advance(4_000_000)
  await ada.settled()
  t.strictSame(settled, [])
  answer(bob, first, 8)
  t.strictSame((await asked).data, { value: 8 })
  bob.close()
  await until(() => settled.length === 2, 'Bob known to be gone')
  await ada.ask('room.leave')
  await atServer

  t.equal(first.data.timeout, FOR_EVER)
  t.strictSame(
    settled.slice(1).map(({ data }) => data.code),
    ['TARGET_LEFT', 'NOT_IN_ROOM'],
  )
})

t.test('what is asked of an away host for ever waits until there is one', async (t) => {
  const limits = { ask_ms: 3_000 }
  const { clock, ...scene } = stage(t, { kinds: [kindOf('duel', { host_ms: 20_000 })], limits })
  const { ada, bob } = await pair(scene)
  ada.drop()
  await bob.next('room.member_away')

  const asked = bob.ask('query', { ...EIGHT, timeout: FOR_EVER }, { to: 'host' })
  clock.advance(10_000)
  await bob.settled()
  clock.advance(10_001)
  answer(bob, await bob.next('query'), 8)

  t.strictSame((await asked).data, { value: 8 })
})

t.test('ask_ms: nobody waits longer than the limit, or than they said', async (t) => {
  const { clock, ...scene } = stage(t, { kinds, limits: { ask_ms: 40_000, heartbeat_ms: 600_000 } })
  const { ada, bob, toBob } = await pair(scene)
  const ended: string[] = []
  const ask = async (name: string, more: object) => {
    const { data } = await ada.ask('query', { ...EIGHT, ...more }, toBob)
    ended.push(`${name} ${data.code}`)
  }

  const asked = [
    ask('short', { timeout: 200 }),
    ask('unsaid', {}),
    ask('long', { timeout: 4_000_000_000 }),
  ]
  for (let count = 0; count < 3; count++) await bob.next('query')
  for (const [ms, until] of [
    [199, 0],
    [1, 1],
    [DEFAULT_ASK_MS - 201, 1],
    [1, 2],
    [9_999, 2],
    [1, 3],
  ] as const) {
    clock.advance(ms)
    await ada.settled()
    t.equal(ended.length, until, `${ended} after ${ms} ms more`)
  }
  await Promise.all(asked)

  t.strictSame(ended, ['short TIMEOUT', 'unsaid TIMEOUT', 'long TIMEOUT'])
})

t.test('an answer of somebody who was not asked is not delivered, and refused', async (t) => {
  const { raw, ...scene } = stage(t, { kinds })
  const { ada, bob, toBob, code } = await pair({ raw, ...scene })
  const cleo = await raw()
  await cleo.ask('room.join', { code })

  const asked = ada.ask('query', EIGHT, toBob)
  const question = await bob.next('query')
  answer(cleo, question, 'forged')
  const refused = await cleo.next('error')
  answer(bob, question, 8)

  t.match(refused, { data: { code: 'UNKNOWN_REQUEST', status: 404, request: 'query' } })
  t.strictSame((await asked).data, { value: 8 })
})

t.test('an answer that comes late or twice is told so, and harms nobody', async (t) => {
  const { clock, ...scene } = stage(t, { kinds })
  const { ada, bob, toBob } = await pair(scene)

  const asked = ada.ask('query', { ...EIGHT, timeout: 100 }, toBob)
  const question = await bob.next('query')
  clock.advance(100)
  t.match((await asked).data, { code: 'TIMEOUT', cause: { member: 2 } })
  answer(bob, question, 8)
  const late = await bob.next('error')
  answer(bob, question, 9)
  const twice = await bob.next('error')

  for (const { data } of [late, twice]) t.match(data, { code: 'UNKNOWN_REQUEST' })
  await ada.settled()
  t.equal(ada.seen.filter(({ type }) => type === 'query').length, 0)
})

t.test('answers nobody asked for are limited like any request', async (t) => {
  const { bob } = await pair(stage(t, { kinds }))

  for (let count = 0; count < RATES.query.burst + 1; count++)
    bob.send({ type: 'query', re: `s${count}`, data: { value: count } })
  await bob.settled()

  const codes = bob.seen.filter(({ type }) => type === 'error').map(({ data }) => data.code)
  t.equal(codes.filter((code) => code === 'UNKNOWN_REQUEST').length, RATES.query.burst)
  t.equal(codes.at(-1), 'RATE_LIMITED')
})

t.test('an answer of the wrong shape or type fails at both ends', async (t) => {
  const { ada, bob, toBob } = await pair(stage(t, { kinds }))
  const wrongs: ((question: Seen) => object)[] = [
    ({ type, id }) => ({ type, re: id, data: { val: 8 } }),
    ({ id }) => ({ type: 'function.call', re: id, data: { value: 8 } }),
    ({ id }) => ({ type: 'error', re: id, data: { code: 7 } }),
    ({ id }) => ({ type: 'nonsense', re: id }),
  ]

  for (const wrong of wrongs) {
    const asked = ada.ask('query', EIGHT, toBob)
    bob.send(wrong(await bob.next('query')))
    t.match((await asked).data, { code: 'REMOTE_ERROR', message: /no answer/ })
    t.match((await bob.next('error')).data.code, /^INVALID_MESSAGE/)
  }
})

t.test('a question that does not fit its target is TOO_LARGE, and never sent', async (t) => {
  const { ada, bob, toBob } = await pair(stage(t, { kinds }))
  await bob.ask('session.hello', { receive_bytes: 1_024 })

  const answered = await ada.ask('query', { name: 'game.eight', data: 'x'.repeat(1_000) }, toBob)
  await bob.settled()

  t.match(answered.data, { code: 'TOO_LARGE', cause: { member: 2 } })
  t.notOk(bob.seen.some(({ type }) => type === 'query' || type === 'error'))
})

t.test('an answer that does not fit its asker is TOO_LARGE there', async (t) => {
  const { ada, bob, toBob } = await pair(stage(t, { kinds }))
  await ada.ask('session.hello', { receive_bytes: 1_024 })

  const asked = ada.ask('query', EIGHT, toBob)
  answer(bob, await bob.next('query'), 'x'.repeat(2_000))

  t.match((await asked).data, { code: 'TOO_LARGE', request: 'query' })
})

t.test('built-in questions have a shape, and so have their answers', async (t) => {
  const { ada, bob, toBob } = await pair(stage(t, { kinds }))
  const dialog = (data: unknown) => ada.ask('query', { name: 'dialog', data }, toBob)

  const refused = [
    await dialog(null),
    await dialog({ text: '' }),
    await dialog({ text: 'a', b: 1 }),
  ]
  const asked = dialog({ text: 'Trade?', choices: ['Yes', 'No'] })
  answer(bob, await bob.next('query'), 8)
  const wrong = await asked
  const again = dialog({ text: 'Trade?' })
  answer(bob, await bob.next('query'), null)

  for (const { data } of refused)
    t.match(data, { code: 'INVALID_MESSAGE_DATA', message: /^query.data/ })
  t.match(wrong.data, { code: 'REMOTE_ERROR', message: /dialog answer: expected/ })
  t.strictSame((await again).data, { value: null })
})

t.test(
  'of a player’s sessions the one active last is asked, and one that is there first',
  async (t) => {
    const own = kinds.map((kind) => ({ ...kind, seats: 'session' as const }))
    const { raw, ...scene } = stage(t, { kinds: own })
    const { ada, bob, code } = await pair({ raw, ...scene })
    const { player, guest_key } = (await bob.ask('player.identify', {})).data
    const phone = await raw()
    await phone.ask('player.identify', { guest_key })
    await phone.ask('room.join', { code })
    const to = { to: `player:${player.id}` }
    const ask = async (whom: RawClient) => {
      const asked = ada.ask('query', EIGHT, to)
      answer(whom, await whom.next('query'), 8)
      return (await asked).data
    }

    const byPhone = await ask(phone)
    await bob.ask('event.emit', { name: 'duel.shout', args: [] })
    const byBob = await ask(bob)
    bob.drop()
    await ada.next('room.member_away')
    const byThere = await ask(phone)
    const events = await ada.ask('event.emit', { name: 'duel.shout', args: [] }, to)

    t.strictSame([byPhone, byBob, byThere], [{ value: 8 }, { value: 8 }, { value: 8 }])
    t.equal(events.data.delivered, 2, 'an event reaches every session of the player')
  },
)

t.test('who is asked leaves the room: told at once, and only for that room', async (t) => {
  const { ada, bob, toBob, code } = await pair(stage(t, { kinds: [...kinds, kindOf('inn')] }))
  const inn = (await ada.ask('room.create', { kind: 'inn' })).data.room.code
  await bob.ask('room.join', { code: inn })

  const here = ada.ask('query', EIGHT, { ...toBob, room: code })
  const there = ada.ask('query', EIGHT, { ...toBob, room: inn })
  await bob.next('query')
  const second = await bob.next('query')
  await bob.ask('room.leave', {}, { room: code })
  const left = await here
  answer(bob, second, 8)

  t.match(left.data, { code: 'TARGET_LEFT', cause: { member: 2 } })
  t.strictSame((await there).data, { value: 8 })
})

t.test('an asker who is gone leaves no question behind', async (t) => {
  const { ada, bob, toBob, code } = await pair(stage(t, { kinds, limits: { asks: 1 } }))
  void ada.ask('query', EIGHT, toBob).catch(() => {})
  const question = await bob.next('query')

  ada.close()
  await bob.next('room.member_left')
  answer(bob, question, 8)

  t.match((await bob.next('error')).data, { code: 'UNKNOWN_REQUEST' })
  t.ok(code)
})

t.test('a target whose counts begin anew may or may not have heard: OUTCOME_UNKNOWN', async (t) => {
  const { ada, bob, toBob } = await pair(stage(t, { kinds }))

  const asked = ada.ask('query', EIGHT, toBob)
  await bob.next('query')
  bob.send({ type: 'session.desync', data: { sent: 0, received: 0 } })

  t.match((await asked).data, { code: 'OUTCOME_UNKNOWN', cause: { member: 2 } })
})
