import t from 'tap'
import { TALO_ABSENT, TALO_CALLS, TALO_VERSIONS, type TaloCallName } from '../protocol/talo.ts'
import type { Any } from './support/client.ts'
import {
  aliasOf,
  channelOf,
  pluginBytes,
  type RawAnswer,
  sayRaw,
  type Talo,
  talo,
} from './support/talo.ts'

/** Whom and what the calls are about. */
interface Scene {
  readonly ada: Any
  readonly bob: Any
  readonly channel: number
  readonly doomed: number
}

/** What the plugin writes for each call that is answered: path and body. */
const RECORDED: Readonly<
  Record<TaloCallName, (scene: Scene) => readonly [path: string, body?: object]>
> = {
  'GET /public/health': () => ['/public/health'],
  'GET /v1/health-check': () => ['/v1/health-check'],
  'POST /v1/socket-tickets': () => ['/v1/socket-tickets'],
  'GET /v1/players/identify': () => ['/v1/players/identify?service=username&identifier=ada%20l'],
  'POST /v1/players/socket-token': () => ['/v1/players/socket-token'],
  'GET /v1/players/:id': ({ ada }) => [`/v1/players/${ada.player.id}`],
  'PATCH /v1/players/:id': ({ ada }) => [
    `/v1/players/${ada.player.id}`,
    {
      props: [
        { key: 'level', value: '3' },
        { key: 'gone', value: null },
      ],
    },
  ],
  'GET /v1/game-channels': () => ['/v1/game-channels?page=0'],
  'POST /v1/game-channels': () => [
    '/v1/game-channels',
    {
      autoCleanup: false,
      name: 'inn',
      private: false,
      props: [{ key: 'kind', value: 'guild' }],
      temporaryMembership: false,
    },
  ],
  'GET /v1/game-channels/subscriptions': () => ['/v1/game-channels/subscriptions'],
  'GET /v1/game-channels/:id': ({ channel }) => [`/v1/game-channels/${channel}`],
  'PUT /v1/game-channels/:id': ({ channel }) => [`/v1/game-channels/${channel}`, { name: 'pub' }],
  'DELETE /v1/game-channels/:id': ({ doomed }) => [`/v1/game-channels/${doomed}`],
  'POST /v1/game-channels/:id/join': ({ channel }) => [`/v1/game-channels/${channel}/join`],
  'POST /v1/game-channels/:id/leave': ({ channel }) => [`/v1/game-channels/${channel}/leave`],
  'POST /v1/game-channels/:id/invite': ({ channel, bob }) => [
    `/v1/game-channels/${channel}/invite`,
    { inviteeAliasId: bob.id },
  ],
  'GET /v1/game-channels/:id/members': ({ channel }) => [
    `/v1/game-channels/${channel}/members?page=0`,
  ],
}

interface Span {
  readonly since?: string
  readonly until?: string
}

/** The calls of a table that a version makes. */
const askedBy = <T extends object>(version: string, table: T) =>
  Object.entries<Span>(table as Readonly<Record<string, Span>>)
    .filter(([, { since = version, until = version }]) => since <= version && version <= until)
    .map(([name]) => name as keyof T & string)

async function sceneIn({ call, identify }: Talo): Promise<Scene> {
  const [{ alias: ada }, { alias: bob }] = [await identify('ada'), await identify('bob')]
  const make = async () => {
    const said = { alias: ada.id, body: { name: 'inn' } }
    return (await call('POST /v1/game-channels', said)).body.channel.id
  }
  return { ada, bob, channel: await make(), doomed: await make() }
}

const methodOf = (name: string) => name.split(' ')[0]

for (const version of TALO_VERSIONS)
  t.test(`whatever Talo’s plugin ${version} asks is answered as the list says`, async (t) => {
    const game = await talo(t)
    const { port, key } = game
    const scene = await sceneIn(game)
    const as = { version, key, alias: scene.ada }
    const unlike = (name: string, { status, body }: RawAnswer, wanted: number) => {
      const isJson = status === 204 ? body === undefined : Object(body) === body
      return status === wanted && isJson ? [] : [{ name, status, body }]
    }

    const wrong: object[] = []
    for (const name of askedBy(version, TALO_CALLS)) {
      const [path, body] = RECORDED[name](scene)
      const answer = await sayRaw(
        port,
        pluginBytes({ ...as, call: `${methodOf(name)} ${path}`, body }),
      )
      wrong.push(...unlike(name, answer, TALO_CALLS[name].told.startsWith('204') ? 204 : 200))
    }
    for (const name of askedBy(version, TALO_ABSENT)) {
      const call = name.replace(/:\w+/g, 'x')
      const answer = await sayRaw(port, pluginBytes({ ...as, call, body: { some: 'thing' } }))
      wrong.push(...unlike(name, answer, 404))
      t.strictSame(Object.keys(answer.body), ['message'], name)
    }

    t.strictSame(wrong, [])
    t.ok(askedBy(version, TALO_ABSENT).length > 30, 'and what is not there was asked as well')
  })

