import { setImmediate as turn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { PLAZA, type Point } from '../protocol/plaza.ts'
import type { Network } from '../web-client/client.ts'
import type { Any, RawClient } from './support/client.ts'
import { head, plazaOf, stroll } from './support/ground.ts'
import { stage } from './support/stage.ts'
import { OVERS, type TestWorld, world } from './support/world.ts'

/** Who is cut stays away for so long. */
const AWAY_MS = 8_000
/** So many ticks may pass until what became of one is known. */
const HEARD = 5

for (const over of OVERS) {
  t.test(`at the end of a tick everybody sees where all are, over ${over}`, async (t) => {
    const w = await world(t, { over, plaza: { company: 0 } })
    const [ada, bob] = await company(w, 2)

    await pass(w, () => [ada, bob].every((one) => Object.keys(placesOf(one)).length === 2))
    stroll(ada, 3)
    const places = { 1: stroll(ada, 7.25), 2: stroll(bob, -5, 9) }
    await pass(w, () => isDeepStrictEqual(placesOf(bob)[1], places[1]))

    t.strictSame([placesOf(ada), placesOf(bob)], [places, places])
  })

  t.test(
    `a newcomer sees where everybody is, and stands on the ground, over ${over}`,
    async (t) => {
      const w = await world(t, { over, plaza: { company: 0 } })
      const [ada] = await company(w, 1)
      await pass(w, () => placesOf(ada)[1] !== undefined)
      const place = stroll(ada, 12)

      const [bob] = await company(w, 1)
      await pass(w, () => Object.keys(placesOf(bob)).length === 2)

      const { 1: first, 2: second } = placesOf(bob)
      t.strictSame(first, place)
      const [x = -1, y = -1] = second ?? []
      t.ok(x >= PLAZA.width / 4 && x <= (PLAZA.width * 3) / 4, `${x}`)
      t.ok(y >= PLAZA.height / 4 && y <= (PLAZA.height * 3) / 4, `${y}`)
    },
  )

  t.test(`who leaves has no place any more, over ${over}`, async (t) => {
    const w = await world(t, { over, plaza: { company: 0 } })
    const [ada, bob] = await company(w, 2)

    await plazaOf(bob).leave()
    await pass(w, () => Object.keys(placesOf(ada)).length === 1)

    t.strictSame(Object.keys(placesOf(ada)), ['1'])
  })

  t.test(`what somebody walked while away is made up for, over ${over}`, async (t) => {
    const w = await world(t, { over, plaza: { company: 0 } })
    const [ada, bob] = await company(w, 2)
    const places: number[] = []
    plazaOf(ada).state.players.on('changed', ({ owner, x }) => {
      if (owner === 2) places.push(x)
    })

    await pass(w, () => placesOf(bob)[2] !== undefined)

    bob.cut()
    await until(() => w.stats().away === 1)
    let last = 0
    for (let step = 0; step < 30; step++) [last] = stroll(bob, 2)
    await pass(w, () => places.at(-1) === last)

    t.strictSame(
      places,
      [...new Set(places)].sort((one, other) => one - other),
      'and never back',
    )
    t.match(plazaOf(bob).state.players.mine, { x: last })
  })
}

t.test(
  'a light that is caught and hung on the tree is a point, and several are more',
  async (t) => {
    const w = await world(t, { plaza: { company: 0 } })
    const [ada] = await company(w, 1)
    const { fireflies, players, round } = plazaOf(ada).state
    const mine = () => players.mine

    await fetch(w, ada, 1)
    await walk(w, ada, PLAZA.tree)
    t.match([mine()?.lights, mine()?.points, round.row?.lights], [0, 1, 1])

    await fetch(w, ada, 3)
    await walk(w, ada, PLAZA.tree)
    t.match([mine()?.lights, mine()?.points, round.row?.lights], [0, 7, 4])
    t.ok(fireflies.size > 0, 'and more come')
  },
)

t.test(
  'who carries fewer takes the lights of whom it touches, and is safe for a while',
  async (t) => {
    const w = await world(t, { plaza: { company: 0 } })
    const [ada, bob] = await company(w, 2)
    await fetch(w, ada, 2)
    const rows = () => [...plazaOf(ada).state.players].map(({ lights, safe }) => [lights, safe])

    await walk(
      w,
      bob,
      () => plazaOf(ada).state.players.mine,
      () => rows()[0]?.[0] === 0,
    )
    t.strictSame(rows(), [
      [0, false],
      [2, true],
    ])

    for (let tick = HEARD; tick < (PLAZA.safe_s * 1_000) / PLAZA.tick_ms; tick++) await pass(w)
    t.strictSame(rows(), [
      [0, false],
      [2, true],
    ])
    await pass(w, () => rows()[0]?.[0] === 2)
    t.strictSame(rows(), [
      [2, true],
      [0, false],
    ])
  },
)

t.test('nobody steals from who is away', async (t) => {
  const w = await world(t, { plaza: { company: 0 } })
  const [ada, bob] = await company(w, 2)
  await fetch(w, ada, 2)
  const { players } = plazaOf(bob).state

  ada.cut()
  await until(() => w.stats().away === 1)
  await walk(w, bob, () => players.of(1))
  await pass(w)

  t.strictSame(
    [...players].map(({ lights }) => lights),
    [2, 0],
  )
})

t.test('a round ends with a result, and the next begins by itself', async (t) => {
  const w = await world(t, { plaza: { company: 1, round_s: 30, rest_s: 5 } })
  const [ada] = await company(w, 1)
  const { fireflies, players, results, round } = plazaOf(ada).state
  await fetch(w, ada, 1)
  await walk(w, ada, PLAZA.tree)

  await pass(w, () => round.row?.phase === 'over')
  t.match([...results], [{ name: String, points: 1, member: 1 }])
  t.equal(fireflies.size, 0)
  const over = w.clock.now()
  await pass(w, () => round.row?.phase === 'playing')

  t.ok(w.clock.now() - over >= 5_000, `${w.clock.now() - over} ms`)
  t.match([results.size, players.mine?.points, round.row?.seconds], [0, 0, 30])
})

t.test('the next round begins at once where all who are present are ready', async (t) => {
  const w = await world(t, { plaza: { company: 0, round_s: 1, rest_s: 60 } })
  const [ada, bob] = await company(w, 2)
  const { round } = plazaOf(ada).state
  await pass(w, () => round.row?.phase === 'over')
  const over = w.clock.now()

  for (const one of [ada, bob])
    Object.assign(plazaOf(one).state.players.mine ?? {}, { ready: true })
  await pass(w, () => round.row?.phase === 'playing')

  t.ok(w.clock.now() - over < 1_000, `${w.clock.now() - over} ms`)
})

t.test(
  'where there are too few, bots join them and play; where there are enough, they go',
  async (t) => {
    const w = await world(t, { plaza: { company: 2 } })
    const [ada] = await company(w, 1)
    const { bots } = plazaOf(ada).state

    await pass(w, () => [...bots].some(({ points }) => points > 0))
    t.equal(bots.size, 1)
    await company(w, 1)
    await pass(w, () => bots.size === 0)
  },
)

for (const [what, values] of [
  ['points', { points: 9 }],
  ['lights', { lights: 6 }],
  ['another place at once', { x: 0 }],
] as const)
  t.test(`nobody gives itself ${what}`, async (t) => {
    const w = await world(t, { plaza: { company: 0 } })
    const [ada] = await company(w, 1)
    const { players } = plazaOf(ada).state
    await pass(w, () => players.size === 1)
    const { x, lights, points } = players.mine ?? {}
    const corrected = new Promise((resolve) => players.on('corrected', resolve))

    Object.assign(players.mine ?? {}, values)
    await pass(w)
    await corrected
    await pass(w)

    t.match(players.mine, { x, lights, points })
  })

t.test('nobody moves anybody else', async (t) => {
  const w = await world(t)
  const [ada] = await company(w, 2)
  await pass(w, () => Object.keys(placesOf(ada)).length === 2)

  const theirs = plazaOf(ada).state.players.of(2)

  t.throws(() => Object.assign(theirs ?? {}, { x: 1 }), { code: 'PERMISSION_DENIED' })
})

for (const data of [{ colour: 'red' }, { colour: '#4F8CFF' }, { size: 2 }, [], 'blue', 7])
  t.test(`a plaza does not take ${JSON.stringify(data)} for a member’s data`, async (t) => {
    const { raw, stats } = await world(t)
    const ada = await raw()

    const answer = await ada.ask('room.join_or_create', { kind: 'plaza', data })

    t.match(answer.data, { code: 'INVALID_MESSAGE_DATA', message: /^room\.join\.data/ })
    t.match(await ada.ask('room.leave'), { data: { code: 'NOT_IN_ROOM' } })
    t.equal(stats().sessions, 1)
  })

t.test('a plaza that is gone costs no ticks any more', async (t) => {
  const { raw, clock, stats } = await world(t)
  const quiet = clock.pending
  const [ada] = (await seated(raw, 1)) as [RawClient]
  t.ok(clock.pending > quiet)

  await ada.ask('room.leave')
  clock.advance(30_000)

  t.equal(stats().rooms, 0)
  t.equal(clock.pending, quiet)
})

for (const [how, run] of [
  ['throws', () => JSON.parse('boom')],
  ['rejects', () => Promise.reject(new Error('boom'))],
  [
    'throws no Error',
    () => {
      throw 'boom'
    },
  ],
  ['answers what its table does not know', () => ({ boom: true })],
] as const)
  t.test(`a handler that ${how} answers INTERNAL, and everyone else goes on`, async (t) => {
    const { raw, lines } = stage(t, { handlers: { 'player.identify': run as Any } })
    const [ada, bob] = (await seated(raw, 2)) as [RawClient, RawClient]

    const { data } = await ada.ask('player.identify')
    await ada.ask('event.emit', { name: 'plaza.wave', args: [] })
    await bob.settled()

    t.match(data, { code: 'INTERNAL', status: 500, request: 'player.identify', incident: String })
    t.notMatch(JSON.stringify(data), 'boom', 'no detail leaves the server')
    const line = lines.find(({ incident }) => incident === data.incident)
    t.match(line, { level: 50, msg: 'handler failed', type: 'player.identify' })
    t.match(line?.session, ada.welcome.session)
    t.match(await bob.next('event'), { from: { member: 1 } })
    t.match(await ada.ask('player.identify'), { data: { code: 'INTERNAL' } }, 'each answer its own')
  })

t.test('nobody walks faster than anybody else, whatever way it says', async (t) => {
  const w = await world(t, { plaza: { company: 0 } })
  const [ada, eve] = await company(w, 2)
  const { players } = plazaOf(ada).state
  await pass(w, () => players.of(2) !== undefined)
  const { x = 0, y = 0 } = players.of(2) ?? {}
  const steps: number[] = []
  let before = { x, y }
  players.on('changed', ({ owner, x, y }) => {
    if (owner !== 2) return
    steps.push(Math.hypot(x - before.x, y - before.y))
    before = { x, y }
  })

  plazaOf(eve).input({ x: 1, y: -1 })
  await pass(w, () => steps.length > 10)

  const most = (PLAZA.speed * PLAZA.tick_ms) / 1_000
  t.ok(Math.max(...steps) <= most + 0.1, `${Math.max(...steps)} of ${most} units`)
  t.ok(Math.min(...steps) >= most - 0.1, `${Math.min(...steps)} of ${most} units`)
})

/** So many clients without a library, in one plaza. */
async function seated(raw: TestWorld['raw'], count: number): Promise<RawClient[]> {
  const clients: RawClient[] = []
  for (let index = 0; index < count; index++) {
    const client = await raw()
    await client.ask('room.join_or_create', { kind: 'plaza' })
    clients.push(client)
  }
  return clients
}

/** So many with the library, in one plaza. */
async function company(w: TestWorld, count: 1): Promise<[Network]>
async function company(w: TestWorld, count: 2): Promise<[Network, Network]>
async function company({ connect }: TestWorld, count: number): Promise<Network[]> {
  const networks: Network[] = []
  for (let index = 0; index < count; index++) {
    const network = await connect({ backoff: () => AWAY_MS, pingEvery: 60_000 })
    await network.rooms.joinOrCreate('plaza')
    networks.push(network)
  }
  return networks
}

/** Where somebody sees everybody, by member number. */
const placesOf = (network: Network): Record<number, readonly number[]> =>
  Object.fromEntries(
    [...plazaOf(network).state.players].map(({ owner, x, y }) => [owner, [x, y]] as const),
  )

/** Lets a tick pass, or as many as it takes until something is so. */
async function pass({ clock }: TestWorld, holds = () => true): Promise<void> {
  do {
    clock.advance(PLAZA.tick_ms)
    for (let times = 0; times < 4; times++) await turn() // what was said arrives, both ways
  } while (!holds())
}

type Goal = Point | (() => Point | undefined)

/** Walks there, as fast as one may. */
async function walk(
  w: TestWorld,
  network: Network,
  goal: Goal,
  isThere?: () => boolean,
): Promise<void> {
  const { players } = plazaOf(network).state
  await pass(w, () => players.mine !== undefined)
  const hasCome = () => {
    const [row, to] = [players.mine, typeof goal === 'function' ? goal() : goal]
    if (!row || !to) throw new Error('expected somebody, and somewhere to go')
    head(network, to)
    return isThere ? isThere() : Math.hypot(row.x - to.x, row.y - to.y) < PLAZA.body / 2
  }
  await pass(w, hasCome)
  await pass(w)
}

/** Catches so many fireflies, the nearest first. */
async function fetch(w: TestWorld, network: Network, lights: number): Promise<void> {
  const { fireflies, players } = plazaOf(network).state
  const far = ({ x, y }: Point) =>
    Math.hypot(x - (players.mine?.x ?? 0), y - (players.mine?.y ?? 0))
  await pass(w, () => fireflies.size > 0)
  while ((players.mine?.lights ?? 0) < lights) {
    const [nearest] = [...fireflies].sort((one, other) => far(one) - far(other))
    if (nearest) await walk(w, network, nearest, () => fireflies.at(nearest.slot) !== nearest)
    else await pass(w)
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn()
}
