import { events as eventsTable } from '../../protocol/events.ts'
import { check } from '../../protocol/schema.ts'
import type { Context, HandlersOf } from '../core/dispatch/dispatch.ts'
import { deliver, earOf, OTHERS, type Saying } from '../core/room/audience.ts'
import { aOrAn, type RoomMessage, type Words } from '../core/room/kind.ts'
import { type Latest, LatestEvents, latestPush, reachOf } from '../core/room/latest.ts'
import type { Logic } from '../core/room/logic.ts'
import { stampOf } from '../core/room/member.ts'
import type { Room } from '../core/room/room.ts'
import type { Resolve, Seated } from '../core/room/seated.ts'
import type { Session } from '../core/session/session.ts'
import type { SessionObserver } from '../core/session/sessions.ts'
import { push } from '../core/wire/frame.ts'
import type { Limits } from '../core/wire/limits.ts'
import { Refusal } from '../core/wire/refusal.ts'

export interface EventsOptions {
  readonly limits: Limits
  readonly resolve: Resolve
  readonly logic: Logic
  readonly roomsOf: (session: Session) => Iterable<Room>
}

type Emit = 'event.emit' | 'event.emit_latest'

/**
 * Events: named messages to others in a room, and to its own logic; and those of which only the
 * newest matters.
 */
export function createEvents({ limits, resolve, logic, roomsOf }: EventsOptions) {
  const latestIn = new WeakMap<Room, LatestEvents>()

  const handlers: HandlersOf<(typeof eventsTable)['messages']> = {
    'event.emit'(context, words) {
      const place = resolve(context)
      const { room, member } = place
      const message = permitted(context, place, 'event.emit', words)
      return deliver(context, place, earOf(room, 'onEvent'), () => {
        const said = judged(room, message, 'event.emit')
        if (!said) return { said: { name: message.name, args: message.args } }
        return {
          said,
          message: push('event', said, stampOf(room, member)),
          ...ear(room, message, said),
        }
      })
    },
    'event.emit_latest'(context, { key = '', ...words }) {
      const place = resolve(context)
      const { room, member } = place
      const message = { ...permitted(context, place, 'event.emit_latest', words), key }
      const listener = earOf(room, 'onEvent')
      const reach = reachOf(room, member, message.to, listener)
      const all = latestOf(room)
      let latest: Latest | undefined
      const answer = deliver(context, place, listener, () => {
        const said = judged(room, message, 'event.emit_latest')
        if (!said) return { said: {} }
        const number = all.next()
        const outgoing = latestPush({ ...said, key, number }, stampOf(room, member))
        latest = { message: outgoing, number, reach }
        return { said: {}, message: outgoing, ...ear(room, message, said) }
      })
      if (latest) all.keep(member, latest)
      return answer
    },
  }

  const observer: SessionObserver = {
    restored(session) {
      for (const room of roomsOf(session)) tellLatest(room, session)
    },
  }

  return { handlers, observer, tellLatest }

  /** What the room would have said in place of a message; undefined where nobody is to have it. */
  function judged(room: Room, message: RoomMessage, type: Emit): Words | undefined {
    const words = logic.pass(
      room,
      message,
      (changed) => check(EMIT, changed, 'event') ?? problemIn(room, type, changed)?.message,
    )
    return words && { name: words.name, args: words.args }
  }

  function ear(room: Room, message: RoomMessage, said: Words): Pick<Saying<Words>, 'hear'> {
    return { hear: () => logic.hear(room, () => room.hooks.onEvent?.({ ...message, ...said })) }
  }

  function latestOf(room: Room): LatestEvents {
    const latest = latestIn.get(room) ?? new LatestEvents(room, limits)
    latestIn.set(room, latest)
    return latest
  }

  /** Tells a member again what it may have missed. */
  function tellLatest(room: Room, session: Session): void {
    const member = room.memberOf(session)
    const latest = latestIn.get(room)
    if (member && latest) for (const message of latest.for(member)) session.send(message)
  }
}

const EMIT = eventsTable.messages['event.emit'].data

/** What a member says, where its role and its room's kind have nothing against it. */
function permitted(
  { to = OTHERS }: Context,
  { room, member: from }: Seated,
  type: Emit,
  words: Words,
) {
  room.permit(from, 'emit')
  const problem = problemIn(room, type, words)
  if (problem) throw problem
  return { type: 'event', ...words, to, from } as const
}

/** What its kind has against an event. */
function problemIn({ kind }: Room, type: Emit, { name, args }: Words): Refusal | undefined {
  const { namespaces, events } = kind
  const namespace = name.slice(0, name.indexOf('.'))
  if (namespaces !== 'any' && !namespaces.includes(namespace)) {
    const declared = namespaces.join(', ') || 'no namespaces'
    const text = `${type}.name: ${aOrAn(kind.name)} declares ${declared}, not ${namespace}`
    return new Refusal('NAMESPACE_NOT_DECLARED', text)
  }
  const known = events && Object.hasOwn(events, name) ? events[name] : undefined
  const problem = known && check(known, args, `${type}.args`)
  return problem === undefined ? undefined : new Refusal('INVALID_MESSAGE_DATA', problem)
}
