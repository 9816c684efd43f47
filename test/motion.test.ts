import { type Browser, chromium } from 'playwright-core'
import t, { type Test } from 'tap'
import { PLAZA } from '../protocol/plaza.ts'
import { plaza as plazaState } from '../protocol/plaza-state.ts'
import { defineRoom } from '../server/game/definition.ts'
import { createServer, type HubOptions } from '../server/server.ts'
import { buildPage } from '../web-client/build.ts'
import { connect } from '../web-client/client.ts'
import { seedOf } from './support/clock.ts'
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

/** Whether somebody leapt while this machine was late by itself. */
const isDisturbed = ({ forth, back, late }: { forth: number; back: number; late: number }) =>
  late > MOST_LATE_MS && (forth > MOST_JUMP || back > 0)

/**
 * A plaza whose number 1 is, at every tick, just where constant speed has brought it by then. A walker
 * with a clock of its own would be early or late at a tick whenever this machine is busy, and leap
 * before there was any network.
 */
function evenPlaza(): HubOptions & { walk(): void; lateness(): number } {
  let begun = Number.POSITIVE_INFINITY
  let isWalking = false
  let lateness = 0
  const even = defineRoom({
    state: plazaState,
    capacity: 2,
    namespaces: ['plaza'],
    tick_hz: 1_000 / PLAZA.tick_ms,
    onTick({ state }, { number, late }) {
      if (isWalking) begun = Math.min(begun, number)
      lateness = Math.max(lateness, late)
      const far = (SPEED * Math.max(0, number - begun) * PLAZA.tick_ms) / 1000
      const [walker] = state.players
      if (walker) Object.assign(walker, { x: Math.min(COURSE.from + far, COURSE.to), y: COURSE.y })
    },
  })
  return {
    ...{ plaza: false, rooms: { plaza: even } },
    lateness: () => lateness,
    walk() {
      isWalking = true
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
