import { Client, frameOf, frameOfText, MASK } from './client.ts'

/** How one contestant is spoken to; the load is otherwise the same for all. */
export interface Dialect {
  /** Opens a connection and says what a client of this server says first. */
  open(port: number): Promise<Client>
  /** Takes the first seat of a new room; its code. */
  create(client: Client): Promise<string>
  join(client: Client, code: string): Promise<void>
  /** A new frame of an event of some 100 bytes to the others that says when it was sent. */
  emit(): Buffer
  /** Answers what must be answered; whether it is somebody's event. */
  hears(client: Client, bytes: Buffer, start: number, end: number): boolean
  /** How many characters follow the time in an event. */
  readonly closing: number
}

/** Microseconds in decimal, always as many digits. */
const STAMP = '0000000000'
const EVENT = { name: 'game.move', args: [512.25, 384.5, -1.57, 'run', STAMP] }
const ARENA = { kind: 'arena' }

/** Estragon's wire, as a library speaks it; with `library` false what plain ws understands of it. */
export function envelopes({ library = true, acknowledged = false } = {}): Dialect {
  const request = async (client: Client, type: string, data: object) => {
    const reply = client.next('"re":"j"')
    client.write(frameOf({ type, id: 'j', data }), true)
    return (await reply).data
  }
  const id = acknowledged ? { id: '17' } : {}
  return {
    async open(port) {
      const client = await Client.open(port, { library })
      await client.welcome
      if (library) client.write(HELLO, false)
      return client
    },
    create: async (client) => (await request(client, 'room.create', ARENA)).room.code,
    join: async (client, code) => void (await request(client, 'room.join', { code })),
    emit: stamping(JSON.stringify({ type: 'event.emit', ...id, data: EVENT })),
    hears(_client, bytes, start, end) {
      if (isEvent(bytes, start)) return true
      if (isError(bytes, start)) throw new Error(bytes.toString('utf8', start, end))
      return false
    },
    closing: '"]}}'.length,
  }
}

/** Socket.IO 4 on Engine.IO 4, WebSocket only, by hand. */
export const socketIo: Dialect = {
  async open(port) {
    const path = '/socket.io/?EIO=4&transport=websocket'
    const client = await Client.open(port, { library: false, path })
    const connected = client.next('40{')
    client.write(frameOfText('40'), false)
    await connected
    return client
  },
  async create(client) {
    const answer = client.next('430[')
    client.write(frameOfText(`420${JSON.stringify(['room.create', {}])}`), false)
    const [{ room }] = await answer
    return room.code
  },
  async join(client, code) {
    const answer = client.next('430[')
    client.write(frameOfText(`420${JSON.stringify(['room.join', { code }])}`), false)
    await answer
  },
  emit: stamping(`42${JSON.stringify(['event.emit', EVENT])}`),
  hears(client, bytes, start, end) {
    if (end - start === 1 && bytes[start] === PING) client.write(PONG, false)
    return bytes[start] === MESSAGE && bytes[start + 1] === PING
  },
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

/** Makes frames of a text with the present time in place of its stamp. */
function stamping(text: string): () => Buffer {
  const template = frameOfText(text)
  const index = text.indexOf(STAMP)
  const first = template.length - text.length + index
  return () => {
    const frame = Buffer.from(template)
    let rest = Math.floor(performance.now() * 1000)
    for (let digit = STAMP.length - 1; digit >= 0; digit--) {
      const mask = MASK[(index + digit) & 3] as number
      frame[first + digit] = (ZERO + (rest % 10)) ^ mask
      rest = Math.floor(rest / 10)
    }
    return frame
  }
}

const HELLO = frameOf({ type: 'session.hello', id: 'h', data: {} })
const PONG = frameOfText('3')
const [ZERO, PING, MESSAGE] = [0x30, 0x32, 0x34] as const
const [E, V, QUOTE] = [0x65, 0x76, 0x22] as const

/** Whether it begins with `{"type":"event"`, told by as few bytes as tell it from the others. */
const isEvent = (bytes: Buffer, start: number) =>
  bytes[start + 9] === E && bytes[start + 10] === V && bytes[start + 14] === QUOTE

const ERROR = Buffer.from('{"type":"error"')

const isError = (bytes: Buffer, start: number) =>
  bytes.compare(ERROR, 0, ERROR.length, start, start + ERROR.length) === 0
