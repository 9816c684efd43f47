import { readFileSync } from 'node:fs'
import t from 'tap'
import { SCOPES } from '../protocol/players.ts'
import { readSecret } from '../server/core/store/secrets.ts'
import { createRandom, seedOf } from './support/clock.ts'
import { GENERATORS } from './support/garbage.ts'
import {
  aliasOf,
  CONNECTED,
  channelOf,
  HEARTBEAT,
  type TaloPlayer,
  talo,
  withScopes,
} from './support/talo.ts'

const HOUR = 3_600_000

const res = (name: string, data: object) => JSON.stringify({ res: name, data })
const errorOf = (req: string, message: string, errorCode: string, cause?: string) =>
  res('v1.error', { req, message, errorCode, ...(cause !== undefined && { cause }) })
const listener = (cause: string) =>
  errorOf(
    'v1.channels.message',
    'An error occurred while processing the message',
    'LISTENER_ERROR',
    cause,
  )
const say = ({ socket }: Pick<TaloPlayer, 'socket'>, id: number, message: unknown) =>
  socket.say('v1.channels.message', { channel: { id }, message })

/* The socket. */

for (const req of ['v1.players.identify', 'v1.players.identified'])
  t.test(`(Talo) ${req} answers with the alias and its player`, async (t) => {
    const { call, identify, open, ask, keyWith } = await talo(t, { requireTicket: true })
    const { alias, socketToken } = await identify('billy')
    const { id } = alias.player
    await ask(`PATCH /v1/players/${id}`, {
      props: [
        { key: 'level', value: 3 },
        { key: 'motto', value: 'wait' },
      ],
    })
    await ask(`PUT /v1/players/${id}/groups/vip`)
    const { key } = await keyWith('read:players')
    const { body } = await call('POST /v1/socket-tickets', { key })

    const socket = await open(`/socket?ticket=${body.ticket}`)
    const greeting = await socket.next()
    socket.say(req, { playerAliasId: alias.id, socketToken, sessionToken: '' })

    t.strictSame(Object.keys(body), ['ticket'])
    t.equal(greeting, CONNECTED)
    const props = [
      { key: 'level', value: '3' },
      { key: 'motto', value: 'wait' },
    ]
    const groups = [{ id: 'vip', name: 'vip' }]
    const whole = aliasOf(alias.id, 'billy', id, { props, groups })
    t.equal(await socket.next(), res(`${req}.success`, whole))
  })

t.test('(Talo) what has the wrong shape is told its field, and an unknown request', async (t) => {
  const { connect } = await talo(t)
  const socket = await connect()
  const wrong = (req: string, problem: string, cause: string) =>
    errorOf(req, `Invalid message data: ${problem}`, 'INVALID_MESSAGE_DATA', cause)
  const [identify, message] = ['v1.players.identify', 'v1.channels.message']
  const unknown = (cause: string) =>
    errorOf('unknown', 'Invalid message request', 'INVALID_MESSAGE', cause)
  const lost = (cause: string) =>
    errorOf('unknown', 'An error occurred while routing the message', 'ROUTING_ERROR', cause)

  for (const [said, answer] of [
    [
      `{"req":"${identify}","data":{"socketToken":"x"}}`,
      wrong(
        identify,
        'data.playerAliasId: expected a whole number from 0 to 4294967295, but is missing',
        '{"socketToken":"x"}',
      ),
    ],
    [
      `{"req":"${message}","data":{"channel":{"id":"general"},"message":"hi"}}`,
      wrong(
        message,
        'data.channel.id: expected a whole number from 0 to 4294967295',
        '{"channel":{"id":"general"},"message":"hi"}',
      ),
    ],
    [
      `{"req":"${message}","data":{"channel":{"id":1},"message":7}}`,
      wrong(
        message,
        'data.message: expected text of at most 60000 characters',
        '{"channel":{"id":1},"message":7}',
      ),
    ],
    ...['{"req":"v1.does.not.exist","data":{}}', '{"data":{}}', '7', 'null', '[]'].map(
      (said) => [said, unknown(said)] as const,
    ),
    [`{"req":"${message}"}`, unknown(`{"req":"${message}"}`)],
    ['{"type":"room.list","id":"1"}', unknown('{"type":"room.list","id":"1"}')],
    ['hello', lost('message: expected JSON')],
    [
      '{"req":"v1.broadcasts.message","data":{}}',
      errorOf(
        'v1.broadcasts.message',
        'Request not handled',
        'UNHANDLED_REQUEST',
        'this server does not offer broadcasts; say it in a channel',
      ),
    ],
  ] as const) {
    socket.say(said)
    t.equal(await socket.next(), answer, said)
  }
  t.strictSame(await socket.rest(), [], 'and the socket lives')
})

