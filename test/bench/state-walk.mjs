// What moves in the comparisons of state: rows that walk up to 10 a tick, round at the end of their
// field, and turn by up to 10°. The same on every side.
export const ROWS = 100
export const GROUPS = 5
export const FIELD = 1_000
export const TICK_MS = 50
const [MOST_STEP, MOST_TURN] = [10, (10 * Math.PI) / 180]

/** Rows as plain numbers; `step` moves all of them. */
export function createWalkers() {
  let seed = 1
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return seed / 2 ** 32
  }
  const walkers = Array.from({ length: ROWS }, () => ({
    x: random() * FIELD,
    y: random() * FIELD,
    turn: random() * 6 - 3,
  }))
  return {
    walkers,
    step() {
      for (const walker of walkers) {
        walker.x = (walker.x + random() * MOST_STEP) % FIELD
        walker.y = (walker.y + random() * MOST_STEP) % FIELD
        walker.turn = ((walker.turn + Math.PI + random() * MOST_TURN) % (2 * Math.PI)) - Math.PI
      }
    },
  }
}

/** Whether the bench wants movement just now. */
export function createSwitch() {
  const here = { isOn: false }
  process.on('message', (what) => {
    if (what === 'go' || what === 'stop') here.isOn = what === 'go'
  })
  return here
}

/** Calls back 20 times a second, by an absolute schedule. */
export function ticking(tick) {
  let due = performance.now()
  const wake = () => {
    for (; due <= performance.now(); due += TICK_MS) tick()
    setTimeout(wake, due - performance.now())
  }
  wake()
}
