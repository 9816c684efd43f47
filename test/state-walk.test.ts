import t from 'tap'
import { seedOf } from './support/clock.ts'
import { sized } from './support/soak.ts'
import { walkState } from './support/state-walk.ts'
import { NodeSocket } from './support/world.ts'

/** A busy machine takes its time. */
t.setTimeout(sized(240_000, 3_600_000))

const seed = seedOf()
t.comment(`SEED=${seed}`)

/** What has to have come of it, or the walk was too short. */
const EVERYTHING = [
  ...['silent step', 'burst', 'added', 'removed', 'full', 'stalled', 'dropped'],
  ...['resumed from its tick', 'resumed anew', 'left and joined', 'asked anew'],
]

t.test(
  'whatever becomes of a room and of connections, each member has what it may see',
  async (t) => {
    const steps = sized(600, 100_000)
    const { compared, told } = await walkState({ seed, steps, Socket: NodeSocket })

    t.comment(JSON.stringify(told))
    t.equal(compared, 12 * (steps / 25 + 1))
    for (const what of EVERYTHING) t.ok(told[what], what)
  },
)
