// `node --import ts-node/import test/bench/opponents/check.mjs`: that the load's own Socket.IO and the
// real client are in one room, and that each hears the other as it would hear itself.
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { io } from 'socket.io-client'
import { ageOf, socketIo } from '../dialects.ts'

const SECOND_US = 1_000_000
const server = fork(join(import.meta.dirname, 'socket-io.mjs'), { execArgv: [] })
const [{ port }] = await once(server, 'message')

const byHand = await socketIo.open(port)
const code = await socketIo.create(byHand)
const real = io(`http://127.0.0.1:${port}`, { transports: ['websocket'] })
const { you, room } = await real.timeout(5_000).emitWithAck('room.join', { code })
assert.deepEqual({ you, room }, { you: 2, room: { code } })

const atReal = new Promise((resolve) => real.once('event', resolve))
byHand.write(socketIo.emit(), false)
const event = await atReal
const from = { member: 1, player: null, role: 'player', name: 'Guest 1' }
assert.deepEqual({ ...event, data: event.data.name }, { room: code, from, data: 'game.move' })

const stamp = String(Math.floor(performance.now() * 1000)).padStart(10, '0')
const atHand = new Promise((resolve) => {
  byHand.onMessage = (bytes, start, end) => {
    if (!socketIo.hears(byHand, bytes, start, end)) return
    resolve({ text: bytes.toString('utf8', start, end), age: ageOf(bytes, end, socketIo) })
  }
})
const args = [...event.data.args.slice(0, -1), stamp]
real.emit('event.emit', { name: 'game.move', args })
const { text, age } = await atHand
const data = { name: 'game.move', args }
assert.equal(
  text,
  `42${JSON.stringify(['event', { room: code, from: { ...from, member: 2, name: 'Guest 2' }, data }])}`,
)
assert.ok(age >= 0 && age < SECOND_US, `${age} µs`)

console.log('the real socket.io-client and the one by hand understand each other')
real.close()
server.disconnect()
process.exit()
