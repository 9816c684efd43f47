import { Client, type ClientOptions, frameOf, RECEIVE_BYTES } from './client.ts'
import { createGround, type Ground } from './ground.ts'
import type { Server } from './server.ts'

export const PER_SECOND = 20
const DRIVE_MS = 5
const ACK_MS = 1_000

/** A member of a plaza. */
export interface Walker {
  readonly client: Client
  readonly number: number
  readonly token: string | undefined
  /** Where everybody stands; only this server has tables. */
  readonly ground: Ground | undefined
  x: number
  y: number
}

/** What goes on in a plaza: everybody moves at 20 Hz, and some talk. */
export interface Drive {
  /** Messages said by all together, each second; 0 unless given. */
  readonly chats?: number
  /** The frame of the next one; undefined where it is left out. */
  readonly chat?: () => Buffer | undefined
  /** Ends it before its time. */
  readonly until?: () => boolean
}

/** Where a plaza is served, and whether as this server does it. */
type Host = Pick<Server, 'port' | 'side'>

const HELLO = frameOf({ type: 'session.hello', id: 'h', data: { receive_bytes: RECEIVE_BYTES } })
const JOIN = frameOf({ type: 'room.join_or_create', id: 'j', data: { kind: 'plaza' } })

/** Opens a connection and takes a seat in the plaza. */
export async function enter(
  { port, side }: Host,
  options: Partial<ClientOptions> = {},
): Promise<Walker> {
  const library = side === 'estragon'
  const client = await Client.open(port, { library, ...options })
  const welcome = await client.welcome
  if (library) client.write(HELLO, false)
  const joined = client.next('"re":"j"')
  const ground = library ? groundOf(client) : undefined
  client.write(JOIN, true)
  const { data } = await joined
  const token = welcome?.data.token
  return { client, number: data.you, token, ground: await ground, x: 0, y: 0 }
}

/** Follows where everybody stands, from when the room tells of its tables. */
export async function groundOf(client: Client): Promise<Ground> {
  const early: Uint8Array[] = []
  client.onState = (bytes) => early.push(Uint8Array.from(bytes))
  const { data } = await client.next('"state.schema"')
  const ground = createGround(data.number)
  for (const bytes of early) ground.take(bytes)
  client.onState = ground.take
  return ground
}

export async function enterAll(host: Host, count: number): Promise<Walker[]> {
  const walkers: Walker[] = []
  while (walkers.length < count) walkers.push(await enter(host))
  return walkers
}

/** Everybody acknowledges every second, as libraries do; returns what stops it. */
export function acknowledging(clients: () => Iterable<Client>): () => void {
  const timer = setInterval(() => {
    for (const client of clients()) client.acknowledge()
  }, ACK_MS)
  return () => clearInterval(timer)
}

/** Keeps the plaza busy for `ms`: as many moves and chats as are due, evenly spread. */
export function drive(walkers: readonly Walker[], ms: number, options: Drive = {}) {
  const { chats = 0, chat, until = () => false } = options
  const start = performance.now()
  let moves = 0
  let said = 0
  return new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsed = Math.min(performance.now() - start, ms)
      const due = Math.floor((elapsed * PER_SECOND * walkers.length) / 1000)
      for (; moves < due; moves++) move(walkers[moves % walkers.length] as Walker)
      const dueChats = chat ? Math.floor((elapsed * chats) / 1000) : 0
      for (; said < dueChats; said++) {
        // A step that has no common divisor with a crowd of 100 or 200 gives everybody a turn.
        const walker = walkers[(said * 37) % walkers.length] as Walker
        const frame = chat?.()
        if (frame) walker.client.write(frame, true)
      }
      if (elapsed < ms && !until()) return
      clearInterval(timer)
      resolve()
    }, DRIVE_MS)
  })
}

function move(walker: Walker): void {
  walker.x = Math.round(Math.random() * 16_000) / 10
  walker.y = Math.round(Math.random() * 9_000) / 10
  const frame = said(walker)
  if (frame) walker.client.write(frame, false)
}

/** What a walker says of where it goes. */
export const said = ({ ground, number, x, y }: Walker): Buffer | undefined =>
  ground ? ground.walk(number, x / 800 - 1, y / 450 - 1) : frameOf({ type: 'walk', data: { x, y } })

/** How a stamp is written: always as many characters. */
const STAMP_CHARS = 16

/**
 * An event whose text begins with the time it was said at and is `length` characters long; the
 * plaza knows no event of this name, and therefore no limit on its length.
 */
export function stamped(length: number): Buffer {
  const text = performance.now().toFixed(4).padStart(STAMP_CHARS, '0').padEnd(length, '.')
  return frameOf({
    type: 'event.emit',
    to: ['all'],
    data: { name: 'plaza.story', args: [text] },
  })
}

/** How long ago the event that ends at `end` was said, in ms. */
export function ageOf(bytes: Buffer, end: number, length: number): number {
  const start = end - CLOSING - length
  return performance.now() - Number(bytes.toString('latin1', start, start + STAMP_CHARS))
}

const CLOSING = '"]}}'.length
