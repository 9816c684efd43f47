import { events as eventsTable } from '../../protocol/events.ts'
import { check } from '../../protocol/schema.ts'
import type { HandlersOf } from '../core/dispatch/dispatch.ts'
import { deliver, earOf, OTHERS, type Saying } from '../core/room/audience.ts'
import type { RoomMessage, Words } from '../core/room/kind.ts'
import type { Logic } from '../core/room/logic.ts'
import { stampOf } from '../core/room/member.ts'
import type { Room } from '../core/room/room.ts'
import type { Resolve } from '../core/room/seated.ts'
import { push } from '../core/wire/frame.ts'
import { Refusal } from '../core/wire/refusal.ts'

export interface EventsOptions {
  readonly resolve: Resolve
  readonly logic: Logic
}

/** Events: named messages to others in a room, and to its own logic. */
export function createEvents({ resolve, logic }: EventsOptions) {
  const handlers: HandlersOf<(typeof eventsTable)['messages']> = {
    'event.emit'(context, { name, args }) {
      const place = resolve(context)
      const { room, member: from } = place
      room.permit(from, 'emit')
      const problem = problemIn(room, { name, args })
      if (problem) throw problem
      const { to = OTHERS } = context
      const message = { type: 'event', name, args, to, from } as const
      return deliver(context, place, earOf(room, 'onEvent'), () => say(room, message))
    },
  }
  return { handlers }

  function say(room: Room, message: RoomMessage): Saying<Words> {
    const words = logic.pass(
      room,
      message,
      (changed) => check(EMIT, changed, 'event') ?? problemIn(room, changed)?.message,
    )
    const { name, args } = words ?? message
    const said = { name, args }
    if (!words) return { said }
    return {
      said,
      message: push('event', said, stampOf(room, message.from)),
      hear: () => logic.hear(room, () => room.hooks.onEvent?.({ ...message, ...said })),
    }
  }
}

const EMIT = eventsTable.messages['event.emit'].data

/** What its kind has against an event. */
function problemIn({ kind }: Room, { name, args }: Words): Refusal | undefined {
  const { namespaces, events } = kind
  const namespace = name.slice(0, name.indexOf('.'))
  if (!namespaces.includes(namespace)) {
    const declared = namespaces.join(', ') || 'no namespaces'
    const text = `event.emit.name: a ${kind.name} declares ${declared}, not ${namespace}`
    return new Refusal('NAMESPACE_NOT_DECLARED', text)
  }
  const known = events && Object.hasOwn(events, name) ? events[name] : undefined
  const problem = known && check(known, args, 'event.emit.args')
  return problem === undefined ? undefined : new Refusal('INVALID_MESSAGE_DATA', problem)
}
