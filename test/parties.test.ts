import t from 'tap'
import { createMemoryParties } from '../server/bus/memory-parties.ts'
import { createPool } from '../server/core/match/pool.ts'
import { defineRoom, type HubOptions, Refusal } from '../server/server.ts'
import type { ConnectOptions, Network, Party } from '../web-client/client.ts'
import { partiesContract } from './contracts/parties.ts'
import { queuesContract } from './contracts/queues.ts'
import type { Any, RawClient } from './support/client.ts'
import { failing, until } from './support/promise.ts'
import { OVERS, type TestWorld, UNHURRIED_MS, world } from './support/world.ts'

const HOUSE: HubOptions = {
  rooms: {
    arena: defineRoom({ capacity: 8 }),
    pair: defineRoom({ capacity: 2 }),
    picky: defineRoom({
      capacity: 8,
      onJoin(_room, { name }) {
        if (name === 'Rude') throw new Refusal('PERMISSION_DENIED', 'not you')
        return null
      },
    }),
  },
  limits: { heartbeat_ms: UNHURRIED_MS, party_members: 4 },
  queues: {
    duel: { kind: 'arena', max: 2, same: ['mode'] },
    teams: { kind: 'arena', max: 4, teams: 2 },
    together: { kind: 'arena', max: 2, party: 2 },
    trio: { kind: 'picky', min: 2, max: 3, wait_ms: 60_000, party: 2 },
  },
}

type Told = readonly [what: string, ...about: unknown[]]

/** Somebody who has identified, and what it was told of parties. */
interface Player {
  readonly network: Network
  readonly id: string
  readonly key: string
  readonly told: Told[]
}

async function player(
  here: TestWorld,
  name: string,
  guest_key?: string,
  options: ConnectOptions = {},
): Promise<Player> {
  const network = await here.connect({ pingEvery: UNHURRIED_MS, ...options })
  const told: Told[] = []
  const { parties, matchmaking } = network
  parties.on('entered', ({ members }) => told.push(['entered', members.length]))
  parties.on('joined', (one) => told.push(['joined', one.name]))
  parties.on('changed', ({ name, ready, away }) => told.push(['changed', name, { ready, away }]))
  parties.on('left', ({ name }, reason) => told.push(['left', name, reason]))
  parties.on('updated', (party) => told.push(['updated', leaderOf(party)]))
  parties.on('over', (reason) => told.push(['over', reason]))
  parties.on('invited', ({ by, code }) => told.push(['invited', by.name, code]))
  parties.on('declined', () => told.push(['declined']))
  parties.on('said', (said) => told.push(['said', said.name, said.data]))
  parties.on('followed', ({ code }) => told.push(['followed', code]))
  parties.on('missed', ({ reason }) => told.push(['missed', reason]))
  parties.on('rematch', ({ wanting, of }) => told.push(['rematch', wanting, of]))
  matchmaking.on('searching', (queue) => told.push(['searching', queue]))
  matchmaking.on('started', (_room, { team }) => told.push(['started', team]))
  matchmaking.on('again', (reason) => told.push(['again', reason]))
  matchmaking.on('ended', (reason) => told.push(['ended', reason]))
  const who = guest_key === undefined ? { name } : { guest_key }
  const { player: me, guest_key: own } = await network.players.identify(who)
  return { network, id: me.id, key: own ?? guest_key ?? '', told }
}

const leaderOf = ({ members, leader }: Party) => members.find((one) => one.player === leader)?.name

/** What a player was told of one thing. */
const of = ({ told }: Player, what: string): readonly (readonly unknown[])[] =>
  told.filter(([one]) => one === what).map(([, ...about]) => about)

/** Everything that was said so far has come. */
async function settled(...players: readonly Player[]): Promise<void> {
  for (let turn = 0; turn < 3; turn++)
    for (const { network } of players)
      if (network.state === 'open') await network.request('room.list', {})
}

