import type { RoomHooks } from '../room/kind.ts'
import type { Opened } from './known.ts'

/** The hooks of a room that knows something: its state hears who sits there, before its own logic. */
export const withState = (hooks: RoomHooks, opened: Opened): RoomHooks => ({
  ...hooks,
  onJoined(member) {
    opened.joined(member)
    return hooks.onJoined?.(member)
  },
  onLeft(member, reason) {
    try {
      return hooks.onLeft?.(member, reason)
    } finally {
      opened.left(member)
    }
  },
  onRestored(member) {
    opened.restored(member)
    return hooks.onRestored?.(member)
  },
  onDispose() {
    opened.close()
    return hooks.onDispose?.()
  },
})
