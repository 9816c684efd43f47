import { about, check, float64, type Infer, integer, object, optional } from './schema.ts'

/**
 * A network one can make worse: what is sent arrives late and in order, and is never lost, as TCP
 * has it. The same rules and the same seeded chance in every client and in the server.
 */
export const LAG = object({
  delay: about(
    'How long a message takes, each way, in ms.',
    optional(integer('uint16', { max: 10_000 })),
  ),
  jitter: about(
    'How much longer or shorter it may take, in ms; none overtakes the one before.',
    optional(integer('uint16', { max: 10_000 })),
  ),
  cut: about('The chance, each second, that a connection is cut.', optional(chance())),
  stall: about(
    'The chance, each second, that everything on a connection waits for 500 ms.',
    optional(chance()),
  ),
  seed: about('The same seed, the same delays, cuts and stalls.', optional(integer('uint32'))),
})

export type LagOptions = Infer<typeof LAG>
export type Lag = Required<LagOptions>

/** How long a stall lasts. */
export const STALL_MS = 500
/** How often chance decides about a connection. */
const EVERY_MS = 1_000

/** A lag with all its numbers; throws a sentence that names the one which is wrong. */
export function lagOf(options: LagOptions, newSeed: () => number): Lag {
  const problem = check(LAG, options, 'lag')
  if (problem) throw new RangeError(problem)
  return { delay: 0, jitter: 0, cut: 0, stall: 0, ...options, seed: options.seed ?? newSeed() }
}

/** What is said wherever a lag is on, so that nobody ships it by accident. */
export const lagText = ({ delay, jitter, cut, stall, seed }: Lag): string =>
  `lag is on: delay=${delay},jitter=${jitter},cut=${cut},stall=${stall},seed=${seed}`

/**
 * What befalls a seed's `connection`-th connection (1, 2, …): how long the next message up or down
 * takes, and what the next second brings. Three streams of chance, none of which draws on another.
 */
export function createLuck({ delay, jitter, cut, stall, seed }: Lag, connection: number) {
  const streams = [1, 2, 3].map((stream) => chanceFrom(seed, connection * 3 + stream))
  const [up, down, seconds] = streams as [Chance, Chance, Chance]
  const wait = (chance: Chance) =>
    Math.max(0, delay - jitter + Math.floor(chance() * (2 * jitter + 1)))
  return {
    up: () => wait(up),
    down: () => wait(down),
    second(): 'cut' | 'stall' | 'none' {
      const [first, second] = [seconds(), seconds()]
      if (first < cut) return 'cut'
      return second < stall ? 'stall' : 'none'
    },
  }
}

interface Time {
  now(): number
  after(ms: number, callback: () => void): () => void
}

export interface LaggingConnection {
  /** Calls back when what is sent now arrives, after everything that was sent before it. */
  up(arrived: () => void): void
  down(arrived: () => void): void
  /** The connection is gone, and with it what was on its way. */
  end(): void
}

/** A connection over a bad network; `cut` is called once, if chance cuts it. */
export function createLag(
  lag: Lag,
  connection: number,
  time: Time,
  cut: () => void,
): LaggingConnection {
  const luck = createLuck(lag, connection)
  let stalledUntil = Number.NEGATIVE_INFINITY
  const until = () => stalledUntil
  const up = createLine(time, luck.up, until)
  const down = createLine(time, luck.down, until)
  let cancel = () => {}

  const end = () => {
    cancel()
    up.end()
    down.end()
  }
  const watch = () => {
    cancel = time.after(EVERY_MS, () => {
      const fate = luck.second()
      if (fate === 'cut') {
        end()
        return cut()
      }
      if (fate === 'stall') stalledUntil = time.now() + STALL_MS
      watch()
    })
  }
  if (lag.cut > 0 || lag.stall > 0) watch()
  return { up: up.send, down: down.send, end }
}

/** One direction: a queue with one timer, so that nothing overtakes however timers are kept. */
function createLine(time: Time, wait: () => number, stalledUntil: () => number) {
  let queue: { readonly due: number; readonly arrived: () => void }[] = []
  let last = Number.NEGATIVE_INFINITY
  let cancel: (() => void) | undefined
  let isOver = false

  function arm(): void {
    const [head] = queue
    if (!head || cancel) return
    const ms = Math.max(head.due, stalledUntil()) - time.now()
    cancel = time.after(Math.max(0, Math.ceil(ms)), deliver)
  }

  function deliver(): void {
    cancel = undefined
    const now = time.now()
    try {
      while (now >= stalledUntil()) {
        const [head] = queue
        if (!head || head.due > now) break
        queue.shift()
        head.arrived()
      }
    } finally {
      // What throws holds up nothing behind it.
      arm()
    }
  }

  return {
    send(arrived: () => void): void {
      if (isOver) return
      last = Math.max(last, time.now() + wait())
      queue.push({ due: last, arrived })
      arm()
    },
    end(): void {
      isOver = true
      cancel?.()
      cancel = undefined
      queue = []
    },
  }
}

function chance() {
  return float64({ min: 0, max: 1 })
}

type Chance = () => number

/** Numbers from 0 to 1: mulberry32, from a place of its own for each stream of a seed. */
export function chanceFrom(seed: number, stream: number): Chance {
  let state = (seed + Math.imul(stream, 0x9e3779b9)) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
