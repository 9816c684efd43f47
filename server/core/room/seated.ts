import type { Context } from '../dispatch/call.ts'
import type { Member } from './member.ts'
import type { Room } from './room.ts'

/** A member in its room. */
export interface Seated {
  readonly room: Room
  readonly member: Member
}

/** Finds the room a message is meant for, and its sender's seat there; refuses who has none. */
export type Resolve = (context: Context) => Seated