/** A party of these, led by the first. */
async function gathered(here: TestWorld, ...names: readonly string[]): Promise<Player[]> {
  const players: Player[] = []
  for (const name of names) players.push(await player(here, name))
  const [first, ...rest] = players
  const party = await first?.network.parties.create()
  for (const { network } of rest) await network.parties.join(party?.code ?? '')
  await settled(...players)
  for (const { told } of players) told.length = 0
  return players
}

partiesContract(t, 'memory', async () => createMemoryParties())
queuesContract(t, 'memory', createPool)

for (const over of OVERS)
  t.test(`players go together in a party, joined by its code, over ${over}`, async (t) => {
    const here = await world(t, { over, ...HOUSE })
    const [ada, bob] = [await player(here, 'Ada'), await player(here, 'Bob')]

    const made = await ada.network.parties.create({ properties: { mode: 'hard' } })
    const joined = await bob.network.parties.join(made.code, { own: { hero: 'fox' } })
    await settled(ada, bob)

    t.equal(ada.network.parties.leads, true)
    t.equal(bob.network.parties.leads, false)
    t.strictSame(ada.network.parties.party, joined)
    t.strictSame(
      joined.members.map(({ name, properties }) => [name, properties]),
      [
        ['Ada', {}],
        ['Bob', { hero: 'fox' }],
      ],
    )
    t.strictSame(joined.properties, { mode: 'hard' })
    t.strictSame(of(ada, 'joined'), [['Bob']])
  })

t.test('only who is somebody is in a party, and in one at a time', async (t) => {
  const here = await world(t, HOUSE)
  const raw = await here.raw()
  const [ada] = await gathered(here, 'Ada', 'Bob', 'Cleo', 'Dan')
  const eve = await player(here, 'Eve')
  const code = ada?.network.parties.party?.code ?? ''

  t.equal((await raw.ask('party.create', {})).data.code, 'NO_PLAYER_FOUND')
  t.equal((await failing((ada as Player).network.parties.create())).code, 'ALREADY_IN_PARTY')
  t.equal((await failing(eve.network.parties.join('ZZZZZZ'))).code, 'PARTY_NOT_FOUND')
  t.equal((await failing(eve.network.parties.join(code))).code, 'PARTY_FULL')
  t.equal((await failing(eve.network.parties.ready())).code, 'NOT_IN_PARTY')
  t.equal((await failing(eve.network.parties.say('hi'))).code, 'NOT_IN_PARTY')
})

t.test('codes of parties cannot be guessed by trying', async (t) => {
  const here = await world(t, { ...HOUSE, rates: { guess: { per_second: 0.1, burst: 2 } } })
  const [ada] = await gathered(here, 'Ada')
  const eve = await player(here, 'Eve')

  for (const code of ['ZZZZZZ', 'YYYYYY']) await failing(eve.network.parties.join(code))

  const right = ada?.network.parties.party?.code ?? ''
  t.equal((await failing(eve.network.parties.join(right))).code, 'RATE_LIMITED')
})

t.test('an invitation reaches every device of a player, those to come included', async (t) => {
  const here = await world(t, HOUSE)
  const ada = await player(here, 'Ada')
  const bob = await player(here, 'Bob')
  const phone = await player(here, 'Bob', bob.key)
  const { code } = await ada.network.parties.create({ open: false })

  t.equal((await failing(bob.network.parties.join(code))).code, 'NOT_INVITED')
  t.equal(await ada.network.parties.invite(bob.id), 2)
  const late = await player(here, 'Bob', bob.key)
  await settled(bob, phone, late)
  for (const one of [bob, phone, late]) t.strictSame(of(one, 'invited'), [['Ada', code]])

  await phone.network.parties.join(code)
  await settled(ada, bob, phone, late)
  for (const one of [bob, phone, late]) t.equal(one.network.parties.party?.members.length, 2)
  t.strictSame(of(ada, 'joined'), [['Bob']])
  t.equal((await failing(ada.network.parties.invite('nobody'))).code, 'INVALID_TARGET')
  t.equal((await failing(ada.network.parties.invite(bob.id))).code, 'ALREADY_IN_PARTY')
})

