import { Client, frameOf } from './client.ts'
import { groundOf, said, type Walker } from './crowd.ts'

const REFILL_MS = 5
const NUDGE_MS = 50
/** Only a failure meets it. */
const BOUND_MS = 60_000

// biome-ignore lint/suspicious/noExplicitAny: the data of messages as they came
type Any = any

/** What a reader met who was reset and came back. */
export interface Return {
  readonly walker: Walker
  /** The data of the reply to its claim, and of the snapshot. */
  readonly answer: Any
  readonly snapshot: Any
}

/** Stops reading. */
export function stall({ client }: Walker): void {
  client.socket.pause()
}

/** Lets a client that reads little at once read as many bytes from now on as `allowed` says. */
export function throttle({ client }: Pick<Walker, 'client'>, allowed: () => number): () => void {
  const before = client.bytes
  const mayRead = () => client.bytes - before < allowed()
  const timer = setInterval(() => {
    if (mayRead()) client.socket.resume()
  }, REFILL_MS)
  client.onRead = () => {
    if (!mayRead()) client.socket.pause()
  }
  return () => {
    clearInterval(timer)
    client.onRead = () => {}
    client.socket.resume()
  }
}

/** So many bytes a second, from now on. */
export function steadily(rate: number): () => number {
  const start = performance.now()
  return () => ((performance.now() - start) / 1000) * rate
}

/** Once its connection is reset it opens another, claims its session and looks around. */
export async function comeBack(
  port: number,
  { client: old, token, number, ...rest }: Walker,
): Promise<Return> {
  await reset({ client: old, token, number, ...rest })
  const client = await Client.open(port, { library: true })
  const snapshot = client.next('"session.snapshot"')
  const answer = client.next('"re":"r"')
  const ground = groundOf(client)
  const { sent, received } = old
  const claim = { token, attempt: 1, sent, received, forgotten: 0 }
  client.write(frameOf({ type: 'session.resume', id: 'r', data: claim }), false)
  return {
    walker: { client, number, token, ground: await ground, x: 0, y: 0 },
    answer: (await answer).data,
    snapshot: (await snapshot).data,
  }
}

/** Resolves when it is told where everybody is at that moment. */
export function sees(watcher: Walker, walkers: readonly Walker[]): Promise<void> {
  const { client, ground } = watcher
  const { onState } = client
  const isRight = () =>
    walkers.every(({ number, ground: its }) => {
      const [place, own] = [ground?.placeOf(number), its?.placeOf(number)]
      return place !== undefined && place[0] === own?.[0] && place[1] === own[1]
    })
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error(`not told where everybody is within ${BOUND_MS} ms`))
    const timer = setTimeout(fail, BOUND_MS)
    client.onState = (bytes) => {
      onState(bytes)
      const frame = said(watcher) // which tells the server that it has this tick
      if (frame) client.write(frame, false)
      if (!isRight()) return
      client.onState = onState
      clearTimeout(timer)
      resolve()
    }
  })
}

/** Resolves when the connection is gone: who does not read learns of that by writing, as it moves. */
function reset(walker: Walker): Promise<void> {
  const { client } = walker
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const frame = said(walker)
      if (frame) client.write(frame, false)
    }, NUDGE_MS)
    client.onClose = () => {
      clearInterval(timer)
      resolve()
    }
  })
}
