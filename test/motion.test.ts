import { type Browser, chromium } from 'playwright-core'
import t, { type Test } from 'tap'
import { PLAZA } from '../protocol/plaza.ts'
import type { RoomKind } from '../server/core/room/room.ts'
import { push } from '../server/core/wire/frame.ts'
import { createServer, type HubOptions } from '../server/server.ts'
import { createWorld } from '../server/world.ts'
import { buildPage } from '../web-client/build.ts'
import { connect } from '../web-client/client.ts'
import { createPlayback, type Playback } from '../web-client/demo/playback.ts'
import { createRandom, seedOf } from './support/clock.ts'
import { needEngine } from './support/engines.ts'
import { openJitter } from './support/jitter.ts'
import { NodeSocket } from './support/world.ts'

const SEED = seedOf()
const NETWORK = { delay_ms: 100, jitter_ms: 50 }
/** As fast as the page walks, in units a second. */
const SPEED = 320
const COURSE = { from: 100, to: 1500, y: 450 }
/** A tenth of a body’s length. */
const MOST_JUMP = PLAZA.body / 10
const FRAME_MS = 1000 / 60
/** Half the network’s unevenness: a machine later than that by itself makes another network of it. */
const MOST_LATE_MS = NETWORK.jitter_ms / 2
/** How often such a machine is given another chance, where a leap was seen. */
const ATTEMPTS = 6
const WALKER = '#people li[data-number="1"]'

/** Where somebody was drawn in an animation frame, and the frame’s own time. */
interface Frame {
  readonly now: number
  readonly x: number
  readonly y: number
}

