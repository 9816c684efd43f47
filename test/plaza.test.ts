import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { PLAZA } from '../protocol/plaza.ts'
import type { Any, RawClient } from './support/client.ts'
import { kindOf, stage } from './support/stage.ts'
import { OVERS, type TestWorld, world } from './support/world.ts'

for (const over of OVERS) {
  t.test(`a tick tells everybody once where all are, over ${over}`, async (t) => {
    const { raw, clock } = await world(t, { over })
    const crowd = await seated(raw, 3)
    clock.advance(PLAZA.tick_ms)
    for (const one of crowd) await one.settled()
    const before = crowd.map((one) => rowsOf(one).length)
    const [ada, bob, cleo] = crowd as [RawClient, RawClient, RawClient]

    for (const x of [1, 2, 300.07]) move(ada, x, 10)
    move(bob, PLAZA.width, PLAZA.height)
    move(cleo, 0, 0)
    for (const one of crowd) await one.settled()
    clock.advance(PLAZA.tick_ms - 1)
    for (const one of crowd) await one.settled()
    const early = crowd.map((one) => rowsOf(one).length)
    clock.advance(1)
    for (const one of crowd) await one.settled()

    t.strictSame(early, before, 'not before the tick')
    for (const [index, one] of crowd.entries()) {
      t.equal(rowsOf(one).length, (before[index] ?? 0) + 1, 'one frame')
      t.strictSame(rowsOf(one).at(-1)?.data, {
        time: clock.now(),
        rows: [
          [1, 300.1, 10],
          [2, PLAZA.width, PLAZA.height],
          [3, 0, 0],
        ],
      })
    }
  })

  t.test(`where nobody moves nothing is told, over ${over}`, async (t) => {
    const { raw, clock } = await world(t, { over })
    const [ada] = await seated(raw, 2)
    clock.advance(PLAZA.tick_ms)
    await ada?.settled()
    const before = ada && rowsOf(ada).length

    for (let tick = 0; tick < 20; tick++) clock.advance(PLAZA.tick_ms)
    await ada?.settled()

    t.equal(ada && rowsOf(ada).length, before)
  })

  t.test(`a newcomer is told at once where everybody is, over ${over}`, async (t) => {
    const { raw } = await world(t, { over })
    const [ada] = await seated(raw, 1)
    if (ada) move(ada, 700, 400)
    await ada?.settled()

    const [bob] = await seated(raw, 1)
    const { data, room } = (await bob?.next('plaza.rows')) as Any

    t.strictSame(data.rows[0], [1, 700, 400])
    t.equal(data.rows.length, 2)
    const [number, x, y] = data.rows[1]
    t.equal(number, 2)
    t.ok(x >= 0 && x <= PLAZA.width && y >= 0 && y <= PLAZA.height, 'on the ground')
    t.type(room, 'string')
  })

  t.test(`who is back is told at once where everybody is, over ${over}`, async (t) => {
    const { connect, raw, stats, clock } = await world(t, { over })
    const [ada] = await seated(raw, 1)
    const bob = await connect({ backoff: () => 1_000 })
    const heard: Any[] = []
    bob.plaza.on('rows', (rows) => void heard.push(rows))
    await bob.rooms.joinOrCreate('plaza')
    await until(() => heard.length === 1)

    bob.cut()
    await until(() => stats().away === 1)
    if (ada) move(ada, 5, 6)
    await ada?.settled()
    clock.advance(1_000)
    await until(() => heard.length === 2)

    t.strictSame(heard[1][0], [1, 5, 6])
    t.equal(heard[1].length, 2)
    t.match(stats(), { sessions: 2 })
  })

  t.test(`who leaves has no row any more, over ${over}`, async (t) => {
    const { raw, clock } = await world(t, { over })
    const [ada, bob] = (await seated(raw, 2)) as [RawClient, RawClient]

    await bob.ask('room.leave')
    move(ada, 1, 1)
    await ada.settled()
    clock.advance(PLAZA.tick_ms)
    await ada.settled()

    t.strictSame(rowsOf(ada).at(-1)?.data.rows, [[1, 1, 1]])
  })

  t.test(`a step off the ground is refused and moves nobody, over ${over}`, async (t) => {
    const { raw, clock } = await world(t, { over })
    const [ada] = (await seated(raw, 1)) as [RawClient]
    move(ada, 10, 20)

    const { width, height } = PLAZA
    for (const [x, y] of [
      [-0.1, 0],
      [width + 0.1, 0],
      [0, -1],
      [0, height + 1],
      [null, 0],
      ['10', 0],
    ] as const)
      t.match(await ada.ask('plaza.move', { x, y }), {
        data: { code: 'INVALID_MESSAGE_DATA', message: /^plaza\.move\.[xy]: expected a finite/ },
      })
    ada.send('{"type":"plaza.move","id":"far","data":{"x":1e999,"y":0}}')
    await ada.settled()
    clock.advance(PLAZA.tick_ms)
    await ada.settled()

    t.match(
      ada.seen.find(({ re }) => re === 'far'),
      { data: { code: 'INVALID_MESSAGE_DATA' } },
    )
    t.strictSame(rowsOf(ada).at(-1)?.data.rows, [[1, 10, 20]])
  })

  t.test(`in no plaza there is nowhere to move, over ${over}`, async (t) => {
    const { raw } = await world(t, { over })
    const ada = await raw()

    t.match(await ada.ask('plaza.move', { x: 1, y: 1 }), { data: { code: 'NOT_IN_ROOM' } })
  })

  t.test(`while away only the last step is kept, over ${over}`, async (t) => {
    const { connect, raw, clock, stats } = await world(t, { over })
    const bob = await connect({ backoff: () => 1_000, pingEvery: 60_000 })
    await bob.rooms.joinOrCreate('plaza')
    const [ada] = (await seated(raw, 1)) as [RawClient]

    bob.cut()
    await until(() => stats().away === 1)
    for (let x = 0; x <= 100; x++) bob.plaza.move(x, 7)
    clock.advance(1_000)
    await until(() => stats().away === 0 && bob.state === 'open')
    await bob.events.emit('plaza.wave')
    clock.advance(PLAZA.tick_ms)
    await ada.settled()

    const places = rowsOf(ada).map(({ data }) => data.rows[0].slice(1))
    t.strictSame(places.at(-1), [100, 7])
    t.notOk(places.some(([x, y]) => y === 7 && x < 100))
  })
}

