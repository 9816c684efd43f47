import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium } from 'playwright-core'
import t, { type Test } from 'tap'
import { buildPage } from '../web-client/build.ts'
import { connect, type Network } from '../web-client/client.ts'
import { copyProject, type Demo, isAt, please, startDemo, times } from './support/demo.ts'
import { needEngine, startScreen } from './support/engines.ts'
import { stand } from './support/ground.ts'
import { readPng } from './support/png.ts'
import { openPlaza, type Tab } from './support/visitor.ts'
import { NodeSocket } from './support/world.ts'

const PICTURES = fileURLToPath(new URL('../.pictures/', import.meta.url))
const SCREENS = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
  readme: { width: 900, height: 515 },
} as const
/** Drawn by software, more frames take the processor from the rest; fewer make a round trip long. */
const FRAMES_PER_SECOND = { desktop: 20, phone: 20, readme: 60 } as const
const ADA = { name: 'Ada', colour: '#4f8cff', at: [1000, 250] } as const
const BEA = { name: 'Bea', colour: '#d1495b', at: [800, 600] } as const
const BOB = { name: 'Bob', colour: '#edae49', at: [450, 480] } as const
const CY = { name: 'Cy', colour: '#00798c', at: [1250, 720] } as const
const COLOURS = {
  light: { paving: '#ece8dd', ink: '#24291f', good: '#2c6e3f', accent: '#33613f' },
  dark: { paving: '#262b24', ink: '#ecefe6', good: '#86cf98', accent: '#8fc79d' },
} as const
/** How many pixels are of a figure’s colour, its coat, where its entry in the list is below the fold. */
const LEAST = { desktop: 150, phone: 50 } as const
/** The picture of the README, in bytes. */
const MOST_BYTES = 220_000
const AWAY_MS = 600_000
/** Most of a visit is waiting for who walks. */
const BESIDE = { buffered: true } as const

type Screen = keyof typeof SCREENS
type Look = keyof typeof COLOURS

