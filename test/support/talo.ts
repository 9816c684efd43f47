import { once } from 'node:events'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import type { Scope } from '../../protocol/players.ts'
import type { Any } from './client.ts'
import { type Answered, type Said, type Service, type ServiceOptions, service } from './service.ts'

/** A socket of Talo's, read one frame after the other, as text. */
export interface TaloSocket {
  /** Sends a request; text goes as it is. */
  say(what: string, data?: object): void
  bytes(frame: Buffer, isBinary: boolean): void
  /** The next frame, which is taken. */
  next(): Promise<string>
  /** The frames not taken, once everything sent before it has been answered. */
  rest(): Promise<string[]>
  readonly closed: Promise<{ code: number; reason: string }>
  drop(): void
}

/** A server, and a game that calls it as Talo's clients do. */
export interface Talo extends Omit<Service, 'call' | 'play'> {
  /** Calls a route as the player with this alias. */
  call(route: string, said?: Said & { readonly alias?: number }): Promise<Answered>
  identify(identifier: string, service?: string): Promise<{ alias: Any; socketToken: string }>
  open(address: string): Promise<TaloSocket>
  /** Opened with a ticket, and greeted. */
  connect(key?: string): Promise<TaloSocket>
  /** A player, who has identified on a socket. */
  play(identifier: string, key?: string): Promise<TaloPlayer>
}

export interface TaloPlayer {
  readonly alias: Any
  readonly socket: TaloSocket
}

export const CONNECTED = '{"res":"v1.connected","data":{}}'
export const HEARTBEAT = 'v1.heartbeat'

export async function talo(t: Test, options: ServiceOptions = {}): Promise<Talo> {
  const { call, ...own } = await service(t, options)
  const sockets: TaloSocket[] = []
  t.teardown(() => {
    for (const { drop } of sockets) drop()
  })
  const game: Talo = {
    ...own,
    call: (route, { alias, headers, ...said } = {}) =>
      call(route, {
        ...said,
        headers: {
          'x-talo-client': 'godot:0.29.0',
          ...(alias !== undefined && { 'x-talo-alias': String(alias) }),
          ...headers,
        },
      }),
    async identify(identifier, as = 'username') {
      const query = new URLSearchParams({ service: as, identifier })
      return (await game.call(`GET /v1/players/identify?${query}`)).body
    },
    async open(address) {
      const socket = openTalo(`ws://127.0.0.1:${own.port}${address}`)
      sockets.push(socket)
      return socket
    },
    async connect(key = own.key) {
      const { body } = await game.call('POST /v1/socket-tickets', { key })
      const socket = await game.open(`/socket?ticket=${body.ticket}`)
      const greeting = await socket.next()
      if (greeting !== CONNECTED) throw new Error(`expected a greeting, got ${greeting}`)
      return socket
    },
    async play(identifier, key) {
      const { alias, socketToken } = await game.identify(identifier)
      const socket = await game.connect(key)
      socket.say('v1.players.identify', { playerAliasId: alias.id, socketToken })
      const { res, data } = JSON.parse(await socket.next())
      if (res !== 'v1.players.identify.success') throw new Error(JSON.stringify(data))
      return { alias: data, socket }
    },
  }
  return game
}

/** Scopes beside those that identifying needs. */
export const withScopes = (...scopes: readonly Scope[]): readonly Scope[] => [
  'read:players',
  ...scopes,
]

function openTalo(url: string): TaloSocket {
  const ws = new WebSocket(url)
  const frames: string[] = []
  let arrived = () => {}
  let isClosed = false
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.on('close', (code, reason) => {
      isClosed = true
      resolve({ code, reason: String(reason) })
      arrived()
    })
  })
  const opened = once(ws, 'open').catch(() => {})
  ws.on('error', () => {})
  ws.on('message', (data) => {
    frames.push(String(data))
    arrived()
  })

  const socket: TaloSocket = {
    closed,
    say(what, data) {
      const text = data === undefined ? what : JSON.stringify({ req: what, data })
      void opened.then(() => ws.send(text, () => {}))
    },
    bytes: (frame, isBinary) => ws.send(frame, { binary: isBinary }),
    async next() {
      for (;;) {
        const frame = frames.shift()
        if (frame !== undefined) return frame
        if (isClosed) throw new Error('the socket closed before the frame came')
        await new Promise<void>((resolve) => {
          arrived = resolve
        })
      }
    },
    async rest() {
      socket.say(HEARTBEAT)
      const before: string[] = []
      for (;;) {
        const frame = await socket.next()
        if (frame === HEARTBEAT) return before
        before.push(frame)
      }
    },
    drop: () => ws.terminate(),
  }
  return socket
}
