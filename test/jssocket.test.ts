import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { hash } from '@node-rs/bcrypt'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import type { Store } from '../server/core/store/store.ts'
import { createDirectStore } from '../server/store/direct.ts'
import type { Any } from './support/client.ts'
import { createClock, createTestWorld } from './support/clock.ts'
import {
  backend,
  clientConnect,
  connected,
  type Jssocket,
  openJssocket,
  settled,
} from './support/jssocket.ts'
import { until } from './support/promise.ts'
import { type Service, service } from './support/service.ts'

/* jssocket's contract at /ws, byte for byte; A, B, C are clients and J is a backend. */

const SECRET = 'open sesame'

t.test('a hex-encoded bcrypt hash is accepted, and a plain one', async (t) => {
  const plain = await hash(SECRET, 4)
  for (const backendSecret of [plain, Buffer.from(plain).toString('hex')]) {
    const { port } = await service(t, { backendSecret, dev: false })
    const J = await openJssocket(t, port)

    t.strictSame(await J.ask(serverConnect(SECRET)), { type: 'server_connect', data: true })
    const other = await openJssocket(t, port)
    t.strictSame(await other.ask(serverConnect('12345678')), {
      type: 'server_connect',
      data: false,
    })
  }
})

t.test('with no hash, backends are refused unless in development', async (t) => {
  const production = await service(t, { dev: false })
  const development = await service(t, { dev: true })

  const refused = await openJssocket(t, production.port)
  const admitted = await openJssocket(t, development.port)

  t.strictSame(await refused.ask(serverConnect('12345678')), {
    type: 'server_connect',
    data: false,
  })
  t.equal(await refused.closed, 1000)
  t.strictSame(await admitted.ask(serverConnect('12345678')), {
    type: 'server_connect',
    data: true,
  })
})

t.test('the right secret is answered with true, a wrong one with false and closed', async (t) => {
  const { port } = await service(t)
  const [right, wrong] = [await openJssocket(t, port), await openJssocket(t, port)]

  right.send(serverConnect('12345678'))
  wrong.send(serverConnect('87654321'))

  t.equal(JSON.stringify(await right.next()), '{"type":"server_connect","data":true}')
  t.equal(JSON.stringify(await wrong.next()), '{"type":"server_connect","data":false}')
  t.equal(await wrong.closed, 1000)
})

for (const [what, data] of [
  ['nothing', {}],
  ['null', null],
  ['a number', { auth: 12345678 }],
  ['text in place of data', '12345678'],
] as const)
  t.test(`${what} for a secret is a wrong one`, async (t) => {
    const { port } = await service(t)
    const J = await openJssocket(t, port)

    t.strictSame(await J.ask({ type: 'server_connect', data }), {
      type: 'server_connect',
      data: false,
    })
    t.equal(await J.closed, 1000)
  })

t.test('the secret may come in the header auth, and counts from the first frame', async (t) => {
  const backendSecret = await hash(SECRET, 4)
  const { port } = await service(t, { backendSecret })
  const A = await connected(t, port)
  const J = await openJssocket(t, port, { auth: SECRET })
  const wrong = await openJssocket(t, port, { auth: 'wrong' })

  J.send({ type: 'server_connect', data: {} })
  J.send({ type: 'notify_all', data: { n: 1 } })
  wrong.send({ type: 'notify_all', data: { n: 2 } })

  t.strictSame(await J.next(), { type: 'server_connect', data: true })
  t.strictSame(await A.next(), { n: 1 })
  t.strictSame(await wrong.ask({ type: 'server_connect', data: {} }), {
    type: 'server_connect',
    data: false,
  })
  t.equal(await wrong.closed, 1000)
  await settled(A)
})

t.test('without a token, client_connected tells its own id and that nobody knows it', async (t) => {
  const { port } = await service(t)
  const A = await openJssocket(t, port)

  const answer = await A.ask({ type: 'client_connect', data: {} })
  const again = await A.ask({ type: 'client_connect' })

  t.match(
    A.texts[0],
    /^\{"type":"client_connected","data":\{"target":"[\w-]+","authenticated":false\}\}$/,
  )
  t.strictSame(again, answer)
})

