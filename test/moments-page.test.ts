import { setTimeout as sleep } from 'node:timers/promises'
import { type Browser, chromium } from 'playwright-core'
import t, { type Test } from 'tap'
import type { ServerOptions } from '../server/server.ts'
import { buildPage } from '../web-client/build.ts'
import { connect, type Room } from '../web-client/client.ts'
import { needEngine } from './support/engines.ts'
import { createFeed } from './support/feed.ts'
import { stand } from './support/ground.ts'
import { openPhone, pocket } from './support/pocket.ts'
import { openPlaza } from './support/visitor.ts'
import { NodeSocket } from './support/world.ts'

/* What happens to a page that is played on: out of sight, out of reach, on a fast screen. */

/** Who is online or in sight again is back within this. */
const SOON_MS = 2_000
const CUT_MS = 20_000
/** How long a page that lost its connection unnoticed may take to find out and be back. */
const FOUND_OUT_MS = 2 * SOON_MS

const executablePath = needEngine(t, 'chromium')
if (executablePath !== undefined) {
  const built = t.testdir()
  let browser: Browser

  t.before(async () => {
    await buildPage(built)
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  })
  t.teardown(() => browser?.close())
  const plaza = (t: Test, options?: ServerOptions) => openPlaza(t, browser, { built, ...options })
  const phone = async (t: Test) => openPlaza(t, await openPhone(t, executablePath), { built })

  t.test('a phone out of sight keeps its connection, and hears everything once', async (t) => {
    const { open, settle, url } = await phone(t)
    const ada = await open('?name=Ada')
    await ada.is('open')
    const bob = await join(t, url)

    const take = await pocket(ada.page)
    for (const text of ['one', 'two']) await bob.say(text)
    await take()

    await ada.hears('Bob two')
    t.strictSame([await ada.heard('Bob one'), await ada.heard('Bob two')], [1, 1])
    await ada.say('in sight')
    await bob.heard.until((line) => line === 'Ada: in sight', 'what Ada says')
    t.equal(await ada.heard('dropped'), 0)
    t.strictSame(bob.happened.items, [], 'nobody noticed')
    await settle()
  })

  t.test('a phone cut out of sight is back at once, in its seat, told all', async (t) => {
    const { open, gate, url } = await phone(t)
    const ada = await open('?name=Ada')
    await ada.is('open')
    const bob = await join(t, url)
    await ada.lists('Ada', 'Bob')

    const take = await pocket(ada.page)
    gate.drop()
    await bob.happened.until((what) => what === 'Bob hosts', 'the host to be replaced')
    await bob.say('while you slept')
    const since = performance.now()
    await take()
    await bob.happened.until((what) => what === 'Ada back', 'Ada')
    const ms = performance.now() - since

    t.ok(ms < SOON_MS, `back after ${ms.toFixed()} ms`)
    await ada.is('open')
    await ada.hears('Bob while you slept')
    await ada.badges('Bob', 'host')
    t.equal(await ada.heard('while you slept'), 1)
    t.strictSame(bob.happened.items, ['Ada away', 'Bob hosts', 'Ada back'])
    t.equal(bob.room.members.get(1)?.name, 'Ada', 'the same seat')
  })

  t.test('a phone whose connection died unnoticed finds out once it is in sight', async (t) => {
    const { open, gate, url } = await phone(t)
    const ada = await open('?name=Ada')
    await ada.is('open')
    const bob = await join(t, url)

    const take = await pocket(ada.page)
    gate.hold()
    await bob.say('into the dark')
    const since = performance.now()
    await take()
    await ada.hears('Bob into the dark')
    const ms = performance.now() - since

    t.ok(ms < FOUND_OUT_MS, `back after ${ms.toFixed()} ms`)
    t.equal(await ada.heard('into the dark'), 1)
    t.equal(await ada.heard('Connected again'), 1)
    t.equal(bob.room.members.get(1)?.name, 'Ada', 'the same seat')
    t.equal(bob.room.members.size, 2)
  })

  t.test('a tab cut for 20 s is back within 2 s of being online, told all', async (t) => {
    const { open, gate, url } = await plaza(t)
    const ada = await open('?name=Ada')
    await ada.is('open')
    const bob = await join(t, url)
    await ada.lists('Ada', 'Bob')
    const over = sleep(CUT_MS)

    gate.hold()
    gate.shut()
    await ada.page.context().setOffline(true)
    await ada.is('away')
    await ada.say('is anybody there?')
    await bob.happened.until((what) => what === 'Ada away', 'Ada to be away')
    for (const text of ['one', 'two', 'three']) await bob.say(text)
    await bob.stand(300, 200)
    await over
    gate.open()
    const since = performance.now()
    await ada.page.context().setOffline(false)
    await bob.happened.until((what) => what === 'Ada back', 'Ada')
    const ms = performance.now() - since

    t.ok(ms < SOON_MS, `back after ${ms.toFixed()} ms`)
    await ada.is('open')
    await ada.hears('Bob three')
    await ada.text(/: 3 messages while you were away/)
    const said = (await ada.page.locator('#log p').allInnerTexts()).filter((line) =>
      /^Bob\s+(one|two|three)$/.test(line),
    )
    t.equal(said.map((line) => line.replace(/^Bob\s+/, '')).join(), 'one,two,three')
    await bob.heard.until((line) => line === 'Ada: is anybody there?', 'what Ada said')
    t.equal(bob.heard.items.length, 1)
    await ada.sees('Bob', { x: 300, y: 200 })
    await ada.lists('Ada', 'Bob')
    t.equal(bob.room.members.get(1)?.name, 'Ada', 'the same seat')
    t.notMatch(bob.happened.items.join(), /Ada (left|joined)/)
    t.equal(await ada.heard('The session was lost'), 0)
  })

  t.test('a screen of 120 Hz is closed by nobody, and others see where it ends', async (t) => {
    const { open, settle } = await plaza(t)
    const bob = await open('?name=Bob')
    const ada = await open('?name=Ada', drawOften)
    await bob.lists('Bob', 'Ada')
    await ada.is('open')

    for (let round = 0; round < 2; round++) {
      await ada.walk('Ada', 'ArrowRight', 1_500)
      await bob.sees('Ada', await ada.rests('Ada'))
      await ada.click(200, 300 + 300 * round)
      await bob.sees('Ada', await ada.rests('Ada'))
    }

    const frames = await ada.page.evaluate(framesDrawn)
    t.ok(frames > 100, `${frames.toFixed()} frames a second`)
    await ada.say('still here')
    await bob.hears('Ada still here')
    for (const tab of [ada, bob]) t.equal(await tab.heard('dropped'), 0)
    t.equal(await bob.heard('has left'), 0)
    t.equal(await ada.heard('too fast'), 0)
    await settle()
  })
}

