import { binaryFrameOf, Client, type OnMessage } from './client.ts'
import { type Dialect, EVENT, type Founder, stamping } from './dialects.ts'

/** A seat that the matchmaking has reserved. */
interface Seat {
  readonly processId: string
  readonly roomId: string
  readonly sessionId: string
}

/** Its protocol’s first bytes (`@colyseus/shared-types`, Protocol). */
const [JOIN_ROOM, ERROR, ROOM_DATA] = [10, 11, 13] as const
/** Defines the record 0x40 on the spot. */
const RECORD = Buffer.of(0xd4, 0x72, 0x40)
const HEADERS = { 'content-type': 'application/json', accept: 'application/json' }

/** Colyseus 0.18 by hand: a seat is reserved over HTTP and taken over WebSocket. */
export const colyseus: Dialect = {
  create: async (port) => enter(port, await reserve(port, 'create/arena')),
  join: async (port, code) => (await enter(port, await reserve(port, `joinById/${code}`))).client,
  emit: stamping(
    Buffer.concat([Buffer.of(ROOM_DATA), packed('event.emit'), packed(EVENT)]),
    binaryFrameOf,
  ),
  hears(_client, bytes, start, end) {
    if (bytes[start] === ERROR) throw new Error(bytes.toString('latin1', start + 1, end))
    return bytes[start] === ROOM_DATA
  },
  closing: 0,
}

async function reserve(port: number, what: string): Promise<Seat> {
  const url = `http://127.0.0.1:${port}/matchmake/${what}`
  const response = await fetch(url, { method: 'POST', headers: HEADERS, body: '{}' })
  const answer = await response.text()
  if (!response.ok) throw new Error(`${what}: ${answer}`)
  return JSON.parse(answer)
}

/** Says that it has joined once it was told so, as a client must before it hears anything. */
async function enter(port: number, seat: Seat): Promise<Founder> {
  const { processId, roomId, sessionId } = seat
  const path = `/${processId}/${roomId}?sessionId=${sessionId}`
  let settle = (_code: number | undefined) => {}
  const first = new Promise<number | undefined>((resolve) => {
    settle = resolve
  })
  const onMessage: OnMessage = (bytes, start) => settle(bytes[start])
  const client = await Client.open(port, { library: false, path, onMessage })
  client.onClose = () => settle(undefined)
  const code = await first
  if (code !== JOIN_ROOM) throw new Error(`expected JOIN_ROOM, got ${code ?? 'the end'}`)
  client.onMessage = () => {}
  client.onClose = () => {}
  client.write(binaryFrameOf(Buffer.of(JOIN_ROOM)), false)
  return { client, code: roomId }
}

/** MessagePack as its client writes it: objects as records of msgpackr, short arrays and texts. */
function packed(value: unknown): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([Buffer.of(0xa0 | value.length), Buffer.from(value)])
  if (typeof value === 'number') {
    const float = Buffer.alloc(9, 0xcb)
    float.writeDoubleBE(value, 1)
    return float
  }
  if (Array.isArray(value)) return packedAll(value)
  const record = value as object // nothing else is in an event
  const values = Object.values(record).map(packed)
  return Buffer.concat([RECORD, packedAll(Object.keys(record)), ...values])
}

function packedAll(values: readonly unknown[]): Buffer {
  return Buffer.concat([Buffer.of(0x90 | values.length), ...values.map(packed)])
}
