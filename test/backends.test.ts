import { hash, hashSync } from '@node-rs/bcrypt'
import t from 'tap'
import { readHash } from '../server/core/store/bcrypt.ts'
import { createServer, defineRoom, type HubOptions } from '../server/server.ts'
import type { RawClient } from './support/client.ts'
import { ending, listening } from './support/estragon.ts'
import { backend, openJssocket } from './support/jssocket.ts'
import { both, until } from './support/promise.ts'
import { type Service, service } from './support/service.ts'
import type { TestWorld } from './support/world.ts'

const SECRET = 'open sesame'
const HASH = hashSync(SECRET, 4)
const CONFIGURED: HubOptions = { backendSecret: HASH, rates: false }

both('the right secret makes a backend, a wrong one does not', CONFIGURED, async (t, w) => {
  const [right, wrong] = [await w.raw(), await w.raw()]

  const admitted = await right.ask('backend.connect', { secret: SECRET })
  const refused = await wrong.ask('backend.connect', { secret: 'open barley' })

  t.strictSame(admitted.data, {})
  t.match(refused, {
    type: 'error',
    data: { code: 'INVALID_SECRET', status: 401, request: 'backend.connect' },
  })
  t.match(await right.ask('notify.all', { data: 1 }), { type: 'notify.all' })
  t.match(await wrong.ask('notify.all', { data: 1 }), { data: { code: 'BACKEND_REQUIRED' } })
  t.match(await right.ask('backend.connect', { secret: 'any' }), { data: {} }, 'it is one already')
})

both('without a hash nobody is a backend', { dev: false }, async (t, w) => {
  const client = await w.raw()

  t.match(await client.ask('backend.connect', { secret: '12345678' }), {
    data: { code: 'BACKENDS_REFUSED', status: 403, message: /--backend-secret/ },
  })
})

both('in development the document’s default will do', { dev: true }, async (t, w) => {
  const [right, wrong] = [await w.raw(), await w.raw()]

  t.match(await right.ask('backend.connect', { secret: '12345678' }), { data: {} })
  t.match(await wrong.ask('backend.connect', { secret: '12345679' }), {
    data: { code: 'INVALID_SECRET' },
  })
})

both('with a hash the default is a wrong secret, in development too', CONFIGURED, async (t, w) => {
  const client = await w.raw()

  t.match(await client.ask('backend.connect', { secret: '12345678' }), {
    data: { code: 'INVALID_SECRET' },
  })
})

both('who is a backend is no player, and sits in no room', CONFIGURED, async (t, w) => {
  const [J, ada] = [await admitted(w), await w.raw()]
  const { room } = (await ada.ask('room.create', { kind: 'plaza' })).data

  for (const [type, data, code] of [
    ['player.identify', {}, 'ALREADY_IDENTIFIED'],
    ['player.identify', { token: '' }, 'ALREADY_IDENTIFIED'],
    ['room.create', { kind: 'plaza' }, 'PERMISSION_DENIED'],
    ['room.join_or_create', { kind: 'plaza' }, 'PERMISSION_DENIED'],
    ['room.join', { code: room.code }, 'PERMISSION_DENIED'],
    ['channel.create', { name: 'news' }, 'NO_PLAYER_FOUND'],
    ['event.emit', { name: 'plaza.wave', args: [] }, 'NOT_IN_ROOM'],
  ] as const)
    t.match(await J.ask(type, data), { type: 'error', data: { code } }, type)

  t.equal(w.stats().rooms, 1, 'no room is left of it')
  t.match(await ada.ask('room.list'), { data: { rooms: [{ members: 1 }] } })
})

both('a player, and who sits in a room, becomes no backend', CONFIGURED, async (t, w) => {
  const [player, seated] = [await w.raw(), await w.raw()]
  await player.ask('player.identify')
  await seated.ask('room.join_or_create', { kind: 'plaza' })
  const connect = (client: RawClient) => client.ask('backend.connect', { secret: SECRET })

  t.match((await connect(player)).data, { code: 'ALREADY_IDENTIFIED' })
  t.match((await connect(seated)).data, { code: 'ALREADY_IN_ROOM', message: /sits in no room/ })
  t.match((await seated.ask('notify.all', { data: 1 })).data, { code: 'BACKEND_REQUIRED' })
  await seated.ask('room.leave')
  t.match(await connect(seated), { type: 'backend.connect' }, 'once it has left it may')
})

