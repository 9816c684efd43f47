import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { ROUTES, type Route } from '../protocol/http.ts'
import { MESSAGES } from '../protocol/index.ts'
import { LIMITS } from '../protocol/limits.ts'
import type { Message } from '../protocol/message.ts'
import { SCOPES } from '../protocol/players.ts'
import { sample } from '../protocol/schema.ts'
import { type Service, service } from './support/service.ts'

const routes = Object.entries<Route>(ROUTES)

/** A route with something at its parameters. */
function example(name: string, { params }: Route): string {
  const given = params ? (sample(params) as Readonly<Record<string, unknown>>) : {}
  return name.replace(/:(\w+)/g, (_, key: string) => `${given[key]}`)
}

/** Something that the route's table takes for a body. */
const bodyOf = ({ body }: Route) => (body ? { body: sample(body) } : {})

/* What each does. */

t.test('a service makes a player, who then plays by ticket and token', async (t) => {
  const file = `${t.testdir()}/a.db`
  const { ask, ticket, raw } = await service(t, { requireTicket: true, file })

  const made = await ask('POST /v1/players/identify', {
    ...{ service: 'username', identifier: 'ada@example.org', name: '  Ada ' },
  })
  const client = await raw()
  const { data } = await client.ask('player.identify', {
    ...{ ticket: await ticket(), alias: made.alias.id, token: made.token },
  })
  const all = await client.ask('player.get')

  t.match(made.alias, { service: 'username', identifier: 'ada@example.org', seen_at: Number })
  t.match(made.player, { name: 'Ada', guest: false, dev: false, props: [], groups: [] })
  const { id, name, guest } = made.player
  t.strictSame(data.player, { id, name, guest })
  t.strictSame(data.alias, made.alias)
  t.strictSame(data.scopes, SCOPES)
  t.notOk('guest_key' in data)
  t.strictSame(all.data, { player: made.player, next: null })
})

t.test('the same alias is the same player, however many ask at once', async (t) => {
  const { player, ask, lines } = await service(t)

  const all = await Promise.all(Array.from({ length: 10 }, () => player('ada')))
  const named = await ask('POST /v1/players/identify', {
    ...{ service: 'name', identifier: 'ada', name: 'Another' },
  })
  const other = await ask('POST /v1/players/identify', { service: 'steam', identifier: 'ada' })

  const ids = new Set(all.map((one) => one.player.id))
  t.equal(ids.size, 1)
  t.ok(ids.has(named.player.id))
  t.match(named.player.name, /^Player \d+$/, 'who is called nothing, and stays so')
  t.notOk(ids.has(other.player.id), 'another service knows another')
  t.ok(lines.some((line) => line.msg === 'player made' && line.player === other.player.id))
})

t.test('a key that may not write finds players, and makes none', async (t) => {
  const { player, call, keyWith } = await service(t)
  const { key } = await keyWith('read:players')
  const ada = await player('ada')
  const as = (identifier: string) => ({ key, body: { service: 'name', identifier } })

  const found = await call('POST /v1/players/identify', as('ada'))
  const none = await call('POST /v1/players/identify', as('bob'))
  const still = await call('POST /v1/players/identify', as('bob'))

  t.match(found, { status: 200, body: { player: { id: ada.player.id } } })
  t.match(none, { status: 404, body: { code: 'NO_PLAYER_FOUND', message: /write:players/ } })
  t.match(still, { status: 404 })
})

t.test(
  'token_ms: a token is good for an hour, for its alias, until there is another',
  async (t) => {
    const { player, ask, raw, clock } = await service(t)
    const [ada, bob] = [await player('ada'), await player('bob')]
    const { token, expires_ms } = await ask(`POST /v1/aliases/${ada.alias.id}/token`)
    const client = await raw()
    const wrong = { data: { code: 'INVALID_SOCKET_TOKEN', status: 401 } }
    const say = (data: object) => client.ask('player.identify', data)

    t.equal(expires_ms, 3_600_000)
    t.match(await say({ alias: ada.alias.id, token: ada.token }), wrong, 'replaced')
    t.match(await say({ alias: bob.alias.id, token }), wrong, 'of another alias')
    t.match(await say({ alias: ada.alias.id, token: `${token}x` }), wrong, 'made up')
    t.match(await say({ alias: 999, token }), wrong, 'of nobody')
    t.match(await say({ alias: ada.alias.id }), wrong, 'none')
    t.match(await say({ token }), wrong, 'of no alias')
    clock.advance(3_600_000)
    const inTime = await raw()
    const { data } = await inTime.ask('player.identify', { alias: ada.alias.id, token })
    t.equal(data.player?.id, ada.player.id, 'after just an hour')
    clock.advance(1)
    const late = await raw()
    t.match(await late.ask('player.identify', { alias: ada.alias.id, token }), wrong, 'after more')
  },
)

t.test('identifying on the socket never makes a player', async (t) => {
  const { raw, store } = await service(t)
  const client = await raw()

  await client.ask('player.identify', { alias: 1, token: 'made.up' })

  t.equal(await store.run('alias.get', { id: 1 }), null)
  t.match(await client.ask('player.get'), { data: { code: 'NO_PLAYER_FOUND' } })
})

