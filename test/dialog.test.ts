import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core'
import t, { type Test } from 'tap'
import { connect, type Json } from '../web-client/client.ts'
import { needEngine } from './support/engines.ts'
import { failureOf, HOUSE } from './support/troupe.ts'
import { openPlaza } from './support/visitor.ts'
import { NodeSocket } from './support/world.ts'

const PICTURES = fileURLToPath(new URL('../.pictures/', import.meta.url))
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 }

/* A game’s page: no style of its own for dialogs but the colour of their border. */

const HTML = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>A game</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
<script type="module" src="page.js"></script>
<main><h1>A game</h1><label>Say <input id="say"></label></main>
</html>`

const CSS = `:root { color-scheme: light dark; font-family: system-ui, sans-serif }
.estragon-dialog { border-color: rgb(1 2 3) }`

const SCRIPT = `import { connect } from './client.ts'
const network = await connect('ws://' + location.host)
await network.players.identify({ name: 'Bob' })
const room = await network.rooms.join(new URL(location.href).searchParams.get('code'))
Object.assign(window, { network, room })
document.querySelector('#say').focus()
document.body.dataset.session = network.session`

const executablePath = needEngine(t, 'chromium')
if (executablePath !== undefined) {
  const built = t.testdir()
  let browser: Browser

  t.before(async () => {
    await buildGame(built)
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  })
  t.teardown(() => browser?.close())

  t.test('a dialog prompts the person, and the choice comes back', async (t) => {
    const { ask, page, dialog, settle } = await game(t)
    const question = { title: 'Trade?', text: 'A <b>boot</b>\nfor a carrot?' }

    const asked = ask('dialog', { ...question, choices: ['Yes', 'Not today', 'Never'] })
    await dialog.waitFor()
    const named = page.getByRole('dialog', { name: 'Trade?', description: /A <b>boot<\/b>/ })
    t.equal(await named.count(), 1, 'named by its title, described by its text')
    t.strictSame(await dialog.getByRole('button').allTextContents(), ['Yes', 'Not today', 'Never'])
    t.match(await dialog.innerText(), /^Ada\n/, 'it says who asks')
    await dialog.getByRole('button', { name: 'Not today' }).click()

    t.equal(await asked, 'Not today')
    t.equal(await dialog.count(), 0)
    const unnamed = ask('dialog', { text: 'Is he coming?' })
    await page.getByRole('dialog', { name: 'Ada' }).getByRole('button', { name: 'OK' }).click()
    t.equal(await unnamed, 'OK')
    await settle()
  })

  t.test('a confirm asks yes or no', async (t) => {
    const { ask, dialog, settle } = await game(t)
    const answers: Json[] = []

    for (const name of ['Yes', 'No']) {
      const asked = ask('confirm', { text: 'Sure?' })
      await dialog.getByRole('button', { name }).click()
      answers.push(await asked)
    }

    t.strictSame(answers, [true, false])
    await settle()
  })

  t.test('closing it is no choice, or no', async (t) => {
    const { ask, page, dialog, settle } = await game(t)
    const answers: Json[] = []

    for (const name of ['dialog', 'confirm']) {
      const asked = ask(name, { text: 'Sure?' })
      await dialog.waitFor()
      await page.keyboard.press('Escape')
      answers.push(await asked)
    }

    t.strictSame(answers, [null, false])
    await settle()
  })

  t.test('who is typing when it appears chooses nothing by it; the keyboard does', async (t) => {
    const { ask, page, dialog, settle } = await game(t)
    await page.keyboard.type('hello')
    const asked = ask('confirm', { text: 'Sure?' })
    await dialog.waitFor()

    await page.keyboard.press('Space')
    await page.keyboard.press('Enter')
    t.equal(await dialog.count(), 1, 'still open')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')

    t.equal(await asked, false)
    await page.keyboard.type(' again')
    t.equal(await page.getByLabel('Say').inputValue(), 'hello again', 'focus is back where it was')
    await settle()
  })

  t.test('several questions are asked one after the other', async (t) => {
    const { ask, page, dialog, settle } = await game(t)

    const asked = ['First?', 'Second?', 'Third?'].map((text) => ask('dialog', { text }))
    for (const text of ['First?', 'Second?', 'Third?']) {
      await dialog.getByText(text).waitFor()
      t.equal(await page.locator('dialog').count(), 1)
      await dialog.getByRole('button').click()
    }

    t.strictSame(await Promise.all(asked), ['OK', 'OK', 'OK'])
    await settle()
  })

  t.test('when its time is over it closes, and the next one opens', async (t) => {
    const { ask, page, dialog, settle } = await game(t)

    const first = failureOf(ask('dialog', { text: 'First?' }, 500))
    const second = failureOf(ask('dialog', { text: 'Second?' }, 500))
    const third = ask('dialog', { text: 'Third?' })
    await dialog.getByText('First?').waitFor()
    const outcomes = await Promise.all([first, second])
    await dialog.getByText('Third?').waitFor()
    t.equal(await page.locator('dialog').count(), 1)
    await dialog.getByRole('button').click()

    t.match(outcomes, [{ code: 'TIMEOUT' }, { code: 'TIMEOUT' }])
    t.equal(await third, 'OK')
    await settle()
  })

  t.test('when the room is left it closes', async (t) => {
    const { ask, page, dialog, settle } = await game(t)
    const asked = failureOf(ask('dialog', { text: 'First?' }))
    await dialog.waitFor()

    await page.evaluate('room.leave()')

    t.match(await asked, { code: 'TARGET_LEFT' })
    await dialog.waitFor({ state: 'detached' })
    await settle()
  })

  t.test('a dropped connection leaves it open, and the choice comes back', async (t) => {
    const { ask, page, dialog, settle } = await game(t)
    const asked = ask('dialog', { text: 'First?' })
    await dialog.waitFor()

    await page.evaluate('network.cut()')
    await dialog.getByRole('button').click()

    t.equal(await asked, 'OK')
    await settle()
  })

  t.test('a game that asks in its own way is left to it', async (t) => {
    const { ask, page, settle } = await game(t)
    await page.evaluate(`network.queries.register('dialog', ({ text }) => text.slice(0, 3))`)

    t.equal(await ask('dialog', { text: 'Yes?' }), 'Yes')

    t.equal(await page.locator('dialog').count(), 0)
    await settle()
  })

  for (const colorScheme of ['light', 'dark'] as const)
    t.test(`it is fit to be seen and used, ${colorScheme}, on a phone`, async (t) => {
      const { ask, dialog, tab, page, settle } = await game(t, { ...PHONE, colorScheme })
      const text = `Shall we exchange one of my boots for a carrot? ${'It pinches. '.repeat(4)}`
      const asked = ask('dialog', {
        title: 'Trade?',
        text,
        choices: ['Yes, gladly', 'Not today', 'Never, and do not ask again'],
      })
      await dialog.waitFor()

      await page.screenshot({ path: `${PICTURES}dialog-${colorScheme}.png` })
      t.strictSame(await tab.violations(), [])
      t.ok(await tab.fits(), 'nothing is wider than the screen')
      const border = await page.evaluate(
        "getComputedStyle(document.querySelector('dialog')).borderTopColor",
      )
      t.equal(border, 'rgb(1, 2, 3)', 'the page’s own style comes first')
      await dialog.getByRole('button', { name: 'Not today' }).click()
      t.equal(await asked, 'Not today')
      await settle()
    })

  /** The game’s page in a tab, as Bob, and Ada who asks there. */
  async function game(t: Test, device: BrowserContextOptions = {}) {
    const { open, url, settle } = await openPlaza(t, browser, { page: built, ...HOUSE }, device)
    const ada = await connect(url, { WebSocket: NodeSocket })
    t.teardown(ada.close)
    const { code } = await ada.rooms.create('stage', { name: 'Ada' })
    const tab = await open(`?code=${code}`)
    const { page } = tab
    const session = await page.locator('body[data-session]').getAttribute('data-session')
    const ask = (name: string, data: Json, timeout = 30_000) =>
      ada.queries.ask(`session:${session}`, name, data, { timeout })
    return { ask, tab, page, dialog: page.getByRole('dialog'), settle }
  }
}

async function buildGame(folder: string): Promise<void> {
  await build({
    stdin: {
      contents: SCRIPT,
      resolveDir: fileURLToPath(new URL('../web-client/', import.meta.url)),
    },
    outfile: join(folder, 'page.js'),
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    charset: 'utf8',
    logLevel: 'warning',
  })
  await writeFile(join(folder, 'index.html'), HTML)
  await writeFile(join(folder, 'page.css'), CSS)
}
