import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { createServer } from '../server/server.ts'
import { startEngine } from './support/engine-peers.ts'
import { reportOf } from './support/engines.ts'
import { checkCalls, gather, heardBy, settled } from './support/gathering.ts'
import { BOUND_MS, judge, SCRIPT, setStage } from './support/play.ts'
import { openBrowser, startScript } from './support/web-browser.ts'
import { exportForWeb, needWeb } from './support/web-export.ts'
import { startWebPeer } from './support/web-peer.ts'

/** What the games of the engine are told because they try what they may not. */
const EXPECTED = /RELAY_REFUSED|not allowed on node/
const NUMBERS = Array.from({ length: 30 }, (_, number) => `${number}`)

t.test('Godot 4.6 in a browser', async (t) => {
  const tools = needWeb(t)
  if (tools === undefined) return
  const page = await exportForWeb(t, tools, { tests: true })
  const server = await createServer({ port: 0, host: '127.0.0.1', page })
  t.teardown(server.close)
  const url = `http://127.0.0.1:${server.port}`
  const socket = `ws://127.0.0.1:${server.port}`
  const browser = await openBrowser(t, tools.chromium)
  const script = (t: Test, path: string, env: Readonly<Record<string, string>>) =>
    startScript(t, browser, url, path, env)
  t.jobs = 2

  const scenarios = t.test(
    'the web export goes through every scenario',
    { buffered: true },
    async (t) => {
      judge(
        t,
        'the web export',
        await reportOf(await script(t, SCRIPT, await setStage(t)), BOUND_MS),
      )
    },
  )

  const peers = t.test(
    'the multiplayer of a web export goes through rooms',
    { buffered: true },
    async (t) => {
      const game = await script(t, 'res://test/relayed.gd', { ESTRAGON_URL: socket })
      const { tap, failure } = await reportOf(game, BOUND_MS)
      t.notOk(failure, failure ?? 'it ended well')
      const complaints = game.complaints.items.filter((line) => /ERROR|WARNING/.test(line))
      t.strictSame(
        complaints.filter((line) => !EXPECTED.test(line) && !AT_EXIT.test(line)),
        [],
      )
      await t.stdin('in the browser', { tapStream: Readable.from([tap]) })

      const ada = await startEngine(t, tools.godot, 'ada')
      const ben = await startWebPeer(t, browser, url, 'ben')
      for (const one of [ada, ben]) await one.ask('open', socket)

      await t.test('a game in a browser and one beside it call each other', async (t) => {
        await checkCalls(t, [ada, ben], await gather([ada, ben]))
      })

      await t.test('a drop of the browser’s is no disconnect, and loses no call', async (t) => {
        for (const one of [ada, ben]) await one.ask('take_told')
        const saying = [ada, ben].map((one) => one.ask('say_steadily', 'any_remote', 0, 30))
        await ben.ask('cut')
        await Promise.all(saying)
        await settled([ada, ben])

        for (const one of [ada, ben]) {
          const heard = await heardBy(one)
          t.strictSame(
            heard.map((said) => said.replace(/^.* /, '')),
            NUMBERS,
            `${one.name} heard`,
          )
          t.strictSame(await one.ask('take_told'), [], `${one.name} lost nobody`)
        }
      })

      await t.test(
        'a browser is the host once the host beside it has died, and goes on from what that had',
        async (t) => {
          const cleo = await startEngine(t, tools.godot, 'cleo')
          await cleo.ask('open', socket)
          await cleo.ask('join', await ada.ask('room_code'))
          await cleo.ask('assign')
          for (const one of [ada, ben, cleo]) {
            await one.until((all) => all.length === 2, 'peers')
            await one.ask('survive')
          }
          await ada.ask('spawn', 'coin', 'gold')
          for (const one of [ben, cleo]) await one.until((all) => all.includes('coin'), 'spawned')
          const problem = await ada.ask('hand_over')
          for (const one of [ben, cleo])
            for (const forget of ['take_told', 'take_heard']) await one.ask(forget)
          await ada.kill()

          await ben.until((number) => number === 1, 'number')
          const id = await cleo.ask('number')
          await ben.until((all) => all.includes(id), 'peers')
          await ben.ask('say', 'any_remote', id, 'on with it')
          await cleo.until((all) => all.length > 0, 'get_heard')
          await cleo.ask('say', 'any_remote', 1, 'gladly')
          await ben.until((all) => all.length > 0, 'get_heard')
          for (const one of [ben, cleo]) await one.until((all) => all.includes('coin'), 'spawned')

          t.equal(problem, '')
          t.strictSame(await heardBy(cleo), ['1 any_remote on with it'])
          t.strictSame(await heardBy(ben), [`${id} any_remote gladly`])
          const told: string[][] = []
          for (const one of [ben, cleo]) told.push(await one.ask('take_told'))
          t.strictSame(told[0]?.slice(0, 3), ['1 went', 'server went', 'restored'])
          t.strictSame(told[1]?.slice(0, 2), ['1 went', 'server went'])
          for (const one of [ben, cleo]) t.equal(await one.ask('text_of', 'coin'), 'gold')
          t.strictSame(cleo.newComplaints(EXPECTED), [])
        },
      )
      t.strictSame(ben.newComplaints(EXPECTED), [])
    },
  )
  await Promise.all([scenarios, peers])
})

/** What an engine says of its own end. */
const AT_EXIT = /leaked at exit|still in use at exit/