t.test(
  'a valid token is authenticated and in its own group, an invalid one is public',
  async (t) => {
    const s = await service(t)
    const { player, token } = await playerToken(s, 'ada')
    const J = await backend(t, s.port)
    J.drop()
    await until(() => s.lines.some(({ msg }) => msg === 'backend gone'), 'the backend gone')

    const A = await connected(t, s.port, token)
    const B = await connected(t, s.port, 'no such token')
    const C = await connected(t, s.port, `${token}x`)

    t.equal(A.authenticated, true)
    t.equal(B.authenticated, false)
    t.equal(C.authenticated, false)
    const again = await backend(t, s.port)
    notifyGroup(again, 'public', { to: 'public' })
    notifyGroup(again, player.id, { to: 'ada' })
    t.strictSame(await A.next(), { to: 'ada' })
    t.strictSame(await B.next(), { to: 'public' })
    t.strictSame(await C.next(), { to: 'public' })
    for (const one of [A, B, C]) await settled(one)
  },
)

t.test('client_connected of a player is ignored, of a backend it works', async (t) => {
  const { port } = await service(t)
  const A = await connected(t, port)
  const B = await connected(t, port)
  const J = await backend(t, port)

  B.send({ type: 'client_connected', data: { target: A.id, user: 'ada', authenticated: true } })
  await settled(B)
  await settled(A)
  J.send({ type: 'client_connected', data: { target: A.id, user: 'ada', authenticated: true } })

  t.strictSame(await A.next(), {
    type: 'client_connected',
    data: { target: A.id, authenticated: true },
  })
  notifyGroup(J, 'ada', { to: 'ada' })
  t.strictSame(await A.next(), { to: 'ada' })
  await settled(B)
})

t.test(
  'a backend is asked about who connects, and its word is what the client hears',
  async (t) => {
    const { port } = await service(t)
    const J = await backend(t, port)
    const [A, B] = [await openJssocket(t, port), await openJssocket(t, port)]

    A.send(clientConnect('the token of ada'))
    const asked = await J.next()
    J.send({ type: 'client_connected', data: { target: asked.data.target, user: 'ada' } })
    const answer = await A.next()
    B.send(clientConnect())
    const { data } = await J.next()
    J.send({ type: 'client_connected', data: { ...data, user: 'public', authenticated: false } })

    t.strictSame(Object.keys(asked), ['type', 'data'])
    t.strictSame(asked, {
      type: 'client_connect',
      data: { token: 'the token of ada', target: answer.data.target },
    })
    t.strictSame(answer.data, { target: asked.data.target, authenticated: true })
    t.strictSame(Object.keys(data), ['target'])
    t.strictSame(await B.next(), {
      type: 'client_connected',
      data: { target: data.target, authenticated: false },
    })
  },
)

t.test('a backend that says yes without saying who lets in a guest', async (t) => {
  const { port } = await service(t)
  const J = await backend(t, port)
  const A = await openJssocket(t, port)

  A.send(clientConnect('a token'))
  const { data } = await J.next()
  J.send({ type: 'client_connected', data: { target: data.target, authenticated: true } })
  const answer = await A.next()
  notifyGroup(J, 'public', { n: 1 })

  t.equal(answer.data.authenticated, true)
  t.strictSame(await A.next(), { n: 1 })
})

t.test('client_disconnect closes, and is out of every group', async (t) => {
  const { port } = await service(t)
  const J = await backend(t, port)
  const A = await identified(t, port, J, 'ada')
  const B = await identified(t, port, J, 'ada')

  A.send({ type: 'client_disconnect' })
  const code = await A.closed
  for (const target of ['ada', A.id, 'public']) notifyGroup(J, target, { target })
  J.send({ type: 'notify_client', data: { target: A.id, data: { n: 2 } } })
  J.send({ type: 'notify_all', data: { n: 3 } })

  t.equal(code, 1000)
  t.strictSame(await B.next(), { target: 'ada' })
  t.strictSame(await B.next(), { n: 3 })
  t.equal(A.texts.length, 1, 'nothing but its client_connected')
})

t.test('notify_client reaches oneself, or who is named, raw and unwrapped', async (t) => {
  const { port } = await service(t)
  const [A, B, C] = [await connected(t, port), await connected(t, port), await connected(t, port)]

  A.send({ type: 'notify_client', data: { data: { test: 123456 } } })
  A.send({ type: 'notify_client', data: { target: B.id, data: { for: 'B', from: 'somebody' } } })
  A.send({ type: 'notify_client', data: { target: 'nobody', data: { for: 'nobody' } } })

  t.strictSame([await A.next(), A.texts[1]], [{ test: 123456 }, '{"test":123456}'])
  await B.next()
  t.equal(B.texts[1], '{"for":"B","from":"somebody"}')
  await settled(B)
  await settled(A)
  await settled(C)
})

