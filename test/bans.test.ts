import { join } from 'node:path'
import t from 'tap'
import { MAX_REASON } from '../protocol/players.ts'
import { defineRoom } from '../server/server.ts'
import { service } from './support/service.ts'

t.test('who is banned is put out at once, on every device, and not let in again', async (t) => {
  const { player, play, raw, ask, call, lines } = await service(t)
  const ada = await player('ada')
  const [phone, tablet, bob] = [await play('ada'), await play('ada'), await play('bob')]
  const ban = `/v1/players/${ada.player.id}/ban`

  const banned = await ask(`PUT ${ban}`, { reason: 'rude to Bob' })
  const closes = [await phone.closed, await tablet.closed]
  const again = await raw()
  const { alias, token } = await player('ada')
  const refused = await again.ask('player.identify', { alias: alias.id, token })
  const shown = await ask(`GET /v1/players/${ada.player.id}`)

  t.strictSame(banned, { ban: { reason: 'rude to Bob', until: null } })
  t.strictSame(closes, Array(2).fill({ code: 4102, reason: 'banned' }))
  t.match(refused, {
    type: 'error',
    data: { code: 'PLAYER_BANNED', status: 403, cause: { reason: 'rude to Bob', until: null } },
  })
  t.match(refused.data.message, /rude to Bob/)
  t.match(await again.ask('player.get'), { data: { code: 'NO_PLAYER_FOUND' } })
  t.strictSame(shown.ban, banned.ban)
  t.match(await bob.ask('player.get'), { type: 'player.get' }, 'nobody else noticed')
  const told = lines.filter(({ msg }) => msg === 'player banned')
  t.match(told, [{ player: ada.player.id }])
  t.match(await call(`DELETE ${ban}`), { status: 200, body: {} })
  t.match(await again.ask('player.identify', { alias: alias.id, token }), {
    data: { player: { id: ada.player.id } },
  })
})

t.test('who is banned has no seat any more, kept without a session or not', async (t) => {
  const rooms = { duel: defineRoom({ seat_ms: 900_000 }), trio: defineRoom({ seats: 'session' }) }
  const { player, play, ask, call } = await service(t, { rooms })
  const { player: ada } = await player('ada')
  const [phone, tablet, bob] = [await play('ada'), await play('ada'), await play('bob')]
  const codes: string[] = []
  for (const kind of ['duel', 'duel', 'trio'])
    codes.push((await bob.ask('room.create', { kind })).data.room.code)
  await phone.ask('room.join', { code: codes[0] })
  phone.close()
  await bob.next('room.member_away')
  for (const code of codes.slice(1)) await tablet.ask('room.join', { code })
  await bob.settled()
  const before = bob.seen.length

  await ask(`PUT /v1/players/${ada.id}/ban`)
  await tablet.closed
  await bob.settled()
  const told = bob.seen.slice(before).filter(({ type }) => String(type).startsWith('room.'))
  await call(`DELETE /v1/players/${ada.id}/ban`)
  const again = await play('ada')
  const { data } = await again.ask('room.join', { code: codes[0] })

  t.match(
    told.map(({ type, room, data }) => [type, codes.indexOf(room as string), data]),
    codes.map((_, at) => ['room.member_left', at, { number: 2, reason: 'banned' }]),
  )
  t.equal(data.you, 3)
})

t.test('who is banned is heard by nobody, in the middle of things or coming back', async (t) => {
  let letIn = () => {}
  const onJoin = (_: unknown, { data }: { data: unknown }) =>
    data === 'slow' ? new Promise<null>((resolve) => (letIn = () => resolve(null))) : undefined
  const rooms = { duel: defineRoom({ onJoin }) }
  const { player, play, raw, ask, ticket } = await service(t, { rooms })
  const [ada, away, bob] = [await play('ada'), await play('ada'), await play('bob')]
  const { player: banned, alias, token } = await player('ada')
  const { code } = (await bob.ask('room.create', { kind: 'duel' })).data.room
  const { channel } = (await bob.ask('channel.create', { name: 'all' })).data
  for (const one of [ada, away]) await one.ask('channel.join', { channel: channel.id })
  away.drop()
  await bob.settled()
  const before = bob.seen.length
  const said = { type: 'channel.send', data: { channel: channel.id, message: 'heard' } }

  ada.send({ type: 'room.join', id: 'slow', data: { code, data: 'slow' } })
  await ada.settled()
  await ask(`PUT /v1/players/${banned.id}/ban`)
  for (const type of ['event.emit', 'player.update'])
    ada.send({ type, room: code, data: { name: 'plaza.here', args: [] } })
  ada.send(said)
  letIn()
  await ada.closed
  const outcomes: unknown[] = []
  for (const who of [
    { alias: alias.id, token },
    { ticket: await ticket(), alias: alias.id, token },
  ]) {
    const client = await raw()
    const asked = client.ask('player.identify', who)
    const wrote = client.ask(said.type, said.data)
    outcomes.push((await asked).data.code, (await wrote).data.code)
  }
  const again = await raw()
  const claim = { token: away.welcome.token, attempt: 1, sent: 2, received: 2, forgotten: 0 }
  const { data } = await again.ask('session.resume', claim)
  outcomes.push((await again.ask(said.type, said.data)).data.code)
  await bob.settled()

  t.strictSame(outcomes, [
    'PLAYER_BANNED',
    'NO_PLAYER_FOUND',
    'PLAYER_BANNED',
    'NO_PLAYER_FOUND',
    'NO_PLAYER_FOUND',
  ])
  t.match(data, { resumed: false, kept: false })
  const heard = bob.seen.slice(before).map(({ type }) => type)
  t.strictSame(
    heard.filter((type) => type !== 'ping'),
    [],
  )
})

