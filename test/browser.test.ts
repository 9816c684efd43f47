import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { createServer, type ServerOptions } from '../server/server.ts'
import { buildPage } from '../web-client/build.ts'
import { connect } from '../web-client/client.ts'
import { needEngine } from './support/engines.ts'
import { openGate } from './support/gate.ts'
import { NodeSocket } from './support/world.ts'

const PICTURES = fileURLToPath(new URL('../.pictures/', import.meta.url))
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const SCREENS = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 800 } },
} as const satisfies Record<string, BrowserContextOptions>

const executablePath = needEngine(t, 'chromium')
if (executablePath !== undefined) {
  const built = t.testdir()
  let browser: Browser

  t.before(async () => {
    await buildPage(built)
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  })
  t.teardown(() => browser?.close())

  t.test('two tabs see each other enter, walk, wave, chat and leave', async (t) => {
    const { open, settle } = await plaza(t)
    const ada = await open()
    await ada.enter('Ada')
    const bob = await open('?name=Bob')
    await ada.hears('Bob has come in.')
    await ada.lists('Ada', 'Bob')
    await bob.lists('Ada', 'Bob')

    const before = await ada.rests('Ada')
    await ada.walk('Ada', 'ArrowRight', before.x + 100)
    const after = await ada.rests('Ada')
    t.equal(after.y, before.y)
    await bob.sees('Ada', after)

    await bob.click(400, 300)
    const there = await bob.rests('Bob')
    t.ok(Math.hypot(there.x - 400, there.y - 300) < 4, `clicked at 400, 300, at ${text(there)}`)
    await ada.sees('Bob', there)

    await ada.wave()
    await bob.hears('Ada waves')
    await ada.say('hello, <b>Bob</b> & all')
    await bob.hears('Ada hello, <b>Bob</b> & all')
    await bob.say('hello, Ada')
    await ada.hears('Bob hello, Ada')
    await ada.page.locator('#round-trip', { hasText: /^(< 1|\d+) ms$/ }).waitFor()

    await bob.page.goto('about:blank')
    await ada.hears('Bob has left.')
    await ada.lists('Ada')
    await settle()
  })

  t.test('a tab that is cut comes back, and nothing is lost or doubled', async (t) => {
    const { open, settle, gate } = await plaza(t)
    const ada = await open('?name=Ada')
    const bob = await open('?name=Bob')
    await ada.hears('Bob has come in.')

    gate.shut() // what Ada opens from now on waits
    await ada.cut()
    await ada.is('away')
    await bob.marks('Ada', 'away')
    await bob.say('while you were out')
    await ada.say('while I was out')
    await ada.page.locator('#log [data-pending]').waitFor()
    await bob.page.locator('#log [data-pending]').waitFor({ state: 'detached' })
    t.strictSame(await ada.heard('while you were out'), 0)

    gate.open()
    await ada.is('open')
    await bob.marks('Ada', '')
    await ada.hears('Bob while you were out')
    await bob.hears('Ada while I was out')
    await bob.say('last')
    await ada.hears('Bob last')
    await ada.say('last')
    await bob.hears('Ada last')
    t.equal(await ada.heard('while you were out'), 1)
    t.equal(await bob.heard('while I was out'), 1)
    await bob.hears('Ada is back.')
    t.equal(await bob.heard('has come in.'), 0, 'the same seat')
    await settle()
  })

  t.test('a tab whose session is lost takes a new seat where it stood, and says so', async (t) => {
    const { open, settle } = await plaza(t, { limits: { resume_ms: 100 } })
    const ada = await open('?name=Ada')
    const bob = await open('?name=Bob')
    await ada.hears('Bob has come in.')
    await ada.click(800, 100)
    const stood = await ada.rests('Ada')

    await ada.cut()

    await bob.hears('Ada has left.')
    await bob.hears('Ada has come in.')
    await ada.hears('The session was lost (EXPIRED).')
    await ada.is('open')
    await bob.sees('Ada', stood)
    await ada.say('here again')
    await bob.hears('Ada here again')
    await settle()
  })

  t.test('a tab that is refused says why, and reconnects by a button', async (t) => {
    const { open, settle, url } = await plaza(t, { limits: { connections: 1 } })
    const ada = await open('?name=Ada')
    await ada.is('open')
    const late = await open('?name=Late')
    await late.page.getByRole('alert').filter({ hasText: 'too many connections' }).waitFor()

    await ada.cut()
    await ada.is('away')
    const other = await connect(url, { WebSocket: NodeSocket })
    await ada.is('closed')
    t.match(await ada.page.locator('#status').textContent(), /^closed: too many .* 4105$/)
    other.close()
    await ada.reconnect()
    await ada.is('open')
    await ada.lists('Ada', 'Ada') // the seat that was closed is still kept a while
    await settle()
  })

  t.test('everything can be done from the keyboard', async (t) => {
    const { open, settle } = await plaza(t)
    const ada = await open()
    const { keyboard } = ada.page

    await keyboard.press('Tab')
    await keyboard.type('Ada')
    await keyboard.press('Enter')
    await ada.is('open')
    const before = await ada.rests('Ada')
    await ada.walk('Ada', 'KeyD', before.x + 50)
    await keyboard.press('Enter')
    await keyboard.type('was d') // says, and does not walk
    await keyboard.press('Enter')
    await ada.hears('Ada was d')
    await keyboard.press('Escape')
    const after = await ada.rests('Ada')
    await ada.walk('Ada', 'ArrowRight', after.x + 50)
    await keyboard.press('Tab')
    await keyboard.press('Enter')
    await ada.hears('Ada waves')
    await keyboard.press('Tab')
    await keyboard.press('Enter')
    await ada.is('away')
    await ada.is('open')
    t.equal((await ada.rests('Ada')).y, before.y)
    await settle()
  })

  t.test('a browser is remembered, and a forgotten guest is a new one', async (t) => {
    const { open, settle } = await plaza(t)
    const ada = await open('?name=Ada')
    await ada.is('open')
    const key = await ada.remembers('guest_key')

    const again = await open()
    t.equal(await again.page.getByLabel('Name').inputValue(), 'Ada')
    await again.enter('Ada')
    t.equal(await again.remembers('guest_key'), key, 'the same guest')
    await again.remember('guest_key', 'of-nobody')
    await again.page.reload()
    await again.enter('Ada')
    t.notMatch(await again.remembers('guest_key'), /^of-nobody$|^$/, 'a new guest')
    await settle()
  })

  for (const colorScheme of ['light', 'dark'] as const)
    for (const [screen, device] of Object.entries(SCREENS))
      t.test(`the page is fit to be seen and used, ${colorScheme}, on a ${screen}`, async (t) => {
        const { open, settle, url } = await plaza(t, {}, { ...device, colorScheme })
        const ada = await open()
        const picture = (name: string) =>
          ada.page.screenshot({ path: `${PICTURES}${name}-${screen}-${colorScheme}.png` })
        await ada.page.getByLabel('Name').fill('Ada')
        await picture('enter')
        t.strictSame(await ada.violations(), [])

        await ada.enter('Ada')
        const bob = await join(t, url, 'Bob', '#edae49', [450, 480])
        await join(t, url, 'Cy', '#00798c', [1250, 720]).then((cy) => cy.cut())
        await ada.marks('Cy', 'away')
        await ada.click(1100, 280)
        await ada.rests('Ada')
        await ada.say('Shall we go?')
        await bob.events.emit('plaza.chat', ['Yes, let’s go. (They do not move.)'])
        await bob.events.emit('plaza.wave')
        await ada.hears('Bob waves')
        await ada.page.locator('#round-trip').waitFor()
        await picture('plaza')
        t.strictSame(await ada.violations(), [])
        t.ok(await ada.fits(), 'nothing is wider than the screen')
        await settle()
      })

  /** A server with the page, and browser tabs on it; `settle` says that none had a complaint. */
  async function plaza(t: Test, options: ServerOptions = {}, device: BrowserContextOptions = {}) {
    const server = await createServer({ host: '127.0.0.1', page: built, ...options, port: 0 })
    const gate = await openGate(server.port)
    const context = await browser.newContext(device)
    const complaints: string[] = []
    t.teardown(async () => {
      await context.close()
      await gate.close()
      await server.close()
    })
    return {
      gate,
      url: `ws://127.0.0.1:${server.port}`,
      async open(query = ''): Promise<Tab> {
        const page = await context.newPage()
        listen(page, complaints)
        await page.goto(`http://127.0.0.1:${gate.port}/${query}`)
        return tab(page)
      },
      async settle() {
        t.strictSame(complaints, [], 'no complaint in any console')
      },
    }
  }
}

