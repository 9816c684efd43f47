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

      await t.test('a browser is the host once the host beside it has died', async () => {
        await ada.kill()
        await ben.until((told) => told.includes('server went'), 'get_told')
        await ben.ask('assign')
        await ben.until((number) => number === 1, 'number')
      })
      t.strictSame(ben.newComplaints(EXPECTED), [])
    },
  )
  await Promise.all([scenarios, peers])
})

/** What an engine says of its own end. */
const AT_EXIT = /leaked at exit|still in use at exit/
