import { type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { SECURITY_HEADERS } from './http.ts'

/**
 * Answers what Node's parser refuses with JSON, where Node says nothing but a status. Godot and
 * others write what is no ASCII into a request as it is: such a `GET` is sent to where it meant, with
 * 302, as that is what Godot follows. Who has agreed on no TLS is closed without a word.
 */
export function answerMisread(http: Server): void {
  const answering = new WeakMap<Socket, Set<ServerResponse>>()
  http.on('request', ({ socket }, response) => {
    const all = answering.get(socket) ?? new Set()
    answering.set(socket, all.add(response))
    response.once('close', () => all.delete(response))
  })
  http.on('clientError', (error: Misread, socket: Socket) => {
    const isAmid = [...(answering.get(socket) ?? [])].some((one) => one.headersSent)
    const isOfHttp = /^(?:HPE|ERR_HTTP)_/.test(error.code ?? '')
    if (!isOfHttp || !socket.writable || isAmid) return socket.destroy()
    const location = locationIn(error.rawPacket)
    const status = location ? 302 : (STATUSES[error.code ?? ''] ?? 400)
    socket.end(answer(status, location), () => socket.destroy())
  })
}

interface Misread extends Error {
  readonly code?: string
  readonly rawPacket?: Buffer
}

const STATUSES: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
}

/** A path of this server: not one that begins with two slashes, which names another. */
const HEAD = /^(?:GET|HEAD) (\/(?!\/)[!-~\x80-\xff]*) HTTP\/1\.[01]\r?\n/
const BEYOND_ASCII = /[\x80-\xff]/g

/** Where a request meant to go, in ASCII; undefined where that is not what was wrong with it. */
function locationIn(packet: Buffer | undefined): string | undefined {
  const [, path = ''] = HEAD.exec(packet?.toString('latin1') ?? '') ?? []
  const encoded = path.replace(
    BEYOND_ASCII,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return encoded === path ? undefined : encoded
}

function answer(status: number, location: string | undefined): string {
  const reason = STATUS_CODES[status] ?? ''
  const body = JSON.stringify({ code: 'INVALID_MESSAGE', status, message: reason })
  return [
    `HTTP/1.1 ${status} ${reason}`,
    ...(location ? [`location: ${location}`] : []),
    ...Object.entries(SECURITY_HEADERS).map(([name, value]) => `${name}: ${value}`),
    'cache-control: no-store',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body,
  ].join('\r\n')
}
