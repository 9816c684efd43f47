import { WebSocket } from 'ws'

/** What a link is told, or finds out. */
export interface LinkEvents {
  admitted(): void
  /** What is there is not what was looked for; `closed` follows. */
  wrong(reason: string): void
  said(type: unknown, data: unknown): void
  closed(reason: string): void
}

export interface LinkOptions {
  readonly url: string
  readonly auth: string
  readonly after: (ms: number, callback: () => void) => () => void
}

export interface Link {
  send(event: unknown): Promise<void>
  close(): void
}

/** How long the server may take to say whether the secret is right. */
const ANSWER_MS = 10_000
/** Three of the server's heartbeats. */
const SILENCE_MS = 60_000
/** What is closed with these was meant for something else. */
const WRONG: ReadonlySet<number> = new Set([1002, 1003, 1007, 1008, 4100])

/** One connection to `/ws`, which introduces itself; closed by either side, once. */
export function openLink({ url, auth, after }: LinkOptions, events: LinkEvents): Link {
  const socket = new WebSocket(url)
  let isIn = false
  let last = 'connection closed'
  let cancelSilence = () => {}
  const cancelAnswer = after(ANSWER_MS, () => end(`${url} said nothing for ${ANSWER_MS} ms`))
  socket.on('open', () => {
    alive()
    void send({ type: 'server_connect', data: { auth } }).catch(() => {}) // its close says so
  })
  socket.on('ping', alive)
  socket.on('message', (data) => receive(String(data)))
  socket.on('unexpected-response', (_, { statusCode }) => end(`${url} answered ${statusCode}`))
  socket.on('error', (error) => {
    last = error.message
  })
  socket.on('close', (code, reason) => {
    cancelSilence()
    cancelAnswer()
    if (!isIn && WRONG.has(code)) events.wrong(`${url} closed with ${code}: ${reason}`)
    events.closed(`${last} (${code})`)
  })
  return { send, close: () => socket.close(1000) }

  function alive(): void {
    cancelSilence()
    cancelSilence = after(SILENCE_MS, () => socket.terminate())
  }

  function end(reason: string): void {
    last = reason
    events.wrong(reason)
    socket.terminate()
  }

  function receive(text: string): void {
    const { type, data } = parse(text)
    if (isIn) return events.said(type, data)
    if (type !== 'server_connect') return end(`${url} is no /ws: it says ${String(type)}`)
    cancelAnswer()
    if (data !== true) return events.wrong(`${url} refused the secret`)
    isIn = true
    events.admitted()
  }

  function send(event: unknown): Promise<void> {
    return new Promise((resolve, reject) =>
      socket.send(JSON.stringify(event), (error) => (error ? reject(error) : resolve())),
    )
  }
}

function parse(text: string): { readonly type?: unknown; readonly data?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as object
  } catch {
    return {}
  }
}