t.test('any JSON is delivered as it is, and none is an empty object', async (t) => {
  const { port } = await service(t)
  const A = await connected(t, port)

  for (const data of [{ type: 'welcome' }, [1, [2]], 'text', 7, true, { nested: { deep: null } }])
    t.strictSame(await A.ask({ type: 'notify_client', data: { data } }), data)
  t.strictSame(await A.ask({ type: 'notify_client', data: {} }), {})
  t.strictSame(await A.ask({ type: 'notify_client' }), {})
})

t.test('notify_group reaches a group by its id, by a member’s, or one’s own', async (t) => {
  const { port } = await service(t)
  const J = await backend(t, port)
  const A = await identified(t, port, J, 'ada')
  const A2 = await identified(t, port, J, 'ada')
  const B = await identified(t, port, J, 'bob')

  notifyGroup(A, 'bob', { by: 'id' })
  notifyGroup(A, B.id, { by: 'member' })
  notifyGroup(A, undefined, { by: 'default' })
  notifyGroup(A, 'nobody', { by: 'nobody' })

  t.strictSame(await B.next(), { by: 'id' })
  t.strictSame(await B.next(), { by: 'member' })
  t.strictSame(await A.next(), { by: 'default' })
  t.strictSame(await A2.next(), { by: 'default' })
  for (const one of [A, A2, B]) await settled(one)
})

t.test('the group public has the anonymous, and nobody who is authenticated', async (t) => {
  const { port } = await service(t)
  const A = await connected(t, port)
  const J = await backend(t, port)
  const B = await identified(t, port, J, 'bob')

  notifyGroup(J, 'public', { n: 1 })
  notifyGroup(A, undefined, { n: 2 })

  t.strictSame(await A.next(), { n: 1 })
  t.strictSame(await A.next(), { n: 2 })
  await settled(B)
})

t.test('a guest of the game counts as anonymous', async (t) => {
  const s = await service(t)
  const J = await backend(t, s.port)
  const guest = await s.raw()
  await guest.ask('player.identify')
  const known = await s.play('ada')

  notifyGroup(J, 'public', { n: 1 })

  t.match(await guest.next('notify'), { from: { role: 'backend' }, data: { data: { n: 1 } } })
  await known.settled()
  t.notOk(known.seen.some(({ type }) => type === 'notify'))
})

t.test('notify_all of a backend reaches all, of a player nobody', async (t) => {
  const s = await service(t)
  const A = await connected(t, s.port)
  const J = await backend(t, s.port)
  const B = await identified(t, s.port, J, 'bob')
  const native = await s.raw()

  A.send({ type: 'notify_all', data: { n: 1 } })
  await settled(A)
  J.send({ type: 'notify_all', data: { n: 2 } })

  t.strictSame(await A.next(), { n: 2 })
  t.strictSame(await B.next(), { n: 2 })
  t.match(await native.next('notify'), { data: { data: { n: 2 } } })
  t.equal(J.texts.length, 2, 'its own server_connect, and the question about B')
})

t.test('who has not said client_connect notifies nobody, and hears nothing', async (t) => {
  const { port } = await service(t)
  const B = await connected(t, port)
  const A = await openJssocket(t, port)

  A.send({ type: 'notify_client', data: { target: B.id, data: { n: 1 }, callback: 'one' } })
  notifyGroup(A, 'public', { n: 2 })
  A.send({ type: 'notify_client', data: { data: { n: 3 } } })
  notifyGroup(B, 'public', { n: 4 })
  t.strictSame(await B.next(), { n: 4 })
  const answer = await A.ask(clientConnect())

  t.equal(answer.type, 'client_connected', 'the first that it hears')
  await settled(B)
})

t.test('the sender gets the callback it asked for', async (t) => {
  const { port } = await service(t)
  const [A, B] = [await connected(t, port), await connected(t, port)]

  A.send({ type: 'notify_client', data: { target: B.id, data: {}, callback: 'read this' } })
  A.send({ type: 'notify_group', data: { target: B.id, data: {}, callback: { n: 2 } } })
  A.send({ type: 'notify_client', data: { target: 'nobody', data: {}, callback: 3 } })

  const frames = [await A.next(), await A.next(), await A.next(), await A.next()]
  t.strictSame(frames, [
    { type: 'callback', data: 'read this' },
    {},
    { type: 'callback', data: { n: 2 } },
    { type: 'callback', data: 3 },
  ])
})

