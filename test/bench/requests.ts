import { Client, frameOf } from './client.ts'
import { alternate, beside, bounded, type Figure, type Workload } from './figures.ts'
import { type Server, withServers } from './server.ts'

const CLIENTS = 50
const DEPTHS = [1, 10] as const
const TARGET = 0.85

/** Requests that are answered at once: everybody keeps `depth` of them in flight. */
export const requests: Workload = {
  name: 'request',
  run: (quick) =>
    withServers(async (servers) => {
      const [times, ms] = quick ? [3, 500] : [7, 1_000]
      const clients = {
        estragon: await openAll(servers.estragon),
        ws: await openAll(servers.ws),
      }
      const figures: Figure[] = []
      for (const depth of DEPTHS) {
        const measure = (length: number) => (side: Server['side']) =>
          answers(servers[side], clients[side], depth, length)
        await alternate(1, measure(ms / 2))
        const results = await alternate(times, measure(ms))
        const rate = beside(`${CLIENTS} × ${depth} in flight`, '/s', results, (one) => one.rate)
        const ratio = rate.ratio?.median ?? 0
        figures.push(bounded(rate, `later: ratio ≥ ${TARGET}`, ratio >= TARGET))
        figures.push(beside('server time for one', 'µs', results, (one) => one.cpu_us))
      }
      return figures
    }),
}

async function openAll({ port, side }: Server): Promise<Client[]> {
  const clients: Client[] = []
  const library = side === 'estragon'
  while (clients.length < CLIENTS) clients.push(await Client.open(port, { library }))
  return clients
}

async function answers(server: Server, clients: Client[], depth: number, ms: number) {
  let answered = 0
  let isOver = false
  const frames = Array.from({ length: depth }, (_, id) =>
    frameOf({ type: 'ping', id: `${id}`, data: {} }),
  )
  for (const client of clients) {
    let waiting = depth
    const again = Buffer.concat(frames)
    client.onMessage = () => {
      answered++
      if (--waiting > 0 || isOver) return
      waiting = depth
      client.write(again, false)
    }
  }
  const before = await server.usage()
  const start = performance.now()
  for (const client of clients) client.write(Buffer.concat(frames), false)
  await new Promise((resolve) => setTimeout(resolve, ms))
  const seconds = (performance.now() - start) / 1000
  const count = answered
  const after = await server.usage()
  isOver = true
  // Whatever is still in flight must not be counted to the next round.
  await Promise.all(clients.map(quiet))
  return { rate: count / seconds, cpu_us: ((after.cpu_ms - before.cpu_ms) * 1000) / count }
}

/** Resolves once everything before it has been answered. */
async function quiet(client: Client): Promise<void> {
  const last = client.next('"re":"last"')
  client.write(frameOf({ type: 'ping', id: 'last', data: {} }), false)
  await last
  client.onMessage = () => {}
}
