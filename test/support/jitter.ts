import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createRandom } from './clock.ts'

export interface JitterOptions {
  /** What each piece is delayed by: from `delay_ms - jitter_ms` to `delay_ms + jitter_ms`. */
  readonly delay_ms: number
  readonly jitter_ms: number
  readonly seed: number
  /** How long a piece is on its way instead, in ms. */
  readonly way?: (random: ReturnType<typeof createRandom>) => number
}

/** A long and uneven way to a port on this machine: pieces come late, but in order, as TCP has it. */
export interface JitterProxy {
  readonly port: number
  /** By how much each piece was delayed, both ways, in ms. */
  readonly delays: readonly number[]
  /** By how much a piece was passed on later than it should have been, at most, in ms. */
  readonly lateness: number
  /** From now on nothing arrives any more. */
  pause(): void
  close(): Promise<void>
}

interface Piece {
  readonly chunk: Buffer
  readonly came: number
  readonly due: number
}

export async function openJitter(to: number, options: JitterOptions): Promise<JitterProxy> {
  const { delay_ms, jitter_ms, seed } = options
  const even = () => delay_ms - jitter_ms + (random.below(1001) / 1000) * 2 * jitter_ms
  const { way = even } = options
  const random = createRandom(seed)
  const sockets = new Set<Socket>()
  const delays: number[] = []
  let lateness = 0
  let isPaused = false
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket.setNoDelay(true).on('error', () => socket.destroy()))
      socket.once('close', () => sockets.delete(socket))
    }
    near.once('close', () => far.destroy())
    far.once('close', () => near.destroy())
    lead(near, far)
    lead(far, near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    delays,
    get lateness() {
      return lateness
    },
    pause() {
      isPaused = true
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }

  /** Passes on what `from` says, each piece when it is due and never before an earlier one. */
  function lead(from: Socket, onward: Socket): void {
    const pieces: Piece[] = []
    let timer: NodeJS.Timeout | undefined
    const pass = () => {
      clearTimeout(timer)
      const now = performance.now()
      for (let [piece] = pieces; piece && !isPaused && piece.due <= now; [piece] = pieces) {
        pieces.shift()
        onward.write(piece.chunk)
        delays.push(now - piece.came)
        lateness = Math.max(lateness, now - piece.due)
      }
      const [next] = pieces
      if (next && !isPaused) timer = setTimeout(pass, next.due - now)
    }
    from.on('data', (chunk) => {
      const came = performance.now()
      pieces.push({ chunk, came, due: Math.max(pieces.at(-1)?.due ?? 0, came + way(random)) })
      pass()
    })
    from.once('close', () => clearTimeout(timer))
  }
}