t.test('several backends are asked in turn; with none, the server answers', async (t) => {
  const s = await service(t)
  const { token } = await playerToken(s, 'ada')
  const backends = [await backend(t, s.port), await backend(t, s.port), await backend(t, s.port)]
  const asked: number[] = []
  for (const [index, J] of backends.entries()) void answering(J, () => asked.push(index))

  for (let n = 0; n < 6; n++) await connected(t, s.port, `user-${n}`)
  for (const J of backends) J.drop()
  await until(
    () => s.lines.filter(({ msg }) => msg === 'backend gone').length === 3,
    'all of them gone',
  )
  const A = await connected(t, s.port, token)

  t.strictSame(asked, [0, 1, 2, 0, 1, 2])
  t.equal(A.authenticated, true)
})

t.test('a backend that dies in the middle leaves the built-in answer', async (t) => {
  const s = await service(t)
  const { token } = await playerToken(s, 'ada')
  const J = await backend(t, s.port)
  const A = await openJssocket(t, s.port)

  A.send(clientConnect(token))
  await J.next()
  J.drop()

  t.match(await A.next(), { type: 'client_connected', data: { authenticated: true } })
})

t.test('a backend that stalls leaves the built-in answer within 2 s', async (t) => {
  const s = await service(t)
  const { token } = await playerToken(s, 'ada')
  const J = await backend(t, s.port)
  const A = await openJssocket(t, s.port)
  const before = s.clock.now()

  A.send(clientConnect(token))
  const { data } = await J.next()
  s.clock.advance(1_999)
  const answer = await A.next()

  t.match(answer, { type: 'client_connected', data: { authenticated: true } })
  t.ok(s.clock.now() - before < 2_000)
  J.send({ type: 'client_connected', data: { ...data, user: 'too late' } })
  await settled(A)
})

t.test('the same token twice, and still in the group', async (t) => {
  const s = await service(t)
  const { player, token } = await playerToken(s, 'ada')
  const A = await connected(t, s.port, token)

  const again = await A.ask(clientConnect(token))
  const J = await backend(t, s.port)
  notifyGroup(J, player.id, { n: 1 })

  t.strictSame(again, { type: 'client_connected', data: { target: A.id, authenticated: true } })
  t.strictSame(await A.next(), { n: 1 })
  await settled(A)
})

t.test('the token of somebody else is refused, and changes nothing', async (t) => {
  const s = await service(t)
  const ada = await playerToken(s, 'ada')
  const bob = await playerToken(s, 'bob')
  const A = await connected(t, s.port, ada.token)

  const again = await A.ask(clientConnect(bob.token))
  const J = await backend(t, s.port)
  notifyGroup(J, bob.player.id, { n: 1 })
  notifyGroup(J, ada.player.id, { n: 2 })

  t.equal(again.data.authenticated, false)
  t.strictSame(await A.next(), { n: 2 })
})

t.test('what is no event is met with silence, and harms nobody', async (t) => {
  const { port } = await service(t)
  const A = await connected(t, port)

  for (const frame of ['no JSON', '7', 'null', '[]', '{}', '{"type":0}', '{"type":"__proto__"}'])
    A.send(frame)
  for (const type of ['welcome', 'notify', 'room.create', 'toString', 'terminate'])
    A.send({ type, data: {} })
  A.send({ type: 'notify_client', data: { target: { a: 1 }, data: {} } })
  A.send({ type: 'notify_group', data: { target: 'x'.repeat(1_000), data: {} } })
  A.send({ type: 'client_connect', data: { token: 7 } })

  t.strictSame(await A.next(), {
    type: 'client_connected',
    data: { target: A.id, authenticated: false },
  })
  await settled(A)
})

t.test('nobody at /ws reaches who plays the game but a backend', async (t) => {
  const s = await service(t)
  const native = await s.raw()
  const A = await connected(t, s.port)

  A.send({ type: 'notify_client', data: { target: native.welcome.session, data: { n: 1 } } })
  notifyGroup(A, 'public', { n: 2 })
  t.strictSame(await A.next(), { n: 2 })
  await native.settled()

  t.notOk(native.seen.some(({ type }) => type === 'notify'))
})

t.test('a secret is nowhere in the log', async (t) => {
  const s = await service(t, { backendSecret: await hash(SECRET, 4) })
  const byHeader = await openJssocket(t, s.port, { auth: SECRET })
  await byHeader.ask(serverConnect(''))
  byHeader.drop()
  const J = await openJssocket(t, s.port)
  await J.ask(serverConnect('a wrong guess'))
  await until(() => s.lines.some(({ msg }) => msg === 'backend gone'), 'the first one gone')
  const right = await openJssocket(t, s.port)
  await right.ask(serverConnect(SECRET))
  const { token } = await playerToken(s, 'ada')
  const A = await openJssocket(t, s.port)
  A.send(clientConnect(token))
  await right.next()
  right.drop()
  await A.next()

  const log = JSON.stringify(s.lines)
  t.ok(log.includes('backend connected'))
  for (const secret of [SECRET, 'a wrong guess', token]) t.notOk(log.includes(secret), secret)
})

