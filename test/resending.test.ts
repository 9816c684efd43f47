import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { MESSAGES } from '../protocol/index.ts'
import { LIMITS } from '../protocol/limits.ts'
import { isCounted } from '../protocol/message.ts'
import type { AllHandlers } from '../server/core/dispatch/dispatch.ts'
import { Buckets, type Limits, ratesOf } from '../server/core/wire/limits.ts'
import type { RawClient } from './support/client.ts'
import { createClock } from './support/clock.ts'
import { claim, drop, emit, numbers, seat, types } from './support/player.ts'
import { both, until } from './support/promise.ts'
import { world } from './support/world.ts'

/* What is sent again after a claim, and what it costs. */

/** Ten events a second, five at once. */
const TEN = { rates: { event: { per_second: 10, burst: 5 } } }

/** How so many events fare that are said at once. */
async function fates(raw: RawClient, count: number): Promise<string[]> {
  const asked = Array.from({ length: count }, (_, n) => raw.ask('event.emit', emit(n).data, ALL))
  return (await Promise.all(asked)).map(({ data }) => data.code ?? 'ok')
}

const ALL = { to: 'all' }
const arrived = ({ seen }: RawClient) =>
  seen.filter((message) => isCounted(MESSAGES, message)).length
const oks = (codes: readonly string[]) => codes.filter((code) => code === 'ok').length
const ok = (count: number) => Array<string>(count).fill('ok')
const refused = (count: number) => Array<string>(count).fill('RATE_LIMITED')

both('who said no more than is allowed may send all of it again at once', TEN, async (t, w) => {
  const ada = await seat(w, 'ada')
  const first = await fates(ada, 5)
  await drop(w, ada)
  w.clock.advance(20_000)

  const back = await claim(w, ada.token, { sent: 6 + 200, received: ada.arrived })
  const resent = await fates(back, 200)
  const next = await fates(back, 1)

  t.strictSame(first, ok(5))
  t.strictSame(resent, ok(200))
  t.strictSame(next, refused(1), 'it had said as much as it may')
})

both(
  'a full buffer is sent again and nothing of it is refused',
  { rates: { event: { per_second: 200, burst: 400 } } },
  async (t, w) => {
    const ada = await seat(w, 'ada')
    await drop(w, ada)
    w.clock.advance(25_000)

    const back = await claim(w, ada.token, { sent: 1 + 4_096, received: ada.arrived })
    for (let n = 1; n <= 4_096; n++) back.send(emit(n))
    await back.settled()

    t.equal(numbers(back).length, 4_096)
    t.notOk(types(back.seen).includes('error'))
    t.match(await back.ask('event.emit', emit(1).data, ALL), { data: { delivered: 1 } })
  },
)

both('what is lost again on its way is sent again once more', TEN, async (t, w) => {
  const ada = await seat(w, 'ada')
  const first = await fates(ada, 5)
  await drop(w, ada)
  w.clock.advance(10_000)
  const back = await claim(w, ada.token, { sent: 6 + 100, received: ada.arrived })
  const some = await fates(back, 10)
  await drop(w, back)
  w.clock.advance(10_000)

  const again = await claim(w, ada.token, { attempt: 2, sent: 6 + 200, received: 16 })
  const rest = await fates(again, 190)

  t.strictSame([first, some], [ok(5), ok(10)])
  t.strictSame(rest, ok(190))
})

both('what one claim saved is not there for the next', TEN, async (t, w) => {
  const eve = await seat(w, 'eve')
  await drop(w, eve)
  w.clock.advance(20_000)
  const first = await claim(w, eve.token, { sent: 1, received: eve.arrived })
  await drop(w, first)

  const second = await claim(w, eve.token, {
    ...{ attempt: 2, sent: 1 + 4_096, received: eve.arrived },
  })
  const codes = await fates(second, 100)

  t.equal(oks(codes), 5, 'it was heard a moment ago')
})

both('what was not needed for it is gone afterwards', TEN, async (t, w) => {
  const ada = await seat(w, 'ada')
  await drop(w, ada)
  w.clock.advance(20_000)

  const back = await claim(w, ada.token, { sent: 2, received: ada.arrived })
  const resent = await fates(back, 1)
  const next = await fates(back, 10)

  t.strictSame(resent, ok(1))
  t.strictSame(next, [...ok(5), ...refused(5)])
})

both('claims of what was never said let nobody say more', TEN, async (t, w) => {
  const ada = await seat(w, 'ada')
  const eve = await seat(w, 'eve')
  let [honest, forged, attempt] = [0, 0, 0]
  let forger: RawClient = eve
  let [sent, received] = [1, 0]

  for (let second = 0; second < 5; second++) {
    received += arrived(forger)
    forger = await claim(w, eve.token, { attempt: ++attempt, sent: sent + 4_096, received })
    honest += oks(await fates(ada, 20))
    forged += oks(await fates(forger, 20))
    sent += 20
    w.clock.advance(1_000)
  }

  t.equal(honest, 5 + 4 * 5, 'a bucket full each second')
  t.ok(forged <= 5 + 4 * 10, `${forged} in four seconds`)
})

both('claims that follow one another at once let nobody say more', TEN, async (t, w) => {
  const eve = await seat(w, 'eve')
  let [forged, received] = [0, 0]
  let forger: RawClient = eve
  for (let attempt = 1; attempt <= 8; attempt++) {
    const sent = 1 + (attempt - 1) * 20
    received += arrived(forger)
    forger = await claim(w, eve.token, { attempt, sent: sent + 4_096, received })
    forged += oks(await fates(forger, 20))
  }

  t.equal(forged, 5, `${forged} in no time`)
})