t.test('a player is shown with all its aliases', async (t) => {
  const { player, ask } = await service(t)
  const ada = await player('ada')
  const { alias } = await ask(`POST /v1/players/${ada.player.id}/aliases`, {
    ...{ service: 'steam', identifier: '7656' },
  })

  const shown = await ask(`GET /v1/players/${ada.player.id}`)

  t.strictSame(shown, { player: ada.player, aliases: [ada.alias, alias], ban: null })
})

t.test('name and props are changed, and seen by who is playing', async (t) => {
  const { player, play, ask, call } = await service(t)
  const { id } = (await player('ada')).player
  const client = await play('ada')
  const change = (body: object) => ask(`PATCH /v1/players/${id}`, body)

  const props = [
    { key: 'level', value: 3 },
    { key: 'pets', value: [{ name: 'Cat' }] },
  ]
  await change({ name: ' Ada\n ', props })
  const changed = await change({ props: [{ key: 'pets', value: null }] })

  t.match(changed.player, { id, name: 'Ada', props: [{ key: 'level', value: 3 }] })
  t.equal(changed.player.props.length, 1)
  t.strictSame((await client.ask('player.get')).data, { ...changed, next: null })
  const { data } = await client.ask('room.create', { kind: 'plaza' })
  t.equal(data.members?.[0].name, 'Ada')
  t.strictSame(await change({ name: ' \n ' }), changed, 'a name of nothing changes nothing')
  t.strictSame(await change({}), changed)
  const many = Array.from({ length: 65 }, (_, at) => ({ key: `${at}`, value: at }))
  t.match(await call(`PATCH /v1/players/${id}`, { body: { props: many } }), {
    ...{ status: 409, body: { code: 'TOO_MANY_PROPS' } },
  })
  const long = [{ key: 'long', value: 'a'.repeat(2_049) }]
  t.match(await call(`PATCH /v1/players/${id}`, { body: { props: long } }), {
    ...{ status: 413, body: { code: 'TOO_LARGE', message: /props\.long/ } },
  })
  t.strictSame(await ask(`GET /v1/players/${id}`).then((one) => one.player), changed.player)
})

t.test('a guest is given an alias and loses nothing, while it plays', async (t) => {
  const { ask, call, raw, player } = await service(t)
  const guest = await raw()
  const { data: began } = await guest.ask('player.identify', { name: 'Ada' })
  const { id } = began.player
  const props = [{ key: 'level', value: 3 }]
  await guest.ask('player.update', { props })
  const { data: made } = await guest.ask('channel.create', { name: 'town' })
  await ask(`PUT /v1/players/${id}/groups/testers`)

  const linked = await ask(`POST /v1/players/${id}/aliases`, { service: 'name', identifier: 'ada' })

  const kept = { id, name: 'Ada', guest: false, props, groups: ['testers'] }
  t.match(linked, { player: kept, alias: { service: 'name', identifier: 'ada' } })
  t.match((await guest.ask('player.get')).data, { player: kept }, 'the session sees it')
  await ask(`POST /v1/channels/${made.channel.id}/messages`, { player: id, message: 'still here' })
  t.match(await guest.next('channel.message'), { data: { message: 'still here' } })
  guest.drop()
  const back = await raw()
  const claim = { token: guest.welcome.token, attempt: 1, sent: 4, received: 6, forgotten: 0 }
  await back.ask('session.resume', claim)
  const snapshot = await back.next('session.snapshot')
  t.strictSame(snapshot.data.player, { id, name: 'Ada', guest: false }, 'and after a drop')
  const other = await raw()
  const { data: again } = await other.ask('player.identify', { guest_key: began.guest_key })
  t.match(again.player, { id, guest: false }, 'its key is still its key')
  t.equal((await player('ada')).player.id, id, 'and its alias leads to it')
  t.match(
    await call(`POST /v1/players/${id}/aliases`, { body: { service: 'name', identifier: 'ada' } }),
    { status: 200, body: linked },
    'once more is no mistake',
  )
})

t.test('an alias of another is taken, and an unknown player gets none', async (t) => {
  const { call, player } = await service(t)
  const [ada, bob] = [await player('ada'), await player('bob')]
  const body = { service: 'name', identifier: 'ada' }

  const taken = await call(`POST /v1/players/${bob.player.id}/aliases`, { body })
  const nobody = await call('POST /v1/players/nobody/aliases', {
    body: { service: 'name', identifier: 'new' },
  })

  t.match(taken, { status: 409, body: { code: 'ALIAS_TAKEN' } })
  t.equal((await player('ada')).player.id, ada.player.id)
  t.match(nobody, { status: 404, body: { code: 'NO_PLAYER_FOUND' } })
})

t.test('groups are joined and left, twice as well as once', async (t) => {
  const { player, ask } = await service(t)
  const { id } = (await player('ada')).player
  const groupsOf = async (route: string) => (await ask(route)).player.groups
  const odd = encodeURIComponent('Ünfug / 100 %')

  t.strictSame(await groupsOf(`PUT /v1/players/${id}/groups/testers`), ['testers'])
  t.strictSame(await groupsOf(`PUT /v1/players/${id}/groups/testers`), ['testers'])
  t.strictSame(await groupsOf(`PUT /v1/players/${id}/groups/${odd}`), ['testers', 'Ünfug / 100 %'])
  t.strictSame(await groupsOf(`DELETE /v1/players/${id}/groups/testers`), ['Ünfug / 100 %'])
  t.strictSame(await groupsOf(`DELETE /v1/players/${id}/groups/testers`), ['Ünfug / 100 %'])
  t.strictSame(await groupsOf(`GET /v1/players/${id}`), ['Ünfug / 100 %'])
})

