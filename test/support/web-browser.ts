import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'
import { createFeed } from './feed.ts'
import type { Ending, Program } from './program.ts'

/** Godot draws by WebGL, here without a graphics card. */
export const DRAWING = [
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--ignore-gpu-blocklist',
]
/** A game that runs wild harms itself alone. */
const BOUNDS = ['--js-flags=--max-old-space-size=512', '--disable-dev-shm-usage']

/** A game in a tab: a program like any other, save that it has a page. */
export interface Game extends Program {
  readonly page: Page
}

/** What opens tabs. */
export type Tabs = Pick<BrowserContext, 'newPage'>

export interface GameOptions {
  /** Where its export is served. */
  readonly url: string
  /** What it finds behind `--`, such as an entry of the environment, as NAME=value. */
  readonly args?: readonly string[]
  /** How often it draws, where that is less often than the screen. */
  readonly fps?: number
}

/** Chromium, which ends with the test, whatever its tabs are doing then. */
export async function openBrowser(
  t: Pick<Test, 'teardown'>,
  executablePath: string,
): Promise<Browser> {
  const args = ['--no-sandbox', ...DRAWING, ...BOUNDS]
  const server = await chromium.launchServer({ executablePath, args })
  t.teardown(() => server.kill())
  return chromium.connect(server.wsEndpoint())
}

/** A game that plays a script of the tests’ (in_browser.gd), which finds `env` in its environment. */
export const startScript = (
  t: Pick<Test, 'teardown'>,
  context: Tabs,
  url: string,
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<Game> => {
  const entries = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  return startGame(t, context, { url, args: [...entries, script] })
}

/** Starts a game in a tab of its own. */
export async function startGame(
  t: Pick<Test, 'teardown'>,
  context: Tabs,
  { url, args = [], fps }: GameOptions,
): Promise<Game> {
  const lines = createFeed<string>(url)
  const complaints = createFeed<string>(`${url} (errors)`)
  let finish: (ending: Ending) => void = () => {}
  const ended = new Promise<Ending>((resolve) => {
    finish = (ending) => {
      const reason = `ended: ${JSON.stringify(ending)}\n${complaints.items.join('\n')}`
      lines.end(reason)
      complaints.end(reason)
      resolve(ending)
    }
  })
  const fail = (error: string) => finish({ code: null, signal: null, error })

  const page = await context.newPage()
  page.on('console', (message) => {
    if (message.type() === 'log') lines.push(message.text())
    else if (message.type() === 'debug') finish({ code: Number(message.text()), signal: null })
    else if (message.args().length > 0) complaints.push(message.text()) // no word of the browser’s
  })
  page.on('pageerror', ({ message }) => fail(message))
  page.on('crash', () => fail('the tab has crashed'))
  page.on('close', () => fail('the tab was closed'))
  const close = () => {
    void page.close().catch(() => {}) // a tab that hangs goes with its browser
    fail('the tab was closed')
    return ended
  }
  t.teardown(close)
  await page.addInitScript(tell, { args: ['--', ...args], fps })
  await page.goto(url, { waitUntil: 'commit' }) // a page that hangs never loads
  const [freeze, thaw] = [impossible, impossible]
  return { page, lines, complaints, ended, close, kill: close, freeze, thaw }
}

function impossible(): never {
  throw new Error('a tab cannot stand still while its connections are open')
}

declare const window: { PLAY?: object; requestAnimationFrame: (draw: () => void) => void }
declare const console: { debug(text: string): void }
declare function setTimeout(callback: () => void, ms: number): void

/** Tells the page of an export (web-export.ts) how to play it. */
const tell = ({ args, fps }: { readonly args: string[]; readonly fps: number | undefined }) => {
  window.PLAY = { args, onExit: (code: number) => console.debug(`${code}`) }
  const draw = window.requestAnimationFrame
  if (fps) window.requestAnimationFrame = (next) => setTimeout(() => draw(next), 1_000 / fps)
}
