import type { Test } from 'tap'
import { SCOPES, type Scope } from '../../protocol/players.ts'
import type { Store } from '../../server/core/store/store.ts'
import { createKey } from '../../server/features/keys.ts'
import { createServer, type ServerOptions } from '../../server/server.ts'
import { createDirectStore } from '../../server/store/direct.ts'
import { openStore } from '../../server/store/store.ts'
import { type Any, openRaw, type RawClient } from './client.ts'
import { type Clock, createClock, createTestWorld, type LogLine } from './clock.ts'
import { NodeSocket } from './world.ts'

/** What the HTTP API answered. */
export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly body: Any
}

export interface Said {
  readonly key?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A server with a store and a clock of its own, and a service that calls its HTTP API. */
export interface Service {
  readonly clock: Clock
  readonly store: Store
  readonly lines: readonly LogLine[]
  readonly port: number
  /** The key of the service, with every scope unless the test said otherwise. */
  readonly key: string
  /** Another key, with these scopes; and its id. */
  keyWith(...scopes: readonly Scope[]): Promise<{ readonly key: string; readonly id: string }>
  /** Calls a route, as `GET /v1/players/7`. */
  call(route: string, said?: Said): Promise<Answered>
  /** The same, with a body and the answer's alone; throws unless it was answered with 200. */
  ask(route: string, body?: unknown): Promise<Any>
  /** A player of the service: an alias and a token. */
  player(identifier: string): Promise<Any>
  ticket(key?: string): Promise<string>
  /** A client of the game, without a library. */
  raw(): Promise<RawClient>
  /** A client who is that player. */
  play(identifier: string): Promise<RawClient>
  /** Ends the server before the test does. */
  close(): Promise<void>
}

export interface ServiceOptions extends ServerOptions {
  readonly scopes?: readonly Scope[]
  /** A file that it shares with another, by a thread of its own; in memory unless given. */
  readonly file?: string
  readonly seed?: number
}

export async function service(t: Test, options: ServiceOptions = {}): Promise<Service> {
  const { scopes = SCOPES, file, seed = 1, ...settings } = options
  const clock = createClock()
  const world = createTestWorld(clock, seed)
  // Starting a thread takes longer than most tests.
  const store = file ? await openStore(file, world) : createDirectStore(world.log)
  const server = await createServer({
    ...{ host: '127.0.0.1', port: 0, dev: true, rates: false, world, store },
    ...settings,
  })
  const { port } = server
  const raws: RawClient[] = []
  let isClosed = false
  const { key } = await createKey(store, world, 'the service', scopes)
  const own: Service = {
    ...{ clock, store, lines: world.lines, port, key },
    keyWith: (...held) => createKey(store, world, 'another', held),
    async call(route, { key: other = key, body, headers } = {}) {
      const [method = '', path = ''] = route.split(' ')
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: {
          ...(other && { authorization: `Bearer ${other}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: rawOf(body) }),
      })
      const text = await response.text()
      const { status, headers: answered } = response
      return { status, headers: answered, body: text === '' ? undefined : JSON.parse(text) }
    },
    async ask(route, body) {
      const answer = await own.call(route, { body })
      if (answer.status === 200) return answer.body
      throw new Error(`${route}: ${answer.status} ${JSON.stringify(answer.body)}`)
    },
    player: (identifier) => own.ask('POST /v1/players/identify', { service: 'name', identifier }),
    async ticket(other = key) {
      const { body } = await own.call('POST /v1/socket-tickets', { key: other })
      return body.ticket
    },
    async raw() {
      const client = await openRaw(NodeSocket, `ws://127.0.0.1:${port}`)
      raws.push(client)
      return client
    },
    async play(identifier) {
      const { alias, token } = await own.player(identifier)
      const client = await own.raw()
      await client.ask('player.identify', { alias: alias.id, token })
      return client
    },
    async close() {
      if (isClosed) return
      isClosed = true
      for (const client of raws) client.drop()
      await server.close()
      await store.close()
    },
  }
  t.teardown(own.close)
  return own
}

/** Bytes and text go as they are, anything else as JSON. */
const rawOf = (body: unknown) =>
  typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
