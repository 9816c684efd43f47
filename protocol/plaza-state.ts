import { PLAZA } from './plaza.ts'
import { defineState, table } from './state-define.ts'
import { fixed } from './state-field.ts'

/** What a plaza knows, for its server and its page: where everybody stands. */
export const plaza = defineState({
  players: table(
    { x: fixed(0, PLAZA.width, 0.1), y: fixed(0, PLAZA.height, 0.1) },
    { rows: 'members', write: 'owner' },
  ),
})