t.test('GET /terminate does nothing', async (t) => {
  const { port } = await service(t)

  const { status } = await fetch(`http://127.0.0.1:${port}/terminate`)

  t.equal(status, 404)
  t.equal((await connected(t, port)).authenticated, false)
})

t.test('a backend’s answer that comes late identifies all the same', async (t) => {
  const s = await service(t)
  const J = await backend(t, s.port)
  const A = await openJssocket(t, s.port)

  A.send(clientConnect('the token of ada'))
  const { data } = await J.next()
  s.clock.advance(1_500)
  t.match(await A.next(), { data: { authenticated: false } }, 'nobody waits any longer')
  J.send({ type: 'client_connected', data: { ...data, user: 'ada', authenticated: true } })

  const { target } = data
  t.strictSame(await A.next(), { type: 'client_connected', data: { target, authenticated: true } })
  notifyGroup(J, 'ada', { to: 'ada' })
  t.strictSame(await A.next(), { to: 'ada' })
})

t.test('an answer that never came does not spoil the next', async (t) => {
  const s = await service(t)
  const J = await backend(t, s.port)
  const A = await openJssocket(t, s.port)

  A.send(clientConnect('a token too old'))
  await J.next()
  s.clock.advance(1_500)
  await A.next()
  A.send(clientConnect('the token of ada'))
  const { data } = await J.next()
  J.send({ type: 'client_connected', data: { target: data.target, user: 'ada' } })

  t.match(await A.next(), { type: 'client_connected', data: { authenticated: true } })
  await settled(A)
})

t.test('a late no to one token is no answer about the next', async (t) => {
  const s = await service(t)
  const J = await backend(t, s.port)
  const A = await openJssocket(t, s.port)

  A.send(clientConnect('a token too old'))
  const { data: old } = await J.next()
  s.clock.advance(1_500)
  await A.next()
  A.send(clientConnect('the token of ada'))
  const { data } = await J.next()
  J.send({ type: 'client_connected', data: { ...old, user: 'public', authenticated: false } })
  J.send({ type: 'client_connected', data: { ...data, user: 'ada', authenticated: true } })

  t.match(await A.next(), { type: 'client_connected', data: { authenticated: true } })
  await settled(A)
})

t.test(
  'what else a client says in client_connect goes to the backend and comes back',
  async (t) => {
    const { port } = await service(t)
    const J = await backend(t, port)
    const A = await openJssocket(t, port)
    const said = { token: 'the token of ada', level: 7, lang: ['fr', 'en'] }
    const forged = { target: 'somebody', user: 'bob', authenticated: true }

    A.send({ type: 'client_connect', data: { ...forged, ...said } })
    const { data } = await J.next()
    J.send({
      type: 'client_connected',
      data: { ...data, user: 'ada', authenticated: true, rank: 3 },
    })
    const answer = await A.next()
    J.send({ type: 'client_connected', data: { target: answer.data.target, user: 'ada', rank: 4 } })
    const again = await A.next()

    const { target } = answer.data
    t.not(target, 'somebody')
    t.strictSame(data, { ...said, target })
    const more = { level: 7, lang: ['fr', 'en'], rank: 3 }
    t.strictSame(answer.data, { target, authenticated: true, ...more })
    t.strictSame(again.data, { target, authenticated: true, rank: 4 })
  },
)

t.test('a backend that answers in another order is understood all the same', async (t) => {
  const { port } = await service(t)
  const J = await backend(t, port)
  const [A, B] = [await openJssocket(t, port), await openJssocket(t, port)]

  A.send(clientConnect())
  const { data: first } = await J.next()
  B.send(clientConnect())
  const { data: second } = await J.next()
  J.send(eventOf('client_connected', { ...second, user: 'bob', authenticated: true }))
  const toB = await B.next()
  J.send(eventOf('client_connected', { ...first, user: 'public', authenticated: false }))

  t.strictSame(toB.data, { target: second.target, authenticated: true })
  t.strictSame((await A.next()).data, { target: first.target, authenticated: false })
  await settled(A)
  await settled(B)
})

