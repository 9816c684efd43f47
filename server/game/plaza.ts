import { PLAZA, plazaEvents, plazaMember } from '../../protocol/plaza.ts'
import { plaza as state } from '../../protocol/plaza-state.ts'
import { check, type Json } from '../../protocol/schema.ts'
import { Refusal } from '../core/wire/refusal.ts'
import type { World } from '../world.ts'
import { defineRoom } from './definition.ts'

/** The plaza: a kind of room to walk about in, whose tables say where everybody is. */
export function plazaOf({ random }: Pick<World, 'random'>) {
  /** Somewhere in the middle half. */
  const startIn = (extent: number) => extent / 4 + random.below(extent / 2)

  return defineRoom({
    state,
    capacity: PLAZA.capacity,
    namespaces: ['plaza'],
    events: plazaEvents,
    tick_hz: 1_000 / PLAZA.tick_ms,

    onJoin: (_room, { data }) => memberData(data, 'room.join.data'),
    onDescribe: (_room, _member, { data }) =>
      data === undefined ? undefined : { data: memberData(data, 'room.describe.data') },
    onJoined(room, member) {
      const row = room.state.players.of(member)
      if (row) Object.assign(row, { x: startIn(PLAZA.width), y: startIn(PLAZA.height) })
    },
  })
}

function memberData(data: Json | undefined, place: string): Json {
  const problem = data == null ? undefined : check(plazaMember(), data, place)
  if (problem) throw new Refusal('INVALID_MESSAGE_DATA', problem)
  return data ?? {}
}
