import {
  angle,
  choice,
  defineState,
  json,
  near,
  quaternion,
  ref,
  single,
  table,
  vec2,
} from '../../protocol/state.ts'

/** Tables with a field of each sort, names that GDScript has for itself among them. */
export const STATE = defineState({
  players: table(
    {
      ...{ at: vec2(-2000, 2000, 0.01), turn: angle(10), hp: 'uint8', spin: quaternion() },
      ...{ class: choice('mage', 'thief'), other: ref('players'), any: json(100), on: 'bool' },
      name: 'string',
    },
    { rows: 'members', write: 'owner', sees: near(600) },
  ),
  round: single({ phase: choice('waiting', 'playing'), ends: 'uint32' }),
})
