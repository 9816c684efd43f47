import t from 'tap'
import { MOST_TIMER_MS } from '../protocol/limits.ts'
import { patient } from '../protocol/timer.ts'
import { createWorld } from '../server/world.ts'
import { createClock } from './support/clock.ts'

/** Timers that call back at once where they should wait longer than they can, as Node's do. */
function hasty() {
  const clock = createClock(0)
  const after = (ms: number, callback: () => void) =>
    clock.after(ms > MOST_TIMER_MS ? 1 : ms, callback)
  return { clock, after }
}

for (const ms of [0, 1, MOST_TIMER_MS, MOST_TIMER_MS + 1, 10 * MOST_TIMER_MS, 1e11])
  t.test(`what is to happen in ${ms} ms happens then, once, and not before`, async (t) => {
    const { clock, after } = hasty()
    const at: number[] = []

    patient(after)(ms, () => void at.push(clock.now()))
    clock.advance(2 * ms + 1)

    t.strictSame(at, [ms])
    t.equal(clock.pending, 0)
  })

t.test('what is to happen in a year can be called off at any time', async (t) => {
  const { clock, after } = hasty()
  let happened = 0

  for (const ms of [0, MOST_TIMER_MS + 1]) {
    const cancel = patient(after)(1e11, () => happened++)
    clock.advance(ms)
    cancel()
    t.equal(clock.pending, 0)
  }
  clock.advance(2e11)

  t.equal(happened, 0)
})

t.test('what is to happen never does not happen', async (t) => {
  const { clock, after } = hasty()
  let happened = 0
  patient(after)(Number.POSITIVE_INFINITY, () => happened++)
  clock.advance(100 * MOST_TIMER_MS)
  t.equal(happened, 0)
})

t.test('the server waits as long as a room asks it to, once and again', async (t) => {
  const { clock, after } = hasty()
  t.intercept(globalThis, 'setTimeout', {
    value: (callback: () => void, ms: number) => after(ms, callback),
  })
  t.intercept(globalThis, 'clearTimeout', { value: (cancel?: () => void) => cancel?.() })
  const world = createWorld()
  const month = 2_592_000_000
  const at: string[] = []

  world.after(month, () => void at.push(`once ${clock.now()}`))
  const stop = world.every(month, () => void at.push(`again ${clock.now()}`))
  clock.advance(2 * month)
  stop()
  clock.advance(2 * month)

  t.strictSame(at, [`once ${month}`, `again ${month}`, `again ${2 * month}`])
  t.equal(clock.pending, 0)
})
