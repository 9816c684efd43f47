import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { LIMITS } from '../protocol/limits.ts'
import { createPacer, MOST_WAIT_MS } from '../protocol/pacer.ts'
import { definePackets } from '../server/game/packets.ts'
import type { ConnectOptions, LagOptions, Network } from '../web-client/client.ts'
import type { NetworkError } from '../web-client/failure.ts'
import { createOutgoing } from '../web-client/outgoing.ts'
import type { Any } from './support/client.ts'
import { seedOf } from './support/clock.ts'
import { COUNTED, course, LATEST } from './support/course.ts'
import { sized } from './support/soak.ts'
import { replay } from './support/vectors.ts'
import { type TestWorld, world } from './support/world.ts'

const SECONDS = sized(20, 60)
const SPEEDS = [60, 120, 144, 240]
const packets = definePackets({ Step: { data: 'uint32' } })
const seed = seedOf()
/** A way that is late by turns, and now and then not at all. */
const ROUGH: LagOptions = { delay: 80, jitter: 60, stall: 0.1, seed }
const CUT: LagOptions = { ...ROUGH, cut: 0.05 }

for (const [name, way] of Object.entries(COUNTED))
  for (const perSecond of SPEEDS)
    for (const [network, lag] of Object.entries({ memory: undefined, rough: ROUGH, cut: CUT }))
      t.test(
        `${perSecond} ${name} a second arrive in order or fail at their sender (${network}, seed ${seed})`,
        async (t) => {
          const { heard, done, failed, errors, closes, sent } = await course(
            t,
            { perSecond, seconds: SECONDS, lag },
            way,
          )

          t.equal(done.length + failed.size, sent, 'each has its outcome')
          t.strictSame(
            heard,
            [...done].sort((one, other) => one - other),
            'in order, once',
          )
          if (perSecond <= 60) t.equal(heard.length, sent, 'all of them')
          else t.ok(heard.length > SECONDS * 70, `${heard.length} arrived`)
          t.strictSame([closes, errors], [[], []])
          for (const { code, data } of failed.values())
            if (code !== 'RATE_LIMITED' || data.request || !((data.retry_ms ?? 0) > 0))
              return t.fail(`${code} of the server: ${data.message}`)
        },
      )

for (const [name, way] of Object.entries(LATEST))
  for (const perSecond of SPEEDS)
    for (const [network, lag] of Object.entries({ memory: undefined, rough: ROUGH, cut: CUT }))
      t.test(
        `${perSecond} ${name} a second end at the newest (${network}, seed ${seed})`,
        async (t) => {
          const { heard, errors, closes, sent } = await course(
            t,
            { perSecond, seconds: SECONDS, lag },
            way,
          )

          t.equal(heard.at(-1), sent % 1_600)
          t.strictSame([closes, errors], [[], []])
          t.ok(heard.length > SECONDS * 10, `${heard.length} heard`)
          if (network === 'memory' && perSecond === 60 && name !== 'positions')
            t.equal(heard.length, sent, 'all of them')
        },
      )

