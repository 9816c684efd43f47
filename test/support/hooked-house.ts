import { defineRoom, type GameRoom, Refusal, type RoomDefinition } from '../../server/server.ts'
import type { createRandom } from './clock.ts'

export type Random = ReturnType<typeof createRandom>

/** A room as its own logic sees it, and how often it has spoken. */
export interface Spoken {
  readonly room: GameRoom<unknown>
  number: number
}

/** What hooks say, numbered in each room, so that a listener notices what it missed or heard twice. */
export const SAID = 'walk.said'

/** The longest that a hook takes on purpose; longer ones are cut short by the server. */
const THOUGHT_MS = 3_000

/** Kinds of room whose hooks speak, take their time, refuse and throw; and the rooms there are. */
export function createHouse(random: Random) {
  const rooms = new Map<string, Spoken>()
  const chance = (percent: number) => random.below(100) < percent

  const speak = (room: GameRoom<unknown>) => {
    const spoken = rooms.get(room.code)
    if (spoken) room.emit(SAID, [++spoken.number])
  }
  const disturbed = (room: GameRoom<unknown>, what: string) => {
    if (chance(60)) speak(room)
    if (chance(10)) throw new Error(`${what} failed, as it was meant to`)
  }
  const pause = (room: GameRoom<unknown>, ms: number) =>
    new Promise<void>((resolve) => void room.after(ms, resolve))

  /** What a member may do to another, from within a hook. */
  function meddle(room: GameRoom<unknown>): void {
    const member = random.pick(room.members)
    if (!member || !chance(12)) return
    const deeds = [
      () => room.kick(member, { ban: chance(30) }),
      () => room.assign(member, random.pick(['player', 'assistant', 'host'] as const)),
      () => room.update({ turn: random.below(9) }),
      () => room.lock(chance(30)),
    ]
    random.pick(deeds)()
  }

  const hooks: RoomDefinition<unknown> = {
    capacity: 5,
    namespaces: ['walk'],
    linger_ms: 4_000,
    onCreate(room) {
      rooms.set(room.code, { room, number: 0 })
      return undefined
    },
    async onJoin(room) {
      if (chance(30)) speak(room)
      if (chance(5)) await new Promise(() => {})
      await pause(room, random.below(THOUGHT_MS))
      if (chance(30)) speak(room)
      if (chance(10)) throw new Refusal('PERMISSION_DENIED', 'the room will not have it')
      if (chance(5)) throw new Error('onJoin failed, as it was meant to')
      return { thought: true }
    },
    onJoined(room) {
      meddle(room)
      disturbed(room, 'onJoined')
    },
    onLeave(room) {
      meddle(room)
      disturbed(room, 'onLeave')
    },
    onAway: (room) => disturbed(room, 'onAway'),
    onBack(room) {
      disturbed(room, 'onBack')
      speak(room)
      meddle(room)
    },
    onMessage(room, { args }) {
      disturbed(room, 'onMessage')
      if (chance(10)) throw new Refusal('PERMISSION_DENIED', 'not now')
      return chance(50) ? { args: [...args, 'seen'] } : undefined
    },
    onDispose: (room) => void rooms.delete(room.code),
  }
  const { onJoin: _, ...quick } = hooks
  const kinds = {
    slow: defineRoom(hooks),
    quick: defineRoom<unknown>({ ...quick, capacity: 4 }),
  }
  return { kinds, rooms: rooms as ReadonlyMap<string, Spoken> }
}
