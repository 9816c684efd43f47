import { feature } from './message.ts'
import { about, array, integer, json, object, text } from './schema.ts'

export const eventName = () =>
  text({
    min: 3,
    max: 64,
    pattern: '[a-z0-9_-]+(\\.[A-Za-z0-9_-]+)+',
    expected: 'a name with its namespace, such as "game.wave"',
  })

const args = () =>
  about('Any JSON values; each becomes an argument of the handler.', array(json(), 64))

export const events = feature('events', 'Named messages to others in a room.', {
  'event.emit': {
    direction: 'to_server',
    delivery: 'counted',
    rate: 'event',
    room: true,
    to: true,
    doc: 'Sends a named event to `to` (others unless said); the answer tells what was delivered to how many.',
    data: object({ name: eventName(), args: args() }),
    reply: object({
      name: eventName(),
      args: args(),
      delivered: about(
        'How many sessions it was delivered to, those away included.',
        integer('uint32'),
      ),
    }),
    errors: ['ROOM_REQUIRED', 'NOT_IN_ROOM', 'NAMESPACE_NOT_DECLARED', 'INVALID_TARGET'],
  },
  event: {
    direction: 'to_client',
    delivery: 'counted',
    room: true,
    from: true,
    doc: 'What another member emitted; `from` is stamped by the server.',
    data: object({ name: eventName(), args: args() }),
  },
})
