import { delivered as deliveredTo } from './events.ts'
import { feature } from './message.ts'
import { about, json, object, optional, text } from './schema.ts'

/** Whom a notification to a group names. */
export const groupAddress = () =>
  about(
    '`public` (who has not identified, and guests), `player:ID`, `user:NAME` (as a backend named them), `room:CODE`, `channel:ID`, or `session:ID`: that session’s own group, its player’s or `public`.',
    text({ min: 1, max: 160 }),
  )

export const sessionId = () => about('The session’s id.', text({ min: 1, max: 64 }))

const { delivered } = deliveredTo
const data = about('Any JSON.', json())
/** Of a reply: how many were notified. */
export const notified = () => object({ delivered })

const ERRORS = ['INVALID_TARGET', 'PERMISSION_DENIED', 'RATE_LIMITED'] as const

export const notify = feature('notify', 'Notifications: what a service tells players.', {
  'notify.client': {
    direction: 'to_server',
    delivery: 'counted',
    rate: 'notify',
    doc: 'Notifies one session. A backend reaches any; a player its own, and those it shares a room with.',
    data: object({ target: about('Its id (oneself).', optional(sessionId())), data }),
    reply: notified(),
    errors: [...ERRORS],
  },
  'notify.group': {
    direction: 'to_server',
    delivery: 'counted',
    rate: 'notify',
    doc: 'Notifies a group. A backend reaches any; a player those it is in, except `public`.',
    data: object({
      target: about('Which (one’s own).', optional(groupAddress())),
      data,
    }),
    reply: notified(),
    errors: [...ERRORS],
  },
  'notify.all': {
    direction: 'to_server',
    delivery: 'counted',
    rate: 'notify',
    doc: 'Notifies everybody but backends; for backends.',
    data: object({ data }),
    reply: notified(),
    errors: ['BACKEND_REQUIRED'],
  },
  notify: {
    direction: 'to_client',
    delivery: 'counted',
    from: true,
    doc: 'A notification. A service’s is from member 0 with the role `backend`; a player’s is from member 0 with the role `player`.',
    data: object({ data: json() }),
  },
})
