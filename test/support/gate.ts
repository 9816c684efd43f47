import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to a port on this machine that can be shut: who comes then waits until it opens again. */
export interface Gate {
  readonly port: number
  shut(): void
  /** Nothing comes through any more of those who are there, and nobody hears so: a cable is cut. */
  hold(): void
  /** Ends the ways of those who are there, as a phone does in a pocket. */
  drop(): void
  /** Everything that waits comes through. */
  open(): void
  close(): Promise<void>
}

export async function openGate(to: number): Promise<Gate> {
  const sockets = new Set<Socket>()
  const waiting = new Set<Socket>()
  const held = new Set<Socket>()
  let isOpen = true
  const server = createServer((socket) => {
    keep(socket)
    if (isOpen) admit(socket)
    else waiting.add(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    shut() {
      isOpen = false
    },
    hold() {
      for (const socket of sockets) if (!waiting.has(socket)) held.add(socket.pause())
    },
    drop() {
      for (const socket of sockets) socket.destroy()
    },
    open() {
      isOpen = true
      for (const socket of held) socket.resume()
      held.clear()
      for (const socket of waiting) admit(socket)
      waiting.clear()
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }

  function admit(socket: Socket): void {
    const onward = keep(connect(to, '127.0.0.1'))
    socket.once('close', () => onward.destroy())
    onward.once('close', () => socket.destroy())
    socket.pipe(onward).pipe(socket)
  }

  function keep(socket: Socket): Socket {
    sockets.add(socket)
    socket.once('close', () => {
      sockets.delete(socket)
      waiting.delete(socket)
      held.delete(socket)
    })
    return socket.on('error', () => socket.destroy())
  }
}
