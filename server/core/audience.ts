import { ADDRESS_WORDS, NAMED_ADDRESSES } from '../../protocol/message.ts'
import type { Context } from './call.ts'
import type { Outgoing } from './frame.ts'
import { Refusal } from './refusal.ts'
import { isHost, type Member, type Room } from './room.ts'
import type { Session } from './session.ts'

/** Whom a message reaches, each once, and which of its addresses reach nobody. */
export interface Audience {
  readonly sessions: ReadonlySet<Session>
  readonly unreached: readonly string[]
}

/**
 * The members of `room` that `to` names: a union. Refused with INVALID_TARGET or NO_HOST when it
 * names nobody at all; `others` of somebody alone is nobody, and no mistake.
 */
export function audienceOf(room: Room, sender: Member, to: readonly string[]): Audience {
  const sessions = new Set<Session>()
  const unreached: string[] = []
  for (const address of to) {
    const found = membersAt(room, sender, address)
    if (found.length === 0 && address !== 'others') unreached.push(address)
    for (const { session } of found) sessions.add(session)
  }
  if (sessions.size === 0 && unreached.length > 0) throw nobodyAt(unreached)
  return { sessions, unreached }
}

/**
 * The one member that `to` names. Of a player's several sessions it is the one active last, one
 * that is connected before one that is away, and another than the asker's before that.
 */
export function targetOf(room: Room, sender: Member, to: readonly string[] | undefined): Member {
  const [address, ...more] = to ?? []
  if (address === undefined || more.length > 0)
    throw new Refusal('INVALID_TARGET', 'to: expected one address, such as "player:ID" or "host"')
  const found = membersAt(room, sender, address)
  const [first] = found
  if (!first) throw nobodyAt([address])
  if (found.length === 1) return first
  if (!address.startsWith('player:'))
    throw new Refusal('INVALID_TARGET', `to: "${address}" names ${found.length} sessions, not one`)
  const order = (member: Member) => [member !== sender, !member.away, member.session.activity]
  return found.reduce((best, one) => (isGreater(order(one), order(best)) ? one : best))
}

/** How many a message reached, and which of its addresses nobody. */
interface Delivered {
  readonly delivered: number
  readonly unreached?: readonly string[]
}

/**
 * Sends one shared message to all that `to` names; the answer is `said`, and who got it. Nobody
 * does where its sender could not be told so.
 */
export function deliver<T extends object>(
  context: Context,
  { room, member }: { readonly room: Room; readonly member: Member },
  message: Outgoing,
  said: T,
): T & Delivered {
  const { to, session } = context
  const isOne = to === undefined || to.length === 1
  const only = to === undefined ? 'others' : to[0]
  if (isOne && (only === 'others' || only === 'all')) {
    // Roughly, as the answer repeats at most what is sent; exactly only near the limit.
    if (message.size + ENVELOPE > session.receiveBytes)
      context.refuseUnfit({ ...said, delivered: room.size })
    return { ...said, delivered: room.broadcast(message, only === 'all' ? undefined : session) }
  }
  const { sessions, unreached } = audienceOf(room, member, to ?? [])
  const answer = { ...said, delivered: sessions.size, ...(unreached.length > 0 && { unreached }) }
  if (unreached.length > 0 || message.size + ENVELOPE > session.receiveBytes)
    context.refuseUnfit(answer)
  for (const one of sessions) one.send(message)
  return answer
}

/** What an answer says beside what it repeats. */
const ENVELOPE = 256

function membersAt(room: Room, sender: Member, address: string): Member[] {
  const members = [...room.members]
  const colon = address.indexOf(':')
  const value = address.slice(colon + 1)
  switch (address.slice(0, colon + 1) || address) {
    case 'others':
      return members.filter((one) => one !== sender)
    case 'all':
      return members
    case 'self':
      return [sender]
    case 'host':
      return room.host ? [room.host] : []
    case 'hosts':
      return members.filter(isHost)
    case 'other_hosts':
      return members.filter((one) => one !== sender && isHost(one))
    case 'player:':
      return members.filter(({ session }) => session.player?.id === value)
    case 'session:':
      return members.filter(({ session }) => session.id === value)
    case 'group:':
      return members.filter(({ session }) => room.groups.get(value)?.has(session))
    default:
      throw new Refusal('INVALID_TARGET', `to: expected one of ${ADDRESSES}; got "${address}"`)
  }
}

const ADDRESSES = [...ADDRESS_WORDS, ...NAMED_ADDRESSES].join(', ')

function nobodyAt(addresses: readonly string[]): Refusal {
  const areHosts = addresses.every((one) => HOSTS.includes(one))
  return areHosts
    ? new Refusal('NO_HOST')
    : new Refusal('INVALID_TARGET', `to: nobody in this room is at ${addresses.join(', ')}`)
}

const HOSTS = ['host', 'hosts', 'other_hosts']

function isGreater(a: readonly (boolean | number)[], b: readonly (boolean | number)[]): boolean {
  const at = a.findIndex((value, index) => value !== b[index])
  return at >= 0 && Number(a[at]) > Number(b[at])
}
