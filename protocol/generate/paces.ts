import { createPacer, MOST_WAIT_MS, type ToldRates } from '../pacer.ts'

/** When who sends is to send, what, and how often. */
interface Course {
  readonly name: string
  readonly rates: ToldRates
  /** The class, and the ms to the next. */
  readonly sends: readonly (readonly [rate: string, ms: number, times: number])[]
}

const RATES: ToldRates = {
  event: { per_second: 75, burst: 150 },
  create: { per_second: 1, burst: 20 },
  once: { per_second: 0.5, burst: 1 },
}

const COURSES: readonly Course[] = [
  { name: 'many at once, and again a second later', rates: RATES, sends: bursts('event', 160) },
  { name: 'as many as there are', rates: RATES, sends: [['event', 1_000 / 60, 100]] },
  { name: 'twice as many', rates: RATES, sends: [['event', 1_000 / 150, 400]] },
  { name: 'seldom at most', rates: RATES, sends: bursts('create', 25) },
  { name: 'less than one at once', rates: RATES, sends: [['once', 700, 12]] },
  { name: 'classes do not know of each other', rates: RATES, sends: mixed() },
  { name: 'a class that is not told', rates: {}, sends: [['event', 0, 30]] },
]

/** When each may go; null for one that would wait too long, and does not. */
export const paceVectors = (): object[] =>
  COURSES.map(({ name, rates, sends }) => {
    const pacer = createPacer(rates)
    const steps: [now: number, rate: string, at: number | null][] = []
    let now = 10_000
    for (const [rate, ms, times] of sends)
      for (let n = 0; n < times; n++, now += ms) {
        const at = pacer.next(rate, now)
        const goes = at - now <= MOST_WAIT_MS
        if (goes) pacer.take(rate, at)
        steps.push([now, rate, goes ? at : null])
      }
    return { name, rates, steps }
  })

function bursts(rate: string, times: number): Course['sends'] {
  return [
    [rate, 0, times - 1],
    [rate, 1_000, 1],
    [rate, 0, times - 1],
  ]
}

function mixed(): Course['sends'] {
  return Array.from({ length: 25 }, () => [
    ['event', 0, 4] as const,
    ['create', 5, 1] as const,
  ]).flat()
}
