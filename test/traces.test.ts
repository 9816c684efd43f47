import t from 'tap'
import { clientOf } from './support/trace-client.ts'
import { serverOf } from './support/trace-server.ts'
import { replay, traces } from './support/traces.ts'

for (const trace of traces) {
  if (trace.sides.includes('server'))
    t.test(`the server: ${trace.name}`, (t) => replay(t, trace, serverOf(trace)))
  if (trace.sides.includes('client'))
    t.test(`the web client: ${trace.name}`, (t) => replay(t, trace, clientOf(trace)))
}
