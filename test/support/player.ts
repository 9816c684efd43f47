import { MESSAGES } from '../../protocol/index.ts'
import { isCounted } from '../../protocol/message.ts'
import type { Network } from '../../web-client/client.ts'
import type { RawClient, Seen } from './client.ts'
import { until } from './promise.ts'
import type { TestWorld } from './world.ts'

/* A client without a library that counts as one with it does. */

export interface Player extends RawClient {
  /** Counted frames that arrived over this connection. */
  readonly arrived: number
  readonly token: string
  readonly room: string
  readonly number: number
}

/** Sits in a room without logic; has sent one counted frame. */
export async function seat(w: TestWorld, name: string): Promise<Player> {
  const raw = await w.raw()
  const { data } = await raw.ask('room.join_or_create', { kind: 'open', name })
  return Object.assign(Object.defineProperty(raw, 'arrived', { get: () => counted(raw).length }), {
    token: raw.welcome.token,
    room: data.room.code,
    number: data.you,
  }) as Player
}

const counted = ({ seen }: RawClient) => seen.filter((message) => isCounted(MESSAGES, message))

interface Claim {
  readonly token: string
  readonly attempt: number
  readonly sent: number
  readonly received: number
  readonly forgotten: number
  readonly fingerprint: string
}

export async function claim(w: TestWorld, token: string, rest: Partial<Claim> = {}) {
  const raw = await w.raw()
  const answer = await raw.ask('session.resume', {
    ...{ token, attempt: 1, sent: 0, received: 0, forgotten: 0 },
    ...rest,
  })
  return Object.assign(raw, { answer, reply: answer.data })
}

/** A claim of who has nothing but the token; `answered` is its whole answer, once there is one. */
export async function reload(w: Pick<TestWorld, 'raw'>, token: string) {
  const raw = await w.raw()
  const answered = raw.ask('session.resume', { token, fresh: true })
  return Object.assign(raw, { answered })
}

/** Drops a player; resolves when the server has noticed. */
export async function drop(w: TestWorld, raw: RawClient): Promise<void> {
  const { away, connections } = w.stats()
  raw.drop()
  await until(() => w.stats().away === away + 1, 'a session away')
  await until(() => w.stats().connections === connections - 1, 'a connection less')
}

export const emit = (n: number, id?: string) => ({
  type: 'event.emit',
  ...(id && { id }),
  to: 'all',
  data: { name: 'plaza.number', args: [n] },
})

/** The numbers of the events a client saw. */
export const numbers = ({ seen }: RawClient) => seen.filter(isEvent).map(({ data }) => data.args[0])
export const isEvent = ({ type }: { readonly type: unknown }) => type === 'event'
export const types = (seen: readonly Seen[]) =>
  seen.map(({ type, re }) => (re ? `${type} reply` : type))

/* The web client. */

/** What a client says with the next event of a name. */
export const heard = <K extends 'reset' | 'lost' | 'warning' | 'state'>(
  network: Network,
  name: K,
) => new Promise<unknown[]>((resolve) => network.on(name, (...args: unknown[]) => resolve(args)))

/** Lets a client come back that waits a second before it tries. */
export async function cameBack(w: TestWorld, network: Network): Promise<void> {
  w.clock.advance(1_000)
  await until(() => network.state === 'open', 'the client back')
}
