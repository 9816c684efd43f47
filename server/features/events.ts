import type { events as eventsTable } from '../../protocol/events.ts'
import { check, type Json } from '../../protocol/schema.ts'
import type { HandlersOf } from '../core/dispatch/dispatch.ts'
import { deliver } from '../core/room/audience.ts'
import { stampOf } from '../core/room/member.ts'
import type { Room } from '../core/room/room.ts'
import type { Resolve } from '../core/room/seated.ts'
import { push } from '../core/wire/frame.ts'
import { Refusal } from '../core/wire/refusal.ts'

export interface EventsOptions {
  readonly resolve: Resolve
}

/** Events: named messages to others in a room. */
export function createEvents({ resolve }: EventsOptions) {
  const handlers: HandlersOf<(typeof eventsTable)['messages']> = {
    'event.emit'(context, asked) {
      const { room, member } = resolve(context)
      room.permit(member, 'emit')
      checkEvent(room, asked.name, asked.args)
      const { name, args } = room.transform({ type: 'event', from: member, ...asked })
      const message = push('event', { name, args }, stampOf(room, member))
      return deliver(context, { room, member }, message, { name, args })
    },
  }
  return { handlers }
}

function checkEvent(room: Room, name: string, args: readonly Json[]): void {
  const { namespaces, events } = room.kind
  const namespace = name.slice(0, name.indexOf('.'))
  if (!namespaces.includes(namespace))
    throw new Refusal(
      'NAMESPACE_NOT_DECLARED',
      `event.emit.name: a ${room.kind.name} declares ${namespaces.join(', ')}, not ${namespace}`,
    )
  const known = events && Object.hasOwn(events, name) ? events[name] : undefined
  const problem = known && check(known, args, 'event.emit.args')
  if (problem) throw new Refusal('INVALID_MESSAGE_DATA', problem)
}
