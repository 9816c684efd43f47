import { columnsOf } from '../../protocol/state-columns.ts'
import { stateHash } from '../../protocol/state-schema.ts'
import { AS_MEMBERS_SAY, LINGER_MS, type RoomHooks } from '../core/room/kind.ts'
import type { AskedState, Room, RoomKind } from '../core/room/room.ts'
import { withState } from '../core/state/hooked.ts'
import type { OpenState } from '../core/state/known.ts'
import type { Ticks } from '../core/state/tick.ts'
import type { Limits } from '../core/wire/limits.ts'

export interface OpenOptions {
  readonly limits: Limits
  readonly ticks: Ticks
  readonly openState: OpenState
}

/** How often the state of a room is told, unless its creator says: times a second. */
const TICK_HZ = 20

/**
 * The kind `open`, for games without a server of their own: its players say what they like, and who
 * makes a room says what it knows.
 */
export function createOpen({ limits, ticks, openState }: OpenOptions) {
  const kind: RoomKind = {
    name: 'open',
    capacity: limits.open_capacity,
    namespaces: 'any',
    linger_ms: LINGER_MS,
    takesState: true,
    open: (room) => (room.asked ? knowing(room, room.asked) : AS_MEMBERS_SAY),
  }
  return { kind }

  function knowing(room: Room, { tick_hz = TICK_HZ, ...schema }: AskedState): RoomHooks {
    const opened = openState(room, {
      ...{ schema, columns: columnsOf(schema), hash: stateHash(schema), tick_hz },
      // Rooms of one pace have their steps together.
      tick: ticks.of(`open at ${tick_hz}`, tick_hz),
    })
    opened.begin()
    return withState(AS_MEMBERS_SAY, opened)
  }
}
