import { fileURLToPath } from 'node:url'
import { hashSync } from '@node-rs/bcrypt'
import t, { type Test } from 'tap'
import { createServer, type GameServer, type HubOptions, Refusal } from '../server/server.ts'
import { connect } from '../web-client/client.ts'
import { type Any, openRaw, type RawClient, type Seen } from './support/client.ts'
import { needEngine, startGodot } from './support/engines.ts'
import { both, until } from './support/promise.ts'
import { service } from './support/service.ts'
import { NodeSocket, type TestWorld } from './support/world.ts'

const SECRET = 'open sesame'
const OPTIONS: HubOptions = { backendSecret: hashSync(SECRET, 4), rates: false }
const FROM_BACKEND = { member: 0, player: null, role: 'backend', name: '' }

/* From a backend. */

both('a backend notifies one client, and only that one', OPTIONS, async (t, w) => {
  const [J, ada, bob] = [await backend(w), await w.raw(), await w.raw()]

  const { data } = await J.ask('notify.client', {
    target: ada.welcome.session,
    data: { test: 123456 },
  })

  t.strictSame(data, { delivered: 1 })
  const { from, data: said, room } = await ada.next('notify')
  t.strictSame(
    { from, said, room },
    { from: FROM_BACKEND, said: { data: { test: 123456 } }, room: undefined },
  )
  await nothing(t, bob, J)
})

both('an unknown client is nobody, and its backend is told so', OPTIONS, async (t, w) => {
  const [J, ada] = [await backend(w), await w.raw()]

  const answer = await J.ask('notify.client', { target: 'nobody', data: 1 })

  t.match(answer, {
    type: 'error',
    data: { code: 'INVALID_TARGET', request: 'notify.client', message: /session:nobody/ },
  })
  await nothing(t, ada)
})

t.test('nobody is found by the user that a session was before', async (t) => {
  const s = await service(t)
  const J = await s.raw()
  await J.ask('backend.connect', { secret: '12345678' })
  const ada = await s.raw()
  const be = (user: string) => J.ask('backend.identify', { session: ada.welcome.session, user })
  const { player } = (await be('ada')).data
  const linked = { service: 'backend', identifier: 'lovelace' }
  await s.ask(`POST /v1/players/${player.id}/aliases`, linked)
  const notify = async (target: string) =>
    (await J.ask('notify.group', { target, data: 1 })).data.delivered ?? 'nobody'

  t.equal(await notify('user:ada'), 1)
  await be('lovelace')
  t.equal(await notify('user:lovelace'), 1)
  t.equal(await notify('user:ada'), 'nobody')
  t.equal(await notify('ada'), 'nobody')
  const gone = s.lines.length
  ada.close()
  await until(() => s.lines.slice(gone).some(({ msg }) => msg === 'Client disconnected'), 'gone')
  t.equal(await notify('user:ada'), 'nobody')
  t.equal(await notify('user:lovelace'), 'nobody')
})

t.test('a backend notifies each kind of group', async (t) => {
  const s = await service(t)
  const J = await s.raw()
  await J.ask('backend.connect', { secret: '12345678' })
  const [ada, phone, bob, guest] = [
    await s.play('ada'),
    await s.play('ada'),
    await s.play('bob'),
    await s.raw(),
  ]
  const { id } = (await ada.ask('player.get')).data.player
  const { room } = (await ada.ask('room.join_or_create', { kind: 'plaza' })).data
  await guest.ask('room.join', { code: room.code })
  const { channel } = (await ada.ask('channel.create', { name: 'news' })).data
  await bob.ask('channel.join', { channel: channel.id })
  const identified = guest.ask('player.identify', { token: 'a token' })
  const { id: re } = await J.next('backend.authenticate')
  J.send({ type: 'backend.authenticate', re, data: { authenticated: true, user: 'carol' } })
  const carol = (await identified).data.player.id
  const nobody = await s.raw()

  const everybody = { ada, phone, bob, guest, nobody }
  for (const [target, ...reached] of [
    [`player:${id}`, 'ada', 'phone'],
    [id, 'ada', 'phone'],
    [`session:${ada.welcome.session}`, 'ada', 'phone'],
    [phone.welcome.session, 'ada', 'phone'],
    [`player:${carol}`, 'guest'],
    ['user:carol', 'guest'],
    ['carol', 'guest'],
    [`room:${room.code}`, 'ada', 'guest'],
    [`channel:${channel.id}`, 'ada', 'phone', 'bob'],
    ['public', 'nobody'],
    [nobody.welcome.session, 'nobody'],
  ]) {
    const { data } = await J.ask('notify.group', { target, data: { target } })
    await Promise.all(Object.values(everybody).map((one) => one.settled()))
    const heard = Object.entries(everybody).filter(([, { seen }]) => isTold(seen, target))
    t.strictSame(
      heard.map(([name]) => name),
      reached,
      target,
    )
    t.strictSame(data, { delivered: reached.length }, target)
  }
})

