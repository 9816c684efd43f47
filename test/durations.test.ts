import t from 'tap'
import { boundsOf, LIMITS, type LimitName } from '../protocol/limits.ts'
import { duration, toldMs } from '../protocol/timer.ts'
import { ROOM_OPTIONS } from '../server/game/options.ts'
import { createHub, defineRoom, type GameRoom } from '../server/server.ts'
import { connect } from '../web-client/client.ts'
import { stage } from './support/stage.ts'
import { world } from './support/world.ts'

const MONTH = 2_592_000_000
/** What is kept for so long, and takes room meanwhile: no timer, and bounded. */
const MEMORIES: readonly string[] = ['state_inputs_ms', 'state_history_ms']
const NO_TIMES = [Number.NaN, -1, '5s', null, {}]

t.test('whoever waits says for how long in numbers, and for ever is one', async (t) => {
  for (const ms of [0, 0.5, 1, MONTH, 1e15, Number.POSITIVE_INFINITY])
    t.equal(duration(ms, 'x'), ms)
  for (const ms of [...NO_TIMES, undefined, '1'])
    t.throws(() => duration(ms, 'x.timeout'), { message: /^x\.timeout: expected a number of ms/ })
  t.strictSame([0, 0.2, 1.5, MONTH, 1e15, Number.POSITIVE_INFINITY].map(toldMs), [
    ...[1, 1, 2, MONTH, 4_294_967_295, 4_294_967_295],
  ])
})

t.test(
  'every limit in ms, and how long a room lingers, may be longer than a timer waits',
  async (t) => {
    for (const name of Object.keys(LIMITS) as LimitName[]) {
      const [least, most] = boundsOf(name)
      t.ok(least <= LIMITS[name].value && LIMITS[name].value <= most, `${name} in its own bounds`)
      if (LIMITS[name].unit !== 'ms') continue
      if (MEMORIES.includes(name)) {
        t.throws(
          () => createHub({ limits: { [name]: MONTH } }),
          new RegExp(`limits\\.${name}: expected`),
        )
        continue
      }
      t.ok(most >= MONTH, name)
      createHub({ limits: { [name]: most } }).close()
    }
    t.equal(ROOM_OPTIONS.linger_ms.check(31_536_000_000, ''), undefined)
  },
)

t.test('a seat that may be kept for a month is not gone at once', async (t) => {
  const { raw, clock, stats } = await world(t, { limits: { resume_ms: MONTH } })
  const client = await raw()
  await client.settled()
  client.drop()
  while (stats().away === 0) await new Promise((resolve) => setImmediate(resolve))

  clock.advance(3_600_000)

  t.equal(client.welcome.resume_ms, MONTH)
  t.match(stats(), { sessions: 1, away: 1 })
})

t.test('a question that may wait for ever waits as long as the server lets it', async (t) => {
  for (const timeout of [Number.POSITIVE_INFINITY, 1e12, MONTH]) {
    const { connect, clock } = await world(t, { limits: { ask_ms: MONTH } })
    const [ada, bob] = [await connect(), await connect()]
    await ada.rooms.joinOrCreate('plaza')
    await bob.rooms.joinOrCreate('plaza')
    const asked = new Promise<void>((resolve) =>
      bob.queries.register('game.slow', () => new Promise(() => resolve())),
    )
    let outcome = 'waiting'
    const to = `session:${bob.session}`
    const answered = ada.queries.ask(to, 'game.slow', null, { timeout }).catch(({ code }) => {
      outcome = code
    })
    await asked

    clock.advance(500)
    const meanwhile = outcome
    await bob.rooms.all.values().next().value?.leave()
    await answered

    t.equal(meanwhile, 'waiting', `${timeout}`)
    t.equal(outcome, 'TARGET_LEFT')
  }
})

t.test('what is no time is refused at the start, and nothing happens at once', async (t) => {
  const { connect: enter, url, Socket } = await world(t)
  const ada = await enter()
  await ada.rooms.joinOrCreate('plaza')
  for (const ms of NO_TIMES) {
    const timeout = ms as number
    for (const [name, options] of Object.entries({
      connectTimeout: { connectTimeout: timeout },
      pingEvery: { pingEvery: timeout },
    }).filter(() => ms !== null))
      await t.rejects(connect(url, { WebSocket: Socket, ...options }), {
        message: new RegExp(`^${name}: expected a number of ms, 1 or more, got`),
      })
    const wrong = { message: /timeout: expected a number of ms, 0 or more, got/ }
    await t.rejects(ada.queries.ask('others', 'game.x', null, { timeout }), wrong)
    await t.rejects(ada.functions.executeAsHost('game.x', [], { timeout }), wrong)
    await t.rejects(ada.request('room.list', {}, { timeout }), wrong)
  }
})

t.test('a wait before the next try that is none is reported, and not no wait', async (t) => {
  const { connect, clock, sockets } = await world(t)
  const reported: unknown[] = []
  const ada = await connect({ backoff: () => Number.NaN, report: (error) => reported.push(error) })
  const isBack = new Promise<void>((resolve) =>
    ada.on('state', (state) => state === 'open' && resolve()),
  )

  ada.cut()
  const before = sockets.length
  clock.advance(1_999)
  const meanwhile = sockets.length
  clock.advance(1)
  await isBack

  t.equal(meanwhile, before)
  t.match(reported, [{ message: /^backoff: expected a number of ms, 0 or more, got NaN/ }])
})

t.test('a connection may take as long to open as its owner likes', async (t) => {
  const { connect } = await world(t)
  const options = { connectTimeout: Number.POSITIVE_INFINITY, pingEvery: Number.POSITIVE_INFINITY }

  const ada = await connect(options)

  t.equal(ada.state, 'open')
})

t.test(
  'a room’s timers wait as long as they are told to, and refuse what is no time',
  async (t) => {
    const at: string[] = []
    let made: GameRoom | undefined
    const duel = defineRoom({
      linger_ms: Number.POSITIVE_INFINITY,
      onCreate(room) {
        made = room
        room.after(60_000, () => at.push('after'))
        room.every(60_000, () => at.push('every'))
        for (const ms of [MONTH, Number.POSITIVE_INFINITY]) {
          room.after(ms, () => at.push('at once'))
          room.every(ms, () => at.push('at once'))
        }
        return undefined
      },
    })
    const { raw, clock } = stage(t, { rooms: { duel } })
    await (await raw()).ask('room.create', { kind: 'duel' })

    clock.advance(59_999)
    const before = [...at]
    clock.advance(1)

    t.strictSame([before, at.sort()], [[], ['after', 'every']])
    for (const ms of NO_TIMES) {
      t.throws(() => made?.after(ms as number, () => {}), {
        message: /^room\.after: expected a num/,
      })
      t.throws(() => made?.every(ms as number, () => {}), {
        message: /^room\.every: expected a num/,
      })
    }
  },
)
