// The opponent of the rooms' comparisons: rooms and events as Socket.IO has them.
import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { report } from '../report.mjs'

const sizes = new Map()
const http = createServer()
const io = new Server(http, { transports: ['websocket'], serveClient: false })

io.on('connection', (socket) => {
  socket.on('ping', (_data, answer) => answer({ time: performance.now() }))
  socket.on('room.create', (_data, answer) => {
    const code = `ROOM${String(sizes.size).padStart(2, '0')}`
    answer(enter(socket, code))
  })
  socket.on('room.join', ({ code }, answer) => answer(enter(socket, code)))
  socket.on('event.emit', ({ name, args }) => {
    const { room, from } = socket.data
    socket.to(room).emit('event', { room, from, data: { name, args } })
  })
  socket.on('event.shout', ({ name, args }) => {
    const { room, from } = socket.data
    io.to(room).emit('event', { room, from, data: { name, args } })
  })
  // Each member gets its own ones.
  socket.on('event.burst', ({ count, text }) => {
    const { room } = socket.data
    for (const id of io.sockets.adapter.rooms.get(room)) {
      const one = io.sockets.sockets.get(id)
      for (let at = 0; at < count; at++) {
        const args = [one.data.from.member, at, text]
        one.emit('event', { room, data: { name: 'game.mine', args } })
      }
    }
  })
})

function enter(socket, room) {
  const number = (sizes.get(room) ?? 0) + 1
  sizes.set(room, number)
  socket.data.room = room
  socket.data.from = { member: number, player: null, role: 'player', name: `Guest ${number}` }
  socket.join(room)
  return { room: { code: room }, you: number }
}

http.listen(0, '127.0.0.1', () => report(http.address().port))
