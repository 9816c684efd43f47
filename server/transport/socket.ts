import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { WebSocket, WebSocketServer } from 'ws'
import { SUBPROTOCOL } from '../../protocol/connection.ts'
import type { Connection, Transport } from '../core/connection.ts'
import { type Upgrade, upgradeOf } from '../core/dialect.ts'
import type { Limits } from '../core/limits.ts'
import type { Log } from '../world.ts'
import { addressOf } from './address.ts'
import { isAdmitted, type Origins } from './origins.ts'

export interface SocketOptions {
  readonly http: Server
  readonly limits: Limits
  readonly log?: Log
  /** Which pages may connect; all of them unless given. */
  readonly origins?: Origins | undefined
  /** Whether a proxy in front says who connects (false). */
  readonly trustProxy?: boolean
  /** Takes a new transport in, unless it has been closed with a code that says why not. */
  readonly accept: (transport: Transport, upgrade: Upgrade) => Connection | undefined
  /** The socket of this connection is gone. */
  readonly forget: (connection: Connection) => void
}

export interface Sockets {
  /** Refuses what comes from now on. */
  close(): void
}

const CLOSE_TIMEOUT = 2_000
const MAX_FRAGMENTS = 64
const MAX_BUFFERED_CHUNKS = 1_024
const MAX_LOGGED = 200

/** WebSockets on an HTTP server: each becomes a transport of a connection. */
export function createSockets(options: SocketOptions): Sockets {
  const { http, limits } = options
  const settings = {
    server: http,
    verifyClient: ({ req }: { req: IncomingMessage }, verdict: Verdict) => {
      if (admits(req, options)) verdict(true)
      else verdict(false, 403, 'origin not admitted')
    },
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.frame_bytes,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_BUFFERED_CHUNKS,
    closeTimeout: CLOSE_TIMEOUT,
    handleProtocols: (offered: Set<string>) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  }
  const server = new WebSocketServer(settings)
  // ws passes the HTTP server's errors on; whoever listens there has heard them already.
  server.on('error', () => {})
  server.on('connection', (ws, request) => open(ws, request, options))
  return { close: () => void server.close() }
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
function open(
  ws: WebSocket,
  request: IncomingMessage,
  { accept, forget, trustProxy }: SocketOptions,
): void {
  const { socket } = request
  const address = addressOf(request, trustProxy)
  const transport = createTransport(ws, socket, address)
  let connection: Connection | undefined
  ws.on('error', (error: Error & { code?: string }) => {
    if (error.code?.startsWith('WS_ERR_')) connection?.closed(PROTOCOL_ERROR)
  })
  ws.on('message', (data, isBinary) => connection?.receive(data as Buffer, isBinary))
  socket.on('drain', () => connection?.written())
  ws.on('pong', () => connection?.ponged())
  ws.on('close', (code) => {
    connection?.closed(code)
    if (connection) forget(connection)
  })
  connection = accept(transport, upgradeOf(request.url ?? '/', request.headers))
}

/** ws has closed with 1002, 1007 or 1009 by itself; all three end the session. */
const PROTOCOL_ERROR = 1002

/** Whole frames go to the socket beside ws, which sends only its own control frames there. */
function createTransport(ws: WebSocket, socket: Socket, address: string): Transport {
  // Mostly everything is taken at once, and asking a stream costs more than remembering that.
  let isClear = false
  return {
    address,
    get unwritten() {
      if (isClear) return 0
      isClear = socket.writableLength === 0
      return socket.writableLength
    },
    get taken() {
      return socket.bytesWritten - socket.writableLength
    },
    write(frames) {
      if (ws.readyState !== WebSocket.OPEN) return true
      socket.write(frames)
      // What a stream has called back for, it needs no more.
      isClear = socket.writableLength === 0
      return isClear
    },
    ping() {
      isClear = false
      if (ws.readyState === WebSocket.OPEN) ws.ping()
    },
    close(code, reason) {
      ws.removeAllListeners('message')
      ws.close(code, reason)
    },
    reset() {
      ws.removeAllListeners('message')
      if (socket instanceof TLSSocket) socket.destroy()
      else socket.resetAndDestroy()
    },
  }
}