t.test('(Talo) a frame is heard without the signature before it', async (t) => {
  const { play, call } = await talo(t)
  const ada = await play('ada')
  const made = await call('POST /v1/game-channels', {
    ...{ alias: ada.alias.id, body: { name: 'inn' } },
  })
  const { id } = made.body.channel
  const frame = JSON.stringify({
    req: 'v1.channels.message',
    data: { channel: { id }, message: 'two\nlines' },
  })

  ada.socket.say(`1|eyJyaWQiOiIxIn0=.c2ln+/8=\n${frame}`)
  const heard = JSON.parse(await ada.socket.next())
  const wrong: string[] = []
  for (const said of [
    `1|a.b\n${'['.repeat(40)}${']'.repeat(40)}`,
    '1|a.b\nhello',
    `no signature\n${frame}`,
  ]) {
    ada.socket.say(said)
    wrong.push(JSON.parse(await ada.socket.next()).data.errorCode)
  }

  t.match(heard, { res: 'v1.channels.message', data: { message: 'two\nlines' } })
  t.strictSame(wrong, ['ROUTING_ERROR', 'ROUTING_ERROR', 'ROUTING_ERROR'])
})

t.test('(Talo) a ticket connects once, for five minutes; else 3000', async (t) => {
  const { open, ticket, clock } = await talo(t)
  const [used, atRoot, late, later] = await Promise.all([ticket(), ticket(), ticket(), ticket()])
  const first = await open(`/socket?ticket=${used}`)

  t.equal(await first.next(), CONNECTED)
  t.equal(await (await open(`/?ticket=${atRoot}`)).next(), CONNECTED)
  for (const query of ['', '?ticket=', `?ticket=${used}`, '?ticket=made-up', `?ticket=${late}x`])
    t.match(await (await open(`/socket${query}`)).closed, { code: 3000 }, query || 'none')
  t.match(await (await open('/?ticket=')).closed, { code: 3000 }, 'none, at /')
  t.strictSame(await first.rest(), [], 'who is connected stays so')
  clock.advance(300_000)
  t.equal(await (await open(`/socket?ticket=${late}`)).next(), CONNECTED, 'after five minutes')
  clock.advance(1)
  t.match(await (await open(`/socket?ticket=${later}`)).closed, { code: 3000 }, 'after more')
})

t.test('(Talo) of twenty sockets that race one ticket, exactly one wins', async (t) => {
  const { open, ticket } = await talo(t, { file: `${t.testdir()}/a.db` })

  for (let round = 0; round < 10; round++) {
    const address = `/socket?ticket=${await ticket()}`
    const sockets = await Promise.all(Array.from({ length: 20 }, () => open(address)))
    const outcomes = await Promise.all(
      sockets.map((socket) =>
        Promise.race([
          socket.closed.then(({ code }) => `${code}`),
          socket.next().catch(() => '3000'),
        ]),
      ),
    )
    t.equal(outcomes.filter((one) => one === CONNECTED).length, 1, 'one')
    t.equal(outcomes.filter((one) => one === '3000').length, 19, 'the others')
    for (const { drop } of sockets) drop()
  }
})

t.test('(Talo) a wrong or old socket token is refused, and makes no player', async (t) => {
  const { connect, identify, call, clock, store } = await talo(t)
  const [ada, bob] = [await identify('ada'), await identify('bob')]
  const { body } = await call('POST /v1/players/socket-token', { alias: ada.alias.id })
  const invalid = errorOf('v1.players.identify', 'Invalid socket token', 'INVALID_SOCKET_TOKEN')
  const answerTo = async (playerAliasId: number, socketToken: string) => {
    const socket = await connect()
    socket.say('v1.players.identify', { playerAliasId, socketToken })
    return socket.next()
  }

  t.strictSame(Object.keys(body), ['socketToken'])
  for (const [id, token] of [
    [ada.alias.id, ada.socketToken],
    [bob.alias.id, body.socketToken],
    [ada.alias.id, ''],
    [999, body.socketToken],
  ])
    t.equal(await answerTo(id, token), invalid)
  clock.advance(HOUR + 1)
  t.equal(await answerTo(ada.alias.id, body.socketToken), invalid, 'older than an hour')
  t.equal(await store.run('alias.get', { id: 999 }), null)
})

