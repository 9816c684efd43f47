import type { Cancel, World } from '../../world.ts'
import type { Room } from './room.ts'

/** The rooms there are. */
interface Those {
  has(room: Room): boolean
  dispose(room: Room): void
}

/** Rooms in which nobody sits wait a while for somebody, then go. */
export function createLingering({ after }: Pick<World, 'after'>, { has, dispose }: Those) {
  const waiting = new Map<Room, Cancel>()
  let isOver = false

  return {
    begin,
    end,
    keep,
    release,
    close(): void {
      isOver = true
      for (const cancel of waiting.values()) cancel()
      waiting.clear()
    },
  }

  /** An empty room waits for somebody; it does not go while it is kept, or a place in it reserved. */
  function begin(room: Room): void {
    if (isOver || !Number.isFinite(room.kind.linger_ms)) return
    // A hook that empties it while somebody leaves has come here before.
    end(room)
    waiting.set(
      room,
      after(room.kind.linger_ms, () => {
        waiting.delete(room)
        if (!isNeeded(room)) dispose(room)
      }),
    )
  }

  /** Somebody is in it, or its time begins anew. */
  function end(room: Room): void {
    waiting.get(room)?.()
    waiting.delete(room)
  }

  /** Keeps a room though nobody sits there, until what it returns is called. */
  function keep(room: Room): () => void {
    const one = {}
    room.keeps.add(one)
    return () => {
      if (room.keeps.delete(one) && has(room) && room.size === 0) begin(room)
    }
  }

  /**
   * Somebody was refused. A room made for just that goes at once, one whose time ran out meanwhile
   * as well; any other waits on as if nobody had asked.
   */
  function release(room: Room, isOwn: boolean): void {
    if (room.size > 0 || isNeeded(room) || !has(room)) return
    const isLate = Number.isFinite(room.kind.linger_ms) && !waiting.has(room)
    if (!isLate && !(isOwn && room.isUnused)) return
    end(room)
    dispose(room)
  }
}

const isNeeded = ({ reserved, keeps }: Room): boolean => reserved.size > 0 || keeps.size > 0
