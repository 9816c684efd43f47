import t from 'tap'
import { TAKE_MS } from '../protocol/matchmaking.ts'
import { defineRoom, type HubOptions, Refusal } from '../server/server.ts'
import type { Any, RawClient } from './support/client.ts'
import { seedOf } from './support/clock.ts'
import { walkMatches } from './support/match-walk.ts'
import { RULES, walkQueue } from './support/matching.ts'
import { service } from './support/service.ts'
import { sized } from './support/soak.ts'
import { kindOf } from './support/stage.ts'
import { OVERS, type TestWorld, UNHURRIED_MS, world } from './support/world.ts'

const HOUSE: HubOptions = {
  kinds: [kindOf('arena', { namespaces: ['game'] })],
  limits: { heartbeat_ms: UNHURRIED_MS },
  queues: {
    duel: { kind: 'arena', max: 2 },
    brawl: { kind: 'arena', min: 2, max: 4, wait_ms: 10_000 },
    patient: { kind: 'arena', max: 2, wait_ms: 10_000 },
    pairs: { kind: 'arena', min: 2, max: 6, multiple: 2, wait_ms: 1 },
    teams: { kind: 'arena', max: 4, teams: 2, near: { rating: { within: 1_000 } } },
    ranked: {
      kind: 'arena',
      max: 2,
      same: ['region'],
      near: { rating: { within: 100, widen: 50, every_ms: 1_000, most: 300 } },
    },
    picky: {
      kind: 'arena',
      max: 2,
      fits: (players) => players.some(({ properties }) => properties.healer === true),
    },
    broken: {
      kind: 'arena',
      max: 2,
      fits() {
        throw new Error('the game is wrong')
      },
    },
  },
}

/** Somebody who searches: what it was told of matches, by type. */
async function seeker(here: TestWorld, queue: string, properties: Any = {}) {
  const raw = await here.raw()
  await raw.ask('match.find', { queue, properties })
  return { raw, told: (type: string) => told(raw, type) }
}

const told = (raw: RawClient, type: string): Any[] =>
  raw.seen.filter((one: Any) => one.type === `match.${type}`).map(({ data }: Any) => data)

type Seeker = Awaited<ReturnType<typeof seeker>>

async function settled(...people: readonly Seeker[]): Promise<void> {
  for (const { raw } of people) await raw.settled()
}

const foundBy = (people: readonly Seeker[]) => people.map(({ told }) => told('found').length)

for (const over of OVERS)
  t.test(`two who fit are brought together at once, over ${over}`, async (t) => {
    const here = await world(t, { over, ...HOUSE })
    const ada = await seeker(here, 'duel')
    await settled(ada)
    t.strictSame(ada.told('found'), [], 'one alone waits')

    const bob = await seeker(here, 'duel')
    await settled(ada, bob)

    const [found] = ada.told('found')
    t.strictSame(bob.told('found')[0]?.room, found?.room)
    t.equal(found.players.length, 2)
    for (const { raw } of [ada, bob]) {
      const answer = await raw.ask('room.join', { code: found.room })
      t.equal(answer.data.room.code, found.room)
    }
  })

t.test('a match is made in the turn in which it fits', async (t) => {
  const here = await world(t, HOUSE)
  const ada = await seeker(here, 'duel')
  const raw = await here.raw()

  raw.send({ type: 'match.find', id: 'find', data: { queue: 'duel' } })
  await raw.settled()

  t.equal(told(raw, 'found').length, 1, 'no time has passed')
  await settled(ada)
  t.equal(ada.told('found').length, 1)
})

t.test('where more are wanted, fewer play once somebody has waited for long enough', async (t) => {
  const here = await world(t, HOUSE)
  const people = [
    await seeker(here, 'brawl'),
    await seeker(here, 'brawl'),
    await seeker(here, 'brawl'),
  ]
  await settled(...people)
  t.strictSame(foundBy(people), [0, 0, 0])

  here.clock.advance(9_999)
  await settled(...people)
  t.strictSame(foundBy(people), [0, 0, 0])
  here.clock.advance(1)
  await settled(...people)

  t.strictSame(foundBy(people), [1, 1, 1])
  t.equal(people[0]?.told('found')[0].players.length, 3)
})

