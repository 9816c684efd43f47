import { type Browser, chromium } from 'playwright-core'
import t from 'tap'
import { buildPage } from '../web-client/build.ts'
import { connect, type Network } from '../web-client/client.ts'
import {
  copyProject,
  type Demo,
  isAt,
  listed,
  please,
  startDemo,
  times,
  type View,
} from './support/demo.ts'
import { needEngine } from './support/engines.ts'
import { openPlaza, type Point, type Tab } from './support/visitor.ts'
import { NodeSocket } from './support/world.ts'

const executablePath = needEngine(t, 'chromium')
const godot4 = needEngine(t, 'godot4')
const godot3 = needEngine(t, 'godot3')

/** Two pages, a Godot 4 demo and a Godot 3 demo in one plaza, and who tells the demos what to do. */
const CAST = ['Prompter', 'Didi', 'Gogo', 'Ada', 'Bob'] as const
/** A seat outlasts what a busy machine makes of a cut. */
const RESUME_MS = 120_000
const PLACES = {
  Ada: { x: 300, y: 200 },
  Bob: { x: 1300, y: 200 },
  Didi: { x: 300, y: 700 },
  Gogo: { x: 1300, y: 700 },
} as const

if (executablePath !== undefined && godot4 !== undefined && godot3 !== undefined) {
  let browser: Browser
  let plaza: Awaited<ReturnType<typeof openPlaza>>
  let prompter: Network
  let players: readonly Player[]
  let ada: Player
  let bob: Player
  let didi: Demo
  let gogo: Demo

  t.before(async () => {
    const built = t.testdir({ page: {}, godot3: {}, godot4: {} })
    const [four, three] = await Promise.all([
      copyProject(t, 'godot4', godot4, `${built}/godot4`),
      copyProject(t, 'godot3', godot3, `${built}/godot3`),
      buildPage(`${built}/page`),
    ])
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
    t.teardown(() => browser.close())
    const limits = { resume_ms: RESUME_MS }
    plaza = await openPlaza(t, browser, { built: `${built}/page`, limits })
    prompter = await connect(plaza.url, { WebSocket: NodeSocket })
    t.teardown(() => prompter.close())
    await prompter.rooms.joinOrCreate('plaza', { name: 'Prompter' })

    const url = `ws://127.0.0.1:${plaza.gate.port}`
    didi = startDemo(t, 'godot4', godot4, { project: four }, { url, name: 'Didi' })
    await didi.shows(lists(CAST.slice(0, 2)), 'to be seated')
    gogo = startDemo(t, 'godot3', godot3, { project: three }, { url, name: 'Gogo' })
    await gogo.shows(lists(CAST.slice(0, 3)), 'to be seated')
    ada = byPage('Ada', await plaza.open('?name=Ada'))
    await didi.shows(lists(CAST.slice(0, 4)), 'Ada')
    bob = byPage('Bob', await plaza.open('?name=Bob'))
    players = [ada, bob, byDemo('Didi', didi, prompter), byDemo('Gogo', gogo, prompter)]
  })

  t.test('everyone lists everyone', async (t) => {
    for (const { name, lists } of players) await t.resolves(lists(CAST), `${name} lists everyone`)
  })

  t.test('each walks, and all the others see it there', async (t) => {
    for (const { name, walk } of players) await walk(PLACES[name])

    for (const { name, rests } of players) {
      const there = await rests(PLACES[name])
      for (const { name: other, sees } of players)
        await t.resolves(sees(name, there), `${other} sees ${name} at ${there.x}, ${there.y}`)
    }
  })

  t.test('each chats and waves, and all the others hear it once', async (t) => {
    for (const { name, say, wave } of players) {
      await say(`I am ${name}.`)
      await wave()
    }
    await hearLast('That is all of us.')

    for (const { name } of players)
      for (const player of players) {
        t.equal(await player.heard(`${name} I am ${name}.`), 1, `${player.name} hears ${name}`)
        t.equal(await player.heard(`${name} waves`), 1, `${player.name} sees ${name} wave`)
      }
  })

  t.test('whose cables are cut come back, and nothing is lost or doubled', async (t) => {
    const dropped = players.filter(({ name }) => name !== 'Ada')
    plaza.gate.shut() // who comes back now waits
    for (const { name, cut } of dropped) await cut(`out with ${name}`)
    for (const { name, isAway } of dropped) {
      await isAway()
      await ada.marks(name, true)
    }
    await ada.say('while you were out')
    for (const { name } of dropped) t.equal(await ada.heard(`${name} out with ${name}`), 0)

    plaza.gate.open()
    for (const { name, isBack } of dropped) {
      await isBack()
      await ada.marks(name, false)
    }
    await hearLast('All are back.')

    for (const player of players) {
      t.equal(await player.heard('Ada while you were out'), 1, `${player.name} hears Ada`)
      for (const { name } of dropped)
        t.equal(await player.heard(`${name} out with ${name}`), 1, `${player.name} hears ${name}`)
      await player.lists(CAST)
    }
    for (const { name } of dropped) t.equal(await ada.heard(`${name} is back.`), 1, 'the same seat')
  })

  t.test('who leaves is gone for all, and comes in again', async (t) => {
    for (const { name, shows } of [didi, gogo]) {
      await please(prompter, name, 'leave', name)
      await shows(({ card }) => card === true, 'the card')
      await ada.hears(`${name} has left.`)
      await bob.hears(`${name} has left.`)
    }

    const cast = ['Prompter', 'Ada', 'Bob', 'Didi', 'Gogo']
    for (const { name, lists } of players) await t.resolves(lists(cast), `${name} lists everyone`)
  })

  t.test('nobody complains: no console, no policy of the page, no engine', async (t) => {
    for (const { name, program, complaints } of [didi, gogo]) {
      await please(prompter, name, 'quit')
      t.match(await program.ended, { code: 0, signal: null })
      t.same(complaints(), [])
    }
    await ada.lists(['Prompter', 'Ada', 'Bob'])
    await plaza.settle()
  })

  /** Says something that reaches everybody after all that was said before. */
  async function hearLast(text: string) {
    for (const { name, say } of players) await say(`${name}: ${text}`)
    for (const { hears } of players)
      for (const { name } of players) await hears(`${name} ${name}: ${text}`)
  }
}

