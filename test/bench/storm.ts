import { runsOf } from './asked.ts'
import type { Client } from './client.ts'
import { type Contestant, contestants, entryOf, present } from './contestants.ts'
import { CORES, keepOn } from './cores.ts'
import { spentOn } from './crew.ts'
import { among, drawn, inTurn, quantile, type Workload } from './figures.ts'
import { startProgram } from './server.ts'

const PLAYERS = 2_000
const ROOM = 20
/** So many are on their way in at any time. */
const AT_ONCE = 200
const NAMES: readonly Contestant[] = ['estragon', 'before', 'ws', 'socket.io', 'colyseus']
const NOTE =
  'connecting included; estragon tells a room of each newcomer and hands out a session to resume, the others do neither'

/** Everybody wants in at the same time: 2,000 into rooms of 20. */
export const storm: Workload = {
  name: 'storm',
  async run(_quick) {
    const release = keepOn(CORES)
    try {
      const results = await inTurn(present(NAMES), runsOf(1), rush)
      const name = `${PLAYERS.toLocaleString('en')} join rooms of ${ROOM}, ${AT_ONCE} at once`
      const cost = among(`${name}: server time for one`, 'µs', results, (one) => one.cpu_us)
      return [
        drawn({ ...cost, note: NOTE }, 'joining, 2,000 into rooms of 20 at once', 'less'),
        among('until the last is in', 'ms', results, (one) => one.ms),
        among('one of them, p99', 'ms', results, (one) => one.p99),
      ]
    } finally {
      release()
    }
  },
}

async function rush(name: Contestant) {
  const server = await startProgram(entryOf(name), { core: CORES?.server })
  const { dialect } = contestants[name]
  const players: Client[] = []
  const took: number[] = []
  try {
    const before = await server.usage()
    const start = performance.now()
    const founders = await atOnce(PLAYERS / ROOM, took, () => dialect.create(server.port))
    const codes = founders.map(({ code }) => code)
    const joining = (index: number) => dialect.join(server.port, codes[index % codes.length] ?? '')
    const joined = await atOnce(PLAYERS - codes.length, took, joining)
    const ms = performance.now() - start
    const after = await server.usage()
    players.push(...founders.map(({ client }) => client), ...joined)
    const p99 = quantile(Float64Array.from(took).sort(), 0.99)
    return { ms, p99, cpu_us: spentOn(players.length, before, after) }
  } finally {
    for (const { socket } of players) socket.destroy()
    await server.close()
  }
}

/** Does it so often, some of it at any time; notes in `took` how long each time was, in ms. */
async function atOnce<T>(
  count: number,
  took: number[],
  act: (index: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const work = async () => {
    while (next < count) {
      const start = performance.now()
      results.push(await act(next++))
      took.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return results
}