t.test('what was said beside one token is not said beside the next', async (t) => {
  const { port } = await service(t)
  const J = await backend(t, port)
  const A = await openJssocket(t, port)

  A.send(eventOf('client_connect', { token: 'one', level: 7 }))
  const { data: first } = await J.next()
  J.send(eventOf('client_connected', { target: first.target, user: 'ada', rank: 3 }))
  await A.next()
  A.send(eventOf('client_connect', { token: 'two' }))
  const { data: second } = await J.next()
  J.send(eventOf('client_connected', { target: first.target, user: 'ada', rank: 4 }))
  const again = await A.next()
  // A session stays who it is: this is refused, and its words with it.
  J.send(eventOf('client_connected', { target: first.target, user: 'bob', rank: 9 }))
  await J.ask(serverConnect(''))
  J.drop()
  const alone = await A.ask(eventOf('client_connect', {}))

  t.strictSame(second, { token: 'two', target: first.target })
  t.strictSame(again.data, { target: first.target, authenticated: true, rank: 4 })
  t.notOk('rank' in alone.data)
})

t.test('no client puts words in place of a backend’s that are on their way', async (t) => {
  const slow = heldStore(t)
  const { port } = await service(t, { store: slow.store })
  const [A, B] = [await connected(t, port), await connected(t, port)]
  const J = await backend(t, port)

  slow.hold()
  J.send(eventOf('client_connected', { target: A.id, user: 'ada', rank: 3 }))
  await until(() => slow.waiting > 0, 'the backend’s user looked for')
  B.send(eventOf('client_connected', { target: A.id, user: 'bob', rank: 9 }))
  await settled(B)
  slow.open()

  t.strictSame((await A.next()).data, { target: A.id, authenticated: true, rank: 3 })
  await settled(A)
})

t.test('notify_all passes any JSON', async (t) => {
  const { port } = await service(t)
  const A = await connected(t, port)
  const J = await backend(t, port)

  for (const data of ['{"n":1}', '[1,[2]]', '"text"', '7', 'true', 'false', '0', '""', 'null'])
    J.send(`{"type":"notify_all","data":${data}}`)
  J.send({ type: 'notify_all' })

  for (const data of [{ n: 1 }, [1, [2]], 'text', 7, true, false, 0, '', null, {}])
    t.strictSame(await A.next(), data)
})

/** What JavaScript would write in another way. */
const VERBATIM = [
  '1e20',
  '1.0',
  '0.1e1',
  '-0.0',
  '9007199254740993',
  '123456789012345678901234567890',
  '{"a":1.0,"data":[1e20,{"data":0.1e1}],"text":"1.0 \\"}"}',
  '{ "spaced" : [ 1.50 , 2 ] }',
  '{"b":2.0,"a":1.0,"b":3.0}',
  '"caf\\u00e9 \\/"',
]

t.test('numbers arrive as they were written, byte for byte', async (t) => {
  const s = await service(t)
  const [A, B] = [await connected(t, s.port), await connected(t, s.port)]
  const J = await backend(t, s.port)

  for (const text of VERBATIM) {
    A.send(`{"type":"notify_client","data":{"data":${text},"target":"${B.id}"}}`)
    await B.next()
    A.send(` { "data" : { "target" : "public" , "\\u0064ata" : ${text} } , "type":"notify_group"} `)
    await B.next()
    J.send(`{"data":${text},"type":"notify_all"}`)
    await B.next()

    t.strictSame(B.texts.slice(-3), [text, text, text])
  }
})

t.test(
  'U+0000 and half a surrogate do not pass, though all else is as it was written',
  async (t) => {
    const { port } = await service(t)
    const A = await connected(t, port)

    A.send(
      String.raw`{"type":"notify_client","data":{"data":["\u0000","\ud800 \\ud800 \ud83e\udd55",1.0]}}`,
    )
    await A.next()

    t.equal(A.texts.at(-1), String.raw`["�","� \\ud800 🥕",1.0]`)
  },
)

t.test('jssocket_bytes: at /ws a message may be as large as jssocket’s', async (t) => {
  const s = await service(t, { limits: { chunks: 16 } })
  const A = await connected(t, s.port)
  const J = await backend(t, s.port)
  const native = await s.raw()
  const large = eventOf('notify_client', { data: 'x' })
  const text = 'x'.repeat(1_048_576 - JSON.stringify(large).length + 1)

  A.send(eventOf('notify_client', { data: text }))
  t.equal(await A.next(), text)
  J.send(eventOf('notify_client', { target: native.welcome.session, data: text.slice(100) }))
  t.match(await native.next('error'), { data: { code: 'TOO_LARGE', request: 'notify' } })
  J.send({ type: 'notify_all', data: text })
  t.equal(await A.next(), text)
  A.send(eventOf('notify_client', { data: `${text}x` }))

  t.equal(await A.closed, 1009)
  const code = 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'
  await until(() => s.lines.some((line) => line.code === code), 'a log line that says why')
})