t.test('who has waited for long enough plays with the next who comes', async (t) => {
  const here = await world(t, HOUSE)
  const ada = await seeker(here, 'brawl')
  here.clock.advance(10_000)

  const bob = await seeker(here, 'brawl')
  await settled(ada, bob)

  t.strictSame(foundBy([ada, bob]), [1, 1])
})

t.test('four are brought together without waiting where four are the most', async (t) => {
  const here = await world(t, HOUSE)
  const people: Seeker[] = []
  for (let count = 0; count < 5; count++) people.push(await seeker(here, 'brawl'))
  await settled(...people)

  t.strictSame(foundBy(people), [1, 1, 1, 1, 0], 'the odd one waits')
})

t.test('an odd one waits where a match is a multiple of two', async (t) => {
  const here = await world(t, HOUSE)
  const people = [await seeker(here, 'pairs')]
  here.clock.advance(1_000)
  for (let count = 0; count < 2; count++) people.push(await seeker(here, 'pairs'))
  await settled(...people)

  t.strictSame(foundBy(people), [1, 1, 0])
})

t.test('who finds nobody in time is told so', async (t) => {
  const here = await world(t, HOUSE)
  const ada = await seeker(here, 'patient')

  here.clock.advance(10_000)
  await settled(ada)

  t.match(ada.told('ended'), [{ queue: 'patient', reason: 'nobody', waited_ms: 10_000 }])
  t.equal((await ada.raw.ask('match.leave')).data.code, 'NOT_SEARCHING')
})

t.test('teams are of one size, and fair', async (t) => {
  const here = await world(t, HOUSE)
  const people: Seeker[] = []
  for (const rating of [900, 1_500, 1_000, 1_400])
    people.push(await seeker(here, 'teams', { rating }))
  await settled(...people)

  const teams = people.map(({ told }) => told('found')[0].team)
  t.equal(teams[0], teams[1], 'the worst plays with the best')
  t.equal(teams[2], teams[3])
  t.not(teams[0], teams[2])
})

t.test('who must be close meets nobody outside its window, which widens as it waits', async (t) => {
  const here = await world(t, HOUSE)
  const ada = await seeker(here, 'ranked', { region: 'eu', rating: 1_000 })
  const far = await seeker(here, 'ranked', { region: 'us', rating: 1_000 })
  const bob = await seeker(here, 'ranked', { region: 'eu', rating: 1_180 })
  await settled(ada, far, bob)
  t.strictSame(foundBy([ada, far, bob]), [0, 0, 0])

  here.clock.advance(1_999)
  await settled(ada, far, bob)
  t.strictSame(foundBy([ada, far, bob]), [0, 0, 0], '150 apart at most')
  here.clock.advance(1)
  await settled(ada, far, bob)

  t.strictSame(foundBy([ada, far, bob]), [1, 0, 1], '200 apart at most')
})

t.test('a window widens no further than it may', async (t) => {
  const here = await world(t, HOUSE)
  const ada = await seeker(here, 'ranked', { region: 'eu', rating: 1_000 })
  const bob = await seeker(here, 'ranked', { region: 'eu', rating: 1_301 })

  here.clock.advance(3_600_000)
  await settled(ada, bob)

  t.strictSame(foundBy([ada, bob]), [0, 0])
})

t.test('a game’s own rule says who may play together', async (t) => {
  const here = await world(t, HOUSE)
  const people = [await seeker(here, 'picky'), await seeker(here, 'picky')]
  const healer = await seeker(here, 'picky', { healer: true })
  await settled(...people, healer)

  t.strictSame(foundBy([...people, healer]), [1, 0, 1], 'with who waits longest')
})

t.test('a rule that throws lets nobody play, and is logged', async (t) => {
  const here = await world(t, HOUSE)
  const people = [await seeker(here, 'broken'), await seeker(here, 'broken')]
  await settled(...people)

  t.strictSame(foundBy(people), [0, 0])
  t.ok(here.lines.some(({ msg, room }) => msg === 'room hook failed' && room === 'broken'))
})

