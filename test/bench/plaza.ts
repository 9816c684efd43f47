import { isCounted } from './client.ts'
import { acknowledging, ageOf, drive, enterAll, stamped, type Walker } from './crowd.ts'
import { alternate, beside, type Figure, quantile, type Workload } from './figures.ts'
import { type Server, withServers } from './server.ts'

const SIZES = [100, 200] as const
const CHATS = 10
const TEXT_LENGTH = 100

/** Everybody moves at 20 Hz and sees everybody; some talk, and how soon it is heard is measured. */
export const plaza: Workload = {
  name: 'plaza',
  async run(quick) {
    const figures: Figure[] = []
    for (const size of SIZES) figures.push(...(await ofSize(size, quick)))
    return figures
  },
}

const ofSize = (size: number, quick: boolean): Promise<Figure[]> =>
  withServers(async (servers) => {
    const [times, ms] = quick ? [1, 2_000] : [3, 3_000]
    const crowds = {
      estragon: await enterAll(servers.estragon, size),
      ws: await enterAll(servers.ws, size),
    }
    const stop = acknowledging(() => [...crowds.estragon, ...crowds.ws].map(({ client }) => client))
    const measure = (length: number) => (side: Server['side']) =>
      busy(servers[side], crowds[side], length)
    await alternate(1, measure(ms / 3))
    const results = await alternate(times, measure(ms))
    stop()
    const name = `${size} at 20 Hz`
    return [
      beside(`${name}: server time for one delivery`, 'µs', results, (one) => one.cpu_us),
      beside(`${name}: chat heard, p50`, 'ms', results, (one) => one.p50),
      beside(`${name}: chat heard, p99`, 'ms', results, (one) => one.p99),
    ]
  })

async function busy(server: Server, crowd: readonly Walker[], ms: number) {
  const ages: number[] = []
  for (const { client } of crowd)
    client.onMessage = (bytes, start, end) => {
      if (isCounted(bytes, start)) ages.push(ageOf(bytes, end, TEXT_LENGTH))
    }
  const deliveries = () => crowd.reduce((sum, { client }) => sum + client.messages, 0)
  const before = { ...(await server.usage()), deliveries: deliveries() }
  await drive(crowd, ms, { chats: CHATS, chat: () => stamped(TEXT_LENGTH) })
  const after = { ...(await server.usage()), deliveries: deliveries() }
  for (const { client } of crowd) client.onMessage = () => {}
  const sorted = Float64Array.from(ages).sort()
  return {
    cpu_us: ((after.cpu_ms - before.cpu_ms) * 1000) / (after.deliveries - before.deliveries),
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
  }
}
