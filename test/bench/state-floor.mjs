// What no server of state can do without: the same rows walk, and each client is written one constant
// message of as many bytes, as BENCH_BYTES says, 20 times a second. With BENCH_ASKED each is asked once
// a second by a ping behind its message whether it has read that.
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { report } from './report.mjs'
import { createSwitch, createWalkers, ticking } from './state-walk.mjs'

const size = Number(process.env.BENCH_BYTES)
const start = size < 126 ? 2 : 4
const frame = Buffer.alloc(start + size, 1)
frame[0] = 0x82
frame[1] = size < 126 ? size : 126
if (size >= 126) frame.writeUInt16BE(size, 2)

const isAsked = process.env.BENCH_ASKED !== undefined
const ASK_TICKS = 20
const ping = Buffer.alloc(10, 1)
ping[0] = 0x89
ping[1] = 8
const asking = Buffer.concat([frame, ping])
let tick = 0

const sockets = new Set()
const http = createServer()
const server = new WebSocketServer({ server: http, perMessageDeflate: false })
server.on('connection', (ws, { socket }) => {
  sockets.add(socket)
  ws.on('close', () => sockets.delete(socket))
})
const { step } = createWalkers()
const going = createSwitch()
ticking(() => {
  if (!going.isOn) return
  step()
  let at = tick++
  for (const socket of sockets) socket.write(isAsked && at++ % ASK_TICKS === 0 ? asking : frame)
})
http.listen(0, '127.0.0.1', () => report(http.address().port))
