import type { RelayMode } from '../../../protocol/relay.ts'
import type { Member } from '../room/member.ts'
import type { Session } from '../session/session.ts'
import type { Outgoing } from '../wire/frame.ts'

/** What is asked of a relay by who opens it. */
export interface Wish {
  /** Null for a dedicated one without a seat. */
  readonly member: Member | null
  readonly session: Session
  /** Of which Godot its packets are: 3 or 4. */
  readonly engine: number
  readonly mode: RelayMode | undefined
  readonly dedicated: boolean
  /** Whether, as peer 1, it says of each newcomer that it has met it. */
  readonly meets: boolean
}

/** Who sends and receives bytes of Godot's multiplayer in a room. */
export interface Peer extends Wish {
  /** Another one where its epoch makes it peer 1, or that no longer. */
  id: number
  /** The last frame that it was counted among the targets of. */
  mark: number
  /** What others said to it before peer 1 has met it; undefined once it has. */
  waiting: Outgoing[] | undefined
}

/** As the others know it. */
export const numberOf = ({ id, member }: Peer) =>
  member ? { peer: id, number: member.number } : { peer: id }
