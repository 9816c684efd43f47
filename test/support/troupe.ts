import { setImmediate as turn } from 'node:timers/promises'
import type { ConnectOptions, Network, Role, Room } from '../../web-client/client.ts'
import type { Any, Seen } from './client.ts'
import { kindOf } from './stage.ts'
import { type Tap, tapped } from './tap.ts'
import type { TestWorld } from './world.ts'

/**
 * What the rows of S0 are played in: two kinds of room that make nobody host, one that does, and no
 * heartbeat when time flies.
 */
export const HOUSE = {
  kinds: [
    kindOf('stage', { namespaces: ['game', 'module', 'system'], succession: 'none' }),
    kindOf('tavern', { namespaces: ['game'] }),
    kindOf('strict', {
      succession: 'none',
      permissions: { query: 'trusted', execute: 'trusted', emit: 'trusted' },
    }),
  ],
  limits: { heartbeat_ms: 3_600_000 },
}

/** A player with the web client, and everything that happened to it. */
export interface Player {
  readonly network: Network
  readonly room: Room
  /** The player’s id. */
  readonly id: string
  readonly number: number
  /** What the library told of failures here. */
  readonly reported: Any[]
  readonly warned: string[]
  /** Frames, in order. */
  readonly sent: readonly Any[]
  readonly seen: readonly Any[]
}

/** One player, in a new room or in that of `code`. */
export async function enter(
  here: TestWorld,
  { code, kind = 'stage', ...options }: ConnectOptions & { code?: string; kind?: string } = {},
): Promise<Player> {
  const [reported, warned, sent, seen]: [Any[], string[], Any[], Any[]] = [[], [], [], []]
  const tap: Tap = {
    onSend: (message) => void sent.push(message),
    onReceive: (message) => void seen.push(message),
  }
  const network = await here.connect({
    WebSocket: tapped(here.Socket, tap),
    pingEvery: 3_600_000,
    report: (error) => void reported.push(error),
    ...options,
  })
  network.on('warning', (text) => void warned.push(text))
  const { player } = await network.players.identify()
  const room = code ? await network.rooms.join(code) : await network.rooms.create(kind)
  return { network, room, id: player.id, number: room.you, reported, warned, sent, seen }
}

type Players<R extends readonly Role[]> = { readonly [K in keyof R]: Player }

/** Players of these roles in one room, in order of their numbers. */
export async function troupe<const R extends readonly Role[]>(
  here: TestWorld,
  roles: R,
  options: ConnectOptions & { kind?: string } = {},
): Promise<Players<R>> {
  const first = await enter(here, options)
  const people = [first]
  for (const _ of roles.slice(1))
    people.push(await enter(here, { ...options, code: first.room.code }))
  for (const [index, role] of [...roles.entries()].reverse())
    await first.room.assign(index + 1, role)
  await settled(...people)
  return people as unknown as Players<R> // one for each role
}

/** A client without a library in the room, and what it is sent from now on. */
export async function witness(here: TestWorld, { room }: Player) {
  const raw = await here.raw()
  const answer = await raw.ask('room.join', { code: room.code })
  await raw.settled()
  const from = raw.seen.length
  return {
    raw,
    session: raw.welcome.session as string,
    number: answer.data.you as number,
    /** Every frame, save the answer by which one knows that there are no more. */
    async frames(): Promise<readonly Seen[]> {
      const before = raw.seen.length
      await raw.settled()
      const isPong = ({ type }: Seen, index: number) => type === 'ping' && index >= before - from
      return raw.seen.slice(from).filter((one, index) => !isPong(one, index))
    },
  }
}

/** Whatever was on its way to these players has arrived: answers do not overtake. */
export async function settled(...people: readonly Player[]): Promise<void> {
  for (const { network } of people) await network.request('room.list', { limit: 1 })
}

/** The frames a player sent while `run` ran, acknowledgements apart. */
export async function sentDuring({ sent }: Player, run: () => Promise<unknown>): Promise<Any[]> {
  const before = sent.length
  await run()
  return sent.slice(before).filter(({ type }) => type !== 'session.ack')
}

/** What a promise is rejected with; undefined where it is not. */
export const failureOf = (promise: Promise<unknown>): Promise<Any> =>
  promise.then(
    () => undefined,
    (error) => error,
  )

/** Whether a promise is settled, after whatever is on its way. */
export function watch(promise: Promise<unknown>): { readonly done: boolean } {
  const state = { done: false }
  const finish = () => {
    state.done = true
  }
  promise.then(finish, finish)
  return state
}

/** Something that is told when it happens, with what it happened with. */
export function moment<T = void>() {
  let happen: (value: T) => void = () => {}
  const happened = new Promise<T>((resolve) => {
    happen = resolve
  })
  return { happened, happen }
}

/** Drops a player; resolves when the server has noticed. */
export async function cut({ network }: Player, here: TestWorld): Promise<void> {
  const { away } = here.stats()
  network.cut()
  await until(() => here.stats().away === away + 1)
}

/** Lets a player come back that waits a second before it tries. */
export async function back({ network }: Player, here: TestWorld): Promise<void> {
  here.clock.advance(1_000)
  await until(() => network.state === 'open')
}

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn()
}