t.test('what is not offered is 400, 404 or 405, which no game keeps to ask it again', async (t) => {
  const game = await talo(t)
  const { ada, channel } = await sceneIn(game)
  const as = { alias: ada.id }

  for (const [route, said, status, message] of [
    ['POST /v1/events/', { body: { events: [] } }, 404, /^there is nothing at POST \/v1\/events\//],
    ['PUT /v1/nonsense', {}, 404, /^there is nothing at \/v1\/nonsense; /],
    ['PUT /v1/socket-tickets', {}, 405, /header `allow`/],
    ['DELETE /v1/players/x', {}, 405, /header `allow`/],
    ['GET /elsewhere', {}, 404, /^there is nothing at \/elsewhere; /],
    ['GET /v1/players/identify?service=talo&identifier=x', {}, 400, /no Talo accounts/],
    ['GET /v1/game-channels?search=x', {}, 400, /^query\.search: .*does not filter/],
    ['POST /v1/game-channels', { ...as, body: { name: 'x', private: true } }, 400, /^private: /],
    [`PUT /v1/game-channels/${channel}`, { ...as, body: { autoCleanup: true } }, 400, /^autoCl/],
  ] as const) {
    const answer = await game.call(route, said)
    t.match(answer, { status, body: { message } }, route)
    t.strictSame(Object.keys(answer.body), ['message'], route)
  }
  const plain = await game.call('GET /public/health', { headers: {}, key: '' })
  t.match(plain, { status: 204, body: undefined }, 'health is asked without a key')
})

t.test('a player’s props are written, several under one name as well, and read', async (t) => {
  const { call, identify, ask } = await talo(t)
  const { alias } = await identify('ada')
  const path = `/v1/players/${alias.player.id}`
  const write = (...props: readonly (readonly [string, string | null])[]) =>
    call(`PATCH ${path}`, { body: { props: props.map(([key, value]) => ({ key, value })) } })

  const written = await write(['level', '3'], ['gone', null], ['bag[]', 'axe'], ['bag[]', 'rope'])
  await ask(`PATCH ${path}`, { props: [{ key: 'pos', value: { x: 1 } }] })
  const changed = await write(['level', null], ['bag[]', 'axe'], ['', 'nothing'])
  const found = await call(`GET ${path}`)
  const none = await write(['bag[]', null])

  const props = (...said: readonly (readonly [string, string])[]) =>
    said.map(([key, value]) => ({ key, value }))
  t.equal(written.status, 200)
  t.strictSame(Object.keys(written.body), ['player', 'rejectedProps'])
  t.strictSame(written.body.rejectedProps, [])
  t.strictSame(
    written.body.player.props,
    props(['bag[]', 'axe'], ['bag[]', 'rope'], ['level', '3']),
  )
  t.strictSame(changed.body.player.props, props(['bag[]', 'axe'], ['pos', '{"x":1}']))
  t.strictSame(found.body, { player: changed.body.player })
  const { aliases, ...player } = found.body.player
  t.strictSame(
    aliases.map(({ displayName, player: inner }: Any) => [displayName, inner]),
    [['ada', player]],
  )
  t.strictSame(none.body.player.props, props(['pos', '{"x":1}']))
  t.match(await call('GET /v1/players/nobody'), { status: 404, body: { message: String } })
  t.match(await call('PATCH /v1/players/nobody', { body: {} }), { status: 404 })
})

t.test('a prop that is too long is told, and those beside it are written', async (t) => {
  const { call, identify } = await talo(t, { limits: { data_bytes: 100 } })
  const { alias } = await identify('ada')
  const [key, value] = ['k'.repeat(65), 'v'.repeat(101)]

  const { status, body } = await call(`PATCH /v1/players/${alias.player.id}`, {
    body: {
      props: [
        { key, value: 'x' },
        { key: 'long', value },
        { key: 'level', value: '3' },
      ],
    },
  })

  t.equal(status, 200)
  t.strictSame(body.player.props, [{ key: 'level', value: '3' }])
  t.match(body.rejectedProps, [
    { key, error: 'PROP_KEY_TOO_LONG', message: /64/ },
    { key: 'long', error: 'PROP_VALUE_TOO_LONG', message: /100/ },
  ])
})

t.test('a channel is changed, handed on, invited to and deleted by its owner alone', async (t) => {
  const { play, call } = await talo(t)
  const [ada, bob] = [await play('ada'), await play('bob')]
  const props = [{ key: 'kind', value: 'guild' }]
  const made = await call('POST /v1/game-channels', {
    ...{ alias: ada.alias.id, body: { name: 'inn', props } },
  })
  const { id } = made.body.channel
  const said = async (method: string, of: { alias: Any }, body?: object, at = '') =>
    call(`${method} /v1/game-channels/${id}${at}`, { alias: of.alias.id, body })
  const heard = async ({ socket }: typeof ada) => JSON.parse(await socket.next())

  const changes = {
    name: 'pub',
    props: [
      { key: 'beer', value: 'dark' },
      { key: 'kind', value: null },
    ],
  }
  const changed = await said('PUT', ada, changes)
  const told = await heard(ada)
  const invited = await said('POST', ada, { inviteeAliasId: bob.alias.id }, '/invite')
  const joined = [await heard(ada), await heard(bob)]
  const refused = [
    await said('PUT', bob, { name: 'mine' }),
    await said('DELETE', bob),
    await said('POST', bob, { inviteeAliasId: ada.alias.id }, '/invite'),
  ]
  const handed = await said('PUT', ada, { ownerAliasId: bob.alias.id })
  const transferred = await heard(ada)
  const both = await said('PUT', bob, { name: 'inn', ownerAliasId: ada.alias.id })
  const [, first, second] = [await heard(bob), await heard(bob), await heard(bob)]
  const unknown = [
    await said('PUT', ada, { ownerAliasId: 99 }),
    await said('POST', ada, { inviteeAliasId: 99 }, '/invite'),
  ]
  const self = await said('POST', ada, { inviteeAliasId: ada.alias.id }, '/invite')
  const nothing = await said('PUT', ada, {})
  const gone = await said('DELETE', ada)

  const beer = [{ key: 'beer', value: 'dark' }]
  const pub = channelOf(id, 'pub', ada.alias, { props: beer })
  t.strictSame(changed.body, { channel: pub })
  t.strictSame(told, {
    ...{ res: 'v1.channels.updated', data: { channel: pub, changedProperties: ['name', 'props'] } },
  })
  t.match(invited, { status: 204, body: undefined })
  for (const one of joined)
    t.match(one, { res: 'v1.channels.player-joined', data: { playerAlias: bob.alias } })
  for (const one of refused) t.match(one, { status: 403, body: { message: /owner/ } })
  const bobs = channelOf(id, 'pub', bob.alias, { props: beer, memberCount: 2 })
  t.strictSame(handed.body, { channel: bobs })
  t.strictSame(transferred, {
    res: 'v1.channels.ownership-transferred',
    data: { channel: bobs, newOwner: bob.alias },
  })
  const adas = { ...bobs, name: 'inn', owner: ada.alias }
  t.strictSame(both.body, { channel: adas })
  t.strictSame(
    [first, second],
    [
      {
        res: 'v1.channels.ownership-transferred',
        data: { channel: adas, newOwner: ada.alias },
      },
      {
        res: 'v1.channels.updated',
        data: { channel: adas, changedProperties: ['name', 'ownerAliasId'] },
      },
    ],
  )
  for (const one of unknown) t.match(one, { status: 404, body: { message: 'Player not found' } })
  t.match(self, { status: 400, body: { message: /^body\.inviteeAliasId/ } })
  t.strictSame(nothing.body, { channel: adas }, 'nothing said, nothing changed')
  t.match(gone, { status: 204, body: undefined })
  t.match(
    (await bob.socket.rest()).map((frame) => JSON.parse(frame)),
    [{ res: 'v1.channels.deleted', data: { channel: { id } } }],
  )
  t.match(await said('DELETE', ada), { status: 404, body: { message: 'Channel not found' } })
})

t.test('who is handed a channel becomes a member of it', async (t) => {
  const game = await talo(t)
  const { ada, bob, channel } = await sceneIn(game)

  const { body } = await game.call(`PUT /v1/game-channels/${channel}`, {
    ...{ alias: ada.id, body: { ownerAliasId: bob.id } },
  })

  t.match(body.channel, { owner: { identifier: 'bob' }, memberCount: 2 })
})

t.test('a name that Godot writes as it is finds its player, over the encoded path', async (t) => {
  const { port, key, call } = await talo(t)
  const ask = (call: string) => sayRaw(port, pluginBytes({ version: '0.49', key, call }))
  const path = '/v1/players/identify?service=username&identifier='

  const sent = await ask(`GET ${path}Zoë%20日本🙂`)
  const location = /^location: (.*)$/m.exec(sent.head)?.[1] ?? ''
  const found = await call(`GET ${location}`)

  t.equal(sent.status, 302, 'which is what Godot follows, unlike 307 and 308')
  t.equal(location, `${path}${encodeURIComponent('Zoë 日本🙂')}`)
  t.match(found, {
    ...{ status: 200, body: { alias: { identifier: 'Zoë 日本🙂', displayName: 'Zoë 日本🙂' } } },
  })
  for (const [call, status] of [
    ['GET //elsewhere.example/ë', 400],
    ['GET https://elsewhere.example/ë', 400],
    ['PUT /v1/game-stats/ë', 400],
    ['GET /v1/\x01ë', 400],
  ] as const) {
    const { head, body, ...answer } = await ask(call)
    t.match(answer, { status }, call)
    t.notMatch(head, /^location:/m)
    t.type(body.message, 'string', 'and JSON, which the plugin reads')
  }
})

t.test(
  'a game reaches the socket by the calls it knows: health, identify, token, ticket',
  async (t) => {
    const { call } = await talo(t)

    const health = await call('GET /v1/health-check', { key: '' })
    const withBody = await call('GET /v1/health-check?body=1', { key: '' })
    const identified = await call('GET /v1/players/identify?service=username&identifier=billy')
    const { alias, socketToken } = identified.body
    const token = await call('POST /v1/players/socket-token', { alias: alias.id })
    const ticket = await call('POST /v1/socket-tickets', { body: {} })

    t.match(health, { status: 204, body: undefined })
    t.equal(health.headers.get('content-type'), null)
    t.match(withBody, { status: 200, body: { ok: true } })
    t.equal(identified.status, 200)
    const made = aliasOf(alias.id, 'billy', alias.player.id)
    t.equal(JSON.stringify(identified.body), JSON.stringify({ alias: made, socketToken }))
    t.match(token, { status: 200, body: { socketToken: /^\S{40,}$/ } })
    t.not(token.body.socketToken, socketToken)
    t.equal(ticket.status, 200)
    t.strictSame(Object.keys(ticket.body), ['ticket'])
  },
)

t.test(
  'identifying finds the same player again, and makes none without write:players',
  async (t) => {
    const { identify, call, keyWith, ask } = await talo(t)
    const { key } = await keyWith('read:players')
    const path = 'GET /v1/players/identify?service=username&identifier='

    const [first, again] = [await identify('billy'), await identify(' billy ')]
    const elsewhere = await identify('billy@example.org', 'email')
    const found = await call(`${path}billy`, { key })
    const none = await call(`${path}nobody`, { key })

    t.strictSame(again.alias, first.alias)
    t.not(elsewhere.alias.player.id, first.alias.player.id)
    t.strictSame(found.body.alias, first.alias)
    t.match(none, { status: 404, body: { message: 'Player not found' } })
    t.match(await ask(`GET /v1/players/${first.alias.player.id}`), { player: { name: 'billy' } })
    const { player } = await ask(`GET /v1/players/${elsewhere.alias.player.id}`)
    t.notMatch(
      player.name,
      'example.org',
      'who gave no name to be seen is not called by an address',
    )
  },
)

t.test('channels are made, listed, joined, looked into and left', async (t) => {
  const { identify, call } = await talo(t)
  const [ada, bob] = [(await identify('ada')).alias, (await identify('bob')).alias]
  const props = [{ key: 'channelType', value: 'guild' }]
  const as = { alias: bob.id }

  const made = await call('POST /v1/game-channels', {
    alias: ada.id,
    body: { name: 'guild-chat', props, autoCleanup: false, private: false },
  })
  const { id } = made.body.channel
  const channel = channelOf(id, 'guild-chat', ada, { props })
  const shared = { ...channel, memberCount: 2 }
  const listed = await call('GET /v1/game-channels?page=0')
  const joined = await call(`POST /v1/game-channels/${id}/join`, { ...as, body: {} })
  const again = await call(`POST /v1/game-channels/${id}/join`, as)
  const got = await call(`GET /v1/game-channels/${id}`)
  const own = await call('GET /v1/game-channels/subscriptions', as)
  const members = await call(`GET /v1/game-channels/${id}/members?page=0`, as)
  const left = await call(`POST /v1/game-channels/${id}/leave`, as)
  const none = await call('GET /v1/game-channels/subscriptions', as)
  const outside = await call(`GET /v1/game-channels/${id}/members`, as)

  const page = { count: 1, itemsPerPage: 50, isLastPage: true }
  for (const [answer, body] of [
    [made, { channel }],
    [listed, { channels: [channel], ...page }],
    [joined, { channel: shared }],
    [again, { channel: shared }],
    [got, { channel: shared }],
    [own, { channels: [shared] }],
    [none, { channels: [] }],
  ] as const) {
    t.equal(answer.status, 200)
    t.equal(JSON.stringify(answer.body), JSON.stringify(body))
  }
  t.match(members.body, { ...page, count: 2 })
  t.strictSame(
    new Set(members.body.members.map((one: object) => JSON.stringify(one))),
    new Set([ada, bob].map((one) => JSON.stringify(one))),
  )
  t.match(left, { status: 204, body: undefined })
  t.match(outside, {
    ...{ status: 403, body: { message: 'This player is not a member of the channel' } },
  })
})

t.test('lists come fifty to the page', async (t) => {
  const { identify, call, store } = await talo(t)
  const { alias } = await identify('ada')
  const owner = alias.player.id
  for (let number = 0; number < 101; number++)
    await store.run('channel.create', { name: `${number}`, owner, props: {}, at: 0 })

  const pages = await Promise.all(
    [0, 1, 2, 3].map((page) => call(`GET /v1/game-channels?page=${page}`)),
  )

  t.strictSame(
    pages.map(({ body }) => [body.channels.length, body.count, body.isLastPage]),
    [
      [50, 101, false],
      [50, 101, false],
      [1, 101, true],
      [0, 101, true],
    ],
  )
  t.strictSame(
    pages.flatMap(({ body }) => body.channels.map(({ name }: { name: string }) => name)),
    Array.from({ length: 101 }, (_, number) => `${number}`),
  )
  const own = await call('GET /v1/game-channels/subscriptions', { alias: alias.id })
  t.equal(own.body.channels.length, 101)
})

t.test('a wrong call is told what to do about it, in Talo’s shape', async (t) => {
  const { call, keyWith, identify } = await talo(t)
  const { key } = await keyWith('read:channels')
  const { alias } = await identify('ada')
  const as = { alias: alias.id }

  for (const [route, said, status, message] of [
    ['GET /v1/game-channels', { key: '' }, 401, /valid token in the Authorization header/],
    ['GET /v1/game-channels', { key: 'x' }, 401, /valid token in the Authorization header/],
    [
      'POST /v1/game-channels',
      { ...as, key, body: { name: 'x' } },
      403,
      'Missing access key scope(s): write:gameChannels',
    ],
    ['GET /v1/players/identify?service=steam', {}, 400, /^query\.identifier: expected text/],
    ['POST /v1/game-channels', { body: { name: 'x' } }, 400, /^x-talo-alias is missing/],
    ['POST /v1/game-channels', { alias: 999, body: { name: 'x' } }, 404, 'Player not found'],
    ['POST /v1/game-channels', { ...as, body: { name: '' } }, 400, /^body\.name: expected/],
    ['POST /v1/game-channels/99/join', as, 404, 'Channel not found'],
    ['POST /v1/game-channels/99/leave', as, 404, 'Channel not found'],
    ['GET /v1/game-channels/99/members', as, 404, 'Channel not found'],
    ['GET /v1/game-channels?page=x', {}, 400, /^query\.page: expected a whole number/],
  ] as const) {
    const answer = await call(route, said)
    t.match(answer, { status, body: { message } }, `${route} ${status}`)
    t.strictSame(Object.keys(answer.body), ['message'])
  }
  const odd = { headers: { 'x-talo-alias': '1e3' }, body: { name: 'x' } }
  t.equal((await call('POST /v1/game-channels', odd)).status, 404)
})

t.test('our own API is as it was beside Talo’s', async (t) => {
  const { ask, player, key, port } = await talo(t)
  const { alias, player: ada, token } = await player('ada')
  const plain = { authorization: `Bearer ${key}` }
  const get = async (path: string) =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { headers: plain })).status

  t.match(await ask('POST /v1/socket-tickets'), { ticket: String, expires_ms: 300_000 })
  t.match(token, String)
  t.match(await ask(`GET /v1/players/${ada.id}`), { player: ada, aliases: [alias] })
  t.equal(await get('/v1/nonsense'), 404)
  t.equal(await get('/v1/game-channelsx'), 404)
  t.equal(await get('/v1/players/nobody'), 404)
  t.equal(await get('/v1/game-channels'), 200)
  t.equal(await get('/v1/game-saves'), 404)
})
