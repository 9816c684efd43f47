import type { AllMessages } from '../../../protocol/index.ts'
import type { ReplyOf } from '../../../protocol/message.ts'
import { merged, type Properties } from '../room/room.ts'
import type { Limits } from '../wire/limits.ts'
import { Refusal } from '../wire/refusal.ts'
import { checkBytes } from '../wire/size.ts'

/** A party as its members see it. */
export type PartyInfo = ReplyOf<AllMessages['party.create']>['party']
/** Somebody in a party. */
export type Mate = PartyInfo['members'][number]

/** A party, as plain data, whoever holds it. */
export interface Party extends PartyInfo {
  /** Who may join though it is not open, by whose invitation; the oldest first. */
  readonly invited: readonly Invitation[]
  /** Who was kicked, and may not come back uninvited. */
  readonly kicked: readonly string[]
}

export interface Invitation {
  readonly player: string
  readonly by: string
}

/** What a player does to the party that it is in, or would be in. */
export type Deed = { readonly player: string } & (
  | {
      readonly do: 'create'
      readonly code: string
      readonly name: string
      readonly own: Properties
      readonly properties: Properties
      readonly open: boolean
    }
  | {
      readonly do: 'join'
      readonly code: string
      readonly name: string
      readonly own: Properties
    }
  | { readonly do: 'decline'; readonly code: string }
  | { readonly do: 'invite' | 'kick' | 'promote'; readonly whom: string }
  | { readonly do: 'leave'; readonly reason: 'left' | 'lost' }
  | { readonly do: 'ready'; readonly ready: boolean }
  | { readonly do: 'away'; readonly away: boolean }
  | { readonly do: 'describe'; readonly properties: Properties }
  | {
      readonly do: 'update'
      readonly properties?: Properties
      readonly open?: boolean
    }
  /** Its time as an absent leader is up. */
  | { readonly do: 'pass' }
)

/** What has become of a party, and what of that is to be told. */
export interface Change {
  /** As it is now; without members it is over. */
  readonly party: Party
  readonly what: 'joined' | 'member' | 'left' | 'updated' | 'invited' | 'declined'
  /** Whom it is about; where it is the party itself, its leader. */
  readonly player: string
  readonly reason?: 'left' | 'kicked' | 'lost'
}

/** What a deed makes of a party, step by step; throws a Refusal where it may not be. */
export function done(party: Party | undefined, deed: Deed, limits: Limits): readonly Change[] {
  const { player } = deed
  if (deed.do === 'create') return [{ party: made(deed, limits), what: 'joined', player }]
  if (deed.do === 'join') return joined(known(party), deed, limits)
  if (deed.do === 'decline') return declined(known(party), player)
  const own = party?.members.find((one) => one.player === player)
  if (!party || !own) throw new Refusal('NOT_IN_PARTY')
  switch (deed.do) {
    case 'leave':
      return without(party, player, deed.reason)
    case 'invite':
      return invited(party, player, deed.whom, limits)
    case 'kick':
      return kicked(led(party, player), target(party, deed).player, limits)
    case 'promote':
      return [ledBy(led(party, player), target(party, deed))]
    case 'pass':
      return passed(party, player)
    case 'update': {
      const { open = party.open } = deed
      const properties = checked('party.update', party.properties, deed.properties, limits)
      const changed = { ...led(party, player), open, properties }
      return [{ party: changed, what: 'updated', player }]
    }
    case 'describe': {
      const properties = checked('party.describe', own.properties, deed.properties, limits)
      return [withMate(party, { ...own, properties })]
    }
    case 'ready':
      return own.ready === deed.ready ? [] : [withMate(party, { ...own, ready: deed.ready })]
    case 'away':
      return own.away === deed.away ? [] : [withMate(party, { ...own, away: deed.away })]
  }
}

/** How many bytes the properties of a party, or of one in it, may be: all of it has to be read. */
export const partyBytes = ({ data_bytes, party_members }: Limits): number =>
  Math.min(data_bytes, Math.floor(PARTY_BYTES / party_members))

const PARTY_BYTES = 32_768

type Made = Extract<Deed, { do: 'create' }>
type Joined = Extract<Deed, { do: 'join' }>

function made({ player, code, open, ...said }: Made, limits: Limits): Party {
  const properties = checked('party.create', {}, said.properties, limits)
  const members = [mateOf(player, said, 'party.create', limits)]
  return { code, leader: player, open, properties, members, invited: [], kicked: [] }
}

