import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { WebSocket } from 'ws'
import type { createRandom } from './clock.ts'
import { GENERATORS } from './garbage.ts'

type Random = ReturnType<typeof createRandom>

/** A server that is attacked, from an address that is not its neighbours’. */
export interface Target {
  readonly port: number
  readonly from: string
}

export interface Attack {
  readonly name: string
  /** How many do so at once, and how often together in a small attack. */
  readonly atOnce: number
  readonly strikes: number
  /** One socket, from its beginning to its end; says by `tally` what it was told. */
  strike(target: Target, random: Random, tally: Tally): Promise<void>
}

/** How often each code was told, and each close. */
export type Tally = Map<string, number>

/** Goes on until it is over, or so often; a seed says what is done, chance and the server in which order. */
export async function attackWith(
  { atOnce, strike }: Attack,
  target: Target,
  random: Random,
  isOver: () => boolean,
): Promise<Tally> {
  const tally: Tally = new Map()
  const strikes = async () => {
    while (!isOver()) await strike(target, random, tally)
  }
  await Promise.all(Array.from({ length: atOnce }, strikes))
  return tally
}

/** Longer than a message may be, in bytes of text; and as much as fits. */
const LONG = 'x'.repeat(50_000)
const KIND = 'arena'

export const ATTACKS: readonly Attack[] = [
  {
    name: 'bursts',
    atOnce: 4,
    strikes: 12,
    async strike(target, random, tally) {
      const one = await open(target, tally)
      one?.send('room.join_or_create', { kind: KIND })
      const args = ['x'.repeat(random.below(500))]
      const type = random.pick(['event.emit', 'event.emit_latest', 'function.cast'])
      for (let count = 0; count < 700; count++) one?.send(type, { name: 'game.burst', args }, 'all')
      await one?.end()
    },
  },
  {
    name: 'forged claims',
    atOnce: 4,
    strikes: 12,
    async strike(target, random, tally) {
      const one = await open(target, tally)
      for (let count = 0; count < 40; count++) {
        const attempt = random.pick([0, 1, 2 ** 31, 2 ** 32 - 1])
        const claim = { attempt, sent: random.below(9), received: random.below(9), forgotten: 0 }
        const token = random.text(24)
        one?.send(
          'session.resume',
          random.below(3) > 0 ? { token, ...claim } : { token, fresh: true },
        )
      }
      await one?.end()
    },
  },
  {
    name: 'silent sockets',
    atOnce: 200,
    strikes: 100,
    async strike({ port, from }, random, tally) {
      const socket = connect({ port, host: '127.0.0.1', localAddress: from })
      socket.on('error', () => {})
      const said = random.pick(['', 'GET / HTTP/1.1\r\nhost: a\r\nx-', UPGRADE, `${UPGRADE}\u0081`])
      socket.write(said, 'latin1')
      socket.resume()
      await new Promise<void>((resolve) => socket.once('close', () => resolve()))
      count(tally, said === '' ? 'silent' : 'half')
    },
  },
  {
    name: 'poison',
    atOnce: 6,
    strikes: 60,
    async strike(target, random, tally) {
      const one = await open(target, tally)
      for (let count = 0; count < 25; count++) {
        const { bytes, isBinary } = random.pick(GENERATORS).make(random)
        one?.socket.send(bytes, { binary: isBinary })
      }
      if (random.below(4) > 0) return one?.end()
      const [head, size] = [random.below(256), random.below(256)]
      const raw = (one?.socket as { _socket?: Socket } | undefined)?._socket
      raw?.write(Buffer.from([head, size, ...Array.from({ length: 20 }, () => random.below(256))]))
      await one?.end()
    },
  },
  {
    name: 'floods of rooms',
    atOnce: 8,
    strikes: 24,
    async strike(target, random, tally) {
      const one = await open(target, tally)
      for (let count = 0; count < 40; count++) {
        const properties = { [`p${random.below(9)}`]: random.below(9) }
        one?.send('room.create', {
          kind: KIND,
          properties,
          data: LONG.slice(0, random.below(3_000)),
        })
        one?.send(random.pick(['room.leave', 'room.list']), {})
        one?.send('room.join', { code: random.text(5).toUpperCase().slice(0, 6) })
        one?.send('query', { name: 'game.ask', data: null }, 'host')
      }
      await one?.end()
    },
  },
  {
    name: 'store floods',
    atOnce: 8,
    strikes: 8,
    async strike(target, random, tally) {
      const one = await open(target, tally)
      one?.send('player.identify', {})
      const made = await one?.answer('channel.create', { name: 'flood' })
      const channel = Number(made?.channel?.id ?? 1)
      for (let count = 0; count < 40; count++) {
        one?.send('channel.send', { channel, message: LONG })
        if (random.below(4) === 0) one?.send('channel.history', { channel, limit: 100 })
        const value = LONG.slice(0, random.below(3_000))
        one?.send('player.update', { props: [{ key: `k${random.below(90)}`, value }] })
      }
      await one?.end()
    },
  },
  {
    name: 'floods of sessions',
    atOnce: 16,
    strikes: 500,
    async strike(target, random, tally) {
      const one = await open(target, tally)
      if (random.below(2) > 0) one?.send('session.hello', {})
      if (random.below(2) > 0) await one?.end()
      one?.socket.terminate()
    },
  },
]

const UPGRADE = [
  'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
].join('\r\n')

interface Attacker {
  readonly socket: WebSocket
  send(type: string, data: object, to?: string): void
  /** The data of the answer to one request; undefined where none comes any more. */
  answer(
    type: string,
    data: object,
  ): Promise<{ readonly channel?: { readonly id: number } } | undefined>
  /** Resolves when all was answered, or the socket is gone, as it is then. */
  end(): Promise<void>
}

/** A socket that was welcomed; undefined where it was not. */
async function open({ port, from }: Target, tally: Tally): Promise<Attacker | undefined> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { localAddress: from })
  const waiting = new Map<string, (data?: object) => void>()
  let numbered = 0
  let isGone = false
  socket.on('error', () => {})
  const gone = new Promise<void>((resolve) =>
    socket.once('close', (code: number) => {
      isGone = true
      count(tally, `close ${code}`)
      for (const settle of waiting.values()) settle()
      resolve()
    }),
  )
  socket.on('message', (bytes: Buffer, isBinary: boolean) => {
    if (isBinary) return
    const { re, type, data } = JSON.parse(String(bytes))
    if (type === 'error') count(tally, data.code)
    waiting.get(re)?.(data)
  })
  // One that has no place is told so only when it says something.
  await Promise.race([once(socket, 'open').catch(() => {}), gone])
  if (isGone) return undefined

  const send = (type: string, data: object, to?: string, id = `${++numbered}`): string => {
    if (!isGone) socket.send(JSON.stringify({ type, id, data, ...(to && { to }) }))
    return id
  }
  const answer = (type: string, data: object) =>
    new Promise<{ channel?: { id: number } } | undefined>((resolve) => {
      if (isGone) return resolve(undefined)
      const id = send(type, data)
      waiting.set(id, (said) => {
        waiting.delete(id)
        resolve(said)
      })
    })
  return {
    socket,
    send,
    answer,
    async end() {
      await answer('ping', {})
      socket.terminate()
      await gone
    },
  }
}

function count(tally: Tally, what: string): void {
  tally.set(what, (tally.get(what) ?? 0) + 1)
}
