// The opponent of the rooms' comparisons: rooms and events, the obvious way on plain ws. No sessions.
import { WebSocketServer } from 'ws'
import { report } from './report.mjs'

const rooms = new Map()
const seats = new Map()

const handlers = {
  ping: (_ws, { type, id }) => ({ type, re: id, data: { time: performance.now() } }),
  'room.create'(ws, { type, id }) {
    const code = `ROOM${String(rooms.size).padStart(2, '0')}`
    rooms.set(code, new Map())
    return { type, re: id, data: enter(ws, code) }
  },
  'room.join': (ws, { type, id, data }) => ({ type, re: id, data: enter(ws, data.code) }),
  'event.emit'(ws, { to, data }) {
    const { room, from } = seats.get(ws)
    const { name, args } = data
    if (name === 'game.burst') return burst(room, ...args)
    const text = JSON.stringify({ type: 'event', room, from, data: { name, args } })
    const isToAll = to?.[0] === 'all'
    for (const member of rooms.get(room).keys()) if (isToAll || member !== ws) member.send(text)
  },
}

/** Each member gets its own ones. */
function burst(room, count, text) {
  for (const [ws, { member }] of rooms.get(room))
    for (let at = 0; at < count; at++) {
      const data = { name: 'game.mine', args: [member, at, text] }
      ws.send(JSON.stringify({ type: 'event', room, data }))
    }
}

function enter(ws, room) {
  const members = rooms.get(room)
  const number = members.size + 1
  const from = { member: number, player: null, role: 'player', name: `Guest ${number}` }
  members.set(ws, from)
  seats.set(ws, { room, from })
  return { room: { code: room }, you: number }
}

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', maxPayload: 65_536 })
server.on('connection', (ws) => {
  ws.on('message', (bytes) => {
    const message = JSON.parse(bytes)
    const reply = handlers[message.type]?.(ws, message)
    if (reply) ws.send(JSON.stringify(reply))
  })
  ws.on('close', () => {
    rooms.get(seats.get(ws)?.room)?.delete(ws)
    seats.delete(ws)
  })
})
server.on('listening', () => report(server.address().port))
