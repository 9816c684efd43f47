import type { AllMessages } from '../protocol/index.ts'
import type { DataOf, ReplyOf, Sender } from '../protocol/message.ts'
import type { Json } from '../protocol/schema.ts'
import type { Report } from './emitter.ts'
import type { WaitOptions } from './requests.ts'
import type { SendOptions, Session } from './session.ts'

/** `room` is the code of the room it was emitted in. */
export type EventListener = (args: readonly Json[], from: Sender, room: string) => void
export type Delivered = ReplyOf<AllMessages['event.emit']>

export type Events = ReturnType<typeof createEvents>

/** Named messages to and from the others in a room. */
export function createEvents(session: Session, report: Report) {
  const listeners = new Map<string, Set<EventListener>>()

  session.on('message', ({ type, room = '', from, data }) => {
    if (type !== 'event') return
    const { name, args } = data as DataOf<AllMessages['event']>
    for (const listener of listeners.get(name) ?? []) {
      try {
        listener(args, from as Sender, room)
      } catch (error) {
        report(error)
      }
    }
  })

  return {
    /** Listens to an event by its whole name until the returned function is called. */
    on(name: string, listener: EventListener): () => void {
      const own = listeners.get(name) ?? new Set()
      listeners.set(name, own.add(listener))
      return () => void own.delete(listener)
    },
    /**
     * Sends an event to `to` (`others` unless said); resolves with what the server delivered, to
     * how many. Rejects with the codes of `event.emit` in PROTOCOL.md.
     */
    emit: (
      name: string,
      args: readonly Json[] = [],
      options: SendOptions & WaitOptions = {},
    ): Promise<Delivered> => session.request('event.emit', { name, args }, options),
  }
}
