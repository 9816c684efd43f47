import { feature } from './message.ts'
import { askedName, player } from './players.ts'
import { about, bool, object, optional, text } from './schema.ts'

const sessionId = () => about('The session’s id.', text({ min: 1, max: 64 }))
const user = () => text({ min: 1, max: 128 })

/** Whose aliases the users of backends are. */
export const BACKEND_SERVICE = 'backend'

export const backends = feature('backends', 'Trusted services, beside the players.', {
  'backend.connect': {
    direction: 'to_server',
    delivery: 'counted',
    open: true,
    doc: 'Makes this session a backend’s, by the secret whose hash the server is configured with. It may notify anybody, says who players are, and is no player itself: it cannot identify, sits in no room and is in no group.',
    data: object({ secret: about('As it is, not its hash.', text({ min: 1, max: 128 })) }),
    reply: object({}),
    errors: ['INVALID_SECRET', 'BACKENDS_REFUSED', 'ALREADY_IDENTIFIED', 'ALREADY_IN_ROOM'],
  },
  'backend.authenticate': {
    direction: 'to_client',
    delivery: 'counted',
    doc: 'Asks a backend, each in turn, who a session is; where none answers within `limits.backend_ms`, the server judges by itself. An `error` counts as no answer.',
    data: object({
      session: sessionId(),
      token: about('What the client said, if anything.', optional(text({ max: 4096 }))),
    }),
    reply: object({
      authenticated: about('Whether the token is good.', bool()),
      user: about(
        'Who that is to the backend: the player with the alias of the service `backend` and this identifier, made if there is none. Without it, a guest.',
        optional(user()),
      ),
      name: about('What a new player is called.', optional(askedName())),
    }),
  },
  'backend.identify': {
    direction: 'to_server',
    delivery: 'counted',
    doc: 'Says unasked who a session is.',
    data: object({ session: sessionId(), user: user(), name: optional(askedName()) }),
    reply: object({ player: player() }),
    errors: [
      'BACKEND_REQUIRED',
      'TARGET_LEFT',
      'INVALID_TARGET',
      'ALREADY_IDENTIFIED',
      'PLAYER_BANNED',
      'STORAGE_FAILED',
      'STORAGE_BUSY',
      'OUTCOME_UNKNOWN',
    ],
  },
  'player.identified': {
    direction: 'to_client',
    delivery: 'counted',
    doc: 'A backend has said, unasked, who this session is.',
    data: object({ session: sessionId(), player: player() }),
  },
})