t.test('(Talo) who has not identified is told NO_PLAYER_FOUND', async (t) => {
  const { connect } = await talo(t)
  const socket = await connect()

  say({ socket }, 1, 'hi')

  const message = 'You must identify a player before sending this request'
  t.equal(await socket.next(), errorOf('v1.channels.message', message, 'NO_PLAYER_FOUND'))
})

t.test('(Talo) without a scope nothing is said, or nothing heard', async (t) => {
  const { play, keyWith, call } = await talo(t)
  const [reader, writer] = await Promise.all([
    keyWith(...withScopes('read:channels')),
    keyWith(...withScopes('write:channels')),
  ])
  const ada = await play('ada')
  const bob = await play('bob', reader.key)
  const cleo = await play('cleo', writer.key)
  const { id } = (
    await call('POST /v1/game-channels', { alias: ada.alias.id, body: { name: 'inn' } })
  ).body.channel
  for (const { alias } of [bob, cleo])
    await call(`POST /v1/game-channels/${id}/join`, { alias: alias.id })
  await ada.socket.rest()
  await bob.socket.rest()

  say(bob, id, 'mute')
  const refused = await bob.socket.next()
  say(cleo, id, 'deaf')
  const heard = JSON.parse(await ada.socket.next())

  const message = 'Missing access key scope(s): write:gameChannels'
  t.equal(refused, errorOf('v1.channels.message', message, 'MISSING_ACCESS_KEY_SCOPES'))
  t.match(heard, { res: 'v1.channels.message', data: { message: 'deaf' } })
  t.strictSame(await cleo.socket.rest(), [], 'neither who joined nor what it said itself')
})

t.test('(Talo) a message of who is no member, or into no channel, says why', async (t) => {
  const { play, ask } = await talo(t)
  const ada = await play('ada')
  const { channel } = await ask('POST /v1/channels', { name: 'inn' })

  say(ada, channel.id, 'hi')
  t.equal(await ada.socket.next(), listener('Player not in channel'))
  say(ada, 99, 'hi')
  t.equal(await ada.socket.next(), listener('Channel not found'))
})

t.test('(Talo) members hear, the sender included, and others do not', async (t) => {
  const { play, call } = await talo(t)
  const [ada, bob, cleo] = [await play('ada'), await play('bob'), await play('cleo')]
  const { id } = (
    await call('POST /v1/game-channels', { alias: ada.alias.id, body: { name: 'inn' } })
  ).body.channel
  await call(`POST /v1/game-channels/${id}/join`, { alias: bob.alias.id })
  const inn = (more: object) => channelOf(id, 'inn', ada.alias, { memberCount: 2, ...more })

  const joined = res('v1.channels.player-joined', { channel: inn({}), playerAlias: bob.alias })
  t.equal(await ada.socket.next(), joined)
  t.equal(await bob.socket.next(), joined)
  for (const [index, message] of ['hello', '\ud800 "quoted" 🙂'].entries()) {
    say(bob, id, message)
    const pushed = res('v1.channels.message', {
      channel: inn({ totalMessages: index + 1 }),
      message: message.toWellFormed(),
      playerAlias: bob.alias,
    })
    t.equal(await bob.socket.next(), pushed)
    t.equal(await ada.socket.next(), pushed)
  }
  await call(`POST /v1/game-channels/${id}/leave`, { alias: bob.alias.id })
  const left = res('v1.channels.player-left', {
    channel: inn({ memberCount: 1, totalMessages: 2 }),
    playerAlias: bob.alias,
    meta: { reason: 0 },
  })
  t.equal(await ada.socket.next(), left)
  t.equal(await bob.socket.next(), left, 'the last that who leaves hears')
  say(ada, id, 'alone')
  await ada.socket.next()
  t.strictSame(await bob.socket.rest(), [])
  t.strictSame(await cleo.socket.rest(), [])
})

