import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { createTicks, MOST_CATCH_UP, type Step } from '../server/core/state/tick.ts'
import { defineRoom } from '../server/server.ts'
import { createClock, createTestWorld } from './support/clock.ts'
import { stage as staged } from './support/stage.ts'

/** Ticks whose timers are as late as the test says. */
function stage() {
  const clock = createClock()
  const world = createTestWorld(clock)
  let slow = 0
  const ticks = createTicks({ ...world, now: () => clock.now() + slow })
  return {
    clock,
    ticks,
    lines: world.lines,
    /** Time passes without a timer being called. */
    stall(ms: number): void {
      slow += ms
    },
    heard(kind = 'duel', hz = 20): Step[] {
      const steps: Step[] = []
      ticks.of(kind, hz).add((step) => steps.push(step))
      return steps
    },
  }
}

const numbers = (steps: readonly Step[]) => steps.map(({ number }) => number)

t.test('steps are numbered, of a fixed length, and come when they are due', async (t) => {
  const { clock, heard } = stage()
  const steps = heard()

  clock.advance(49)
  t.equal(steps.length, 0)
  clock.advance(101)

  t.strictSame(
    steps,
    [1, 2, 3].map((number) => ({ number, seconds: 0.05, late: 0, skipped: 0 })),
  )
})

t.test('a timer that is late each time costs no step: a second has all of its own', async (t) => {
  for (const hz of [20, 30, 60]) {
    const { clock, stall, heard } = stage()
    const steps = heard('duel', hz)
    for (let ms = 0; ms < 10_000; ms += 5) {
      clock.advance(4)
      stall(1)
    }
    clock.advance(12)

    t.equal(steps.length, 10 * hz, `${hz} a second`)
    t.ok(steps.every(({ late, skipped }) => late < 1_000 / hz && skipped === 0))
  }
})

t.test('a late step says how late it is, and the next is due when it always was', async (t) => {
  const { clock, stall, heard } = stage()
  const steps = heard()

  stall(30)
  clock.advance(50)
  clock.advance(20)

  t.strictSame(
    steps.map(({ late }) => late),
    [30, 0],
  )
})

t.test('a few steps that were missed are made up for at once', async (t) => {
  const { clock, stall, heard } = stage()
  const steps = heard()

  stall(50 * (MOST_CATCH_UP - 1))
  clock.advance(50)

  t.strictSame(
    steps.map(({ number, late }) => [number, late]),
    [
      [1, 150],
      [2, 100],
      [3, 50],
      [4, 0],
    ],
  )
})

t.test('after an hour asleep few steps are made up for, and the rest are given up', async (t) => {
  const { clock, stall, heard, lines } = stage()
  const steps = heard()

  stall(3_600_010)
  clock.advance(50)
  t.equal(steps.length, MOST_CATCH_UP)
  clock.advance(40)

  const skipped = 72_000 - MOST_CATCH_UP + 1
  t.strictSame(numbers(steps), [1, 2, 3, 4, 5], 'no number is left out')
  t.match(steps[0], { skipped, late: 160 })
  t.match(steps.at(-1), { skipped: 0, late: 0 }, 'in its place of the schedule')
  t.match(lines, [{ level: 40, msg: 'ticks skipped', kind: 'duel', skipped }])
})

t.test('a clock that stands still or goes back brings no step', async (t) => {
  const { clock, stall, heard } = stage()
  const steps = heard()

  for (let count = 0; count < 100; count++) {
    stall(-10)
    clock.advance(10)
  }
  t.equal(steps.length, 0)
  t.equal(clock.pending, 1, 'one timer waits')
  clock.advance(50)

  t.match(steps, [{ number: 1 }])
})

t.test('a step that begins another from within itself is not run twice at once', async (t) => {
  const { clock, stall, ticks } = stage()
  let depth = 0
  let deepest = 0
  const seen: number[] = []
  const tick = ticks.of('duel', 20)
  tick.add(({ number }) => {
    deepest = Math.max(deepest, ++depth)
    seen.push(number)
    stall(60)
    if (number < 5) clock.advance(60)
    depth--
  })

  clock.advance(50)

  t.equal(deepest, 1)
  t.equal(clock.pending, 1)
  t.strictSame(seen, [1])
})

t.test('who is not done with a step misses those that follow, and is called again', async (t) => {
  const { clock, ticks, heard, lines } = stage()
  const [seen, ends]: [number[], (() => void)[]] = [[], []]
  ticks.of('duel', 20).add(({ number }) => {
    seen.push(number)
    return new Promise<void>((resolve, reject) => {
      ends.push(number === 1 ? resolve : () => reject(new Error('boom')))
    })
  })
  const others = heard()

  clock.advance(150)
  for (const end of ends) end()
  await turn()
  clock.advance(50)
  ends.at(-1)?.()
  await turn()
  clock.advance(50)

  t.strictSame(seen, [1, 4, 5])
  t.strictSame(numbers(others), [1, 2, 3, 4, 5])
  t.match(lines, [{ level: 50, msg: 'tick failed', kind: 'duel', tick: 4 }])
})

