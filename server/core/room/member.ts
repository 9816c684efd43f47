import type { AllMessages } from '../../../protocol/index.ts'
import type { DataOf, Sender } from '../../../protocol/message.ts'
import { ROLES, type Role } from '../../../protocol/rooms.ts'
import type { Json } from '../../../protocol/schema.ts'
import type { Receiver } from '../delivery/receiver.ts'
import { Stamp } from '../wire/frame.ts'
import type { Limits } from '../wire/limits.ts'

export type MemberInfo = DataOf<AllMessages['room.member_joined']>['member']

/** A place in a room, numbered in order of joining, and who sits there. */
export interface Member {
  readonly number: number
  /** Who sits there: another one once its player's next session has taken the seat over. */
  receiver: Receiver
  name: string
  data: Json
  role: Role
  away: boolean
  /** By the world’s clock, when it last dropped. */
  awaySince?: number
  /** What goes around what it says, as long as nothing of that changes. */
  stamp?: Stamp
  /** The player it is found by. */
  player?: string
}

export const rankOf = (role: Role): number => ROLES.indexOf(role)

/** How much the data of one member of a room may hold: all of it has to be read by whoever joins. */
export const dataBytesIn = (
  { capacity }: { readonly capacity: number },
  { data_bytes, members_bytes }: Pick<Limits, 'data_bytes' | 'members_bytes'>,
): number => Math.min(data_bytes, Math.max(NULL_BYTES, Math.floor(members_bytes / capacity)))

const NULL_BYTES = 4

/** Whether this role is enough to be the host. */
export const isHost = ({ role }: Pick<Member, 'role'>): boolean =>
  rankOf(role) >= rankOf('assistant')

export const senderOf = ({ number, receiver, role, name }: Member): Sender => ({
  member: number,
  player: receiver.player?.id ?? null,
  role,
  name,
})

/** What goes around a message that a member makes others receive. */
export function stampOf({ code }: { readonly code: string }, member: Member): Stamp {
  const { stamp, role, name, receiver } = member
  const player = receiver.player?.id ?? null
  const { from } = stamp ?? {}
  if (stamp && from?.role === role && from.player === player && from.name === name) return stamp
  member.stamp = new Stamp(code, senderOf(member))
  return member.stamp
}

export const infoOf = ({ number, receiver, name, role, away, data }: Member): MemberInfo => ({
  number,
  session: receiver.id,
  player: receiver.player?.id ?? null,
  name,
  role,
  away,
  data,
})
