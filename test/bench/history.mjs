// The compiled server with a store in a thread; on demand channels are written to as fast as told,
// and how late its ticks are is measured from within.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from '../../dist/server/server.js'
import { openStore } from '../../dist/server/store/store.js'
import { createWorld } from '../../dist/server/world.js'

const TICK_MS = 50
const CHANNELS = 20
/** Rows are asked for so often, as requests come in. */
const PACE_MS = 5

const folder = mkdtempSync(join(tmpdir(), 'estragon-history-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
process.on('disconnect', () => process.exit())

let late = []
const world = createWorld()
const timed = {
  ...world,
  // Only the tick is due every 50 ms.
  every: (ms, callback) => world.every(ms, ms === TICK_MS ? lateness(callback) : callback),
}
const store = await openStore(join(folder, 'history.db'), world)
const options = { port: 0, host: '127.0.0.1', rates: false, world: timed, store }
const server = await createServer(options)
const channels = []
const at = Date.now()
await store.run('guest.create', { id: 'g', hash: 'h', player: 'p', name: 'Ada', dev: false, at })
for (let number = 0; number < CHANNELS; number++) {
  const made = { name: `${number}`, owner: 'p', props: {}, at }
  channels.push((await store.run('channel.create', made)).id)
}

process.on('message', async ({ ms, rate }) => {
  late = []
  const { asked, stored, failed, last_ms } = await write(ms, rate)
  process.send({ measured: { late, asked, stored, failed, last_ms } })
})
process.send({ port: server.port })

/** Notes by how much more than a tick lies between the ends of two. */
function lateness(callback) {
  let before
  return () => {
    callback()
    const now = performance.now()
    if (before !== undefined) late.push(Math.max(0, now - before - TICK_MS))
    before = now
  }
}

/** Asks for so many rows a second for so long, and waits for the last. */
async function write(ms, rate) {
  const start = performance.now()
  const waiting = []
  let asked = 0
  let stored = 0
  let failed = 0
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      const elapsed = Math.min(performance.now() - start, ms)
      for (; asked < (elapsed * rate) / 1000; asked++) waiting.push(append(asked))
      if (elapsed < ms) return
      clearInterval(timer)
      resolve()
    }, PACE_MS)
  })
  const end = performance.now()
  await Promise.all(waiting)
  return { asked, stored, failed, last_ms: performance.now() - end }

  function append(number) {
    const id = channels[number % CHANNELS]
    const row = { id, player: 'p', name: 'Ada', message: `message ${number}`, keep: 10_000, at }
    return store.run('channel.append', row).then(
      () => stored++,
      () => failed++,
    )
  }
}