t.test('(Talo) receive_bytes: what its client could not read is told as an error', async (t) => {
  const { play, call, ask, identify, connect } = await talo(t)
  const [ada, bob] = [await play('ada'), await play('bob')]
  const body = { name: 'inn' }
  const made = await call('POST /v1/game-channels', { alias: ada.alias.id, body })
  const { id } = made.body.channel
  /** Of some 3,000 bytes each, as Talo has them. */
  const carry = (count: number) =>
    ask(`PATCH /v1/players/${ada.alias.player.id}`, {
      props: Array.from({ length: count }, (_, n) => ({ key: `${n}`, value: Array(600).fill('') })),
    })

  await carry(8)
  say(ada, id, 'once as the owner, once as who says it')
  const whole = await ada.socket.next()
  await carry(15)
  say(ada, id, 'too much')
  const toldOf = await ada.socket.next()
  const joins = await call(`POST /v1/game-channels/${id}/join`, { alias: bob.alias.id })
  const [joined] = await bob.socket.rest()
  await carry(30)
  const { alias, socketToken } = await identify('ada')
  const other = await connect()
  other.say('v1.players.identify', { playerAliasId: alias.id, socketToken })
  const answered = await other.next()

  const req = 'v1.players.identify'
  const why = (type: string) =>
    new RegExp(`^${type}: \\d{5,6} bytes do not fit receive_bytes 65535$`)
  const error = { res: 'v1.error', data: { errorCode: 'LISTENER_ERROR' } }
  t.match(JSON.parse(whole), { res: 'v1.channels.message' })
  t.match(JSON.parse(toldOf), { ...error, data: { cause: why('channel.message') } })
  t.equal(joins.status, 200, 'over HTTP there is no such bound')
  t.match(JSON.parse(joined ?? ''), { res: 'v1.channels.player-joined' }, 'the owner’s are enough')
  t.match(JSON.parse(answered), { ...error, data: { req, cause: why('player.identify') } })
  t.strictSame(await ada.socket.rest(), [joined], 'and the sockets live')
})

t.test('a player of several aliases is shown by the one used last', async (t) => {
  const { play, identify, ask, call, clock } = await talo(t)
  const ada = await play('ada')
  const { id } = ada.alias.player
  const { channel } = await ask('POST /v1/channels', { name: 'inn', owner: id })
  await ask(`POST /v1/players/${id}/aliases`, { service: 'steam', identifier: '7656' })
  const members = async () =>
    (await call(`GET /v1/game-channels/${channel.id}/members`, { alias: ada.alias.id })).body
      .members
  const shown = async () => (await members()).map(({ service }: { service: string }) => service)

  clock.advance(1)
  await identify('7656', 'steam')
  t.strictSame(await shown(), ['steam'])
  clock.advance(1)
  await identify('ada')
  t.strictSame(await shown(), ['username'])
})

t.test('what is said comes in the order in which it was, to everybody', async (t) => {
  const { play, call } = await talo(t)
  const [ada, bob] = [await play('ada'), await play('bob')]
  const { id } = (
    await call('POST /v1/game-channels', { alias: ada.alias.id, body: { name: 'inn' } })
  ).body.channel
  await call(`POST /v1/game-channels/${id}/join`, { alias: bob.alias.id })
  await Promise.all([ada.socket.next(), bob.socket.next()])

  for (let number = 0; number < 30; number++) say(number % 3 ? ada : bob, id, `${number}`)
  const heard = async ({ socket }: TaloPlayer) => {
    const numbers: [number, string][] = []
    while (numbers.length < 30) {
      const { data } = JSON.parse(await socket.next())
      numbers.push([data.channel.totalMessages, data.message])
    }
    return numbers
  }

  const [first, second] = await Promise.all([heard(ada), heard(bob)])
  t.strictSame(first, second)
  t.strictSame(
    first.map(([total]) => total),
    first.map((_, index) => index + 1),
  )
})

t.test('(Talo) of requests in flight each error names its own', async (t) => {
  const { connect, identify } = await talo(t)
  const { alias } = await identify('ada')
  const socket = await connect()

  say({ socket }, 1, 'hi')
  socket.say('v1.players.identified', { playerAliasId: alias.id, socketToken: 'x' })
  socket.say('v1.players.identify', { playerAliasId: alias.id, socketToken: 'y' })
  const errors = [await socket.next(), await socket.next(), await socket.next()]

  t.strictSame(
    errors
      .map((error) => JSON.parse(error).data)
      .map(({ req, errorCode }) => `${req} ${errorCode}`)
      .sort(),
    [
      'v1.channels.message NO_PLAYER_FOUND',
      'v1.players.identified INVALID_SOCKET_TOKEN',
      'v1.players.identify INVALID_SOCKET_TOKEN',
    ],
  )
})

