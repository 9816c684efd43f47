import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'
import { createServer, type ServerOptions } from '../../server/server.ts'
import { openGate } from './gate.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Tab extends ReturnType<typeof tab> {
  /** What the page has said to its server. */
  readonly sent: readonly string[]
}

/** A server with the page, and browser tabs on it; `settle` says that none had a complaint. */
export async function openPlaza(
  t: Test,
  browser: Pick<Browser, 'newContext'>,
  options: ServerOptions,
  device: BrowserContextOptions = {},
) {
  const server = await createServer({
    host: '127.0.0.1',
    plaza: { company: 0 },
    ...options,
    port: 0,
  })
  const gate = await openGate(server.port)
  const context = await browser.newContext(device)
  const contexts = [context]
  const complaints: string[] = []
  t.teardown(async () => {
    for (const one of contexts) await one.close()
    await gate.close()
    await server.close()
  })
  return {
    gate,
    url: `ws://127.0.0.1:${server.port}`,
    /** A tab of the same browser; `before` runs in the page, ahead of its own scripts. */
    open: (query?: string, before?: () => void): Promise<Tab> => openIn(context, query, before),
    /** A tab of another browser, whose visitor is another guest. */
    async stranger(query?: string): Promise<Tab> {
      const other = await browser.newContext(device)
      contexts.push(other)
      return openIn(other, query)
    },
    async settle() {
      t.strictSame(complaints, [], 'no complaint in any console')
    },
  }

  async function openIn(where: BrowserContext, query = '', before?: () => void): Promise<Tab> {
    const page = await where.newPage()
    if (before) await page.addInitScript(before)
    listen(page, complaints)
    const sent = recordSent(page)
    await page.goto(`http://127.0.0.1:${gate.port}/${query}`)
    return { ...tab(page), sent }
  }
}

/** What a visitor does and sees in one tab. */
export function tab(page: Page) {
  const entry = (name: string) =>
    page.locator('#people li').filter({ has: page.getByText(name, { exact: true }) })
  const line = (what: string) => page.locator('#log p').filter({ hasText: exactly(what) })
  const button = (name: string) => page.getByRole('button', { name, exact: true })
  return {
    page,
    async enter(name: string) {
      await page.getByLabel('Name').fill(name)
      await button('Enter').click()
      await page.locator('#plaza').waitFor()
    },
    wave: () => button('Wave').click(),
    cut: () => button('Cut the cable').click(),
    reconnect: () => button('Reconnect').click(),
    async say(what: string) {
      await page.getByLabel('Say something').fill(what)
      await button('Say').click()
    },
    /** Holds a key until a member’s x is at least that. */
    async walk(name: string, key: string, x: number) {
      await page.keyboard.down(key)
      await entry(name).evaluate(passing, x)
      await page.keyboard.up(key)
    },
    /** Clicks at a place of the plaza. */
    async click(x: number, y: number) {
      const canvas = page.locator('#canvas')
      const box = await canvas.boundingBox()
      if (!box) throw new Error('#canvas: expected to be visible')
      await canvas.click({
        position: { x: (x / 1600) * box.width, y: (y / 900) * box.height },
      })
    },
    /** Where a member is once it stands still. */
    rests: (name: string): Promise<Point> => entry(name).evaluate(resting),
    sees: (name: string, { x, y }: Point) =>
      entry(name)
        .and(page.locator(`[data-x="${x}"][data-y="${y}"]`))
        .waitFor(),
    /** Waits for the mark beside a member’s name. */
    marks: (name: string, mark: string) =>
      entry(name)
        .locator('.note')
        .filter({ hasText: exactly(mark) })
        .waitFor({ state: 'attached' }),
    remembers: (what: string) => page.evaluate(stored, `estragon.${what}`),
    remember: (what: string, value: string) => page.evaluate(store, [`estragon.${what}`, value]),
    /** What this tab alone keeps. */
    keeps: (what: string) => page.evaluate(keptByTab, `estragon.${what}`),
    is: (state: string) => page.locator(`#status[data-state="${state}"]`).waitFor(),
    /** Opens the menu of a member, and chooses from it. */
    async choose(name: string, what: string) {
      await entry(name).getByRole('button').click()
      await page.getByRole('menuitem', { name: what, exact: true }).click()
    },
    /** Waits for what is said of a member’s role. */
    badges: (name: string, badge: string) =>
      entry(name)
        .locator('.badge')
        .filter({ hasText: exactly(badge) })
        .waitFor({ state: 'attached' }),
    /** Opens the list of rooms. */
    rooms: () => button('Rooms').click(),
    /** The entry of a room in that list. */
    listed: (title: string, says: string) =>
      page.locator('#listed li').filter({ hasText: title }).filter({ hasText: says }),
    /** The code of the room it is in. */
    code: () => page.locator('#room-code').innerText(),
    async make(title: string, isListed = true) {
      await page.getByLabel('New room').fill(title)
      if (!isListed) await page.getByLabel('Only by code or link').check()
      await button('Make').click()
      await page.locator('#room-title', { hasText: exactly(title) }).waitFor()
    },
    async join(code: string) {
      await page.getByLabel('Join by a code').fill(code)
      await button('Go').click()
    },
    hears: (what: string) => line(what).first().waitFor(),
    /** The first line of the log like that. */
    text: (what: RegExp) => page.locator('#log p').filter({ hasText: what }).first().innerText(),
    heard: (what: string) => page.locator('#log p').filter({ hasText: what }).count(),
    /** Waits until these and no others are here. */
    lists: (...names: string[]) => page.locator('#people').evaluate(naming, names.join()),
    async violations(): Promise<string[]> {
      await page.evaluate(AXE)
      return page.evaluate(seriousViolations)
    },
    fits: () => page.evaluate(isWithinScreen),
    /** How many lines the header needs, of its buttons’ height. */
    headerLines: () => page.locator('header').evaluate(linesOf),
  }
}

