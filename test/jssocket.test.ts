import { hash } from '@node-rs/bcrypt'
import t, { type Test } from 'tap'
import type { Any } from './support/client.ts'
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

const serverConnect = (auth: string) => ({ type: 'server_connect', data: { auth } })

const notifyGroup = (client: Jssocket, target: string | undefined, data: Any) =>
  client.send({ type: 'notify_group', data: { ...(target !== undefined && { target }), data } })

/** A player of the game, and the token that says so at /ws. */
async function playerToken(s: Service, identifier: string) {
  const { alias, player, token } = await s.player(identifier)
  return { player, token: `${alias.id}:${token}` }
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
