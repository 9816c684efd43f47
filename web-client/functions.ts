import { type AllMessages, MESSAGES } from '../protocol/index.ts'
import { type DataOf, type ReplyOf, type Sender, toText } from '../protocol/message.ts'
import { DEFAULT_ASK_MS } from '../protocol/queries.ts'
import { check, type Json } from '../protocol/schema.ts'
import { heardMs, toldMs } from '../protocol/timer.ts'
import { type Answering, answer, outcomeOf, remoteError } from './answering.ts'
import { hear } from './emitter.ts'
import { failure } from './failure.ts'
import { createHandlers } from './handlers.ts'
import { compose, senderOf } from './message.ts'
import type { Players } from './players.ts'
import { type AskOptions, addressOf, GRACE_MS } from './queries.ts'
import type { WaitOptions } from './requests.ts'
import type { Room } from './room.ts'
import type { SendOptions } from './saying.ts'

/** What others may execute here, with the arguments and the id of who asks for it. */
export type RemoteFunction = (
  // biome-ignore lint/suspicious/noExplicitAny: what the caller sent, for the function to judge
  args: readonly any[],
  from: Sender,
  room: string,
) => unknown

/** To how many a cast was passed on, and which of its addresses reach nobody. */
export type CastResult = ReplyOf<AllMessages['function.cast']>
export type CastOptions = Omit<SendOptions, 'to'> & WaitOptions

export interface FunctionsOptions extends Answering {
  readonly players: Pick<Players, 'me'>
}

export type Functions = ReturnType<typeof createFunctions>

