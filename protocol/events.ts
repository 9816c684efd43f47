import { feature } from './message.ts'
import { about, array, bool, integer, json, object, optional, text } from './schema.ts'

/** A name with the prefix of the package or game it belongs to. */
export const prefixedName = () =>
  text({
    min: 3,
    max: 64,
    pattern: '[a-z0-9_-]+(\\.[A-Za-z0-9_-]+)+',
    expected: 'a name with its namespace, such as "game.wave"',
  })

export const args = () =>
  about('Any JSON values; each becomes an argument of the handler.', array(json(), 64))

/** Of a reply: what was delivered to how many. */
export const delivered = {
  delivered: about(
    'How many sessions it was delivered to, those away included; the room’s own logic is none of them.',
    integer('uint32'),
  ),
  swallowed: about(
    'True where the room’s own logic let nobody have it; nothing was delivered then.',
    optional(bool()),
  ),
  unreached: about(
    'Those addresses of `to` that reach nobody now; if all of them do, the request is refused instead.',
    optional(array(text({ max: 128 }))),
  ),
}

/** Which of its sender's latest events of one name this one replaces. */
const latestKey = () => text({ max: 64 })

const OWN_ROOM_ERRORS = ['ROOM_REQUIRED', 'NOT_IN_ROOM'] as const

const EMIT_ERRORS = [
  ...OWN_ROOM_ERRORS,
  'PERMISSION_DENIED',
  'NAMESPACE_NOT_DECLARED',
  'NO_HOST',
  'INVALID_TARGET',
] as const

export const events = feature('events', 'Named messages to others in a room.', {
  'event.emit': {
    direction: 'to_server',
    delivery: 'counted',
    rate: 'event',
    room: true,
    to: true,
    doc: 'Sends a named event to `to` (others unless said); the answer tells what was delivered to how many. To `server` it is for the room’s own logic.',
    data: object({ name: prefixedName(), args: args() }),
    reply: object({ name: prefixedName(), args: args(), ...delivered }),
    errors: [...EMIT_ERRORS],
  },
  'event.emit_latest': {
    direction: 'to_server',
    delivery: 'latest',
    rate: 'event',
    room: true,
    to: true,
    doc: 'Sends a named event to `to` (others unless said) of which only the newest matters, such as a position: the sender’s next of the same name and key replaces it, whomever that is for. Answered only where it has an `id`.',
    data: object({
      name: prefixedName(),
      args: args(),
      key: about(
        'Which of the sender’s events of this name it replaces, such as a number of what it is about; empty unless said.',
        optional(latestKey()),
      ),
    }),
    reply: object({ ...delivered }),
    errors: [...EMIT_ERRORS],
  },
  event: {
    direction: 'to_client',
    delivery: 'counted',
    room: true,
    from: true,
    doc: 'What another member emitted, with `from` stamped by the server; without `from`, what the room’s own logic says.',
    data: object({ name: prefixedName(), args: args() }),
  },
  'event.latest': {
    direction: 'to_client',
    delivery: 'latest',
    room: true,
    from: true,
    doc: 'What another member emitted, of which only the newest matters. Who is back, or reads slowly, is told the newest of each sender, name and key again, after its snapshot.',
    data: object({
      name: prefixedName(),
      args: args(),
      key: latestKey(),
      number: about(
        'Rises with each latest event of the room: one whose number is not higher than that of the last was heard before.',
        integer('uint32'),
      ),
    }),
  },
})
