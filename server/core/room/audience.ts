import {
  ADDRESS_WORDS,
  addressKind,
  addressName,
  NAMED_ADDRESSES,
} from '../../../protocol/message.ts'
import type { Receiver } from '../delivery/receiver.ts'
import type { Context } from '../dispatch/call.ts'
import { ENVELOPE_BYTES } from '../wire/envelope.ts'
import type { Outgoing } from '../wire/frame.ts'
import { Refusal } from '../wire/refusal.ts'
import { isHost, type Member } from './member.ts'
import type { Room } from './room.ts'
import type { Seated } from './seated.ts'

/** Whom a message reaches, each once, and which of its addresses reach nobody. */
export interface Audience {
  readonly receivers: ReadonlySet<Receiver>
  readonly unreached: readonly string[]
}

/**
 * The members of `room` that `to` names: a union. Refused with INVALID_TARGET or NO_HOST when it
 * names nobody at all; `others` of somebody alone is nobody, and no mistake.
 */
export function audienceOf(room: Room, sender: Member, to: readonly string[]): Audience {
  const receivers = new Set<Receiver>()
  const nobody = new Set<string>()
  for (const address of new Set(to)) {
    let isReached = address === 'others'
    for (const { receiver } of membersAt(room, sender, address)) {
      isReached = true
      // Once everybody is reached, it only matters whether there is anybody at the others.
      if (receivers.size === room.size) break
      receivers.add(receiver)
    }
    if (!isReached) nobody.add(address)
  }
  const unreached = nobody.size > 0 ? to.filter((address) => nobody.has(address)) : []
  if (receivers.size === 0 && unreached.length > 0) throw nobodyAt(unreached)
  return { receivers, unreached }
}

/**
 * The one member that `to` names. Of a player's several sessions it is the one active last, one
 * that is connected before one that is away, and another than the asker's before that.
 */
export function targetOf(room: Room, sender: Member, to: readonly string[] | undefined): Member {
  const [address, ...more] = to ?? []
  if (address === undefined || more.length > 0)
    throw new Refusal('INVALID_TARGET', 'to: expected one address, such as "player:ID" or "host"')
  const isPlayer = addressKind(address) === 'player:'
  let best: Member | undefined
  for (const one of membersAt(room, sender, address)) {
    if (best && !isPlayer)
      throw new Refusal('INVALID_TARGET', `to: "${address}" names several sessions, not one`)
    if (!best || isGreater(orderOf(one, sender), orderOf(best, sender))) best = one
  }
  if (!best) throw nobodyAt([address])
  return best
}

const orderOf = (member: Member, sender: Member) =>
  [member !== sender, !member.away, member.receiver.activity] as const

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
  { room, member }: Seated,
  message: Outgoing,
  said: T,
): T & Delivered {
  const { to, session } = context
  const isOne = to === undefined || to.length === 1
  const only = to === undefined ? 'others' : to[0]
  if (isOne && (only === 'others' || only === 'all')) {
    // Roughly, as the answer repeats at most what is sent; exactly only near the limit.
    if (message.size + ENVELOPE_BYTES > session.receiveBytes)
      context.refuseUnfit({ ...said, delivered: room.size })
    return { ...said, delivered: room.broadcast(message, only === 'all' ? undefined : session) }
  }
  const { receivers, unreached } = audienceOf(room, member, to ?? [])
  const answer = { ...said, delivered: receivers.size, ...(unreached.length > 0 && { unreached }) }
  if (unreached.length > 0 || message.size + ENVELOPE_BYTES > session.receiveBytes)
    context.refuseUnfit(answer)
  for (const one of receivers) one.send(message)
  return answer
}

/** Those at an address, looked up rather than looked for where it names one or few. */
function membersAt(room: Room, sender: Member, address: string): Iterable<Member> {
  switch (addressKind(address)) {
    case 'others':
      return filtered(room.members, (one) => one !== sender)
    case 'all':
      return room.members
    case 'self':
      return [sender]
    case 'host':
      return room.host ? [room.host] : []
    case 'hosts':
      return filtered(room.members, isHost)
    case 'other_hosts':
      return filtered(room.members, (one) => one !== sender && isHost(one))
    case 'player:':
      return room.ofPlayer(addressName(address))
    case 'session:':
      return room.ofSession(addressName(address))
    case 'group:':
      return room.ofGroup(addressName(address))
    default:
      throw new Refusal('INVALID_TARGET', `to: expected one of ${ADDRESSES}; got "${address}"`)
  }
}

function* filtered(members: Iterable<Member>, fits: (member: Member) => boolean) {
  for (const member of members) if (fits(member)) yield member
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