/** Registered names that others may execute: at the host, at one player, at all. */
export function createFunctions(options: FunctionsOptions) {
  const { session, rooms, players, timers, report } = options
  const handlers = createHandlers<RemoteFunction>('functions', problemOf, session.warn)

  session.on('message', (message) => {
    const { type, room = '' } = message
    if (type !== 'function.call' && type !== 'function.cast') return
    const asked = message.data as DataOf<AllMessages['function.call']>
    const { name, args } = asked
    const timeout = heardMs(asked.timeout ?? DEFAULT_ASK_MS)
    const handler = handlers.get(name)
    const run = handler && (() => handler(args, senderOf(message), room))
    if (type === 'function.call')
      void answer(options, message, { name, timeout }, run) // handles its own failures
    else if (run) hear(run, report)
    else session.warn(`function.cast: nothing is registered as "${name}"`)
  })

  return {
    /**
     * Lets others execute `fn` under this name until the returned function is called. Throws
     * INVALID_NAME for a name without a prefix; a name that is taken is a `warning`.
     */
    register: handlers.register,

    /**
     * Executes a function, given by name or as it was registered, at the active host; resolves with
     * its value. At the host itself it runs here. Rejects with the codes of `function.call`.
     */
    executeAsHost: (
      f: string | RemoteFunction,
      args: readonly Json[] = [],
      asking: AskOptions = {},
    ): Promise<Json> => call('host', f, args, asking),

    /**
     * Has the room's own logic on the server execute it; resolves with its value. Rejects with
     * UNREGISTERED_HANDLER where its kind registers none under that name, otherwise as `function.call`.
     */
    executeAsServer: (
      name: string,
      args: readonly Json[] = [],
      asking: AskOptions = {},
    ): Promise<Json> => call('server', name, args, asking),

    /** As `executeAsHost`, at one player: by id, or an address such as `session:ID`; for us, here. */
    executeAsPlayer: (
      playerId: string,
      f: string | RemoteFunction,
      args: readonly Json[] = [],
      asking: AskOptions = {},
    ): Promise<Json> => call(addressOf(playerId), f, args, asking),

    /**
     * Executes a function at all members with the role assistant or host; resolves, as do those
     * below, once the server has passed it on. Rejects with the codes of `function.cast`.
     */
    executeForHosts: caster('hosts'),
    executeForOtherHosts: caster('other_hosts'),
    /** At all members of the room, ourselves included. */
    executeForEveryone: caster('all'),
    executeForOthers: caster('others'),

    /** At these players, by id, be it nobody; rejects with a TypeError if that is not an array of text. */
    executeForPlayers(
      playerIds: readonly string[],
      f: string | RemoteFunction,
      args: readonly Json[] = [],
      sending: CastOptions = {},
    ): Promise<CastResult> {
      return session.watched(async () => {
        if (!Array.isArray(playerIds) || !playerIds.every((id) => typeof id === 'string'))
          throw new TypeError('executeForPlayers: expected an array of players’ ids')
        return cast([...new Set(playerIds)].map(addressOf), f, args, sending)
      })
    },
  }

  function caster(to: string) {
    return (
      f: string | RemoteFunction,
      args: readonly Json[] = [],
      sending: CastOptions = {},
    ): Promise<CastResult> => cast(to, f, args, sending)
  }

  function cast(
    to: string | readonly string[],
    f: string | RemoteFunction,
    args: readonly Json[],
    sending: CastOptions,
  ): Promise<CastResult> {
    return session.watched(async () =>
      session.request('function.cast', { name: nameOf(f), args }, { ...sending, to }),
    )
  }

  function call(
    to: string,
    f: string | RemoteFunction,
    args: readonly Json[],
    asking: AskOptions,
  ): Promise<Json> {
    return session.watched(async () => callOrRun(to, f, args, asking))
  }

  async function callOrRun(
    to: string,
    f: string | RemoteFunction,
    args: readonly Json[],
    { timeout = DEFAULT_ASK_MS, ...rest }: AskOptions,
  ): Promise<Json> {
    const data = { name: nameOf(f), args, timeout: toldMs(timeout) }
    const room = rest.room === undefined ? only(rooms) : rooms.get(rest.room)
    if (room && isHere(to, room)) return callHere(room, data)
    const waiting = { to, timeout: timeout + GRACE_MS, ...rest }
    return session.request('function.call', data, waiting, ({ value }) => value)
  }

  function nameOf(f: string | RemoteFunction): string {
    const name = typeof f === 'string' ? f : handlers.nameOf(f)
    if (name !== undefined) return name
    throw failure('UNREGISTERED_HANDLER', 'this function is not registered here, under no name')
  }

  function isHere(to: string, room: Room): boolean {
    if (to === 'host') return room.isHost
    const me = players.me && `player:${players.me.id}`
    return to === me || to === 'self' || to === `session:${session.id}`
  }

  /** Executes what would come back to ourselves: the same outcome, on copies, and no frame. */
  async function callHere(room: Room, asked: DataOf<AllMessages['function.call']>): Promise<Json> {
    const { data } = JSON.parse(compose('function.call', asked, {})) as { data: typeof asked }
    const { name, args } = data
    const timeout = heardMs(data.timeout ?? DEFAULT_ASK_MS)
    const handler = handlers.get(name)
    if (!handler) throw failure('UNREGISTERED_HANDLER', `nothing is registered as "${name}"`)
    const { role = 'none', name: known = '' } = room.members.get(room.you) ?? {}
    const own = { member: room.you, player: players.me?.id ?? null }
    return new Promise((resolve, reject) => {
      const cancel = timers.after(timeout, () =>
        reject(failure('TIMEOUT', `${name}: no answer within ${timeout} ms`)),
      )
      outcomeOf(() => handler(args, { ...own, role, name: known }, room.code))
        .finally(cancel)
        .then(
          (value) => resolve(JSON.parse(toText(value))),
          (error) => reject(remoteError(error, own)),
        )
    })
  }
}

/** The room we are in, where it is only one. */
function only(rooms: ReadonlyMap<string, Room>): Room | undefined {
  const [room] = rooms.values()
  return rooms.size === 1 ? room : undefined
}

const problemOf = (name: string) =>
  check(MESSAGES['function.call'].data, { name, args: [] }, 'register')
