// A process of its own: a well-behaved client in a room, which says by IPC how long its pings took.
import { performance } from 'node:perf_hooks'
import { Client, frameOf } from './client.ts'

/** Well within its rates. */
const EVERY_MS = 20

const client = await Client.open(Number(process.argv[2]), { library: true })
await client.welcome
const joined = client.next('"re":"join"')
client.write(frameOf({ type: 'room.join_or_create', id: 'join', data: { kind: 'arena' } }), true)
await joined
const locked = client.next('"re":"lock"')
client.write(frameOf({ type: 'room.lock', id: 'lock', data: { locked: true } }), true)
await locked

let took: number[] = []
let numbered = 0
const sent = new Map<string, number>()
client.onMessage = (bytes, start, end) => {
  const [, id] = /"re":"(p\d+)"/.exec(bytes.toString('utf8', start, end)) ?? []
  const since = sent.get(id ?? '')
  if (id === undefined || since === undefined) return
  sent.delete(id)
  took.push(performance.now() - since)
}
client.onClose = () => process.exit(1)
setInterval(() => {
  const id = `p${++numbered}`
  sent.set(id, performance.now())
  client.write(frameOf({ type: 'ping', id, data: {} }), false)
  client.acknowledge()
}, EVERY_MS)

process.on('message', () => {
  // Those that are not answered yet have taken so long already.
  const now = performance.now()
  const all = [...took, ...[...sent.values()].map((since) => now - since)]
  took = []
  sent.clear()
  process.send?.({ took: all })
})
process.on('disconnect', () => process.exit())
process.send?.({ ready: true })
