import { readFileSync } from 'node:fs'
import { join as pathOf } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import t, { type Test } from 'tap'
import type { ServerOptions } from '../server/server.ts'
import { buildPage } from '../web-client/build.ts'
import { connect } from '../web-client/client.ts'
import { needEngine } from './support/engines.ts'
import { stand } from './support/ground.ts'
import { duplicate, openPlaza, type Point } from './support/visitor.ts'
import { NodeSocket } from './support/world.ts'

const PICTURES = fileURLToPath(new URL('../.pictures/', import.meta.url))
const SCREENS = {
  phone: {
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    hasTouch: true,
    isMobile: true,
  },
  desktop: { viewport: { width: 1280, height: 800 } },
} as const satisfies Record<string, BrowserContextOptions>

/** What a visitor downloads to run, compressed: the client whole, of which the plaza needs some two thirds. */
const MOST_BYTES = 62_000

const executablePath = needEngine(t, 'chromium')
if (executablePath !== undefined) {
  const built = t.testdir()
  let browser: Browser

  t.before(async () => {
    await buildPage(built)
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  })
  t.teardown(() => browser?.close())
  const plaza = (t: Test, options?: ServerOptions, device?: BrowserContextOptions) =>
    openPlaza(t, browser, { built, ...options }, device)

  t.test('the script is small enough for a bad network', async (t) => {
    const { length } = gzipSync(readFileSync(pathOf(built, 'page.js')))
    t.ok(length < MOST_BYTES, `${length} bytes, compressed, of ${MOST_BYTES}`)
  })

  t.test('a new visitor plays after one click, by a name that is proposed', async (t) => {
    const { open, settle } = await plaza(t)
    const tab = await open()
    const proposed = await tab.page.getByLabel('Name').inputValue()

    await tab.page.getByRole('button', { name: 'Enter', exact: true }).click()

    await tab.is('open')
    await tab.lists(proposed)
    t.match(proposed, /^\w+$/)
    await settle()
  })

  t.test('two tabs see each other enter, walk, wave, chat and leave', async (t) => {
    const { open, settle } = await plaza(t, { limits: { resume_ms: 1_000 } })
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
    await ada.page.locator('#figure', { hasText: /^(< 1|\d+) ms$/ }).waitFor()

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
    await ada.lists('Ada') // in the seat of before
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
    await keyboard.press('Tab')
    t.ok(await ada.page.locator('#share').evaluate(hasFocus), 'on to the link')
    await keyboard.press('Shift+Tab')
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
    await ada.page.close()

    const again = await open()
    t.equal(await again.page.getByLabel('Name').inputValue(), 'Ada')
    await again.enter('Ada')
    t.equal(await again.remembers('guest_key'), key, 'the same guest')
    await again.remember('guest_key', 'of-nobody')
    await again.page.close()
    const other = await open()
    await other.enter('Ada')
    t.notMatch(await other.remembers('guest_key'), /^of-nobody$|^$/, 'a new guest')
    await settle()
  })

  t.test('a guest who sits down elsewhere is told so, and nobody is doubled', async (t) => {
    const { open, url, settle } = await plaza(t)
    const bob = await open('?name=Bob')
    const ada = await open('?name=Ada')
    await bob.lists('Bob', 'Ada')

    const phone = await connect(url.replace(/^http/, 'ws'), { WebSocket: NodeSocket })
    t.teardown(() => phone.close())
    await phone.players.identify({ guest_key: await ada.keeps('guest_key') })
    await phone.rooms.joinOrCreate('plaza')

    await ada.page.getByText(ELSEWHERE).waitFor()
    await bob.lists('Bob', 'Ada')
    await settle()
  })

  t.test('two tabs are two players, and each keeps its seat over a reload', async (t) => {
    const { open, settle } = await plaza(t)
    const ada = await open('?name=Ada')
    await ada.is('open')
    const bob = await open('?name=Bob')
    await bob.lists('Ada', 'Bob')
    const keys = [await ada.keeps('guest_key'), await bob.keeps('guest_key')]

    for (const tab of [ada, bob]) {
      await tab.page.reload()
      await tab.is('open')
      await tab.lists('Ada', 'Bob')
    }
    await ada.wave()
    await bob.hears('Ada waves')
    await bob.wave()
    await ada.hears('Bob waves')

    t.not(keys[0], keys[1], 'two guests')
    t.strictSame([await ada.keeps('guest_key'), await bob.keeps('guest_key')], keys)
    t.equal(await ada.heard('Bob has come in'), 0, 'nobody has left or come in')
    t.equal(await ada.heard('Bob has left'), 0)
    await settle()
  })

  t.test('a duplicated tab is somebody else, and takes nothing away', async (t) => {
    const { open, settle } = await plaza(t)
    const ada = await open('?name=Ada')
    await ada.is('open')

    const twin = await duplicate(ada)
    await twin.is('open')
    await twin.lists('Ada', 'Ada')
    await twin.say('hello from the twin')
    await ada.hears('Ada hello from the twin')

    t.not(await twin.keeps('guest_key'), await ada.keeps('guest_key'))
    await ada.is('open')
    await settle()
  })

  t.test('each tab of a Godot game has a number of its own, also after a reload', async (t) => {
    const { open, settle } = await plaza(t)
    const scripts = ['godot4', 'godot3'].map((project) => scriptOf(project, '_NUMBER'))
    const number = async ({ page }: { readonly page: Page }) => {
      for (;;) {
        const found = await page.evaluate(String(scripts[0]))
        if (found !== 0) return found
      }
    }
    const [first, second] = [await open(), await open()]
    const numbers = [await number(first), await number(second)]
    await second.page.reload()
    const reloaded = await number(second)
    const twin = await duplicate(second)
    const doubled = await number(twin)
    await first.page.close()
    const later = await number(await open())

    t.equal(scripts[0], scripts[1], 'one script for both')
    t.strictSame(numbers, [1, 2])
    t.equal(reloaded, 2)
    t.equal(doubled, 3, 'a duplicated tab is another one')
    t.equal(later, 1, 'a number that was given back')
    await settle()
  })

  t.test('a Godot game knows the server that its page came from', async (t) => {
    const page = await browser.newPage()
    await page.route('**/*', (route) => route.fulfill({ body: 'a game', contentType: 'text/html' }))
    const scripts = ['godot4', 'godot3'].map((project) => scriptOf(project, '_SERVER'))
    const serverOf = async (url: string) => {
      await page.goto(url)
      return page.evaluate(String(scripts[0]))
    }

    t.equal(scripts[0], scripts[1], 'one script for both')
    t.equal(await serverOf('http://127.0.0.1:1234/game/'), 'ws://127.0.0.1:1234')
    t.equal(await serverOf('https://game.example.org/?x=1#room=K7QF2M'), 'wss://game.example.org')
    t.equal(await serverOf('http://localhost:8060/tmp.html'), '', 'run by the editor')
    t.equal(await serverOf('data:text/html,a game'), '')
    await page.close()
  })

  for (const colorScheme of ['light', 'dark'] as const)
    for (const [screen, device] of Object.entries(SCREENS))
      t.test(`the page is fit to be seen and used, ${colorScheme}, on a ${screen}`, async (t) => {
        const { open, settle, url, gate } = await plaza(t, {}, { ...device, colorScheme })
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
        t.equal(await ada.headerLines(), 1, 'the header is one line')
        t.equal(await ada.page.locator('#hint').innerText(), HINTS[screen], 'how to walk here')
        await ada.cut()
        gate.shut()
        await ada.is('away')
        t.equal(await ada.headerLines(), 1, 'and stays it')
        await settle()
      })
}

/** Somebody in the plaza who needs no browser; once cut, stays away. */
async function join(t: Test, url: string, name: string, colour: string, [x, y]: [number, number]) {
  const network = await connect(url, { WebSocket: NodeSocket, backoff: () => 60_000 })
  t.teardown(network.close)
  await network.rooms.joinOrCreate('plaza', { name, data: { colour } })
  await stand(network, x, y)
  return network
}

const HINTS: Readonly<Record<string, string>> = {
  phone: 'Catch fireflies, hang them on the tree. Drag to walk, or tap.',
  desktop:
    'Catch fireflies, hang them on the tree. Walk with the arrow keys or WASD, or click. Enter to chat.',
}
const hasFocus = (element: { matches(path: string): boolean }) => element.matches(':focus')
const text = ({ x, y }: Point) => `${x}, ${y}`
const ELSEWHERE = 'You are in “The plaza” in another window now.'

/** What the add-on asks a browser for. */
function scriptOf(project: string, name: string): string {
  const file = new URL(`../godot-client/${project}/addons/estragon/tab.gd`, import.meta.url)
  const pattern = new RegExp(`${name} := """([^"]+)"""`)
  const [, script = ''] = pattern.exec(readFileSync(file, 'utf8')) ?? []
  return script
}
