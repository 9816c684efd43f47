import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { connect } from '../web-client/client.ts'
import { type Demo, demoOf, isAt, listed, please, times } from './support/demo.ts'
import { listening } from './support/estragon.ts'
import { stand } from './support/ground.ts'
import { readPng } from './support/png.ts'
import { openPhone } from './support/pocket.ts'
import { DRAWING, type Game, openBrowser, startGame, type Tabs } from './support/web-browser.ts'
import { exportForWeb, needWeb } from './support/web-export.ts'
import { NodeSocket } from './support/world.ts'

const PICTURES = fileURLToPath(new URL('../.pictures/', import.meta.url))
const SCREENS = {
  desktop: { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1 },
  phone: {
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    hasTouch: true,
    isMobile: true,
  },
} as const
const PAVING = { light: '#ece8dd', dark: '#262b24' } as const
type Picture = readonly [screen: keyof typeof SCREENS, look: keyof typeof PAVING]
/** What `npm test` looks at, and what `npm run pictures` does. */
const SOME: readonly Picture[] = [
  ['desktop', 'light'],
  ['phone', 'dark'],
]
const ALL: readonly Picture[] = [...SOME, ['desktop', 'dark'], ['phone', 'light']]
const ADA = { name: 'Ada', colour: '#4f8cff', at: [1000, 250] } as const
const GUESTS = [
  { name: 'Bob', colour: '#edae49', at: [450, 480] },
  { name: 'Bea', colour: '#d1495b', at: [800, 600] },
] as const
const ANSWER = 'Yes, let’s go. (They do not move.)'
/** How many pixels are of a figure’s colour. */
const LEAST = 80
/** Drawn by software, more frames take the processor from the rest. */
const FRAMES_PER_SECOND = 20
/** More than waits for a hidden tab (link.gd), in parts that a server passes on as they are. */
const FLOOD = 17_000
const PART = 500
const SAID = Array.from({ length: 100 }, (_, number) => `line ${number}`)
/** What the engine says of what it drops. */
const FULL = 'Too many packets in queue'
const LAST = `Prompter ${SAID.at(-1)}`

t.test('the demo, exported for the web', async (t) => {
  const tools = needWeb(t)
  if (tools === undefined) return
  const page = await exportForWeb(t, tools)

  await t.test('two tabs are two guests, and one that was hidden misses nothing', async (t) => {
    const config = join(t.testdir({ 'estragon.json': '{"rates": false}' }), 'estragon.json')
    const { url, prompter, room } = await serve(t, ['--page', page, '--config', config])
    const tabs = await (await openPhone(t, tools.chromium, DRAWING)).newContext()
    const ada = await visit(t, tabs, url, { name: 'Ada' })
    const bob = await visit(t, tabs, url, { name: 'Bob' })
    t.equal(await ada.game.page.evaluate(hidden), true)

    for (let sent = 0; sent < FLOOD; sent += PART) {
      for (let part = 0; part < PART; part++)
        prompter.events.emitLatest('plaza.at', [sent], { key: `${part}` })
      await prompter.request('room.list', { limit: 1 })
    }
    await Promise.all(SAID.map((text) => prompter.events.emit('plaza.chat', [text])))
    await bob.demo.shows((view) => times(view, LAST) === 1, 'the last word')
    await ada.game.page.bringToFront()
    const view = await ada.demo.shows((view) => times(view, LAST) > 0, 'the last word, too')

    const log = view.log ?? []
    t.equal(listed(view), 'Prompter,Ada,Bob')
    const players = [...room.members.values()].map(({ player }) => player)
    t.equal(new Set(players).size, 3, 'three players')
    t.strictSame(log.map((line) => /line \d+/.exec(line)?.[0]).filter(Boolean), SAID)
    t.ok(log.some((line) => line.includes('more came than fits')))
    t.notOk(log.some((line) => line.includes('was lost')))
    const complaints = [ada, bob].flatMap(({ demo }) => demo.complaints())
    t.strictSame(
      complaints.filter((line) => !line.includes(FULL)),
      [],
    )
  })

  await t.test('an isolated page is fit to be seen and used', async (t) => {
    mkdirSync(PICTURES, { recursive: true })
    const { url, prompter } = await serve(t, ['--page', page, '--isolation'])
    const browser = await openBrowser(t, tools.chromium)
    for (const { name, colour, at } of GUESTS) {
      const network = await connect(url.replace('http', 'ws'), { WebSocket: NodeSocket })
      t.teardown(network.close)
      await network.rooms.joinOrCreate('plaza', { name, data: { colour } })
      await stand(network, at[0], at[1])
    }

    for (const [screen, look] of process.env.PICTURES ? ALL : SOME)
      await t.test(`${look}, on a ${screen}`, async (t) => {
        const { viewport, deviceScaleFactor } = SCREENS[screen]
        const path = `${PICTURES}web-${screen}-${look}.png`
        const context = await browser.newContext({ ...SCREENS[screen], colorScheme: look })
        const { demo, game } = await visit(t, context, url, ADA)
        await please(prompter, 'Ada', 'walk', ADA.at)
        await demo.shows((view) => isAt(view, 'Ada', ADA.at), 'to arrive')
        await please(prompter, 'Ada', 'say', 'Shall we go?')
        await prompter.events.emit('plaza.chat', [ANSWER])
        await demo.shows((view) => times(view, `Prompter ${ANSWER}`) > 0, 'the answer')
        await game.page.screenshot({ path })
        t.equal(await game.page.evaluate(isolated), true)
        await please(prompter, 'Ada', 'quit')
        t.match(await demo.program.ended, { code: 0, signal: null })
        await context.close()

        const { width, height, count } = readPng(path)
        t.strictSame(demo.complaints(), [])
        t.equal(width, viewport.width * deviceScaleFactor, 'the whole window')
        t.equal(height, viewport.height * deviceScaleFactor)
        t.ok(count(PAVING[look]) > (width * width) / 8, `${count(PAVING[look])} pixels are paved`)
        for (const { name, colour } of [ADA, ...GUESTS])
          t.ok(count(colour) > LEAST, `${name} in ${colour}: ${count(colour)} pixels`)
      })
  })
})

/** The server from the command line, with somebody in its plaza who tells the demos what to do. */
async function serve(t: Test, words: readonly string[]) {
  const { port } = await listening(t, ['--port', '0', '--host', '127.0.0.1', ...words])
  const prompter = await connect(`ws://127.0.0.1:${port}`, { WebSocket: NodeSocket })
  t.teardown(prompter.close)
  const room = await prompter.rooms.joinOrCreate('plaza', { name: 'Prompter' })
  await stand(prompter, 300, 760)
  return { url: `http://127.0.0.1:${port}/`, prompter, room }
}

/** The demo in a tab of its own, seated in the plaza of the server that its page came from. */
async function visit(
  t: Test,
  tabs: Tabs,
  url: string,
  visiting: { readonly name: string; readonly colour?: string },
): Promise<{ readonly demo: Demo; readonly game: Game }> {
  const args = [`ESTRAGON_DEMO=${JSON.stringify(visiting)}`]
  const game = await startGame(t, tabs, { url, args, fps: FRAMES_PER_SECOND })
  const demo = demoOf(t, visiting.name, game)
  await demo.shows(({ people = [] }) => people.some((one) => one.endsWith(' you')), 'to be seated')
  return { demo, game }
}

declare const document: { readonly hidden: boolean }
declare const crossOriginIsolated: boolean
const hidden = () => document.hidden
const isolated = () => crossOriginIsolated