t.test('a silence longer than any lost connection explains is not saved up', async (t) => {
  const w = await world(t, { ...TEN, limits: { resume_ms: 5_000, heartbeat_ms: 1_000 } })
  const eve = await seat(w, 'eve')
  for (let second = 0; second < 60; second++) {
    w.clock.advance(1_000)
    await turn()
    await turn()
  }

  const forger = await claim(w, eve.token, { sent: 1 + 4_096, received: eve.arrived })
  const codes = await fates(forger, 200)

  t.match(forger.reply, { resumed: true })
  t.equal(oks(codes), 5 + 8 * 10, 'a window and three heartbeats')
})

/** A plaza whose events take as long as a test likes, and one who was cut off, or only stood still. */
async function slowly(t: Test, limits: Partial<Limits> = {}, isCut = true) {
  const waiting: { readonly n: number; readonly settle: () => void }[] = []
  let most = 0
  let [begun, done] = [0, 0]
  const slow: AllHandlers['event.emit'] = (_, { args }) => {
    most = Math.max(most, ++begun - done)
    return new Promise((resolve) => {
      const settle = () => {
        done++
        resolve(() => ({ name: 'plaza.number', args: [], delivered: 1 }))
      }
      waiting.push({ n: Number(args[0]), settle })
    })
  }
  const w = await world(t, { limits, handlers: { 'event.emit': slow } })
  const ada = await seat(w, 'ada')
  if (isCut) await drop(w, ada)
  w.clock.advance(isCut ? 20_000 : 4_000)
  const back = isCut ? await claim(w, ada.token, { sent: 1 + 4_096, received: ada.arrived }) : ada
  return { waiting, back, most: () => most }
}

t.test('requests sent again are all handled, in order and not too many at a time', async (t) => {
  const { waiting, back, most } = await slowly(t)
  const handled: number[] = []

  const resent = fates(back, 200)
  for (let answered = 0; answered < 200; answered++) {
    await until(() => waiting.length > 0, 'a request handled')
    const one = waiting.shift()
    handled.push(one?.n ?? -1)
    one?.settle()
    await turn()
  }

  t.strictSame(await resent, ok(200))
  t.strictSame(
    handled,
    Array.from({ length: 200 }, (_, n) => n),
  )
  t.equal(most(), LIMITS.requests.value)
})

t.test('what a connection held back is all handled, and not too much at a time', async (t) => {
  const { waiting, back, most } = await slowly(t, {}, false)

  const late = fates(back, 200)
  for (let answered = 0; answered < 200; answered++) {
    await until(() => waiting.length > 0, 'an event handled')
    waiting.shift()?.settle()
  }

  t.strictSame(await late, ok(200))
  t.equal(most(), LIMITS.requests.value)
})

t.test('what is sent again and asks for no answer is not too much at a time either', async (t) => {
  const { waiting, back, most } = await slowly(t)

  for (let n = 0; n < 200; n++) back.send(emit(n))
  await back.settled()
  const atOnce = most()
  for (let answered = 0; answered < 200; answered++) {
    await until(() => waiting.length > 0, 'an event handled')
    waiting.shift()?.settle()
  }

  t.equal(atOnce, LIMITS.requests.value)
  t.equal(most(), LIMITS.requests.value)
})

t.test('of what is sent again no more is held back than a client can keep', async (t) => {
  const limits = { requests: 4, resume_bytes: 5_000 }
  const { waiting, back, most } = await slowly(t, limits)
  const bytes = JSON.stringify({ ...emit(1), id: 't1' }).length

  const resent = fates(back, 100)
  await until(() => waiting.length === 4, 'four handled')
  await back.settled()
  for (let isOver = false; !isOver; await turn()) {
    for (const one of waiting.splice(0)) one.settle()
    isOver = back.seen.filter(({ re }) => re !== undefined).length >= 2 + 100
  }

  const handled = oks(await resent)
  const kept = limits.resume_bytes / bytes
  t.ok(handled > 4 + kept / 2 && handled < 4 + kept + 5, `${handled} of about ${4 + kept}`)
  t.equal(most(), 4)
})

t.test('requests that ask for no answer are bounded as all others are', async (t) => {
  const { waiting, back } = await slowly(t, { requests: 4, resume_frames: 1 })

  for (let n = 0; n < 20; n++) back.send(emit(n))
  await back.settled()

  t.equal(waiting.length, 4)
  t.equal(types(back.seen).filter((type) => type === 'error').length, 20 - 4)
})

t.test('a bucket holds what it would have admitted, until that is spent', (t) => {
  const clock = createClock()
  const buckets = new Buckets(ratesOf({ event: { per_second: 10, burst: 5 } }), clock.now)
  const takeAll = () => {
    let taken = 0
    while (buckets.take('event') === 0) taken++
    return taken
  }

  t.equal(takeAll(), 5)
  clock.advance(250)
  buckets.save(60_000)
  t.equal(takeAll(), 2, 'not yet full')
  clock.advance(10_000)
  buckets.save(60_000)
  t.equal(takeAll(), 100)
  buckets.spend()
  clock.advance(10_000)
  t.equal(takeAll(), 5)
  clock.advance(60_000)
  t.equal(buckets.take('resume'), 0, 'a claim is no sign of life')
  buckets.save(2_000)
  t.equal(takeAll(), 25, 'at most')
  t.end()
})
