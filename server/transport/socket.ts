import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { type RawData, WebSocket, WebSocketServer } from 'ws'
import { SUBPROTOCOL } from '../../protocol/session.ts'
import type { Transport } from '../core/session/connection.ts'
import { type Upgrade, upgradeOf } from '../core/session/dialect.ts'
import type { Limits } from '../core/wire/limits.ts'
import type { Log } from '../world.ts'
import { addressOf } from './address.ts'
import { closeReason } from './close-reason.ts'
import type { Door, Ear } from './lag.ts'
import { isAdmitted, type Origins } from './origins.ts'

export interface SocketOptions extends Door {
  readonly http: Server
  readonly limits: Pick<Limits, 'frame_bytes' | 'fragments' | 'chunks'>
  /** How large a frame such a request's socket may take. */
  readonly frameBytes: (upgrade: Upgrade) => number
  readonly log?: Log
  /** Which pages may connect; all of them unless given. */
  readonly origins?: Origins | undefined
  /** Whether a proxy in front says who connects (false). */
  readonly trustProxy?: boolean
}

export interface Sockets {
  /** Refuses what comes from now on. */
  close(): void
}

const CLOSE_TIMEOUT = 2_000
/** How many pings are answered at once; whoever sends more does nothing else. */
const MAX_PINGS = 60
const MAX_LOGGED = 200

/** WebSockets on an HTTP server: each becomes a transport of a connection. */
export function createSockets(options: SocketOptions): Sockets {
  /** By how large a frame they take. */
  const servers = new Map<number, WebSocketServer>()
  let isClosed = false
  options.http.on('upgrade', (request, socket, head) => {
    const size = options.frameBytes(upgradeOf(request.url ?? '/'))
    const server = servers.get(size) ?? createSocketServer(size, options)
    servers.set(size, server)
    if (isClosed) server.close()
    server.handleUpgrade(request, socket, head, (ws) => open(ws, request, options))
  })
  return {
    close() {
      isClosed = true
      for (const server of servers.values()) server.close()
    },
  }
}

function createSocketServer(maxPayload: number, options: SocketOptions): WebSocketServer {
  const { limits } = options
  const settings = {
    noServer: true,
    verifyClient: ({ req }: { req: IncomingMessage }, verdict: Verdict) => {
      if (admits(req, options)) verdict(true)
      else verdict(false, 403, 'origin not admitted')
    },
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload,
    maxFragments: limits.fragments,
    // Where messages may be larger than elsewhere, they come in more pieces.
    maxBufferedChunks: Math.ceil(limits.chunks * Math.max(1, maxPayload / limits.frame_bytes)),
    autoPong: false,
    closeTimeout: CLOSE_TIMEOUT,
    handleProtocols: (offered: Set<string>) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  }
  const server = new WebSocketServer(settings)
  server.on('headers', (headers, request) => nameSubprotocol(headers, request, options))
  return server
}

/** A client that asked for another subprotocol will refuse to connect: it is told which there is. */
function nameSubprotocol(
  headers: string[],
  request: IncomingMessage,
  { trustProxy, log }: SocketOptions,
): void {
  const asked = request.headers['sec-websocket-protocol']?.slice(0, MAX_LOGGED).split(/,\s*/)
  if (!asked || headers.some((one) => one.startsWith('Sec-WebSocket-Protocol:'))) return
  headers.push(`X-Estragon-Subprotocol: ${SUBPROTOCOL}, or none`)
  const address = addressOf(request, trustProxy)
  log?.warn({ address, asked, known: SUBPROTOCOL }, 'unknown subprotocol')
}

type Verdict = (isAdmitted: boolean, status?: number, message?: string) => void

/** Whether the page that connects, if it is one, is among those that may. */
function admits(request: IncomingMessage, { origins, trustProxy, log }: SocketOptions): boolean {
  const { origin } = request.headers
  if (isAdmitted(origin, origins)) return true
  const address = addressOf(request, trustProxy)
  log?.warn({ address, origin: origin?.slice(0, MAX_LOGGED) }, 'origin refused')
  return false
}

