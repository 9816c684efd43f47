import { Client, frameOf, isCounted } from './client.ts'
import { alternate, beside, bounded, spreadOf, type Workload } from './figures.ts'
import { type Server, type Side, startServer } from './server.ts'

const CONNECTIONS = 5_000
const QUICK_CONNECTIONS = 1_000
const AT_ONCE = 50
const ROUNDS = 20
/** Not measured: what is loaded and compiled once. */
const WARM_UP = 3
/** What making a session survive may cost beside a loop that forgets. */
const TARGET = 1.5
const HELLO = frameOf({ type: 'session.hello', id: 'h', data: {} })
const CONNECT = frameOf({ type: 'backend.connect', id: 'c', data: { secret: 'bench' } })
const NOTIFY = frameOf({ type: 'notify.all', id: 'n', data: { data: { news: '.'.repeat(100) } } })

interface Round {
  /** From the backend's word to the last who hears it. */
  readonly ms: number
  /** How many were notified, by the server's word and by theirs. */
  readonly told: number
  readonly heard: number
}

/** A backend notifies everybody in the group public; beside it, a loop over all sockets. */
export const notify: Workload = {
  name: 'notify',
  async run(quick) {
    const count = quick ? QUICK_CONNECTIONS : CONNECTIONS
    const results = await alternate(quick ? 2 : 4, (side) => measure(side, count))
    const all = Object.values(results).flat()
    const isWhole = all.every(({ rounds }) =>
      rounds.every(({ told, heard }) => told === count && heard === count),
    )
    const time = beside(
      `${count} notified`,
      'ms',
      results,
      ({ rounds }) => spreadOf(rounds.map(({ ms }) => ms)).median,
    )
    const cpu = beside('server time for one delivery', 'µs', results, (one) => one.cpu_us)
    return [
      bounded(time, 'everybody, every time', isWhole),
      bounded(cpu, `ratio ≤ ${TARGET}`, (cpu.ratio?.median ?? 0) <= TARGET),
    ]
  },
}

/** Each time in a fresh process. */
async function measure(side: Side, count: number) {
  const server = await startServer(side)
  const clients: Client[] = []
  try {
    for (let opened = 0; opened < count; opened += AT_ONCE)
      clients.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => open(server)))))
    const backend = await open(server)
    const admitted = backend.next('"re":"c"')
    backend.write(CONNECT, true)
    await admitted
    for (let round = 0; round < WARM_UP; round++) await notifyAll(backend, clients)
    const before = await server.usage()
    const rounds: Round[] = []
    while (rounds.length < ROUNDS) rounds.push(await notifyAll(backend, clients))
    const after = await server.usage()
    backend.socket.destroy()
    return { rounds, cpu_us: ((after.cpu_ms - before.cpu_ms) * 1000) / (ROUNDS * count) }
  } finally {
    for (const client of clients) client.socket.destroy()
    await server.close()
  }
}

async function open({ port, side }: Server): Promise<Client> {
  const library = side === 'estragon'
  const client = await Client.open(port, { library })
  if (!library) return client
  const answered = client.next('"re":"h"')
  client.write(HELLO, false)
  await answered
  return client
}

async function notifyAll(backend: Client, clients: readonly Client[]): Promise<Round> {
  let heard = 0
  const all = new Promise<void>((resolve) => {
    const hear = (bytes: Buffer, start: number) => {
      if (isCounted(bytes, start) && ++heard === clients.length) resolve()
    }
    for (const client of clients) client.onMessage = hear
  })
  const answered = backend.next('"re":"n"')
  const start = performance.now()
  backend.write(NOTIFY, true)
  await all
  const ms = performance.now() - start
  const { data } = await answered
  return { ms, told: data.delivered, heard }
}
