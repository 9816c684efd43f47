import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { PLAZA } from '../protocol/plaza.ts'
import type { Network } from '../web-client/client.ts'
import type { Any, RawClient } from './support/client.ts'
import { plazaOf, stand } from './support/ground.ts'
import { stage } from './support/stage.ts'
import { OVERS, type TestWorld, world } from './support/world.ts'

for (const over of OVERS) {
  t.test(`at the end of a tick everybody sees where all are, over ${over}`, async (t) => {
    const w = await world(t, { over })
    const [ada, bob] = await company(w, 2)

    for (const x of [1, 2, 300.07]) void stand(ada, x, 10)
    void stand(bob, PLAZA.width, PLAZA.height)
    await pass(w, () => placesOf(bob)[1]?.[0] === 300.1 && placesOf(ada)[2]?.[0] === PLAZA.width)

    const places = { 1: [300.1, 10], 2: [PLAZA.width, PLAZA.height] }
    t.strictSame([placesOf(ada), placesOf(bob)], [places, places])
  })

  t.test(
    `a newcomer sees where everybody is, and stands on the ground, over ${over}`,
    async (t) => {
      const w = await world(t, { over })
      const [ada] = await company(w, 1)
      void stand(ada, 700, 400)
      await pass(w, () => placesOf(ada)[1]?.[0] === 700)

      const [bob] = await company(w, 1)
      await pass(w, () => Object.keys(placesOf(bob)).length === 2)

      const { 1: first, 2: second } = placesOf(bob)
      t.strictSame(first, [700, 400])
      const [x = -1, y = -1] = second ?? []
      t.ok(x >= PLAZA.width / 4 && x <= (PLAZA.width * 3) / 4, `${x}`)
      t.ok(y >= PLAZA.height / 4 && y <= (PLAZA.height * 3) / 4, `${y}`)
    },
  )

  t.test(`who leaves has no place any more, over ${over}`, async (t) => {
    const w = await world(t, { over })
    const [ada, bob] = await company(w, 2)

    await plazaOf(bob).leave()
    await pass(w, () => Object.keys(placesOf(ada)).length === 1)

    t.strictSame(Object.keys(placesOf(ada)), ['1'])
  })

  t.test(`while away only the last place is kept, over ${over}`, async (t) => {
    const w = await world(t, { over })
    const [ada, bob] = await company(w, 2)
    const places: number[] = []
    plazaOf(ada).state.players.on('changed', ({ owner, x }) => {
      if (owner === 2) places.push(x)
    })

    bob.cut()
    await until(() => w.stats().away === 1)
    for (let x = 0; x <= 100; x++) void stand(bob, x, 7)
    await pass(w, () => places.at(-1) === 100)

    t.strictSame(places, [100])
  })
}

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
    const network = await connect({ backoff: () => PLAZA.tick_ms, pingEvery: 60_000 })
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

/** Lets ticks pass until something is so. */
async function pass({ clock }: TestWorld, holds: () => boolean): Promise<void> {
  while (!holds()) {
    clock.advance(PLAZA.tick_ms)
    await turn()
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn()
}
