import { Client, frameOf } from './client.ts'
import { groundOf, said, type Walker } from './crowd.ts'

const REFILL_MS = 5
const NUDGE_MS = 50
/** Longer than what was said last is still done. */
const STILL_MS = 1_000
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

/**
 * Resolves once it is told where everybody stands, as the witness is who reads well: nobody says where to
 * go any more, and nobody has moved for a while.
 */
export function sees(
  watcher: Walker,
  walkers: readonly Walker[],
  witness: Walker | undefined = walkers.find((one) => one !== watcher),
): Promise<void> {
  const placesOf = ({ ground }: Walker) =>
    JSON.stringify(walkers.map(({ number }) => ground?.placeOf(number)))
  let [stood, since] = ['', performance.now()]
  return new Promise((resolve, reject) => {
    const end = (over: () => void) => {
      clearTimeout(timer)
      clearInterval(looking)
      over()
    }
    const fail = () => reject(new Error(`not told where everybody is within ${BOUND_MS} ms`))
    const timer = setTimeout(() => end(fail), BOUND_MS)
    const looking = setInterval(() => {
      if (!witness?.ground) return
      for (const one of [watcher, witness])
        if (one.ground) one.client.write(one.ground.standing(), false)
      const places = placesOf(witness)
      if (places !== stood) [stood, since] = [places, performance.now()]
      if (performance.now() - since < STILL_MS || places.includes('null')) return
      if (placesOf(watcher) === places) end(resolve)
    }, NUDGE_MS)
  })
}

/** Resolves when the connection is gone: who does not read learns of that by writing, as it moves. */
function reset(walker: Walker): Promise<void> {
  const { client } = walker
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const frame = said(walker) ?? walker.ground?.standing()
      if (frame) client.write(frame, false)
    }, NUDGE_MS)
    client.onClose = () => {
      clearInterval(timer)
      resolve()
    }
  })
}