t.test('who becomes a backend while it identifies or joins is one of the two', async (t) => {
  const thinking = new Set<() => void>()
  const slow = defineRoom({
    onJoin: () => new Promise<null>((resolve) => thinking.add(() => resolve(null))),
  })
  const { raw, store } = await service(t, { backendSecret: HASH, rooms: { slow } })
  const { run } = store
  Object.assign(store, {
    run: (async (name, args) => {
      if (name === 'player.ban_of') await new Promise<void>((resolve) => thinking.add(resolve))
      return run(name, args)
    }) as typeof run,
  })
  for (const [type, data, code] of [
    ['player.identify', {}, 'ALREADY_IDENTIFIED'],
    ['room.create', { kind: 'slow' }, 'PERMISSION_DENIED'],
  ] as const) {
    const J = await raw()
    const late = J.ask(type, data)
    await until(() => thinking.size > 0, type)
    const connected = J.ask('backend.connect', { secret: SECRET })
    // What is said after an identification waits for it, as anything does.
    if (type === 'room.create') t.match(await connected, { type: 'backend.connect' })
    for (const think of thinking) think()
    thinking.clear()

    const answers = [await late, await connected].map(({ type, data }) => data.code ?? type)
    t.ok(
      [`${code},backend.connect`, `${type},ALREADY_IDENTIFIED`].includes(answers.join()),
      answers.join(),
    )
  }
})

const HASHES: readonly [what: string, text: string][] = [
  ['as it is', HASH],
  ['in hex', Buffer.from(HASH).toString('hex')],
  ['in capital hex', Buffer.from(HASH).toString('hex').toUpperCase()],
  ['of an older version', HASH.replace('$2b$', '$2a$')],
  ['of PHP', HASH.replace('$2b$', '$2y$')],
]

for (const [what, text] of HASHES)
  t.test(`a hash ${what} is read`, async (t) => {
    t.match(readHash(text), /^\$2[aby]\$04\$.{53}$/)
  })

for (const text of [
  '',
  '12345678',
  '$2b$12$short',
  Buffer.from('12345678').toString('hex'),
  `${HASH}x`,
])
  t.test(`"${text}" is no hash, and the server does not start with it`, async (t) => {
    await t.rejects(createServer({ port: 0, backendSecret: text }), {
      message: /^backendSecret: expected a bcrypt hash/,
    })
  })

t.test('a hash that would take seconds each time is refused', async (t) => {
  t.throws(() => readHash(HASH.replace('$04$', '$20$')), /cost from 4 to 16/)
})

t.test('SOCKET_AUTH and --backend-secret configure the server', async (t) => {
  const env = { SOCKET_AUTH: Buffer.from(HASH).toString('hex') }
  const fromEnv = await listening(t, ['-p', '0'], { env })
  const fromWords = await listening(t, ['-p', '0', '--backend-secret', HASH])

  for (const { port } of [fromEnv, fromWords]) await backend(t, port, SECRET)
  const wrong = await openJssocket(t, fromEnv.port)
  t.match(await wrong.ask({ type: 'server_connect', data: { auth: 'wrong' } }), { data: false })
})

t.test('estragon secret makes a secret and a hash that fit each other', async (t) => {
  const { code, output } = await ending(t, ['secret'])
  const again = await ending(t, ['secret'])
  const [, secret = '', made = ''] =
    /^secret (\S{32})\nhash {3}(\S{60})$/.exec(output.join('\n')) ?? []
  const { port } = await service(t, { backendSecret: made })

  await backend(t, port, secret)
  t.equal(code, 0)
  t.strictSame(again.output.length, 2)
  t.notSame(again.output, output)
  t.match(await ending(t, ['secret', '--help']), { code: 0, output: [/^estragon: /] })
  t.match(await ending(t, ['secret', 'sesame']), { code: 1, output: [] })
})