const NOWHERE = [
  ...['player:nobody', 'user:nobody', 'room:AAAAAA', 'channel:99', 'channel:x', 'session:nobody'],
  ...['nobody', 'group:red', 'toString', 'player:', 'constructor', '__proto__'],
]
for (const target of NOWHERE)
  both(`nobody is at ${target}`, OPTIONS, async (t, w) => {
    const [J, ada] = [await backend(w), await w.raw()]
    await ada.ask('room.create', { kind: 'plaza' })

    t.match(await J.ask('notify.group', { target, data: 1 }), { data: { code: 'INVALID_TARGET' } })
    await nothing(t, ada)
  })

both('who leaves a room, or is gone, is out of its group', OPTIONS, async (t, w) => {
  const [J, ada, bob] = [await backend(w), await w.raw(), await w.raw()]
  const { code } = (await ada.ask('room.create', { kind: 'plaza' })).data.room
  await bob.ask('room.join', { code })
  const target = `room:${code}`

  const both = await J.ask('notify.group', { target, data: 1 })
  await bob.ask('room.leave')
  const one = await J.ask('notify.group', { target, data: 2 })
  ada.close()
  await ada.closed
  await until(() => w.stats().sessions === 2, 'her session over')
  const none = await J.ask('notify.group', { target, data: 3 })

  t.match([both.data, one.data], [{ delivered: 2 }, { delivered: 1 }])
  t.match(none, { data: { code: 'INVALID_TARGET' } })
})

t.test('who identifies again with the same token is still in its group, once', async (t) => {
  const s = await service(t)
  const { alias, token, player } = await s.player('ada')
  const ada = await s.raw()
  const who = { alias: alias.id, token }

  await ada.ask('player.identify', who)
  await ada.ask('player.identify', who)

  t.strictSame(await s.ask(`POST /v1/notify/groups/player:${player.id}`, { data: { n: 1 } }), {
    delivered: 1,
  })
  t.strictSame(await numbers(ada, 1), [1])
  await nothing(t, ada)
})

both('guests are public, players are not', OPTIONS, async (t, w) => {
  const [J, nobody, guest, ada] = [await backend(w), await w.raw(), await w.raw(), await w.raw()]
  await guest.ask('player.identify')
  await J.ask('backend.identify', { session: ada.welcome.session, user: 'ada' })

  const { data } = await J.ask('notify.group', { target: 'public', data: 1 })

  t.strictSame(data, { delivered: 2 })
  await nobody.next('notify')
  await guest.next('notify')
  await nothing(t, ada, J)
})

both('a backend notifies everybody, and no backend', OPTIONS, async (t, w) => {
  const [J, K, ada, bob] = [await backend(w), await backend(w), await w.raw(), await w.raw()]

  const { data } = await J.ask('notify.all', { data: ['to', 'all'] })

  t.strictSame(data, { delivered: 2 })
  for (const one of [ada, bob])
    t.match(await one.next('notify'), { from: FROM_BACKEND, data: { data: ['to', 'all'] } })
  await nothing(t, J, K)
})

both('who is away hears it on coming back', OPTIONS, async (t, w) => {
  const [J, ada] = [await backend(w), await w.raw()]
  await ada.ask('room.create', { kind: 'plaza' })
  ada.drop()
  await until(() => w.stats().away === 1, 'her session away')

  const { data } = await J.ask('notify.all', { data: 'while away' })
  const back = await w.raw()
  const { token } = ada.welcome
  await back.ask('session.resume', { token, attempt: 1, sent: 1, received: 1, forgotten: 0 })

  t.strictSame(data, { delivered: 1 })
  t.match(await back.next('notify'), { data: { data: 'while away' } })
})

