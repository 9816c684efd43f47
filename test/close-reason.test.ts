import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { CLOSES, ERRORS } from '../protocol/errors.ts'
import type { Endpoint } from '../server/core/session/dialect.ts'
import type { Store } from '../server/core/store/store.ts'
import { createServer, Refusal } from '../server/server.ts'
import { closeReason } from '../server/transport/close-reason.ts'

const bytesOf = (text: unknown) => Buffer.byteLength(`${text}`)

for (const path of ['/?ticket=x', '/socket?ticket=x'])
  t.test(`the store fails while somebody opens ${path}, and the server lives`, async (t) => {
    const failing: Store = {
      run: () => Promise.reject(new Refusal('STORAGE_FAILED')),
      close: async () => {},
    }
    const server = await createServer({ port: 0, host: '127.0.0.1', store: failing })
    t.teardown(server.close)
    const url = `ws://127.0.0.1:${server.port}`

    const closed = await once(new WebSocket(`${url}${path}`), 'close')
    const other = new WebSocket(url)
    const [welcome] = await once(other, 'message')
    other.close()

    t.equal(closed[0], 1001)
    t.match(`${closed[1]}`, /^What was asked could not be stored/)
    t.ok(bytesOf(closed[1]) <= 123)
    t.match(`${welcome}`, /"welcome"/)
  })

t.test('whatever a dialect refuses with, its client is told as much of it as fits', async (t) => {
  const refusing: Endpoint = {
    matches: ({ path }) => path === '/refusing',
    dialect: {
      opened: () => Promise.reject(new Refusal('PERMISSION_DENIED', '🐢'.repeat(100))),
      incoming: () => [],
      outgoing: () => [],
      closing: () => 3000,
    },
  }
  const server = await createServer({ port: 0, host: '127.0.0.1', endpoints: [refusing] })
  t.teardown(server.close)

  const [code, reason] = await once(
    new WebSocket(`ws://127.0.0.1:${server.port}/refusing`),
    'close',
  )

  t.equal(code, 3000)
  t.equal(`${reason}`, `${'🐢'.repeat(30)}…`)
})

for (const [what, text, expected] of [
  ['nothing', '', ''],
  ['what just fits', 'x'.repeat(123), 'x'.repeat(123)],
  ['one byte more', 'x'.repeat(124), `${'x'.repeat(120)}…`],
  ['letters of two bytes', 'é'.repeat(62), `${'é'.repeat(60)}…`],
  ['a character of four bytes at the edge', `x${'🐢'.repeat(40)}`, `x${'🐢'.repeat(29)}…`],
  ['half a character', `${'x'.repeat(119)}\ud83d${'x'.repeat(9)}`, `${'x'.repeat(119)}…`],
] as const)
  t.test(`a reason is cut after a whole character: ${what}`, async (t) => {
    t.equal(closeReason(text), expected)
    t.ok(bytesOf(closeReason(text)) <= 123)
  })

t.test('what each close code says of itself fits whole', async (t) => {
  for (const { doc } of Object.values(CLOSES)) t.equal(closeReason(doc), doc)
  for (const { doc } of Object.values(ERRORS)) t.ok(bytesOf(closeReason(doc)) <= 123)
})
