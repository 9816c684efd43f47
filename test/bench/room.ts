import { runsOf } from './asked.ts'
import { type Contestant, present } from './contestants.ts'
import {
  among,
  compared,
  drawn,
  type Figure,
  inTurn,
  type Results,
  type Workload,
} from './figures.ts'
import { type Measured, openStage, SETTING, type Stage } from './generator.ts'

const MEMBERS = 200
const EVENTS = 50
/** Five times as many events as are measured, so that all of the code is warm. */
const WARM_UP = { settle_ms: 0, ms: 1_000, per_second: 5 * EVENTS } as const
const NAMES: readonly Contestant[] = [
  'estragon',
  'before',
  'gathered',
  'ws',
  'socket.io',
  'colyseus',
]

/** A room of 200 whose members say 50 things a second all together, each heard by the 199 others. */
export const room: Workload = {
  name: 'room',
  async run(quick) {
    console.log(`room: ${SETTING}`)
    const times = runsOf(3)
    const [ms, settle_ms] = quick ? [1_000, 300] : [2_500, 700]
    const names = present(NAMES)
    const stages = new Map<Contestant, Stage>()
    try {
      for (const name of names) stages.set(name, await filled(name))
      const results = await inTurn(names, times, async (name) => {
        const measured = await stages.get(name)?.drive({ settle_ms, ms, per_second: EVENTS })
        return checked(name, measured)
      })
      return figuresOf(results)
    } finally {
      for (const stage of stages.values()) await stage.close()
    }
  },
}

async function filled(name: Contestant): Promise<Stage> {
  const stage = await openStage(name, { roomSize: MEMBERS, isPatient: true })
  await stage.grow(MEMBERS)
  await stage.drive(WARM_UP)
  return stage
}

function checked(name: string, measured: Measured | undefined): Measured {
  const { closed = 0, refused } = measured ?? {}
  if (!measured || closed > 0 || refused)
    throw new Error(`${name} closed ${closed} and refused ${refused}`)
  return measured
}

function figuresOf(results: Results<Measured>): Figure[] {
  const name = `${MEMBERS} members, ${EVENTS} events/s`
  return [
    among(`${name}: heard, p50`, 'ms', results, (one) => one.p50),
    among(`${name}: heard, p99`, 'ms', results, (one) => one.p99),
    drawn(
      compared(
        among('server time for one delivery', 'µs', results, (one) => one.cpu_us),
        'at most',
        { colyseus: 0.75 },
      ),
      `a room of ${MEMBERS} in which ${EVENTS} events a second are said`,
      'less',
    ),
    among('delivered within the run', '%', results, (one) => (one.delivered / one.expected) * 100),
    among('what each of them got, the least', 'events/s', results, ({ least, seconds }) => {
      return least / seconds
    }),
    among('the server’s processor', '%', results, (one) => one.server * 100),
    among('the load’s processor', '%', results, (one) => one.load * 100),
  ]
}