both(
  'secret: who guesses secrets is slowed down, and the right one of its address gets through',
  { backendSecret: HASH, rates: { secret: { per_second: 1, burst: 2 } } },
  async (t, w) => {
    const [first, second] = [await w.raw(), await w.raw()]
    await first.ask('backend.connect', { secret: 'one' })
    await second.ask('backend.connect', { secret: 'two' })

    const answers: string[] = []
    const told = (who: RawClient, secret: string) =>
      who
        .ask('backend.connect', { secret })
        .then(({ type, data }) => answers.push(data.code ?? type))
    const third = told(first, 'three')
    await first.settled()
    const fourth = told(second, SECRET)
    await second.settled()
    t.strictSame(answers, [], 'nothing is looked at meanwhile')
    w.clock.advance(1_000)
    await third
    w.clock.advance(1_000)
    await fourth

    t.strictSame(answers, ['RATE_LIMITED', 'backend.connect'])
  },
)

t.test('a check takes no time of the event loop', async (t) => {
  const cost = 12
  const slow = await hash(SECRET, cost)
  const s = await service(t, { backendSecret: slow })
  const [J, player] = [await s.raw(), await s.raw()]
  let isChecked = false

  const checked = J.ask('backend.connect', { secret: SECRET }).then(() => {
    isChecked = true
  })
  let answers = 0
  while (!isChecked) {
    await player.settled()
    answers++
  }
  await checked

  t.ok(answers > 10, `${answers} answers to a player while the secret was looked at`)
})

both(
  'a secret longer than bcrypt heeds is wrong, whatever it begins with',
  {
    backendSecret: hashSync('x'.repeat(72), 4),
    rates: false,
  },
  async (t, w) => {
    const [exact, longer] = [await w.raw(), await w.raw()]

    t.match(await exact.ask('backend.connect', { secret: 'x'.repeat(72) }), { data: {} })
    t.match(await longer.ask('backend.connect', { secret: 'x'.repeat(73) }), {
      data: { code: 'INVALID_SECRET' },
    })
  },
)

both(
  'a player is no backend, and where tickets are required a backend needs none',
  {
    ...CONFIGURED,
    requireTicket: true,
  },
  async (t, w) => {
    const [J, nobody] = [await w.raw(), await w.raw()]

    t.match(await J.ask('backend.connect', { secret: SECRET }), { data: {} })
    t.match(await J.ask('notify.all', { data: 1 }), { data: { delivered: 0 } })
    t.match(await nobody.ask('notify.client', { data: 1 }), { data: { code: 'TICKET_REQUIRED' } })
    await J.settled()
    t.notOk(
      nobody.seen.some(({ type }) => type === 'notify'),
      'who is not in hears nothing',
    )
    w.clock.advance(20_000)
    t.equal((await nobody.closed).code, 4104)
    await J.settled()
  },
)

both(
  'a backend says who a token is; a new player is made, and comes back',
  CONFIGURED,
  async (t, w) => {
    const J = await admitted(w)
    const [ada, again] = [await w.raw(), await w.raw()]

    const first = await identify(J, ada, { user: 'ada', name: 'Ada' })
    const second = await identify(J, again, { user: 'ada', name: 'Another' })

    t.match(first, {
      type: 'player.identify',
      data: {
        player: { name: 'Ada', guest: false },
        alias: { service: 'backend', identifier: 'ada' },
      },
    })
    t.equal(first.data.guest_key, undefined)
    t.strictSame(second.data.player, first.data.player, 'its name is not the backend’s to change')
  },
)

both('a backend’s no is a no, and nobody is made', CONFIGURED, async (t, w) => {
  const J = await admitted(w)
  const ada = await w.raw()

  const answer = identifyWith(ada, 'a token')
  const asked = await J.next('backend.authenticate')
  J.send({ type: asked.type, re: asked.id, data: { authenticated: false, user: 'ada' } })

  t.strictSame(asked.data, { session: ada.welcome.session, token: 'a token' })
  t.equal(asked.from, undefined)
  t.match(await answer, { data: { code: 'INVALID_SOCKET_TOKEN' } })
  t.match(await ada.ask('player.get'), { data: { code: 'NO_PLAYER_FOUND' } })
})

both(
  'a backend says unasked who a session is, and its client is told',
  CONFIGURED,
  async (t, w) => {
    const J = await admitted(w)
    const [ada, bob] = [await w.raw(), await w.raw()]
    const session = ada.welcome.session

    const refused = await bob.ask('backend.identify', { session, user: 'ada' })
    const { data } = await J.ask('backend.identify', { session, user: 'ada', name: 'Ada' })
    const told = await ada.next('player.identified')
    const again = await J.ask('backend.identify', { session, user: 'bob' })
    const nobody = await J.ask('backend.identify', { session: 'nobody', user: 'bob' })

    t.match(refused, { data: { code: 'BACKEND_REQUIRED' } })
    t.match(data.player, { name: 'Ada', guest: false })
    t.strictSame(told.data, { session, player: data.player })
    t.match(again, { data: { code: 'ALREADY_IDENTIFIED' } })
    t.match(nobody, { data: { code: 'INVALID_TARGET' } })
  },
)

