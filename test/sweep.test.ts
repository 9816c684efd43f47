import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { createSweep, SWEPT_AT_ONCE } from '../server/core/session/sweep.ts'
import { createRounds } from '../server/rounds.ts'
import { createClock, createRandom, createTestWorld, seedOf } from './support/clock.ts'

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

t.test('what a slow store has not answered yet is not asked again', async (t) => {
  const clock = createClock()
  let asked = 0
  let answer = () => {}
  const slow = {
    ...{ name: 'slow', every_ms: 500 },
    run: () => {
      asked++
      return new Promise<void>((resolve, reject) => {
        answer = asked === 1 ? resolve : () => reject(new Error('a full disk'))
      })
    },
  }
  const rounds = createRounds(createTestWorld(clock), [slow])

  for (const times of [1, 2, 3]) {
    clock.advance(60_000)
    t.equal(asked, times)
    answer()
    await turn()
  }
  rounds.close()
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

t.test(
  'all of 10,000 are looked at in each second, whoever comes and goes meanwhile',
  async (t) => {
    const seed = seedOf()
    t.comment(`SEED=${seed}`)
    const random = createRandom(seed)
    for (const [how, come, go] of [
      ['half of them go when they were looked at', 0, 112],
      ['as many come as go', 150, 150],
      ['more come than are looked at', 400, 0],
    ] as const) {
      const { clock, all, seen, sweep } = stage(10_000)
      let next = all.size
      for (let second = 0; second < 3; second++) {
        const [there, before, gone] = [[...all], seen.length, new Set<number>()]
        const left = all.size / 2
        sweep.begin()
        for (let ms = 0; ms < 1_000; ms += 10) {
          for (let n = 0; n < go && all.size > left; n++) {
            const one = come > 0 ? random.below(next) : (seen[before + gone.size] ?? -1)
            if (all.delete(one)) gone.add(one)
          }
          for (let n = 0; n < come; n++) all.add(next++)
          clock.advance(10)
        }

        const looked = new Set(seen.slice(before))
        t.strictSame(
          there.filter((one) => !looked.has(one) && !gone.has(one)),
          [],
          `${how}, second ${second}`,
        )
        t.equal(clock.pending, 0, 'and the round is over')
      }
    }
  },
)

t.test('a connection that is put back at the end over and over holds up no round', async (t) => {
  const { clock, all, seen, sweep } = stage(64 * 3)
  sweep.begin()
  for (let ms = 0; ms < 1_000; ms += 1) {
    for (const one of seen.slice(-SWEPT_AT_ONCE)) if (all.delete(one)) all.add(one)
    clock.advance(1)
  }

  t.equal(clock.pending, 0)
  t.equal(new Set(seen).size, 64 * 3)
})

t.test('a sweep that is closed looks at nobody any more', async (t) => {
  const { clock, seen, sweep } = stage(200)

  sweep.begin()
  sweep.close()
  clock.advance(1_000)

  t.equal(seen.length, SWEPT_AT_ONCE)
  t.equal(clock.pending, 0)
})
