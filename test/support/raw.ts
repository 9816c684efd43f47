import { once } from 'node:events'
import WebSocket from 'ws'
import { createFeed, type Feed } from './feed.ts'

export interface Frame {
  readonly text: string
  readonly binary: boolean
  /** What the text says, strictly parsed; undefined when it is not JSON. */
  readonly value: unknown
}

/** A WebSocket that knows nothing of the protocol: it sends what it is told and keeps what comes. */
export interface Raw {
  readonly frames: Feed<Frame>
  send(data: string | Uint8Array): void
  close(): Promise<void>
}

export async function openRaw(url: string): Promise<Raw> {
  const socket = new WebSocket(url)
  const frames = createFeed<Frame>(url)
  socket.on('message', (data, binary) => {
    const text = String(data)
    frames.push({ text, binary, value: parse(text) })
  })
  socket.on('close', (code, reason) => frames.end(`closed with ${code} ${reason}`))
  await once(socket, 'open')
  socket.on('error', (error) => frames.end(error.message))

  return {
    frames,
    send: (data) => socket.send(data),
    async close() {
      if (socket.readyState === WebSocket.CLOSED) return
      const closed = once(socket, 'close')
      socket.close(1000)
      await closed
    },
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
