import { args, delivered, prefixedName } from './events.ts'
import { feature } from './message.ts'
import { ASK_ERRORS, timeout } from './queries.ts'
import { json, object, optional } from './schema.ts'

export const functions = feature('functions', 'Registered names that others may execute.', {
  'function.call': {
    direction: 'both',
    delivery: 'counted',
    rate: 'query',
    room: true,
    to: true,
    from: true,
    doc: 'Executes a function at the one session that `to` names and awaits its value. A call to `host` whose host leaves moves on to the next host, never twice to one. To `server` it is a function of the room’s own logic.',
    data: object({
      name: prefixedName(),
      args: args(),
      timeout: optional(timeout()),
    }),
    reply: object({ value: json() }),
    errors: [...ASK_ERRORS],
  },
  'function.cast': {
    direction: 'both',
    delivery: 'counted',
    rate: 'event',
    room: true,
    to: true,
    from: true,
    doc: 'Executes a function at all that `to` names (others unless said), without a value; the answer comes as soon as the server has sent it on.',
    data: object({ name: prefixedName(), args: args() }),
    reply: object(delivered),
    errors: [
      'ROOM_REQUIRED',
      'NOT_IN_ROOM',
      'PERMISSION_DENIED',
      'NO_HOST',
      'INVALID_TARGET',
      'UNREGISTERED_HANDLER',
    ],
  },
})