t.test('nobody else can take the seats of a match, full rooms by code included', async (t) => {
  const here = await world(t, HOUSE)
  const people = [await seeker(here, 'duel'), await seeker(here, 'duel')]
  await settled(...people)
  const code = people[0]?.told('found')[0].room
  const stranger = await here.raw()

  t.equal((await stranger.ask('room.join', { code })).data.code, 'ROOM_FULL')
  for (const { raw } of people) t.equal((await raw.ask('room.join', { code })).data.room.code, code)
  t.equal((await stranger.ask('room.join', { code })).data.code, 'ROOM_FULL')
})

t.test('where somebody does not come, the other searches on at the head', async (t) => {
  const here = await world(t, HOUSE)
  const ada = await seeker(here, 'duel')
  here.clock.advance(5_000)
  const bob = await seeker(here, 'duel')
  await settled(ada, bob)
  const code = ada.told('found')[0].room
  await ada.raw.ask('room.join', { code })

  here.clock.advance(TAKE_MS)
  await settled(ada, bob)

  t.match(bob.told('ended'), [{ reason: 'missed' }])
  t.match(ada.told('again'), [{ room: code, reason: 'missed' }])
  t.ok(
    ada.raw.seen.some(({ type }: Any) => type === 'room.kicked'),
    'its seat is gone',
  )
  const cleo = await seeker(here, 'duel')
  await settled(ada, cleo)
  t.strictSame(foundBy([ada, cleo]), [2, 1])
})

t.test('a session that ends before all are there frees the others at once', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob] = [await seeker(here, 'duel'), await seeker(here, 'duel')]
  await settled(ada, bob)
  await ada.raw.ask('room.join', { code: ada.told('found')[0].room })

  bob.raw.close(1000)
  await bob.raw.closed
  await settled(ada)

  t.match(ada.told('again'), [{ reason: 'missed' }])
})

t.test('who sits down and leaves again before all are there frees the others', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob] = [await seeker(here, 'duel'), await seeker(here, 'duel')]
  await settled(ada, bob)
  await bob.raw.ask('room.join', { code: ada.told('found')[0].room })

  await bob.raw.ask('room.leave')
  await settled(ada, bob)

  t.match(ada.told('again'), [{ reason: 'missed' }])
  t.match(bob.told('ended'), [{ reason: 'missed' }], 'it searches no longer, and is told so')
  t.equal((await ada.raw.ask('match.find', { queue: 'duel' })).data.code, 'ALREADY_SEARCHING')
  t.equal((await bob.raw.ask('match.leave')).data.code, 'NOT_SEARCHING')
})

t.test('a seat that was found is given up by leaving the queue', async (t) => {
  const here = await world(t, HOUSE)
  const [ada, bob] = [await seeker(here, 'duel'), await seeker(here, 'duel')]
  await settled(ada, bob)

  await bob.raw.ask('match.leave')
  await settled(ada)

  t.match(ada.told('again'), [{ reason: 'missed' }])
  t.strictSame(bob.told('ended'), [], 'it knows')
})

t.test('a room that refuses one of two lets the other search on', async (t) => {
  const kind = kindOf('arena', {
    open: () => ({
      onJoin({ name }) {
        if (name === 'Rude') throw new Refusal('PERMISSION_DENIED', 'not you')
        return undefined
      },
    }),
  })
  const here = await world(t, { ...HOUSE, kinds: [kind] })
  const [ada, bob] = [await seeker(here, 'duel'), await seeker(here, 'duel')]
  await settled(ada, bob)
  const code = ada.told('found')[0].room

  const refused = await bob.raw.ask('room.join', { code, name: 'Rude' })
  await settled(ada, bob)

  t.equal(refused.data.code, 'PERMISSION_DENIED')
  t.match(bob.told('ended'), [{ reason: 'refused' }])
  t.match(ada.told('again'), [{ room: code, reason: 'refused' }])
})

