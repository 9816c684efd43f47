import type { Receiver } from '../delivery/receiver.ts'
import { Session } from '../session/session.ts'
import type { Member } from './member.ts'

/** The sessions among those who sit in a room, and at most how many that are. */
export interface Sitting {
  readonly size: number
  has(session: Session): boolean
  keys(): Iterable<Session>
}

export const sittingIn = (seats: ReadonlyMap<Receiver, Member>): Sitting => ({
  size: seats.size,
  has: (session) => seats.has(session),
  keys: () => sessionsAmong(seats.keys()),
})

function* sessionsAmong(receivers: Iterable<Receiver>): Generator<Session, void> {
  for (const one of receivers) if (one instanceof Session) yield one
}