t.test('who declines an invitation is not waited for', async (t) => {
  const here = await world(t, HOUSE)
  const [ada] = (await gathered(here, 'Ada')) as [Player]
  const bob = await player(here, 'Bob')
  await ada.network.parties.invite(bob.id)

  const code = ada.network.parties.party?.code ?? ''
  await bob.network.parties.decline(code)
  await settled(ada)

  t.strictSame(of(ada, 'declined'), [[]])
  t.equal((await failing(bob.network.parties.decline(code))).code, 'PARTY_NOT_FOUND')
})

t.test('a leader kicks, promotes and says what the party is; nobody else does', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob, cleo] = (await gathered(here, 'Ada', 'Bob', 'Cleo')) as [Player, Player, Player]

  for (const refused of [
    bob.network.parties.kick(ada.id),
    bob.network.parties.promote(cleo.id),
    bob.network.parties.update({ properties: { mode: 'easy' } }),
  ])
    t.equal((await failing(refused)).code, 'NOT_PARTY_LEADER')
  await ada.network.parties.update({ properties: { mode: 'hard' }, open: false })
  await ada.network.parties.kick(cleo.id)
  await ada.network.parties.promote(bob.id)
  await settled(ada, bob, cleo)

  t.strictSame(of(cleo, 'over'), [['kicked']])
  t.equal(cleo.network.parties.party, undefined)
  t.strictSame(of(bob, 'left'), [['Cleo', 'kicked']])
  t.match(bob.network.parties.party, { leader: bob.id, open: false, properties: { mode: 'hard' } })
  t.strictSame(of(ada, 'updated'), [['Ada'], ['Bob']])
})

t.test('who is ready, and what one says of oneself and to all, is told to all', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob] = (await gathered(here, 'Ada', 'Bob')) as [Player, Player]

  await bob.network.parties.ready()
  await bob.network.parties.describe({ rating: 1_200 })
  t.equal(await bob.network.parties.say({ text: 'off we go' }), 2)
  await settled(ada, bob)

  t.match(ada.network.parties.party?.members[1], { ready: true, properties: { rating: 1_200 } })
  for (const one of [ada, bob]) t.strictSame(of(one, 'said'), [['Bob', { text: 'off we go' }]])
  const long = failing(bob.network.parties.describe({ text: 'x'.repeat(3_000) }))
  t.equal((await long).code, 'TOO_LARGE')
})

t.test('a party outlives drops; its leader’s absence passes on after its window', async (t) => {
  const limits = { ...HOUSE.limits, party_lead_ms: 10_000, party_ms: 100_000 }
  const here = await world(t, { ...HOUSE, limits })
  const [ada, bob, cleo] = (await gathered(here, 'Ada', 'Bob', 'Cleo')) as [Player, Player, Player]

  ada.network.close()
  await until(() => of(bob, 'changed').length === 1, 'the leader is away')
  here.clock.advance(9_999)
  await settled(bob, cleo)
  t.strictSame(of(bob, 'updated'), [])
  here.clock.advance(1)
  await settled(bob, cleo)

  for (const one of [bob, cleo]) t.strictSame(of(one, 'updated'), [['Bob']])
  const again = await player(here, 'Ada', ada.key)
  await settled(again)
  t.strictSame(of(again, 'entered'), [[3]], 'it is in it still')
  again.network.close()
  await until(() => of(bob, 'changed').length === 3, 'it is away again')
  here.clock.advance(100_000)
  await settled(bob)
  t.strictSame(of(bob, 'left'), [['Ada', 'lost']])
})

