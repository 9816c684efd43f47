import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
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

/** When the tests' clock begins. */
const BEGAN = '2026-01-01T00:00:01.000Z'

/** An alias as Talo writes it, byte for byte. */
export const aliasOf = (id: number, identifier: string, player: string, more: object = {}) => ({
  id,
  service: 'username',
  identifier,
  displayName: identifier,
  player: {
    id: player,
    props: [],
    devBuild: false,
    createdAt: BEGAN,
    lastSeenAt: BEGAN,
    groups: [],
    ...more,
  },
  lastSeenAt: BEGAN,
  createdAt: BEGAN,
  updatedAt: BEGAN,
})

export const channelOf = (id: number, name: string, owner: unknown, more: object = {}) => ({
  id,
  name,
  owner,
  totalMessages: 0,
  memberCount: 1,
  props: [],
  autoCleanup: false,
  private: false,
  temporaryMembership: false,
  createdAt: BEGAN,
  updatedAt: BEGAN,
  ...more,
})

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

/** What came back over a socket of its own: the head as it was, and the body as JSON. */
export interface RawAnswer {
  readonly status: number
  readonly head: string
  readonly body: Any
}

/** Sends bytes as they are, and reads one answer. */
export async function sayRaw(port: number, bytes: string): Promise<RawAnswer> {
  const socket = connectTcp(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(bytes)
  let text = ''
  for await (const chunk of socket.setEncoding('utf8')) {
    text += chunk
    const [head = '', body] = text.split('\r\n\r\n')
    const wanted = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0)
    if (body === undefined || Buffer.byteLength(body) < wanted) continue
    socket.destroy()
    const status = Number(head.split(' ')[1])
    return { status, head, body: body === '' ? undefined : JSON.parse(body) }
  }
  throw new Error(`expected an answer, got ${JSON.stringify(text)}`)
}

interface PluginCall {
  readonly version: string
  readonly key: string
  /** Method and path, as they are written. */
  readonly call: string
  readonly body?: object | undefined
  readonly alias?: Any
}

/** A call in the bytes in which Talo's Godot plugin writes it. */
export function pluginBytes({ version, key, call, body, alias }: PluginCall): string {
  const text = body ? JSON.stringify(body) : ''
  return [
    `${call} HTTP/1.1`,
    `Authorization: Bearer ${key}`,
    'Content-Type: application/json',
    'Accept: application/json',
    'X-Talo-Dev-Build: 1',
    'X-Talo-Include-Dev-Data: 1',
    `X-Talo-Client: godot:${version}.0`,
    ...(alias ? [`X-Talo-Alias: ${alias.id}`, `X-Talo-Player: ${alias.player.id}`] : []),
    'Accept-Encoding: gzip, deflate',
    'Host: 127.0.0.1:1234',
    'User-Agent: GodotEngine/4.6.3.stable (Linux)',
    ...(text && [`Content-Length: ${Buffer.byteLength(text)}`]),
    '',
    text,
  ].join('\r\n')
}
