import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { findEngine } from '../support/engines.ts'
import { startProgram } from '../support/program.ts'
import { alone, bounded, type Figure, quantile, type Workload } from './figures.ts'
import { startServer } from './server.ts'

const BOTS = 100
const SCREENS = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true },
} as const satisfies Record<string, BrowserContextOptions>
const LEAST_FPS = 60
/** What 60 frames a second may be when it is counted. */
const ROUNDING = 0.5

/** The demo page among a hundred bots, in a Chromium that draws by software. */
export const page: Workload = {
  name: 'page',
  async run(quick) {
    const executablePath = findEngine('chromium')
    if (executablePath === undefined) {
      console.log('  chromium is not installed; left out')
      return []
    }
    const endings: (() => unknown)[] = []
    const t = { teardown: (ending: () => unknown) => void endings.unshift(ending) }
    try {
      const server = await startServer('estragon')
      t.teardown(server.close)
      const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
      t.teardown(() => browser.close())
      await startBots(t, server.port)
      const figures: Figure[] = []
      for (const [screen, device] of Object.entries(SCREENS))
        figures.push(...(await measure(browser, server.port, screen, device, quick ? 4 : 10)))
      return figures
    } finally {
      for (const ending of endings) await ending()
    }
  },
}

async function startBots(t: Parameters<typeof startProgram>[0], port: number): Promise<void> {
  const options = ['--import', 'ts-node/import', 'web-client/bots.ts', `${BOTS}`]
  const url = `ws://127.0.0.1:${port}`
  const { lines } = startProgram(t, process.execPath, [...options, '--url', url])
  await lines.until((line) => line.startsWith(`${BOTS} in the plaza`), 'everybody in')
}

async function measure(
  browser: Browser,
  port: number,
  screen: string,
  device: BrowserContextOptions,
  seconds: number,
): Promise<Figure[]> {
  const context = await browser.newContext(device)
  const tab = await context.newPage()
  await tab.goto(`http://127.0.0.1:${port}/?name=Watcher`)
  await tab.locator(`#people li:nth-child(${BOTS + 1})`).waitFor()
  await tab.evaluate(frames, 1_000)
  const spent = await openMetrics(tab)
  const before = await spent()
  const deltas = (await tab.evaluate(frames, seconds * 1_000)).sort((a, b) => a - b)
  const after = await spent()
  await context.close()
  const fps = (1_000 * deltas.length) / deltas.reduce((sum, ms) => sum + ms, 0)
  const each = (name: string) =>
    (((after.get(name) ?? 0) - (before.get(name) ?? 0)) * 1_000) / deltas.length
  const title = `${BOTS} bots, ${screen}`
  return [
    bounded(
      alone(`${title}: frames a second`, '1/s', [fps]),
      `${LEAST_FPS}`,
      fps > LEAST_FPS - ROUNDING,
    ),
    alone(`${title}: between frames, p50`, 'ms', [quantile(deltas, 0.5)]),
    alone(`${title}: between frames, p99`, 'ms', [quantile(deltas, 0.99)]),
    alone(`${title}: script for a frame`, 'ms', [each('ScriptDuration')]),
    alone(`${title}: style and layout for a frame`, 'ms', [
      each('LayoutDuration') + each('RecalcStyleDuration'),
    ]),
    alone(`${title}: main thread for a frame`, 'ms', [each('TaskDuration')]),
  ]
}

/** Asks the page what it has spent its time on, in seconds. */
async function openMetrics(tab: Page): Promise<() => Promise<ReadonlyMap<string, number>>> {
  const session = await tab.context().newCDPSession(tab)
  await session.send('Performance.enable')
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return new Map(metrics.map(({ name, value }) => [name, value]))
  }
}

/** What runs in the page may use. */
declare const requestAnimationFrame: (callback: (now: number) => void) => void

/** The time from each frame to the next, for so long. */
const frames = (ms: number) =>
  new Promise<number[]>((resolve) => {
    const deltas: number[] = []
    const look = (begun: number, before: number) => (now: number) => {
      deltas.push(now - before)
      if (now - begun < ms) requestAnimationFrame(look(begun, now))
      else resolve(deltas)
    }
    requestAnimationFrame((now) => requestAnimationFrame(look(now, now)))
  })
