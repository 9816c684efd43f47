import { WebSocket } from 'ws'
import { connect } from '../../web-client/client.ts'
import type { WebSocketConstructor } from '../../web-client/link.ts'

/* A program that waits for nothing it says, and for no listener; prints what its client reports. */

const network = await connect(process.argv[2] ?? '', {
  WebSocket: WebSocket as unknown as WebSocketConstructor,
  report: (error) => console.log((error as { code?: string }).code ?? (error as Error).message),
})
const room = await network.rooms.joinOrCreate('plaza')
room.on('updated', async () => {
  throw new Error('a listener failed')
})
network.events.emit('other.thing')
network.events.emit('nonsense')
room.kick(99)
room.lock(true)
await network.rooms.list()
network.close()
network.events.emit('plaza.wave')