t.test('what a service does to a channel, its members see at once', async (t) => {
  const { ask, play, player } = await service(t)
  const [ada, bob] = [await play('ada'), await play('bob')]
  const { player: adas } = await player('ada')
  const { player: bobs } = await player('bob')

  const { channel } = await ask('POST /v1/channels', { name: 'town', props: { map: 'old' } })
  const at = `/v1/channels/${channel.id}`
  await ask(`PUT ${at}/members/${adas.id}`)
  await ask(`PUT ${at}/members/${bobs.id}`)
  await ask(`PUT ${at}/members/${bobs.id}`)
  const said = await ask(`POST ${at}/messages`, { player: bobs.id, message: { hi: 1 } })
  const updated = await ask(`PATCH ${at}`, { name: 'city', props: {}, owner: adas.id })
  await ask(`DELETE ${at}/members/${bobs.id}`)
  await ask(`DELETE ${at}/members/${bobs.id}`)
  await ask(`POST ${at}/messages`, { player: adas.id, message: 'alone' })
  await ask(`DELETE ${at}`)

  t.match(channel, { name: 'town', owner: null, props: { map: 'old' }, members: 0, offset: 0 })
  t.strictSame(said, { offset: 1 })
  t.match(updated.channel, { name: 'city', props: {}, owner: adas.id, members: 2 })
  await ada.settled()
  await bob.settled()
  const joined = ({ id, name }: { id: string; name: string }) => [
    'channel.joined',
    { channel: channel.id, player: id, name },
  ]
  const message = [
    'channel.message',
    { channel: channel.id, offset: 1, player: bobs.id, name: bobs.name, message: { hi: 1 } },
  ]
  const seenBy = (client: typeof ada) =>
    client.seen.flatMap(({ type, re, data: { at: _, ...data } }) =>
      re === undefined && `${type}`.startsWith('channel.') ? [[type, data]] : [],
    )
  const left = ['channel.left', { channel: channel.id, player: bobs.id }]
  const alone = { channel: channel.id, offset: 2, player: adas.id, name: adas.name }
  const changed = ['name', 'props', 'owner']
  const both = [message, ['channel.updated', { ...updated, changed }], left]
  t.strictSame(seenBy(bob), [joined(bobs), ...both], 'Bob')
  t.strictSame(
    seenBy(ada),
    [
      ...[joined(adas), joined(bobs), ...both],
      ['channel.message', { ...alone, message: 'alone' }],
      ['channel.deleted', { channel: channel.id }],
    ],
    'Ada',
  )
})

t.test('channels, members and messages come a page at a time', async (t) => {
  const { ask, player } = await service(t)
  const names = ['ada', 'bob', 'cy']
  const ids = await Promise.all(names.map(async (name) => (await player(name)).player.id as string))
  const [owner = ''] = ids
  const made = []
  for (const name of ['a', 'b', 'b']) made.push(await ask('POST /v1/channels', { name, owner }))
  const [first, second, third] = made.map(({ channel }) => channel.id)
  const at = `/v1/channels/${first}`
  for (const id of ids) await ask(`PUT ${at}/members/${id}`)
  for (const message of [1, 2, 3]) await ask(`POST ${at}/messages`, { player: owner, message })
  const numbered = async (route: string) => {
    const { channels, next } = await ask(route)
    return [channels.map(({ id }: { id: number }) => id), next]
  }

  t.match(await ask(`GET ${at}`), { channel: { id: first, owner, members: 3, offset: 3 } })
  t.strictSame(await numbered('GET /v1/channels'), [[first, second, third], null])
  t.strictSame(await numbered('GET /v1/channels?limit=2'), [[first, second], second])
  t.strictSame(await numbered(`GET /v1/channels?limit=2&after=${second}`), [[third], null])
  t.strictSame(await numbered('GET /v1/channels?name=b&limit=1'), [[second], second])
  t.strictSame(await numbered(`GET /v1/channels?player=${ids[1]}`), [[first], null])
  const [least, middle, most] = ids.toSorted()
  t.strictSame(await ask(`GET ${at}/members?limit=2`), { players: [least, middle], next: middle })
  t.strictSame(await ask(`GET ${at}/members?after=${middle}`), { players: [most], next: null })
  const page = await ask(`GET ${at}/messages?limit=2`)
  t.match(page, { messages: [{ message: 1 }, { message: 2, player: owner }], next: 2 })
  const rest = await ask(`GET ${at}/messages?after=${page.next}`)
  t.match(rest, { messages: [{ offset: 3, message: 3 }], next: null })
  t.equal(rest.messages.length, 1)
})

