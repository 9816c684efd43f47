import { setTimeout as settle } from 'node:timers/promises'
import { runsOf } from './asked.ts'
import { present, type Wider } from './contestants.ts'
import { crewOf } from './crew.ts'
import { among, compared, drawn, inTurn, type Workload } from './figures.ts'
import type { Usage } from './server.ts'

const NAMES: readonly Wider[] = ['estragon', 'before', 'ws', 'socket.io']
const CONNECTIONS = 2_000
const FIRST = 50
const SETTLE_MS = 500

/** What one connection costs that says nothing. */
export const idle: Workload = {
  name: 'idle',
  async run(_quick) {
    const results = await inTurn(present(NAMES), runsOf(1), perConnection)
    const name = `memory of one of ${CONNECTIONS.toLocaleString('en')} idle`
    const figure = among(name, 'KB', results, ({ rss }) => rss)
    return [
      drawn(compared(figure, 'at most', { ws: 1.5 }), 'memory of one idle connection', 'less'),
      among('of that in use by JavaScript', 'KB', results, ({ heap }) => heap),
    ]
  },
}

/** In KB, resident and in use; each time in a fresh process. */
async function perConnection(name: Wider): Promise<Pick<Usage, 'rss' | 'heap'>> {
  const { server, open, leave } = await crewOf(name)
  try {
    // The first few pay for what is loaded once.
    await open(FIRST)
    const before = await server.collected()
    await open(CONNECTIONS)
    await settle(SETTLE_MS)
    const after = await server.collected()
    const share = (what: 'rss' | 'heap') => (after[what] - before[what]) / CONNECTIONS / 1024
    return { rss: share('rss'), heap: share('heap') }
  } finally {
    leave()
    await server.close()
  }
}