/** Attaches every handler before anything is said or awaited: a frame sent at open is not lost. */
function open(ws: Carrier<WebSocket>, request: IncomingMessage, options: SocketOptions): void {
  const socket: Carrier<Socket> = request.socket
  const address = addressOf(request, options.trustProxy)
  const transport = new SocketTransport(ws, socket, address)
  ws[TRANSPORT] = transport
  socket[TRANSPORT] = transport
  ws.on('error', onError)
  ws.on('message', onMessage)
  socket.on('drain', onDrain)
  ws.on('ping', onPing)
  ws.on('pong', onPong)
  ws.on('close', onClose)
  transport.forget = options.forget
  transport.log = options.log
  transport.connection = options.accept(transport, upgradeOf(request.url ?? '/', request.headers))
}

/** What carries a transport, so that one set of handlers serves all sockets. */
const TRANSPORT = Symbol('transport')
type Carrier<T> = T & { [TRANSPORT]?: SocketTransport }

function onError(this: Carrier<WebSocket>, error: Error & { code?: string }): void {
  const { connection, address, log } = this[TRANSPORT] ?? {}
  if (!error.code?.startsWith('WS_ERR_')) return
  log?.warn({ address, code: error.code }, 'frame refused')
  connection?.closed(PROTOCOL_ERROR)
}

function onMessage(this: Carrier<WebSocket>, data: RawData, isBinary: boolean): void {
  this[TRANSPORT]?.connection?.receive(data as Buffer, isBinary)
}

function onDrain(this: Carrier<Socket>): void {
  this[TRANSPORT]?.connection?.written()
}

function onPing(this: Carrier<WebSocket>, data: Buffer): void {
  this[TRANSPORT]?.pong(data)
}

function onPong(this: Carrier<WebSocket>, data: Buffer): void {
  this[TRANSPORT]?.connection?.ponged(data)
}

function onClose(this: Carrier<WebSocket>, code: number): void {
  const { connection, forget } = this[TRANSPORT] ?? {}
  connection?.closed(code)
  if (connection) forget?.(connection)
}

/** ws has closed with 1002, 1007 or 1009 by itself; all three end the session. */
const PROTOCOL_ERROR = 1002

/** Whole frames go to the socket beside ws, which sends only its own control frames there. */
class SocketTransport implements Transport {
  readonly address: string
  connection: Ear | undefined
  forget: Door['forget'] | undefined
  log: Log | undefined
  readonly #ws: WebSocket
  readonly #socket: Socket
  /** Mostly everything is taken at once, and asking a stream costs more than remembering that. */
  #isClear = false
  #pings = 0
  readonly #ponged = () => void this.#pings--

  constructor(ws: WebSocket, socket: Socket, address: string) {
    this.#ws = ws
    this.#socket = socket
    this.address = address
  }

  get unwritten(): number {
    if (this.#isClear) return 0
    const { writableLength } = this.#socket
    this.#isClear = writableLength === 0
    return writableLength
  }

  get taken(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength
  }

  write(frames: Buffer): boolean {
    if (this.#ws.readyState !== WebSocket.OPEN) return true
    this.#socket.write(frames)
    // What a stream has called back for, it needs no more.
    this.#isClear = this.#socket.writableLength === 0
    return this.#isClear
  }

  ping(): void {
    this.#isClear = false
    if (this.#ws.readyState === WebSocket.OPEN) this.#ws.ping()
  }

  /** Answers a ping; a flood of them closes, where ws would drop the socket without a word. */
  pong(data: Buffer): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return
    this.#isClear = false
    if (this.#pings++ < MAX_PINGS) this.#ws.pong(data, false, this.#ponged)
    else this.connection?.flooded()
  }

  close(code: number, reason: string): void {
    this.#ws.removeAllListeners('message')
    this.#ws.close(code, closeReason(reason))
  }

  reset(): void {
    this.#ws.removeAllListeners('message')
    if (this.#socket instanceof TLSSocket) this.#socket.destroy()
    else this.#socket.resetAndDestroy()
  }
}