const executablePath = needEngine(t, 'chromium')
const godot = needEngine(t, 'godot4')
const xvfb = needEngine(t, 'xvfb')
if (executablePath !== undefined && godot !== undefined && xvfb !== undefined) {
  t.jobs = 2
  const built = t.testdir({ page: {}, desktop: {}, phone: {}, readme: {} })
  let browser: Browser
  let display: string

  t.before(async () => {
    mkdirSync(PICTURES, { recursive: true })
    const project = copyProject(t, 'godot4', godot, join(built, 'desktop'))
    const [width, height] = (['width', 'height'] as const).map((side) =>
      Math.max(...Object.values(SCREENS).map((screen) => screen[side])),
    ) as [number, number]
    display = await startScreen(t, xvfb, { width, height })
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
    t.teardown(() => browser.close())
    await buildPage(join(built, 'page'))
    await project
    for (const name of ['phone', 'readme'])
      cpSync(join(built, 'desktop'), join(built, name), { recursive: true })
    for (const screen of Object.keys(SCREENS) as Screen[])
      writeFileSync(join(built, screen, 'override.cfg'), windowOf(screen))
  })

  for (const screen of ['desktop', 'phone'] as const)
    for (const look of ['light', 'dark'] as const)
      t.test(
        `the demo and the page draw the same plaza, ${look}, on a ${screen}`,
        BESIDE,
        async (t) => {
          const { url, enter, visit, settle } = await plaza(t, BEA.colour, screen, look)
          const bob = await enter(BOB)
          const cy = await enter(CY)
          cy.cut()
          const demo = play(t, url, ADA, screen, look)
          const tab = await visit(BEA.name)

          await demo.shows(({ people = [] }) => people.includes('Ada you'), 'to be seated')
          await please(bob, ADA.name, 'walk', ADA.at)
          await tab.click(...BEA.at)
          await demo.shows((view) => isAt(view, ADA.name, ADA.at), 'to arrive')
          const stands = await tab.rests(BEA.name)
          await demo.shows((view) => isAt(view, BEA.name, [stands.x, stands.y]), 'Bea to arrive')
          await tab.sees(ADA.name, { x: ADA.at[0], y: ADA.at[1] })
          await please(bob, ADA.name, 'say', 'Shall we go?')
          await tab.hears('Ada Shall we go?')
          await bob.events.emit('plaza.wave')
          await bob.events.emit('plaza.chat', ['Yes, let’s go. (They do not move.)'])
          await bothHear(demo, tab, 'Bob waves', 'Bob Yes, let’s go. (They do not move.)')
          const { page, godot4 } = await takeBoth(t, bob, demo, tab, `${screen}-${look}`)
          await settle()

          for (const [who, path] of Object.entries({ page, godot4 })) {
            const { width, height, count } = readPng(path)
            const { paving, ink, good, accent } = COLOURS[look]
            const ground = (width * width * 9) / 16
            t.match(SCREENS[screen], { width, height }, `${who}: the whole window`)
            for (const { name, colour } of [ADA, BEA, BOB])
              t.ok(
                count(colour) > LEAST[screen],
                `${who}: ${name} in ${colour}: ${count(colour)} pixels`,
              )
            t.ok(count(paving) > ground / 4, `${who}: the paving: ${count(paving)} pixels`)
            t.ok(count(ink) > 1_000, `${who}: what is written: ${count(ink)} pixels`)
            t.ok(count(good) > 50, `${who}: connected: ${count(good)} pixels`)
            t.ok(count(accent) > 500, `${who}: the button: ${count(accent)} pixels`)
          }
        },
      )

  t.test('the picture of the README: the page and the demo side by side', BESIDE, async (t) => {
    const { url, enter, visit, settle } = await plaza(t, '#4f8cff', 'readme', 'light')
    const pozzo = await enter({ name: 'Pozzo', colour: '#8a6fb0', at: [1180, 230] })
    const lucky = await enter({ name: 'Lucky', colour: '#5b8e7d', at: [1380, 420] })
    const boy = await enter({ name: 'The boy', colour: '#e07a5f', at: [430, 790] })
    const godot = await enter({ ...CY, name: 'Godot' })
    const demo = play(t, url, { name: 'Estragon', colour: '#edae49' }, 'readme', 'dark')
    const tab = await visit('Vladimir')
    godot.cut()

    await demo.shows(({ people = [] }) => people.includes('Estragon you'), 'to be seated')
    await please(pozzo, 'Estragon', 'walk', [760, 520])
    await tab.click(380, 300)
    await demo.shows((view) => isAt(view, 'Estragon', [760, 520]), 'to arrive')
    const stands = await tab.rests('Vladimir')
    await demo.shows((view) => isAt(view, 'Vladimir', [stands.x, stands.y]), 'Vladimir to arrive')
    await tab.sees('Estragon', { x: 760, y: 520 })
    await please(pozzo, 'Estragon', 'say', 'Let’s go.')
    await tab.hears('Estragon Let’s go.')
    await tab.say('We can’t. We’re waiting for Godot.')
    await lucky.events.emit('plaza.wave')
    await boy.events.emit('plaza.chat', ['Mr. Godot told me to tell you he will come tomorrow.'])
    await tab.wave()
    await tab.page.mouse.move(0, 0)
    const message = 'The boy Mr. Godot told me to tell you he will come tomorrow.'
    await bothHear(demo, tab, 'Lucky waves', 'Vladimir waves', message)
    const { both } = await takeBoth(t, pozzo, demo, tab, 'readme')
    await settle()

    const { width, count } = readPng(both)
    t.equal(width, 2 * SCREENS.readme.width + GAP)
    for (const look of ['light', 'dark'] as const)
      t.ok(count(COLOURS[look].paving) > 50_000, `${look}: ${count(COLOURS[look].paving)} pixels`)
    t.ok(statSync(both).size < MOST_BYTES, `${statSync(both).size} bytes`)
  })

  /** The demo on the screen. */
  function play(
    t: Test,
    url: string,
    { name, colour }: { readonly name: string; readonly colour: string },
    screen: Screen,
    look: Look,
  ): Demo {
    const project = join(built, screen)
    const visiting = { url, name, colour, dark: look === 'dark', touch: screen === 'phone' }
    return startDemo(t, 'godot4', godot ?? '', { project, display }, visiting)
  }

  /** Pictures of both; the demo quits, and has complained of nothing. */
  async function takeBoth(t: Test, prompter: Network, demo: Demo, tab: Tab, name: string) {
    const path = (who: string) => join(PICTURES, `${who}-${name}.png`)
    const pictures = { page: path('page'), godot4: path('godot4') }
    for (const picture of Object.values(pictures)) rmSync(picture, { force: true })
    await please(prompter, demo.name, 'picture', pictures.godot4)
    await tab.page.screenshot({ path: pictures.page })
    await demo.shows(({ picture }) => picture === pictures.godot4, 'the picture')
    await please(prompter, demo.name, 'quit')
    t.match(await demo.program.ended, { code: 0, signal: null })
    t.same(demo.complaints(), [])
    await compose(Object.values(pictures), path('both'))
    return { ...pictures, both: path('both') }
  }

  /** Lays pictures side by side in one. */
  async function compose(pictures: readonly string[], path: string): Promise<void> {
    const page = await browser.newPage()
    const images = pictures.map(
      (picture) => `<img src="data:image/png;base64,${readFileSync(picture, 'base64')}">`,
    )
    await page.setContent(
      `<style>body { margin: 0 } div { display: inline-flex; gap: ${GAP}px }</style>
      <div>${images.join('')}</div>`,
    )
    await page.locator('div').screenshot({ path, omitBackground: true })
    await page.close()
  }

  /** A plaza seen by the page in a window of that size, and a way in that needs no engine. */
  async function plaza(t: Test, colour: string, screen: Screen, colorScheme: Look) {
    const page = join(built, 'page')
    const server = await openPlaza(
      t,
      browser,
      { built: page },
      { viewport: SCREENS[screen], colorScheme },
    )
    const { url } = server
    return {
      ...server,
      /** The page, in that colour. */
      async visit(name: string): Promise<Tab> {
        const tab = await server.open()
        await tab.page.getByLabel('Colour').fill(colour)
        await tab.enter(name)
        return tab
      },
      /** Who is cut stays away. */
      async enter({ name, colour, at: [x, y] }: Guest): Promise<Network> {
        const network = await connect(url, { WebSocket: NodeSocket, backoff: () => AWAY_MS })
        t.teardown(network.close)
        await network.rooms.joinOrCreate('plaza', { name, data: { colour } })
        await stand(network, x, y)
        return network
      },
    }
  }
}

async function bothHear(demo: Demo, tab: Tab, ...lines: string[]): Promise<void> {
  for (const line of lines) {
    await tab.hears(line)
    await demo.shows((view) => times(view, line) > 0, line)
  }
}

const GAP = 12

interface Guest {
  readonly name: string
  readonly colour: string
  readonly at: readonly [number, number]
}

/** What makes a project of Godot 4 open its window in that size, and leave some of the processor. */
const windowOf = (screen: Screen) => `
[application]
run/max_fps=${FRAMES_PER_SECOND[screen]}
[display]
window/size/viewport_width=${SCREENS[screen].width}
window/size/viewport_height=${SCREENS[screen].height}
`