t.test('a leader who comes back within the window still leads', async (t) => {
  const here = await world(t, { ...HOUSE, limits: { ...HOUSE.limits, party_lead_ms: 500 } })
  const [ada, bob] = (await gathered(here, 'Ada', 'Bob')) as [Player, Player]

  ada.network.cut()
  await until(() => of(bob, 'changed').length === 2, 'away, and back')
  here.clock.advance(1_000)
  await settled(ada, bob)

  t.equal(bob.network.parties.party?.leader, ada.id)
  t.strictSame(of(bob, 'changed'), [
    ['Ada', { ready: false, away: true }],
    ['Ada', { ready: false, away: false }],
  ])
})

t.test('where nobody is there to lead, whoever comes back first does', async (t) => {
  const limits = { ...HOUSE.limits, party_lead_ms: 10_000 }
  const here = await world(t, { ...HOUSE, limits })
  const [ada, bob] = (await gathered(here, 'Ada', 'Bob')) as [Player, Player]
  bob.network.close()
  await until(() => of(ada, 'changed').length === 1, 'bob is away')
  ada.network.close()
  await until(() => here.stats().connections === 0, 'ada is away')
  here.clock.advance(10_000)

  const back = await player(here, 'Bob', bob.key)
  await until(() => back.network.parties.leads, 'bob leads')

  t.equal(back.network.parties.party?.leader, bob.id)
})

t.test('all devices of a player are in its party, and one that is left is enough', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob] = (await gathered(here, 'Ada', 'Bob')) as [Player, Player]
  const phone = await player(here, 'Ada', ada.key)
  await settled(phone)
  t.strictSame(of(phone, 'entered'), [[2]])

  ada.network.close()
  await until(() => here.stats().connections === 2, 'one device is gone')
  await phone.network.parties.leave()
  await settled(bob, phone)

  t.strictSame(of(bob, 'changed'), [], 'it was there all the time')
  t.strictSame(of(bob, 'left'), [['Ada', 'left']])
  t.strictSame(of(bob, 'updated'), [['Bob']])
  t.strictSame(of(phone, 'over'), [['left']])
})

t.test('after a reset a client is told its party as it is', async (t) => {
  const here = await world(t, { ...HOUSE, limits: { ...HOUSE.limits, resume_frames: 2 } })
  const [bob] = (await gathered(here, 'Bob')) as [Player]
  const ada = await player(here, 'Ada', undefined, { backoff: () => 1_000 })
  await ada.network.parties.join(bob.network.parties.party?.code ?? '')

  ada.network.cut()
  for (const text of ['a', 'b', 'c', 'd']) await bob.network.parties.say(text)
  await bob.network.parties.ready()
  here.clock.advance(1_000)
  await until(() => of(ada, 'entered').length === 2, 'it is told once more')

  t.match(ada.network.parties.party?.members[0], { name: 'Bob', ready: true })
})

t.test('a party searches: together, in one team, each by what it says of itself', async (t) => {
  const here = await world(t, HOUSE)
  const pair = (await gathered(here, 'Ada', 'Bob')) as [Player, Player]
  const strangers = [await player(here, 'Cleo'), await player(here, 'Dan')]

  for (const { network } of strangers) await network.matchmaking.find('teams')
  const [ada, bob] = pair
  await ada.network.matchmaking.find('teams', { party: true })
  const all = [...pair, ...strangers]
  await until(() => all.every((one) => of(one, 'started').length === 1), 'all play')

  t.strictSame(of(bob, 'searching'), [['teams']])
  const team = (one: Player) => of(one, 'started')[0]?.[0]
  t.equal(team(ada), team(bob))
  t.equal(team(strangers[0] as Player), team(strangers[1] as Player))
  t.not(team(ada), team(strangers[0] as Player))
  t.equal(bob.network.matchmaking.queue, undefined)
})

