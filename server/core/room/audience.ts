import {
  ADDRESS_WORDS,
  addressKind,
  addressName,
  NAMED_ADDRESSES,
} from '../../../protocol/message.ts'
import { isBlocked, type Receiver } from '../delivery/receiver.ts'
import type { Context } from '../dispatch/call.ts'
import { ENVELOPE_BYTES } from '../wire/envelope.ts'
import type { Outgoing } from '../wire/frame.ts'
import { Refusal } from '../wire/refusal.ts'
import { aOrAn } from './kind.ts'
import { isHost, type Member } from './member.ts'
import type { Room } from './room.ts'
import type { Seated } from './seated.ts'

/** Whom a message reaches, each once, and which of its addresses reach nobody. */
export interface Audience {
  readonly receivers: ReadonlySet<Receiver>
  /** Whether the room's own logic is to hear it. */
  readonly server: boolean
  readonly unreached: readonly string[]
}

/** Whether a room's own logic hears what is addressed to `server`, and what it is refused with if not. */
export interface Ear {
  readonly hears: boolean
  deaf(): Refusal
}

/**
 * The members of `room` that `to` names: a union. Refused with INVALID_TARGET or NO_HOST when it
 * names nobody at all; `others` of somebody alone is nobody, and no mistake, and so are a host’s
 * `other_hosts`.
 */
export function audienceOf(
  room: Room,
  sender: Member,
  to: readonly string[],
  ear: Ear = DEAF,
): Audience {
  const receivers = new Set<Receiver>()
  const nobody = new Set<string>()
  const server = ear.hears && to.includes(SERVER)
  for (const address of new Set(to)) {
    let isReached = isNobodyRight(sender, address) || (address === SERVER && ear.hears)
    for (const { receiver } of membersAt(room, sender, address)) {
      isReached = true
      // Once everybody is reached, it only matters whether there is anybody at the others.
      if (receivers.size === room.reach) break
      receivers.add(receiver)
    }
    if (!isReached) nobody.add(address)
  }
  const unreached = nobody.size > 0 ? to.filter((address) => nobody.has(address)) : []
  if (receivers.size === 0 && !server && unreached.length > 0)
    throw unreached.every((one) => one === SERVER) ? ear.deaf() : nobodyAt(room, unreached)
  return { receivers, server, unreached }
}

const DEAF: Ear = {
  hears: false,
  deaf: () => new Refusal('INVALID_TARGET', 'to: nobody hears what is said to server here'),
}

/** The ear of a room that hears by one of its hooks. */
export function earOf({ hooks, kind }: Room, hook: 'onEvent' | 'onPacket'): Ear {
  return {
    hears: hooks[hook] !== undefined,
    // Every emit asks for an ear, and few are deaf: the sentence is made for those.
    deaf: () =>
      new Refusal(
        'INVALID_TARGET',
        `to: nobody hears what is said to server in ${aOrAn(kind.name)}, which has no ${hook}`,
      ),
  }
}

/** The room's own logic, which is no member. */
const SERVER: (typeof ADDRESS_WORDS)[number] = 'server'

/** Whom an event or a cast is for unless it says otherwise. */
export const OTHERS: readonly string[] = ['others']

/** Whether a message is for all, or all others, who get one batch together. */
export const isAtMany = ([only, ...more]: readonly string[]): boolean =>
  more.length === 0 && (only === 'others' || only === 'all')

/** Whether a message is for the room's own logic alone. */
export const isForServer = (to: readonly string[] | undefined): boolean =>
  to?.length === 1 && to[0] === SERVER

/**
 * The one member that `to` names. Of a player's several sessions it is the one active last, one
 * that is connected before one that is away, and another than the asker's before that.
 */
export function targetOf(room: Room, sender: Member, to: readonly string[] | undefined): Member {
  const [address, ...more] = to ?? []
  if (address === undefined || more.length > 0)
    throw new Refusal(
      'INVALID_TARGET',
      'to: expected one address, such as "player:ID", "host" or "server"',
    )
  const isPlayer = addressKind(address) === 'player:'
  let best: Member | undefined
  for (const one of membersAt(room, sender, address)) {
    if (best && !isPlayer)
      throw new Refusal('INVALID_TARGET', `to: "${address}" names several sessions, not one`)
    if (!best || isGreater(orderOf(one, sender), orderOf(best, sender))) best = one
  }
  if (!best) throw nobodyAt(room, [address])
  return best
}

