import type { AllMessages } from '../../../protocol/index.ts'
import type { ReplyOf } from '../../../protocol/message.ts'
import type { Session } from '../session/session.ts'
import { SNAPSHOT_BYTES } from '../wire/envelope.ts'
import { push } from '../wire/frame.ts'
import { Refusal } from '../wire/refusal.ts'
import { jsonBytes } from '../wire/size.ts'
import { infoOf, type Member, type MemberInfo } from './member.ts'
import { type Room, roomInfoOf } from './room.ts'

/** A seat as its own client is told of it. */
export type Seat = ReplyOf<AllMessages['room.join']>

/** The pages of a seat to be; refused where its client could not take one of them. */
export function seatPages(
  room: Room,
  member: Member,
  members: readonly Member[],
  { receiveBytes }: Session,
): Seat[] {
  // It will be told in snapshots as well. Writing every page as text would cost each join.
  const { pages, most } = measuredPages(room, member, members, receiveBytes - SNAPSHOT_BYTES)
  const bytes = most + SNAPSHOT_BYTES
  if (bytes <= receiveBytes) return pages
  throw new Refusal(
    'TOO_LARGE',
    `to be told of ${room.code} takes ${bytes} bytes, which do not fit receive_bytes ${receiveBytes}`,
  )
}

/** The pages after the first, each made when the socket has taken those before it. */
export function* membersAfter({ code }: Room, pages: readonly Seat[]) {
  for (const { members, more } of pages)
    yield push('room.members', { members, more }, { room: code })
}

/**
 * A seat in pieces that are each at most `bytes`; the last says that no more follows. It is as the room is
 * now: what changes later is told in an event, which comes later too.
 */
export const pagesOf = (
  room: Room,
  member: Member,
  members: Iterable<Member>,
  bytes: number,
): Seat[] => measuredPages(room, member, members, bytes).pages

const MOST_HOST = 0xffff_ffff

/** The same, and how many bytes the largest of them takes at most. */
function measuredPages(
  room: Room,
  { number: you }: Member,
  members: Iterable<Member>,
  bytes: number,
) {
  const info = roomInfoOf(room)
  // The host is elected later.
  const bare = { room: { ...info, host: MOST_HOST }, you, members: [], more: false }
  const overhead = jsonBytes(bare)
  const groups: MemberInfo[][] = [[]]
  let used = overhead
  let most = overhead
  for (const one of members) {
    const told = infoOf(one)
    const size = jsonBytes(told) + 1
    if (used + size > bytes && used > overhead) {
      groups.push([])
      used = overhead
    }
    groups.at(-1)?.push(told)
    used += size
    most = Math.max(most, used)
  }
  const last = groups.length - 1
  const pages = groups.map((some, at) => ({ room: info, you, members: some, more: at < last }))
  return { pages, most }
}
