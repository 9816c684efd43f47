import t from 'tap'
import { createSweep, SWEPT_AT_ONCE } from '../server/core/session/sweep.ts'
import { createClock, createTestWorld } from './support/clock.ts'

function stage(count: number) {
  const clock = createClock()
  const all = new Set(Array.from({ length: count }, (_, at) => at))
  const seen: number[] = []
  const sweep = createSweep(createTestWorld(clock), all, (one) => void seen.push(one))
  return { clock, all, seen, sweep }
}

t.test('few are looked at in one turn, and all within a second', async (t) => {
  for (const count of [0, 1, 63, 64, 65, 1_200, 20_000]) {
    const { clock, all, seen, sweep } = stage(count)
    let most = 0
    sweep.begin()
    for (let ms = 0, before = 0; ms < 1_000; ms++) {
      most = Math.max(most, seen.length - before)
      before = seen.length
      clock.advance(1)
    }

    t.strictSame(seen, [...all], `${count}, each once`)
    t.ok(most <= Math.max(SWEPT_AT_ONCE, 223), `${most} in one turn`)
    t.equal(clock.pending, 0)
  }
})

t.test('who goes meanwhile is left out, and a second round waits for the first', async (t) => {
  const { clock, all, seen, sweep } = stage(200)

  sweep.begin()
  sweep.begin()
  all.delete(150)
  clock.advance(500)
  t.equal(seen.length, 199)
  t.notOk(seen.includes(150))
  sweep.begin()
  clock.advance(500)

  t.equal(seen.length, 2 * 199)
})

t.test('a sweep that is closed looks at nobody any more', async (t) => {
  const { clock, seen, sweep } = stage(200)

  sweep.begin()
  sweep.close()
  clock.advance(1_000)

  t.equal(seen.length, SWEPT_AT_ONCE)
  t.equal(clock.pending, 0)
})
