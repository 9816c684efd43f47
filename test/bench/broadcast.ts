import { frameOf, isCounted } from './client.ts'
import { acknowledging, enterAll, type Walker } from './crowd.ts'
import { alternate, beside, bounded, type Workload } from './figures.ts'
import { type Server, withServers } from './server.ts'

const RECEIVERS = 200
const TEXT_BYTES = 100
const DRAIN_MS = 40
const TARGET = 1.15
const EVENT = frameOf({
  type: 'event.emit',
  to: ['all'],
  data: { name: 'plaza.bench', args: ['.'.repeat(TEXT_BYTES)] },
})

/**
 * One event after the other to 200 receivers, each sent once the one before has come back to its
 * sender, who is the last to get it. The others read in gulps, so that the server is what is
 * measured and not the load.
 */
export const broadcast: Workload = {
  name: 'broadcast',
  run: (quick) =>
    withServers(async (servers) => {
      const [times, ms] = quick ? [3, 700] : [9, 1_000]
      const crowds = {
        estragon: await enterAll(servers.estragon, RECEIVERS),
        ws: await enterAll(servers.ws, RECEIVERS),
      }
      const stop = acknowledging(() =>
        [...crowds.estragon, ...crowds.ws].map(({ client }) => client),
      )
      const measure = (length: number) => (side: Server['side']) =>
        oneAtATime(servers[side], crowds[side], length)
      await alternate(1, measure(ms / 2))
      const results = await alternate(times, measure(ms))
      stop()
      const name = `${TEXT_BYTES} B to ${RECEIVERS}, one at a time`
      const rate = beside(name, 'deliveries/s', results, (one) => one.rate)
      const ratio = rate.ratio?.median ?? 0
      return [
        bounded(rate, `later: ratio ≥ ${TARGET}`, ratio >= TARGET),
        beside('server time for one delivery', 'µs', results, (one) => one.cpu_us),
      ]
    }),
}

async function oneAtATime(server: Server, crowd: readonly Walker[], ms: number) {
  const sender = crowd.at(-1) as Walker
  const others = crowd.slice(0, -1)
  let rounds = 0
  let isOver = false
  const done = new Promise<void>((resolve) => {
    sender.client.onMessage = (bytes, start) => {
      if (!isCounted(bytes, start)) return
      rounds++
      if (isOver) resolve()
      else sender.client.write(EVENT, true)
    }
  })
  const gulp = gulping(others)
  const before = await server.usage()
  const start = performance.now()
  sender.client.write(EVENT, true)
  setTimeout(() => {
    isOver = true
  }, ms)
  await done
  const seconds = (performance.now() - start) / 1000
  const after = await server.usage()
  sender.client.onMessage = () => {}
  gulp.stop()
  const deliveries = rounds * crowd.length
  return {
    rate: deliveries / seconds,
    cpu_us: ((after.cpu_ms - before.cpu_ms) * 1000) / deliveries,
  }
}

/** Lets these read only now and then. */
function gulping(walkers: readonly Walker[]) {
  let isReading = true
  const toggle = () => {
    isReading = !isReading
    for (const { client } of walkers) {
      if (isReading) client.socket.resume()
      else client.socket.pause()
    }
    timer = isReading ? setImmediate(() => setImmediate(toggle)) : setTimeout(toggle, DRAIN_MS)
  }
  let timer: NodeJS.Immediate | NodeJS.Timeout
  toggle()
  return {
    stop() {
      clearTimeout(timer as NodeJS.Timeout)
      clearImmediate(timer as NodeJS.Immediate)
      for (const { client } of walkers) client.socket.resume()
    },
  }
}
