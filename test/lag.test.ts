import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { createLag, createLuck, type Lag, lagOf, STALL_MS } from '../protocol/lag.ts'
import type { Network } from '../web-client/client.ts'
import { createClock, seedOf } from './support/clock.ts'
import { emit, numbers, seat } from './support/player.ts'
import { both } from './support/promise.ts'
import type { TestWorld } from './support/world.ts'

const SECONDS = 20_000
const STILL: Lag = { delay: 80, jitter: 20, cut: 0, stall: 0, seed: 7 }

/** Sends `count` messages, one every `every` ms; when each left and when it arrived. */
function trip(lag: Lag, count: number, every: number, direction: 'up' | 'down' = 'up') {
  const clock = createClock(0)
  const arrived: { n: number; left: number; at: number }[] = []
  let cuts = 0
  const line = createLag(lag, 1, clock, () => cuts++)
  for (let n = 1; n <= count; n++) {
    const left = clock.now()
    line[direction](() => arrived.push({ n, left, at: clock.now() }))
    clock.advance(every)
  }
  clock.advance(10_000)
  line.end()
  return { arrived, cuts, pending: clock.pending }
}

for (const direction of ['up', 'down'] as const)
  t.test(`over lag every message going ${direction} arrives, in order, in its time`, async (t) => {
    const { arrived, pending } = trip(STILL, 2_000, 7, direction)

    const delays = arrived.map(({ left, at }) => at - left)
    t.strictSame(
      arrived.map(({ n }) => n),
      Array.from({ length: 2_000 }, (_, index) => index + 1),
    )
    t.ok(Math.min(...delays) >= 60 && Math.max(...delays) <= 100, `${delays.slice(0, 9)}`)
    t.ok(new Set(delays).size > 30, 'and they differ')
    t.equal(pending, 0)
  })

t.test('a stall holds everything for half a second, and then it arrives together', async (t) => {
  const { arrived } = trip({ ...STILL, jitter: 0, stall: 1 }, 200, 10)

  const held = arrived.filter(({ at }) => at >= 1_000)
  t.strictSame(
    [...new Set(arrived.map(({ at }) => at).filter((at) => at >= 1_000 && at < 1_600))].slice(0, 2),
    [1_000 + STALL_MS, 1_510],
  )
  t.ok(held.filter(({ at }) => at === 1_000 + STALL_MS).length >= 50)
  t.equal(arrived.length, 200, 'nothing is lost')
})

t.test('a cut ends a connection once, with what was on its way', async (t) => {
  const { arrived, cuts, pending } = trip({ ...STILL, jitter: 0, cut: 1 }, 150, 10)

  t.equal(cuts, 1)
  t.equal(Math.max(...arrived.map(({ at }) => at)), 990)
  t.equal(pending, 0)
})

t.test('cuts and stalls come as often as they are said to', async (t) => {
  const lag = lagOf({ cut: 0.01, stall: 0.02 }, () => 42)
  const fates = { cut: 0, stall: 0, none: 0 }
  const luck = createLuck(lag, 1)
  for (let second = 0; second < SECONDS; second++) fates[luck.second()]++

  t.ok(fates.cut > SECONDS * 0.008 && fates.cut < SECONDS * 0.012, `${fates.cut} cuts`)
  t.ok(fates.stall > SECONDS * 0.017 && fates.stall < SECONDS * 0.023, `${fates.stall} stalls`)
})

t.test(
  'the same seed is the same lag, another is another, and so is each connection',
  async (t) => {
    const waits = (seed: number, connection: number) => {
      const luck = createLuck({ ...STILL, jitter: 80, seed }, connection)
      return Array.from({ length: 20 }, luck.up)
    }

    t.strictSame(waits(1, 1), waits(1, 1))
    t.notSame(waits(1, 1), waits(2, 1))
    t.notSame(waits(1, 1), waits(1, 2))
  },
)