interface Point {
  readonly x: number
  readonly y: number
}

type Tab = ReturnType<typeof tab>

/** What a visitor does and sees in one tab. */
function tab(page: Page) {
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
    is: (state: string) => page.locator(`#status[data-state="${state}"]`).waitFor(),
    hears: (what: string) => line(what).first().waitFor(),
    heard: (what: string) => page.locator('#log p').filter({ hasText: what }).count(),
    /** Waits until these and no others are here. */
    lists: (...names: string[]) => page.locator('#people').evaluate(naming, names.join()),
    async violations(): Promise<string[]> {
      await page.evaluate(AXE)
      return page.evaluate(seriousViolations)
    },
    fits: () => page.evaluate(isWithinScreen),
  }
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

/** Resolves when a list entry has said the same place in ten frames. */
const resting = (item: { dataset: Record<string, string> }) =>
  new Promise<Point>((resolve) => {
    let same = 0
    let last = ''
    const look = () => {
      const { x, y } = item.dataset
      const here = `${x} ${y}`
      same = x !== undefined && here === last ? same + 1 : 0
      last = here
      if (same < 10) requestAnimationFrame(look)
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

const stored = (name: string) => localStorage.getItem(name) ?? ''
const store = ([name = '', value = '']: string[]) => localStorage.setItem(name, value)

const isWithinScreen = () =>
  document.documentElement.scrollWidth <= document.documentElement.clientWidth

/** What axe-core finds that shuts somebody out. */
const seriousViolations = async () => {
  const { violations } = await axe.run()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.failureSummary).join('; ')}`)
}

function listen(page: Page, complaints: string[]): void {
  page.on('console', (message) => {
    if (['error', 'warning', 'assert'].includes(message.type()))
      complaints.push(`console ${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`))
  page.on('requestfailed', (request) =>
    complaints.push(`request failed: ${request.url()} ${request.failure()?.errorText}`),
  )
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`)
  })
}

/** Somebody in the plaza who needs no browser; once cut, stays away. */
async function join(t: Test, url: string, name: string, colour: string, [x, y]: [number, number]) {
  const network = await connect(url, { WebSocket: NodeSocket, backoff: () => 60_000 })
  t.teardown(network.close)
  await network.rooms.joinOrCreate('plaza', { name, data: { colour } })
  network.plaza.move(x, y)
  return network
}

const exactly = (what: string) =>
  new RegExp(`^\\s*${what.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`)
const text = ({ x, y }: Point) => `${x}, ${y}`