for (const [queue, what] of [
  ['brawl', 'started'],
  ['four', 'again'],
] as const)
  t.test(`where one of four is refused the others are told at once: ${what}`, async (t) => {
    const kind = kindOf('arena', {
      open: () => ({
        onJoin({ name }) {
          if (name === 'Rude') throw new Refusal('PERMISSION_DENIED', 'not you')
          return undefined
        },
      }),
    })
    const queues = { ...HOUSE.queues, four: { kind: 'arena', max: 4 } }
    const here = await world(t, { ...HOUSE, kinds: [kind], queues })
    const people: Seeker[] = []
    for (let count = 0; count < 4; count++) people.push(await seeker(here, queue))
    const [rude, ...others] = people as [Seeker, ...Seeker[]]
    const code = await seated(...others)

    await rude.raw.ask('room.join', { code, name: 'Rude' })
    await settled(...people)

    t.match(rude.told('ended'), [{ reason: 'refused' }])
    for (const { told } of others) t.match(told(what), [{ queue, room: code }])
  })

t.test(
  'without a room to be had those who were found search on, and are found later',
  async (t) => {
    const limits = { ...HOUSE.limits, rooms_total: 1 }
    const here = await world(t, { ...HOUSE, limits })
    const keeper = await here.raw()
    await keeper.ask('room.create', { kind: 'arena' })
    const people = [await seeker(here, 'duel'), await seeker(here, 'duel')]
    await settled(...people)
    for (const { told } of people) t.match(told('again'), [{ room: null, reason: 'refused' }])

    await keeper.ask('room.leave')
    here.clock.advance(30_000)
    await settled(...people)

    t.strictSame(foundBy(people), [1, 1])
  },
)

t.test('a search is of one queue, with what its rules look at', async (t) => {
  const here = await world(t, HOUSE)
  const { raw } = await seeker(here, 'duel')

  const refusals = [
    (await raw.ask('match.find', { queue: 'duel' })).data,
    (await (await here.raw()).ask('match.find', { queue: 'chess' })).data,
    (await (await here.raw()).ask('match.find', { queue: 'ranked', properties: { region: 'eu' } }))
      .data,
    (await (await here.raw()).ask('match.find', { queue: 'ranked', properties: { rating: 1 } }))
      .data,
  ]

  t.strictSame(
    refusals.map(({ code }: Any) => code),
    ['ALREADY_SEARCHING', 'UNKNOWN_QUEUE', 'INVALID_MESSAGE_DATA', 'INVALID_MESSAGE_DATA'],
  )
  t.strictSame(refusals[0].cause, { queue: 'duel' })
  t.match(refusals[2].message, 'match.find.properties.rating: expected a number')
})

t.test('who sits in as many rooms as one may does not search', async (t) => {
  const here = await world(t, { ...HOUSE, limits: { ...HOUSE.limits, rooms: 1 } })
  const raw = await here.raw()
  await raw.ask('room.create', { kind: 'arena' })

  t.equal((await raw.ask('match.find', { queue: 'duel' })).data.code, 'TOO_MANY_ROOMS')
})

t.test('who searches is told how that stands', async (t) => {
  const here = await world(t, HOUSE)
  const ada = await seeker(here, 'brawl')
  const bob = await seeker(here, 'brawl')

  here.clock.advance(5_000)
  await settled(ada, bob)

  for (const { told } of [ada, bob])
    t.match(told('waiting'), [
      { queue: 'brawl', searching: 2, waited_ms: 5_000, estimate_ms: null },
    ])
})

t.test(
  'an estimate is the median of the last waits, and none while there are too few',
  async (t) => {
    const here = await world(t, HOUSE)
    for (const ms of [1_000, 2_000, 3_000]) {
      await seeker(here, 'duel')
      here.clock.advance(ms)
      const last = await seeker(here, 'duel')
      await settled(last)
    }

    const raw = await here.raw()
    const answer = await raw.ask('match.find', { queue: 'duel' })

    t.equal(answer.data.estimate_ms, 1_000, 'of 0, 0, 0, 1,000, 2,000 and 3,000')
  },
)

