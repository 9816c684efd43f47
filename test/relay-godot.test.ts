import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { createServer, type ServerOptions } from '../server/server.ts'
import { needEngine, run, startGodot } from './support/engines.ts'
import type { Program } from './support/program.ts'
import { kindOf } from './support/stage.ts'

const PATIENCE_MS = 120_000
/** What the games of the engine are told because they try what they may not. */
const EXPECTED = /RELAY_REFUSED|RELAY_MODE|not allowed on node|lag is on/
/** A kind of room whose host is missed soon. */
const ARENA = kindOf('arena', { namespaces: ['game'], host_ms: 300 })

const projectOf = (name: string) =>
  fileURLToPath(new URL(`../godot-client/${name}`, import.meta.url))

t.test('the multiplayer of Godot 4 goes through rooms', async (t) => {
  const path = needEngine(t, 'godot4')
  if (path === undefined) return
  const url = await urlOf(t, {})
  const godot = startGodot(t, 'godot4', path, {
    project: projectOf('godot4'),
    script: 'res://test/relayed.gd',
    env: { ESTRAGON_URL: url },
  })
  await told(t, godot)
})

t.test('the multiplayer of Godot 3.6 goes through rooms', async (t) => {
  const path = needEngine(t, 'godot3')
  if (path === undefined) return
  const main = await urlOf(t, { kinds: [ARENA] })
  const brief = await urlOf(t, { kinds: [ARENA], limits: { resume_ms: 400 } })
  const start = (script: string, env: Record<string, string>) =>
    startGodot(t, 'godot3', path, { project: projectOf('godot3'), script, env })
  const host = start('res://test/reigning.gd', { ESTRAGON_URL: main })
  const reign = await host.lines.until((line) => /^\w{6}$/.test(line), 'the code of its room')

  const places = JSON.stringify({ main, brief, reign })
  const godot = start('res://test/relayed.gd', { ESTRAGON_STAGE: places })
  const mayDie = godot.lines.until((line) => line === '# the host may die', 'all are there')
  const killed = mayDie.then(host.kill, () => undefined)

  await told(t, godot)
  t.match(await killed, { signal: 'SIGKILL' })
})

t.test('Godot 3.2 has no peers of its own making', (t) =>
  run(t, 'godot32', {
    project: projectOf('godot3'),
    script: 'res://test/relayed.gd',
    env: { ESTRAGON_STAGE: '{}' },
  }),
)

async function urlOf(t: Test, options: ServerOptions): Promise<string> {
  const server = await createServer({ ...options, port: 0, host: '127.0.0.1' })
  t.teardown(server.close)
  return `ws://127.0.0.1:${server.port}`
}

/** Reports what games of an engine told, once it has ended, which it does without complaints. */
async function told(t: Test, godot: Program): Promise<void> {
  const bound = setTimeout(() => void godot.close(), PATIENCE_MS) // awaited as `ended`
  const { code, signal } = await godot.ended
  clearTimeout(bound)

  t.equal(code, 0, `ended with ${signal ?? code}`)
  const all = [...godot.lines.items, ...godot.complaints.items]
  const complaints = all.filter((line) => /ERROR|WARNING/.test(line) && !EXPECTED.test(line))
  t.strictSame(complaints, [])
  const tapStream = Readable.from([godot.lines.items.map((line) => `${line}\n`).join('')])
  await t.stdin('in the engine', { tapStream })
}
