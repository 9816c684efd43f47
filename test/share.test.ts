import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { createServer } from '../server/server.ts'
import { buildPage } from '../web-client/build.ts'
import { needEngine } from './support/engines.ts'
import { openPlaza, type Tab } from './support/visitor.ts'

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

const executablePath = needEngine(t, 'chromium')
if (executablePath !== undefined) {
  const built = t.testdir()
  let browser: Browser

  t.before(async () => {
    await buildPage(built)
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  })
  t.teardown(() => browser?.close())
  const plaza = (t: Test, device?: BrowserContextOptions) =>
    openPlaza(t, browser, { built }, device)

  t.test('a copied link leads a friend into the same room', async (t) => {
    const { open, settle } = await plaza(t, { permissions: ['clipboard-read', 'clipboard-write'] })
    const ada = await open('?name=Ada')
    await ada.page.getByRole('button', { name: 'Copy link' }).click()
    await ada.page.getByRole('status').filter({ hasText: 'Link copied' }).waitFor()
    const link = await ada.page.evaluate(readClipboard)
    t.match(link, /^http:\/\/127\.0\.0\.1:\d+\/#room=[A-Z2-9]{6}$/)
    const code = link.slice(-6)

    const bob = await open(`#room=${code}`)
    await bob.page.getByText(`You are invited to the room ${code}.`).waitFor()
    await bob.enter('Bob')

    await bob.hears(`You are in the plaza ${code}.`)
    await ada.lists('Ada', 'Bob')
    await bob.lists('Ada', 'Bob')
    t.match(joins(bob.sent), [{ type: 'room.join', data: { code } }], 'by its code')
    await settle()
  })

  t.test('a link copied on the server’s own machine leads others to its network', async (t) => {
    const server = await createServer({ host: '0.0.0.0', port: 0, built })
    t.teardown(server.close)
    const [network] = server.addresses.network
    if (network === undefined) return void t.pass('there is no network here', { skip: true })
    const permissions = ['clipboard-read', 'clipboard-write']
    const context = await browser.newContext({ permissions })
    t.teardown(() => context.close())
    const page = await context.newPage()
    await page.goto(`http://localhost:${server.port}/?name=Ada`)
    await page.getByRole('button', { name: 'Copy link' }).click()
    await page.getByRole('status').filter({ hasText: 'Link copied' }).waitFor()

    const link = await page.evaluate(readClipboard)

    t.match(link, new RegExp(`^${network}/#room=[A-Z2-9]{6}$`))
    t.notMatch(page.url(), network, 'where one is oneself stays as it is')
  })

  t.test('a link to a room that is gone says so, and offers the plaza', async (t) => {
    const { open, settle } = await plaza(t)
    const ada = await open('?name=Ada#room=gggggg')
    const sorry = 'There is no such room, or nobody has been in it for a while.'
    await ada.page.getByRole('alert').filter({ hasText: sorry }).waitFor()
    t.notOk(await ada.page.locator('#plaza').isVisible(), 'nobody is led elsewhere unasked')

    await ada.page.getByRole('button', { name: 'Enter the plaza instead' }).press('Enter')

    await ada.is('open')
    await ada.lists('Ada')
    t.notMatch(ada.page.url(), /#room/)
    await settle()
  })

  t.test('a link that may not be copied is shown, selected, to be copied by hand', async (t) => {
    const { open, settle } = await plaza(t)
    const ada = await open('?name=Ada')
    await ada.is('open')
    await forbid(ada.page, 'clipboard-write')

    await ada.page.locator('#share').press('Enter')

    const field = ada.page.getByRole('textbox', { name: 'Link to this room' })
    await field.waitFor()
    t.equal(await ada.page.evaluate(selection), await field.inputValue(), 'selected')
    t.match(await field.inputValue(), new RegExp(`/#room=${await roomOf(ada)}$`))
    t.strictSame(await ada.violations(), [])
    await ada.page.keyboard.press('Tab')
    await ada.page.keyboard.press('Enter')
    await field.waitFor({ state: 'hidden' })
    await settle()
  })

  t.test('a phone shares the link as it shares everything', async (t) => {
    const { open, settle } = await plaza(t, PHONE)
    const ada = await open('?name=Ada', pretendToShare)
    await ada.is('open')

    await ada.page.getByRole('button', { name: 'Share link' }).tap()

    const html = ada.page.locator('html[data-shared]')
    const { url } = JSON.parse((await html.getAttribute('data-shared')) ?? '')
    t.match(url, new RegExp(`^http://.*/#room=${await roomOf(ada)}$`))
    await settle()
  })

  t.test('the graph grows with every round trip, and is broken while away', async (t) => {
    const { open, settle, gate } = await plaza(t)
    const ada = await open('?name=Ada')
    const graph = ada.page.getByRole('img', { name: /^Round trip, the last \d+: \d+ to \d+ ms$/ })
    const line = graph.locator('.line')
    await ada.page.getByRole('img', { name: 'Round trip, the last 2:' }).waitFor()
    t.match(await line.getAttribute('d'), /^M[^M]+$/, 'one line')

    gate.shut()
    await ada.cut()
    await ada.is('away')
    await ada.page.locator('#figure', { hasText: '–' }).waitFor()
    const { y } = (await ada.page.locator('main').boundingBox()) ?? {}
    await line.evaluate(changing)
    gate.open()
    await ada.is('open')
    await line.evaluate(broken)

    t.equal((await ada.page.locator('main').boundingBox())?.y, y, 'and moves nothing')
    await settle()
  })
}

/** The code of the room that a tab says it is in. */
async function roomOf(tab: Tab): Promise<string> {
  const [, code = ''] = (await tab.text(/^You are in the plaza/)).match(/(\w{6})\.$/) ?? []
  return code
}

async function forbid(page: Page, name: string): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const { targetInfo } = await session.send('Target.getTargetInfo')
  const { browserContextId } = targetInfo
  const permission = { permission: { name }, setting: 'denied' } as const
  await session.send('Browser.setPermission', {
    ...permission,
    ...(browserContextId && { browserContextId }),
  })
}

const joins = (sent: readonly string[]): unknown[] =>
  sent.map((text) => JSON.parse(text)).filter(({ type }) => type.startsWith('room.join'))

/** What runs in the page may use. */
declare const navigator: {
  readonly clipboard: { readText(): Promise<string> }
  share?: (data: unknown) => Promise<void>
}
declare const getSelection: () => { toString(): string }
declare const document: { readonly documentElement: { dataset: Record<string, string> } }
declare const requestAnimationFrame: (callback: () => void) => void
interface Path {
  getAttribute(name: string): string | null
}

const readClipboard = () => navigator.clipboard.readText()
const selection = () => getSelection().toString()

const pretendToShare = () => {
  navigator.share = async (data) => {
    document.documentElement.dataset.shared = JSON.stringify(data)
  }
}

/** Resolves when a line has changed. */
const changing = (line: Path) =>
  new Promise<void>((resolve) => {
    const before = line.getAttribute('d')
    const look = () => (line.getAttribute('d') === before ? requestAnimationFrame(look) : resolve())
    look()
  })

/** Resolves when a line has a gap. */
const broken = (line: Path) =>
  new Promise<void>((resolve) => {
    const look = () =>
      /M.*M/.test(line.getAttribute('d') ?? '') ? resolve() : requestAnimationFrame(look)
    look()
  })