t.test('a tick that throws is logged, and the others go on', async (t) => {
  const { clock, ticks, heard, lines } = stage()
  ticks.of('duel', 20).add(() => {
    throw new Error('boom')
  })
  const [steps, others] = [heard(), heard('race', 10)]

  clock.advance(150)

  t.equal(steps.length, 3)
  t.equal(others.length, 1)
  const failed = { level: 50, msg: 'tick failed', kind: 'duel', err: { message: 'boom' } }
  t.match(
    lines,
    [1, 2, 3].map((tick) => ({ ...failed, tick })),
  )
  ticks.close()
  t.equal(clock.pending, 0)
})

t.test(
  'it stands still while nobody listens, and goes on counting when somebody does',
  async (t) => {
    const { clock, ticks } = stage()
    const tick = ticks.of('duel', 20)
    const seen: (readonly [number, number])[] = []
    const listen = () => tick.add(({ number }) => void seen.push([number, clock.now()]))

    const stop = listen()
    clock.advance(70)
    stop()
    t.equal(clock.pending, 0)
    clock.advance(1_000)
    listen()
    const late = listen()
    clock.advance(50)
    late()

    t.strictSame(seen, [
      [1, 1_050],
      [2, 2_120],
      [2, 2_120],
    ])
    t.equal(clock.pending, 1)
  },
)

t.test('who listens from within a step hears of the next one first', async (t) => {
  const { clock, ticks } = stage()
  const tick = ticks.of('duel', 20)
  const seen: number[] = []
  const stop = tick.add(() => {
    stop()
    tick.add(({ number }) => void seen.push(number))
  })

  clock.advance(100)

  t.strictSame(seen, [2])
})

t.test('each kind has its rate, and a rate that is none is refused', async (t) => {
  const { clock, heard, ticks } = stage()
  const [fast, slow] = [heard('duel', 60), heard('board', 0.5)]

  clock.advance(4_000)

  t.strictSame([fast.length, slow.length], [240, 2])
  for (const hz of [0, -1, 121, 1e-9, Number.NaN, Number.POSITIVE_INFINITY])
    t.throws(() => ticks.of('chess', hz), /chess.hz: expected 0.1 to 120/)
  t.throws(() => ticks.of('duel', 20), /duel.hz: expected 60 as before/)
})

t.test(
  'a room’s steps are tick_hz a second, and know how long and how late they are',
  async (t) => {
    const seen: unknown[] = []
    const duel = defineRoom({
      tick_hz: 10,
      onTick: (room, { number, late }) => void seen.push([room.tick, number, room.step, late]),
    })
    const { raw, clock } = staged(t, { rooms: { duel } })
    const ada = await raw()
    await ada.ask('room.create', { kind: 'duel' })

    clock.advance(300)
    await ada.ask('room.leave')
    clock.advance(30_000)
    const { length } = seen
    clock.advance(1_000)

    t.strictSame(seen.slice(0, 3), [
      [1, 1, 0.1, 0],
      [2, 2, 0.1, 0],
      [3, 3, 0.1, 0],
    ])
    t.equal(seen.length, length, 'a room that has gone has no steps')
  },
)

t.test('a step that throws is logged with its room, and others have theirs', async (t) => {
  const seen: string[] = []
  const duel = defineRoom({
    onTick({ code }) {
      seen.push(code)
      if (code === seen[0]) throw new Error('boom')
    },
  })
  const { make, clock, lines } = staged(t, { rooms: { duel } })
  const codes = [make('duel'), make('duel')]

  clock.advance(100)

  t.strictSame(seen, [...codes, ...codes])
  const failed = lines.filter(({ msg }) => msg === 'room hook failed')
  t.match(failed, [{ room: codes[0] }, { room: codes[0] }])
})

t.test('a room that is not done with a step misses those that follow', async (t) => {
  const ends: (() => void)[] = []
  const duel = defineRoom({
    onTick: () => new Promise<void>((resolve) => void ends.push(resolve)),
  })
  const { make, clock } = staged(t, { rooms: { duel } })
  make('duel')

  clock.advance(200)
  t.equal(ends.length, 1)
  ends[0]?.()
  await turn()
  clock.advance(50)

  t.equal(ends.length, 2)
})

t.test('a kind whose steps cannot be is refused when the server begins', async (t) => {
  for (const tick_hz of [0, 121, Number.NaN])
    t.throws(() => staged(t, { rooms: { duel: defineRoom({ tick_hz }) } }), {
      message: /^rooms\.duel\.tick_hz: expected .*0\.1 to 120/,
    })
})
