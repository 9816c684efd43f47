import type { events as eventsTable } from '../../protocol/events.ts'
import { check } from '../../protocol/schema.ts'
import type { Context, HandlersOf } from '../core/dispatch.ts'
import { push } from '../core/frame.ts'
import { Refusal } from '../core/refusal.ts'
import { type Member, type Room, senderOf } from '../core/room.ts'

export interface EventsOptions {
  readonly resolve: (context: Context) => { readonly room: Room; readonly member: Member }
}

/** Events: named messages to others in a room. */
export function createEvents({ resolve }: EventsOptions) {
  const handlers: HandlersOf<(typeof eventsTable)['messages']> = {
    'event.emit'(context, { name, args }) {
      const { room, member } = resolve(context)
      checkEvent(room, name, args)
      const audience = audienceOf(context.to)
      const message = push('event', { name, args }, { room: room.code, from: senderOf(member) })
      const delivered = room.broadcast(message, audience === 'others' ? member.session : undefined)
      return { name, args, delivered }
    },
  }
  return { handlers }
}

function checkEvent(room: Room, name: string, args: unknown): void {
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

/** A union of addresses; `all` includes everybody else. */
function audienceOf(to: readonly string[] = ['others']): 'others' | 'all' {
  const unknown = to.find((address) => address !== 'others' && address !== 'all')
  if (unknown !== undefined)
    throw new Refusal('INVALID_TARGET', 'event.emit.to: expected "others" or "all"')
  return to.includes('all') ? 'all' : 'others'
}