for (const [route, body, status, code] of [
  ['GET /v1/players/nobody', undefined, 404, 'NO_PLAYER_FOUND'],
  ['PATCH /v1/players/nobody', { name: 'Ada' }, 404, 'NO_PLAYER_FOUND'],
  ['PUT /v1/players/nobody/groups/all', undefined, 404, 'NO_PLAYER_FOUND'],
  ['DELETE /v1/players/nobody/groups/all', undefined, 404, 'NO_PLAYER_FOUND'],
  ['POST /v1/aliases/999/token', undefined, 404, 'NO_PLAYER_FOUND'],
  ['GET /v1/channels/999', undefined, 404, 'CHANNEL_NOT_FOUND'],
  ['PATCH /v1/channels/999', { name: 'town' }, 404, 'CHANNEL_NOT_FOUND'],
  ['DELETE /v1/channels/999', undefined, 404, 'CHANNEL_NOT_FOUND'],
  ['GET /v1/channels/999/members', undefined, 404, 'CHANNEL_NOT_FOUND'],
  ['PUT /v1/channels/999/members/ada', undefined, 404, 'CHANNEL_NOT_FOUND'],
  ['DELETE /v1/channels/999/members/ada', undefined, 404, 'CHANNEL_NOT_FOUND'],
  ['GET /v1/channels/999/messages', undefined, 404, 'CHANNEL_NOT_FOUND'],
  ['POST /v1/channels/999/messages', { player: 'a', message: 1 }, 404, 'CHANNEL_NOT_FOUND'],
  ['POST /v1/channels', { name: 'town', owner: 'nobody' }, 404, 'NO_PLAYER_FOUND'],
  ['PUT /v1/channels/1/members/nobody', undefined, 404, 'NO_PLAYER_FOUND'],
  ['POST /v1/channels/1/messages', { player: 'nobody', message: 1 }, 404, 'NO_PLAYER_FOUND'],
  ['POST /v1/channels/1/messages', { player: 'BOB', message: 1 }, 403, 'NOT_IN_CHANNEL'],
  ['PATCH /v1/channels/1', { owner: 'BOB' }, 403, 'NOT_IN_CHANNEL'],
  ['PUT /v1/channels/1/members/BOB', undefined, 409, 'CHANNEL_FULL'],
  ['POST /v1/channels', { name: 'a', props: { a: 'a'.repeat(3_000) } }, 413, 'TOO_LARGE'],
] as const)
  t.test(`${route}${body ? ` ${JSON.stringify(body).slice(0, 60)}` : ''}: ${code}`, async (t) => {
    const { call, ask, player } = await service(t, { limits: { channel_members: 1 } })
    const [ada, bob] = [await player('ada'), await player('bob')]
    await ask('POST /v1/channels', { name: 'first', owner: ada.player.id })
    const asBob = (text: string) => text.replace('BOB', bob.player.id)

    const said = body && { body: JSON.parse(asBob(JSON.stringify(body))) }
    const { status: found, body: data } = await call(asBob(route), said)

    t.equal(found, status)
    t.match(data, { code, status, message: String, request: String })
  })

/* Tickets. */

t.test('ticket_ms: a ticket is good once, and for five minutes', async (t) => {
  const { ticket, raw, clock, call } = await service(t, { requireTicket: true })
  const identify = async (ticket: string) =>
    (await (await raw()).ask('player.identify', { ticket })).data
  const wrong = { code: 'INVALID_TICKET', status: 401 }
  const [used, late, later] = [await ticket(), await ticket(), await ticket()]

  t.match((await call('POST /v1/socket-tickets')).body, { ticket: /^.{40,}$/, expires_ms: 300_000 })
  t.match(await identify(used), { player: { guest: true } }, 'valid')
  t.match(await identify(used), wrong, 'used')
  t.match(await identify(`${late.split('.')[0]}.made-up`), wrong, 'half made up')
  t.match(await identify('made up'), wrong, 'made up')
  clock.advance(300_000)
  t.match(await identify(late), { player: { guest: true } }, 'after just five minutes')
  clock.advance(1)
  t.match(await identify(later), wrong, 'after more')
})

t.test(
  'ticketless_ms: without a ticket nothing is answered where one is required, then 4104',
  async (t) => {
    const { raw, clock } = await service(t, { requireTicket: true })
    const client = await raw()
    const required = { data: { code: 'TICKET_REQUIRED', status: 401 } }

    t.match(await client.ask('room.create', { kind: 'plaza' }), required)
    t.match(await client.ask('player.identify'), required)
    t.match(await client.ask('player.identify', { guest_key: 'a.b' }), required)
    clock.advance(LIMITS.ticketless_ms.value - 1_000)
    t.match(await client.ask('ping'), { type: 'ping' }, 'up to then it stays connected')
    clock.advance(2_000)

    t.match(await client.closed, { code: 4104 })
  },
)

t.test('the table says of each message whether it is heard without a ticket', async (t) => {
  const { raw } = await service(t, { requireTicket: true, rates: false })
  const client = await raw()

  for (const [type, line] of Object.entries<Message>(MESSAGES)) {
    if (line.direction === 'to_client' || line.delivery === 'socket') continue
    const data = type === 'player.identify' ? { ticket: 'a.b' } : (sample(line.data) as object)
    const { code } = (await client.ask(type, data)).data
    t.equal(code !== 'TICKET_REQUIRED', line.open ?? false, `${type}: ${code}`)
  }
})

