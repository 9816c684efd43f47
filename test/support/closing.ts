/** An application that closes its server while questions are open, and then has nothing more to do. */
import { WebSocket } from 'ws'
import { createServer, defineRoom } from '../../server/server.ts'

const say = (error: unknown) => console.log((error as { code?: string }).code ?? String(error))
const quiz = defineRoom({
  onJoined(room, member) {
    room.every(1_000, () => {})
    // Nobody answers either.
    room.ask(member, 'quiz.name').catch(say)
    void room.intercom('quiz.nobody', null, 60_000)
  },
  functions: { 'quiz.think': () => new Promise(() => {}) },
})
const server = await createServer({ port: 0, host: '127.0.0.1', rooms: { quiz } })
const socket = new WebSocket(`ws://127.0.0.1:${server.port}`)
const tell = (message: object) => socket.send(JSON.stringify(message))
socket.on('message', (text) => {
  const { type, re } = JSON.parse(String(text)) as { type: string; re?: string }
  if (type === 'welcome') tell({ type: 'room.create', id: '1', data: { kind: 'quiz' } })
  if (type === 'query') {
    const data = { name: 'quiz.think', args: [], timeout: 60_000 }
    tell({ type: 'function.call', id: '2', to: ['server'], data })
    tell({ type: 'ping', id: '3' })
  }
  if (re === '3') void server.close().then(() => console.log('closed'))
})
