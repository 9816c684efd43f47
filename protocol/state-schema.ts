import { hashOf } from './packet-hash.ts'
import {
  about,
  array,
  bool,
  choice,
  float64,
  type Infer,
  integer,
  object,
  optional,
  text,
} from './schema.ts'

/* The tables of a room as data: what `state.schema` tells, and what a creator says of an open room. */

/** What a field may be. */
export const FIELD_TYPES = [
  ...(['bool', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'varuint'] as const),
  ...(['varint', 'fixed', 'angle', 'vec2', 'vec3', 'quaternion', 'choice', 'ref'] as const),
  ...(['float32', 'float64', 'string', 'json'] as const),
] as const
export type FieldType = (typeof FIELD_TYPES)[number]

/** Who writes the rows of a table, beside the server. */
export const WRITERS = ['owner', 'host'] as const

/** Who sees a row: `predicate` is the server’s own logic. */
export const SEERS = ['all', 'owner', 'near', 'group', 'predicate'] as const

/** What a table has rows of, unless the game adds them: one for each member. */
export const MEMBERS = 'members'

/** The name of a table or of a field. */
export const STATE_NAME = '[A-Za-z_][A-Za-z0-9_]*'
const name = () =>
  text({ min: 1, max: 48, pattern: STATE_NAME, expected: 'a name of letters, digits and _' })

export const fieldShape = () =>
  object({
    name: name(),
    type: choice(...FIELD_TYPES),
    min: about('Of a fixed, a vec2, a vec3 or a whole number: the least.', optional(float64())),
    max: about(
      'The same: the most. Of a string or json: how many bytes it may be.',
      optional(float64()),
    ),
    step: about('Of a fixed, a vec2 or a vec3: how fine it is.', optional(float64())),
    bits: about('Of an angle or a quaternion: how fine it is.', optional(integer('uint8'))),
    values: about('Of a choice: the words.', optional(array(text({ min: 1, max: 48 }), 256))),
    table: about('Of a ref: whose row it names.', optional(name())),
    change: about(
      'Of a number: the most that its owner’s writes may change it in a second.',
      optional(float64({ min: 0 })),
    ),
  })

const seesShape = () =>
  object({
    who: choice(...SEERS),
    radius: about('Of `near`: how far one sees.', optional(float64({ min: 0 }))),
    of: about(
      'Of `near`: the table of the viewer’s own row, from where it looks.',
      optional(name()),
    ),
    group: about('Of `group`: which of the room’s.', optional(text({ min: 1, max: 64 }))),
  })

export const tableShape = () =>
  object({
    name: name(),
    fields: array(fieldShape(), MOST_COLUMNS),
    most: about('How many rows it may have: slots are below.', optional(integer('uint32'))),
    single: about('It is one row, in slot 0, for as long as the room lasts.', optional(bool())),
    rows: about(
      'It has a row for each member, in place of what is added.',
      optional(choice(MEMBERS)),
    ),
    write: about('Who writes its rows beside the server.', optional(choice(...WRITERS))),
    rows_each: about(
      'How many rows one member may add, where owners write.',
      optional(integer('uint32', { min: 1 })),
    ),
    sees: about('Who sees a row; all, unless said.', optional(seesShape())),
  })

/** What a room knows: its tables by their numbers, and what its members’ inputs are. */
export const tablesShape = () => array(tableShape(), MOST_TABLES)
export const inputsShape = () => array(fieldShape(), MOST_COLUMNS)

export type FieldSchema = Exclude<Infer<ReturnType<typeof fieldShape>>, undefined>
export type TableSchema = Exclude<Infer<ReturnType<typeof tableShape>>, undefined>
export type SeesSchema = Exclude<Infer<ReturnType<typeof seesShape>>, undefined>

export interface StateSchema {
  readonly tables: readonly TableSchema[]
  readonly inputs?: readonly FieldSchema[]
}

/** A mask of columns has so many bits. */
export const MOST_COLUMNS = 32
/** So many tables and rows are the most there can be, whatever an operator allows. */
export const MOST_TABLES = 256
export const MOST_ROWS = 65_536
/** How many rows a table may have that does not say; `limits.state_rows` may be less. */
export const ROWS = 4_096

export const stateHashShape = () =>
  about(
    'Tells whether two sides have the same tables.',
    text({ min: 16, max: 16, pattern: '[0-9a-f]*', expected: '16 hexadecimal digits' }),
  )

/** Tells whether two sides have the same tables, in hexadecimal. */
export const stateHash = ({ tables, inputs }: StateSchema): string => hashOf({ tables, inputs })

/** Whether its rows have an owner: the first column says who, 0 for nobody. */
export const isOwned = ({ rows, write, sees }: TableSchema): boolean =>
  rows === MEMBERS || write === 'owner' || sees?.who === 'owner'

/** The number of the members’ table, whose last column is `ack` where there are inputs. */
export const ackTable = ({ tables, inputs }: StateSchema): number =>
  inputs ? tables.findIndex(({ rows }) => rows === MEMBERS) : -1