t.test('(Talo) a heartbeat is echoed; a flood gets an error, then close 1008', async (t) => {
  const { connect } = await talo(t, { rates: {} })
  const calm = await connect()
  const hasty = await connect()

  calm.say(HEARTBEAT)
  t.equal(await calm.next(), HEARTBEAT, 'text, and no JSON')
  for (let count = 0; count < 1_000; count++) hasty.say(HEARTBEAT)
  let answer = HEARTBEAT
  while (answer === HEARTBEAT) answer = await hasty.next()

  t.equal(answer, errorOf('unknown', 'Rate limit exceeded', 'RATE_LIMIT_EXCEEDED'))
  t.match(await hasty.closed, { code: 1008 })
  t.strictSame(await calm.rest(), [], 'who is calm stays')
})

t.test('(Talo) malformed frames close with 1008 once they are abuse', async (t) => {
  const { connect } = await talo(t, { rates: {} })
  const socket = await connect()

  for (let count = 0; count < 200; count++) socket.say('nonsense')

  t.match(await socket.closed, { code: 1008 })
})

t.test('(Talo) without read:players nobody identifies', async (t) => {
  const { connect, identify, keyWith, call } = await talo(t)
  const { key } = await keyWith('write:players', 'read:channels', 'write:channels')
  const { alias, socketToken } = await identify('ada')
  const socket = await connect(key)

  socket.say('v1.players.identify', { playerAliasId: alias.id, socketToken })
  const called = await call('GET /v1/players/identify?service=username&identifier=ada', { key })

  const message = 'Missing access key scope(s): read:players'
  t.equal(await socket.next(), errorOf('v1.players.identify', message, 'MISSING_ACCESS_KEY_SCOPES'))
  t.equal(called.status, 403)
  t.strictSame(called.body, { message })
})

t.test('(Talo) what a ticket fixes stays; revoking its key closes with 3000', async (t) => {
  const { play, call, keyWith, store, clock } = await talo(t)
  const { key, id } = await keyWith(...SCOPES)
  const ada = await play('ada', key)
  const bob = await play('bob')
  const unused = (await call('POST /v1/socket-tickets', { key })).body.ticket

  const dev = { 'x-talo-dev-build': '1' }
  const made = await call('GET /v1/players/identify?service=steam&identifier=7', { headers: dev })
  const { ticket } = (await call('POST /v1/socket-tickets', { headers: dev })).body
  await store.run('key.revoke', { id, at: 1 })
  clock.advance(1_000)

  t.match(await ada.socket.closed, { code: 3000, reason: 'access key revoked' })
  t.strictSame(await bob.socket.rest(), [], 'others stay')
  t.equal(made.body.alias.player.devBuild, true)
  t.match(await store.run('ticket.take', { ...readSecret(ticket), at: 0 }), { dev: true })
  t.equal((await call('POST /v1/socket-tickets', { key })).status, 401, 'the key opens nothing')
  t.equal(
    await store.run('ticket.take', { ...readSecret(unused), at: 0 }),
    null,
    'nor do its tickets',
  )
})

t.test('whatever is thrown at it gets one error each, and harms nobody', async (t) => {
  const seed = seedOf()
  t.comment(`SEED=${seed}`)
  const random = createRandom(seed)
  const { play, lines } = await talo(t)
  const [ada, eve] = [await play('ada'), await play('eve')]
  const reqs = ['v1.players.identify', 'v1.channels.message', 'v1.broadcasts.message']
  const values = ['null', '[]', '"x"', '-1', '1e999', '{"id":{}}', '{"id":4294967296}', '{}']
  const shaped = () => {
    const [one, other] = [random.pick(values), random.pick(values)]
    const fields = { playerAliasId: one, socketToken: other, channel: other, message: one }
    const data = Object.entries(fields).map(([name, value]) => `"${name}":${value}`)
    return `{"req":"${random.pick(reqs)}","data":{${data.join()}}}`
  }

  for (let count = 0; count < 600; count++) {
    const { bytes, isBinary } = random.pick(GENERATORS).make(random)
    if (count % 3 === 0) eve.socket.say(shaped())
    else eve.socket.bytes(bytes, isBinary)
  }

  const answers = await eve.socket.rest()
  t.equal(answers.length, 600)
  t.strictSame(
    answers.filter((answer) => JSON.parse(answer).res !== 'v1.error'),
    [],
  )
  t.strictSame(await ada.socket.rest(), [])
  t.strictSame(
    lines.filter(({ level }) => Number(level) >= 50),
    [],
    'no bug was logged',
  )
})