t.test('a ban ends when its time is over, and outlives the server', async (t) => {
  const file = join(t.testdir(), 'players.db')
  const first = await service(t, { file })
  const ada = await first.player('ada')
  const ban = `PUT /v1/players/${ada.player.id}/ban`
  const { ban: told } = await first.ask(ban, { ms: 20_000 })
  await first.close()

  const second = await service(t, { file, seed: 2 })
  const { alias, token } = await second.player('ada')
  const client = await second.raw()
  const identify = () => client.ask('player.identify', { alias: alias.id, token })
  const early = await identify()
  second.clock.advance(20_000)

  t.match(early.data, { code: 'PLAYER_BANNED', cause: { reason: '', until: told.until } })
  t.match(await identify(), { type: 'player.identify' })
})

t.test('who is banned by another server on the same file is put out within a second', async (t) => {
  const file = join(t.testdir(), 'players.db')
  const rooms = { duel: defineRoom({ seat_ms: 900_000 }) }
  const [here, other] = [
    await service(t, { file, rooms }),
    await service(t, { file, seed: 2, rooms }),
  ]
  const [{ player: ada }, { player: eve }] = [await here.player('ada'), await here.player('eve')]
  const [phone, away, bob] = [
    await here.play('ada'),
    await here.play('eve'),
    await here.play('bob'),
  ]
  const { code } = (await bob.ask('room.create', { kind: 'duel' })).data.room
  await away.ask('room.join', { code })
  away.close()
  await bob.next('room.member_away')

  await other.ask(`PUT /v1/players/${ada.id}/ban`, { reason: 'rude' })
  await other.ask(`PUT /v1/players/${eve.id}/ban`)
  here.clock.advance(1_000)

  t.match(await phone.closed, { code: 4102, reason: 'banned' })
  t.match(await bob.next('room.member_left'), { data: { reason: 'banned' } }, 'the seat, too')
  t.match(await bob.ask('player.get'), { type: 'player.get' }, 'nobody else noticed')
  const told = here.lines.filter(({ msg }) => msg === 'banned player put out')
  t.strictSame(told.map(({ player }) => player).sort(), [ada.id, eve.id].sort())
})

t.test('a ban may be for any number of ms, halves and ages among them', async (t) => {
  const { player, ask } = await service(t)
  const { player: ada } = await player('ada')
  const ban = async (ms: number) => {
    const answer = await ask(`PUT /v1/players/${ada.id}/ban`, { ms })
    t.strictSame((await ask(`GET /v1/players/${ada.id}`)).ban, answer.ban, 'kept as it was told')
    return answer.ban.until
  }

  const [one, half] = [await ban(1), await ban(1.5)]
  t.equal(half - one, 1, 'no ban is shorter than it was said')
  t.equal(await ban(1e300), Number.MAX_SAFE_INTEGER)
})

t.test('a ban that comes while its player identifies finds it', async (t) => {
  const { player, raw, ask } = await service(t)
  const { alias, token, player: ada } = await player('ada')

  for (let round = 0; round < 20; round++) {
    const client = await raw()
    const identified = client.ask('player.identify', { alias: alias.id, token }).then(
      ({ data }) => data.code ?? 'in',
      () => 'out',
    )
    await ask(`PUT /v1/players/${ada.id}/ban`)
    const outcome = await identified
    const isOut = outcome === 'PLAYER_BANNED' ? true : (await client.closed).code === 4102
    t.ok(isOut, `round ${round}: ${outcome}`)
    client.close()
    await ask(`DELETE /v1/players/${ada.id}/ban`)
  }
})

t.test(
  'only who may write players bans, only players there are, and says it shortly',
  async (t) => {
    const { player, keyWith, call } = await service(t)
    const { player: ada } = await player('ada')
    const { key } = await keyWith('read:players')
    const ban = `/v1/players/${ada.id}/ban`
    const reason = 'x'.repeat(MAX_REASON + 1)

    for (const method of ['PUT', 'DELETE']) {
      t.match(await call(`${method} ${ban}`, { key }), { body: { code: 'MISSING_SCOPE' } })
      t.match(await call(`${method} /v1/players/nobody/ban`), { body: { code: 'NO_PLAYER_FOUND' } })
    }
    t.match(await call(`PUT ${ban}`, { body: { reason } }), {
      body: { code: 'INVALID_MESSAGE_DATA' },
    })
    t.match(await call(`PUT ${ban}`, { body: { ms: 0 } }), { status: 400 })
  },
)
