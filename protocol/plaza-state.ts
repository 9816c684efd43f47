import { PLAZA } from './plaza.ts'
import { defineState, single, table } from './state-define.ts'
import { choice, fixed, text } from './state-field.ts'

/** Who walks faster than that is put right; what bunches up on its way is forgiven. */
const change = PLAZA.speed * 1.25
const [x, y] = [fixed(0, PLAZA.width, 0.1, { change }), fixed(0, PLAZA.height, 0.1, { change })]

/** What everybody has who plays: a place, the lights that it carries, and its points in this round. */
const figure = { x, y, lights: 'uint8', points: 'uint16', safe: 'bool' } as const

/** What a plaza knows, for its server and its page. */
export const plaza = defineState({
  players: table({ ...figure, ready: 'bool' }, { rows: 'members', write: 'owner' }),
  bots: table({ ...figure, name: text(24), colour: text(7) }),
  fireflies: table({ x, y }),
  round: single({ phase: choice('playing', 'over'), seconds: 'uint16', lights: 'uint16' }),
  results: table({ name: text(128), colour: text(7), points: 'uint16', member: 'uint32' }),
})