t.test('a party that may not search is told why', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob, cleo] = (await gathered(here, 'Ada', 'Bob', 'Cleo')) as [Player, Player, Player]
  const asParty = (one: Player, queue: string, properties = {}) =>
    failing(one.network.matchmaking.find(queue, { party: true, properties }))

  t.equal((await asParty(bob, 'teams')).code, 'NOT_PARTY_LEADER')
  t.match((await asParty(ada, 'teams')).data.cause, { reason: 'too_large' })
  await cleo.network.parties.leave()
  t.equal((await asParty(cleo, 'teams')).code, 'NOT_IN_PARTY')
  await bob.network.matchmaking.find('duel', { properties: { mode: 'hard' } })
  t.match((await asParty(ada, 'teams')).data.cause, { reason: 'searching', players: [bob.id] })
  await bob.network.matchmaking.leave()
  bob.network.close()
  await until(() => of(ada, 'changed').length === 1, 'bob is away')
  t.match((await asParty(ada, 'teams')).data.cause, { reason: 'absent', players: [bob.id] })
  t.equal(ada.network.matchmaking.queue, undefined)
})

t.test('who leaves a party that searches ends its search, and all are told', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob] = (await gathered(here, 'Ada', 'Bob')) as [Player, Player]
  const find = () => ada.network.matchmaking.find('teams', { party: true })

  await find()
  await bob.network.matchmaking.leave()
  await settled(ada)
  t.strictSame(of(ada, 'ended'), [['party']], 'who left the queue')
  await find()
  const cleo = await player(here, 'Cleo')
  await cleo.network.parties.join(ada.network.parties.party?.code ?? '')
  await settled(ada, bob)
  t.strictSame(of(bob, 'ended'), [['party']], 'who came to the party')
  await cleo.network.parties.leave()
  await find()
  await bob.network.parties.leave()
  await settled(ada, bob)

  t.strictSame(of(ada, 'ended'), [['party'], ['party'], ['party']], 'who left the party')
  t.equal(ada.network.matchmaking.queue, undefined)
})

t.test('where one of a party does not come to its match, none of it does', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob] = (await gathered(here, 'Ada', 'Bob')) as [Player, Player]
  const strangers = [await player(here, 'Cleo'), await player(here, 'Dan')]
  for (const { network } of strangers) await network.matchmaking.find('teams')
  await until(() => here.stats().rooms === 0, 'no match yet')
  bob.network.matchmaking.on('found', () => bob.network.close())

  await ada.network.matchmaking.find('teams', { party: true })
  await until(() => of(ada, 'ended').length === 1, 'ada plays no match')
  await until(() => strangers.every((one) => of(one, 'again').length === 1), 'nor do the others')

  t.strictSame(of(ada, 'ended'), [['party']])
  t.equal(ada.network.rooms.all.size, 0)
  for (const one of strangers) t.equal(one.network.matchmaking.queue, 'teams')
})

t.test('a leader calls all into its room, where seats are kept', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob, cleo] = (await gathered(here, 'Ada', 'Bob', 'Cleo')) as [Player, Player, Player]
  const room = await ada.network.rooms.create('arena')
  t.equal((await failing(bob.network.parties.call())).code, 'NOT_IN_ROOM')
  cleo.network.close()
  await until(() => of(ada, 'changed').length === 1, 'cleo is away')

  const { called, absent } = await ada.network.parties.call()
  await until(() => of(bob, 'followed').length === 1, 'bob follows')

  t.strictSame([called, absent], [[bob.id], [cleo.id]])
  t.strictSame(of(bob, 'followed'), [[room.code]])
  t.equal((await failing(bob.network.parties.call())).code, 'NOT_PARTY_LEADER')
  t.strictSame(
    [...room.members.values()].map(({ name }) => name),
    ['Ada', 'Bob'],
  )
})

t.test('a room with too few seats is none to be called into', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob, cleo] = (await gathered(here, 'Ada', 'Bob', 'Cleo')) as [Player, Player, Player]
  await ada.network.rooms.create('pair')

  t.equal((await failing(ada.network.parties.call())).code, 'ROOM_FULL')
  await settled(ada, bob, cleo)

  t.strictSame(of(ada, 'missed'), [])
  for (const one of [bob, cleo]) t.equal(one.network.rooms.all.size, 0)
})