/** Bob, who needs no browser, and what he sees of the others. */
async function join(t: Test, url: string) {
  const network = await connect(url, { WebSocket: NodeSocket })
  t.teardown(network.close)
  const room: Room = await network.rooms.joinOrCreate('plaza', { name: 'Bob' })
  const happened = createFeed<string>('what happened')
  const heard = createFeed<string>('what was said')
  for (const what of ['joined', 'left', 'away', 'back'] as const)
    room.on(what, ({ name }) => happened.push(`${name} ${what}`))
  room.on('host', (host) => happened.push(`${host?.name} hosts`))
  network.events.on('plaza.chat', ([text], { name }) => heard.push(`${name}: ${text}`))
  return {
    room,
    happened,
    heard,
    say: (text: string) => network.events.emit('plaza.chat', [text]),
    stand: (x: number, y: number) => stand(network, x, y),
  }
}

interface Drawn {
  drawn?: { frames: number; since: number }
}
declare const window: Drawn & {
  requestAnimationFrame(callback: (now: number) => void): number
}

/** Frames come 120 times a second, however few this machine can draw; late ones one after another. */
const drawOften = () => {
  const FRAME_MS = 1000 / 120
  const since = performance.now()
  const drawn = { frames: 0, since }
  let waiting: ((now: number) => void)[] = []
  window.drawn = drawn
  window.requestAnimationFrame = (callback) => waiting.push(callback)
  setInterval(() => {
    while (since + drawn.frames * FRAME_MS <= performance.now()) {
      const due = waiting
      waiting = []
      const now = since + drawn.frames++ * FRAME_MS
      for (const callback of due) callback(now)
    }
  }, 4)
}

const framesDrawn = () => {
  const { frames = 0, since = 0 } = window.drawn ?? {}
  return (1000 * frames) / (performance.now() - since)
}
