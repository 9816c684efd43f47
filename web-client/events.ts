import type { AllMessages } from '../protocol/index.ts'
import type { DataOf, ReplyOf, Sender } from '../protocol/message.ts'
import type { Json } from '../protocol/schema.ts'
import { hear, type Report } from './emitter.ts'
import { failure } from './failure.ts'
import { type Received, senderOf } from './message.ts'
import type { WaitOptions } from './requests.ts'
import type { Room } from './room.ts'
import type { SendOptions } from './saying.ts'
import type { Session } from './session.ts'

/**
 * `room` is the code of the room it was emitted in. What the room's own logic says is from member 0,
 * who has no player and no name.
 */
export type EventListener = (args: readonly Json[], from: Sender, room: string) => unknown
/** The same of a latest event, and its `key`. */
export type LatestListener = (
  args: readonly Json[],
  from: Sender,
  room: string,
  key: string,
) => unknown
export type Delivered = ReplyOf<AllMessages['event.emit']>

/** What happens on one type of an event that carries several. */
// biome-ignore lint/suspicious/noExplicitAny: what the emitter sent, for the handler to judge
export type ActionHandler = (payload: any, from: Sender, room: string) => unknown

export interface Actions {
  /** Emits one action; as `events.emit`. */
  emit(type: string, payload?: Json, options?: SendOptions & WaitOptions): Promise<Delivered>
  /** Listens no more. */
  off(): void
}

export type Events = ReturnType<typeof createEvents>

/** Named messages to and from the others in a room. */
export function createEvents(session: Session, rooms: ReadonlyMap<string, Room>, report: Report) {
  const listeners: Listeners<EventListener> = new Map()
  const latestListeners: Listeners<LatestListener> = new Map()
  /** The number of the last latest event heard in each room, for as long as we are in it. */
  const heard = new WeakMap<Room, number>()

  session.on('message', (message) => {
    if (message.type === 'event') hearOne(message, message.data)
    if (message.type === 'event.latest') hearLatest(message, message.data)
  })

  return {
    emit,
    emitLatest,
    actions,
    on,
    /**
     * Listens to a latest event by its whole name until the returned function is called. What was
     * missed while away comes as soon as we are back, once, and of each sender and key the newest.
     */
    onLatest: (name: string, listener: LatestListener) => listen(latestListeners, name, listener),
  }

  /** Listens to an event by its whole name until the returned function is called. */
  function on(name: string, listener: EventListener): () => void {
    return listen(listeners, name, listener)
  }

  function hearOne(message: Received, { name, args }: DataOf<AllMessages['event']>): void {
    const [from, room] = [senderOf(message), message.room ?? '']
    tell(listeners.get(name), (listener) => listener(args, from, room))
  }

  function hearLatest(message: Received, data: DataOf<AllMessages['event.latest']>): void {
    const { name, args, key, number } = data
    const [from, room] = [senderOf(message), message.room ?? '']
    const here = rooms.get(room)
    if (here && number <= (heard.get(here) ?? 0)) return
    if (here) heard.set(here, number)
    tell(latestListeners.get(name), (listener) => listener(args, from, room, key))
  }

  function tell<L>(own: Iterable<L> = [], call: (listener: L) => unknown): void {
    for (const listener of own) hear(() => call(listener), report)
  }

  /**
   * Sends an event to `to` (`others` unless said, `server` for the room's own logic); resolves with
   * what the server delivered, to how many. Rejects with the codes of `event.emit` in MESSAGES.md.
   */
  function emit(
    name: string,
    args: readonly Json[] = [],
    options: SendOptions & WaitOptions = {},
  ): Promise<Delivered> {
    return session.request('event.emit', { name, args }, options)
  }

  /**
   * Sends an event to `to` (`others` unless said) of which only the newest matters, such as a
   * position: our next of the same name and `key` (empty unless said) replaces it, whomever that is
   * for. Throws INVALID_MESSAGE_DATA, TOO_LARGE or CLOSED; what the server refuses comes as `error`.
   */
  function emitLatest(
    name: string,
    args: readonly Json[] = [],
    { key = '', ...options }: SendOptions & { readonly key?: string } = {},
  ): void {
    if (session.state === 'closed') throw failure('CLOSED')
    session.post('event.emit_latest', { name, args, key }, options, `${name} ${key}`)
  }

  /**
   * Many kinds of message in one event, as `{ type, payload }`: each type calls its handler. One
   * that has none is reported as UNREGISTERED_HANDLER, and changes nothing.
   */
  function actions(name: string, handlers: Readonly<Record<string, ActionHandler>>): Actions {
    const off = on(name, ([action], from, room) => {
      const { type, payload = null } = (action ?? {}) as { type?: string; payload?: Json }
      const handler = Object.hasOwn(handlers, `${type}`) ? handlers[`${type}`] : undefined
      if (!handler) throw failure('UNREGISTERED_HANDLER', `${name}: no action is called "${type}"`)
      return handler(payload, from, room)
    })
    return {
      off,
      emit: (type, payload = null, options = {}) => emit(name, [{ type, payload }], options),
    }
  }
}

type Listeners<L> = Map<string, Set<L>>

function listen<L>(listeners: Listeners<L>, name: string, listener: L): () => void {
  const own = listeners.get(name) ?? new Set()
  listeners.set(name, own.add(listener))
  return () => void own.delete(listener)
}