for (const over of OVERS)
  t.test(
    `a search lives through a drop, and its seat is taken by itself, over ${over}`,
    async (t) => {
      const here = await world(t, { over, ...HOUSE })
      const ada = await here.connect()
      const joined = new Promise<string>((resolve) => {
        ada.matchmaking.on('started', (room) => resolve(room.code))
      })
      await ada.matchmaking.find('duel', { name: 'Ada' })

      ada.cut()
      const bob = await here.connect()
      const other = new Promise<string>((resolve) => {
        bob.matchmaking.on('started', (room) => resolve(room.code))
      })
      await bob.matchmaking.find('duel', { name: 'Bob' })

      t.equal(await joined, await other)
      t.strictSame(
        [...(ada.rooms.all.get(await joined)?.members.values() ?? [])]
          .map(({ name }) => name)
          .sort(),
        ['Ada', 'Bob'],
      )
      t.equal(ada.matchmaking.queue, undefined)
    },
  )

t.test('a session that ends searches no longer', async (t) => {
  const here = await world(t, HOUSE)
  const ada = await here.connect()
  await ada.matchmaking.find('duel')
  ada.close()
  const bob = await seeker(here, 'duel')
  const cleo = await seeker(here, 'brawl')
  await settled(bob, cleo)

  t.strictSame(foundBy([bob]), [0])
})

/** Those of a queue who have found each other sit down. */
async function seated(...people: readonly Seeker[]): Promise<string> {
  await settled(...people)
  const code = people[0]?.told('found').at(-1)?.room
  for (const { raw } of people) await raw.ask('room.join', { code })
  await settled(...people)
  return code
}

const BACKFILLED: HubOptions = {
  ...HOUSE,
  queues: {
    squads: {
      ...{ kind: 'arena', min: 2, max: 4, teams: 2, party: 2, wait_ms: 1_000, backfill: true },
      ...{ same: ['map'], near: { rating: { within: 100 } } },
    },
  },
}
const SQUAD = { map: 'lake', rating: 1_000 }

t.test('an open seat of a match that is played is offered first, to who fits there', async (t) => {
  const here = await world(t, BACKFILLED)
  const people: Seeker[] = []
  for (let count = 0; count < 4; count++) people.push(await seeker(here, 'squads', SQUAD))
  const code = await seated(...people)
  const far = await seeker(here, 'squads', { ...SQUAD, rating: 1_101 })
  const elsewhere = await seeker(here, 'squads', { ...SQUAD, map: 'hill' })

  const [first] = people as [Seeker]
  await first.raw.ask('room.leave')
  await settled(far, elsewhere)
  t.strictSame(foundBy([far, elsewhere]), [0, 0])
  const near = await seeker(here, 'squads', { ...SQUAD, rating: 1_100 })
  await settled(near)

  const [found] = near.told('found')
  t.match(found, { room: code, team: first.told('found')[0].team, players: { length: 4 } })
  t.match((await near.raw.ask('room.join', { code })).data.room, { code })
  await settled(near)
  t.strictSame(near.told('started'), [{ queue: 'squads', room: code }])
  const late = await seeker(here, 'squads', SQUAD)
  await settled(late)
  t.strictSame(foundBy([late]), [0], 'it is full again')
})

t.test(
  'who waits is let into a match that began with fewer, or that somebody leaves',
  async (t) => {
    const here = await world(t, BACKFILLED)
    const pair = [await seeker(here, 'squads', SQUAD), await seeker(here, 'squads', SQUAD)]
    await settled(...pair)
    here.clock.advance(1_000)
    const code = await seated(...pair)

    const third = await seeker(here, 'squads', SQUAD)
    await settled(third)

    t.equal(third.told('found')[0]?.room, code)
    await third.raw.ask('match.leave')
    await settled(third, ...pair)
    t.strictSame(
      pair.map(({ told }) => told('again').length),
      [0, 0],
      'who does not come costs them nothing',
    )
    const fourth = await seeker(here, 'squads', SQUAD)
    await settled(fourth)
    t.equal(fourth.told('found')[0]?.room, code)
  },
)

