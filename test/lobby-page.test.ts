import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core'
import t, { type Test } from 'tap'
import type { ServerOptions } from '../server/server.ts'
import { buildPage } from '../web-client/build.ts'
import { connect } from '../web-client/client.ts'
import { needEngine } from './support/engines.ts'
import { openPlaza, type Tab } from './support/visitor.ts'
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

  t.test('a room of one’s own is found by its code, however typed, and by its link', async (t) => {
    const { open, settle, url } = await plaza(t)
    const ada = await open()
    await ada.page.getByLabel('Name').fill('Ada')
    await ada.make('Tea garden', false)
    const code = await ada.code()
    await ada.hears(`You are in “Tea garden” ${code}.`)
    await ada.page.getByText('unlisted').waitFor()

    const bob = await open()
    await bob.page.getByText('No room is listed just now.').waitFor()
    await bob.page.getByLabel('Name').fill('Bob')
    await bob.join('ab cd-ef')
    await bob.page.getByRole('alert').filter({ hasText: 'There is no such room' }).waitFor()
    await bob.join(` ${code.slice(0, 3)}-${code.slice(3)}`.toLowerCase())
    await ada.lists('Ada', 'Bob')
    const cy = await open(`#room=${code}`)
    await cy.enter('Cy')

    for (const tab of [ada, bob, cy]) await tab.lists('Ada', 'Bob', 'Cy')
    await cy.page.locator('#room-title', { hasText: 'Tea garden' }).waitFor()
    t.match(bob.page.url(), new RegExp(`#room=${code}$`), 'whose address leads back')
    const { network, room } = await join(t, url, 'Dan')
    t.not(room.code, code, 'and not by chance')
    t.strictSame((await network.rooms.list()).rooms.length, 1)
    await settle()
  })

  t.test('rooms are listed with how many they hold, and moving leaves the last', async (t) => {
    const { open, settle, url } = await plaza(t)
    const ada = await open('?name=Ada')
    await ada.is('open')
    const dan = await join(t, url, 'Dan')
    await dan.network.rooms.create('plaza', { name: 'Dan', properties: { title: 'Hill' } })
    await ada.rooms()
    await ada.listed('The plaza', '2 of 200').getByText('You are here').waitFor()

    await ada.listed('Hill', '1 of 200').getByRole('button').click()

    await ada.page.locator('#room-title', { hasText: 'Hill' }).waitFor()
    await ada.lists('Dan', 'Ada')
    t.equal(await ada.page.title(), 'Hill · Estragon')
    await ada.walk('Ada', 'ArrowRight', 1000)
    await ada.say('here now')
    await ada.page.locator('#log [data-pending]').waitFor({ state: 'detached' })
    t.equal(dan.room.members.size, 1, 'gone from the first')
    await ada.rooms()
    await ada.listed('The plaza', '1 of 200').getByRole('button', { name: 'Join' }).waitFor()
    await ada.listed('Hill', '2 of 200').waitFor()
    await ada.make('Cave')
    await ada.lists('Ada')
    await settle()
  })

  t.test('a host names and locks the room, and all see it', async (t) => {
    const { open, settle, url } = await plaza(t)
    const ada = await open('?name=Ada')
    await ada.is('open')
    const bob = await open('?name=Bob')
    await ada.badges('Ada', 'host')
    await bob.badges('Ada', 'host')
    t.notOk(await bob.page.locator('#change').isVisible(), 'who may change nothing has no button')

    await ada.page.getByRole('button', { name: 'Settings' }).click()
    await ada.page.getByLabel('Title').fill('Tower <b>')
    await ada.page.getByLabel('Locked').check()
    await ada.page.keyboard.press('Enter')

    await bob.hears('The room is now called “Tower <b>”.')
    await bob.hears('The room is locked: nobody new may come in.')
    await bob.page.locator('#room-note', { hasText: 'locked' }).waitFor()
    const late = await open(`#room=${await ada.code()}`)
    await late.listed('Tower <b>', 'Locked').waitFor()
    await late.page.getByLabel('Name').fill('Late')
    await late.page.getByRole('button', { name: 'Enter', exact: true }).click()
    await late.page.getByRole('alert').filter({ hasText: 'That room is locked' }).waitFor()
    await ada.page.getByRole('button', { name: 'Settings' }).click()
    await ada.page.getByLabel('Title').fill('')
    await ada.page.getByLabel('Locked').uncheck()
    await ada.page.getByRole('button', { name: 'Save' }).click()
    await bob.hears('The room is open again.')
    await late.listed('The plaza', 'Join').getByRole('button').click()
    await ada.lists('Ada', 'Bob', 'Late')
    t.strictSame((await join(t, url, 'Dan')).room.properties, {})
    await settle()
  })

  t.test('a cut cable costs no host; when the host leaves, an assistant follows', async (t) => {
    const { open, stranger, settle, gate } = await plaza(t)
    const ada = await open('?name=Ada')
    await ada.is('open')
    const bob = await stranger('?name=Bob')
    await ada.lists('Ada', 'Bob')
    const cy = await stranger('?name=Cy')
    await ada.lists('Ada', 'Bob', 'Cy')
    await ada.choose('Cy', 'Make assistant')
    for (const tab of [ada, bob, cy]) await tab.badges('Cy', 'assistant')
    await ada.choose('Bob', 'Make assistant')
    await ada.badges('Bob', 'assistant')
    await ada.choose('Bob', 'Make player')
    for (const tab of [ada, bob, cy]) await tab.hears('Bob is now a player.')

    await ada.cut()
    gate.shut()
    await bob.marks('Ada', 'away')
    gate.open()
    await ada.is('open')
    await bob.marks('Ada', '')
    for (const tab of [ada, bob, cy]) {
      await tab.badges('Ada', 'host')
      t.equal(await tab.heard('the host now'), 0, 'nobody else was')
    }

    await ada.rooms()
    await ada.make('Elsewhere')
    for (const tab of [bob, cy]) {
      await tab.hears('Cy is the host now.')
      await tab.badges('Cy', 'host')
      await tab.lists('Bob', 'Cy')
    }
    await settle()
  })

  t.test('who is kicked sees why and may come back; who is banned goes elsewhere', async (t) => {
    const { open, stranger, settle } = await plaza(t)
    const ada = await open('?name=Ada')
    await ada.is('open')
    const bob = await stranger('?name=Bob')
    await ada.lists('Ada', 'Bob')
    await bob.is('open')
    const code = await bob.code()
    await bob.rooms() // whatever is open

    await kick(ada, 'Bob', 'too loud')
    await bob.page.getByRole('alert').filter({ hasText: KICKED }).waitFor()
    await ada.hears('Bob was kicked.')
    await ada.lists('Ada')
    await bob.listed('The plaza', '1 of 200').getByRole('button', { name: 'Join' }).click()
    await ada.lists('Ada', 'Bob')
    t.equal(await bob.code(), code)

    await kick(ada, 'Bob', '', true)
    await bob.page.getByRole('alert').filter({ hasText: 'Ada banned you' }).waitFor()
    await bob.listed('The plaza', '1 of 200').getByRole('button', { name: 'Join' }).click()
    await bob.page.getByRole('alert').filter({ hasText: 'You were banned' }).waitFor()
    await bob.make('Elsewhere')
    await bob.lists('Bob')
    await ada.hears('Bob was banned.')
    await settle()
  })

  t.test('a question is a dialog where it is asked, and its answer a line of chat', async (t) => {
    const { open, stranger, settle, url } = await plaza(t)
    const ada = await open('?name=Ada')
    await ada.is('open')
    const bob = await stranger('?name=Bob')
    await ada.lists('Ada', 'Bob')
    const { network } = await join(t, url, 'Node')
    await ada.lists('Ada', 'Bob', 'Node')
    const dialog = bob.page.getByRole('dialog', { name: 'Ada' })

    await ask(ada, 'Bob', 'Shall <i>we</i> go?')
    await dialog.getByText('Shall <i>we</i> go?').waitFor()
    await dialog.getByRole('button', { name: 'Yes' }).click()
    await ada.hears('Bob answers: Yes')
    await ask(ada, 'Bob', 'Which?', ' Left,, Right ,Left')
    await dialog.waitFor()
    t.strictSame(await dialog.getByRole('button').allTextContents(), ['Left', 'Right'])
    await bob.page.keyboard.press('Escape')
    await ada.hears('Bob did not answer')
    await ask(ada, 'Node', 'Who?')
    await ada.hears('Node has nothing to answer with')
    network.queries.register('dialog', () => new Promise(() => {}))
    await ask(ada, 'Node', 'Who?')
    await ada.hears('You ask Node: Who?')
    network.close()
    await ada.hears('Node has left without an answer')
    await settle()
  })

  t.test('all of that can be done from the keyboard', async (t) => {
    const { open, stranger, settle } = await plaza(t)
    const ada = await open()
    const { keyboard } = ada.page
    await press(ada, 'Tab')
    await keyboard.type('Ada')
    await press(ada, 'Tab', 'Tab', 'Tab', 'Tab', 'Tab')
    await keyboard.type('Attic')
    await press(ada, 'Enter')
    await ada.page.locator('#room-title', { hasText: 'Attic' }).waitFor()
    const bob = await stranger(`?name=Bob#room=${await ada.code()}`)
    await ada.lists('Ada', 'Bob')

    const person = ada.page.locator('#people button')
    await person.focus()
    await press(ada, 'Enter', 'ArrowUp', 'Escape')
    t.ok(await person.evaluate(hasFocus), 'back where the menu was opened')
    await press(ada, 'Enter', 'ArrowDown', 'Enter')
    await ada.badges('Bob', 'assistant')
    await press(ada, 'Enter', 'Enter')
    await keyboard.type('Tea?')
    await press(ada, 'Enter')
    await bob.page.locator('.estragon-dialog').waitFor()
    await press(bob, 'Tab', 'Tab', 'Enter')
    await ada.hears('Bob answers: No')
    t.ok(await person.evaluate(hasFocus), 'back where it was asked')
    await settle()
  })

  for (const colorScheme of ['light', 'dark'] as const)
    for (const [screen, device] of Object.entries(SCREENS))
      t.test(
        `what is opened is fit to be seen and used, ${colorScheme}, on a ${screen}`,
        async (t) => {
          const { open, stranger, settle, url } = await plaza(t, {}, { ...device, colorScheme })
          const dan = await join(t, url, 'Dan')
          await dan.room.update({ properties: { title: 'A garden of several forking paths' } })
          await dan.room.lock()
          const ada = await open()
          await ada.listed('A garden', 'Locked').waitFor()
          await look(ada, 'outside')
          await ada.page.getByLabel('Name').fill('Ada')
          await ada.make('Waiting room')
          const bob = await stranger(`?name=Bob#room=${await ada.code()}`)
          await ada.lists('Ada', 'Bob')

          await ada.rooms()
          await ada.listed('Waiting room', 'You are here').waitFor()
          await look(ada, 'rooms')
          await press(ada, 'Escape')
          await ada.choose('Bob', 'Make assistant')
          await ada.badges('Bob', 'assistant')
          await ada.page.locator('#people button').click()
          await look(ada, 'menu')
          await press(ada, 'Escape')
          await ada.page.getByRole('button', { name: 'Settings' }).click()
          await look(ada, 'settings')
          await press(ada, 'Escape')
          await ada.choose('Bob', 'Ask…')
          await ada.page.getByLabel('Question').fill('Shall we go, or wait a little for Godot?')
          await ada.page.getByLabel('Choices').fill('Yes, Let’s wait, I cannot say')
          await look(ada, 'ask')
          await press(ada, 'Enter')
          await bob.page.locator('.estragon-dialog').waitFor()
          await look(bob, 'asked')
          await bob.page.getByRole('button', { name: 'Let’s wait' }).click()
          await ada.hears('Bob answers: Let’s wait')
          await look(ada, 'answered')
          await ada.choose('Bob', 'Kick…')
          await ada.page.getByLabel('Reason').fill('Nobody waits here.')
          await look(ada, 'kick')
          await press(ada, 'Enter')
          await bob.listed('Waiting room', 'Join').waitFor()
          await look(bob, 'kicked')
          await settle()

          async function look({ page, violations, fits }: Tab, name: string): Promise<void> {
            await page.screenshot({ path: `${PICTURES}${name}-${screen}-${colorScheme}.png` })
            t.strictSame(await violations(), [], `${name}: everybody can use it`)
            t.ok(await fits(), `${name}: nothing is wider than the screen`)
          }
        },
      )
}

const KICKED = 'Ada kicked you from “The plaza”: too loud'

/** Somebody in any plaza who needs no browser. */
async function join(t: Test, url: string, name: string) {
  const network = await connect(url, { WebSocket: NodeSocket })
  t.teardown(network.close)
  return { network, room: await network.rooms.joinOrCreate('plaza', { name }) }
}

async function kick(tab: Tab, name: string, reason: string, isBan = false): Promise<void> {
  await tab.choose(name, 'Kick…')
  await tab.page.getByLabel('Reason').fill(reason)
  if (isBan) await tab.page.getByLabel('Ban').check()
  await tab.page.getByRole('button', { name: 'Kick', exact: true }).click()
}

async function ask(tab: Tab, name: string, question: string, choices = 'Yes, No'): Promise<void> {
  await tab.choose(name, 'Ask…')
  await tab.page.getByLabel('Question').fill(question)
  await tab.page.getByLabel('Choices').fill(choices)
  await tab.page.getByRole('button', { name: 'Ask', exact: true }).click()
}

async function press({ page }: Tab, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key)
}

const hasFocus = (element: { matches(path: string): boolean }) => element.matches(':focus')