t.test('of twenty sockets at two servers that race one ticket, one wins', async (t) => {
  const file = `${t.testdir()}/shared.db`
  const here = await service(t, { file })
  const there = await service(t, { file, seed: 2 })
  const hosts = Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? here : there))
  const clients = await Promise.all(hosts.map(({ raw }) => raw()))
  const winners = new Set<number>()

  for (let round = 0; round < 200; round++) {
    const ticket = await here.ticket()
    // Another is the first to ask every time.
    const turns = clients.map((_, turn) => (turn + round) % clients.length)
    const answers = await Promise.all(
      turns.map(async (at) => ({
        at,
        data: (await clients[at]?.ask('player.identify', { ticket }))?.data,
      })),
    )
    const won = answers.filter(({ data }) => data.player)
    const lost = answers.filter(({ data }) => data.code === 'INVALID_TICKET')
    if (won.length !== 1 || lost.length !== 19) t.fail(`round ${round}: ${JSON.stringify(answers)}`)
    for (const { at } of won) {
      winners.add(at)
      clients[at]?.close()
      clients[at] = await (hosts[at] as Service).raw()
    }
  }

  const elsewhere = [...winners].filter((at) => hosts[at] === there).length
  t.ok(
    winners.size > 1,
    `${winners.size} of the sockets have won, ${elsewhere} at the other server`,
  )
})

t.test('without read:players nobody identifies', async (t) => {
  const { ticket, keyWith, raw, call, player } = await service(t)
  const { key } = await keyWith('write:players', 'read:channels', 'write:channels')
  const { alias, token } = await player('ada')
  const client = await raw()
  const missing = { code: 'MISSING_SCOPE', status: 403, message: /read:players/ }

  const identified = await client.ask('player.identify', {
    ...{ ticket: await ticket(key), alias: alias.id, token },
  })
  const body = { service: 'name', identifier: 'ada' }
  const called = await call('POST /v1/players/identify', { key, body })

  t.match(identified.data, missing)
  t.match(await client.ask('player.get'), { data: { code: 'NO_PLAYER_FOUND' } })
  t.match(called, { status: 403, body: missing })
})

t.test('what a ticket fixes stays: scopes, and that it is for development', async (t) => {
  const { keyWith, raw, call, ticket } = await service(t)
  const { key } = await keyWith('read:players', 'read:channels')
  const { body } = await call('POST /v1/socket-tickets', { key, body: { dev: true } })
  const client = await raw()
  const { data } = await client.ask('player.identify', { ticket: body.ticket })
  const more = await client.ask('player.identify', { ticket: await ticket() })
  client.drop()
  const back = await raw()
  const { token } = client.welcome
  const claim = { token, attempt: 1, sent: 2, received: 2, forgotten: 0 }

  t.match(await back.ask('session.resume', claim), { data: { resumed: true } })
  t.strictSame(data.scopes, ['read:players', 'read:channels'])
  t.match(more.data, { code: 'ALREADY_IDENTIFIED' }, 'another ticket adds nothing')
  t.match((await back.ask('player.get')).data, { player: { dev: true } })
  const missing = (scope: string) => ({ data: { code: 'MISSING_SCOPE', message: scope } })
  t.match(await back.ask('player.update', { name: 'Ada' }), missing('write:players'))
  t.match(await back.ask('channel.create', { name: 'a' }), missing('write:channels'))
  t.match(await back.ask('channel.list'), { data: { channels: [] } })
})

t.test('revoking a key ends its sessions and its tickets, and no others', async (t) => {
  const { keyWith, raw, ticket, store, clock } = await service(t)
  const { key, id } = await keyWith(...SCOPES)
  const [ada, bob] = [await raw(), await raw()]
  await ada.ask('player.identify', { ticket: await ticket(key) })
  await bob.ask('player.identify', { ticket: await ticket() })
  const unused = await ticket(key)

  await store.run('key.revoke', { id, at: clock.now() })
  clock.advance(1_000)

  t.match(await ada.closed, { code: 4102, reason: 'access key revoked' })
  t.match(await bob.ask('player.get'), { data: { player: {} } })
  const { data } = await (await raw()).ask('player.identify', { ticket: unused })
  t.match(data, { code: 'INVALID_TICKET' })
})

/* Who may ask. */

for (const [name, route] of routes) {
  t.test(`${name} asks for a key that is good and has its scope`, async (t) => {
    const { call, keyWith, store } = await service(t)
    const path = example(name, route)
    const others = SCOPES.filter((scope) => scope !== route.scope)
    const { key: narrow } = await keyWith(...others)
    const { key: revoked, id } = await keyWith(...SCOPES)
    await store.run('key.revoke', { id, at: 1 })
    const wrong = {
      ...{ status: 401, body: { code: 'INVALID_ACCESS_KEY', status: 401, request: name } },
    }

    for (const key of ['', 'made-up', `${narrow}x`, `${id}.`, revoked])
      t.match(await call(path, { key, ...bodyOf(route) }), wrong, `with the key "${key}"`)
    const answer = await call(path, {
      key: '',
      ...bodyOf(route),
      headers: { authorization: 'Basic YTpi' },
    })
    t.match(answer, wrong)
    t.equal(answer.headers.get('www-authenticate'), 'Bearer')
    const missing = await call(path, { key: narrow, ...bodyOf(route) })
    if (route.scope === undefined) return t.equal(missing.status, 200)
    t.match(missing, { status: 403, body: { code: 'MISSING_SCOPE', request: name } })
    t.match(missing.body.message, route.scope)
    const { key: just } = await keyWith(route.scope)
    t.not((await call(path, { key: just, ...bodyOf(route) })).body.code, 'MISSING_SCOPE')
  })

  t.test(`${name} refuses what its table does not have, and names it`, async (t) => {
    const { call } = await service(t)
    const path = example(name, route)
    const invalid = { status: 400, body: { code: 'INVALID_MESSAGE_DATA', request: name } }
    const told = async (path: string, body?: unknown) => {
      const answer = await call(path, { ...(body !== undefined ? { body } : {}) })
      t.match(answer, invalid)
      return answer.body.message
    }

    const { body } = bodyOf(route)
    t.match(await told(`${path}?surprise=1`, body), /^query\.surprise: not a field/)
    if (body === undefined) return
    t.match(await told(path, { ...(body as object), surprise: 1 }), /^body\.surprise: not a field/)
    t.match(await told(path, []), /^body: expected an object/)
    for (const [field, value] of Object.entries(body as object)) {
      if (field === 'message' || field === 'data') continue // any JSON will do
      const other = typeof value === 'object' ? 3 : [value]
      t.match(await told(path, { ...(body as object), [field]: other }), `body.${field}: expected `)
    }
  })
}