t.test('elsewhere a message may be no larger than before', async (t) => {
  const s = await service(t)
  const native = await s.raw()

  native.send({ type: 'ping', data: { text: 'x'.repeat(70_000) } })

  t.match(await native.closed, { code: 1009 })
})

t.test('a burst of two hundred notifications arrives', async (t) => {
  const { port } = await service(t, { rates: {} })
  const [A, B] = [await connected(t, port), await connected(t, port)]
  const J = await openJssocket(t, port)

  for (let n = 0; n < 200; n++) A.send(eventOf('notify_client', { target: B.id, data: n }))
  for (let n = 0; n < 200; n++) t.equal(await B.next(), n)
  J.send(serverConnect('12345678'))
  for (let n = 0; n < 200; n++) J.send(eventOf('notify_client', { target: B.id, data: n }))

  for (let n = 0; n < 200; n++) t.equal(await B.next(), n)
})

t.test('what is over a limit is told to its sender, and logged', async (t) => {
  const s = await service(t, { rates: { notify: { per_second: 1, burst: 2 } } })
  const A = await connected(t, s.port)
  const deep = `${'['.repeat(40)}${']'.repeat(40)}`

  A.send(`{"type":"notify_client","data":{"callback":"a","data":${deep}}}`)
  const tooDeep = await A.next()
  for (const n of [1, 2]) t.equal(await A.ask(eventOf('notify_client', { data: n })), n)
  const tooFast = await A.ask(eventOf('notify_client', { data: 3, callback: 'b' }))

  t.match(tooDeep, {
    type: 'error',
    data: {
      code: 'INVALID_MESSAGE',
      request: 'notify_client',
      cause: { depth: 32 },
      callback: 'a',
    },
  })
  t.match(tooFast, {
    type: 'error',
    data: { code: 'RATE_LIMITED', request: 'notify_client', retry_ms: Number, callback: 'b' },
  })
  const logged = s.lines.filter(({ msg }) => msg === 'over a limit at /ws')
  t.match(logged, [{ code: 'INVALID_MESSAGE' }, { code: 'RATE_LIMITED', request: 'notify_client' }])
})

t.test('jssocket: so many bytes of a client are read at /ws, whatever they say', async (t) => {
  const s = await service(t, { rates: { jssocket: { per_second: 1, burst: 64 } } })
  const A = await connected(t, s.port)
  const J = await backend(t, s.port)
  const large = 'x'.repeat(40 * 1024)
  const notify = (data: string, callback?: string) =>
    JSON.stringify({ type: 'notify_client', data: { ...(callback && { callback }), data } })
  const tooFast = (more: object) => ({ type: 'error', data: { code: 'RATE_LIMITED', ...more } })

  t.equal(await A.ask(notify(large)), large)
  t.match(await A.ask(notify(large, 'b')), tooFast({ request: 'notify_client', callback: 'b' }))
  t.match(await A.ask(large), tooFast({ retry_ms: Number }), 'be it what it may')
  s.clock.advance(41_000)
  t.equal(await A.ask(notify(large)), large)
  for (const _ of [1, 2, 3])
    t.equal(await J.ask(notify(large)), large, 'a backend says as much as it likes')
})

t.test('an id that is too long to be anybody’s is nobody’s', async (t) => {
  const { port } = await service(t)
  const A = await connected(t, port)
  const target = 'x'.repeat(1_000)

  t.match(await A.ask(eventOf('notify_client', { target, callback: 1 })), { data: 1 })
  t.match(await A.ask(eventOf('notify_group', { target, callback: 2 })), { data: 2 })
})

t.test('sixty pings at once are answered, and more are told that they are too many', async (t) => {
  const s = await service(t)
  for (const [path, code] of [
    ['/', 4101],
    ['/ws', 1008],
  ] as const) {
    const socket = new WebSocket(`ws://127.0.0.1:${s.port}${path}`)
    t.teardown(() => socket.terminate())
    await once(socket, 'open')
    let pongs = 0
    socket.on('pong', () => pongs++)
    const pings = (count: number) => {
      for (let n = 0; n < count; n++) socket.ping()
    }

    for (const answered of [60, 120]) {
      pings(60)
      await until(() => pongs === answered, `${answered} pongs`)
    }
    pings(1_000)

    const [closed, reason] = await once(socket, 'close')
    t.equal(closed, code, path)
    t.not(String(reason), '')
  }
  t.equal(s.lines.filter(({ msg }) => msg === 'flood closed').length, 2)
})

