import { RESUME_REASONS, type ResumeReason } from './errors.ts'
import { LEAST_PER_SECOND, TOLD_RATES, type ToldRate } from './limits.ts'
import { feature } from './message.ts'
import { player } from './players.ts'
import { seat } from './rooms.ts'
import {
  about,
  array,
  bool,
  choice,
  float64,
  integer,
  json,
  nullable,
  object,
  optional,
  text,
  tuple,
} from './schema.ts'

/** The version of the wire; tables of another version speak another protocol. */
export const PROTOCOL = 1
export const SUBPROTOCOL = 'estragon.v1'
/** The smallest `receive_bytes` a client may ask for: a welcome and an error always fit. */
export const MIN_RECEIVE_BYTES = 1_024

const counts = {
  sent: about('How many counted frames the sender of this message has sent.', integer('uint32')),
  received: about('How many counted frames it has received.', integer('uint32')),
}

const abilities = {
  receive_bytes: about(
    'The largest message this client can take.',
    optional(integer('uint32', { min: MIN_RECEIVE_BYTES })),
  ),
  fingerprint: about('Of the tables the client was made from.', optional(text({ max: 64 }))),
  packets: about('Of the game’s packet schema.', optional(nullable(text({ max: 64 })))),
}

const rate = () =>
  optional(
    object({
      per_second: about(
        'How many the server admits in the long run.',
        float64({ min: LEAST_PER_SECOND }),
      ),
      burst: about('How many at once, after a while without any.', integer('uint32')),
    }),
  )

const rates = () =>
  about(
    'What the server admits of each class that it limits; see [Pacing](#pacing).',
    optional(
      object(
        Object.fromEntries(TOLD_RATES.map((name) => [name, rate()])) as Record<
          ToldRate,
          ReturnType<typeof rate>
        >,
      ),
    ),
  )

const reason = () => choice(...(Object.keys(RESUME_REASONS) as ResumeReason[]))

export const session = feature('session', 'Connections, and sessions that survive them.', {
  welcome: {
    direction: 'to_client',
    delivery: 'socket',
    doc: 'The server’s first message on every connection.',
    data: object({
      session: about('This session’s public id.', text({ min: 1, max: 64 })),
      token: about('Claims this session after a drop; a secret.', text({ min: 1, max: 64 })),
      protocol: integer('uint16'),
      fingerprint: about('Of the tables the server was made from.', text({ max: 64 })),
      packets: about(
        'Of the game’s packet schema, where there is one.',
        nullable(text({ max: 64 })),
      ),
      time: about('The server’s monotonic clock, in ms.', float64()),
      heartbeat_ms: integer('uint32'),
      resume_ms: about('How long a dropped session keeps its seat.', integer('uint32')),
      limits: object({
        message_bytes: about('The largest message the server takes.', integer('uint32')),
        resume_bytes: integer('uint32'),
        resume_frames: integer('uint32'),
        ack_frames: integer('uint32'),
        ack_ms: integer('uint32'),
      }),
      rates: rates(),
    }),
  },
  'session.hello': {
    direction: 'to_server',
    delivery: 'socket',
    rate: 'connection',
    doc: 'A library’s first message on a new session.',
    data: object(abilities),
    reply: object({
      resume: about('Whether this session can be resumed by this client.', bool()),
      warning: optional(text()),
    }),
  },
  'session.resume': {
    direction: 'to_server',
    delivery: 'socket',
    rate: 'connection',
    doc: 'A library’s first message on a new connection of an old session.',
    data: object({
      token: text({ min: 1, max: 64 }),
      fresh: about(
        'Whether this client has nothing of the session but its token, as after a reload: both counts begin anew. Otherwise the four that follow are needed.',
        optional(bool()),
      ),
      attempt: about(
        'Higher than in any earlier claim with this token.',
        optional(integer('uint32')),
      ),
      sent: optional(counts.sent),
      received: optional(counts.received),
      forgotten: about(
        'How many of the oldest frames it has sent it can no longer send again.',
        optional(integer('uint32')),
      ),
      states: about(
        'Of each room whose state it has: the room’s number in frames, and the tick it has.',
        optional(array(tuple(integer('uint32'), integer('uint32')), 64)),
      ),
      ...abilities,
    }),
    reply: object({
      resumed: bool(),
      session: about('The session this connection now carries.', text({ min: 1, max: 64 })),
      token: about(
        'After RELOADED: what claims the session from now on, in place of the token of before.',
        optional(text({ min: 1, max: 64 })),
      ),
      kept: about(
        'When not resumed: whether identity, rooms and seats are still there.',
        optional(bool()),
      ),
      reason: optional(reason()),
      message: optional(text()),
      ...counts,
    }),
    errors: ['STALE_ATTEMPT', 'RESUME_TOO_LATE'],
  },
  'session.ack': {
    direction: 'both',
    delivery: 'socket',
    rate: 'connection',
    doc: 'Tells the counts, so that the other side may forget what arrived.',
    data: object(counts),
  },
  'session.desync': {
    direction: 'to_server',
    delivery: 'socket',
    rate: 'resume',
    doc: 'The server’s count does not match what arrived here; it answers with `session.reset`.',
    data: object(counts),
  },
  'session.reset': {
    direction: 'to_client',
    delivery: 'socket',
    doc: 'A request: both counts begin again at 0 on this living connection. What arrives before its reply is not handled; a snapshot follows.',
    data: object({
      session: text({ min: 1, max: 64 }),
      kept: bool(),
      reason: reason(),
      message: text(),
      ...counts,
    }),
    reply: object({}),
  },
  'session.snapshot': {
    direction: 'to_client',
    delivery: 'socket',
    doc: 'What this session is and where it sits, after a claim or a reset; in several messages where one would not fit.',
    data: object({
      player: nullable(player()),
      rooms: about(
        'A room that continues from the message before repeats its head.',
        array(seat()),
      ),
      more: about('Whether the snapshot goes on in another message.', bool()),
    }),
  },
  ping: {
    direction: 'to_server',
    delivery: 'socket',
    rate: 'connection',
    doc: 'Measures the round trip and tells the server’s clock.',
    data: object({}),
    reply: object({ time: about('The server’s monotonic clock, in ms.', float64()) }),
  },
  error: {
    direction: 'to_client',
    delivery: 'counted',
    doc: 'A refusal, with `re` where it answers a request; a client says it in answer to a question it cannot answer.',
    data: object({
      code: text({ max: 64 }),
      status: about('The HTTP status of the same meaning.', integer('uint16')),
      message: text({ max: 2048 }),
      request: about('The type of the message it answers.', optional(text({ max: 64 }))),
      cause: optional(json()),
      retry_ms: optional(integer('uint32')),
      incident: about('Under which the server’s log has the details.', optional(text({ max: 64 }))),
    }),
  },
})