t.test('a step is made in the room it names', async (t) => {
  const { raw, clock } = stage(t, { kinds: [kindOf('duel')] })
  const ada = await raw()
  const plaza = (await ada.ask('room.join_or_create', { kind: 'plaza' })).data.room.code
  const duel = (await ada.ask('room.join_or_create', { kind: 'duel' })).data.room.code
  const step = { x: 8, y: 9 }

  const unsaid = await ada.ask('plaza.move', step)
  const elsewhere = await ada.ask('plaza.move', step, { room: duel })
  ada.send({ type: 'plaza.move', room: plaza, data: step })
  await ada.settled()
  clock.advance(PLAZA.tick_ms)
  await ada.settled()

  t.match(unsaid.data, { code: 'ROOM_REQUIRED' })
  t.match(elsewhere.data, { code: 'UNSUPPORTED', message: /is of the kind duel/ })
  t.match(rowsOf(ada).at(-1), { room: plaza, data: { rows: [[1, 8, 9]] } })
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
    const { raw, lines, clock } = stage(t, { handlers: { 'player.identify': run as Any } })
    const [ada, bob] = (await seated(raw, 2)) as [RawClient, RawClient]

    const { data } = await ada.ask('player.identify')
    move(ada, 3, 4)
    await ada.ask('event.emit', { name: 'plaza.wave', args: [] })
    clock.advance(PLAZA.tick_ms)
    await bob.settled()

    t.match(data, { code: 'INTERNAL', status: 500, request: 'player.identify', incident: String })
    t.notMatch(JSON.stringify(data), 'boom', 'no detail leaves the server')
    const line = lines.find(({ incident }) => incident === data.incident)
    t.match(line, { level: 50, msg: 'handler failed', type: 'player.identify' })
    t.match(line?.session, ada.welcome.session)
    t.match(await bob.next('event'), { from: { member: 1 } })
    t.strictSame(rowsOf(bob).at(-1)?.data.rows[0], [1, 3, 4])
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

const move = (client: RawClient, x: number, y: number) =>
  client.send({ type: 'plaza.move', data: { x, y } })

const rowsOf = ({ seen }: RawClient) => seen.filter(({ type }) => type === 'plaza.rows')

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn()
}