both('what would not fit is told instead', OPTIONS, async (t, w) => {
  const [J, ada] = [await backend(w), await w.raw()]
  await ada.ask('session.hello', { receive_bytes: 4_096 })

  await J.ask('notify.all', { data: 'x'.repeat(5_000) })

  t.match(await ada.next('error'), { data: { code: 'TOO_LARGE', request: 'notify' } })
})

both(
  'notify: a backend is not slowed down, a player is',
  {
    backendSecret: OPTIONS.backendSecret,
    rates: { notify: { per_second: 1, burst: 2 } },
  },
  async (t, w) => {
    const [J, ada] = [await backend(w), await w.raw()]
    const flood = async (client: RawClient, request: string, data: object) => {
      const answers = await Promise.all([1, 2, 3, 4, 5].map(() => client.ask(request, data)))
      return answers.filter(({ type }) => type === request).length
    }

    t.equal(await flood(J, 'notify.all', { data: 1 }), 5)
    t.equal(await flood(ada, 'notify.client', { data: 1 }), 2)
  },
)

/* From a player. */

both('a player notifies itself, with itself as the sender', OPTIONS, async (t, w) => {
  const [ada, bob] = [await w.raw(), await w.raw()]
  const { player } = (await ada.ask('player.identify', { name: 'Ada' })).data

  const answer = await ada.ask('notify.client', { data: { n: 1 } }, { from: FROM_BACKEND })

  t.strictSame(answer.data, { delivered: 1 })
  const { from, data } = await ada.next('notify')
  t.strictSame(
    { from, data },
    {
      from: { member: 0, player: player.id, role: 'player', name: 'Ada' },
      data: { data: { n: 1 } },
    },
  )
  await nothing(t, bob)
})

t.test('a player’s own group is its own devices', async (t) => {
  const s = await service(t)
  const [phone, tablet, bob] = [await s.play('ada'), await s.play('ada'), await s.play('bob')]

  const { data } = await phone.ask('notify.group', { data: 'from the phone' })

  t.strictSame(data, { delivered: 2 })
  for (const one of [phone, tablet])
    t.match(await one.next('notify'), {
      from: { role: 'player' },
      data: { data: 'from the phone' },
    })
  await nothing(t, bob)
})

both(
  'nothing that a player sends reaches others past the rules of a room',
  OPTIONS,
  async (t, w) => {
    const [J, ada, bob] = [await backend(w), await w.raw(), await w.raw()]
    const { player } = (
      await J.ask('backend.identify', { session: bob.welcome.session, user: 'bob' })
    ).data
    const { code } = (await ada.ask('room.create', { kind: 'plaza' })).data.room
    await bob.ask('room.join', { code })
    const { session } = bob.welcome

    const codes = []
    for (const [type, target] of [
      ['notify.client', session],
      ['notify.group', session],
      ['notify.group', `session:${session}`],
      ['notify.group', `player:${player.id}`],
      ['notify.all', undefined],
    ] as const)
      codes.push((await ada.ask(type, { ...(target && { target }), data: 1 })).data.code)
    const room = await ada.ask('notify.group', { target: `room:${code}`, data: 1 })
    const open = await ada.ask('notify.group', { target: 'public', data: 1 })

    t.strictSame(codes, [
      'INVALID_TARGET',
      'INVALID_TARGET',
      'INVALID_TARGET',
      'INVALID_TARGET',
      'BACKEND_REQUIRED',
    ])
    t.match(
      [room.data, open.data],
      [{ delivered: 1 }, { delivered: 1 }],
      'of a group, itself alone',
    )
    await nothing(t, bob)
  },
)

/* From the server, and over HTTP. */

