import type { Transport } from '../../server/core/session/connection.ts'
import { upgradeOf } from '../../server/core/session/dialect.ts'
import { payloadOf } from '../../server/core/wire/frame.ts'
import type { Door, Ear } from '../../server/transport/lag.ts'
import type { Data, WebSocketConstructor, WebSocketLike } from '../../web-client/link.ts'
import { framesOf } from './frames.ts'

type Listener<E> = ((event: E) => void) | null

/** A client's end of an in-memory pair; enters the server where a socket's messages do. */
export interface MemorySocket extends WebSocketLike {
  /** While true the client reads nothing: what the server writes stays unwritten. */
  stalled: boolean
  /** While true what the server closes is not gone yet, as where its other end does not answer. */
  lingers: boolean
  /** While true nothing passes, either way; all of it does afterwards. */
  still: boolean
  sendBytes(bytes: Buffer, isBinary?: boolean): void
  /** A client that is stalled reads so many bytes, and whole frames of what it has read. */
  read(bytes: number): void
}

/** How a binary frame begins, and a ping (RFC 6455, section 5.2). */
const [BINARY, PING] = [0x82, 0x89]

/** A WebSocket class whose sockets lead into `host` without a network. */
export function memoryWebSocket(host: Door, sockets: MemorySocket[] = []): WebSocketConstructor {
  return class implements MemorySocket {
    onopen: Listener<object> = null
    onmessage: Listener<{ data: string | ArrayBuffer }> = null
    onclose: Listener<{ code: number; reason: string }> = null
    onerror: Listener<object> = null
    lingers = false
    #connection: Ear | undefined
    #isOver = false
    #stalled = false
    #unread: Buffer[] = []
    #readAhead = 0
    #unsent: (() => void)[] | undefined
    #taken = 0

    constructor(url: string) {
      sockets.push(this)
      setImmediate(() => {
        this.onopen?.({})
        this.#connection = host.accept(this.#transport(), upgradeOf(addressIn(url)))
      })
    }

    get stalled(): boolean {
      return this.#stalled
    }

    set stalled(value: boolean) {
      this.#stalled = value
      if (value) return
      const unread = this.#unread
      this.#unread = []
      for (const frame of unread) this.#deliver(frame)
      this.#connection?.written()
    }

    get still(): boolean {
      return this.#unsent !== undefined
    }

    set still(value: boolean) {
      if (value === this.still) return
      const unsent = this.#unsent ?? []
      this.#unsent = value ? [] : undefined
      for (const send of unsent) send()
      this.stalled = value
    }

    send(data: Data): void {
      if (typeof data === 'string') this.sendBytes(Buffer.from(data))
      else this.sendBytes(Buffer.from(data), true)
    }

    sendBytes(bytes: Buffer, isBinary = false): void {
      if (this.#unsent) return void this.#unsent.push(() => this.sendBytes(bytes, isBinary))
      setImmediate(() => {
        if (!this.#isOver) this.#connection?.receive(bytes, isBinary)
      })
    }

    read(bytes: number): void {
      this.#readAhead += bytes
      for (
        let [next] = this.#unread;
        next && next.length <= this.#readAhead;
        [next] = this.#unread
      ) {
        this.#unread.shift()
        this.#readAhead -= next.length
        this.#deliver(next)
      }
      if (this.#unread.length === 0) this.#readAhead = 0
    }

    close(code = 1005): void {
      setImmediate(() => this.#finish(code, '', code))
    }

    terminate(): void {
      setImmediate(() => this.#finish(1006, '', 1006))
    }

    #deliver(frame: Buffer): void {
      this.#taken += frame.length
      const payload = payloadOf(frame)
      if (frame[0] === PING) return this.#pong(Buffer.from(payload))
      const data = frame[0] === BINARY ? Uint8Array.from(payload).buffer : payload.toString()
      setImmediate(() => {
        if (!this.#isOver) this.onmessage?.({ data })
      })
    }

    #pong(payload: Buffer): void {
      setImmediate(() => this.#isOver || this.#connection?.ponged(payload))
    }

    #finish(code: number, reason: string, seenByServer: number): void {
      if (this.#isOver) return
      this.#isOver = true
      const connection = this.#connection
      connection?.closed(seenByServer)
      if (connection) host.forget(connection)
      this.onclose?.({ code, reason })
    }

    #transport(): Transport {
      const unread = () => this.#unread
      const taken = () => this.#taken
      return {
        address: 'memory',
        get unwritten() {
          return unread().reduce((sum, frame) => sum + frame.length, 0)
        },
        get taken() {
          return taken()
        },
        write: (frames) => {
          if (this.#isOver) return true
          const copy = Buffer.from(frames)
          if (this.#stalled) this.#unread.push(...framesOf(copy))
          else for (const frame of framesOf(copy)) this.#deliver(frame)
          return true
        },
        ping: () => setImmediate(() => this.#stalled || this.#connection?.ponged()),
        close: (code, reason) =>
          setImmediate(() => this.lingers || this.#finish(code, reason, code)),
        reset: () => setImmediate(() => this.#finish(1006, '', 1006)),
      }
    }
  }
}

/** Path and query of `memory:/path?query`. */
const addressIn = (url: string) => url.replace(/^[a-z]+:/, '') || '/'