for (const [path, allow] of [
  ['/v1/socket-tickets', 'POST'],
  ['/v1/players/abc', 'GET, HEAD, PATCH'],
  ['/v1/players/abc/aliases', 'POST'],
  ['/v1/aliases/3/token', 'POST'],
  ['/v1/players/abc/groups/abc', 'PUT, DELETE'],
  ['/v1/channels', 'GET, HEAD, POST'],
  ['/v1/channels/3', 'GET, HEAD, PATCH, DELETE'],
  ['/v1/channels/3/members', 'GET, HEAD'],
  ['/v1/channels/3/members/abc', 'PUT, DELETE'],
  ['/v1/channels/3/messages', 'GET, HEAD, POST'],
] as const)
  t.test(`${path} is for ${allow}, and says so`, async (t) => {
    const { call } = await service(t)

    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      if (allow.split(', ').includes(method)) continue
      const { status, headers, body } = await call(`${method} ${path}`)
      t.equal(status, 405, method)
      t.equal(headers.get('allow'), allow)
      t.match(body, { code: 'METHOD_NOT_ALLOWED', status: 405 })
    }
  })

t.test('HEAD answers as GET does, without the body', async (t) => {
  const { call } = await service(t)
  const whole = await call('GET /v1/channels')

  const { status, headers, body } = await call('HEAD /v1/channels')

  t.equal(status, 200)
  t.equal(body, undefined)
  t.equal(headers.get('content-length'), whole.headers.get('content-length'))
})

for (const path of [
  '/v1',
  '/v1/',
  '/v1/nothing',
  '/v1/players',
  '/v1/players/',
  '/v1/channels/',
  '/v1/channels//members',
  '/v1/players/abc/groups/',
  '/v1/players/%zz',
  '/v1/__proto__',
  `/v1/${'long'.repeat(200)}`,
])
  t.test(`there is nothing at ${path.slice(0, 40)}`, async (t) => {
    const { call } = await service(t)

    for (const method of ['GET', 'POST'])
      t.match(await call(`${method} ${path}`, { key: '' }), {
        ...{
          status: 404,
          body: { code: 'UNKNOWN_ROUTE', status: 404, message: /there is nothing/ },
        },
      })
  })

/* What comes in. */

const CHANNEL = { name: 'town' }