const orderOf = (member: Member, sender: Member) =>
  [member !== sender, !member.away, member.receiver.activity] as const

/** How many a message reached, and which of its addresses nobody. */
export interface Delivered {
  readonly delivered: number
  readonly swallowed?: true
  readonly unreached?: readonly string[]
}

/** Of what the room's logic let nobody have. */
export const SWALLOWED: Delivered = { delivered: 0, swallowed: true }

/** What is sent once its addresses have been judged, as the room's own logic would have it. */
export interface Saying<T> {
  /** What the acknowledgement says of it. */
  readonly said: T
  /** Without one, nobody is to have it. */
  readonly message?: Outgoing
  /** Has the room's own logic hear it, before anybody else does. */
  readonly hear?: () => void
}

/**
 * Sends one shared message to all that `to` names; the answer is what is said of it, and who got it.
 * Nobody does where its sender could not be told so.
 */
export function deliver<T extends object>(
  context: Context,
  { room, member }: Seated,
  ear: Ear,
  say: () => Saying<T>,
): T & Delivered {
  const { to = OTHERS, session } = context
  const audience = isAtMany(to) ? undefined : audienceOf(room, member, to, ear)
  const { message, said, hear } = say()
  if (!message) return { ...said, ...SWALLOWED }
  if (!audience) {
    // Roughly, as the answer repeats at most what is sent; exactly only near the limit.
    if (message.size + ENVELOPE_BYTES > session.receiveBytes)
      context.refuseUnfit({ ...said, delivered: room.reach })
    return { ...said, delivered: room.broadcast(message, to[0] === 'all' ? undefined : session) }
  }
  const { unreached, server } = audience
  const more = unreached.length > 0 && { unreached }
  if (more || message.size + ENVELOPE_BYTES > session.receiveBytes)
    context.refuseUnfit({ ...said, delivered: audience.receivers.size, ...more })
  if (server) hear?.()
  const receivers = stillIn(room, audience)
  for (const one of receivers) one.send(message)
  return { ...said, delivered: receivers.length, ...more }
}

/** Those of an audience who sit there yet: a hook may have had a seat taken away. */
export const stillIn = (room: Room, { receivers }: Audience): Receiver[] =>
  [...receivers].filter((one) => room.memberOf(one))

/** Those at an address who can be sent something. */
const membersAt = (room: Room, sender: Member, address: string): Iterable<Member> =>
  filtered(seatsAt(room, sender, address), (one) => room.memberOf(one.receiver) === one)

/** Looked up rather than looked for where the address names one or few. */
function seatsAt(room: Room, sender: Member, address: string): Iterable<Member> {
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
      return unblocked(room.ofPlayer(addressName(address)), sender)
    case SERVER:
      return []
    case 'session:':
      return unblocked(room.ofSession(addressName(address)), sender)
    case 'group:':
      return room.ofGroup(addressName(address))
    default:
      throw new Refusal('INVALID_TARGET', `to: expected one of ${ADDRESSES}; got "${address}"`)
  }
}

/** What is said to somebody, and not to its place in the room, does not reach who blocks its sender. */
const unblocked = (members: Iterable<Member>, { receiver: { player } }: Member) =>
  filtered(members, ({ receiver }) => !isBlocked(receiver.player, player))

function* filtered(members: Iterable<Member>, fits: (member: Member) => boolean) {
  for (const member of members) if (fits(member)) yield member
}

const ADDRESSES = [...ADDRESS_WORDS, ...NAMED_ADDRESSES].join(', ')

/** Whether it is no mistake that an address reaches nobody. */
const isNobodyRight = (sender: Member, address: string): boolean =>
  address === 'others' || (address === 'other_hosts' && isHost(sender))

function nobodyAt(room: Room, addresses: readonly string[]): Refusal {
  const areHosts = addresses.every((one) => HOSTS.includes(one))
  const isOneThere = room.host !== null && room.memberOf(room.host.receiver) === room.host
  return areHosts && !isOneThere
    ? new Refusal('NO_HOST')
    : new Refusal('INVALID_TARGET', `to: nobody in this room is at ${addresses.join(', ')}`)
}

const HOSTS = ['host', 'hosts', 'other_hosts']

function isGreater(a: readonly (boolean | number)[], b: readonly (boolean | number)[]): boolean {
  const at = a.findIndex((value, index) => value !== b[index])
  return at >= 0 && Number(a[at]) > Number(b[at])
}
