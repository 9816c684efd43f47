import type { Role } from '../../protocol/rooms.ts'
import type { LeaveReason, Room } from '../client.ts'

/** What a room that was given no title is called. */
const UNTITLED = 'The plaza'
export const MAX_TITLE = 40

export type Properties = Room['properties']

/** What its host calls a room. */
export function titleOf({ title }: Properties): string {
  return (typeof title === 'string' && title.trim().slice(0, MAX_TITLE)) || UNTITLED
}

/** How people call a role that says more than that somebody plays. */
export const BADGES: Readonly<Partial<Record<Role, string>>> = {
  host: 'co-host',
  assistant: 'assistant',
  trusted: 'trusted',
  none: 'watching',
}

/** Tells, as long as we sit in a room, when its members are others, and the sentence that says why. */
export function follow(room: Room, tell: (sentence?: string) => void): void {
  let before = lookOf(room)
  room.on('joined', ({ name }) => tell(`${name} has come in.`))
  room.on('left', ({ name }, reason) => tell(`${name} ${LEFT[reason]}.`))
  room.on('away', ({ name }) => tell(`${name} is away.`))
  room.on('back', ({ name }) => tell(`${name} is back.`))
  room.on('members', () => tell())
  room.on('host', (host) => tell(`${host?.name ?? 'Nobody'} is the host now.`))
  room.on('role', ({ name, role }) => tell(`${name} is now ${ROLES[role]}.`))
  room.on('updated', () => {
    const now = lookOf(room)
    if (now.title !== before.title) tell(`The room is now called “${now.title}”.`)
    if (now.locked !== before.locked)
      tell(now.locked ? 'The room is locked: nobody new may come in.' : 'The room is open again.')
    if (now.listed !== before.listed)
      tell(now.listed ? 'The room is listed for everybody.' : 'The room is found by its code only.')
    before = now
  })
}

const lookOf = ({ properties, locked, listed }: Room) => ({
  title: titleOf(properties),
  locked,
  listed,
})

const LEFT: Readonly<Record<LeaveReason, string>> = {
  left: 'has left',
  lost: 'has left',
  kicked: 'was kicked',
  banned: 'was banned',
}

const ROLES: Readonly<Record<Role, string>> = {
  host: 'a host',
  assistant: 'an assistant',
  trusted: 'trusted',
  player: 'a player',
  none: 'a watcher',
}
