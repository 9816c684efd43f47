// What a newcomer would try against a server that was just started: `exchange.ts PORT`.
import assert from 'node:assert/strict'
import { openRaw } from './raw.ts'

const port = Number(process.argv[2])
assert(port > 0, 'exchange.ts: expected a port')
const page = `http://127.0.0.1:${port}`

const health = await fetch(`${page}/healthz`)
assert.equal(health.status, 200, 'GET /healthz')
assert.equal((await health.text()).trim(), 'OK', 'GET /healthz')
console.log('GET /healthz: 200 OK')

const demo = await fetch(`${page}/`)
assert.equal(demo.status, 200, 'GET /')
assert.match(await demo.text(), /<script\b/i, 'GET /: expected a page with a script')
console.log('GET /: 200, a page with a script')

const nothing = await fetch(`${page}/nothing`)
await nothing.body?.cancel()
assert.equal(nothing.status, 404, 'GET /nothing')
console.log('GET /nothing: 404')

const raw = await openRaw(`ws://127.0.0.1:${port}`)
raw.send('{"type":0,"text":"hello, server!"}')
const hello = await raw.frames.until((frame) => typeOf(frame.value) === 1, 'a greeting')
assert.deepEqual(hello.value, { type: 1, message: { text: 'hello, client!' } })
assert.equal(typeOf(raw.frames.items[0]?.value), 'welcome', 'expected a welcome first')
raw.send('{"type":"ping","id":"1","data":{}}')
await raw.frames.until((frame) => (frame.value as { re?: unknown })?.re === '1', 'a reply to ping')
await raw.close()
console.log('WebSocket: welcome, hello, ping')

function typeOf(value: unknown): unknown {
  return (value as { type?: unknown } | undefined)?.type
}
