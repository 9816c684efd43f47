// `node --import ts-node/import test/bench/opponents/check.mjs`: that the load's own wire of each
// opponent and its real client are in one room, and that each hears the other as it would itself.
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Client } from '@colyseus/sdk'
import { io } from 'socket.io-client'
import { colyseus } from '../colyseus.ts'
import { ageOf, socketIo } from '../dialects.ts'

const SECOND_US = 1_000_000
const FIRST = { member: 1, player: null, role: 'player', name: 'Guest 1' }

await check('socket.io', 'socket-io.mjs', socketIo, async (port, code) => {
  const real = io(`http://127.0.0.1:${port}`, { transports: ['websocket'] })
  const { you, room } = await real.timeout(5_000).emitWithAck('room.join', { code })
  assert.deepEqual({ you, room }, { you: 2, room: { code } })
  return {
    event: () => new Promise((resolve) => real.once('event', resolve)),
    send: (data) => real.emit('event.emit', data),
    written: (data) => Buffer.from(`42${JSON.stringify(['event.emit', data])}`),
  }
})

await check('colyseus', 'colyseus.mjs', colyseus, async (port, code) => {
  const real = await new Client(`ws://127.0.0.1:${port}`).joinById(code)
  return {
    event: () => new Promise((resolve) => real.onMessage('event', resolve)),
    send: (data) => real.send('event.emit', data),
    written: (data) => writtenOf(real, 'event.emit', data),
  }
})
process.exit()

async function check(name, entry, dialect, enter) {
  const server = fork(join(import.meta.dirname, entry), { execArgv: [] })
  const [{ port }] = await once(server, 'message')
  const { client, code } = await dialect.create(port)
  const real = await enter(port, code)

  const atReal = real.event()
  const frame = dialect.emit()
  client.write(frame, false)
  const event = await atReal
  assert.deepEqual(
    { ...event, data: event.data.name },
    { room: code, from: FIRST, data: 'game.move' },
  )
  assert.deepEqual(unmasked(frame), real.written(event.data))

  const stamp = String(Math.floor(performance.now() * 1000)).padStart(10, '0')
  const data = { name: 'game.move', args: [...event.data.args.slice(0, -1), stamp] }
  const atHand = new Promise((resolve) => {
    client.onMessage = (bytes, start, end) => {
      if (!dialect.hears(client, bytes, start, end)) return
      resolve(ageOf(bytes, end, dialect))
    }
  })
  real.send(data)
  const age = await atHand
  assert.ok(age >= 0 && age < SECOND_US, `${age} µs`)

  console.log(`the real client of ${name} and the one by hand understand each other`)
  server.disconnect()
}

/** What its client hands to its socket. */
function writtenOf(real, type, data) {
  const { send } = real.connection
  let written
  real.connection.send = (bytes) => {
    written = Buffer.from(bytes)
  }
  real.send(type, data)
  real.connection.send = send
  return written
}

function unmasked(frame) {
  const payload = Buffer.from(frame.subarray(6))
  const mask = frame.subarray(2, 6)
  for (let at = 0; at < payload.length; at++) payload[at] ^= mask[at & 3]
  return payload
}
