/** The part of the standard WebSocket that is used; Node 20 users pass one in (package `ws`). */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  /** What a binary message is given as: `arraybuffer`. */
  binaryType?: string
  send(data: Data): void
  close(code?: number, reason?: string): void
  /** Drops the socket without a goodbye, where the implementation can. */
  terminate?(): void
}

export type WebSocketConstructor = new (url: string, protocols?: string[]) => WebSocketLike

/** A whole message: JSON text, or the bytes of a binary kind. */
export type Data = string | Uint8Array<ArrayBuffer>

export interface LinkEvents {
  opened(): void
  received(data: Data): void
  /** It never opened, or it closed; told once. `code` is 1006 where the peer gave none. */
  closed(code: number, reason: string): void
}

export interface Link {
  send(data: Data): void
  close(code: number, reason: string): void
  /** Drops the socket as a cut cable would; nothing is told afterwards. */
  cut(): void
}

export interface Timers {
  now(): number
  after(ms: number, callback: () => void): () => void
}

/** No code of the protocol: the server takes it for a lost connection. */
const CUT = 4999
/** Where the peer gave no code. */
export const LOST = 1006

/** One WebSocket. After it has closed, or was cut, nothing of it is heard any more. */
export function openLink(
  Socket: WebSocketConstructor,
  url: string,
  events: LinkEvents,
  timers: Timers,
  timeout: number,
): Link {
  const socket = new Socket(url)
  socket.binaryType = 'arraybuffer'
  const cancel = timers.after(timeout, () => {
    isOver = true
    drop(socket)
    events.closed(LOST, `no connection within ${timeout} ms`)
  })
  let isOpen = false
  let isOver = false

  socket.onopen = () => {
    isOpen = true
    cancel()
    if (!isOver) events.opened()
  }
  socket.onmessage = ({ data }: { data: unknown }) => {
    if (isOver) return
    if (typeof data === 'string') events.received(data)
    else if (data instanceof ArrayBuffer) events.received(new Uint8Array(data))
  }
  socket.onclose = ({ code, reason }: { code?: number; reason?: string }) =>
    finish(code ?? LOST, String(reason ?? ''))
  // Node 22's own says nothing else of a connection that failed; of an open one `close` follows.
  socket.onerror = () => {
    if (!isOpen) finish(LOST, '')
  }

  function finish(code: number, reason: string): void {
    cancel()
    if (isOver) return
    isOver = true
    events.closed(code, reason)
  }

  return {
    send: (data) => socket.send(data),
    close(code, reason) {
      isOver = true
      cancel()
      socket.close(code, reason)
    },
    cut() {
      isOver = true
      cancel()
      drop(socket)
    },
  }
}

function drop(socket: WebSocketLike): void {
  if (socket.terminate) socket.terminate()
  else socket.close(CUT, 'cut')
}
