import { isDeepStrictEqual } from 'node:util'
import type { AllMessages } from '../../protocol/index.ts'
import type { DataOf } from '../../protocol/message.ts'
import type { Action, Role } from '../../protocol/rooms.ts'
import type { RoomDefinition } from '../../server/server.ts'

export type RoomInfo = DataOf<AllMessages['room.updated']>['room']
type Member = DataOf<AllMessages['room.member_joined']>['member']
export type MemberInfo = Omit<Member, 'role' | 'away'> & { role: Role; away: boolean }
export type Properties = RoomInfo['properties']

/** The kinds of room one walks through, as the server is told them and as the model reads them. */
export const KINDS: Readonly<Record<string, RoomDefinition<undefined>>> = {
  duel: { capacity: 8 },
  club: {
    capacity: 6,
    ...{ linger_ms: 5_000, succession: 'none', host_ms: 2_000 },
    roles: { creator: 'assistant', joiner: 'player' },
    permissions: { update: 'player', lock: 'trusted', kick: 'trusted', assign: 'assistant' },
  },
  hall: { capacity: 8, linger_ms: 60_000, creatable: false, roles: { joiner: 'assistant' } },
}

export const LINGER_MS = 30_000
export const RESUME_MS = 30_000

const RANKS: Readonly<Record<Role, number>> = {
  none: 0,
  player: 1,
  trusted: 2,
  assistant: 3,
  host: 4,
}

const ASKED: Readonly<Record<Action, Role>> = {
  emit: 'player',
  query: 'player',
  execute: 'player',
  update: 'assistant',
  lock: 'assistant',
  kick: 'assistant',
  assign: 'host',
}

/** The code that a request of the model's should be refused with. */
export class Refused extends Error {
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

/** A room as the model has it; its members by session, in order of joining. */
export interface ModelRoom {
  readonly code: string
  /** How many rooms there had been when it was made, itself included. */
  readonly serial: number
  readonly kind: string
  readonly capacity: number
  readonly members: Map<string, MemberInfo>
  /** Since when who is away has been so, by number. */
  readonly away: Map<number, number>
  /** Sessions and players. */
  readonly banned: Set<string>
  listed: boolean
  locked: boolean
  properties: Properties
  host: number | null
  /** How often that changed. */
  epoch: number
  /** Forgets when the host’s absence is too long. */
  patience: () => void
  /** How many ever joined. */
  joined: number
  /** Cancels its end, while it is empty. */
  stay: () => void
}

export const rankOf = (role: Role): number => RANKS[role]

export const isAtLeast = (role: Role, asked: Role): boolean => rankOf(role) >= rankOf(asked)

export const isPermitted = ({ kind }: ModelRoom, { role }: MemberInfo, action: Action): boolean =>
  isAtLeast(role, KINDS[kind]?.permissions?.[action] ?? ASKED[action])

export const infoOf = (room: ModelRoom): RoomInfo => ({
  code: room.code,
  kind: room.kind,
  capacity: room.capacity,
  host: room.host,
  epoch: room.epoch,
  listed: room.listed,
  locked: room.locked,
  properties: room.properties,
})

export const membersOf = ({ members }: ModelRoom): MemberInfo[] =>
  [...members.values()].sort((a, b) => a.number - b.number).map((one) => ({ ...one }))

/** The seats of a player, the one it took first before the others. */
export const seatsOf = (room: ModelRoom, player: string | undefined): [string, MemberInfo][] =>
  [...room.members]
    .filter(([, member]) => player !== undefined && member.player === player)
    .sort(([, a], [, b]) => a.number - b.number)

export const says = ({ properties }: ModelRoom, asked: Properties = {}): boolean =>
  Object.entries(asked).every(([name, value]) => isDeepStrictEqual(properties[name], value))

export function numbered({ members }: ModelRoom, number: number): [string, MemberInfo] {
  for (const seat of members) if (seat[1].number === number) return seat
  throw new Refused('MEMBER_NOT_FOUND')
}