/** Another tab that begins with all that this one keeps, as a browser duplicates one. */
export async function duplicate({ page }: { readonly page: Page }) {
  const [twin] = await Promise.all([
    page.waitForEvent('popup'),
    page.evaluate(() => void open(location.href)),
  ])
  return tab(twin)
}

/** What runs in the page may use. */
declare const requestAnimationFrame: (callback: () => void) => void
declare const document: {
  readonly documentElement: { readonly scrollWidth: number; readonly clientWidth: number }
}
declare const localStorage: {
  getItem(name: string): string | null
  setItem(name: string, value: string): void
}
interface Named {
  readonly textContent: string
}
declare const axe: {
  run(): Promise<{
    violations: { id: string; impact: string; nodes: { failureSummary: string }[] }[]
  }>
}

/** Resolves when a list entry has said the same place for a while. */
const resting = (item: { dataset: Record<string, string> }) =>
  new Promise<Point>((resolve) => {
    /** Longer than what was walked last is on its way to the server and back. */
    const STILL_MS = 600
    let since = performance.now()
    let last = ''
    const look = () => {
      const { x, y } = item.dataset
      const here = `${x} ${y}`
      if (x === undefined || here !== last) since = performance.now()
      last = here
      if (performance.now() - since < STILL_MS) requestAnimationFrame(look)
      else resolve({ x: Number(x), y: Number(y) })
    }
    look()
  })

/** Resolves when a list entry has said an x of at least that. */
const passing = (item: { dataset: Record<string, string> }, x: number) =>
  new Promise<void>((resolve) => {
    const look = () => (Number(item.dataset.x) >= x ? resolve() : requestAnimationFrame(look))
    look()
  })

/** Resolves when a list names exactly these. */
const naming = (list: { querySelectorAll(path: string): Iterable<Named> }, names: string) =>
  new Promise<void>((resolve) => {
    const look = () => {
      const listed = Array.from(list.querySelectorAll('.name'), ({ textContent }) => textContent)
      if (listed.join() === names) resolve()
      else requestAnimationFrame(look)
    }
    look()
  })

declare const sessionStorage: typeof localStorage
declare const location: { readonly href: string }
declare function open(url: string): unknown
const keptByTab = (name: string) => sessionStorage.getItem(name) ?? ''
const stored = (name: string) => localStorage.getItem(name) ?? ''
const store = ([name = '', value = '']: string[]) => localStorage.setItem(name, value)

/** A line is as high as a button at most; the header’s padding is as much as half of that. */
const linesOf = ({ clientHeight }: { readonly clientHeight: number }) =>
  Math.ceil((clientHeight - 24) / 44)

const isWithinScreen = () =>
  document.documentElement.scrollWidth <= document.documentElement.clientWidth

/** What axe-core finds that shuts somebody out. */
const seriousViolations = async () => {
  const { violations } = await axe.run()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.failureSummary).join('; ')}`)
}

function recordSent(page: Page): readonly string[] {
  const sent: string[] = []
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => sent.push(`${payload}`)))
  return sent
}

export function listen(page: Page, complaints: string[]): void {
  page.on('console', (message) => {
    if (['error', 'warning', 'assert'].includes(message.type()))
      complaints.push(`console ${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`))
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText
    // Who leaves a page gives up its icon.
    if (why === 'net::ERR_ABORTED' && request.url().endsWith('/favicon.svg')) return
    complaints.push(`request failed: ${request.url()} ${why}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`)
  })
}

const exactly = (what: string) =>
  new RegExp(`^\\s*${what.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`)
