// The compiled server under test, with the limits on one address and on rates lifted.
import { createServer } from '../../dist/server/server.js'
import { report, warn } from './report.mjs'

const silent = () => {}
const server = await createServer({
  port: 0,
  host: '127.0.0.1',
  rates: false,
  limits: { connections: 5_000, sessions: 10_000 },
  log: { trace: silent, debug: silent, info: silent, warn, error: warn },
})
report(server.port)