t.test('the server’s own code does the same as a backend', async (t) => {
  const { server, raw } = await embedded()
  const [ada, bob] = [await raw(), await raw()]
  await bob.ask('room.create', { kind: 'plaza' })
  const { code } = (await bob.ask('room.list')).data.rooms[0]

  const one = server.notifyClient(ada.welcome.session, { n: 1 })
  const group = server.notifyGroup(`room:${code}`, { n: 2 })
  const all = server.notifyAll({ n: 3 })

  t.strictSame([one, group, all], [{ delivered: 1 }, { delivered: 1 }, { delivered: 2 }])
  t.match(await ada.next('notify'), { from: FROM_BACKEND, data: { data: { n: 1 } } })
  t.match(await bob.next('notify'), { from: FROM_BACKEND, data: { data: { n: 2 } } })
  for (const client of [ada, bob])
    t.match(await client.next('notify'), { data: { data: { n: 3 } } })
  await nothing(t, ada, bob)

  async function embedded() {
    const server = await createServer({ port: 0, host: '127.0.0.1' })
    const clients: RawClient[] = []
    t.teardown(async () => {
      for (const client of clients) client.drop()
      await server.close()
    })
    const raw = async () => {
      const client = await openRaw(NodeSocket, `ws://127.0.0.1:${server.port}`)
      clients.push(client)
      return client
    }
    return { server, raw }
  }
})

t.test('there is no way around the target or the kind of data from TypeScript', async (t) => {
  const server = await createServer({ port: 0, host: '127.0.0.1' })
  t.teardown(server.close)

  for (const [code, call] of [
    ['INVALID_TARGET', (s: GameServer) => s.notifyClient('nobody', 1)],
    ['INVALID_TARGET', (s: GameServer) => s.notifyGroup('room:AAAAAA', 1)],
    ['INVALID_MESSAGE_DATA', (s: GameServer) => s.notifyClient('', 1)],
    ['INVALID_MESSAGE_DATA', (s: GameServer) => s.notifyGroup('x'.repeat(200), 1)],
    ['INVALID_MESSAGE_DATA', (s: GameServer) => s.notifyAll(Number.NaN)],
    ['INVALID_MESSAGE_DATA', (s: GameServer) => s.notifyAll(undefined as Any)],
    ['INVALID_MESSAGE_DATA', (s: GameServer) => s.notifyAll(new Set() as Any)],
    ['INVALID_MESSAGE_DATA', (s: GameServer) => s.notifyClient(7 as Any, 1)],
  ] as const) {
    const error = thrownBy(() => call(server))
    t.ok(error instanceof Refusal, `${call}`)
    t.equal((error as Refusal).code, code, `${call}`)
  }
  t.strictSame(server.notifyAll({ to: 'nobody' }), { delivered: 0 })
})

t.test('a service notifies over HTTP with a key for it', async (t) => {
  const s = await service(t)
  const [ada, bob] = [await s.play('ada'), await s.raw()]
  const { session } = ada.welcome

  const one = await s.ask(`POST /v1/notify/clients/${session}`, { data: { n: 1 } })
  const group = await s.ask('POST /v1/notify/groups/public', { data: { n: 2 } })
  const own = await s.ask(`POST /v1/notify/groups/session:${session}`, { data: { n: 3 } })
  const all = await s.ask('POST /v1/notify/all', { data: { n: 4 } })

  t.strictSame(
    [one, group, own, all],
    [{ delivered: 1 }, { delivered: 1 }, { delivered: 1 }, { delivered: 2 }],
  )
  t.strictSame(await numbers(ada, 3), [1, 3, 4])
  t.strictSame(await numbers(bob, 2), [2, 4])
  t.match(ada.seen.find(({ type }) => type === 'notify')?.from, FROM_BACKEND)
})

t.test('over HTTP nobody is 404, and no key without the scope gets in', async (t) => {
  const s = await service(t)
  const ada = await s.raw()
  const { key } = await s.keyWith('write:players', 'write:channels')

  t.match(await s.call('POST /v1/notify/clients/nobody', { body: { data: 1 } }), {
    status: 404,
    body: { code: 'INVALID_TARGET' },
  })
  t.match(await s.call('POST /v1/notify/all', { key, body: { data: 1 } }), {
    status: 403,
    body: { code: 'MISSING_SCOPE' },
  })
  t.match(await s.call('POST /v1/notify/all', { body: {} }), {
    status: 400,
    body: { code: 'INVALID_MESSAGE_DATA', message: /^body\.data: expected/ },
  })
  await nothing(t, ada)
})

