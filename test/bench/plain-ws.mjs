// The opponent: the same plaza, written the obvious way on plain ws. One room, no sessions.
import { WebSocketServer } from 'ws'
import { report } from './report.mjs'

const TICK_MS = 50
const BACKEND = { member: 0, player: null, role: 'backend', name: '' }
const members = new Map()
const rows = new Map()
let numbered = 0
let moved = false

const handlers = {
  ping: (_ws, { id }) => ({ type: 'ping', re: id, data: { time: performance.now() } }),
  'room.join_or_create'(ws, { id, type }) {
    members.set(ws, { member: ++numbered, player: null, role: 'player', name: `Guest ${numbered}` })
    return { type, re: id, data: { you: numbered } }
  },
  walk(ws, { data }) {
    const { member } = members.get(ws)
    const tenths = (value) => Math.round(value * 10) / 10
    rows.set(member, [member, tenths(data.x), tenths(data.y)])
    moved = true
  },
  'backend.connect': (_ws, { id, type }) => ({ type, re: id, data: {} }),
  'notify.all'(ws, { id, type, data }) {
    const text = JSON.stringify({ type: 'notify', from: BACKEND, data })
    for (const other of server.clients) if (other !== ws) other.send(text)
    return { type, re: id, data: { delivered: server.clients.size - 1 } }
  },
  'event.emit'(ws, { data }) {
    const { name, args } = data
    broadcast({ type: 'event', room: 'PLAZA2', from: members.get(ws), data: { name, args } })
  },
}

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', maxPayload: 65_536 })
server.on('connection', (ws) => {
  ws.on('message', (bytes) => {
    const message = JSON.parse(bytes)
    const reply = handlers[message.type]?.(ws, message)
    if (reply) ws.send(JSON.stringify(reply))
  })
  ws.on('close', () => {
    rows.delete(members.get(ws)?.member)
    members.delete(ws)
  })
})
setInterval(() => {
  if (!moved) return
  moved = false
  const data = { time: performance.now(), rows: [...rows.values()] }
  broadcast({ type: 'places', room: 'PLAZA2', data })
}, TICK_MS)
server.on('listening', () => {
  const { port } = server.address()
  if (process.send) report(port)
  else console.log(`server listening on 127.0.0.1:${port}`)
})

function broadcast(message) {
  const text = JSON.stringify(message)
  for (const ws of members.keys()) ws.send(text)
}