t.test('a locked room is offered to nobody until it is open again', async (t) => {
  const here = await world(t, BACKFILLED)
  const pair = [await seeker(here, 'squads', SQUAD), await seeker(here, 'squads', SQUAD)]
  await settled(...pair)
  here.clock.advance(1_000)
  const code = await seated(...pair)
  await pair[0]?.raw.ask('room.lock', { locked: true })

  const third = await seeker(here, 'squads', SQUAD)
  await settled(third)
  t.strictSame(foundBy([third]), [0])
  await pair[0]?.raw.ask('room.lock', { locked: false })
  here.clock.advance(5_000)
  await settled(third)

  t.equal(third.told('found')[0]?.room, code)
})

t.test('a room’s own logic knows who plays, in which team, and when all are there', async (t) => {
  const seen: Any[] = []
  const arena = defineRoom({
    onCreate: (room) => void seen.push(['create', room.match?.players.length]),
    onMatch: ({ match, members }) => void seen.push(['match', match, members.length]),
    onLeave: ({ match }) => void seen.push(['leave', match?.players.length]),
  })
  const { squads } = BACKFILLED.queues ?? {}
  const here = await world(t, { rooms: { arena }, queues: squads ? { squads } : {} })
  const plain = await here.raw()
  await plain.ask('room.create', { kind: 'arena' })
  const pair = [await seeker(here, 'squads', SQUAD), await seeker(here, 'squads', SQUAD)]
  await settled(...pair)
  here.clock.advance(1_000)
  await seated(...pair)
  const third = await seeker(here, 'squads', SQUAD)
  await seated(third)
  await third.raw.ask('room.leave')

  t.strictSame(
    seen.map(([what]) => what),
    ['create', 'create', 'match', 'match', 'leave'],
  )
  t.strictSame([seen[0][1], seen[1][1]], [undefined, 2])
  t.match(seen[2], ['match', { queue: 'squads', players: [{ team: 0 }, { team: 1 }] }, 2])
  t.match(seen[3], ['match', { players: { length: 3 } }, 3])
})

t.test('a service searches for its players, together, and ends that again', async (t) => {
  const here = await service(t, {
    ...{ rooms: { arena: defineRoom({}) }, rates: false },
    queues: { teams: { kind: 'arena', max: 4, teams: 2, same: ['map'] } },
  })
  const names = ['ada', 'bob', 'cleo', 'dan']
  const raws = await Promise.all(names.map((name) => here.play(name)))
  const ids = await Promise.all(
    raws.map(async (raw) => (await raw.ask('player.get')).data.player.id),
  )
  const search = (players: readonly Any[], key?: string) =>
    here.call('POST /v1/searches', { body: { queue: 'teams', players }, ...(key && { key }) })
  const pair = (...some: readonly number[]) =>
    some.map((at) => ({ player: ids[at], properties: { map: 'lake' } }))

  const first = await search(pair(0, 1))
  t.match(first, { status: 200, body: { searching: 2, estimate_ms: null } })
  const refusals = [
    await search(pair(0)),
    await search(pair(1, 2, 3)),
    await search([{ player: 'nobody' }]),
    await search([{ player: ids[2] }]),
    await search([]),
    await search(pair(2, 2)),
    await search(pair(2), (await here.keyWith('write:players')).key),
    await here.call('DELETE /v1/searches/nobody'),
  ]
  t.strictSame(
    refusals.map(({ body }) => body.error?.code ?? body.code),
    [
      ...['PARTY_MAY_NOT', 'PARTY_MAY_NOT', 'PARTY_MAY_NOT', 'INVALID_MESSAGE_DATA'],
      ...['INVALID_MESSAGE_DATA', 'INVALID_MESSAGE_DATA'],
      ...['MISSING_SCOPE', 'NOT_SEARCHING'],
    ],
  )
  await here.call(`DELETE /v1/searches/${first.body.search}`)
  t.match((await raws[0]?.next('match.ended'))?.data, { reason: 'party' })
  await search(pair(0, 1))
  await search(pair(2, 3))

  const found = await Promise.all(raws.map(async (raw) => (await raw.next('match.found')).data))
  t.equal(new Set(found.map(({ room }) => room)).size, 1)
  t.strictSame([found[0].team === found[1].team, found[0].team === found[2].team], [true, false])
})