t.test('a lag that makes no sense is refused with what was expected', async (t) => {
  const seed = () => 1
  t.throws(() => lagOf({ cut: 2 }, seed), /^lag\.cut: expected a .*number from 0 to 1/)
  t.throws(() => lagOf({ delay: -1 }, seed), /lag\.delay: expected a whole number from 0 to 10000/)
  t.throws(() => lagOf({ latency: 80 } as object, seed), /lag\.latency: not a field; expected/)
  t.strictSame(lagOf({ delay: 80 }, seed), { delay: 80, jitter: 0, cut: 0, stall: 0, seed: 1 })
})

t.test('what throws when it arrives holds up nothing behind it', async (t) => {
  const clock = createClock(0)
  const line = createLag({ ...STILL, jitter: 0 }, 1, clock, () => {})
  const arrived: string[] = []
  line.up(() => {
    throw new Error('boom')
  })
  line.up(() => arrived.push('next'))

  t.throws(() => clock.advance(80), /boom/)
  clock.advance(1)

  t.strictSame(arrived, ['next'])
})

/* The web client. */

const MANY = 150
const seed = seedOf(process.env.SEED ?? '7')

both(`over a bad network every event arrives once and in order, seed ${seed}`, {}, async (t, w) => {
  const bob = await seat(w, 'bob')
  const lag = { delay: 40, jitter: 30, cut: 0.4, stall: 0.3, seed }
  const states: string[] = []
  const heard: unknown[] = []
  let ada: Network | undefined
  const passing = pass(w, () => ada !== undefined)
  ada = await w.connect({ lag })
  await passing
  ada.on('state', (state) => states.push(state))
  ada.events.on('plaza.number', ([n], from) => from.name === 'bob' && heard.push(n))
  const seated = ada.rooms.joinOrCreate('open')
  let isSeated = false
  void seated.then(() => {
    isSeated = true
  })
  await pass(w, () => isSeated)

  const said: Promise<unknown>[] = []
  for (let n = 1; n <= MANY; n++) {
    said.push(ada.events.emit('plaza.number', [n]))
    bob.send(emit(n))
    for (let step = 0; step < 6; step++) await pass(w)
  }
  await pass(w, () => heard.length >= MANY && numbers(bob).length >= 2 * MANY)
  for (let step = 0; step < 100; step++) await pass(w)
  await Promise.all(said)

  const all = Array.from({ length: MANY }, (_, index) => index + 1)
  t.strictSame(heard, all, 'what bob said')
  t.strictSame(
    bob.seen
      .filter(({ type, from }) => type === 'event' && from.name !== 'bob')
      .map(({ data }) => data.args[0]),
    all,
    'what ada said',
  )
  t.ok(states.includes('away'), `${states}`)
})

both('over lag a round trip takes as long as both ways together', {}, async (t, w) => {
  let ada: Network | undefined
  void w.connect({ lag: { delay: 40 } }).then((network) => {
    ada = network
  })

  await pass(w, () => ada?.clock.roundTrip !== undefined)

  t.ok((ada?.clock.roundTrip ?? 0) >= 80, `${ada?.clock.roundTrip} ms`)
})

both('a client says that lag is on, and its seed', {}, async (t, w) => {
  const ada = await w.connect({ lag: { seed: 7, cut: 0.5 } })
  const warnings: string[] = []
  ada.on('warning', (text) => warnings.push(text))
  const plain = await w.connect()
  plain.on('warning', (text) => warnings.push(text))

  await turn()

  t.strictSame(warnings, ['lag is on: delay=0,jitter=0,cut=0.5,stall=0,seed=7'])
  await t.rejects(w.connect({ lag: { cut: 2 } }), { message: /^lag\.cut: expected/ })
})

/** Ten milliseconds pass, again and again until something is so. */
async function pass(w: TestWorld, isSo = () => true): Promise<void> {
  do {
    w.clock.advance(10)
    await turn()
  } while (!isSo())
}