const executablePath = needEngine(t, 'chromium')
if (executablePath !== undefined) {
  const built = t.testdir()
  let browser: Browser

  t.before(async () => {
    await buildPage(built)
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  })
  t.teardown(() => browser?.close())

  t.test(`others walk without a leap on an uneven network (SEED=${SEED})`, async (t) => {
    let walked = await watch(t)
    for (let again = 1; again < ATTEMPTS && isDisturbed(walked); again++) {
      t.comment(`this machine was ${walked.late.toFixed()} ms late by itself: once more`)
      walked = await watch(t)
    }

    const { frames, proxy, forth, back, late } = walked
    t.comment(`worst step ${forth.toFixed(2)} units further than its time explains`)
    t.comment(`this machine was at most ${late.toFixed()} ms late by itself`)
    t.ok(forth <= MOST_JUMP, `no leap of more than ${MOST_JUMP} units: ${forth}`)
    t.equal(back, 0, 'no step back')
    t.ok(frames.length > 60, `in ${frames.length} frames`)
    t.ok(Math.min(...proxy.delays) >= 50, 'every piece was late')
    t.ok(Math.max(...proxy.delays) >= 130, 'and some were later')
  })

  /** Watches somebody walk the course; `late` says what did not come of the network. */
  async function watch(t: Test) {
    const { walk, lateness, ...options } = evenPlaza()
    const { page, proxy } = await plaza(t, options)
    await page.locator(`${WALKER}[data-x="${COURSE.from}"]`).waitFor()
    const recorded = page.locator(WALKER).evaluate(recording, COURSE.to - 100)
    walk()
    const frames = await recorded
    const pauses = frames.slice(1).map(({ now }, index) => now - (frames[index]?.now ?? now))
    const late = Math.max(proxy.lateness, lateness(), Math.max(...pauses) - 2 * FRAME_MS)
    return { ...worst(frames), frames, proxy, late }
  }

  t.test('our own steps wait for nobody', async (t) => {
    const { page, proxy } = await plaza(t)
    const own = page.locator('#people li').filter({ has: page.getByText('you', { exact: true }) })
    await own.and(page.locator('[data-x]')).waitFor()

    proxy.pause()
    const passed = proxy.delays.length
    const before = Number(await own.getAttribute('data-x'))
    await page.keyboard.down('ArrowRight')
    await own.evaluate(recording, before + 100)
    await page.keyboard.up('ArrowRight')

    t.equal(proxy.delays.length, passed, 'walked while nothing passed')
  })

  /** A page behind the uneven network, and a walker at the start of the course. */
  async function plaza(t: Test, options: HubOptions = {}) {
    const server = await createServer({ ...options, host: '127.0.0.1', page: built, port: 0 })
    t.teardown(server.close)
    const walker = await connect(`ws://127.0.0.1:${server.port}`, { WebSocket: NodeSocket })
    t.teardown(walker.close)
    await walker.rooms.joinOrCreate('plaza', { name: 'Walker' })
    const proxy = await openJitter(server.port, { ...NETWORK, seed: SEED })
    t.teardown(proxy.close)
    const context = await browser.newContext()
    t.teardown(() => context.close())
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${proxy.port}/?name=Ada`)
    return { page, proxy }
  }
}

t.test(`rows that are late, missing or bunched make nobody leap (SEED=${SEED})`, async (t) => {
  const random = createRandom(SEED)
  const playback = createPlayback()
  const rows: { readonly time: number; readonly due: number }[] = []
  for (let time = 1_000, due = 0; time < 30_000; time += PLAZA.tick_ms) {
    const isMissed = time - (rows.at(-1)?.time ?? 0) < 3 * PLAZA.tick_ms && random.below(10) === 0
    if (isMissed) continue
    due = Math.max(due, time + random.below(random.below(50) === 0 ? 600 : 120))
    rows.push({ time, due })
  }
  const end = (SPEED * (rows.at(-1)?.time ?? 0)) / 1000

  const frames: Frame[] = []
  for (let now = 0; now < 32_000; now += FRAME_MS * (1 + random.below(3))) {
    for (let [row] = rows; row && row.due <= now; [row] = rows) {
      rows.shift()
      playback.add([[1, (SPEED * row.time) / 1000, 0]], row.time, row.due)
    }
    playback.step(now)
    const at = playback.at(1)
    if (at) frames.push({ now, ...at })
  }

  const { forth, back } = worst(frames)
  t.ok(forth <= MOST_JUMP, `no leap of more than ${MOST_JUMP} units: ${forth}`)
  t.ok(back < 1e-6, `no step back: ${back}`)
  t.equal(frames.at(-1)?.x, end, 'and they arrive')
})

t.test('who sets out after a long rest does not leap to catch up with the rest', async (t) => {
  const playback = createPlayback()
  playback.add([[1, 100, 0]], 1_000, 1_010)
  const resting = play(playback, 1_010, 61_010)

  playback.add([[1, 100 + (2 * SPEED * PLAZA.tick_ms) / 1000, 0]], 61_000, 61_010)
  const leaving = play(playback, 61_010, 61_300)

  t.ok(
    resting.every(({ x }) => x === 100),
    'rests',
  )
  t.ok(worst([...resting.slice(-1), ...leaving]).forth < 1e-6, 'as fast as it may')
  t.equal(leaving.at(-1)?.x, 132, 'and arrives')
})

t.test('what has stood still for long is caught up with at once', async (t) => {
  const playback = createPlayback()
  const add = (time: number, now: number) => playback.add([[1, time / 100, 0]], time, now)
  for (let time = 1_000; time < 2_000; time += PLAZA.tick_ms) {
    add(time, time)
    playback.step(time)
  }

  play(playback, 2_000, 10_000) // a network that stood still
  for (let time = 2_000; time <= 10_000; time += PLAZA.tick_ms) add(time, 10_000)
  const [afterStall] = play(playback, 10_000, 10_200).slice(-1)
  for (let time = 10_050; time <= 60_000; time += PLAZA.tick_ms) add(time, time) // a hidden page
  const [afterHiding] = play(playback, 60_000, 60_200).slice(-1)

  t.ok(afterStall && afterStall.x > 85, `at ${afterStall?.x} of 100`)
  t.ok(afterHiding && afterHiding.x > 597, `at ${afterHiding?.x} of 600`)
})

/** Whether somebody leapt while this machine was late by itself. */
const isDisturbed = ({ forth, back, late }: { forth: number; back: number; late: number }) =>
  late > MOST_LATE_MS && (forth > MOST_JUMP || back > 0)

/** Where the first member is shown in each frame of a while. */
function play(playback: Playback, from: number, to: number): Frame[] {
  const frames: Frame[] = []
  for (let now = from; now < to; now += FRAME_MS) {
    playback.step(now)
    const at = playback.at(1)
    if (at) frames.push({ now, ...at })
  }
  return frames
}

/**
 * A plaza whose number 1 is, in every row, just where constant speed has brought it by then. A walker
 * with a clock of its own would be early or late at a tick whenever this machine is busy, and leap
 * before there was any network.
 */
function evenPlaza(): HubOptions & { walk(): void; lateness(): number } {
  const world = createWorld()
  let begun = Number.POSITIVE_INFINITY
  let before = Number.POSITIVE_INFINITY
  let lateness = 0
  const far = (now: number) => (SPEED * Math.max(0, now - begun)) / 1000
  const kind: RoomKind = {
    name: 'plaza',
    capacity: 2,
    namespaces: ['plaza'],
    linger_ms: 30_000,
    open(room) {
      const cancel = world.every(PLAZA.tick_ms, () => {
        const time = world.now()
        lateness = Math.max(lateness, time - before - PLAZA.tick_ms)
        before = time
        const x = Math.min(COURSE.from + far(time), COURSE.to)
        const rows = [[1, x, COURSE.y] as const, [2, COURSE.from, 0] as const]
        room.broadcast(push('plaza.rows', { time, rows }, { room: room.code }))
      })
      return { onDispose: cancel }
    },
  }
  return {
    ...{ world, plaza: false, kinds: [kind], handlers: { 'plaza.move': () => {} } },
    lateness: () => lateness,
    walk() {
      begun = world.now()
    },
  }
}

/** The longest step beyond what the speed explains in the frame’s own time, and the longest back. */
function worst(frames: readonly Frame[]): { readonly forth: number; readonly back: number } {
  let forth = Number.NEGATIVE_INFINITY
  let back = 0
  for (const [index, { now, x, y }] of frames.entries()) {
    const before = frames[index - 1]
    if (!before) continue
    const explained = (SPEED * (now - before.now)) / 1000
    forth = Math.max(forth, Math.hypot(x - before.x, y - before.y) - explained)
    back = Math.max(back, before.x - x)
  }
  return { forth, back }
}

/** What runs in the page may use. */
declare const requestAnimationFrame: (callback: (now: number) => void) => void

/** Where a member was drawn in each animation frame, until its x was at least that. */
const recording = ({ dataset }: { readonly dataset: Record<string, string> }, end: number) =>
  new Promise<Frame[]>((resolve) => {
    const frames: Frame[] = []
    const look = (now: number) => {
      const x = Number(dataset.x)
      frames.push({ now, x, y: Number(dataset.y) })
      if (x < end) requestAnimationFrame(look)
      else resolve(frames)
    }
    requestAnimationFrame(look)
  })
