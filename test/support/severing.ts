import type { Socket } from 'node:net'
import type { createRandom } from './clock.ts'
import type { Frame } from './frames.ts'
import { createRelay, drop, type Ends, type Line } from './relay.ts'

/**
 * How a connection is severed: both sides at once; the client's side only, or the server's, so that
 * the other learns of it late; within a frame of the client's, or of the server's.
 */
export const SEVERINGS = ['both', 'client', 'server', 'up', 'down'] as const
export type Severing = (typeof SEVERINGS)[number]

/** A way to a server for one client, of whatever it speaks, that is severed when a test says so. */
export interface SeverableLine extends Line {
  /** How many messages of bytes its client has sent. */
  readonly said: number
  /** Resolves once it is done: with the next frame of its direction, or now; false without one. */
  sever(how: Severing): Promise<boolean>
  /** Nothing passes, and nothing is severed, until it flows again. */
  stall(): void
  flow(): void
  close(): Promise<void>
}

/** What one side of the other's end notices late takes so long to be noticed. */
const LATE_MS = 300
/** What a frame's first byte says that it holds. */
const [OPCODE, OF_BYTES] = [0x0f, 0x02]

type Random = ReturnType<typeof createRandom>
type Tear = { readonly direction: 'up' | 'down'; readonly done: () => void }

export async function createSeverable(port: number, random: Random): Promise<SeverableLine> {
  const pairs = new Set<Ends>()
  let tear: Tear | undefined
  let said = 0
  const relay = createRelay<Ends>(port, {
    begin(ends) {
      pairs.add(ends)
      ends.upstream.on('close', () => pairs.delete(ends))
      return ends
    },
    up(pair, frame) {
      if (((frame.bytes[0] ?? 0) & OPCODE) === OF_BYTES) said++
      pass(pair, 'up', pair.upstream, frame)
    },
    down: (pair, frame) => pass(pair, 'down', pair.client, frame),
  })
  await relay.listen()
  return {
    get url() {
      return relay.url
    },
    get said() {
      return said
    },
    hold: relay.hold,
    release: relay.release,
    close: relay.close,
    async sever(how) {
      const pair = [...pairs].find((one) => !one.isCut && one.head.length > 0)
      if (!pair) return false
      if (how === 'both') drop(pair)
      else if (how === 'client') orphan(pair, pair.client, pair.upstream)
      else if (how === 'server') orphan(pair, pair.upstream, pair.client)
      else await new Promise<void>((done) => (tear = { direction: how, done }))
      return true
    },
    stall: () => eachSocket((socket) => socket.pause()),
    flow: () => eachSocket((socket) => socket.resume()),
  }

  function pass(pair: Ends, way: 'up' | 'down', to: Socket | undefined, { bytes }: Frame): void {
    if (pair.isCut) return
    if (tear?.direction !== way) return void to?.write(bytes)
    const { done } = tear
    tear = undefined
    to?.write(bytes.subarray(0, random.below(bytes.length)), () => {
      drop(pair)
      done()
    })
    pair.isCut = true
  }

  function eachSocket(act: (socket: Socket) => void): void {
    for (const { client, upstream } of pairs)
      for (const one of [client, upstream]) if (one) act(one)
  }
}

/** One side is gone; the other hears nothing any more, and learns of it later. */
function orphan(pair: Ends, gone: Socket | undefined, other: Socket | undefined): void {
  pair.isCut = true
  gone?.destroy()
  setTimeout(() => other?.destroy(), LATE_MS)
}
