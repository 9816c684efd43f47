import { feature } from './message.ts'
import { about, array, float64, integer, object, optional, text, tuple } from './schema.ts'

/** The ground of the plaza, in its own units; a body is `BODY` wide. */
export const PLAZA = { width: 1600, height: 900, body: 48, capacity: 200, tick_ms: 50 } as const

/** What is said in a plaza is no longer than this, in characters. */
export const MAX_CHAT = 280

export const colour = () =>
  text({ min: 7, max: 7, pattern: '#[0-9a-f]{6}', expected: 'a colour such as "#4f8cff"' })

const x = () =>
  about(`Units from the left edge, 0 to ${PLAZA.width}.`, float64({ min: 0, max: PLAZA.width }))
const y = () =>
  about(`Units from the top edge, 0 to ${PLAZA.height}.`, float64({ min: 0, max: PLAZA.height }))

/** What `data` says in a join of a plaza, and of a member in it. */
export const plazaMember = () => object({ colour: optional(colour()) })

/** The events a plaza knows, by name: their arguments. */
export const plazaEvents = {
  'plaza.wave': about('A wave of the hand.', tuple()),
  'plaza.chat': about('Something said aloud.', tuple(text({ min: 1, max: MAX_CHAT }))),
}

export const plaza = feature('plaza', 'A room kind to walk about in: positions, waves, chat.', {
  'plaza.move': {
    direction: 'to_server',
    delivery: 'latest',
    rate: 'move',
    room: true,
    doc: 'Where I am now.',
    data: object({ x: x(), y: y() }),
    errors: ['ROOM_REQUIRED', 'NOT_IN_ROOM', 'UNSUPPORTED'],
  },
  'plaza.rows': {
    direction: 'to_client',
    delivery: 'latest',
    room: true,
    doc: 'Where everybody is: one row a member, at most one message a tick.',
    data: object({
      time: about('The server’s clock at this tick, in ms; see `ping`.', float64()),
      rows: array(tuple(about('Member number.', integer('uint32')), x(), y())),
    }),
  },
})