t.test('what COMPATIBILITY.md shows of the socket is what is on it', async (t) => {
  const { play, ask } = await talo(t)
  const guide = readFileSync(new URL('../protocol/COMPATIBILITY.md', import.meta.url), 'utf8')
  const [, block = ''] = /^```text\n((?:[→←] \{"re[qs]".*\n)+)```$/m.exec(guide) ?? []
  const shown = block.split('\n').map((line) => line.slice(2))
  const ada = await play('billy')
  await ask('POST /v1/channels', { name: 'inn' })
  say(ada, 1, 'hi')

  t.equal(shown[0], CONNECTED)
  t.strictSame(keysIn(JSON.parse(shown[2] ?? '')), keysIn({ res: '', data: ada.alias }))
  t.equal(shown[4], await ada.socket.next())
  for (const line of [shown[1], shown[3]]) {
    ada.socket.say(line ?? '')
    t.notMatch(await ada.socket.next(), 'INVALID_MESSAGE')
  }
})

/** Every key of an object and of those in it, in order. */
function keysIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysIn(inner)])
}

/* Beside our own clients. */

t.test('a guest of ours and a player of Talo’s talk in one channel', async (t) => {
  const { play, raw, ask } = await talo(t)
  const ada = await play('ada')
  const native = await raw()
  const { data } = await native.ask('player.identify', { name: 'Vladimir' })
  const guest = data.player.id
  const { channel } = await native
    .ask('channel.create', { name: 'inn', props: { beer: { dark: true } } })
    .then((made) => made.data)
  await ask(`PUT /v1/channels/${channel.id}/members/${ada.alias.player.id}`)
  await ada.socket.next()

  say(ada, channel.id, 'hello')
  await ada.socket.next()
  await native.ask('channel.send', { channel: channel.id, message: { mood: 'idle' } })
  const pushed = JSON.parse(await ada.socket.next()).data

  t.match((await native.next('channel.message')).data, { message: 'hello', name: 'ada' })
  t.equal(pushed.message, '{"mood":"idle"}', 'what is no text comes as JSON')
  t.match(pushed.playerAlias, {
    ...{ id: 0, service: 'guest', identifier: 'Vladimir', player: { id: guest } },
  })
  t.strictSame(pushed.channel.props, [{ key: 'beer', value: '{"dark":true}' }])
  t.match(pushed.channel.owner, { service: 'guest', identifier: 'Vladimir' })

  await native.ask('channel.update', { channel: channel.id, name: 'pub' })
  t.match(JSON.parse(await ada.socket.next()), {
    res: 'v1.channels.updated',
    data: { channel: { name: 'pub' }, changedProperties: ['name'] },
  })
  await native.ask('channel.delete', { channel: channel.id })
  t.match(JSON.parse(await ada.socket.next()), {
    ...{ res: 'v1.channels.deleted', data: { channel: { id: channel.id } } },
  })
})

t.test('what only our own clients know never reaches one of Talo’s', async (t) => {
  const { play, connect } = await talo(t)
  const ada = await play('ada')
  const stranger = await connect()

  for (const text of [
    '{"type":"session.hello","id":"1","data":{}}',
    '{"type":"session.resume","id":"1","data":{"token":"x","attempt":1,"sent":0,"received":0,"forgotten":0}}',
    '{"type":0,"text":"hello"}',
    '{"type":"player.identify","id":"1","data":{}}',
  ])
    stranger.say(text)

  for (const frame of [...(await stranger.rest()), ...(await ada.socket.rest())])
    t.match(JSON.parse(frame), { res: 'v1.error', data: { errorCode: 'INVALID_MESSAGE' } })
})

t.test('no ticket, token or key is in the log', async (t) => {
  const { call, identify, open, key, lines, connect } = await talo(t)
  const { alias, socketToken } = await identify('ada')
  const { ticket } = (await call('POST /v1/socket-tickets')).body
  const socket = await open(`/socket?ticket=${ticket}`)
  await socket.next()
  await (await open(`/?ticket=${ticket}`)).closed
  await (await open(`/elsewhere?ticket=${ticket}`)).closed
  socket.say('v1.players.identify', { playerAliasId: alias.id, socketToken })
  await socket.next()
  const other = await connect()
  other.say('v1.players.identify', { playerAliasId: alias.id + 1, socketToken })
  other.say(`{"req":"${socketToken}"`)
  await other.rest()

  const logged = JSON.stringify(lines)
  t.match(logged, 'player identified')
  for (const secret of [ticket, socketToken, key])
    t.notOk(logged.includes(secret.split('.').at(-1) ?? ''), 'no secret')
})
