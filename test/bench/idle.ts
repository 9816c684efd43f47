import { setTimeout as settle } from 'node:timers/promises'
import { Client, frameOf } from './client.ts'
import { alternate, beside, bounded, type Workload } from './figures.ts'
import { type Side, startServer, type Usage } from './server.ts'

const CONNECTIONS = 2_000
const AT_ONCE = 50
const SETTLE_MS = 500
const TARGET = 1.5
const HELLO = frameOf({ type: 'session.hello', id: 'h', data: {} })

/** What one connection costs that says nothing. */
export const idle: Workload = {
  name: 'idle',
  async run(quick) {
    const results = await alternate(quick ? 1 : 3, perConnection)
    const figure = beside(`memory of one of ${CONNECTIONS}`, 'KB', results, ({ rss }) => rss)
    return [
      bounded(figure, `later: ratio ≤ ${TARGET}`, (figure.ratio?.median ?? 0) <= TARGET),
      beside('of that in use by JavaScript', 'KB', results, ({ heap }) => heap),
    ]
  },
}

/** In KB, resident and in use; each time in a fresh process. */
async function perConnection(side: Side): Promise<Pick<Usage, 'rss' | 'heap'>> {
  const server = await startServer(side)
  const clients: Client[] = []
  try {
    // The first few pay for what is loaded once.
    await open(clients, server.port, side, AT_ONCE)
    const before = await server.collected()
    await open(clients, server.port, side, CONNECTIONS)
    await settle(SETTLE_MS)
    const after = await server.collected()
    const share = (what: 'rss' | 'heap') => (after[what] - before[what]) / CONNECTIONS / 1024
    return { rss: share('rss'), heap: share('heap') }
  } finally {
    for (const client of clients) client.socket.destroy()
    await server.close()
  }
}

async function open(clients: Client[], port: number, side: Side, count: number): Promise<void> {
  for (let opened = 0; opened < count; opened += AT_ONCE)
    clients.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => openOne(port, side)))))
}

async function openOne(port: number, side: Side): Promise<Client> {
  const library = side === 'estragon'
  const client = await Client.open(port, { library })
  if (!library) return client
  const answered = client.next('"re":"h"')
  client.write(HELLO, false)
  await answered
  return client
}