both(
  'public is no user: who is said to be that is nobody in particular',
  CONFIGURED,
  async (t, w) => {
    const J = await admitted(w)
    const [ada, bob] = [await w.raw(), await w.raw()]

    const answer = identifyWith(ada, 'a token')
    const { id } = await J.next('backend.authenticate')
    J.send({ type: 'backend.authenticate', re: id, data: { authenticated: true, user: 'public' } })
    const session = bob.welcome.session
    const refused = await J.ask('backend.identify', { session, user: 'public' })

    t.match((await answer).data, { player: { guest: true } })
    t.match(refused, { data: { code: 'INVALID_MESSAGE_DATA', message: /got "public"/ } })
  },
)

both('the web client knows who it is when a backend has said so', CONFIGURED, async (t, w) => {
  const J = await admitted(w)
  const ada = await w.connect()

  const { data } = await J.ask('backend.identify', { session: ada.session, user: 'ada' })
  await until(() => ada.players.me !== undefined, 'the client told')

  t.strictSame(ada.players.me, data.player)
})

both('several backends are asked in turn', CONFIGURED, async (t, w) => {
  const backends = [await admitted(w), await admitted(w), await admitted(w)]
  const asked: number[] = []

  for (let n = 0; n < 6; n++) {
    const answer = identifyWith(await w.raw(), `token ${n}`)
    const index = await Promise.any(
      backends.map(async (J, index) => {
        await until(() => questions(J).some(({ data }) => data.token === `token ${n}`), 'asked')
        return index
      }),
    )
    asked.push(index)
    const J = backends[index] as RawClient
    const question = questions(J).find(({ data }) => data.token === `token ${n}`)
    J.send({ type: 'backend.authenticate', re: question?.id, data: { authenticated: true } })
    t.match(await answer, { data: { player: { guest: true }, guest_key: String } })
  }

  t.strictSame(asked, [0, 1, 2, 0, 1, 2])
})

t.test('with no backend, an alias and its token in one are good', async (t) => {
  const s = await service(t)
  const { alias, token, player } = await s.player('ada')
  const [right, wrong, none] = [await s.raw(), await s.raw(), await s.raw()]

  t.match(await identifyWith(right, `${alias.id}:${token}`), {
    data: { player: { id: player.id } },
  })
  for (const said of [`${alias.id}:${token}x`, `${alias.id + 1}:${token}`, token, 'x', ''])
    t.match(await identifyWith(wrong, said), { data: { code: 'INVALID_SOCKET_TOKEN' } }, said)
  t.match(await identifyWith(none, `99999999999:${token}`), {
    data: { code: 'INVALID_SOCKET_TOKEN' },
  })
})

for (const [what, act] of [
  ['stalls', (s: Service) => s.clock.advance(1_500)],
  ['drops', dropAndWait],
  ['leaves', (_: Service, J: RawClient) => J.close(1000)],
  ['answers nonsense', (_: Service, J: RawClient) => answer(J, { authenticated: 'yes' })],
  ['answers with an error', (_: Service, J: RawClient) => answer(J, FAILED, 'error')],
] as const)
  t.test(`backend_ms: where a backend ${what}, the built-in answer comes within 2 s`, async (t) => {
    const s = await service(t)
    const { alias, token, player } = await s.player('ada')
    const J = await s.raw()
    await J.ask('backend.connect', { secret: '12345678' })
    const [ada, bob] = [await s.raw(), await s.raw()]
    const before = s.clock.now()

    const good = identifyWith(ada, `${alias.id}:${token}`)
    const bad = identifyWith(bob, 'nobody’s token')
    await until(() => questions(J).length === 2, 'the backend asked')
    act(s, J)

    t.match(await good, { data: { player: { id: player.id } } })
    t.match(await bad, { data: { code: 'INVALID_SOCKET_TOKEN' } })
    t.ok(s.clock.now() - before <= 2_000)
  })

