import { AS_MEMBERS_SAY, LINGER_MS } from '../core/room/kind.ts'
import type { RoomKind } from '../core/room/room.ts'
import type { Limits } from '../core/wire/limits.ts'

/** The kind `open`, for games without a server of their own: its players say what they like. */
export function createOpen({ open_capacity }: Limits) {
  const kind: RoomKind = {
    name: 'open',
    capacity: open_capacity,
    namespaces: 'any',
    linger_ms: LINGER_MS,
    open: () => AS_MEMBERS_SAY,
  }
  return { kind }
}