function joined(party: Party, { player, ...said }: Joined, limits: Limits): Change[] {
  const isInvited = party.invited.some((one) => one.player === player)
  if (!isInvited && (!party.open || party.kicked.includes(player))) throw new Refusal('NOT_INVITED')
  if (party.members.length >= limits.party_members) throw new Refusal('PARTY_FULL')
  const mate = mateOf(player, said, 'party.join', limits)
  const invited = party.invited.filter((one) => one.player !== player)
  const kicked = party.kicked.filter((one) => one !== player)
  const members = [...party.members, mate]
  return [{ party: { ...party, members, invited, kicked }, what: 'joined', player }]
}

function mateOf(
  player: string,
  { name, own }: { readonly name: string; readonly own: Properties },
  place: string,
  limits: Limits,
): Mate {
  const properties = checked(place, {}, own, limits, 'own')
  return { player, name, ready: false, away: false, properties }
}

function invited(party: Party, by: string, player: string, limits: Limits): Change[] {
  if (party.members.some((one) => one.player === player))
    throw new Refusal('ALREADY_IN_PARTY', 'party.invite.player: is in this party')
  if (party.members.length >= limits.party_members) throw new Refusal('PARTY_FULL')
  const others = party.invited.filter((one) => one.player !== player)
  const all = [...others, { player, by }].slice(-limits.party_invitations)
  return [{ party: { ...party, invited: all }, what: 'invited', player }]
}

function declined(party: Party, player: string): Change[] {
  const invited = party.invited.filter((one) => one.player !== player)
  if (invited.length === party.invited.length) throw notFound()
  return [{ party: { ...party, invited }, what: 'declined', player }]
}

function kicked(party: Party, player: string, limits: Limits): Change[] {
  const all = [...party.kicked.filter((one) => one !== player), player].slice(-limits.bans)
  return without({ ...party, kicked: all }, player, 'kicked')
}

/** One is gone; where that was the leader, another leads. */
function without(party: Party, player: string, reason: Change['reason']): Change[] {
  const members = party.members.filter((one) => one.player !== player)
  const rest = { ...party, members }
  const gone: Change = { party: rest, what: 'left', player, ...(reason && { reason }) }
  const next = party.leader === player ? heir(rest) : undefined
  return next ? [gone, ledBy(rest, next)] : [gone]
}

/** The leader was away for too long: whoever is there leads, if anybody is. */
function passed(party: Party, player: string): Change[] {
  const next = party.leader === player ? heir(party, player) : undefined
  const isAway = party.members.some((one) => one.player === player && one.away)
  return next && isAway && !next.away ? [ledBy(party, next)] : []
}

/** Who leads next: who has been in it for longest, of those who are there if anybody is. */
function heir({ members }: Party, except?: string): Mate | undefined {
  const others = members.filter((one) => one.player !== except)
  return others.find(({ away }) => !away) ?? others[0]
}

const ledBy = (party: Party, { player }: Pick<Mate, 'player'>): Change => ({
  party: { ...party, leader: player },
  what: 'updated',
  player,
})

function withMate(party: Party, mate: Mate): Change {
  const members = party.members.map((one) => (one.player === mate.player ? mate : one))
  return { party: { ...party, members }, what: 'member', player: mate.player }
}

/** The party, for its leader. */
function led(party: Party, player: string): Party {
  if (party.leader !== player) throw new Refusal('NOT_PARTY_LEADER')
  return party
}

function target(
  { members }: Party,
  {
    player,
    do: what,
    whom,
  }: { readonly player: string; readonly do: string; readonly whom: string },
): Mate {
  const found = members.find((one) => one.player === whom)
  if (found && whom !== player) return found
  throw new Refusal('INVALID_TARGET', `party.${what}.player: expected another in the party`)
}

function checked(
  place: string,
  before: Properties,
  changes: Properties = {},
  limits: Limits,
  name = 'properties',
): Properties {
  const after = merged(before, changes)
  checkBytes(`${place}.${name}`, after, partyBytes(limits))
  return after
}

function known(party: Party | undefined): Party {
  if (!party) throw notFound()
  return party
}

const notFound = () => new Refusal('PARTY_NOT_FOUND')

/** What others may know of a party. */
export const partyInfo = ({ code, leader, open, properties, members }: Party): PartyInfo => ({
  code,
  leader,
  open,
  properties,
  members,
})
