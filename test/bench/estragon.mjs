// The compiled server under test. All players come from one address, so that its limits on those are
// lifted; its rates are lifted as well, unless BENCH_RATES says that the defaults are to stay.
import { createServer, defineRoom } from '../../dist/server/server.js'
import { report, warn } from './report.mjs'

const silent = () => {}
const server = await createServer({
  port: 0,
  host: '127.0.0.1',
  ...(process.env.BENCH_RATES !== 'default' && { rates: false }),
  limits: { connections: 5_000, sessions: 10_000 },
  rooms: { arena: defineRoom({ capacity: 200, namespaces: ['game'] }) },
  log: { trace: silent, debug: silent, info: silent, warn, error: warn },
})
report(server.port)