t.test('match_waiting_ms: who searches is told so often how that stands', async (t) => {
  const here = await world(t, { ...HOUSE, limits: { ...HOUSE.limits, match_waiting_ms: 700 } })
  const ada = await seeker(here, 'duel')

  for (let count = 0; count < 3; count++) {
    here.clock.advance(700)
    await settled(ada)
  }

  t.strictSame(
    ada.told('waiting').map(({ waited_ms }) => waited_ms),
    [700, 1_400, 2_100],
  )
})

t.test('match_retry_ms: for whom there was no room those search on after so long', async (t) => {
  const limits = { ...HOUSE.limits, rooms_total: 1, match_retry_ms: 300 }
  const here = await world(t, { ...HOUSE, kinds: [kindOf('arena', { linger_ms: 0 })], limits })
  const keeper = await here.raw()
  await keeper.ask('room.create', { kind: 'arena' })
  const people = [await seeker(here, 'duel'), await seeker(here, 'duel')]
  await settled(...people)
  await keeper.ask('room.leave')

  here.clock.advance(299)
  await settled(...people)
  t.strictSame(foundBy(people), [0, 0])
  here.clock.advance(1)
  await settled(...people)

  t.strictSame(foundBy(people), [1, 1])
})

t.test('match_tries: of those who search so many combinations are tried at once', async (t) => {
  let tries = 0
  const picky = { kind: 'arena', max: 2, fits: () => ++tries > 1_000 }
  const many = async (match_tries: number) => {
    tries = 0
    const limits = { ...HOUSE.limits, match_tries }
    const here = await world(t, { ...HOUSE, limits, queues: { picky } })
    for (let count = 0; count < 20; count++) await seeker(here, 'picky')
    const before = tries
    await seeker(here, 'picky')
    return tries - before
  }

  t.strictSame([await many(7), await many(20_000)], [7, 20])
})

t.test('rematch_ms: who wants a rematch waits so long for the others', async (t) => {
  const here = await world(t, { ...HOUSE, limits: { ...HOUSE.limits, rematch_ms: 500 } })
  const pair = [await seeker(here, 'duel'), await seeker(here, 'duel')]
  await seated(...pair)
  const [ada] = pair as [Seeker]
  await ada.raw.ask('party.rematch')

  here.clock.advance(499)
  await settled(ada)
  t.strictSame(ada.told('ended'), [])
  here.clock.advance(1)
  await settled(ada)

  t.match(ada.told('ended'), [{ reason: 'nobody' }])
})

const seed = seedOf()
t.comment(`SEED=${seed}`)

for (const [name, rules] of Object.entries(RULES))
  t.test(`nobody waits while there is a match, nor plays outside the rules: ${name}`, async (t) => {
    const walks = sized(10, 85)
    const tally = { matches: 0, left: 0, moments: 0 }
    for (let walk = 0; walk < walks; walk++) {
      const walked = walkQueue(rules, 120, seed + walk)
      if (walked.problems.length > 0) t.strictSame(walked.problems, [], `SEED=${seed + walk}`)
      for (const what of ['matches', 'left', 'moments'] as const) tally[what] += walked[what]
    }

    t.equal(tally.moments, walks * 120)
    t.ok(tally.matches > walks && tally.left > walks, JSON.stringify(tally))
  })

t.test('of players who search, drop, refuse and go together nobody is cheated', async (t) => {
  const walks = sized(60, 500)
  const tally = { started: 0, again: 0, ended: 0, together: 0 }
  for (let walk = 0; walk < walks; walk++) {
    const walked = await walkMatches(t, sized(35, 80), seed + walk)
    if (walked.problems.length > 0) t.strictSame(walked.problems, [], `SEED=${seed + walk}`)
    for (const what of Object.keys(tally) as (keyof typeof tally)[]) tally[what] += walked[what]
  }

  for (const [what, count] of Object.entries(tally)) t.ok(count > walks / 4, `${what}: ${count}`)
})
