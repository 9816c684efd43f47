import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { createServer } from '../server/server.ts'
import { needEngine, startGodot } from './support/engines.ts'

const PATIENCE_MS = 120_000
/** What the games of the engine are told because they try what they may not. */
const EXPECTED = /RELAY_REFUSED|not allowed on node/

t.test('the multiplayer of Godot 4 goes through rooms', async (t) => {
  const path = needEngine(t, 'godot4')
  if (path === undefined) return
  const server = await createServer({ port: 0, host: '127.0.0.1' })
  t.teardown(server.close)
  const godot = startGodot(t, 'godot4', path, {
    project: fileURLToPath(new URL('../godot-client/godot4', import.meta.url)),
    script: 'res://test/relayed.gd',
    env: { ESTRAGON_URL: `ws://127.0.0.1:${server.port}` },
  })
  const bound = setTimeout(() => void godot.close(), PATIENCE_MS) // awaited as `ended`
  const { code, signal } = await godot.ended
  clearTimeout(bound)

  t.equal(code, 0, `ended with ${signal ?? code}`)
  const all = [...godot.lines.items, ...godot.complaints.items]
  const complaints = all.filter((line) => /ERROR|WARNING/.test(line) && !EXPECTED.test(line))
  t.strictSame(complaints, [])
  const tapStream = Readable.from([godot.lines.items.map((line) => `${line}\n`).join('')])
  await t.stdin('in the engine', { tapStream })
})
