import t from 'tap'
import { seedOf } from './support/clock.ts'
import { walkHooked } from './support/hooked-walk.ts'
import { sized } from './support/soak.ts'

t.setTimeout(sized(120_000, 1_800_000))

const WALKS = sized(40, 500)
const seed = seedOf()
t.comment(`SEED=${seed}`)

t.test('whatever hooks say and however long they take, a client sees what is', async (t) => {
  const done = new Map<string, number>()
  let seats = 0
  for (let walk = 0; walk < WALKS; walk++) {
    const walked = await walkHooked(seed + walk)
    seats += walked.seats
    for (const [what, count] of walked.done) done.set(what, (done.get(what) ?? 0) + count)
    t.strictSame(walked.wrongs, [], `a walk from the seed ${seed + walk}`)
  }
  t.ok(seats > WALKS, `${seats} seats at the ends of ${WALKS} walks`)
  t.comment([...done].map(([what, count]) => `${what} ${count}`).join(', '))
})
