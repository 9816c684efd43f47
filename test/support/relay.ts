import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createReader, type Frame } from './frames.ts'

/** A way to a server on this machine for one client. */
export interface Line {
  readonly url: string
  /** Cuts what is open and refuses what comes, until `release`. */
  hold(): void
  release(): void
}

/** A client's connection and the one it leads to; without a client, one side may live on. */
export interface Ends {
  readonly client: Socket | undefined
  readonly upstream: Socket
  /** The client's handshake. */
  head: Buffer
  /** From here on nothing passes any more; what the server still says is watched. */
  isCut: boolean
}

/** What becomes of the frames: a relay passes the handshakes on, and nothing else. */
export interface Reader<P extends Ends> {
  /** Takes note of new connections. */
  begin(ends: Ends): P
  /** A frame from the client. */
  up(pair: P, frame: Frame): void
  /** A frame from the server. */
  down(pair: P, frame: Frame): void
}

export interface Relay<P extends Ends> extends Line {
  listen(): Promise<void>
  /** A connection to the server, of a client or of nobody. */
  open(client?: Socket): P
  close(): Promise<void>
}

export function createRelay<P extends Ends>(port: number, reader: Reader<P>): Relay<P> {
  const pairs = new Set<P>()
  const server = createServer(accept)
  let isHeld = false
  return {
    get url() {
      return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
    },
    async listen() {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
    },
    open,
    hold() {
      isHeld = true
      for (const pair of pairs) if (!pair.isCut) drop(pair)
    },
    release() {
      isHeld = false
    },
    async close() {
      for (const pair of pairs) drop(pair)
      server.close()
      await once(server, 'close')
    },
  }

  function accept(client: Socket): void {
    if (isHeld) return void client.destroy()
    const pair = open(client)
    const read = createReader(
      (head) => {
        pair.head = head
        pair.upstream.write(head)
      },
      (frame) => reader.up(pair, frame),
    )
    client.setNoDelay(true)
    client.on('data', read)
    client.on('error', () => {})
    client.on('close', () => pair.isCut || drop(pair))
  }

  function open(client?: Socket): P {
    const upstream = connect(port, '127.0.0.1')
    const isCut = client === undefined
    const pair = reader.begin({ client, upstream, head: Buffer.alloc(0), isCut })
    pairs.add(pair)
    const read = createReader(
      (head) => client?.write(head),
      (frame) => reader.down(pair, frame),
    )
    upstream.setNoDelay(true)
    upstream.on('data', read)
    upstream.on('error', () => {})
    upstream.on('close', () => {
      pairs.delete(pair)
      if (!pair.isCut) drop(pair)
    })
    return pair
  }
}

/** Ends both connections. */
export function drop(ends: Ends): void {
  ends.isCut = true
  ends.client?.destroy()
  ends.upstream.destroy()
}
