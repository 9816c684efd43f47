import type { AllMessages } from '../protocol/index.ts'
import type { DataOf, ReplyOf, Sender } from '../protocol/message.ts'
import type { Json } from '../protocol/schema.ts'
import { hear, type Report } from './emitter.ts'
import { failure } from './failure.ts'
import { senderOf } from './message.ts'
import type { WaitOptions } from './requests.ts'
import type { SendOptions, Session } from './session.ts'

/**
 * `room` is the code of the room it was emitted in. What the room's own logic says is from member 0,
 * who has no player and no name.
 */
export type EventListener = (args: readonly Json[], from: Sender, room: string) => unknown
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
export function createEvents(session: Session, report: Report) {
  const listeners = new Map<string, Set<EventListener>>()

  session.on('message', (message) => {
    if (message.type !== 'event') return
    const { name, args } = message.data as DataOf<AllMessages['event']>
    for (const listener of listeners.get(name) ?? [])
      hear(() => listener(args, senderOf(message), message.room ?? ''), report)
  })

  return { on, emit, actions }

  /** Listens to an event by its whole name until the returned function is called. */
  function on(name: string, listener: EventListener): () => void {
    const own = listeners.get(name) ?? new Set()
    listeners.set(name, own.add(listener))
    return () => void own.delete(listener)
  }

  /**
   * Sends an event to `to` (`others` unless said, `server` for the room's own logic); resolves with
   * what the server delivered, to how many. Rejects with the codes of `event.emit` in PROTOCOL.md.
   */
  function emit(
    name: string,
    args: readonly Json[] = [],
    options: SendOptions & WaitOptions = {},
  ): Promise<Delivered> {
    return session.request('event.emit', { name, args }, options)
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
