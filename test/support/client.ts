import type { Id } from '../../protocol/message.ts'
import type { WebSocketConstructor, WebSocketLike } from '../../web-client/link.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came over the wire
export type Any = any

/** A message as it came, parsed. */
export interface Seen {
  readonly type: string | number
  readonly id?: Id
  readonly re?: Id
  readonly room?: string
  readonly from?: Any
  readonly data: Any
}

/** A client without a library: sends what it is told, remembers what it saw. */
export interface RawClient {
  readonly socket: WebSocketLike
  /** Everything seen so far, in order. */
  readonly seen: readonly Seen[]
  readonly welcome: Any
  /** The close the server gave, once there is one. */
  readonly closed: Promise<{ code: number; reason: string }>
  send(message: object | string): void
  /** A frame of a binary kind; what comes as one is a message of the type `bytes`. */
  sendBytes(bytes: Uint8Array): void
  /** Sends a request; resolves with the whole answer, be it a reply or an error. */
  ask(type: string, data?: object, envelope?: object): Promise<Seen>
  /** The next message of a type that was not taken yet, now or when it comes. */
  next(type: string | number): Promise<Seen>
  /** Resolves when everything sent before it has been handled and answered. */
  settled(): Promise<void>
  /** Drops the connection without a word. */
  drop(): void
  close(code?: number): void
}

/** Opens a socket, says something at once, if anything, and waits for the server's welcome. */
export async function openRaw(
  Socket: WebSocketConstructor,
  url: string,
  first?: object,
): Promise<RawClient> {
  const socket = new Socket(url)
  socket.binaryType = 'arraybuffer'
  const seen: Seen[] = []
  const taken = new Set<Seen>()
  const waiters = new Set<() => void>()
  let numbered = 0
  let isClosed = false

  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.onclose = (event: { code: number; reason: unknown }) => {
      isClosed = true
      resolve({ code: event.code, reason: String(event.reason) })
      for (const waiter of [...waiters]) waiter()
    }
  })
  socket.onerror = () => {}
  if (first) socket.onopen = () => setImmediate(() => client.send(first))
  socket.onmessage = ({ data }: { data: unknown }) => {
    if (data instanceof ArrayBuffer) seen.push({ type: 'bytes', data: Buffer.from(data) })
    else seen.push(JSON.parse(String(data)) as Seen)
    for (const waiter of [...waiters]) waiter()
  }

  const find = (matches: (message: Seen) => boolean): Promise<Seen> =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = seen.find((message) => !taken.has(message) && matches(message))
        if (!found && !isClosed) return
        waiters.delete(look)
        if (!found) return reject(new Error('the connection closed before the message came'))
        taken.add(found)
        resolve(found)
      }
      waiters.add(look)
      look()
    })

  const client: RawClient = {
    socket,
    seen,
    closed,
    welcome: undefined,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    sendBytes: (bytes) => socket.send(Uint8Array.from(bytes)),
    ask(type, data = {}, envelope = {}) {
      const id = `t${++numbered}`
      client.send({ type, id, data, ...envelope })
      return find((message) => message.re === id)
    },
    next: (type) => find((message) => message.type === type && message.re === undefined),
    async settled() {
      await client.ask('ping')
    },
    drop: () => socket.terminate?.(),
    close: (code = 1000) => socket.close(code),
  }
  const { data } = await client.next('welcome')
  return Object.assign(client, { welcome: data })
}