/* The web client. */

both('the web client hears notifications, with who sent them', OPTIONS, async (t, w) => {
  const [J, ada] = [await backend(w), await w.connect()]
  const heard: Any[] = []
  const off = ada.notifications.on('notified', (data, from) => heard.push([data, from]))

  await J.ask('notify.all', { data: { test: 123456 } })
  await ada.request('notify.client', { data: 'to myself' })
  await until(() => heard.length === 2, 'both notifications')
  off()
  await J.ask('notify.all', { data: 'unheard' })
  await ada.request('player.identify', {})

  t.match(heard, [
    [{ test: 123456 }, FROM_BACKEND],
    ['to myself', { role: 'player', name: '' }],
  ])
})

t.test('a listener of the web client that throws is reported, and harms nobody', async (t) => {
  const s = await service(t)
  const reported: unknown[] = []
  const report = (error: unknown) => void reported.push(error)
  const ada = await connect(`ws://127.0.0.1:${s.port}`, { WebSocket: NodeSocket, report })
  t.teardown(ada.close)
  const heard: Any[] = []
  ada.notifications.on('notified', () => {
    throw new Error('a bug of the game')
  })
  ada.notifications.on('notified', (data) => heard.push(data))

  await s.ask('POST /v1/notify/all', { data: 1 })
  await until(() => heard.length === 1, 'the notification')

  t.match(reported, [{ message: 'a bug of the game' }])
})

/* Godot. */

for (const name of ['godot4', 'godot32', 'godot3'] as const)
  t.test(
    `${name} hears notifications, with who sent them, and who a backend says it is`,
    async (t) => {
      const path = needEngine(t, name)
      if (path === undefined) return
      const generation = name === 'godot4' ? name : 'godot3'
      const project = fileURLToPath(new URL(`../godot-client/${generation}`, import.meta.url))
      const s = await service(t)

      const godot = startGodot(t, name, path, {
        project,
        script: fileURLToPath(new URL(`notify/${generation}.gd`, import.meta.url)),
        env: { URL: `ws://127.0.0.1:${s.port}` },
      })
      const connected = /^connected: true true (\S+)$/i
      const line = await godot.lines.until((one) => connected.test(one), 'it is there')
      const [, session = ''] = connected.exec(line) ?? []
      await s.ask('POST /v1/notify/all', { data: 'news' })
      const J = await s.raw()
      await J.ask('backend.connect', { secret: '12345678' })
      await J.ask('backend.identify', { session, user: 'ali', name: 'Ali' })
      await s.ask(`POST /v1/notify/clients/${session}`, { data: 'enough' })
      await godot.ended

      t.strictSame(
        godot.lines.items.filter((line) => line.startsWith('notified: ')),
        [
          'notified: to myself from player 0 as nobody',
          'notified: news from backend 0 as nobody',
          'notified: enough from backend 0 as Ali',
        ],
      )
      t.notMatch([...godot.lines.items, ...godot.complaints.items].join('\n'), 'SCRIPT ERROR')
    },
  )

async function backend(w: TestWorld): Promise<RawClient> {
  const J = await w.raw()
  const { type } = await J.ask('backend.connect', { secret: SECRET })
  if (type === 'error') throw new Error('the backend was refused')
  return J
}

const isTold = (seen: readonly Seen[], target: unknown) =>
  seen.some(({ type, data }) => type === 'notify' && data.data.target === target)

/** None of these has a notification that was not looked at, once all that was sent has come. */
async function nothing(t: Test, ...clients: readonly RawClient[]): Promise<void> {
  for (const client of clients) {
    await client.settled()
    const late = client.next('notify')
    late.catch(() => {}) // the connection ends with the test
    const none = await Promise.race([late, client.settled().then(() => undefined)])
    t.equal(none, undefined, 'no notification')
  }
}

async function numbers(client: RawClient, count: number): Promise<unknown[]> {
  const said = []
  while (said.length < count) said.push((await client.next('notify')).data.data.n)
  return said
}

function thrownBy(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}
