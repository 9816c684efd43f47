import t from 'tap'
import { MESSAGES } from '../protocol/index.ts'
import { isCounted } from '../protocol/message.ts'
import type { Any, RawClient, Seen } from './support/client.ts'
import { kindOf, type Stage, stage } from './support/stage.ts'

/** Members of one room, the first of them its host. */
async function company(raw: Stage['raw'], count: number, kind = 'duel') {
  const clients: RawClient[] = []
  let code = ''
  for (let number = 1; number <= count; number++) {
    const client = await raw()
    await client.ask('player.identify', {})
    const answer = code
      ? await client.ask('room.join', { code })
      : await client.ask('room.create', { kind })
    code = answer.data.room.code
    clients.push(client)
  }
  return { clients: clients as [RawClient, RawClient, RawClient, RawClient], code }
}

/** What a client was told of its room since, as `member_left 2`. */
const told = ({ seen }: RawClient, from = 0): string[] =>
  seen
    .slice(from)
    .filter(({ type, re }) => String(type).startsWith('room.') && re === undefined)
    .map(({ type, data }) => `${String(type).slice(5)} ${Object.values(data as Any).join(' ')}`)

const kinds = [kindOf('duel')]

t.test('the host kicks; the one kicked is told why, and may come back', async (t) => {
  const { raw } = stage(t, { kinds })
  const { clients, code } = await company(raw, 3)
  const [ada, bob, cleo] = clients
  const before = cleo.seen.length

  const answer = await ada.ask('room.kick', { number: 2, reason: 'too loud' })
  const kicked = await bob.next('room.kicked')
  const after = await bob.ask('event.emit', { name: 'duel.shout', args: [] })
  await cleo.settled()
  const heard = told(cleo, before)
  const again = await bob.ask('room.join', { code })

  t.equal(answer.type, 'room.kick')
  t.match(kicked, { room: code, data: { by: 1, banned: false, reason: 'too loud' } })
  t.notOk(
    bob.seen.some(({ type }) => type === 'room.member_left'),
    'nothing else of it',
  )
  t.match(after.data, { code: 'NOT_IN_ROOM' })
  t.strictSame(heard, ['member_left 2 kicked'])
  t.match(again.data, { you: 4 }, 'with another number')
})

t.test(
  'bans: who is banned stays out for as long as the room lasts, as session and as player',
  async (t) => {
    const { raw } = stage(t, { kinds, limits: { bans: 2 } })
    const { clients, code } = await company(raw, 3)
    const [ada, bob, cleo] = clients
    const guest_key = bob.seen.find(({ type }) => type === 'player.identify')?.data.guest_key

    await ada.ask('room.kick', { number: 2, ban: true })
    const refused = await bob.ask('room.join', { code })
    const passed = await bob.ask('room.join_or_create', { kind: 'duel' })
    bob.close()
    const back = await raw()
    await back.ask('player.identify', { guest_key })
    const recognised = await back.ask('room.join', { code })
    await ada.ask('room.kick', { number: 3, ban: true })
    const forgotten = await back.ask('room.join', { code })

    t.match(refused.data, { code: 'BANNED' })
    t.not(passed.data.room.code, code, 'join_or_create goes elsewhere')
    t.match(recognised.data, { code: 'BANNED' })
    t.match((await cleo.next('room.kicked')).data, { banned: true })
    t.match(forgotten.data, { you: 4 }, 'limits.bans: two names, the session’s and the player’s')
  },
)

t.test('a kick or a ban of who is away takes the seat, and is told on coming back', async (t) => {
  const { raw } = stage(t, { kinds })
  const { clients } = await company(raw, 2)
  const [ada, bob] = clients
  bob.drop()
  await ada.next('room.member_away')

  await ada.ask('room.kick', { number: 2 })
  const back = await raw()
  const { token } = bob.welcome
  const [sent, received] = [2, counted(bob)]
  await back.ask('session.resume', { token, attempt: 1, sent, received, forgotten: 0 })
  const kicked = await back.next('room.kicked')
  const { data } = await back.next('session.snapshot')

  t.match(kicked.data, { by: 1 })
  t.strictSame(data.rooms, [])
})

t.test('nobody kicks an equal, a higher one, or nobody', async (t) => {
  const { raw } = stage(t, { kinds })
  const { clients } = await company(raw, 3)
  const [ada, bob, cleo] = clients
  await ada.ask('room.assign', { number: 2, role: 'assistant' })

  const answers = [
    await cleo.ask('room.kick', { number: 2 }),
    await bob.ask('room.kick', { number: 1 }),
    await bob.ask('room.kick', { number: 2 }),
    await ada.ask('room.kick', { number: 9 }),
  ]
  const done = await bob.ask('room.kick', { number: 3 })

  t.strictSame(
    answers.map(({ data }) => data.code),
    ['PERMISSION_DENIED', 'PERMISSION_DENIED', 'PERMISSION_DENIED', 'MEMBER_NOT_FOUND'],
  )
  t.match(answers[0]?.data.message, /asks the role assistant; yours is player/)
  t.equal(done.type, 'room.kick')
})

