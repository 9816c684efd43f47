import { displayName } from '../../../protocol/players.ts'
import { check, json, object, optional } from '../../../protocol/schema.ts'
import type { Context } from '../dispatch/call.ts'
import { push } from '../wire/frame.ts'
import type { Limits } from '../wire/limits.ts'
import { promisedBy } from '../wire/promised.ts'
import { Refusal } from '../wire/refusal.ts'
import { checkBytes } from '../wire/size.ts'
import { aOrAn, type Described } from './kind.ts'
import { dataBytesIn, infoOf, type Member, type MemberInfo } from './member.ts'
import type { Room } from './room.ts'

/** Makes a member known by another name or other data, if its room lets it, and tells everybody. */
export function describe(
  context: Context,
  { room, member }: { readonly room: Room; readonly member: Member },
  asked: Described,
  limits: Limits,
): { readonly member: MemberInfo } {
  const most = dataBytesIn(room, limits)
  checkBytes('room.describe.data', asked.data, most)
  const { name = member.name, data = member.data } = { ...asked, ...permitted(room, member, asked) }
  checkBytes('what onDescribe returned', data, most)
  if (room.numbered(member.number) !== member) throw new Refusal('NOT_IN_ROOM')
  const told = { member: { ...infoOf(member), name, data } }
  context.refuseUnfit(told)
  member.name = name
  member.data = data
  room.broadcast(push('room.member_described', told, { room: room.code }))
  return told
}

/** What the room's own logic has in place of what was asked. */
function permitted(room: Room, member: Member, asked: Described): Described | undefined {
  const { hooks, kind } = room
  if (!hooks.onDescribe)
    throw new Refusal(
      'UNSUPPORTED',
      `room.describe: who sits in ${aOrAn(kind.name)} stays as it joined`,
    )
  const said: unknown = hooks.onDescribe(member, asked)
  const place = `onDescribe of ${aOrAn(kind.name)}`
  const promised = promisedBy(said)
  if (promised) {
    void promised.catch(() => {})
    throw new TypeError(`${place} must answer at once, without a promise`)
  }
  if (said === undefined) return undefined
  const problem = check(DESCRIPTION, said, place)
  if (problem) throw new TypeError(`${problem}; to refuse, throw a Refusal`)
  const { name, data } = said as Described
  return {
    ...(name !== undefined && { name }),
    ...(data !== undefined && { data }),
  }
}

/** What `onDescribe` may return. */
const DESCRIPTION = object({ name: optional(displayName()), data: optional(json()) })