both('a backend that is away is not asked', CONFIGURED, async (t, w) => {
  const [J, K] = [await admitted(w), await admitted(w)]
  const { away } = w.stats()
  J.drop()
  await until(() => w.stats().away === away + 1, 'the first one away')

  for (const user of ['ada', 'bob']) {
    const { data } = await identify(K, await w.raw(), { user })
    t.equal(data.alias.identifier, user)
  }
})

both(
  'many who identify at once are all asked about, so many at a time as limits say',
  {
    ...CONFIGURED,
    limits: { asks: 2 },
  },
  async (t, w) => {
    const J = await admitted(w)
    const clients = []
    for (let n = 0; n < 7; n++) clients.push(await w.raw())
    let most = 0
    let answered = 0

    const answers = clients.map((client, n) => identifyWith(client, `user ${n}`))
    while (answered < clients.length) {
      await until(() => questions(J).length > answered, 'another question')
      await J.settled()
      most = Math.max(most, questions(J).length - answered)
      const { id, data } = questions(J)[answered++] ?? {}
      const said = { authenticated: true, user: data.token }
      J.send({ type: 'backend.authenticate', re: id, data: said })
    }

    const users = (await Promise.all(answers)).map(({ data }) => data.alias.identifier)
    t.strictSame(users, ['user 0', 'user 1', 'user 2', 'user 3', 'user 4', 'user 5', 'user 6'])
    t.equal(most, 2)
  },
)

both(
  'wrong tokens are charged to the address, to say nothing is not',
  {
    backendSecret: HASH,
    rates: { bad_key: { per_second: 1, burst: 2 }, identify: { per_second: 100, burst: 100 } },
  },
  async (t, w) => {
    const J = await admitted(w)
    const ada = await w.raw()
    const say = async (token: string) => {
      const said = identifyWith(ada, token)
      const known = questions(J).length
      await Promise.race([said, until(() => questions(J).length > known, 'a question')])
      const question = questions(J)[known]
      if (question)
        J.send({ type: 'backend.authenticate', re: question.id, data: { authenticated: false } })
      return (await said).data.code
    }

    for (let n = 0; n < 5; n++) t.equal(await say(''), 'INVALID_SOCKET_TOKEN')
    t.equal(await say('one'), 'INVALID_SOCKET_TOKEN')
    t.equal(await say('two'), 'INVALID_SOCKET_TOKEN')
    t.equal(await say('three'), 'RATE_LIMITED')
  },
)

t.test('no secret and no token is in the log', async (t) => {
  const s = await service(t, { backendSecret: HASH })
  const J = await s.raw()
  await J.ask('backend.connect', { secret: 'a wrong guess' })
  await J.ask('backend.connect', { secret: SECRET })
  const ada = await s.raw()
  await identify(J, ada, { user: 'ada' }, 'the token of ada')

  const log = JSON.stringify(s.lines)
  t.ok(log.includes('backend connected') && log.includes('wrong backend secret'))
  for (const secret of [SECRET, 'a wrong guess', 'the token of ada', HASH])
    t.notOk(log.includes(secret), secret)
})

const FAILED = { code: 'REMOTE_ERROR', status: 502, message: 'the database is down' }

/** Answers everything that this backend was asked. */
function answer(J: RawClient, data: object, type = 'backend.authenticate'): void {
  for (const { id } of questions(J)) J.send({ type, re: id, data })
}

async function admitted(w: TestWorld): Promise<RawClient> {
  const J = await w.raw()
  const { type } = await J.ask('backend.connect', { secret: SECRET })
  if (type === 'error') throw new Error('the backend was refused')
  return J
}

function dropAndWait(s: Service, J: RawClient): void {
  J.drop()
  s.clock.advance(1_500)
}

const questions = ({ seen }: RawClient) =>
  seen.filter(({ type }) => type === 'backend.authenticate')

const identifyWith = (client: RawClient, token: string) => client.ask('player.identify', { token })

/** The client identifies, and this backend says who it is. */
async function identify(
  J: RawClient,
  client: RawClient,
  user: { readonly user: string; readonly name?: string },
  token = 'a token',
) {
  const answer = identifyWith(client, token)
  const { id } = await J.next('backend.authenticate')
  J.send({ type: 'backend.authenticate', re: id, data: { authenticated: true, ...user } })
  return answer
}