/** The longest that nobody takes for a lost connection. */
const STILL = sized(
  [1, 2.5, 4, 6, 10, 14],
  [1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
)

for (const [name, way] of Object.entries({ ...COUNTED, ...LATEST }))
  t.test(`a connection that stands still loses no ${name} and is not closed`, async (t) => {
    for (const still of STILL) {
      const conditions = { perSecond: 60, seconds: still + 3, still: still * 1_000 }
      const { heard, done, failed, errors, closes, sent } = await course(t, conditions, way)

      t.strictSame([closes, errors, failed.size], [[], [], 0], `${still} s`)
      t.equal(heard.at(-1), sent % 1_600)
      if (name in COUNTED) t.strictSame([heard.length, done.length], [sent, sent])
    }
  })

t.test('when each message may go is as the vectors say', async (t) => {
  replay(t, 'pacing', (vector: Any) => {
    const pacer = createPacer(vector.rates)
    const found = vector.steps.map(([now, rate]: [number, string]) => {
      const at = pacer.next(rate, now)
      if (at - now > MOST_WAIT_MS) return [now, rate, null]
      pacer.take(rate, at)
      return [now, rate, at]
    })
    return [found, vector.steps]
  })
})

t.test(
  'as many at once as the server takes at once arrive, and it is never asked more',
  async (t) => {
    const here = await world(t)
    const [ada] = await pair(here)

    const all = Array.from({ length: 160 }, (_, n) => ada.events.emit('plaza.step', [n]))
    const outcomes = Promise.allSettled(all)
    for (let n = 0; n < 110; n++) await pass(here, 10)

    const [done, failed] = split(await outcomes)
    t.ok(done.length >= 150 && done.length < 155, `${done.length} of 160`)
    for (const { code, data } of failed) t.match([code, data.retry_ms], ['RATE_LIMITED', Number])
    t.ok(failed.every(({ data }) => data.retry_ms && data.retry_ms <= 150 && !data.request))
  },
)

t.test('after retry_ms there is room for one more', async (t) => {
  const here = await world(t, { rates: { event: { per_second: 10, burst: 20 } } })
  const [ada] = await pair(here)
  const emit = () => ada.events.emit('plaza.step')

  const all = Array.from({ length: 20 }, emit)
  const { data } = await emit().catch((error) => error)
  await pass(here, data.retry_ms)
  all.push(emit())
  for (let n = 0; n < 30; n++) await pass(here, 100)

  t.equal((await Promise.all(all)).length, 21)
})

t.test('what is too fast and asks for no answer is told as an error', async (t) => {
  const here = await world(t, { packets, rates: { packet: { per_second: 1, burst: 2 } } })
  const [ada] = await pair(here, { packets })
  const errors: NetworkError[] = []
  ada.on('error', (error) => void errors.push(error))

  for (let n = 0; n < 5; n++) ada.packets.send(['Step', n], { to: 'all' })

  t.match(
    errors.map(({ code }) => code),
    ['RATE_LIMITED', 'RATE_LIMITED', 'RATE_LIMITED'],
  )
})

t.test('what is said later never overtakes what waits, whatever it is', async (t) => {
  const here = await world(t)
  const [ada, bob] = await pair(here)
  const heard: string[] = []
  bob.events.on('plaza.step', () => void heard.push('step'))
  bob.rooms.all
    .values()
    .next()
    .value?.on('left', () => void heard.push('left'))

  for (let n = 0; n < 100; n++) void ada.events.emit('plaza.step')
  void ada.rooms.all.values().next().value?.leave()
  for (let n = 0; n < 200; n++) await pass(here, 10)

  t.equal(heard.length, 101)
  t.equal(heard.at(-1), 'left')
})

t.test('where the server lifts the rates, nothing waits', async (t) => {
  const here = await world(t, { rates: false })
  const [ada] = await pair(here)

  const all = Array.from({ length: 500 }, () => ada.events.emit('plaza.step'))
  const [done] = split(await Promise.allSettled(all))

  t.equal(done.length, 500)
})

t.test('of many keys each has its turn', async (t) => {
  const here = await world(t, { rates: { event: { per_second: 10, burst: 1 } } })
  const [ada, bob] = await pair(here)
  const first = bob.rooms.all.keys().next().value
  const heard: string[] = []
  bob.events.onLatest('plaza.at', (_, __, room) => void heard.push(room))
  const second = await ada.rooms.create('plaza')
  await bob.rooms.join(second.code)

  for (let n = 1; n <= 120; n++) {
    for (const room of [first, second.code]) ada.events.emitLatest('plaza.at', [n], { room })
    await pass(here, 1_000 / 60)
  }

  const counts = [first, second.code].map((room) => heard.filter((one) => one === room).length)
  t.ok(Math.min(...counts) >= 6, `${counts}`)
})

t.test('what gives way to newer keys before its turn leaves nothing to wait for', async (t) => {
  const outgoing = createOutgoing()
  const keep = (key: string, rate: string) => outgoing.keepLatest(key, key, rate, 0)
  const rates = { input: { per_second: 10, burst: 1 }, event: { per_second: 1, burst: 1 } }
  outgoing.renew({ limits: outgoing.limits, rates })
  keep('first', 'input')
  keep('first key', 'event')
  outgoing.take(0)
  keep('second', 'input')
  keep('0', 'event')
  outgoing.take(0)
  for (let key = 1; key <= LIMITS.latest_keys.value; key++) keep(`${key}`, 'event')

  const said = outgoing.take(500)

  t.strictSame(said, [], 'the second had to give way')
  t.ok((outgoing.nextAt() ?? 0) > 500, `next at ${outgoing.nextAt()}`)
})

t.test('what was said while away is not too fast where the counts begin again', async (t) => {
  const here = await world(t)
  const bob = await here.connect()
  const ada = await here.connect({ backoff: () => 10_000 })
  const { code } = await bob.rooms.create('plaza')
  await ada.rooms.join(code)
  const told: unknown[] = []
  ada.on('reset', (reason) => void told.push(reason))
  ada.on('state', (state, code) => void told.push(`${state} ${code}`))
  ada.cut()
  // More than the server keeps for her.
  for (let n = 0; n < 30; n++) await bob.events.emit('plaza.step', ['x'.repeat(50_000)])

  const all: Promise<unknown>[] = []
  for (let n = 0; n < 590; n++) {
    all.push(ada.events.emit('plaza.step'))
    await pass(here, 1_000 / 60)
  }
  for (let n = 0; n < 100; n++) await pass(here, 50)
  const [done, failed] = split(await Promise.allSettled(all))

  t.strictSame(told, ['away 1006', 'open 0', 'BUDGET'])
  t.strictSame([done.length, failed], [590, []])
})

t.test('who is closed for a flood comes back after a pause, doubled each time', async (t) => {
  const here = await world(t)
  const [ada] = await pair(here)
  const told: unknown[] = []
  ada.on('state', (state, code) => void told.push(`${state} ${code}`))
  ada.on('returning', (ms) => void told.push(ms))
  ada.on('lost', (reason) => void told.push(reason))
  const first = ada.session

  for (const ms of [30_000, 60_000]) {
    flood(here, ada)
    await pass(here, 0)
    await pass(here, ms - 1)
    told.push('still')
    await pass(here, 1)
  }
  for (let n = 0; n < 61; n++) await pass(here, 1_000)
  flood(here, ada)
  await pass(here, 0)

  const round = (ms: number) => ['away 4101', ms, 'still', 'UNKNOWN', 'open 0']
  t.strictSame(told, [...round(30_000), ...round(60_000), 'away 4101', 30_000])
  t.not(ada.session, first, 'as another session')
})

t.test('a client may be told not to come back after that', async (t) => {
  const here = await world(t)
  const [ada] = await pair(here, { pause: 0 })

  flood(here, ada)
  await pass(here, 0)

  t.equal(ada.state, 'closed')
})

t.test('who finds no place at first is told when to try again', async (t) => {
  const here = await world(t, { limits: { connections: 1 } })
  await here.connect()

  const patience = [{}, { pause: 5_000 }, { pause: 0 }]
  const failing = Promise.allSettled(patience.map((options) => here.connect(options)))
  for (let n = 0; n < 10; n++) await pass(here, 1_000)
  const told = (await failing).map((one) => one.status === 'rejected' && one.reason)

  for (const error of told) t.match(error, { code: 'REFUSED', message: /4105/ })
  const waits = told.map(({ data }) => data.retry_ms)
  t.strictSame(waits, [30_000, 5_000, 30_000], 'its own pause; the usual one where it has none')
})

/** Says so much on somebody’s behalf that the server closes its connection. */
function flood({ sockets }: TestWorld, network: Network): void {
  if (network.state !== 'open') throw new Error(`expected an open connection: ${network.state}`)
  for (let n = 0; n < 2_000; n++) sockets.at(-1)?.sendBytes(Buffer.from('{"type":0}'))
}

/** Two players in one room. */
async function pair(here: TestWorld, options: ConnectOptions = {}): Promise<[Network, Network]> {
  const bob = await here.connect(options)
  const ada = await here.connect(options)
  const { code } = await bob.rooms.create('plaza')
  await ada.rooms.join(code)
  return [ada, bob]
}

async function pass({ clock }: TestWorld, ms: number): Promise<void> {
  clock.advance(ms)
  for (let n = 0; n < 6; n++) await turn()
}

function split(all: PromiseSettledResult<unknown>[]): [unknown[], NetworkError[]] {
  const done = all.filter(({ status }) => status === 'fulfilled')
  const failed = all.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  return [done, failed as NetworkError[]]
}
