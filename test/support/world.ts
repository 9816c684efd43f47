import type { Test } from 'tap'
import { WebSocket } from 'ws'
import { createHub, createServer, type HubOptions, type Stats } from '../../server/server.ts'
import { type ConnectOptions, connect, type Network } from '../../web-client/client.ts'
import type { WebSocketConstructor } from '../../web-client/link.ts'
import { openRaw, type RawClient } from './client.ts'
import { type Clock, createClock, createTestWorld, type LogLine } from './clock.ts'
import { type MemorySocket, memoryWebSocket } from './memory.ts'

/** While time flies, nobody could answer a ping in time. */
export const UNHURRIED_MS = 604_800_000

/** How the clients of a test reach its server. */
export type Over = 'memory' | 'socket'
export const OVERS: readonly Over[] = ['memory', 'socket']

/** ws as the standard WebSocket it is, and more. */
export const NodeSocket = WebSocket as unknown as WebSocketConstructor

export interface TestWorld {
  readonly clock: Clock
  readonly lines: readonly LogLine[]
  readonly url: string
  readonly Socket: WebSocketConstructor
  /** The in-memory sockets opened so far. */
  readonly sockets: readonly MemorySocket[]
  stats(): Stats
  /** A client without a library. */
  raw(): Promise<RawClient>
  /** The web client; it comes back at once after a drop. */
  connect(options?: ConnectOptions): Promise<Network>
}

/** A server with a clock of its own; everything ends with the test. */
export async function world(
  t: Test,
  { over = 'memory', ...options }: HubOptions & { readonly over?: Over } = {},
): Promise<TestWorld> {
  const clock = createClock()
  const serverWorld = createTestWorld(clock)
  const limits = { seated_heartbeat_ms: UNHURRIED_MS, ...options.limits }
  const settings = { dev: true, world: serverWorld, ...options, limits }
  const sockets: MemorySocket[] = []
  const networks: Network[] = []
  const raws: RawClient[] = []
  const host = over === 'socket' ? await listening(settings) : inMemory(settings, sockets)
  t.teardown(async () => {
    for (const network of networks) network.close()
    for (const client of raws) client.drop()
    await host.close()
  })

  return {
    clock,
    sockets,
    lines: serverWorld.lines,
    url: host.url,
    Socket: host.Socket,
    stats: host.stats,
    async raw() {
      const client = await openRaw(host.Socket, host.url)
      raws.push(client)
      return client
    },
    async connect(connectOptions = {}) {
      const timers = {
        now: clock.now,
        after: (ms: number, callback: () => void) =>
          ms > 0 ? clock.after(ms, callback) : immediately(callback),
      }
      const network = await connect(host.url, {
        WebSocket: host.Socket,
        timers,
        backoff: () => 0,
        ...connectOptions,
      })
      networks.push(network)
      return network
    },
  }
}

export function immediately(callback: () => void): () => void {
  const handle = setImmediate(callback)
  return () => clearImmediate(handle)
}

async function listening(options: HubOptions) {
  const server = await createServer({ port: 0, host: '127.0.0.1', ...options })
  const url = `ws://127.0.0.1:${server.port}`
  return { url, Socket: NodeSocket, stats: server.stats, close: server.close }
}

function inMemory(options: HubOptions, sockets: MemorySocket[]) {
  const hub = createHub(options)
  const close = async () => hub.close()
  return { url: 'memory:', Socket: memoryWebSocket(hub, sockets), stats: hub.stats, close }
}