t.test('a locked room lets nobody new in, and its members back', async (t) => {
  const { raw } = stage(t, { kinds })
  const { clients, code } = await company(raw, 2)
  const [ada, bob] = clients
  const cleo = await raw()

  const answer = await ada.ask('room.lock', { locked: true })
  const refused = await cleo.ask('room.join', { code })
  const elsewhere = await cleo.ask('room.join_or_create', { kind: 'duel' })
  bob.drop()
  const back = await raw()
  const claim = { token: bob.welcome.token, attempt: 1, sent: 2, received: 2, forgotten: 0 }
  const resumed = await back.ask('session.resume', claim)
  const updated = await back.next('room.updated')
  await ada.ask('room.lock', { locked: false })
  const dan = await (await raw()).ask('room.join', { code })

  t.match(answer.data, { room: { code, locked: true } })
  t.match(refused.data, { code: 'ROOM_LOCKED', status: 423 })
  t.not(elsewhere.data.room.code, code)
  t.match(resumed.data, { resumed: true })
  t.match(updated, { room: code, data: { room: { locked: true } } })
  t.match(dan.data, { you: 3 })
})

t.test('properties are merged, null removes, and everybody is told', async (t) => {
  const { raw } = stage(t, { kinds })
  const { clients, code } = await company(raw, 2)
  const [ada, bob] = clients

  await ada.ask('room.update', { properties: { map: 'ice', mode: 'fast' } })
  const changed = await ada.ask('room.update', { properties: { map: null, mode: 'slow' } })
  const hidden = await ada.ask('room.update', { listed: false })
  const refused = await bob.ask('room.update', { properties: {} })
  const list = await bob.ask('room.list', {})

  t.strictSame(changed.data.room.properties, { mode: 'slow' })
  t.match(hidden.data.room, { listed: false, properties: { mode: 'slow' } })
  t.match(refused.data, { code: 'PERMISSION_DENIED', message: /update/ })
  t.strictSame(list.data.rooms, [])
  const updates = bob.seen.filter(({ type }) => type === 'room.updated')
  t.strictSame(
    updates.map(({ data }) => data.room.properties),
    [{ map: 'ice', mode: 'fast' }, { mode: 'slow' }, { mode: 'slow' }],
  )
  t.ok(updates.every(({ room }) => room === code))
})

t.test('a host gives roles up to its own; others give none', async (t) => {
  const { raw } = stage(t, { kinds })
  const { clients } = await company(raw, 4)
  const [ada, bob, cleo] = clients
  const codes: string[] = []
  const assign = async (who: RawClient, number: number, role: string) => {
    const { type, data }: Seen = await who.ask('room.assign', { number, role })
    codes.push(type === 'error' ? data.code : 'done')
  }

  await assign(bob, 3, 'trusted')
  await assign(ada, 2, 'host')
  await assign(ada, 2, 'player')
  await assign(bob, 3, 'assistant')
  await assign(cleo, 4, 'trusted')
  await assign(ada, 9, 'trusted')
  await assign(ada, 1, 'player')
  await assign(ada, 3, 'player')

  t.strictSame(codes, [
    'PERMISSION_DENIED',
    'done',
    'PERMISSION_DENIED',
    'done',
    'PERMISSION_DENIED',
    'MEMBER_NOT_FOUND',
    'done',
    'PERMISSION_DENIED',
  ])
  await clients[3].settled()
  t.strictSame(told(clients[3]), [
    'role_changed 2 host',
    'role_changed 3 assistant',
    'role_changed 1 player',
    'host_changed 2 2',
  ])
})

t.test('what a kind asks a role for is refused to lower ones, and reaches nobody', async (t) => {
  const strict = kindOf('strict', {
    permissions: { emit: 'trusted', query: 'assistant', execute: 'host' },
  })
  const { raw } = stage(t, { kinds: [...kinds, strict] })
  const { clients } = await company(raw, 2, 'strict')
  const [ada, bob] = clients
  const before = ada.seen.length
  const to = { to: ['host'] }

  const answers = [
    await bob.ask('event.emit', { name: 'strict.shout', args: [] }),
    await bob.ask('query', { name: 'strict.ask', data: 1 }, to),
    await bob.ask('function.call', { name: 'strict.add', args: [] }, to),
    await bob.ask('function.cast', { name: 'strict.add', args: [] }),
  ]
  await ada.settled()
  const reached = ada.seen.slice(before).map(({ type }) => type)
  await ada.ask('room.assign', { number: 2, role: 'assistant' })
  const emitted = await bob.ask('event.emit', { name: 'strict.shout', args: [] })

  for (const { data } of answers) t.match(data, { code: 'PERMISSION_DENIED', status: 403 })
  t.strictSame(reached, ['ping'], 'the host was told nothing but the answer to its own ping')
  t.match(emitted.data, { delivered: 1 })
})

t.test('who has no role at all may only listen', async (t) => {
  const { raw } = stage(t, { kinds })
  const { clients } = await company(raw, 2)
  const [ada, bob] = clients
  await ada.ask('room.assign', { number: 2, role: 'none' })

  const refused = await bob.ask('event.emit', { name: 'duel.shout', args: [] })
  const heard = await ada.ask('event.emit', { name: 'duel.shout', args: ['hush'] })

  t.match(refused.data, { code: 'PERMISSION_DENIED' })
  t.match(heard.data, { delivered: 1 })
  t.match(await bob.next('event'), { data: { args: ['hush'] } })
})

/** Counted frames a raw client has seen so far. */
const counted = ({ seen }: RawClient) =>
  seen.filter((message) => isCounted(MESSAGES, message)).length