t.test('a leader is told who does not come, and why', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob, cleo] = (await gathered(here, 'Ada', 'Bob', 'Cleo')) as [Player, Player, Player]
  const { code } = await ada.network.rooms.create('picky')
  bob.network.parties.follows = false
  cleo.network.parties.follows = false
  await ada.network.parties.call()

  await failing(cleo.network.rooms.join(code, { name: 'Rude' }))
  here.clock.advance(15_000)
  await settled(ada, bob)

  t.strictSame(of(ada, 'missed'), [['refused'], ['late']])
})

t.test('a party plays again at once, by its leader’s word', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob] = (await gathered(here, 'Ada', 'Bob')) as [Player, Player]
  t.equal((await failing(ada.network.parties.rematch())).code, 'NOTHING_PLAYED')
  await ada.network.matchmaking.find('together', { party: true })
  await until(() => [ada, bob].every((one) => of(one, 'started').length === 1), 'they play')
  const before = [...ada.network.rooms.all.keys()]

  const standing = await ada.network.parties.rematch()
  await until(() => [ada, bob].every((one) => of(one, 'started').length === 2), 'they play again')

  t.match(standing, { queue: 'together', wanting: 2, of: 2 })
  const codes = [...bob.network.rooms.all.keys()]
  t.equal(codes.length, 2, 'in another room')
  t.ok(codes.includes(before[0] ?? ''))
})

t.test('of strangers those play again who want to', async (t) => {
  const here = await world(t, HOUSE)
  const people = [await player(here, 'Ada'), await player(here, 'Bob'), await player(here, 'Cleo')]
  const [ada, bob, cleo] = people as [Player, Player, Player]
  for (const { network } of people) await network.matchmaking.find('trio')
  await until(() => people.every((one) => of(one, 'started').length === 1), 'they play')

  await ada.network.parties.rematch()
  await settled(...people)
  t.strictSame(of(bob, 'rematch'), [[1, 3]])
  t.equal((await failing(ada.network.parties.rematch())).code, 'ALREADY_SEARCHING')
  await bob.network.parties.rematch()
  here.clock.advance(14_999)
  await settled(...people)
  t.strictSame(of(ada, 'started').length, 1, 'cleo may still want to')
  here.clock.advance(1)
  await until(() => [ada, bob].every((one) => of(one, 'started').length === 2), 'they play again')

  t.strictSame(of(cleo, 'started').length, 1)
  await cleo.network.parties.rematch()
  await until(() => of(cleo, 'ended').length === 1, 'nobody is left who might')
  t.strictSame(of(cleo, 'ended'), [['nobody']])
})

t.test('a rematch that nobody else wants is over, and told', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob] = [await player(here, 'Ada'), await player(here, 'Bob')]
  for (const { network } of [ada, bob])
    await network.matchmaking.find('duel', { properties: { mode: 'easy' } })
  await until(() => [ada, bob].every((one) => of(one, 'started').length === 1), 'they play')

  await ada.network.parties.rematch()
  bob.network.close()
  await until(() => of(ada, 'ended').length === 1, 'it is over')

  t.strictSame(of(ada, 'ended'), [['nobody']])
})

t.test('garbage about parties is refused and harms nobody', async (t) => {
  const here = await world(t, HOUSE)
  const [ada] = (await gathered(here, 'Ada')) as [Player]
  const raw: RawClient = await here.raw()
  await raw.ask('player.identify', {})
  const garbage: [string, Any][] = [
    ['party.create', { open: 'yes' }],
    ['party.create', { properties: [] }],
    ['party.join', {}],
    ['party.join', { code: 7 }],
    ['party.invite', { player: '' }],
    ['party.kick', {}],
    ['party.ready', { ready: 1 }],
    ['party.describe', { properties: null }],
    ['party.update', { open: null }],
    ['party.message', {}],
    ['match.find', { queue: 'duel', party: 'us' }],
  ]

  for (const [type, data] of garbage)
    t.equal((await raw.ask(type, data)).data.code, 'INVALID_MESSAGE_DATA', type)
  await settled(ada)

  t.strictSame(ada.told, [])
})