t.test('/ws/ is /ws', async (t) => {
  const { port } = await service(t)
  const A = await openJssocket(t, port, {}, '/ws/')

  t.match(await A.ask(clientConnect()), { type: 'client_connected' })
})

t.test('/socket/ is /socket, of Talo’s', async (t) => {
  const { port } = await service(t)
  const A = await openJssocket(t, port, {}, '/socket/')

  t.equal(await A.closed, 3000, 'no ticket, and so none of Talo’s')
})

t.test('frame by frame, what the guide says is what comes', async (t) => {
  const { port } = await service(t)
  const all = new Map<string, Jssocket>()
  for (const name of 'ABCJ') all.set(name, await openJssocket(t, port))
  /** Of each client, the id of its connection. */
  const ids = new Map<string, string>()
  const rows = framesOf(
    readFileSync(new URL('../protocol/guide/compatibility.md', import.meta.url), 'utf8'),
  )

  for (const { by, sent, comes } of rows) {
    all.get(by)?.send([...ids].reduce((text, [name, id]) => text.replace(`"${name}"`, id), sent))
    for (const { name, frame, closed } of comes) {
      const client = all.get(name) as Jssocket
      if (closed !== undefined) {
        t.equal(await client.closed, closed, sent)
        all.delete(name)
        continue
      }
      const { data } = await client.next()
      const about = frame.includes('"client_connected"') ? name : by
      if (data?.target && !ids.has(about)) ids.set(about, `"${data.target}"`)
      const told = [...ids].reduce((text, [one, id]) => text.replace(id, `"${one}"`), client.last)
      t.equal(told, frame, sent)
    }
  }

  t.equal(rows.length, 19)
  await settled(all.get('B') as Jssocket)
  await settled(all.get('J') as Jssocket)
})

/** The rows of the guide's table: who says what, and what comes to whom. */
function framesOf(guide: string) {
  const lines = [...guide.matchAll(/^\| ([ABCJ]) \| `(.+?)` \| .*? \| (.+) \|$/gm)]
  return lines.map(([, by = '', sent = '', comes = '']) => ({
    by,
    sent,
    comes: [...comes.matchAll(/([ABCJ]) (?:`(.+?)`|closed (\d+))/g)].map(
      ([, name = '', frame = '', code]) => ({ name, frame, closed: code && Number(code) }),
    ),
  }))
}

const serverConnect = (auth: string) => ({ type: 'server_connect', data: { auth } })

const eventOf = (type: string, data: Any) => ({ type, data })

const notifyGroup = (client: Jssocket, target: string | undefined, data: Any) =>
  client.send({ type: 'notify_group', data: { ...(target !== undefined && { target }), data } })

/** A player of the game, and the token that says so at /ws. */
async function playerToken(s: Service, identifier: string) {
  const { alias, player, token } = await s.player(identifier)
  return { player, token: `${alias.id}:${token}` }
}

/** A store that answers nothing from `hold` to `open`. */
function heldStore(t: Test) {
  const store = createDirectStore(createTestWorld(createClock()).log)
  t.teardown(store.close)
  let open = () => {}
  let isOpen = Promise.resolve()
  let waiting = 0
  const run: Store['run'] = async (name, args) => {
    waiting++
    await isOpen
    waiting--
    return store.run(name, args)
  }
  return {
    store: { ...store, run },
    get waiting() {
      return waiting
    },
    hold() {
      isOpen = new Promise((resolve) => {
        open = resolve
      })
    },
    open: () => open(),
  }
}

/** A client that the backend says is this user. */
async function identified(t: Test, port: number, J: Jssocket, user: string) {
  const client = await openJssocket(t, port)
  client.send(clientConnect(user))
  const { data } = await J.next()
  J.send({ type: 'client_connected', data: { target: data.target, user, authenticated: true } })
  await client.next()
  return Object.assign(client, { id: data.target as string })
}

/** Says of everybody that they are who their token says, until it is dropped. */
async function answering(J: Jssocket, told: () => void): Promise<void> {
  try {
    for (;;) {
      const { data } = await J.next()
      told()
      J.send({ type: 'client_connected', data: { target: data.target, user: data.token } })
    }
  } catch {
    // It is gone.
  }
}
