import { feature } from './message.ts'
import { memberNumber } from './rooms.ts'
import { about, choice, float64, integer, object, optional, record, text } from './schema.ts'
import { inputsShape, stateHashShape, tablesShape } from './state-schema.ts'

export * from './state-define.ts'
export * from './state-field.ts'

const tableName = () => about('Of which table.', text({ min: 1, max: 48 }))
const slot = () => about('Which row: its place in its table.', integer('uint16'))
const values = () =>
  about(
    'Its fields by their names; a vec2 is `{"x":1,"y":2}`, a choice its word. What is left out is 0, empty, false or the first.',
    record(),
  )

/** Why an owner’s write is not what the room has. */
const CORRECTIONS = ['PERMISSION_DENIED', 'ROW_NOT_FOUND', 'BOUNDS', 'CHANGE', 'REFUSED'] as const

const ERRORS = ['ROOM_REQUIRED', 'NOT_IN_ROOM', 'TABLE_NOT_FOUND', 'PERMISSION_DENIED'] as const

export const state = feature(
  'state',
  'What a room knows: tables of rows that everybody in it sees, each as it may.',
  {
    'state.schema': {
      direction: 'to_client',
      delivery: 'counted',
      room: true,
      doc: 'The tables of a room, before the first frame of its state: after the reply to a join, and again where the room is another one of the same code.',
      data: object({
        number: about('The room’s number in frames of state.', integer('uint32')),
        tick_hz: about('How many ticks it has in a second.', float64({ min: 0 })),
        hash: stateHashShape(),
        tables: about(
          'In order of their numbers, from 0; left out where the client has said that it knows this hash.',
          optional(tablesShape()),
        ),
        inputs: about(
          'What its members’ inputs are, where it takes some.',
          optional(inputsShape()),
        ),
      }),
    },
    'state.add': {
      direction: 'to_server',
      delivery: 'counted',
      rate: 'input',
      room: true,
      doc: 'Adds a row to a table that its owners or the host write: of one’s own, `rows_each` at most. It is there, with the next frame, before anything that is written of it.',
      data: object({
        table: tableName(),
        values: optional(values()),
        owner: about(
          'For the host: whose it is; 0, unless said, for nobody’s.',
          optional(memberNumber()),
        ),
      }),
      reply: object({ slot: slot() }),
      errors: [...ERRORS, 'TABLE_FULL', 'TOO_LARGE', 'VALIDATION_FAILED'],
    },
    'state.remove': {
      direction: 'to_server',
      delivery: 'counted',
      rate: 'input',
      room: true,
      doc: 'Removes a row of one’s own, or as the host any of a table that the host writes.',
      data: object({ table: tableName(), slot: slot() }),
      reply: object({}),
      errors: [...ERRORS, 'ROW_NOT_FOUND', 'VALIDATION_FAILED'],
    },
    'state.corrected': {
      direction: 'to_client',
      delivery: 'counted',
      room: true,
      doc: 'To who wrote a row that is not to be so: what it is instead. PERMISSION_DENIED: it is not theirs; ROW_NOT_FOUND: there is none; BOUNDS: beyond what a field may be; CHANGE: further than it may change; REFUSED: by the room’s own logic.',
      data: object({
        table: tableName(),
        slot: slot(),
        code: choice(...CORRECTIONS),
        values: about('The fields that were written, as they are; empty for no row.', record()),
        message: optional(text()),
      }),
    },
    'state.resync': {
      direction: 'to_server',
      delivery: 'counted',
      room: true,
      doc: 'Asks for all rows anew, as what came does not follow what one has: the next frame is a reset.',
      data: object({}),
      reply: object({}),
      errors: ['ROOM_REQUIRED', 'NOT_IN_ROOM', 'UNSUPPORTED'],
    },
  },
)
