import { PLAZA } from './plaza.ts'
import { defineState, single, table } from './state-define.ts'
import { choice, fixed, text } from './state-field.ts'

const [x, y] = [fixed(0, PLAZA.width, 0.1), fixed(0, PLAZA.height, 0.1)]
const way = fixed(-1, 1, 0.001)

/** What everybody has who plays: a place, the lights that it carries, and its points in this round. */
const figure = { x, y, lights: 'uint8', points: 'uint16', safe: 'bool' } as const

/** What a plaza knows, for its server and its page. */
export const plaza = defineState(
  {
    players: table({ ...figure, ready: 'bool' }, { rows: 'members', write: 'owner' }),
    bots: table({ ...figure, name: text(24), colour: text(7) }),
    fireflies: table({ x, y }),
    round: single({ phase: choice('playing', 'over'), seconds: 'uint16', lights: 'uint16' }),
    results: table({ name: text(128), colour: text(7), points: 'uint16', member: 'uint32' }),
  },
  { inputs: { x: way, y: way } },
)