for (const [what, said, status, code, message] of [
  ['no JSON', { body: '{"name":' }, 400, 'INVALID_MESSAGE', /^body: expected JSON/],
  ['no UTF-8', { body: new Uint8Array([0x22, 0xff, 0x22]) }, 400, 'INVALID_MESSAGE', /UTF-8$/],
  ['deep JSON', { body: '['.repeat(33) }, 400, 'INVALID_MESSAGE', /at most 32 levels/],
  ['a body left out', {}, 400, 'INVALID_MESSAGE_DATA', /^body\.name: expected text/],
  ['a number', { body: 3 }, 400, 'INVALID_MESSAGE_DATA', /^body: expected an object/],
  ['null', { body: null }, 400, 'INVALID_MESSAGE_DATA', /^body: expected an object/],
  ['Infinity', { body: '{"name":"a","props":{"a":1e999}}' }, 400, 'INVALID_MESSAGE_DATA', /props/],
  [
    'a prototype',
    { body: '{"name":"a","__proto__":{}}' },
    400,
    'INVALID_MESSAGE_DATA',
    /__proto__/,
  ],
  [
    'a form',
    { body: 'name=town', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    ...[400, 'INVALID_MESSAGE', /content-type: application\/json$/],
  ],
  [
    'another kind of JSON',
    { body: CHANNEL, headers: { 'content-type': 'application/jsonp' } },
    ...[400, 'INVALID_MESSAGE', /content-type/],
  ],
  [
    'JSON that says its charset',
    { body: CHANNEL, headers: { 'content-type': 'application/json; charset=utf-8' } },
    200,
  ],
  [
    'numbers that are longer when they are written again',
    { body: `{"name":"a","props":{"a":[${Array(9_000).fill('1e20')}]}}` },
    ...[413, 'TOO_LARGE', /^body: expected at most 60000 bytes/],
  ],
  ['white space around', { body: `\n ${JSON.stringify(CHANNEL)} \n` }, 200],
] as const)
  t.test(`a body of ${what}: ${code ?? 'taken'}`, async (t) => {
    const { call } = await service(t)

    const answer = await call('POST /v1/channels', said)

    t.equal(answer.status, status)
    if (code !== undefined) t.match(answer.body, { code, message })
  })

for (const [path, message] of [
  ['/v1/channels/abc', /^path\.id: expected a whole number/],
  ['/v1/channels/-1', /^path\.id: expected a whole number/],
  ['/v1/channels/1.5', /^path\.id: expected a whole number/],
  ['/v1/channels/1e3', /^path\.id: expected a whole number/],
  [`/v1/players/${'a'.repeat(65)}`, /^path\.id: expected text of 1 to 64/],
  ['/v1/channels?limit=abc', /^query\.limit: expected a whole number of|from 1 to/],
  ['/v1/channels?limit=0', /^query\.limit: expected a whole number/],
  ['/v1/channels?limit=', /^query\.limit: expected a whole number/],
  ['/v1/channels?limit=1&limit=2', /^query\.limit: expected once/],
  ['/v1/channels?name=', /^query\.name: expected text/],
  ['/v1/channels?__proto__=1', /^query\.__proto__: not a field/],
  ['/v1/channels/1/messages?after=-1', /^query\.after: expected a finite number/],
] as const)
  t.test(`GET ${path.slice(0, 50)} is refused, and the place named`, async (t) => {
    const { call } = await service(t)

    const { status, body } = await call(`GET ${path}`)

    t.equal(status, 400)
    t.match(body, { code: 'INVALID_MESSAGE_DATA', message })
  })

t.test('U+0000 and half a surrogate pair in a path, a query or a body are U+FFFD', async (t) => {
  const { call, ask, player } = await service(t)
  const whole = 'a\ufffdb'
  const { id } = (await player('ada')).player
  const props = { [whole]: [whole] }

  const made = await call('POST /v1/channels', {
    body: String.raw`{"name":"a\u0000b","props":{"a\ud800b":["a\udfffb"]}}`,
  })
  const grouped = await call(`PUT /v1/players/${id}/groups/a%00b`)
  const found = await ask('GET /v1/channels?name=a%00b')

  t.match(made.body.channel, { name: whole, props })
  t.strictSame(grouped.body.player.groups, [whole])
  t.match(found.channels, [{ name: whole, props }])
  t.match(await call('GET /v1/channels?a%00b=1'), { status: 400, body: { message: /a\ufffdb/ } })
})

t.test('a group that would leave a player unreadable to its own client is refused', async (t) => {
  const { call, player, play } = await service(t)
  const { id } = (await player('ada')).player
  const ada = await play('ada')
  let joined = 0
  const join = async () => {
    const name = encodeURIComponent('木'.repeat(60) + ++joined)
    return call(`PUT /v1/players/${id}/groups/${name}`)
  }
  let answer = await join()

  while (answer.status === 200 && joined < 1_000) answer = await join()

  t.match(answer, { status: 413, body: { code: 'TOO_LARGE', message: /^path\.group: / } })
  t.equal((await ada.ask('player.get')).data.player.groups.length, joined - 1)
})

t.test('body_bytes: a body of just the most bytes is taken, of one more refused', async (t) => {
  const { call } = await service(t)
  const most = JSON.stringify(CHANNEL).padEnd(LIMITS.body_bytes.value)

  t.equal((await call('POST /v1/channels', { body: most })).status, 200)
  const { status, headers, body } = await call('POST /v1/channels', { body: `${most} ` })
  t.equal(status, 413)
  t.match(body, { code: 'TOO_LARGE', message: 'body: expected at most 60000 bytes' })
  t.equal(headers.get('connection'), 'close')
})

const CHUNKED = 'transfer-encoding: chunked\r\n\r\n10000\r\n'

for (const [what, head, key] of [
  ['says how large its body is', 'content-length: 9999999\r\n\r\n', 'good'],
  ['does not', CHUNKED, 'good'],
  ['has a wrong key', CHUNKED, 'wrong'],
] as const)
  t.test(`who ${what} and goes on sending is answered, then cut`, async (t) => {
    const { port, key: good, clock } = await service(t)
    const authorization = `authorization: Bearer ${key === 'good' ? good : key}`
    const socket = connect(port, '127.0.0.1')
    const closed = once(
      socket.on('error', () => {}),
      'close',
    )

    const type = 'content-type: application/json'
    socket.write(`POST /v1/channels HTTP/1.1\r\nhost: a\r\n${authorization}\r\n${type}\r\n${head}`)
    socket.write('a'.repeat(60_001))
    const answer = await everything(socket, '}')
    t.match(answer, key === 'good' ? /^HTTP\/1.1 413 / : /^HTTP\/1.1 401 /)
    t.match(answer, /\r\nconnection: close\r\n/i)
    t.notOk(socket.destroyed, 'it has time to read that')
    clock.advance(1_000)

    await closed
    t.pass('and is cut')
  })

t.test('a client that goes in the middle of its body harms nobody', async (t) => {
  const { port, key, call, close, lines } = await service(t)
  const socket = connect(port, '127.0.0.1')
  socket.write(
    `POST /v1/channels HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${key}\r\ncontent-length: 100\r\n\r\n{"na`,
  )
  await once(socket, 'connect')
  t.equal((await call('GET /v1/channels')).status, 200, 'while it is silent, others are served')

  socket.destroy()
  await close()

  t.strictSame(
    lines.filter(({ level }) => Number(level) >= 50),
    [],
    'nothing is logged as failed',
  )
})

/** What a socket says, up to a text. */
async function everything(socket: Socket, end: string): Promise<string> {
  let text = ''
  while (!text.includes(end)) text += String((await once(socket, 'data'))[0])
  return text
}

/* How much, and what goes wrong. */

t.test('http: an address that calls too fast is told when to come back', async (t) => {
  const { call, clock } = await service(t, { rates: { http: { per_second: 0.5, burst: 3 } } })

  for (const route of ['GET /v1/channels', 'GET /v1/nothing', 'PUT /v1/channels'])
    t.not((await call(route)).status, 429, route)
  const { status, headers, body } = await call('GET /v1/channels')
  t.equal(status, 429)
  t.match(body, { code: 'RATE_LIMITED', retry_ms: 2_000, request: 'GET /v1/channels' })
  t.equal(headers.get('retry-after'), '2')
  clock.advance(2_000)
  t.equal((await call('GET /v1/channels')).status, 200)
})

for (const [name, route] of routes)
  t.test(`${name} is limited for each address`, async (t) => {
    const { call } = await service(t, { rates: { http: { per_second: 1, burst: 1 } } })
    await call('GET /v1/nothing')

    const answer = await call(example(name, route), bodyOf(route))

    t.match(answer, { status: 429, body: { code: 'RATE_LIMITED', request: name } })
  })

t.test(
  'bad_key: an address that tries keys hears no more of them, and the right one gets through',
  async (t) => {
    const { call, clock } = await service(t, { rates: { bad_key: { per_second: 0.5, burst: 3 } } })

    for (let guess = 0; guess < 3; guess++)
      t.equal((await call('GET /v1/channels', { key: `guess.${guess}` })).status, 401)
    const wrong = () => call('GET /v1/channels', { key: 'guess.4' })
    t.match(await wrong(), { status: 429, body: { code: 'RATE_LIMITED', retry_ms: 2_000 } })
    t.equal((await call('GET /v1/channels')).status, 200)
    clock.advance(2_000)
    t.strictSame([(await wrong()).status, (await wrong()).status], [401, 429])
  },
)

t.test('of many guesses at once no more are heard of than of one after another', async (t) => {
  const rates = { bad_key: { per_second: 0.5, burst: 3 }, http: { per_second: 1, burst: 1_000 } }
  const { call, store } = await service(t, { rates })
  let looking = 0
  let most = 0
  const { run } = store
  const slow: typeof run = async (name, args) => {
    if (name !== 'key.find') return run(name, args)
    looking++
    most = Math.max(most, looking)
    await turn()
    looking--
    return run(name, args)
  }
  Object.assign(store, { run: slow })
  const guesses = Array.from({ length: 100 }, (_, index) => ({ key: `guess.${index}` }))

  const right = await Promise.all(guesses.map(() => call('GET /v1/channels')))
  most = 0
  const asked = guesses.map((guess) => call('GET /v1/channels', guess))
  const late = call('GET /v1/channels')
  const wrong = await Promise.all(asked)

  t.strictSame([...new Set(right.map(({ status }) => status))], [200], 'the right ones all pass')
  t.equal(most, 3, 'no more of them at a time than may be wrong')
  const refused = wrong.filter(({ status }) => status === 429)
  t.equal(refused.length, 97)
  t.match(refused.at(-1), { body: { code: 'RATE_LIMITED', retry_ms: 2_000 } })
  t.equal((await late).status, 200, 'a right one behind them all gets through')
})

t.test('a bug is logged under a number that the caller is told, and nothing else', async (t) => {
  const { call, lines } = await service(t, {
    routes: {
      'GET /v1/channels': async () => {
        throw new Error('a secret of the database')
      },
      'GET /v1/channels/:id': async () => ({ channel: {} }) as never,
    },
  })

  for (const route of ['GET /v1/channels', 'GET /v1/channels/1']) {
    const { status, body } = await call(route)
    t.equal(status, 500)
    t.match(body, { code: 'INTERNAL', incident: String })
    t.notMatch(JSON.stringify(body), /secret/)
    const line = lines.find(({ incident }) => incident === body.incident)
    t.match(line, { msg: 'HTTP call failed', route: String, err: { message: String } })
  }
})

t.test('without storage calls are refused, and what needs none goes on', async (t) => {
  const { call, raw, store } = await service(t)
  const client = await raw()
  await store.close()

  t.match(await call('GET /v1/channels'), { status: 503, body: { code: 'STORAGE_FAILED' } })
  t.match(await call('GET /v1/nothing'), { status: 404 })
  t.match(await client.ask('room.create', { kind: 'plaza' }), { data: { room: {} } })
})

t.test('no key, ticket or token is in the log', async (t) => {
  const { call, player, ticket, raw, key, lines } = await service(t)
  const { alias, token } = await player('ada')
  const given = await ticket()
  await call('GET /v1/channels', { key: 'my.guess' })
  await (await raw()).ask('player.identify', { ticket: given, alias: alias.id, token })

  const log = JSON.stringify(lines)
  t.match(log, /HTTP call/)
  for (const secret of [key, token, given].map((text) => text.split('.')[1] ?? ''))
    t.ok(secret.length > 20 && !log.includes(secret))
  t.notMatch(log, /my\.guess/)
})

t.test('every answer is JSON that nothing keeps', async (t) => {
  const { call } = await service(t)

  for (const route of ['GET /v1/channels', 'GET /v1/nothing', 'PUT /v1/channels']) {
    const { headers } = await call(route)
    t.equal(headers.get('content-type'), 'application/json; charset=utf-8')
    t.equal(headers.get('cache-control'), 'no-store')
    t.equal(headers.get('x-content-type-options'), 'nosniff')
  }
})