/** What a player of any kind does and sees. */
interface Player {
  readonly name: keyof typeof PLACES
  walk(to: Point): Promise<unknown>
  /** Where the player itself is shown at the end of the walk. */
  rests(to: Point): Promise<Point>
  sees(name: string, there: Point): Promise<unknown>
  say(text: string): Promise<unknown>
  wave(): Promise<unknown>
  /** Cuts the cable, and says something at once. */
  cut(text: string): Promise<unknown>
  isAway(): Promise<unknown>
  isBack(): Promise<unknown>
  lists(names: readonly string[]): Promise<unknown>
  /** Waits until somebody is listed as away, or as not away. */
  marks(name: string, isAway: boolean): Promise<unknown>
  hears(line: string): Promise<unknown>
  heard(line: string): Promise<number>
}

const lists = (names: readonly string[]) => (view: View) => listed(view) === names.join()

function byPage(name: Player['name'], tab: Tab): Player {
  return {
    ...tab,
    name,
    walk: ({ x, y }) => tab.click(x, y),
    rests: () => tab.rests(name),
    lists: (names) => tab.lists(...names),
    async cut(text) {
      await tab.cut()
      await tab.say(text)
    },
    isAway: () => tab.is('away'),
    isBack: () => tab.is('open'),
    marks: (its, isAway) => tab.marks(its, isAway ? 'away' : ''),
  }
}

function byDemo(name: Player['name'], demo: Demo, prompter: Network): Player {
  const asks = (what: string) => (value: string) => please(prompter, name, what, value)
  return {
    name,
    walk: ({ x, y }) => please(prompter, name, 'walk', [x, y]),
    async rests({ x, y }) {
      await demo.shows((view) => isAt(view, name, [x, y]), 'to arrive')
      return { x, y }
    },
    sees: (its, { x, y }) => demo.shows((view) => isAt(view, its, [x, y]), `${its} at ${x}, ${y}`),
    say: asks('say'),
    wave: () => please(prompter, name, 'press', 'Wave'),
    cut: asks('cut'),
    isAway: () => demo.shows(({ status }) => status?.startsWith('away') === true, 'to be away'),
    isBack: () => demo.shows(({ status }) => status === 'connected', 'to be back'),
    lists: (names) => demo.shows(lists(names), `to list ${names}`),
    marks: (its, isAway) =>
      demo.shows(
        ({ people }) => people?.includes(isAway ? `${its} away` : its) === true,
        `${its} to be ${isAway ? 'away' : 'back'}`,
      ),
    hears: (line) => demo.shows((view) => times(view, line) > 0, line),
    heard: async (line) => times(await demo.shows(() => true, 'anything'), line),
  }
}
