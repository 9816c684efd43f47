import { Client, frameOf, frameOfText, MASK, RECEIVE_BYTES } from './client.ts'

/** `burst` is one whose server listens to what is said. */
export type RoomKind = 'arena' | 'burst'

/** Who has taken the first seat of a new room. */
export interface Founder {
  readonly client: Client
  readonly code: string
}

/** How one contestant is spoken to; the load is otherwise the same for all. */
export interface Dialect {
  /** Opens a connection, says what a client of this server says first, and makes a room. */
  create(port: number, kind?: RoomKind): Promise<Founder>
  /** The same, but takes the next seat of a room. */
  join(port: number, code: string): Promise<Client>
  /** A new frame of an event of some 100 bytes to the others that says when it was sent. */
  emit(): Buffer
  /** Answers what must be answered; whether it is somebody's event. */
  hears(client: Client, bytes: Buffer, start: number, end: number): boolean
  /** How many characters follow the time in an event. */
  readonly closing: number
}

/** What a contestant is asked for beyond events among the members of a room. */
export interface Wide extends Dialect {
  /** Opens a connection and says what a client of this server says first. */
  open(port: number): Promise<Client>
  /** A request that is answered at once. */
  ask(id: number): Buffer
  /** Answers what must be answered; whether it is a reply. */
  isReply(client: Client, bytes: Buffer, start: number, end: number): boolean
  /** An event to everybody in the room, its sender included. */
  shout(text: string): Buffer
  /** Has the server send so many events to each member, all of them different. */
  burst(count: number, text: string): Buffer
}

/** Microseconds in decimal, always as many digits. */
const STAMP = '0000000000'
export const EVENT = { name: 'game.move', args: [512.25, 384.5, -1.57, 'run', STAMP] } as const

/** Estragon's wire, as a library speaks it; with `library` false what plain ws understands of it. */
export function envelopes({ library = true, acknowledged = false } = {}): Wide {
  const request = async (client: Client, type: string, data: object) => {
    const reply = client.next('"re":"j"')
    client.write(frameOf({ type, id: 'j', data }), true)
    return (await reply).data
  }
  const open = async (port: number) => {
    const client = await Client.open(port, { library })
    await client.welcome
    if (library) client.write(HELLO, false)
    return client
  }
  const id = acknowledged ? { id: '17' } : {}
  return {
    open,
    async create(port, kind = 'arena') {
      const client = await open(port)
      return { client, code: (await request(client, 'room.create', { kind })).room.code }
    },
    async join(port, code) {
      const client = await open(port)
      await request(client, 'room.join', { code })
      return client
    },
    emit: stampedText(JSON.stringify({ type: 'event.emit', ...id, data: EVENT })),
    hears(_client, bytes, start, end) {
      if (isEvent(bytes, start)) return true
      if (isError(bytes, start)) throw new Error(bytes.toString('utf8', start, end))
      return false
    },
    ask: (id) => frameOf({ type: 'ping', id: `${id}`, data: {} }),
    isReply: (_client, bytes, start) => bytes[start + 9] === P,
    shout: (text) => frameOf({ type: 'event.emit', to: ['all'], data: said(text) }),
    burst: (count, text) =>
      frameOf({ type: 'event.emit', data: { name: 'game.burst', args: [count, text] } }),
    closing: '"]}}'.length,
  }
}

const said = (text: string) => ({ name: 'game.shout', args: [text] })

/** Socket.IO 4 on Engine.IO 4, WebSocket only, by hand. */
export const socketIo: Wide = {
  open: openSocketIo,
  async create(port) {
    const client = await openSocketIo(port)
    const [{ room }] = await asked(client, 'room.create', {})
    return { client, code: room.code }
  },
  async join(port, code) {
    const client = await openSocketIo(port)
    await asked(client, 'room.join', { code })
    return client
  },
  emit: stampedText(`42${JSON.stringify(['event.emit', EVENT])}`),
  hears(client, bytes, start, end) {
    if (end - start === 1 && bytes[start] === PING) client.write(PONG, false)
    return bytes[start] === MESSAGE && bytes[start + 1] === PING
  },
  ask: (id) => frameOfText(`42${id}${JSON.stringify(['ping', {}])}`),
  isReply(client, bytes, start, end) {
    if (end - start === 1 && bytes[start] === PING) client.write(PONG, false)
    return bytes[start] === MESSAGE && bytes[start + 1] === ACK
  },
  shout: (text) => frameOfText(`42${JSON.stringify(['event.shout', said(text)])}`),
  burst: (count, text) => frameOfText(`42${JSON.stringify(['event.burst', { count, text }])}`),
  closing: '"]}}]'.length,
}

/** How long ago the event that ends at `end` was sent, in µs. */
export function ageOf(bytes: Buffer, end: number, { closing }: Dialect): number {
  const last = end - closing
  let sent = 0
  for (let at = last - STAMP.length; at < last; at++)
    sent = sent * 10 + (bytes[at] as number) - ZERO
  return performance.now() * 1000 - sent
}

/** Opens a connection and says who it is, as Socket.IO does. */
async function openSocketIo(port: number): Promise<Client> {
  const path = '/socket.io/?EIO=4&transport=websocket'
  const client = await Client.open(port, { library: false, path })
  const welcome = client.next('40{')
  client.write(frameOfText('40'), false)
  await welcome
  return client
}

/** Asks for an acknowledgement and waits for what it holds. */
function asked(client: Client, name: string, data: object) {
  const answer = client.next('430[')
  client.write(frameOfText(`420${JSON.stringify([name, data])}`), false)
  return answer
}

/** A text so long that ends with the present time. */
export const stampedNow = (length: number): string =>
  String(Math.floor(performance.now() * 1000))
    .padStart(STAMP.length, '0')
    .padStart(length, '.')

/** Makes frames of a payload with the present time in place of its stamp. */
export function stamping(payload: Buffer, frame: (payload: Buffer) => Buffer): () => Buffer {
  const template = frame(payload)
  const index = payload.indexOf(STAMP)
  const first = template.length - payload.length + index
  return () => {
    const copy = Buffer.from(template)
    let rest = Math.floor(performance.now() * 1000)
    for (let digit = STAMP.length - 1; digit >= 0; digit--) {
      const mask = MASK[(index + digit) & 3] as number
      copy[first + digit] = (ZERO + (rest % 10)) ^ mask
      rest = Math.floor(rest / 10)
    }
    return copy
  }
}

function stampedText(text: string): () => Buffer {
  return stamping(Buffer.from(text), (bytes) => frameOfText(bytes.toString()))
}

const HELLO = frameOf({ type: 'session.hello', id: 'h', data: { receive_bytes: RECEIVE_BYTES } })
const PONG = frameOfText('3')
const [ZERO, PING, ACK, MESSAGE] = [0x30, 0x32, 0x33, 0x34] as const
const [E, V, P, QUOTE] = [0x65, 0x76, 0x70, 0x22] as const

/** Whether it begins with `{"type":"event"`, told by as few bytes as tell it from the others. */
const isEvent = (bytes: Buffer, start: number) =>
  bytes[start + 9] === E && bytes[start + 10] === V && bytes[start + 14] === QUOTE

const ERROR = Buffer.from('{"type":"error"')

const isError = (bytes: Buffer, start: number) =>
  bytes.compare(ERROR, 0, ERROR.length, start, start + ERROR.length) === 0
