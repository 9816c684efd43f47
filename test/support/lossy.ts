import type { WebSocketConstructor } from '../../web-client/link.ts'
import { type Clock, createRandom } from './clock.ts'

export interface Lossy {
  readonly seed: number
  /** The chance that a packet is lost. */
  readonly loss: number
  /** One way, in ms. */
  readonly way_ms?: number
}

/** How uneven the way is, in ms. */
const JITTER_MS = 3
/** What a packet that is lost is late by, as in lines.ts; one lost again, the time-out on top. */
const [TICK_MS, TIMEOUT_MS] = [50, 300]

/** Sockets over a line as TCP shows it: what is lost is sent again, and what comes after it waits. */
export function lossy(
  Socket: WebSocketConstructor,
  clock: Clock,
  { seed, loss, way_ms = 50 }: Lossy,
): WebSocketConstructor {
  const random = createRandom(seed)
  const line = () => {
    let latest = 0
    return (arrived: () => void) => {
      let at = clock.now() + way_ms + random.float() * JITTER_MS
      if (random.float() < loss) {
        at += TICK_MS + 2.5 * way_ms
        for (let more = TIMEOUT_MS; random.float() < loss; more *= 2) at += more
      }
      latest = Math.max(latest, at)
      clock.after(latest - clock.now(), arrived)
    }
  }
  return class extends Socket {
    readonly #up = line()
    readonly #down = line()

    constructor(url: string, protocols?: string[]) {
      super(url, protocols)
      const down = this.#down
      let listener: ((event: never) => void) | null = null
      // What the socket calls is ours; what a client sets there is called when it has arrived.
      Object.defineProperty(this, 'onmessage', {
        get: () => (listener ? (event: never) => down(() => listener?.(event)) : null),
        set: (next: typeof listener) => {
          listener = next
        },
      })
    }

    override send(data: Parameters<InstanceType<WebSocketConstructor>['send']>[0]): void {
      this.#up(() => super.send(data))
    }
  } as unknown as WebSocketConstructor
}
