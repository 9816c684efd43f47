import { runsOf } from './asked.ts'
import { type Crew, spentOn, withCrews } from './crew.ts'
import { among, compared, drawn, type Figure, inTurn, type Workload } from './figures.ts'

const CLIENTS = 50
const DEPTHS = [1, 10] as const
const WANTED = { ws: 0.85, 'socket.io': 1.3 } as const

/**
 * Requests that are answered at once: everybody keeps `depth` of them in flight. Plain ws parses and
 * answers JSON; Socket.IO acknowledges.
 */
export const requests: Workload = {
  name: 'request',
  run: (quick) =>
    withCrews(async (crews, names) => {
      const [times, ms] = [runsOf(3), quick ? 500 : 1_000]
      for (const name of names) await crews[name]?.open(CLIENTS)
      const figures: Figure[] = []
      for (const depth of DEPTHS) {
        const measure = (length: number) => (name: string) =>
          answers(crews[name] as Crew, depth, length)
        await inTurn(names, 1, measure(ms / 2))
        const results = await inTurn(names, times, measure(ms))
        const name = `${CLIENTS} clients, ${depth} in flight`
        const rate = among(name, 'answers/s', results, (one) => 1e6 / one.cpu_us)
        const note = 'each second of the server’s own processor time'
        const label = `requests, ${depth} in flight of each of ${CLIENTS}`
        figures.push(drawn({ ...compared(rate, 'at least', WANTED), note }, label, 'more'))
        figures.push(among('by the clock', 'answers/s', results, (one) => one.rate))
      }
      return figures
    }),
}

async function answers({ server, clients, dialect }: Crew, depth: number, ms: number) {
  let answered = 0
  let isOver = false
  let quiet = 0
  const again = Buffer.concat(Array.from({ length: depth }, (_, id) => dialect.ask(id)))
  const ended = new Promise<void>((resolve) => {
    for (const client of clients) {
      let waiting = depth
      client.onMessage = (bytes, start, end) => {
        if (!dialect.isReply(client, bytes, start, end)) return
        answered++
        if (--waiting > 0) return
        waiting = depth
        if (!isOver) client.write(again, false)
        else if (++quiet === clients.length) resolve()
      }
    }
  })
  const before = await server.usage()
  const start = performance.now()
  for (const client of clients) client.write(again, false)
  await new Promise((resolve) => setTimeout(resolve, ms))
  isOver = true
  // Whatever is still in flight must not be counted to the next round.
  await ended
  const seconds = (performance.now() - start) / 1000
  const after = await server.usage()
  return { rate: answered / seconds, cpu_us: spentOn(answered, before, after) }
}
