import type { Test } from 'tap'
import WebSocket from 'ws'
import type { Any } from './client.ts'

/** A client of jssocket's: it sends events, and takes frames in the order in which they came. */
export interface Jssocket {
  /** Every frame so far, as text. */
  readonly texts: readonly string[]
  /** The text of the frame that was taken last. */
  readonly last: string
  readonly closed: Promise<number>
  send(event: unknown): void
  /** The next frame that was not taken yet, parsed; rejects when the connection closes before. */
  next(): Promise<Any>
  /** Sends, and takes the next frame. */
  ask(event: unknown): Promise<Any>
  drop(): void
}

/** Opens `/ws`; dropped with the test. */
export async function openJssocket(
  t: Test,
  port: number,
  headers: Readonly<Record<string, string>> = {},
  path = '/ws',
): Promise<Jssocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers })
  t.teardown(() => socket.terminate())
  const texts: string[] = []
  const waiters: { resolve(text: string): void; reject(error: Error): void }[] = []
  let taken = 0
  let isClosed = false
  const closed = new Promise<number>((resolve) => {
    socket.on('close', (code) => {
      isClosed = true
      for (const { reject } of waiters) reject(new Error(`closed with ${code}`))
      resolve(code)
    })
  })
  socket.on('message', (data) => {
    texts.push(String(data))
    const waiter = waiters.shift()
    if (waiter) waiter.resolve(texts[taken++] ?? '')
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => {})

  const own: Jssocket = {
    texts,
    closed,
    get last() {
      return texts[taken - 1] ?? ''
    },
    send: (event) => socket.send(typeof event === 'string' ? event : JSON.stringify(event)),
    async next() {
      if (taken < texts.length) return JSON.parse(texts[taken++] ?? '')
      if (isClosed) throw new Error('closed before the frame came')
      return JSON.parse(
        await new Promise<string>((resolve, reject) => waiters.push({ resolve, reject })),
      )
    },
    ask(event) {
      own.send(event)
      return own.next()
    },
    drop: () => socket.terminate(),
  }
  return own
}

/** A client that has said client_connect, with a token if it has one; and its connection's id. */
export async function connected(t: Test, port: number, token?: string) {
  const client = await openJssocket(t, port)
  const { data } = await client.ask(clientConnect(token))
  return Object.assign(client, { id: data.target as string, authenticated: data.authenticated })
}

/** A backend that has said server_connect. */
export async function backend(t: Test, port: number, auth = '12345678') {
  const client = await openJssocket(t, port)
  const answer = await client.ask({ type: 'server_connect', data: { auth } })
  if (answer.data !== true) throw new Error('the backend was refused')
  return client
}

export const clientConnect = (token?: string) => ({
  type: 'client_connect',
  data: token === undefined ? {} : { token },
})

/** Everything that was sent to this client before has come: what it tells itself comes last. */
export async function settled(client: Jssocket): Promise<void> {
  const data = { settled: client.texts.length }
  const answer = await client.ask({ type: 'notify_client', data: { data } })
  if (answer.settled !== data.settled)
    throw new Error(`expected nothing else, got ${JSON.stringify(answer)}`)
}