t.test('party_members: a party has so many members', async (t) => {
  const here = await world(t, { ...HOUSE, limits: { ...HOUSE.limits, party_members: 2 } })
  const [ada] = (await gathered(here, 'Ada', 'Bob')) as [Player]
  const cleo = await player(here, 'Cleo')

  const { code } = ada.network.parties.party ?? {}
  t.equal((await failing(cleo.network.parties.join(code ?? ''))).code, 'PARTY_FULL')
  t.equal((await failing(ada.network.parties.invite(cleo.id))).code, 'PARTY_FULL')
})

t.test('party_invitations: so many invitations wait, and the oldest goes', async (t) => {
  const limits = { ...HOUSE.limits, party_invitations: 1 }
  const here = await world(t, { ...HOUSE, limits })
  const [ada, bob] = [await player(here, 'Ada'), await player(here, 'Bob')]
  const [cleo, dan] = [await player(here, 'Cleo'), await player(here, 'Dan')]
  const { code } = await ada.network.parties.create({ open: false })
  await bob.network.parties.create()

  await ada.network.parties.invite(cleo.id)
  await ada.network.parties.invite(dan.id)
  t.equal((await failing(cleo.network.parties.join(code))).code, 'NOT_INVITED')
  await bob.network.parties.invite(dan.id)
  await ada.network.parties.ready()
  const phone = await player(here, 'Dan', dan.key)
  await settled(phone)

  t.strictSame(
    of(phone, 'invited').map(([name]) => name),
    ['Bob'],
    'of two to one player the newer',
  )
})

t.test(
  'party_lead_ms, party_ms: a leader who is away leads so long, and is in it so long',
  async (t) => {
    const limits = { ...HOUSE.limits, party_lead_ms: 200, party_ms: 400 }
    const here = await world(t, { ...HOUSE, limits })
    const [ada, bob] = (await gathered(here, 'Ada', 'Bob')) as [Player, Player]
    ada.network.close()
    await until(() => of(bob, 'changed').length === 1, 'it is away')

    here.clock.advance(199)
    await settled(bob)
    t.notOk(bob.network.parties.leads)
    here.clock.advance(1)
    await settled(bob)
    t.ok(bob.network.parties.leads)
    here.clock.advance(199)
    await settled(bob)
    t.strictSame(of(bob, 'left'), [])
    here.clock.advance(1)
    await settled(bob)

    t.strictSame(of(bob, 'left'), [['Ada', 'lost']])
  },
)

t.test(
  'sessions_each: a player has so many sessions; the oldest is closed, its seat kept',
  async (t) => {
    const here = await world(t, { ...HOUSE, limits: { ...HOUSE.limits, sessions_each: 1 } })
    const old = await here.raw()
    const { guest_key } = (await old.ask('player.identify', { name: 'Ada' })).data
    const { room } = (await old.ask('room.create', { kind: 'arena' })).data

    const fresh = await here.raw()
    const answer = await fresh.ask('player.identify', { guest_key })

    t.equal(answer.data.player.name, 'Ada')
    t.equal((await old.closed).code, 4106, 'signed in elsewhere')
    t.equal((await fresh.ask('room.join', { code: room.code })).data.you, 1, 'the seat is its own')
    const claim = { token: old.welcome.token, attempt: 1, sent: 3, received: 3, forgotten: 0 }
    const back = await (await here.raw()).ask('session.resume', claim)
    t.match(back.data, { resumed: false, reason: 'EXPIRED', kept: false })
  },
)

t.test('without a limit a player has as many sessions as it likes', async (t) => {
  const here = await world(t, HOUSE)
  const ada = await player(here, 'Ada')

  const others = [await player(here, 'Ada', ada.key), await player(here, 'Ada', ada.key)]
  await settled(ada, ...others)

  t.equal(ada.network.state, 'open')
})
