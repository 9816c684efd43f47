import type { Data, WebSocketConstructor, WebSocketLike } from '../../web-client/link.ts'
import type { Any } from './client.ts'

/** What a look at a message may do: nothing, lose it (`true`), or put another in its place. */
type Look = (message: Any) => true | object | undefined

/** Sees what passes through the sockets of one client. */
export interface Tap {
  onSend?: Look
  onReceive?: Look
  /** The same with frames of a binary kind, which are only looked at. */
  onSendBytes?: (bytes: Buffer) => void
  onReceiveBytes?: (bytes: Buffer) => void
}

/** A WebSocket class like `Socket` with a tap on it, until its owner drops it. */
export function tapped(Socket: WebSocketConstructor, tap: Tap): WebSocketConstructor {
  return class implements WebSocketLike {
    onopen: ((event: never) => void) | null = null
    onmessage: ((event: never) => void) | null = null
    onclose: ((event: never) => void) | null = null
    onerror: ((event: never) => void) | null = null
    readonly #socket: WebSocketLike
    #isDropped = false

    constructor(url: string) {
      const socket = new Socket(url)
      this.#socket = socket
      socket.onopen = (event) => this.onopen?.(event)
      socket.onclose = (event) => this.onclose?.(event)
      socket.onerror = (event) => this.onerror?.(event)
      socket.binaryType = 'arraybuffer'
      socket.onmessage = ({ data }: { readonly data: unknown }) => {
        if (data instanceof ArrayBuffer && !this.#isDropped) {
          tap.onReceiveBytes?.(Buffer.from(data))
          this.onmessage?.({ data } as never)
        }
        if (typeof data !== 'string') return
        const text = this.#isDropped ? undefined : through(tap.onReceive, data)
        if (text !== undefined) this.onmessage?.({ data: text } as never)
      }
    }

    send(data: Data): void {
      if (typeof data !== 'string') {
        tap.onSendBytes?.(Buffer.from(data))
        return this.#socket.send(data)
      }
      const passed = through(tap.onSend, data)
      if (passed !== undefined) this.#socket.send(passed)
    }

    close(code?: number, reason?: string): void {
      this.#isDropped = true
      this.#socket.close(code, reason)
    }

    terminate(): void {
      this.#isDropped = true
      this.#socket.terminate?.()
    }
  }
}

/* What a tap may do: lose a message, or take note of something. */

export const lose = (yes: boolean) => yes || undefined

export function note<T>(yes: boolean, list: T[], item: T): undefined {
  if (yes) list.push(item)
}

/** For `onReceive`: a client that does not know the rates, and so sends as fast as it likes. */
export const unpaced: Look = ({ type, data, ...rest }) =>
  type === 'welcome' ? { type, data: { ...data, rates: {} }, ...rest } : undefined

function through(look: Look | undefined, text: string): string | undefined {
  const outcome = look?.(JSON.parse(text))
  if (outcome === true) return undefined
  return outcome === undefined ? text : JSON.stringify(outcome)
}
