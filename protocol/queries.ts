import { MOST_TOLD_MS } from './limits.ts'
import { feature } from './message.ts'
import {
  about,
  array,
  bool,
  integer,
  json,
  nullable,
  object,
  optional,
  type Schema,
  text,
} from './schema.ts'

const title = () => optional(text({ min: 1, max: 80 }))
const question = () => text({ min: 1, max: 1024 })

/** The queries every client answers by itself: what they are asked with, and what comes back. */
export const BUILT_IN_QUERIES = {
  dialog: {
    doc: 'Asks the person to choose; the choice’s text comes back, or null where none was made.',
    data: object({
      title: title(),
      text: question(),
      choices: about('The buttons ("OK" unless said).', optional(array(text({ max: 40 }), 8))),
    }),
    value: nullable(text({ max: 40 })),
  },
  confirm: {
    doc: 'Asks the person yes or no.',
    data: object({ title: title(), text: question() }),
    value: bool(),
  },
} as const satisfies Record<string, { doc: string; data: Schema; value: Schema }>

const queryName = () =>
  text({
    min: 3,
    max: 64,
    pattern: `${Object.keys(BUILT_IN_QUERIES).join('|')}|[a-z0-9_-]+(\\.[A-Za-z0-9_-]+)+`,
    expected: 'a name with its prefix, such as "game.trade", or "dialog" or "confirm"',
  })

/** How long a question waits unless said, in ms. */
export const DEFAULT_ASK_MS = 30_000

export const timeout = () =>
  about(
    `How long to wait, in ms (${DEFAULT_ASK_MS}); at most \`limits.ask_ms\`, but with ${MOST_TOLD_MS} as long as both are here.`,
    integer('uint32', { min: 1 }),
  )

/** What a question to another player may be refused or answered with. */
export const ASK_ERRORS = [
  'ROOM_REQUIRED',
  'NOT_IN_ROOM',
  'PERMISSION_DENIED',
  'NO_HOST',
  'INVALID_TARGET',
  'TOO_LARGE',
  'TARGET_BUSY',
  'UNREGISTERED_HANDLER',
  'REMOTE_ERROR',
  'TARGET_LEFT',
  'TIMEOUT',
  'OUTCOME_UNKNOWN',
] as const

export const queries = feature('queries', 'Questions from one player to another, awaited.', {
  query: {
    direction: 'both',
    delivery: 'counted',
    rate: 'query',
    room: true,
    to: true,
    from: true,
    doc: 'Asks the one session that `to` names (of a player’s several, the one active last); the server asks it in turn, with `from` stamped, and passes its answer on. One who fails answers with an `error` of the code REMOTE_ERROR or UNREGISTERED_HANDLER. To `server`, the room’s own logic answers.',
    data: object({
      name: queryName(),
      data: json(),
      timeout: optional(timeout()),
    }),
    reply: object({ value: json() }),
    errors: [...ASK_ERRORS],
  },
})
