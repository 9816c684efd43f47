import t, { type Test } from 'tap'
import { createServer } from '../server/server.ts'
import { reportOf } from './support/engines.ts'
import { BOUND_MS, judge, SCRIPT, setStage } from './support/play.ts'
import { openBrowser, startScript } from './support/web-browser.ts'
import { exportForWeb, needWeb } from './support/web-export.ts'

t.test('Godot 4.6 in a browser', async (t) => {
  const tools = needWeb(t)
  if (tools === undefined) return
  const page = await exportForWeb(t, tools, { tests: true })
  const { port } = await serve(t, page)
  const browser = await openBrowser(t, tools.chromium)

  await t.test('the web export goes through every scenario', async (t) => {
    const env = await setStage(t)
    const game = await startScript(t, browser, `http://127.0.0.1:${port}/`, SCRIPT, env)
    judge(t, 'the web export', await reportOf(game, BOUND_MS))
  })
})

async function serve(t: Test, page: string) {
  const server = await createServer({ port: 0, host: '127.0.0.1', page })
  t.teardown(server.close)
  return server
}
